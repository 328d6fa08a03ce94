// The review queue by keyboard: J and K move, A passes, R returns, X ticks, Z undoes,
// / searches and ? explains. Whoever is disturbed by it turns it off.
const KEY = 'review-keys';
const on = () => { try { return localStorage.getItem(KEY) !== 'off'; } catch (e) { return true; } };
const rows = () => Array.from(document.querySelectorAll('[data-review] [data-row]'));
const now = () => document.querySelector('[data-review] [data-row].is-current');

function move(step) {
  const all = rows(), i = all.indexOf(now());
  const next = all[Math.max(0, Math.min(all.length - 1, i + step))];
  if (!next) return;
  for (const r of all) { r.classList.toggle('is-current', r === next); r.removeAttribute('aria-current'); }
  next.setAttribute('aria-current', 'true');
  next.scrollIntoView({ block: 'nearest' });
  const open = next.querySelector('[data-open]');
  if (open) { open.focus({ preventScroll: true }); if (open.hasAttribute('hx-get')) open.click(); }
}

const press = (root, act) => { const b = root && root.querySelector(`[data-act=${act}]`); if (b) b.click(); };
const keys = {
  j: () => move(1), k: () => move(-1),
  a: () => press(now(), 'approve'), r: () => press(now(), 'return'), z: () => press(document, 'undo'),
  x: () => { const b = now() && now().querySelector('input[type=checkbox]:not(:disabled)'); if (b) b.click(); },
  '/': () => { const s = document.querySelector('main [role=search] [name=q]'); if (s) s.focus(); },
  '?': () => { const d = document.getElementById('keys-help'); if (d && d.showModal) d.showModal(); },
};

document.addEventListener('keydown', e => {
  if (!on() || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  if (e.target.closest('textarea,select,input:not([type=checkbox]):not([type=radio]),dialog[open]')) return;
  const act = keys[e.key.toLowerCase()];
  if (act) { e.preventDefault(); act(); }
});

function paint() {
  for (const b of document.querySelectorAll('[data-keys]')) {
    b.setAttribute('aria-pressed', String(on()));
    b.hidden = false;
  }
}
document.addEventListener('click', e => {
  if (!e.target.closest('[data-keys]')) return;
  try { localStorage.setItem(KEY, on() ? 'off' : 'on'); } catch (err) { /* no storage: stays on */ }
  paint();
});

export const start = paint;
