// Long work is asked after until its row says that it is done.
async function ask(box, wait) {
  if (!document.contains(box)) return;
  if (document.hidden) return void setTimeout(ask, wait, box, wait);
  let next = box;
  try {
    const r = await fetch(box.dataset.poll, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' });
    if (r.ok) {
      const got = new DOMParser().parseFromString(await r.text(), 'text/html').querySelector('.progress');
      if (got) { box.parentNode.replaceChild(document.importNode(got, true), box); next = document.getElementById(got.id); }
    }
  } catch (e) { /* no signal: ask again */ }
  if (next && next.dataset.poll) setTimeout(ask, wait, next, Math.min(wait * 1.3, 10000));
}

export function start(root) {
  for (const box of root.querySelectorAll('[data-poll]')) {
    if (box.dataset.ready) continue;
    box.dataset.ready = '1';
    setTimeout(ask, 2000, box, 2000);
  }
}
