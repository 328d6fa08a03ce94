// The start of every page: it loads a behaviour only where the page has the
// element for it. Every page works without it.
const parts = [
  ['dialog', () => import('./dialog.js')],
  ['[data-photos],[data-file]', () => import('./photo.js')],
  ['[data-signature]', () => import('./signature.js')],
  ['[data-poll]', () => import('./poll.js')],
  ['[data-select-all],[data-bulk]', () => import('./select.js')],
  ['#net', () => import('./outbox.js')],
  ['[data-again]', () => import('./again.js')],
  ['[data-walk]', () => import('./walk.js')],
  ['[data-desk]', () => import('./desk.js')],
  ['[data-field]', () => import('./field.js')],
  ['[data-review],#keys-help', () => import('./review.js')],
];

function start(root) {
  for (const [selector, load] of parts) {
    if (root.querySelector(selector) || (root.matches && root.matches(selector))) load().then(m => m.start && m.start(root));
  }
}

// Menus close on Escape and on a tap elsewhere.
document.addEventListener('click', e => {
  for (const d of document.querySelectorAll('details[data-menu][open]')) if (!d.contains(e.target)) d.open = false;
});
document.addEventListener('keydown', e => {
  if (e.key !== 'Escape') return;
  for (const d of document.querySelectorAll('details[data-menu][open]')) { d.open = false; d.querySelector('summary').focus(); }
});

// A filter applies as soon as it is chosen; its button is for those without scripts.
document.addEventListener('change', e => {
  const form = e.target.closest('form[data-auto]');
  if (form && e.target.matches('select')) form.requestSubmit ? form.requestSubmit() : form.submit();
});

// A form is sent once, however often its button is tapped.
document.addEventListener('submit', e => {
  const form = e.target;
  if (e.defaultPrevented || form.method !== 'post') return;
  if (form.dataset.sent) { e.preventDefault(); return; }
  form.dataset.sent = '1';
  setTimeout(() => { delete form.dataset.sent; }, 4000);
});

document.addEventListener('click', e => {
  if (e.target.closest('[data-print]')) print();
  const close = e.target.closest('[data-dismiss]');
  if (close) close.closest('.toast').remove();
});

function say(text) {
  const box = document.getElementById('toasts');
  if (!box) return;
  const p = document.createElement('div');
  p.className = 'toast toast-red';
  p.textContent = text;
  box.append(p);
  setTimeout(() => p.remove(), 8000);
}

// A fault that comes back to htmx is a toast; anything else never lands in the page.
document.addEventListener('htmx:beforeSwap', e => {
  const d = e.detail;
  if (d.xhr.status < 400 || d.xhr.getResponseHeader('HX-Retarget')) {
    if (d.xhr.status >= 400) d.shouldSwap = true;
    return;
  }
  d.shouldSwap = false;
  if (d.elt.matches('[data-quiet]')) return;
  const got = new DOMParser().parseFromString(d.xhr.responseText, 'text/html').querySelector('.toast');
  if (got) document.getElementById('toasts').append(got);
  else say('没有办成，请刷新页面再试一次');
});
// What only helps, such as the trial of a claim, is silent where there is no signal.
document.addEventListener('htmx:sendError', e => { if (!e.detail.elt.matches('[data-quiet]')) say('连不上网，请检查信号后再试'); });
document.addEventListener('htmx:load', e => start(e.detail.elt));

start(document);
