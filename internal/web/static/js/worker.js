// The pages of the day's walk, for when there is no signal. Only what the person chose to keep is kept.
const shelf = 'field';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', e => e.waitUntil(self.clients.claim()));
self.addEventListener('message', e => { if (e.data === 'claim') e.waitUntil(self.clients.claim()); });

// standIn is the kept page that comes instead of one that was never opened.
function standIn(path) {
  const walk = /^(\/rounds\/[^/]+)\/homes\//.exec(path);
  return walk ? walk[1] : path === '/redeem' ? '/redeem/offline' : /^\/(record|findings)(\/(for\/)?[^/.]+)?$/.test(path) ? '/field/offline' : path;
}

// atDoor is the page of the home whose plate was scanned. A code begins with the home's id, five bits a letter.
async function atDoor(c, code) {
  const bits = [...code.slice(0, 26)].reduce((n, l) => n * 32n + BigInt((parseInt(l, 36) + 24) % 34), 0n) >> 2n;
  const id = bits.toString(16).padStart(32, 0).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  for (const r of await c.keys()) if (r.url.includes('/rounds/') && (await (await c.match(r)).text()).includes(`id="h-${id}"`)) return r.url + '/homes/' + id;
  return '/record/' + id;
}

async function page(request, path) {
  const c = await caches.open(shelf), own = await c.match(path), door = path.startsWith('/d/') && await c.match('/field/offline');
  const kept = door ? Response.redirect(await atDoor(c, path.slice(3))) : own || await c.match(standIn(path));
  try {
    const r = await fetch(request);
    if (r.status >= 500 && kept) return kept;
    if (r.ok && own && !r.redirected && new URL(request.url).search === '') await c.put(path, r.clone());
    return r;
  } catch (e) {
    if (kept) return kept;
    throw e;
  }
}

self.addEventListener('fetch', e => {
  const u = new URL(e.request.url);
  if (e.request.method !== 'GET' || u.origin !== location.origin) return;
  if (u.pathname.startsWith('/static/')) e.respondWith(caches.match(e.request).then(r => r || fetch(e.request)));
  else if (e.request.mode === 'navigate' && /^\/(field|queue|redeem|record|findings|rounds|d)\b/.test(u.pathname)) e.respondWith(page(e.request, u.pathname));
});

self.addEventListener('sync', e => {
  if (e.tag === 'outbox') e.waitUntil(self.clients.matchAll().then(all => all.forEach(c => c.postMessage('flush'))));
});
