// What the pages find in a browser, as far as their rules need it: import this first. No layout, no events by themselves.

import { webcrypto } from "node:crypto";

class Store {
  #all = new Map();
  getItem(name) { return this.#all.get(name) ?? null; }
  setItem(name, text) {
    if (this.limit !== undefined && text.length > this.limit) throw new Error("QuotaExceededError");
    this.#all.set(name, String(text));
    this[name] = String(text);
  }
  removeItem(name) { this.#all.delete(name); delete this[name]; }
}

/** As much of a node as h() and replace() touch. */
class Element {
  constructor(tag) { Object.assign(this, { tag, attributes: {}, children: [], listeners: {}, style: {}, dataset: {}, isConnected: true, open: false }); }
  setAttribute(name, value) { this.attributes[name] = value; if (name === "id") this.id = value; }
  removeAttribute(name) { delete this.attributes[name]; }
  getAttribute(name) { return this.attributes[name] ?? null; }
  addEventListener(name, listen) { (this.listeners[name] ??= []).push(listen); }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  contains(node) { return node === this || this.children.some((child) => child instanceof Element && child.contains(node)); }
  remove() {}
  get lastChild() { return this.children.at(-1) ?? null; }
  get classList() { return { add() {} }; }
  select() {}
  scrollIntoView() {}
  focus() { document.activeElement = this; }
  showModal() { this.open = true; }
  close() { this.open = false; for (const listen of this.listeners.close ?? []) listen(); }
  /** By the name of a tag alone. */
  querySelector(tag) { return this.all(tag)[0] ?? null; }
  get textContent() { return this.children.map((child) => (typeof child === "string" ? child : child.textContent)).join(""); }
  set textContent(text) { this.children = [text]; }
  /** Every element below that has the attribute, or is of the tag. */
  all(what) { return this.children.flatMap((child) => (child instanceof Element ? [...(child.tag === what || what in child.attributes ? [child] : []), ...child.all(what)] : [])); }
}
class Input extends Element { value = ""; }

const body = new Element("body");
const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
if (!globalThis.crypto) define("crypto", webcrypto); // Debian 12's Node
define("localStorage", new Store());
define("navigator", { language: "fr-FR" });
define("document", {
  createElement: (tag) => (["input", "textarea", "select", "option"].includes(tag) ? new Input(tag) : new Element(tag)),
  createElementNS: (_, tag) => new Element(tag),
  getElementById: () => null, addEventListener() {}, querySelector: () => null, querySelectorAll: () => [],
  body, activeElement: body, documentElement: body,
});
// A page's clocks do not keep a test waiting.
for (const name of ["setTimeout", "setInterval"]) { const real = globalThis[name]; define(name, (...all) => real(...all).unref()); }
define("AudioContext", class { state = "suspended"; resume() {} });
define("addEventListener", () => {});
define("window", { scrollY: 0, scrollTo() {}, isSecureContext: false, open: () => null });
define("CSS", { escape: (text) => text });
define("history", { state: null, replaceState() {} });
define("location", { origin: "http://centre", host: "centre", protocol: "http:", pathname: "/receiving", search: "" });

export { Element };
