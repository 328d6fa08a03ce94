// Counts the ticked rows of a list and shows the bar of bulk actions.
const boxes = form => Array.from(form.querySelectorAll('[data-row] input[type=checkbox]'));

function count(form) {
  const all = boxes(form), n = all.filter(b => b.checked).length;
  for (const out of form.querySelectorAll('[data-count]')) out.textContent = n;
  for (const head of form.querySelectorAll('[data-select-all]')) {
    head.checked = n > 0 && n === all.length;
    head.indeterminate = n > 0 && n < all.length;
  }
  for (const bar of form.querySelectorAll('[data-bulk]')) bar.classList.toggle('bulk-idle', n === 0);
  for (const b of all) b.closest('[data-row]').classList.toggle('is-ticked', b.checked);
}

document.addEventListener('change', e => {
  const form = e.target.closest('form');
  if (!form || !form.querySelector('[data-bulk]')) return;
  if (e.target.matches('[data-select-all]')) for (const b of boxes(form)) b.checked = e.target.checked;
  count(form);
});

export function start(root) {
  for (const bar of root.querySelectorAll('[data-bulk]')) if (bar.closest('form')) count(bar.closest('form'));
}
