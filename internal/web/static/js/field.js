// 没信号时记: every form of the field for any home of the grid, on one page that the phone keeps. The forms lie in
// the page as templates; a tap at a home takes the one that is chosen.
import { start as photos } from './photo.js';
import { all } from './outbox.js';

function field(list) {
  const dialog = document.getElementById('field-form'), slot = dialog.querySelector('[data-slot]'), title = dialog.querySelector('h2');
  let at = null; // the home, or the matter, that the dialog is about

  const put = (of, code) => {
    slot.textContent = '';
    const t = document.querySelector(`template[data-form="${of}${code ? ' ' + code : ''}"]`);
    if (!t) return;
    slot.append(document.importNode(t.content, true));
    const form = slot.querySelector('form'), path = at.getAttribute('href'), name = at.closest('li').dataset.head + '家　' + (t.dataset.title || at.dataset.title + ' 复查');
    form.setAttribute('action', of === 'recheck' ? path + '/recheck' : path);
    Object.assign(form.dataset, { label: name, form: of === 'recheck' ? path : `${path}?item=${code}` });
    photos(slot);
    form.addEventListener('kept', e => { e.preventDefault(); dialog.close(); slot.textContent = ''; overlay(); });
  };

  const open = (link, code) => {
    at = link;
    const of = link.dataset.of, li = link.closest('li');
    title.textContent = li.dataset.head + '家　' + ({ plus: '报好事', minus: '记问题', recheck: '复查 ' + link.dataset.title })[of];
    for (const box of dialog.querySelectorAll('[data-choose]')) {
      box.hidden = box.dataset.choose !== of;
      box.querySelector('select').value = box.hidden ? '' : code;
    }
    put(of, of === 'recheck' ? '' : code);
    dialog.showModal();
  };

  const overlay = async () => {
    const items = await all();
    for (const li of document.querySelectorAll('li[data-head]')) {
      const urls = Array.from(li.querySelectorAll('a[data-of]'), a => a.getAttribute('href') + (a.dataset.of === 'recheck' ? '/recheck' : ''));
      const mine = items.filter(i => urls.includes(i.url)), waits = mine.filter(i => i.state === 'wait').length, stuck = mine.filter(i => i.state === 'stuck').length;
      li.dataset.state = stuck ? 'bad' : mine.length ? 'pass' : '';
      li.querySelector('[data-says]').textContent = stuck ? `！有 ${stuck} 条没记上，点上面的提示处理` : waits ? `✓ 记了 ${mine.length} 条，${waits} 条等上传` : mine.length ? `✓ 记了 ${mine.length} 条，已上传` : '';
    }
  };

  document.addEventListener('click', e => {
    const link = e.target.closest('a[data-of]');
    if (!link || !dialog.showModal) return;
    e.preventDefault();
    open(link, '');
  });
  dialog.addEventListener('change', e => { if (e.target.name === 'choice') put(at.dataset.of, e.target.value); });

  const search = document.querySelector('main [data-search]');
  if (search) {
    search.form.addEventListener('submit', e => e.preventDefault());
    search.addEventListener('input', () => {
      const q = search.value.trim().toLowerCase();
      for (const li of list.children) li.hidden = q !== '' && !li.dataset.text.toLowerCase().includes(q);
    });
  }
  document.addEventListener('outbox', overlay);
  overlay();

  // This page comes instead of a form that was never opened: the home and the item are in its address.
  const asked = Array.from(document.querySelectorAll('a[data-of]')).find(a => a.getAttribute('href') === location.pathname);
  if (asked) open(asked, new URLSearchParams(location.search).get('item') || '');
  else if (/^\/(record|findings\/for)\/./.test(location.pathname)) document.querySelector('[data-absent]').hidden = false;
}

export function start(root) {
  const list = root.querySelector('[data-field]');
  if (list && !list.dataset.ready && document.getElementById('net')) { list.dataset.ready = '1'; field(list); }
}
