// Before a page's own scripts: it is answered as a centre would that has counted much. `answers` stands before this.
(() => {
  const counts = new Set(["expected", "received", "missing", "extra", "unknown", "damaged", "quantity", "counted", "differences", "difference", "stock", "pending", "produced", "committed", "rejected", "skipped", "applied", "observations", "present", "pieces", "fits", "accepted", "total", "overruns", "noiseBytes", "faults", "reads", "lineCount", "products", "parties", "receipts", "before", "after", "sum", "refused", "waiting", "done", "failed", "dead", "sent", "openDeliveries", "scannedToday", "refusedSince", "count"]);
  const grow = (value) => {
    if (Array.isArray(value)) return value.map(grow);
    if (value && typeof value === "object") for (const key of Object.keys(value)) value[key] = typeof value[key] === "number" && counts.has(key) ? 123456.789 : grow(value[key]);
    return value;
  };
  const parse = JSON.parse;
  JSON.parse = (text, reviver) => { const value = parse(text, reviver); return value && typeof value === "object" ? grow(value) : value; };
  const ask = window.fetch;
  window.fetch = async (path, options) => {
    // One delivery is answered whole: whichever is asked for is like it.
    const one = String(path).match(/^\/api\/v1\/deliveries\/(\d+)$/);
    const known = (options?.method ?? "GET") === "GET" ? answers.get(one ? "/api/v1/deliveries/1" : String(path).replace(/today=[\d-]+/, "today=DAY")) : undefined;
    const answer = one && known ? { ...known, id: Number(one[1]) } : known;
    if (answer === undefined || path === "/api/v1/me" || String(path).startsWith("/api/v1/session")) return ask(path, options);
    return new Response(JSON.stringify(grow(structuredClone(answer))), { headers: { "Content-Type": "application/json" } });
  };
})();
