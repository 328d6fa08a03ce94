// keepPages puts the pages of the day's walk, and what they need, on the shelf for when there is no signal.
export async function keepPages(shelf, paths, scripts) {
  await import('./mend.js');
  const c = await caches.open(shelf), links = Array.from(document.querySelectorAll('link[href]'), l => l.href);
  const used = performance.getEntriesByType('resource').map(r => r.name).concat(links).filter(u => new URL(u).pathname.startsWith('/static/')).concat(scripts.map(u => location.origin + u)); // twice the same is refused
  await c.addAll(Array.from(new Set(used)));
  await c.addAll(paths);
  for (const r of await c.keys()) if (r.url.includes('/rounds/') && !paths.some(p => r.url.endsWith(p))) await c.delete(r); // old walks
}
