// Photos are shrunk on the phone before they travel, and shown before they are sent.

// shrink answers a JPEG of at most max pixels a side, or the file itself when it cannot be read.
export async function shrink(file, max = 1280, quality = 0.72) {
  try {
    const bmp = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const k = Math.min(1, max / Math.max(bmp.width, bmp.height));
    const c = document.createElement('canvas');
    c.width = Math.round(bmp.width * k);
    c.height = Math.round(bmp.height * k);
    c.getContext('2d').drawImage(bmp, 0, 0, c.width, c.height);
    if (bmp.close) bmp.close();
    const blob = await new Promise(r => c.toBlob(r, 'image/jpeg', quality));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' }) : file;
  } catch (e) { return file; }
}

// place puts files into a field, where the browser lets a page do so.
export function place(input, files) {
  try {
    const t = new DataTransfer();
    for (const f of files) t.items.add(f);
    input.files = t.files;
    return true;
  } catch (e) { return false; }
}

function tile(file, onRemove) {
  const li = document.createElement('li');
  const img = document.createElement('img');
  img.src = URL.createObjectURL(file);
  img.alt = '待上传照片 ' + file.name;
  const b = document.createElement('button');
  b.type = 'button';
  b.className = 'photo-remove';
  b.textContent = '移除';
  b.setAttribute('aria-label', '移除照片 ' + file.name);
  b.addEventListener('click', onRemove);
  li.append(img, b);
  return li;
}

function photos(box) {
  const input = box.querySelector('input[type=file]'), list = box.querySelector('[data-previews]'), note = box.querySelector('[data-note]');
  const most = Number(box.dataset.photos) || 3;
  let kept = [];
  const paint = () => {
    list.textContent = '';
    kept.forEach((f, i) => list.append(tile(f, () => { kept.splice(i, 1); place(input, kept); paint(); input.focus(); })));
    const kb = Math.round(kept.reduce((n, f) => n + f.size, 0) / 1024);
    note.textContent = kept.length ? `已选 ${kept.length} 张，共 ${kb} KB` : '';
  };
  // A form that is emptied for the next record keeps none of the last one's photos.
  if (input.form) input.form.addEventListener('reset', () => { kept = []; setTimeout(paint); });
  input.addEventListener('change', async () => {
    note.textContent = '正在压缩照片…';
    const added = await Promise.all(Array.from(input.files).map(f => shrink(f)));
    const over = kept.length + added.length > most;
    kept = kept.concat(added).slice(0, most);
    if (!place(input, kept)) kept = Array.from(input.files);
    paint();
    if (over) note.textContent += `，最多 ${most} 张，多的没有加上`;
  });
}

function file(box) {
  const input = box.querySelector('input[type=file]'), note = box.querySelector('[data-note]');
  input.addEventListener('change', () => {
    const f = input.files[0];
    note.textContent = f ? `已选：${f.name}（${Math.max(1, Math.round(f.size / 1024))} KB）` : '';
  });
}

export function start(root) {
  for (const [selector, fn] of [['[data-photos]', photos], ['[data-file]', file]]) {
    for (const box of root.querySelectorAll(selector)) {
      if (box.dataset.ready) continue;
      box.dataset.ready = '1';
      fn(box);
    }
  }
}
