// The pages of the day's walk, for when there is no signal. Only what the person chose to keep is kept.
const shelf = 'field';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', e => e.waitUntil(self.clients.claim()));
self.addEventListener('message', e => { if (e.data === 'claim') e.waitUntil(self.clients.claim()); });

async function page(request, path) {
  const c = await caches.open(shelf), kept = await c.match(path) || path === '/redeem' && await c.match('/redeem/offline');
  try {
    const r = await fetch(request);
    if (r.status >= 500 && kept) return kept;
    if (r.ok && kept && path !== '/redeem' && !r.redirected && new URL(request.url).search === '') await c.put(path, r.clone());
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
  else if (e.request.mode === 'navigate' && /^\/(field|queue|redeem(\/offline)?|rounds(\/[0-9a-f-]{36})?)$/.test(u.pathname)) e.respondWith(page(e.request, u.pathname));
});

self.addEventListener('sync', e => {
  if (e.tag === 'outbox') e.waitUntil(self.clients.matchAll().then(all => all.forEach(c => c.postMessage('flush'))));
});
