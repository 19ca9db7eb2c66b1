// After large.js: what its answers do not have, so that every dialog is about numbers of six digits. Where `ringing` was set before, a call rings.
(() => {
  const much = 123456.789;
  const line = (gtin, description, more) => ({ gtin, description, expected: much, counted: much, moved: much, result: -much, book: much, difference: -much, erp: 223456.789, ...more });
  answers.set("/api/v1/takes/1", { ...answers.get("/api/v1/takes/1"), counted: 3, unknown: 2, differences: 3,
    unknownTags: [{ subject: "tag:E28011606000020471A2B3C4", at: 1795807334753 }],
    lines: [line("03608439390616", "Disjoncteur différentiel 40 A type AC 30 mA"), line("03608439390623", "Interrupteur va-et-vient blanc", { counted: 0, result: 0 }),
      line("03608439390661", "Câble souple noir", { unit: "MTR", unlotted: much })] });

  const said = (template, ...parts) => ({ line: 123456, reason: template, phrase: { template, arguments: parts } });
  const report = {
    accepted: 1, deliveries: 1, parties: 0, products: 0, tags: 0,
    refused: [said("{} \"{}\" is not a number from {} to {}", { template: "quantity", arguments: [] }, "beaucoup", "0", "1000000")], remarks: [said("a total is left out")],
    columns: { headings: ["Avis", "Code", "Pris"], samples: ["4711", "3608439390616, 3608439390623", "123456.789"], reading: { separator: "semicolon", encoding: "windows-1252", decimal: "comma" },
      fields: ["delivery_note", "gtin", "quantity"].map((field, index) => ({ field, heading: ["Avis", "Code", "Pris"][index], proposal: null, missing: false })) },
    changes: { new: much, changed: much, unchanged: much, gone: much, rows: [
      { kind: "changed", title: "4711 · Disjoncteur différentiel 40 A type AC 30 mA", fields: [{ name: "quantity", now: "123456.789", next: "223456.789" }, { name: "carton_quantity", next: "123456.789" }] },
      { kind: "gone", title: "4711 · Interrupteur va-et-vient blanc", fields: [{ name: "quantity", now: "123456.789" }, { name: "gtin", now: "03608439390623" }] },
      { kind: "new", title: "4711 · Câble souple noir", fields: [{ name: "quantity", next: "123456.789" }, { name: "gtin", next: "03608439390661" }, { name: "lot", next: "LOT-123456-789012" }] },
    ] },
  };
  const ask = window.fetch;
  window.fetch = async (path, options) => (String(path).startsWith("/api/v1/import/") ? new Response(JSON.stringify(report), { headers: { "Content-Type": "application/json" } }) : ask(path, options));

  const parse = JSON.parse;
  // What lies in the book and was not seen.
  const unseen = (value) => { for (const one of value?.lines ?? []) if (one.gtin === "03608439390623" && "book" in one) Object.assign(one, { counted: 0, result: 0 }); return value; };
  JSON.parse = (text, reviver) => unseen(parse(text, reviver));
  if (!globalThis.ringing) return;
  const card = { ...answers.get("/api/v1/calls").missed[1], rev: 1, state: "ringing", mine: "ringing", started: Date.now() - 5000, rang: Date.now() - 5000 };
  for (const name of ["ended", "cause", "myCause", "taken"]) delete card[name];
  const order = { name: "S123456", state: "sale", amount: "123\u202F456,78\u00A0€" };
  card.erp = { state: "fresh", at: Date.now(), balance: "123\u202F456,78\u00A0€", orders: [order, order], invoices: [order], tickets: [] };
  answers.get("/api/v1/calls").running = [card];
  JSON.parse = (text, reviver) => {
    const value = parse(text, reviver);
    if (value?.type === "ready") value.data.calls = [parse(JSON.stringify(card))];
    return value;
  };
})();
