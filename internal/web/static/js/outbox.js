// What is recorded without signal waits in the phone and goes up by itself when there is signal again: each
// record once, by its key, however often it has to be sent.
import { shrink } from './photo.js';

const net = document.getElementById('net');
const account = net ? net.dataset.account : '';
const shelf = 'field', dayMs = 86400000;

// aside wakes pages left in the middle of the first opening: a browser that keeps them frozen for its
// back button lets nobody else in, and drops them when they are spoken to.
const aside = self.BroadcastChannel ? new BroadcastChannel('outbox') : { postMessage() {} };

function open() {
  return new Promise((res, rej) => {
    const r = indexedDB.open('cunfen', 1), late = setInterval(() => aside.postMessage(''), 1000);
    r.onupgradeneeded = () => r.result.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true });
    r.onsuccess = () => { clearInterval(late); res(r.result); };
    r.onerror = () => { clearInterval(late); rej(r.error); };
  });
}

async function run(mode, fn) {
  const db = await open();
  return new Promise((res, rej) => {
    const t = db.transaction('outbox', mode), out = fn(t.objectStore('outbox'));
    t.oncomplete = () => { db.close(); res(out && out.result); };
    t.onerror = t.onabort = () => { db.close(); rej(t.error); };
  });
}

const put = item => run('readwrite', s => s.put(item));
const drop = seq => run('readwrite', s => s.delete(seq));

// all are the person's own records; what went up stays a while, so that a page kept in the phone can show it.
export async function all() {
  return (await run('readonly', s => s.getAll())).filter(i => i.account === account);
}

const unsent = i => i.state !== 'done';

function newKey() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(b, x => (x + 256).toString(16).slice(1)).join('');
}

let sending = 0;

// keep puts a record down. A newer one about the same subject takes the place of one that still waits.
// more is for when the record is refused: page is where a person can look at the matter, form where it can be
// filled in again, said what it says in the form's own words.
export async function keep(url, fields, label, subject, more) {
  const item = Object.assign({ key: newKey(), account, url, fields, label, subject, at: Date.now(), state: 'wait' }, more);
  item.seq = await put(item);
  if (subject) for (const i of await all()) if (i.subject === subject && i.seq !== item.seq && i.seq !== sending) await drop(i.seq);
  await paint();
  const reg = navigator.serviceWorker && await navigator.serviceWorker.getRegistration();
  if (reg && reg.sync) reg.sync.register('outbox').catch(() => {});
  return item;
}

async function send(item) {
  const body = new FormData(), stop = new AbortController(), late = setTimeout(() => stop.abort(), 45000);
  for (const [name, value] of item.fields) value instanceof Blob ? body.append(name, value, value.name || 'photo.jpg') : body.append(name, value);
  body.append('queued_at', new Date(item.at).toISOString());
  try {
    const r = await fetch(item.url, { method: 'POST', body, headers: { 'Idempotency-Key': item.key, 'X-Queued': '1' }, credentials: 'same-origin', signal: stop.signal });
    return { status: r.status, says: await r.json().catch(() => ({})) };
  } catch (e) { return { status: 0 }; } finally { clearTimeout(late); }
}

let state = 'on', results = new Map();

// sendAll sends what waits, in order. It stops where there is no signal and goes on past what was refused.
async function sendAll() {
  for (const item of await all()) {
    if (item.state !== 'wait') continue;
    sending = item.seq;
    const r = await send(item);
    sending = 0;
    if (r.status >= 200 && r.status < 300) {
      results.set(item.seq, r);
      await put(Object.assign(item, { state: 'done', fields: item.fields.filter(f => !(f[1] instanceof Blob)), version: r.says.version || 0 }));
    } else if (r.status === 401) return 'signin';
    else if (r.status >= 400 && r.status < 500 && r.status !== 408 && r.status !== 425 && r.status !== 429) {
      results.set(item.seq, r);
      await put(Object.assign(item, { state: 'stuck', code: r.says.code, text: r.says.detail || '没有办成，请检查后再试' }));
    } else return 'off';
    await paint();
  }
  return 'on';
}

let turn = null, again = 0, wait = 5000;

// flush sends in one place only: one tab at a time, one turn at a time.
export function flush() {
  if (!turn) {
    turn = (navigator.locks ? navigator.locks.request('cunfen-outbox', sendAll) : sendAll()).then(s => { state = s; }, () => { state = 'off'; })
      .then(() => { turn = null; return paint(); });
  } else return turn.then(flush);
  clearTimeout(again);
  return turn.then(async () => {
    if (state !== 'off' || !(await all()).some(i => i.state === 'wait')) { wait = 5000; return; }
    again = setTimeout(flush, wait);
    wait = Math.min(wait * 2, 120000);
  });
}

async function paint() {
  const items = (await all()).filter(unsent), stuck = items.filter(i => i.state === 'stuck').length, n = items.length;
  if (net) {
    const off = state === 'off' || !navigator.onLine;
    net.dataset.state = off || stuck || state === 'signin' ? 'off' : n ? 'busy' : 'on';
    net.querySelector('[data-net-text]').textContent = stuck ? `有 ${stuck} 条要您处理，点这里看` : state === 'signin' ? '请重新登录，登录后自动上传'
      : n && off ? '没有信号，已存在这台设备里，有网后自动上传' : n ? '正在上传' : off ? '没有信号，可以照常记' : '网络正常，已全部上传';
    const count = net.querySelector('[data-net-count]');
    count.hidden = !n;
    count.textContent = n;
  }
  const list = document.querySelector('[data-queue]');
  if (list) await import('./mend.js').then(m => m.cards(list, items, box)).catch(() => {});
  document.dispatchEvent(new CustomEvent('outbox'));
}

function piece(tag, text, kind) {
  const e = document.createElement(tag);
  e.textContent = text;
  if (kind) e.className = kind;
  return e;
}

async function fieldsOf(form) {
  const fields = [];
  for (const [name, value] of new FormData(form)) {
    if (name === 'idempotency_key') continue;
    if (!(value instanceof File)) fields.push([name, value]);
    else if (value.size) fields.push([name, value.size > 400000 ? await shrink(value) : value]);
  }
  return fields;
}

const words = e => Array.from(e.childNodes, n => n.nodeType === 3 || !n.matches('.quiet,.hint,.err') ? n.textContent : '').join('').replace(/\s+/g, ' ').trim();

// saidOf is what a filled form says, label by label, as a person would read it out.
function saidOf(form) {
  const said = [];
  for (const e of form.elements) {
    if (!e.name || e.disabled || !e.value || /^(hidden|file|submit|button)$/.test(e.type) || /^(radio|checkbox)$/.test(e.type) && !e.checked) continue;
    const own = e.closest('label') || form.querySelector(`label[for="${e.id}"]`), group = e.closest('fieldset'), head = group && group.querySelector('legend');
    if (/^(radio|checkbox)$/.test(e.type)) {
      const text = own ? words(own.querySelector('b') || own.querySelector('span') || own) : e.value, last = said[said.length - 1], label = head ? words(head) : text;
      if (last && last[0] === label) last[1] += '、' + text;
      else said.push([label, head ? text : '是']);
    } else said.push([own ? words(own) : e.name, e.tagName === 'SELECT' ? e.selectedOptions[0].text : e.value]);
  }
  return said;
}

const carried = new WeakMap(); // photos that an old browser cannot put back into a form

function complain(form, says) {
  const old = form.querySelector('#errors');
  if (old) old.remove();
  const box = piece('div', '', 'alert alert-red');
  box.id = 'errors';
  box.tabIndex = -1;
  box.setAttribute('role', 'alert');
  for (const text of says.errors && says.errors.length ? says.errors.map(e => e.detail) : [says.detail || '没有办成，请检查后再试']) box.append(piece('p', text));
  form.prepend(box);
  box.focus();
}

function toast(text) {
  const t = piece('div', text, 'toast toast-gold');
  document.getElementById('toasts').append(t);
  setTimeout(() => t.remove(), 6000);
}

// box is what the cards of refused records need of the queue.
export const box = { all, put, drop, paint, flush, newKey, piece, complain, carried };

// A form in the field is kept first and sent then. Where the page itself does not go on with it, an answer that
// comes at once leads on, and what is wrong is said at the form.
if (net) document.addEventListener('submit', async e => {
  const form = e.target;
  if (form.action.endsWith('/sign-out') && self.caches) caches.delete(shelf);
  if (!form.matches('form[data-offline]') || e.defaultPrevented) return;
  e.preventDefault();
  if (form.dataset.keeping) return;
  form.dataset.keeping = '1';
  try {
    const url = form.getAttribute('action'), more = { page: form.dataset.page, form: form.dataset.form || location.pathname + location.search, said: saidOf(form) };
    const fields = (await fieldsOf(form)).concat(carried.get(form) || []), old = Number(form.dataset.redo), item = await keep(url, fields, form.dataset.label, form.dataset.subject, more);
    carried.delete(form);
    delete form.dataset.redo;
    if (old) await drop(old); // the mended record has taken its place
    const taken = !form.dispatchEvent(new CustomEvent('kept', { bubbles: true, cancelable: true, detail: item }));
    if (taken) delete form.dataset.keeping; // the same form takes the next home while this one is on its way
    await flush();
    const r = results.get(item.seq);
    if (taken) return;
    if (r && r.status < 300) location.assign(r.says.to);
    else if (r) {
      if (old) form.dataset.redo = item.seq; // refused again: the card stays until it is mended, handed over or let go
      else await drop(item.seq);
      complain(form, r.says);
      await paint();
    }
    else { form.reset(); for (const p of form.querySelectorAll('[data-previews]')) p.textContent = ''; toast('没有信号，已存在这台设备里，有网后自动上传'); }
  } finally { delete form.dataset.keeping; }
}, true);

// keeper makes the page's button that keeps pages, for who goes where there is no signal; where the browser cannot,
// the page says what can be done without.
function keeper() {
  const store = document.querySelector('[data-keep]'), not = document.querySelector('[data-no-keep]'), list = name => (store.dataset[name] || '').split(' ').filter(Boolean);
  if (!store) return;
  if (!self.caches || !navigator.serviceWorker) {
    if (not) not.hidden = false;
    return;
  }
  store.hidden = false;
  store.addEventListener('click', async () => {
    store.disabled = true;
    try {
      await (await import('./keep.js')).keepPages(shelf, list('keep'), list('scripts'));
      store.textContent = store.dataset.kept;
    } catch (e) { store.disabled = false; store.textContent = '没下载成，再试一次'; }
  });
}

// serve has the worker stand behind this page; it asks again where that came to nothing.
async function serve() {
  const worker = navigator.serviceWorker;
  for (let pause = 500; ; pause = Math.min(pause * 2, 60000)) {
    worker.register(net.dataset.worker, { scope: '/' }).then(r => { if (r.active && !worker.controller) r.active.postMessage('claim'); }, () => {});
    await new Promise(done => setTimeout(done, pause));
    if (worker.controller) return;
  }
}

async function begin() {
  keeper();
  if (navigator.serviceWorker) {
    navigator.serviceWorker.addEventListener('message', flush);
    serve();
  }
  const old = Date.now() - 2 * dayMs;
  for (const i of await all()) if (i.state === 'done' && i.at < old) await drop(i.seq);
  if (self.caches && localStorage.getItem('field-account') !== account) { await caches.delete(shelf); localStorage.setItem('field-account', account); }
  addEventListener('online', flush);
  addEventListener('offline', () => { state = 'off'; paint(); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) flush(); });
  await paint();
  if (/^#redo-/.test(location.hash)) (await import('./mend.js')).begin(box);
  flush();
}

if (account) begin();
