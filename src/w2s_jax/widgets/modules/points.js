/* Panels of points, each with a card of words and drawings. The picture is drawn beforehand; here
   it learns to answer pointer, touch and keys. A range input below each panel is what keys and
   screen readers hold. */

/** @import { Given } from "./elements.js" */
/** @import { Ask } from "./question.js" */

import { box, keepHeight, keepKeys, make, put, show } from "./elements.js";
import { pose } from "./question.js";

/** @typedef {[drawing: number, caption: string, facts?: [string, string][]]} Drawing */
/** @typedef {[title: string, words: string, pictures: Drawing[], numbers: number[]]} Card */
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
  const { picture, hint, titles, cards, drawings, terms, ask, presets } = model.get("spec");
  const card = box("w2s-pt-card");
  const reset = make("button", { type: "button", className: "w2s-pt-reset" }, "Reset");
  const live = make("p", { className: "w2s-pt-said", "aria-live": "polite" });
  const root = make("div", { className: "w2s-points", innerHTML: picture });
  const stage = root.querySelector(".w2s-pt-panels");
  const named = stage.getAttribute("aria-label"); // it may tell what is to be guessed
  const panels = [...stage.querySelectorAll("svg")].map(prepare);
  const tried = presets.map((/** @type {[string, [number, number]]} */ [name, [nth, at]]) => {
    const button = make("button", { type: "button" }, name);
    button.dataset.to = `${nth},${at}`;
    button.addEventListener("click", () => {
      choose(nth, at);
      panels[nth].svg.scrollIntoView({ block: "nearest", behavior: "instant" }); // on a phone
    });
    return button;
  });
  const tries = box("w2s-pt-buttons", make("span", {}, "Try"), ...tried);
  put(tries, { role: "group", "aria-label": "Points worth a look" });
  stage.append(card);
  root.append(box("w2s-pt-buttons", ...(tried.length ? [tries] : []), reset), live);
  keepKeys(root);
  el.append(root);
  let settling = 0;
  let width = 0;
  let asking = false;

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
      const at = asking || event.pointerType === "touch" ? -1 : nearest(event, REACH);
      if (at >= 0) choose(nth, at);
    });
    svg.addEventListener("click", (event) => {
      if (asking) return guess(titles[nth]);
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
    press(`${nth},${at}`);
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
    card.replaceChildren(make("p", { className: "w2s-pt-hint" }, hint), ...formula());
    press("");
    clearTimeout(settling);
    live.textContent = "";
    address?.write("");
  }

  /** @type {(to: string) => void} */
  function press(to) {
    for (const button of tried) put(button, { "aria-pressed": button.dataset.to === to });
  }

  /* The sum that makes y of x, with the point's numbers where one is chosen. */
  /** @type {(numbers?: number[]) => Node[]} */
  function formula(numbers) {
    const parts = terms.map((/** @type {string} */ name, /** @type {number} */ i) => {
      const value = make("output", { "aria-live": "off" }, numbers ? show(numbers[i]) : "–");
      const term = make(
        "span",
        { className: `w2s-pt-term w2s-pt-${name.replace(/\W+/g, "-")}` },
        name,
        value,
      );
      return i ? [make("b", {}, i > 1 ? "−" : "="), term] : [term];
    });
    return terms.length ? [make("p", { className: "w2s-pt-formula" }, ...parts.flat())] : [];
  }

  /** @type {(card: Card) => void} */
  function fill([title, words, pictures, numbers]) {
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
    card.replaceChildren(...formula(numbers), text, box("w2s-pt-drawings", ...figures));
    keepHeight(card, card.offsetHeight);
  }

  /** @type {(open: boolean) => void} */
  function wait(open) {
    asking = open;
    root.classList.toggle("w2s-pt-asking", open);
    put(stage, { "aria-label": open ? `${titles.join(", ")}: no points until you guess.` : named });
    for (const held of [...tried, reset, ...panels.map(({ input }) => input)]) held.disabled = open;
  }

  const linked = /^(\d+),(\d+)$/.exec(address?.read() ?? "");
  function start() {
    const [nth, at] = (linked ?? []).slice(1).map(Number);
    if (cards[nth]?.[at]) choose(nth, at);
  }

  /** @type {(title: string) => void} */
  let guess = () => {};
  /** @type {(given: Ask) => void} */
  function question(given) {
    /** @type {(place: number) => void} */
    const answered = (place) => {
      wait(false);
      start();
      live.textContent = judge(place);
      panels[0].input.focus({ preventScroll: true });
    };
    const again = () => {
      clear();
      wait(true);
      open();
    };
    const { node, judge, open } = pose("w2s-pt", given, { answered, again });
    guess = (title) => {
      if (given.choices.includes(title)) answered(given.choices.indexOf(title));
    };
    root.prepend(node);
    wait(true);
  }

  reset.addEventListener("click", clear);
  clear();
  if (ask) question(ask);
  else start();
  return () => clearTimeout(settling);
}

export default { render };
