// A finger signs on a canvas; the picture travels in a hidden field.
function pad(box) {
  const canvas = box.querySelector('canvas'), field = box.querySelector('input[type=hidden]'), note = box.querySelector('[data-note]');
  const g = canvas.getContext('2d');
  let last = null;
  const size = () => {
    const k = Math.min(2, window.devicePixelRatio || 1), r = canvas.getBoundingClientRect();
    canvas.width = Math.round(r.width * k);
    canvas.height = Math.round(r.height * k);
    g.scale(k, k);
    g.lineCap = g.lineJoin = 'round';
    g.lineWidth = 3;
    g.strokeStyle = '#111';
    field.value = '';
    note.textContent = '请用手指在框内签名';
  };
  const at = e => { const r = canvas.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
  canvas.addEventListener('pointerdown', e => { canvas.setPointerCapture(e.pointerId); last = at(e); e.preventDefault(); });
  canvas.addEventListener('pointermove', e => {
    if (!last) return;
    const p = at(e);
    g.beginPath();
    g.moveTo(last[0], last[1]);
    g.lineTo(p[0], p[1]);
    g.stroke();
    last = p;
  });
  const end = () => {
    if (!last) return;
    last = null;
    field.value = canvas.toDataURL('image/png');
    note.textContent = '已签名';
  };
  canvas.addEventListener('pointerup', end);
  canvas.addEventListener('pointercancel', end);
  box.querySelector('[data-clear]').addEventListener('click', size);
  size();
}

export function start(root) {
  for (const box of root.querySelectorAll('[data-signature]')) {
    if (box.dataset.ready) continue;
    box.dataset.ready = '1';
    box.hidden = false;
    pad(box);
  }
}
