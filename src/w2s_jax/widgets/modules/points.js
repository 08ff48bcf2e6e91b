/* Panels of points, each with a card of words and drawings. The picture is drawn beforehand; here
   it learns to answer pointer, touch and keys. A range input below each panel is what keys and
   screen readers hold. */

/** @import { Given } from "./elements.js" */

import { box, keepHeight, keepKeys, make, put } from "./elements.js";

/** @typedef {[drawing: number, caption: string, facts?: [string, string][]]} Drawing */
/** @typedef {[title: string, words: string, pictures: Drawing[]]} Card */
/**
 * @typedef {object} Panel
 * @property {SVGSVGElement} svg
 * @property {SVGGraphicsElement[]} marks
 * @property {SVGCircleElement} ring
 * @property {HTMLInputElement} input
 */

const REACH = 24; // pixels from which a passing pointer finds a mark
const WAIT = 500; // milliseconds until a point is spoken
const SVG = "http://www.w3.org/2000/svg";

/** @type {(node: Element, name: string) => number} */
const numberOf = (node, name) => Number(node.getAttribute(name));

/** @type {(given: Given) => () => void} */
function render({ model, el, address }) {
  const { picture, hint, titles, cards, drawings } = model.get("spec");
  const card = box("w2s-pt-card");
  const reset = make("button", { type: "button", className: "w2s-pt-reset" }, "Reset");
  const live = make("p", { className: "w2s-pt-said", "aria-live": "polite" });
  const root = make("div", { className: "w2s-points", innerHTML: picture });
  const stage = root.querySelector(".w2s-pt-panels");
  const panels = [...stage.querySelectorAll("svg")].map(prepare);
  stage.append(card);
  root.append(reset, live);
  keepKeys(root);
  el.append(root);
  let settling = 0;
  let width = 0;

  /** @type {(svg: SVGSVGElement, nth: number) => Panel} */
  function prepare(svg, nth) {
    /** @type {SVGGraphicsElement[]} */
    const found = [...svg.querySelectorAll(/** @type {any} */ ("[data-at]"))];
    const marks = found.sort((a, b) => Number(a.dataset.at) - Number(b.dataset.at));
    const ring = document.createElementNS(SVG, "circle");
    put(ring, { class: "w2s-pt-ring" });
    const input = make("input", { type: "range", step: 1 });
    put(input, { "aria-label": `Points of ${titles[nth]}, from left to right` });
    const panel = { svg, marks, ring, input };
    const frame = box("w2s-pt-panel");
    frame.style.setProperty("--w2s-pt-nth", String(nth));
    svg.replaceWith(frame);
    frame.append(svg, input);
    input.max = marks.length - 1;
    rest(panel);

    /** @type {(event: MouseEvent, reach: number) => number} */
    const nearest = (event, reach) => {
      const place = svg.getBoundingClientRect();
      const scale = place.width / svg.viewBox.baseVal.width;
      const [x, y] = [event.clientX - place.left, event.clientY - place.top];
      /** @type {(mark: Element) => number} */
      const far = (mark) =>
        Math.hypot(x - scale * numberOf(mark, "cx"), y - scale * numberOf(mark, "cy"));
      const best = marks.reduce((one, other) => (far(other) < far(one) ? other : one));
      return far(best) <= reach ? marks.indexOf(best) : -1;
    };
    svg.addEventListener("pointermove", (event) => {
      const at = event.pointerType === "touch" ? -1 : nearest(event, REACH);
      if (at >= 0) choose(nth, at);
    });
    svg.addEventListener("click", (event) => {
      choose(nth, nearest(event, Infinity));
      input.focus({ preventScroll: true });
    });
    input.addEventListener("input", () => choose(nth, Math.max(0, input.valueAsNumber)));
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (input.valueAsNumber >= 0 || !["Home", "ArrowLeft", "ArrowDown"].includes(event.key))
        return;
      event.preventDefault(); // the first key always leads to a point
      choose(nth, 0);
    });
    return panel;
  }

  /** @type {(nth: number, at: number) => void} */
  function choose(nth, at) {
    if (root.dataset.at === `${nth},${at}`) return;
    root.dataset.at = `${nth},${at}`;
    const { svg, marks, ring, input } = panels[nth];
    const top = svg.getBoundingClientRect().top;
    for (const other of panels) if (other !== panels[nth]) rest(other);
    for (const name of ["cx", "cy"]) put(ring, { [name]: marks[at].getAttribute(name) });
    put(ring, { r: numberOf(marks[at], "r") + 4 });
    svg.append(ring);
    input.min = "0";
    input.value = String(at);
    put(input, { "aria-valuetext": `${at + 1} of ${marks.length}` });
    fill(cards[nth][at]);
    address?.write(`${nth},${at}`);
    // in one column the card follows its panel, which stays under the finger
    card.style.setProperty("--w2s-pt-order", String(nth));
    window.scrollBy({ top: svg.getBoundingClientRect().top - top, behavior: "instant" });
    clearTimeout(settling);
    const spoken = cards[nth][at].slice(0, 2).filter(Boolean).join(". ");
    settling = window.setTimeout(() => (live.textContent = spoken), WAIT);
  }

  /** @type {(panel: Panel) => void} */
  function rest({ ring, input }) {
    ring.remove();
    input.min = "-1";
    input.value = "-1";
    put(input, { "aria-valuetext": "no point chosen" });
  }

  function clear() {
    delete root.dataset.at;
    panels.forEach(rest);
    card.replaceChildren(make("p", { className: "w2s-pt-hint" }, hint));
    clearTimeout(settling);
    live.textContent = "";
    address?.write("");
  }

  /** @type {(card: Card) => void} */
  function fill([title, words, pictures]) {
    if (card.clientWidth !== width) card.style.minHeight = "";
    width = card.clientWidth;
    const figures = pictures.map(([number, caption, facts = []]) => {
      const figure = make("figure", { innerHTML: drawings[number] });
      const listed = facts.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]);
      figure.append(make("figcaption", {}, caption));
      if (listed.length) figure.append(make("dl", { className: "w2s-pt-facts" }, ...listed));
      return figure;
    });
    const head = make("p", {}, make("strong", {}, title));
    const text = box("w2s-pt-words", head, make("p", {}, words));
    card.replaceChildren(text, box("w2s-pt-drawings", ...figures));
    keepHeight(card, card.offsetHeight);
  }

  reset.addEventListener("click", clear);
  const linked = /^(\d+),(\d+)$/.exec(address?.read() ?? "");
  const [nth, at] = (linked ?? []).slice(1).map(Number);
  clear();
  if (cards[nth]?.[at]) choose(nth, at);
  return () => clearTimeout(settling);
}

export default { render };
