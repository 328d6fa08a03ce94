// The desk without network: what was set aside before is handed over and kept here until it can be sent; all
// else is only taken down.
import { all, box } from './outbox.js';

const says = { wait: '✓ 已交给住户，等上传', done: '✓ 已交给住户，已上传' };

function desk(list) {
  const form = document.getElementById('hand-form'), dialog = form.closest('dialog'), book = form.elements.passbook;
  const check = () => book.setCustomValidity(book.value.trim() && book.value.trim() !== form.dataset.expect ? '和系统的余额不一样：请再看一遍存折；确实不一样就先不给，记下来等有网再办' : '');

  const overlay = async () => {
    for (const i of await all()) {
      const row = i.subject && document.getElementById('o-' + i.subject);
      if (!row) continue;
      row.dataset.state = i.state === 'stuck' ? 'bad' : 'pass';
      row.querySelector('[data-says]').textContent = i.state === 'stuck' ? '！没有办成：' + i.text : says[i.state];
      for (const hand of row.querySelectorAll('[data-hand]')) {
        hand.removeAttribute('data-hand');
        if (hand.matches('.btn')) hand.hidden = true;
      }
    }
  };

  const take = row => {
    const id = row.dataset.order;
    form.reset();
    form.setAttribute('action', `/orders/${id}/fulfil`);
    Object.assign(form.dataset, { subject: id, page: `/orders/${id}`, form: '/redeem/offline', label: `${row.querySelector('b').textContent} 领取：${row.dataset.what}`, expect: row.dataset.year });
    form.elements.receiver.value = row.dataset.head;
    form.elements.delivered.checked = false;
    check();
    dialog.querySelector('h2').textContent = `${row.querySelector('b').textContent}：${row.dataset.what}`;
    dialog.showModal();
    const clear = form.querySelector('[data-clear]');
    if (clear) clear.click();
  };
  list.addEventListener('click', e => {
    const hand = e.target.closest('[data-hand]');
    if (!hand || !dialog.showModal) return;
    e.preventDefault();
    take(hand.closest('[data-order]'));
  });
  if (/^#redo-/.test(location.hash)) import('./mend.js').then(async m => {
    const item = await m.wanted(box), row = item && item.subject && document.getElementById('o-' + item.subject);
    if (row && dialog.showModal) { take(row); m.refill(form, item); check(); }
  });
  book.addEventListener('input', check);
  form.addEventListener('kept', e => { e.preventDefault(); dialog.close(); overlay(); });

  const search = document.querySelector('main [data-search]');
  if (search) {
    search.form.addEventListener('submit', e => e.preventDefault());
    search.addEventListener('input', () => {
      const q = search.value.trim();
      for (const row of list.querySelectorAll('[data-order]')) row.hidden = q !== '' && !row.dataset.text.includes(q);
    });
  }

  document.addEventListener('outbox', overlay);
  overlay();
}

export function start(root) {
  const list = root.querySelector('[data-desk]');
  if (list && !list.dataset.ready && document.getElementById('net')) { list.dataset.ready = '1'; desk(list); }
}
