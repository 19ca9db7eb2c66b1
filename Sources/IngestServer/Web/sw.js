// Keeps the pages of the last visit: the network first, what was kept when it does not answer. No data passes here.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const shelf = "quai-pages-1";
const patience = 4000;

worker.addEventListener("install", () => worker.skipWaiting());

worker.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== shelf) await caches.delete(name);
  await worker.clients.claim();
})()));

/** The files the page was made of. */
worker.addEventListener("message", (event) => event.waitUntil((async () => {
  const store = await caches.open(shelf);
  const files = event.data?.files ?? [];
  for (const address of files) await store.add(address).catch(() => {});
  // Scripts and styles of an older centre: their names hold what they are.
  for (const { url } of await store.keys()) if (/\/web\/(app|style|pages|sentences|words-others|help-[a-z]+)-\d/.test(url) && files.length > 1 && !files.includes(new URL(url).pathname)) await store.delete(url);
})()));

/** What happens while no page is open (RFC 8291): the centre's own words, read by this browser alone. */
worker.addEventListener("push", (event) => {
  const told = event.data?.json() ?? {};
  event.waitUntil(worker.registration.showNotification(String(told.title ?? "Quai"), { body: String(told.body ?? ""), icon: "/web/icon-192.png", requireInteraction: told.critical === true, data: { page: String(told.page ?? "/") } }));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const page = String(event.notification.data?.page ?? "/");
  // Within this site, whatever it says.
  const address = new URL(page.startsWith("/") ? page : "/", location.origin).href;
  event.waitUntil((async () => {
    if (new URL(address).origin !== location.origin) return;
    const [open] = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    if (open) { await open.focus(); await open.navigate(address).catch(() => worker.clients.openWindow(address)); } else await worker.clients.openWindow(address);
  })());
});

/**
 * @param {Request} request
 * @param {string} key
 * @returns {Promise<Response>}
 */
async function answer(request, key) {
  const store = await caches.open(shelf);
  try {
    const response = await Promise.race([fetch(request), /** @type {Promise<never>} */ (new Promise((_, late) => setTimeout(() => late(new Error("late")), patience)))]);
    if (response.ok) await store.put(key, response.clone());
    // A script of an older centre, whose page is still open.
    return response.status === 404 ? await store.match(key) ?? response : response;
  } catch (error) {
    const old = await store.match(key);
    if (old) return old;
    throw error;
  }
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin || address.pathname.startsWith("/api/")) return;
  // Every page is the same document.
  if (request.mode === "navigate") event.respondWith(answer(request, "/receiving"));
  else if (address.pathname.startsWith("/web/")) event.respondWith(answer(request, address.pathname));
});
