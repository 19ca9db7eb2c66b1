// Deciding in the page at the depot: its words, its rules, its form. Tests/WebTests/depot.test.js runs its functions.
extension LocalPage {
    static let deciding = #"""
        export const decideWords = {
          en: {
            decide: "Decide", decideTitle: "Delivery {note}: decide", what: "What", article: "Article", quantity: "How many", inAll: "How many in all", reason: "Remark (may stay empty)", name: "Your name at the centre", pin: "Your PIN",
            kinds: { count: "Received in all, counted by hand", damaged: "Damaged", refuse: "Sent back", close: "Close the delivery" },
            short: "What is missing", shorts: { ask: "to be asked", later: "comes later", never: "does not come" },
            extra: "What is too much", extras: { ask: "to be asked", accept: "is kept", refuse: "is sent back" },
            strange: "What nobody knows", stranges: { ask: "to be asked", ignore: "has nothing to do with it" },
            keep: "Keep", leave: "Cancel", decideKept: "✓ Kept here. The centre checks the PIN when it has it; what it does not take, somebody there is asked about.",
            decideUnsure: "? Not known to be kept: press Keep again, it counts once.", decideLost: "✕ NOT KEPT. {why}", decideBad: "✕ Something is missing, or is no number.",
            said: { count: "{what}: {n} in all", damaged: "{n} × {what} damaged", refuse: "{n} × {what} sent back", close: "Close the delivery" },
            saidBy: "{name} · kept here, not at the centre yet", asked: "Decided here and not taken at the centre: {n}. Somebody there is asked.",
          },
          fr: {
            decide: "Décider", decideTitle: "Livraison {note} : décider", what: "Quoi", article: "Article", quantity: "Combien", inAll: "Combien en tout", reason: "Remarque (facultative)", name: "Votre nom au centre", pin: "Votre code",
            kinds: { count: "Reçu en tout, compté à la main", damaged: "Endommagé", refuse: "Renvoyé", close: "Clôturer la livraison" },
            short: "Ce qui manque", shorts: { ask: "à demander", later: "viendra plus tard", never: "ne viendra pas" },
            extra: "Ce qui est en trop", extras: { ask: "à demander", accept: "est gardé", refuse: "est renvoyé" },
            strange: "Ce que personne ne connaît", stranges: { ask: "à demander", ignore: "n’a rien à y voir" },
            keep: "Garder", leave: "Annuler", decideKept: "✓ Gardé ici. Le centre vérifie le code dès qu’il l’a ; pour ce qu’il ne prend pas, quelqu’un là-bas est consulté.",
            decideUnsure: "? Peut-être pas gardé : appuyez encore sur Garder, cela compte une fois.", decideLost: "✕ NON GARDÉ. {why}", decideBad: "✕ Il manque quelque chose, ou ce n’est pas un nombre.",
            said: { count: "{what} : {n} en tout", damaged: "{n} × {what} endommagé(s)", refuse: "{n} × {what} renvoyé(s)", close: "Clôturer la livraison" },
            saidBy: "{name} · gardé ici, pas encore au centre", asked: "Décidé ici et pas pris au centre : {n}. Quelqu’un là-bas est consulté.",
          },
        };

        /** A decision in one line. */
        export function saying(delivery, decision, lang, number) {
          const line = delivery.list.find((one) => one.gtin === decision.gtin);
          const n = decision.quantity === undefined ? "" : number(decision.quantity) + (line?.unit ? " " + line.unit : "");
          const values = { what: line?.label || decision.gtin || "", n };
          return decideWords[lang].said[decision.kind].replace(/\{(\w+)\}/g, (_, name) => values[name]);
        }

        /** What is asked of the gateway, of the fields' texts; null where something is missing. A quantity is written with a comma or a point. */
        export function decisionOf(fields) {
          const { delivery, note, zone, kind, name, pin, reason } = fields, who = (name ?? "").trim();
          if (!who || !pin || !(kind in decideWords.en.kinds)) return null;
          const common = { delivery, ...(note ? { note } : {}), zone, kind, name: who, pin, ...(reason?.trim() ? { reason: reason.trim() } : {}) };
          if (kind === "close") return { ...common, ...Object.fromEntries(["short", "extra", "unknown"].filter((part) => fields[part] && fields[part] !== "ask").map((part) => [part, fields[part]])) };
          const text = (fields.quantity ?? "").trim().replace(",", ".");
          if (!/^[0-9]{1,9}([.][0-9]{1,3})?$/.test(text) || !fields.gtin || (kind !== "count" && Number(text) === 0)) return null;
          return { ...common, gtin: fields.gtin, quantity: Number(text) };
        }

        /** The form below the deliveries; `page` has what it shares with the rest of the page. */
        export function deciding(page) {
          const { by, h, filled, number } = page;
          /** The delivery that is decided about, and the key of what is not known to be kept. */
          let about = null, sealed = null;
          function fields() {
            const values = Object.fromEntries([...by("decide").querySelectorAll("input, select")].map((field) => [field.name, field.value]));
            return { ...values, delivery: about.id, note: about.note, zone: page.place(about.zone) };
          }
          function choose(name, list, chosen) {
            return h("select", { name }, ...list.map(([value, text]) => h("option", { value, selected: value === chosen ? "selected" : "" }, text)));
          }
          /** Draws the form; what was typed stays, but for the PIN of what was kept. */
          function ask(kept = {}) {
            const w = decideWords[page.lang], part = (name, label, field) => h("label", { "data-of": name }, h("span", {}, label), field);
            by("decide-title").textContent = filled(w.decideTitle, { note: about.note });
            by("decide-send").textContent = w.keep;
            by("decide-leave").textContent = w.leave;
            const text = (name, more) => h("input", { name, value: kept[name] ?? "", autocomplete: "off", ...more });
            by("decide-fields").replaceChildren(
              part("any", w.what, choose("kind", Object.entries(w.kinds), kept.kind)),
              part("line", w.article, choose("gtin", about.list.map((line) => [line.gtin, `${line.label || line.gtin} (${number(line.counted)} / ${number(line.expected)}${line.unit ? " " + line.unit : ""})`]), kept.gtin)),
              part("line", w.quantity, text("quantity", { inputmode: "decimal", maxlength: "13" })),
              part("close", w.short, choose("short", Object.entries(w.shorts), kept.short)), part("close", w.extra, choose("extra", Object.entries(w.extras), kept.extra)),
              part("close", w.strange, choose("unknown", Object.entries(w.stranges), kept.unknown)),
              part("any", w.reason, text("reason", { maxlength: "120" })), part("any", w.name, text("name", { maxlength: "60" })),
              part("any", w.pin, text("pin", { type: "password", inputmode: "numeric", maxlength: "12", autocomplete: "one-time-code" })));
            fit();
          }
          /** Of the fields those that the kind needs. */
          function fit() {
            const w = decideWords[page.lang], kind = by("decide").elements.kind.value;
            for (const label of by("decide-fields").children) label.hidden = label.dataset.of !== "any" && (label.dataset.of === "close") !== (kind === "close");
            by("decide").elements.quantity.previousSibling.textContent = kind === "count" ? w.inAll : w.quantity;
          }
          function leave() {
            by("decide").hidden = true;
            by("decide-fields").replaceChildren();
            (document.querySelector(`[data-decide="${about.id}"]`) ?? by("goods-title")).focus();
            about = null;
          }
          async function keep() {
            const w = decideWords[page.lang], asked = decisionOf(fields());
            const say = (name, why) => {
              by("decide-said").textContent = filled(w[name], { why });
              by("decide-said").className = name === "decideKept" ? "" : "bad";
            };
            if (!asked) { say("decideBad"); return; }
            // The same words again are the same decision.
            const mark = JSON.stringify(asked);
            if (sealed?.mark !== mark) sealed = { mark, key: [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
            try {
              const answer = await fetch("/decide", { method: "POST", signal: AbortSignal.timeout(5000),
                headers: { "Content-Type": "application/json", "X-Quai-Token": page.token() }, body: JSON.stringify({ ...asked, key: sealed.key }) });
              const json = await answer.json().catch(() => ({}));
              if (answer.ok) {
                const name = fields().name;
                sealed = null;
                ask({ name });
                say("decideKept");
              by("decide-title").focus();
                page.changed();
              } else if (json.code === "unknown") say("decideUnsure");
              else say("decideLost", json.code ? page.reasons()[json.code] ?? json.code : String(answer.status));
            } catch { say("decideUnsure"); }
          }
          by("decide").addEventListener("change", (event) => { if (event.target.name === "kind") fit(); });
          by("decide").addEventListener("submit", (event) => { event.preventDefault(); keep(); });
          by("decide-leave").addEventListener("click", leave);
          by("decide").addEventListener("keydown", (event) => { if (event.key === "Escape") leave(); });
          return {
            open(delivery) {
              about = delivery;
              by("decide-said").textContent = "";
              by("decide").hidden = false;
              ask();
              by("decide-title").focus();
            },
            /** In another language. */
            draw() { if (about) ask(fields()); },
          };
        }

        """#
}
