// The pages of the day's walk, for when there is no signal. Only what the person chose to keep is kept.
const shelf = 'field';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', e => e.waitUntil(self.clients.claim()));
self.addEventListener('message', e => { if (e.data === 'claim') e.waitUntil(self.clients.claim()); });

// standIn is the kept page that comes instead of one that was never opened.
function standIn(path) {
  const walk = /^(\/rounds\/[0-9a-f-]{36})\/homes\//.exec(path);
  return walk ? walk[1] : path === '/redeem' ? '/redeem/offline' : /^\/(record|findings)/.test(path) ? '/field/offline' : path;
}

async function page(request, path) {
  const c = await caches.open(shelf), own = await c.match(path), kept = own || await c.match(standIn(path));
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
  else if (e.request.mode === 'navigate' && /^\/(field(\/offline)?|queue|redeem(\/offline)?|record(\/[0-9a-f-]{36})?|findings\/(new|for\/[0-9a-f-]{36})|rounds(\/[0-9a-f-]{36}(\/homes\/[0-9a-f-]{36})?)?)$/.test(u.pathname)) e.respondWith(page(e.request, u.pathname));
});

self.addEventListener('sync', e => {
  if (e.tag === 'outbox') e.waitUntil(self.clients.matchAll().then(all => all.forEach(c => c.postMessage('flush'))));
});
