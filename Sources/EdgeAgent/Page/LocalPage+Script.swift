// Tests/WebTests/depot.test.js runs the functions of this script; what is a rule stands above `begin`.
extension LocalPage {
    static let script = #"""
        const words = {
          en: {
            language: "Français", readers: "Readers and lines", reads: "Last scans", noReads: "Nothing was scanned since the start.",
            noDevices: "No reader is connected.", pending: "Waiting", sent: "Handed over", room: "Room used", ack: "Centre's last answer",
            rejected: "Refused by the centre", never: "none yet", saved: "saved", lost: "NOT SAVED", present: "{n} in view", at: "since {time}",
            title: { good: "✓", calm: "✓ {n} waiting", wait: "! ", alarm: "✕ NOT SAVED" },
            good: "Scan: everything is saved", goodText: "The centre has everything.", sending: "{n} on the way to the centre.",
            calm: "Scan: everything is kept here, {n} waiting", noCentre: "The centre has not answered since {time}.",
            noNetwork: "No connection to the centre since {time}.", kept: "Nothing is lost: it is sent by itself when the centre is back.",
            stopped: "The centre takes nothing from this gateway: tell whoever looks after it.",
            mute: "No reader is heard", muteText: "What you scan now is not seen. Look at the readers below. {n} waiting, kept here.",
            lostHead: "NOT SAVED: stop scanning", lostText: "{n} refused since {time}. Scan them again when this is no longer red.",
            someHead: "NOT SAVED at {where}", silent: "The gateway does not answer",
            silentText: "This page does not know whether scans are saved: listen for the reader's beep. Last heard at {time}.",
            filling: "The memory for scans is filling up: {n} %.", clock: "This machine's clock was never set: times may be wrong.",
            "outbox-full": "The memory for scans is full: the link to the centre must be mended.", "disk-full": "The disk is full: room must be made on it.",
            "outbox-broken": "The disk fails.", "outbox-reserved": "The memory is nearly full: only deliveries are taken, no stock counts.",
            "outbox-closed": "The gateway is being stopped.",
            goods: "Deliveries", asOf: "As the centre knew them at {time}, with {n} scans since that it has not counted yet. Its rules decide when it has them.",
            tooMany: "Not on the list, or too many: {n}", nobody: "Not recognised here: {n}", toCome: "To come", lines: "lines: {n}", moreLines: "lines not shown: {n}",
            moreNotes: "Deliveries not shown: {n}", elsewhere: "Scanned where nothing is open: {n}. Scan the delivery note to open it there.", of: "{n} of {all}",
            scan: "Scan or type here", send: "Save", open: "Open here", done: "✓ Saved: {text}", notKept: "✕ NOT SAVED: {text}. {why}",
            unsure: "? Not known to be saved: {text}. Look at the last scans, then press Save again: it counts once.",
            busy: "The gateway is busy: press Save again.",
            states: { ready: "ready", starting: "starting", recognising: "being recognised", likely: "must be accepted", unknown: "not recognised",
              missing: "not plugged in", gone: "unplugged", denied: "no permission", held: "another program has it", failed: "does not work",
              failing: "in trouble", "no-country": "waits: no country is set" },
          },
          fr: {
            language: "English", readers: "Lecteurs et lignes", reads: "Dernières lectures", noReads: "Rien n’a été lu depuis le démarrage.",
            noDevices: "Aucun lecteur n’est branché.", pending: "En attente", sent: "Transmises", room: "Mémoire utilisée",
            ack: "Dernière réponse du centre", rejected: "Refusées par le centre", never: "pas encore", saved: "gardé", lost: "NON ENREGISTRÉ",
            present: "{n} en vue", at: "depuis {time}",
            title: { good: "✓", calm: "✓ {n} en attente", wait: "! ", alarm: "✕ NON ENREGISTRÉ" },
            good: "Scannez : tout est enregistré", goodText: "Le centre a tout reçu.", sending: "{n} en route vers le centre.",
            calm: "Scannez : tout est gardé ici, {n} en attente", noCentre: "Le centre ne répond plus depuis {time}.",
            noNetwork: "Pas de liaison avec le centre depuis {time}.", kept: "Rien n’est perdu : l’envoi se fera seul dès son retour.",
            stopped: "Le centre ne prend rien de cette passerelle : prévenez son responsable.",
            mute: "Aucun lecteur n’est entendu", muteText: "Ce que vous scannez maintenant n’est pas vu. Regardez les lecteurs ci-dessous. {n} en attente, gardés ici.",
            lostHead: "NON ENREGISTRÉ : arrêtez de scanner", lostText: "Refus depuis {time} : {n}. Scannez-les de nouveau quand ceci ne sera plus rouge.",
            someHead: "NON ENREGISTRÉ à {where}", silent: "La passerelle ne répond pas",
            silentText: "Cette page ne sait pas si les lectures sont enregistrées : écoutez le bip du lecteur. Dernière nouvelle à {time}.",
            filling: "La mémoire des lectures se remplit : {n} %.", clock: "L’horloge de cette machine n’a jamais été réglée : les heures peuvent être fausses.",
            "outbox-full": "La mémoire des lectures est pleine : il faut rétablir la liaison avec le centre.", "disk-full": "Le disque est plein : il faut y faire de la place.",
            "outbox-broken": "Le disque est en panne.", "outbox-reserved": "La mémoire est presque pleine : elle ne prend que des livraisons, pas d’inventaire.",
            "outbox-closed": "La passerelle s’arrête.",
            goods: "Livraisons", asOf: "Telles que le centre les connaissait à {time}, avec {n} lectures faites depuis, qu’il n’a pas encore comptées. Ses règles décideront quand il les aura.",
            tooMany: "Hors liste, ou en trop : {n}", nobody: "Non reconnus ici : {n}", toCome: "À venir", lines: "lignes : {n}", moreLines: "lignes non affichées : {n}",
            moreNotes: "Livraisons non affichées : {n}", elsewhere: "Lues là où rien n’est ouvert : {n}. Scannez le bon de livraison pour l’y ouvrir.", of: "{n} sur {all}",
            scan: "Scannez ou tapez ici", send: "Enregistrer", open: "Ouvrir ici", done: "✓ Enregistré : {text}", notKept: "✕ NON ENREGISTRÉ : {text}. {why}",
            unsure: "? On ne sait pas si c’est enregistré : {text}. Regardez les dernières lectures, puis appuyez encore sur Enregistrer : cela compte une fois.",
            busy: "La passerelle est occupée : appuyez encore sur Enregistrer.",
            states: { ready: "prêt", starting: "démarre", recognising: "en cours de reconnaissance", likely: "à accepter", unknown: "non reconnu",
              missing: "non branché", gone: "débranché", denied: "accès refusé", held: "pris par un autre programme", failed: "en panne",
              failing: "en difficulté", "no-country": "attend : aucun pays n’est réglé" },
          },
        };
        const alarms = new Set(["outbox-full", "disk-full", "outbox-broken", "outbox-reserved", "outbox-closed"]);

        /** The language that a browser asks for first, of those that there are. */
        function languageOf(list) {
          return (list ?? []).map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in words) ?? "en";
        }
        const number = (lang, value) => new Intl.NumberFormat(lang).format(value);
        const clock = (lang, at) => at ? new Intl.DateTimeFormat(lang, { timeStyle: "medium" }).format(at) : "–";
        const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

        /** What whoever scans must know: level (good, calm, wait, alarm), a line to read from afar, what follows from it, and a
         *  key that stays while only numbers change. `status` is null where the gateway does not answer; `heard` is when it last did. */
        function verdict(status, lang, heard) {
          const w = words[lang];
          const say = (level, head, text, values) => {
            const all = { n: number(lang, status?.buffer?.pending ?? 0), ...values };
            return { level, head: filled(head, all), text: text.filter(Boolean).map((part) => filled(part, all)).join(" "), title: filled(w.title[level], all), key: level + head };
          };
          if (!status) return { ...say("alarm", w.silent, [w.silentText], { time: clock(lang, heard) }), title: "✕" };
          const buffer = status.buffer ?? {}, uplink = status.uplink ?? {}, devices = status.devices ?? [];
          const more = [];
          if (buffer.bytes >= buffer.budget * 0.7) more.push(filled(w.filling, { n: number(lang, Math.floor(buffer.bytes * 100 / buffer.budget)) }));
          if (status.synced === false) more.push(w.clock);
          const why = (code) => alarms.has(code) ? w[code] : "";
          if (buffer.trouble) {
            return say("alarm", w.lostHead, [why(buffer.code), w.lostText], { n: number(lang, buffer.refusedSince ?? 0), time: clock(lang, buffer.since) });
          }
          const lost = devices.filter((device) => device.notSaved);
          if (lost.length) {
            const where = lost.map((device) => device.name).join(", ");
            return say("alarm", w.someHead, [why(lost[0].notSaved.code), ...more], { where });
          }
          const readers = devices.filter((device) => device.kind !== "telephony");
          if (!readers.some((device) => device.state === "ready") && (readers.length || !devices.length)) {
            return say("wait", w.mute, [w.muteText, ...more]);
          }
          if (uplink.alarm) return say("wait", w.calm, [w.stopped, ...more]);
          if (!uplink.delivering) {
            return say("calm", w.calm, [uplink.connected ? w.noCentre : w.noNetwork, w.kept, ...more], { time: clock(lang, uplink.since) });
          }
          return say("good", w.good, [buffer.pending > 0 ? w.sending : w.goodText, ...more]);
        }

        /** A tag's text for people: the GTIN and serial number of an SGTIN-96 (EPC Tag Data Standard 2.0, §14.6.1), else as it is. */
        function scanText(read) {
          if (read.form !== "epc-gen2" || !/^30[0-9A-F]{22}$/.test(read.text)) return read.text;
          const bits = BigInt("0x" + read.text), part = (from, length) => bits >> BigInt(96 - from - length) & (1n << BigInt(length)) - 1n;
          const rule = [[40, 12], [37, 11], [34, 10], [30, 9], [27, 8], [24, 7], [20, 6]][Number(part(11, 3))];
          if (!rule) return read.text;
          const company = part(14, rule[0]).toString().padStart(rule[1], "0");
          const item = part(14 + rule[0], 44 - rule[0]).toString().padStart(13 - rule[1], "0");
          if (company.length !== rule[1] || item.length !== 13 - rule[1]) return read.text;
          const digits = item[0] + company + item.slice(1);
          const sum = [...digits].reduce((sum, digit, index) => sum + Number(digit) * (index % 2 ? 1 : 3), 0);
          return digits + (10 - sum % 10) % 10 + " · " + part(58, 38);
        }

        /** What was counted of what is expected, in pieces: metres are not added to pieces, and what is over fills nothing. */
        function sums(list) {
          const pieces = list.filter((line) => !line.unit);
          return { expected: pieces.reduce((sum, line) => sum + line.expected, 0),
            counted: pieces.reduce((sum, line) => sum + Math.min(line.counted, line.expected), 0) };
        }

        /* begin */
        import { deciding, decideWords, saying } from "/decide.js";
        const by = (id) => document.getElementById(id);
        const kept = { get lang() { try { return localStorage.getItem("lang"); } catch { return null; } },
          set lang(value) { try { localStorage.setItem("lang", value); } catch { /* it holds until the page is left */ } } };
        let lang = kept.lang in words ? kept.lang : languageOf(navigator.languages);
        let goods = null, asked = 0;
        let last = null, heard = 0, misses = 0, newest = -1, started = 0;
        const drawn = {};

        function h(name, attributes, ...children) {
          const element = document.createElement(name);
          for (const [key, value] of Object.entries(attributes)) if (value) element.setAttribute(key, value);
          element.append(...children.filter((child) => child !== null && child !== undefined));
          return element;
        }
        /** Draws a part anew only where it has changed. */
        function draw(id, value, children) {
          const text = lang + JSON.stringify(value);
          if (drawn[id] === text) return;
          drawn[id] = text;
          by(id).replaceChildren(...children());
        }

        function show() {
          const w = words[lang], status = misses > 2 || !last ? null : last;
          document.documentElement.lang = lang;
          by("language").textContent = w.language;
          by("language").lang = lang === "fr" ? "en" : "fr";
          if (!last && misses < 3) return;
          const said = verdict(status, lang, heard);
          by("say").dataset.level = said.level;
          by("sign").textContent = { good: "✓", calm: "✓", wait: "!", alarm: "✕" }[said.level];
          draw("head", said.head, () => [said.head]);
          draw("text", said.text, () => [said.text]);
          draw("spoken", said.key, () => [`${said.head}. ${said.text}`]);
          document.title = `${said.title} · ${last?.agent ?? "Quai"}`;
          if (!last) return;
          by("agent").textContent = last.agent;
          by("site").textContent = last.site;
          form(w);
          facts(w);
          deliveries(w);
          devices(w);
          reads(w);
        }

        function form(w) {
          const zones = last.scan?.zones ?? [];
          by("form").hidden = zones.length === 0;
          by("scan-label").textContent = w.scan;
          by("send").textContent = w.send;
          const chosen = by("zone").value;
          draw("zone", zones, () => zones.map((zone) => h("option", { value: zone }, zone)));
          if (zones.includes(chosen)) by("zone").value = chosen;
          by("zone").setAttribute("aria-label", "zone");
        }

        /** Keys of what is not known to be saved: asked again it is the same scan. */
        const keys = new Map(), failed = new Set();
        async function save(text) {
          const w = words[lang], zone = by("zone").value, mark = zone + "\n" + text;
          // What failed stays in sight until it is sent again, whatever is scanned meanwhile.
          const say = (name, why) => {
            if (name === "done") failed.delete(mark); else failed.add(mark);
            const others = [...failed].filter((other) => other !== mark).slice(-5).map((other) => filled(w.unsure, { text: other.slice(other.indexOf("\n") + 1) }));
            by("said").textContent = [filled(w[name], { text, why }), ...others].join(" ");
            by("said").className = failed.size ? "bad" : "";
          };
          if (!keys.has(mark)) keys.set(mark, [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
          try {
            const answer = await fetch("/scan", { method: "POST", signal: AbortSignal.timeout(5000),
              headers: { "Content-Type": "application/json", "X-Quai-Token": last.scan.token },
              body: JSON.stringify({ key: keys.get(mark), zone, text }) });
            const json = await answer.json().catch(() => ({}));
            if (answer.ok) {
              keys.delete(mark);
              say("done");
              return true;
            }
            if (json.code === "unknown") say("unsure");
            else say("notKept", json.code ? w[json.code] ?? json.code : String(answer.status));
          } catch { say("unsure"); }
          return false;
        }

        const decider = deciding({ by, h, filled, number: (value) => number(lang, value), get lang() { return lang; }, reasons: () => words[lang],
          token: () => last.scan.token, place: (zone) => last.scan.zones.includes(zone) ? zone : by("zone").value, changed: () => { drawn.goods = null; } });

        function facts(w) {
          const buffer = last.buffer ?? {}, account = last.account ?? {};
          const list = [[w.pending, number(lang, buffer.pending ?? 0)], [w.sent, number(lang, account.committed ?? 0)],
            [w.ack, last.uplink?.lastAck ? clock(lang, last.uplink.lastAck) : w.never],
            [w.room, `${number(lang, Math.floor((buffer.bytes ?? 0) * 100 / Math.max(1, buffer.budget ?? 1)))} %`]];
          if (account.rejected > 0) list.push([w.rejected, number(lang, account.rejected)]);
          draw("facts", list, () => list.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
        }

        function deliveries(w) {
          by("goods-title").hidden = !goods;
          if (!goods) return;
          const d = decideWords[lang];
          const say = (name, n) => filled(w[name], { n: number(lang, n) });
          by("goods-title").textContent = w.goods;
          draw("goods-note", [goods.at, goods.reads, goods.elsewhere, goods.more], () => [[
            filled(w.asOf, { time: clock(lang, goods.at), n: number(lang, goods.reads) }),
            goods.elsewhere > 0 ? say("elsewhere", goods.elsewhere) : "", goods.more > 0 ? say("moreNotes", goods.more) : "",
          ].filter(Boolean).join(" ")]);
          const parts = [goods.open, goods.toCome, last.scan?.zones, last.scan?.decide];
          draw("goods", parts, () => [...goods.open.map((one) => {
            const sum = sums(one.list), shown = one.list.length;
            return h("article", {}, h("h3", {}, `${one.note} · ${one.supplier} · ${one.zone}`),
              h("div", { class: "sum" }, filled(w.of, { n: number(lang, sum.counted), all: number(lang, sum.expected) })),
              h("progress", { max: Math.max(1, sum.expected), value: String(sum.counted), "aria-label": one.note }),
              h("ul", {}, ...one.list.map((line) => h("li", {}, h("b", {}, line.label || line.gtin.replace(/^#/, "")), line.gtin.startsWith("#") ? null : h("span", {}, line.gtin),
                h("span", { class: "mark end" }, `${line.counted > line.expected ? "! " : line.counted === line.expected ? "✓ " : ""}${number(lang, line.counted)} / ${number(lang, line.expected)}${line.unit ? " " + line.unit : ""}`)))),
              one.lines > shown ? h("p", {}, say("moreLines", one.lines - shown)) : null,
              one.extra > 0 ? h("p", {}, "! " + say("tooMany", one.extra)) : null,
              one.unknown > 0 ? h("p", {}, "! " + say("nobody", one.unknown)) : null,
              one.decided ? h("ul", {}, ...one.decided.map((decision) => h("li", { class: "kept" }, h("b", {}, saying(one, decision, lang, (value) => number(lang, value))), decision.reason ? h("span", {}, decision.reason) : null, h("span", {}, filled(d.saidBy, { name: decision.name }))))) : null,
              one.proposed > 0 ? h("p", {}, "! " + filled(d.asked, { n: number(lang, one.proposed) })) : null,
              last.scan?.decide ? h("button", { type: "button", "data-decide": String(one.id) }, d.decide) : null);
          }), ...(goods.toCome.length ? [h("article", {}, h("h3", {}, w.toCome), h("ul", {}, ...goods.toCome.map((one) =>
            h("li", {}, h("b", {}, one.note), h("span", {}, [one.supplier, one.zone].filter(Boolean).join(" · ")), h("span", { class: "end" }, say("lines", one.lines)),
              last.scan?.zones.length ? h("button", { type: "button", "data-note": one.note }, w.open) : null))))] : [])]);
        }

        function devices(w) {
          by("devices-title").textContent = w.readers;
          const list = last.devices ?? [];
          draw("devices", list.map((device) => ({ ...device, readsPerSecond: 0 })), () => list.length ? list.map((device) => {
            const bad = device.state !== "ready" || device.notSaved;
            return h("li", { class: bad ? "bad" : "" }, h("b", {}, device.name), h("span", {}, device.zone),
              device.present > 0 ? h("span", {}, filled(w.present, { n: number(lang, device.present) })) : null,
              h("span", { class: "mark end" }, device.notSaved ? "✕ " + w.lost : (bad ? "! " : "✓ ") + (w.states[device.state] ?? device.state)),
              bad ? h("span", {}, filled(w.at, { time: clock(lang, device.since) })) : null,
              bad && device.reason ? h("p", { lang: "en" }, device.reason) : null);
          }) : [h("li", {}, w.noDevices)]);
        }

        function reads(w) {
          by("reads-title").textContent = w.reads;
          const list = last.reads ?? [], before = newest;
          if (last.started !== started) newest = -1;
          started = last.started;
          draw("reads", list, () => list.length ? list.map((read) => h("li", {
            class: [read.refused ? "bad" : "", before >= 0 && read.n > before ? "new" : ""].join(" ").trim(),
          }, h("time", {}, clock(lang, read.at)), h("b", {}, scanText(read)),
            h("span", {}, read.zone === read.device ? read.zone : `${read.zone} · ${read.device}`),
            h("span", { class: "mark end" }, read.refused ? "✕ " + w.lost : "✓ " + w.saved))) : [h("li", {}, w.noReads)]);
          newest = list[0]?.n ?? 0;
        }

        async function look() {
          try {
            const answer = await fetch("/status.json", { signal: AbortSignal.timeout(3000) });
            if (!answer.ok) throw new Error(String(answer.status));
            last = await answer.json();
            heard = Date.now();
            misses = 0;
            if (heard - asked > 1900) {
              asked = heard;
              try { goods = await (await fetch("/goods.json", { signal: AbortSignal.timeout(3000) })).json(); } catch { /* the state is known all the same */ }
            }
          } catch { misses += 1; }
          try { show(); } finally { setTimeout(look, document.hidden ? 5000 : 1000); }
        }
        by("language").addEventListener("click", () => {
          lang = lang === "fr" ? "en" : "fr";
          kept.lang = lang;
          decider.draw();
          show();
        });
        by("form").addEventListener("submit", async (event) => {
          event.preventDefault();
          const field = by("scan"), text = field.value;
          if (!text.trim()) return;
          field.value = "";
          if (!await save(text) && !field.value) { field.value = text; field.select(); }
        });
        by("zone").addEventListener("change", () => by("scan").focus());
        by("goods").addEventListener("click", (event) => {
          const note = event.target.closest("[data-note]")?.dataset.note;
          if (note) { save(note); by("scan").focus(); }
          const id = event.target.closest("[data-decide]")?.dataset.decide;
          const chosen = goods?.open.find((one) => String(one.id) === id);
          if (chosen) decider.open(chosen);
        });
        show();
        look();

        """#
}
