// What can be done with a record that was refused: mend it and send it again, give it to the group, or let it go.
// Only the page of the queue, and a form that is opened to mend one, load this.
import { place, start as startPhotos } from './photo.js';

let box; // the queue, see outbox.js

let asking = 0; // the card that asks once more before it goes

function button(text, fn, kind) {
  const b = box.piece('button', text, 'btn btn-small' + (kind || ''));
  b.type = 'button';
  b.addEventListener('click', async () => { b.disabled = true; await fn(); await box.paint(); box.flush(); });
  return b;
}

function dropping(text, i) {
  const b = button(text, () => { asking = i.seq; });
  b.addEventListener('click', () => setTimeout(() => { const no = document.querySelector('[data-ask] .btn'); if (no) no.focus(); }, 60));
  return b;
}

// what can be done with a record that was refused. Nothing that somebody typed goes without being asked for twice.
function ways(i) {
  const anew = more => box.put(Object.assign(i, { key: box.newKey(), state: 'wait', fields: i.fields.concat(more) })), all = [];
  if (i.page) {
    const open = box.piece('a', '打开来处理', 'btn btn-small');
    open.href = i.page;
    all.push(open);
  }
  if (i.form) {
    const edit = box.piece('a', '改一改再发', 'btn btn-small');
    edit.href = `${i.form}#redo-${i.seq}`;
    all.push(edit);
  }
  if (i.code === 'inspect.other') return all.concat(button('按我记的改', () => anew([['insist', '1']])), button('交给小组', () => hand(i)), dropping('留着别人记的', i));
  all.push(button('再试一次', () => anew([])));
  if (i.url !== handing) all.push(button('交给小组', () => hand(i)));
  return all.concat(dropping(i.page ? '已另外办好，去掉' : '不要这一条了', i));
}

const handing = '/handed';

function drawn(data) {
  const raw = atob(data.split(',')[1]);
  return new File([Uint8Array.from(raw, c => c.charCodeAt(0))], '签名.png', { type: 'image/png' });
}

// hand gives a refused record to the group as it stands, with its photos and why it was refused.
function hand(i) {
  const photos = i.fields.map(f => f[1]).filter(v => v instanceof Blob).concat(i.fields.filter(f => /^data:image\/png;base64,/.test(f[1])).map(f => drawn(f[1])));
  const said = i.said && i.said.length ? i.said.slice() : i.fields.filter(f => typeof f[1] === 'string' && f[1].length < 2000).map(f => [f[0], f[1]]);
  if (photos.length) said.push(['照片', photos.map(p => p.name || 'photo.jpg').join('、')]);
  const short = said.slice(0, 40).map(([label, text]) => [label.slice(0, 60), text.slice(0, 2000)]);
  const fields = [['label', i.label.slice(0, 80)], ['reason', i.text.slice(0, 500)], ['path', i.url], ['said', JSON.stringify(short)]].concat(photos.map(p => ['photo', p]));
  return box.put(Object.assign(i, { key: box.newKey(), state: 'wait', url: handing, fields, label: '交给小组：' + i.label, subject: '', page: '', form: '', code: '' }));
}

// cards shows what waits, and what was refused with what can be done about it.
export function cards(list, items, queue) {
  box = queue;
  list.textContent = '';
  document.querySelector('[data-queue-none]').hidden = items.length > 0;
  for (const i of items) {
    const li = box.piece('li', '', 'entry queue-card'), at = new Date(i.at);
    li.append(box.piece('b', i.label), box.piece('span', `${at.getMonth() + 1}月${at.getDate()}日 ${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`, 'quiet'));
    if (i.state === 'stuck' && asking === i.seq) {
      li.dataset.ask = '1';
      li.append(box.piece('p', '去掉以后，写的字和照片都找不回来。', 'err'), button('先留着', () => { asking = 0; }), button('确定去掉', () => { asking = 0; return box.drop(i.seq); }, ' btn-danger'));
    } else if (i.state === 'stuck') {
      li.append(box.piece('p', i.text, 'err'));
      for (const [label, text] of i.said || []) li.append(box.piece('p', `${label}：${text}`, 'quiet'));
      const acts = box.piece('p', '', 'queue-acts');
      acts.append(...ways(i));
      li.append(acts);
    } else li.append(box.piece('p', '等待上传', 'quiet'));
    list.append(li);
  }
}

// wanted is the refused record that this page was opened to mend.
export async function wanted(queue) {
  box = queue;
  const m = /^#redo-(\d+)$/.exec(location.hash);
  return m ? (await box.all()).find(i => i.seq === Number(m[1]) && i.state === 'stuck') : undefined;
}

// refill fills the form with what the refused record says, its photos too, and says why it was refused. What the
// page itself knows better by now, its hidden fields, stays.
export function refill(form, item) {
  const value = {};
  for (const [name, v] of item.fields) (value[name] = value[name] || []).push(v);
  startPhotos(form);
  for (const e of form.elements) {
    const v = value[e.name];
    if (!e.name) continue;
    if (e.type === 'file') {
      if (!v) continue;
      const files = v.map(b => b instanceof File ? b : new File([b], 'photo.jpg', { type: b.type }));
      if (place(e, files)) e.dispatchEvent(new Event('change', { bubbles: true }));
      else box.carried.set(form, files.map(f => [e.name, f]));
    } else if (e.type === 'radio' || e.type === 'checkbox') e.checked = !!v && v.includes(e.value);
    else if (v && (e.type !== 'hidden' || e.closest('[data-signature]'))) e.value = v[0];
  }
  form.dataset.redo = item.seq;
  box.complain(form, { detail: item.text });
  form.dispatchEvent(new Event('change', { bubbles: true }));
}

// begin fills the form that was opened to mend a record; a dialog is opened by the page that it stands in.
export async function begin(queue) {
  const item = await wanted(queue);
  for (const form of item ? document.querySelectorAll('main form[data-offline]') : []) {
    if (!form.closest('dialog') && form.getAttribute('action') === item.url.split('?')[0]) refill(form, item);
  }
}
