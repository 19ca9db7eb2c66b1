// Evaluated in a page: every place where a number is not whole. A text node with a digit is measured as it was laid out (its ranges), and held
// against each box around it that cuts what sticks out, against the window, and against the boxes of other numbers.
(() => {
  const wrong = [];
  const name = (node) => `${node.tagName.toLowerCase()}${node.id ? `#${node.id}` : ""}.${String(node.className?.baseVal ?? node.className).replace(/ /g, ".")} “${node.textContent.trim().slice(0, 40)}”`;
  const shown = (node) => node.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) !== false && !node.closest(".sr, .sr-small, .hide-medium, .skip");
  const numbers = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const parent = text.parentElement;
    if (!parent || !/\d/.test(text.data) || /^(SCRIPT|STYLE|OPTION|TITLE)$/.test(parent.tagName) || !shown(parent)) continue;
    // Each number of it, with what groups its digits.
    for (const match of text.data.matchAll(/\d[\d.,\u00A0\u202F]*/g)) {
      const range = document.createRange();
      range.setStart(text, match.index);
      range.setEnd(text, match.index + match[0].length);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
      if (boxes.length === 0) continue;
      const box = range.getBoundingClientRect();
      const grouped = /[.,\u00A0\u202F]\d/.test(match[0]) && match[0].length >= 5;
      if (grouped && boxes.length > 1 && boxes.some((one) => Math.abs(one.top - boxes[0].top) > 3)) wrong.push(`broken over lines: ${match[0]} in ${name(parent)}`);
      let scrolls = false;
      for (let around = parent; around && around !== document.documentElement; around = around.parentElement) {
        const style = getComputedStyle(around);
        const frame = around.getBoundingClientRect();
        if (/auto|scroll/.test(style.overflowX)) {
          // A dialog scrolls downwards; to the side only where something in it is too wide.
          scrolls = !around.closest("dialog") || around.scrollWidth > around.clientWidth + 1;
          if (grouped && ((box.left < frame.right - 1 && box.right > frame.right + 1) || (box.right > frame.left + 1 && box.left < frame.left - 1))) wrong.push(`half in sight: ${match[0]} in ${name(parent)}`);
          break;
        }
        if (/hidden|clip/.test(style.overflowX) && (box.left < frame.left - 1 || box.right > frame.right + 1)) { wrong.push(`cut: ${match[0]} in ${name(around)}`); break; }
        if (/hidden|clip/.test(style.overflowY) && around !== document.body && (box.top < frame.top - box.height * 0.3 || box.bottom > frame.bottom + box.height * 0.3)) { wrong.push(`cut below: ${match[0]} in ${name(around)}`); break; }
      }
      if (!scrolls && (box.left < -1 || box.right > innerWidth + 1)) wrong.push(`outside the window: ${match[0]} in ${name(parent)}`);
      if (grouped) numbers.push({ box, parent, text: match[0], fixed: Boolean(parent.closest("header, #ringing, #banner, .elsewhere, .removing, dialog, #cards")) });
      // Out of the tile that it is the number of.
      const tile = parent.closest(".tile, .total, .account div, button, td, .panel");
      if (tile && !scrolls) {
        const frame = tile.getBoundingClientRect();
        if (box.left < frame.left - 1 || box.right > frame.right + 1) wrong.push(`out of its box: ${match[0]} in ${name(tile)}`);
      }
    }
  }
  numbers.forEach((one, index) => {
    for (const other of numbers.slice(index + 1)) {
      if (one.fixed !== other.fixed) continue;
      const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (width > 1 && height > Math.min(one.box.height, other.box.height) * 0.4) wrong.push(`over another: ${one.text} and ${other.text} in ${name(one.parent)}`);
    }
  });
  // In a dialog a number and the words beside it share a line.
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    const words = [];
    const inside = document.createTreeWalker(dialog, NodeFilter.SHOW_TEXT);
    while (inside.nextNode()) {
      const text = inside.currentNode;
      if (!text.data.trim() || !text.parentElement || !shown(text.parentElement) || text.parentElement.closest("select, .row:has(> .main), .foot")) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      // A list of its own shows a part of it.
      let [top, bottom] = [-Infinity, Infinity];
      for (let around = text.parentElement; around && around !== dialog; around = around.parentElement) {
        if (getComputedStyle(around).overflowY === "visible") continue;
        const frame = around.getBoundingClientRect();
        [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
      }
      for (const box of range.getClientRects()) if (box.top >= top - 2 && box.bottom <= bottom + 2) words.push({ box, parent: text.parentElement });
    }
    for (const one of numbers.filter(({ parent }) => dialog.contains(parent) && !parent.closest(".row:has(> .main), .foot"))) {
      for (const other of words) {
        if (other.parent === one.parent) continue;
        const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        if (width > 2 && height > Math.min(one.box.height, other.box.height) * 0.25) wrong.push(`over words: ${one.text} and ${name(other.parent)}`);
      }
    }
  }
  for (const dialog of document.querySelectorAll("dialog[open]")) if (dialog.scrollWidth > dialog.clientWidth + 1) wrong.push(`wider than it is shown: ${name(dialog)}`);
  for (const input of document.querySelectorAll("input")) if (/\d/.test(input.value) && shown(input) && input.scrollWidth > input.clientWidth + 1 && /number|big-number/.test(`${input.type} ${input.className}`)) wrong.push(`cut: ${input.value} in ${name(input)}`);
  return [...new Set(wrong)];
})()
