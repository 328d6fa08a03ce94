// The walk of a round: a tap passes a home, a short form takes what is not in order, and both are kept in the
// phone first. The page shows at once what was noted, sent or not.
import { all, flush, keep } from './outbox.js';

const says = { pass: '✓ 合格', bad: '✗ 不合格', photo: '' };

function show(row, state, text) {
  const list = row.closest('[data-walk]'), before = row.dataset.state, d = (state === 'bad') - (before === 'bad');
  if (!before && state) move('[data-seen]', 1);
  if (d) { move('[data-bad]', d); move('[data-rest]', -d); }
  row.dataset.state = state;
  row.querySelector('[data-says]').textContent = text || says[state];
  list.dispatchEvent(new CustomEvent('walked'));
}

function move(selector, by) {
  for (const e of document.querySelectorAll(selector)) e.textContent = Number(e.textContent) + by;
  const value = document.querySelector('[data-rest-value]');
  if (value && selector === '[data-rest]') value.value = Number(value.value) + by;
  const bar = document.querySelector('[data-walk-meter] progress');
  if (bar && selector === '[data-seen]') bar.value += by;
}

const picked = (fields, name) => fields.filter(f => f[0] === name).map(f => f[1]);

// noted puts a kept record on its row.
function noted(row, item, titles) {
  const bad = picked(item.fields, 'result')[0] === 'bad', reason = picked(item.fields, 'reason')[0] || '';
  const owes = !bad && row.hasAttribute('data-sampled') && !reason && item.state === 'wait' && !item.fields.some(f => f[1] instanceof Blob);
  const text = bad ? `✗ ${picked(item.fields, 'failed').map(c => titles[c] || c).join('、')}：${reason}` : owes ? '◎ 抽到这户，请拍一张' : '✓ 合格';
  show(row, bad ? 'bad' : owes ? 'photo' : 'pass', item.state === 'stuck' ? '！没记上：' + item.text : text);
}

function walk(list) {
  const form = document.getElementById('mark-form'), dialog = form && form.closest('dialog'), titles = {};
  const row = id => document.getElementById('h-' + id);
  if (form) for (const b of form.querySelectorAll('[name=failed]')) titles[b.value] = b.closest('label').textContent.trim();

  const overlay = async () => {
    for (const i of await all()) {
      const r = i.subject && row(i.subject);
      if (r && i.state !== 'done' || r && i.version > Number(r.dataset.base)) noted(r, i, titles);
    }
  };

  document.addEventListener('click', async e => {
    const pass = e.target.closest('[data-pass]'), mark = e.target.closest('[data-mark]');
    if (pass) {
      e.preventDefault();
      const r = pass.closest('[data-home]');
      noted(r, await keep(pass.getAttribute('formaction'), [['result', 'pass']], r.querySelector('b').textContent + ' 合格', r.dataset.home, { form: pass.getAttribute('formaction').split('?')[0], said: [['结果', '合格']] }), titles);
      flush();
    } else if (mark && dialog && dialog.showModal) {
      e.preventDefault();
      const r = mark.closest('[data-home]');
      form.reset();
      form.setAttribute('action', mark.getAttribute('href'));
      form.elements.base.value = r.dataset.base;
      form.dataset.subject = r.dataset.home;
      form.dataset.form = mark.getAttribute('href');
      form.dataset.label = r.querySelector('b').textContent + ' 巡查';
      form.elements.result.value = mark.dataset.mark || (r.dataset.state === 'bad' ? 'bad' : 'pass');
      form.querySelector('[data-previews]').textContent = '';
      dialog.querySelector('h2').textContent = r.querySelector('b').textContent + '　' + r.querySelector('.quiet').textContent;
      choose();
      dialog.showModal();
    }
  });

  // Only what fits the result is asked for.
  const choose = () => {
    const bad = form.elements.result.value === 'bad';
    document.getElementById('f-failed').hidden = !bad;
    form.elements.reason.required = bad;
    form.querySelector('[name=failed]').setCustomValidity(bad && !form.querySelector('[name=failed]:checked') ? '请勾选哪一项不合格' : '');
  };
  if (form) {
    form.addEventListener('change', choose);
    form.addEventListener('kept', e => {
      e.preventDefault();
      noted(row(e.detail.subject), e.detail, titles);
      dialog.close();
    });
  }

  const close = document.getElementById('close-form');
  if (close) close.addEventListener('kept', async e => {
    e.preventDefault();
    close.closest('dialog').close();
    await flush();
    const i = (await all()).find(x => x.seq === e.detail.seq);
    if (i && i.state === 'done') location.reload();
    else if (i && i.state === 'stuck') location.assign(document.getElementById('net').href);
  });

  // With the whole list there, searching needs no signal.
  const search = document.querySelector('main [data-search]'), rows = Array.from(list.querySelectorAll('[data-home]'));
  if (search && rows.length === Number(list.dataset.all)) {
    search.form.addEventListener('submit', e => e.preventDefault());
    search.addEventListener('input', () => {
      const q = search.value.trim().toLowerCase();
      for (const r of rows) r.hidden = q !== '' && !r.dataset.text.toLowerCase().includes(q);
    });
  }

  document.addEventListener('outbox', overlay);
  overlay();

  // The walk comes instead of a home's page that was never opened.
  const asked = row((/\/homes\/([0-9a-f-]+)$/.exec(location.pathname) || [])[1]), mark = asked && asked.querySelector('a.btn[data-mark]');
  if (mark) mark.click();
}

export function start(root) {
  const list = root.querySelector('[data-walk]');
  if (list && !list.dataset.ready && document.getElementById('net')) { list.dataset.ready = '1'; walk(list); }
}
