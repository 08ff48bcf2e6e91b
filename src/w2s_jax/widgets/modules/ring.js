/* A ring of inputs whose teacher is wrong in blocks, and the student of its neighbors. One source
   for the static page and, through anywidget, for Jupyter and Colab. */

/** @import { Given } from "./elements.js" */
/** @import { State } from "./ring-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { keepKeys, put, show } from "./elements.js";
import { hold } from "./hold.js";
import { describe, grip, paintGraph, paintPicture, turns } from "./ring-picture.js";
import { MIDDLE, template } from "./ring-template.js";
import { LIMITS, PRESETS, clip, count, pack, unpack } from "./ring-theory.js";
import { judge, read, say } from "./ring-words.js";

const KEYS = /** @type {(keyof State)[]} */ (["length", "reach", "seed"]);

/** @type {(given: Given) => () => void} */
function render({ model, el, address }) {
  const root = document.createElement("div");
  root.className = "w2s-ring";
  root.innerHTML = template(Boolean(address));
  keepKeys(root);
  el.append(root);
  const named = [...root.querySelectorAll("[data-part]")];
  /** @type {Record<string, any>} */
  const parts = Object.fromEntries(named.map((node) => [node.getAttribute("data-part"), node]));
  /** @type {() => State} */
  const given = () => /** @type {any} */ (Object.fromEntries(KEYS.map((k) => [k, model.get(k)])));
  const first = given();
  let state = unpack(address?.read() ?? "") ?? first;
  let own = false;
  let queued = false;
  let saying = 0;
  const revealed = () => root.classList.contains("w2s-ri-revealed");

  function paint() {
    const numbers = count(state);
    paintPicture(parts, state, numbers);
    paintGraph(parts, state);
    describe(parts, state);
    for (const node of root.querySelectorAll("output")) {
      const value = numbers[/** @type {keyof typeof numbers} */ (node.dataset.name)];
      node.value = show(value);
      node.dataset.value = String(value);
    }
    parts.reading.textContent = read(state, numbers);
    for (const key of KEYS) root.dataset[key] = String(state[key]);
    clearTimeout(saying);
    saying = window.setTimeout(() => {
      parts.said.textContent = say(state, numbers, revealed());
    }, 500);
  }

  /** @type {(update: Partial<State>, preset?: string) => void} */
  function change(update, preset = "") {
    state = { ...state, ...update };
    for (const node of root.querySelectorAll("[data-preset]"))
      put(node, { "aria-pressed": node.getAttribute("data-preset") === preset });
    paint();
    own = true; // what follows is no news to this view
    for (const key of KEYS) model.set(key, state[key]);
    own = false;
    model.save_changes();
    const text = pack(state);
    address?.write(text === pack(first) ? "" : text);
  }

  /* Bring a handle so many pixels on from where it was in the state `from`. */
  /** @type {(name: string, dx: number, dy: number, from: State) => void} */
  function move(name, dx, dy, from) {
    const at = turns(from, count(from).inputs);
    const [x, y] = grip(at[name]);
    const turn = Math.atan2(x + dx - MIDDLE, MIDDLE - (y + dy));
    const steps = (turn - at[name]) / at.one;
    if (name === "length") change({ length: clip("length", from.length + 2 * steps) });
    if (name === "reach") change({ reach: clip("reach", from.reach - steps) });
  }

  /** @type {(name: string, arrow: Point) => void} */
  function step(name, [x, y]) {
    const key = name === "length" ? "length" : "reach";
    change({ [key]: clip(key, state[key] + x + y) });
  }

  /** @type {(guess: string) => void} */
  function reveal(guess) {
    root.classList.add("w2s-ri-revealed");
    paint();
    parts.reading.textContent = judge(guess);
    parts.length.focus({ preventScroll: true });
  }

  function again() {
    root.classList.remove("w2s-ri-revealed");
    change(first);
    parts.question.querySelector("button").focus({ preventScroll: true });
  }

  function changed() {
    if (own || queued) return;
    queued = true; // several keys may change together: read them once, when all are there
    queueMicrotask(() => {
      queued = false;
      state = given();
      paint();
    });
  }

  root.addEventListener("click", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    const { preset, guess } = target.dataset;
    if (preset) change(PRESETS[preset], preset);
    if (guess !== undefined) reveal(guess);
  });
  hold(root, "w2s-ri-handle", { now: () => state, move, step });
  parts.deal.addEventListener("click", () => change({ seed: (state.seed % LIMITS.seed[1]) + 1 }));
  parts.reset.addEventListener("click", () => change(first));
  parts.again.addEventListener("click", again);
  for (const key of KEYS) model.on(`change:${key}`, changed);
  paint();
  return () => {
    for (const key of KEYS) model.off(`change:${key}`, changed);
    clearTimeout(saying);
  };
}

export default { render };
