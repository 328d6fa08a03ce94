// Opens a dialog that stands in the page. Where the browser has none, the
// opener is a link to a page with the same form.
document.addEventListener('click', e => {
  const opener = e.target.closest('[data-dialog]');
  if (opener) {
    const d = document.getElementById(opener.dataset.dialog);
    if (d && d.showModal) { e.preventDefault(); d.showModal(); }
    return;
  }
  const d = e.target.closest('dialog');
  if (d && (e.target === d || e.target.closest('[data-close]'))) { e.preventDefault(); d.close(); }
});
