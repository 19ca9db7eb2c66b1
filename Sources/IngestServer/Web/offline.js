// Registers what keeps the pages for when the server does not answer; only where browsers allow it.

export async function keepPages() {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  try {
    await navigator.serviceWorker.register("/sw.js");
    const worker = (await navigator.serviceWorker.ready).active;
    const made = performance.getEntriesByType("resource").map((entry) => new URL(entry.name)).filter((address) => address.origin === location.origin && address.pathname.startsWith("/web/"));
    worker?.postMessage({ files: ["/receiving", ...new Set(made.map((address) => address.pathname))] });
  } catch { /* the page works without it, as long as the server answers */ }
}
