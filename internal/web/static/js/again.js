// A page for the wall is asked for again every so often; a page that does not come leaves the last one standing.
export function start(root) {
  const box = root.querySelector('[data-again]');
  if (!box || box.dataset.ready) return;
  box.dataset.ready = '1';
  const wait = Math.max(15, Number(box.dataset.again) || 60) * 1000;
  async function again() {
    try {
      const r = await fetch(location.href, { credentials: 'same-origin', headers: { Accept: 'text/html' } });
      if (r.ok && !r.redirected) {
        const got = new DOMParser().parseFromString(await r.text(), 'text/html').querySelector('[data-again]');
        if (got) { box.textContent = ''; for (const n of [...got.childNodes]) box.append(document.importNode(n, true)); }
      }
    } catch (e) { /* no line: ask again later */ }
    setTimeout(again, wait);
  }
  setTimeout(again, wait);
}
