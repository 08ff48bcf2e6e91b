/* What every picture does that a reader takes hold of: it asks for a guess first, offers situations
   to try, starts over, keeps its state in the page's address and in step with a kernel, and says
   its numbers to those who listen. One source for the static page and, through anywidget, for
   Jupyter and Colab. */

/** @import { Given, Parts } from "./elements.js" */
/** @import { Point } from "./playground-vectors.js" */

import { box, keepKeys, partsOf, put } from "./elements.js";
import { hold } from "./hold.js";
import { inStep } from "./in-step.js";

const WAIT = 500; // milliseconds until the picture is spoken

/**
 * What is a picture's own. Its hands and acts return what they change.
 * @template {Record<string, any>} State
 * @typedef {object} Picture
 * @property {string} own the class of its element
 * @property {(linked: boolean) => string} template
 * @property {readonly (keyof State & string)[]} keys of the state, the model's
 * @property {Record<string, State>} presets
 * @property {(state: State) => string} pack it into a text for the page's address
 * @property {(text: string) => State | null} unpack
 * @property {(root: HTMLElement, parts: Parts, state: State) => Said} paint it; returns how it is
 *   said
 * @property {(guess: string) => string} judge
 * @property {string} focus the handle to which a guess leads
 * @property {(name: string, by: Point, from: State) => Partial<State>} move a handle so many pixels
 *   of the picture from where it was
 * @property {(name: string, arrow: Point, by: number, state: State) => Partial<State>} step it by a
 *   key
 * @property {Record<string, (state: State, node: any) => Partial<State>>} [acts] of its own buttons
 *   and inputs, by their `data-act`
 */

/** @typedef {(revealed: boolean) => string} Said */

/**
 * @template {Record<string, any>} State
 * @param {Given} given
 * @param {Picture<State>} picture
 */
function start({ model, el, address }, picture) {
  const { keys, presets, pack, acts = {} } = picture;
  const root = box(`w2s-pic ${picture.own}`);
  root.innerHTML = picture.template(Boolean(address));
  keepKeys(root);
  el.append(root);
  const parts = partsOf(root);
  const kept = inStep(model, keys, () => {
    state = kept.read();
    paint();
  });
  const first = kept.read();
  let state = picture.unpack(address?.read() ?? "") ?? first;
  let saying = 0;

  function paint() {
    const said = picture.paint(root, parts, state);
    for (const key of keys) root.dataset[key] = String(state[key]);
    clearTimeout(saying);
    saying = window.setTimeout(() => {
      parts.said.textContent = said(root.classList.contains("w2s-pic-revealed"));
    }, WAIT);
  }

  /** @type {(update: Partial<State>, preset?: string) => void} */
  function change(update, preset = "") {
    state = { ...state, ...update };
    for (const node of root.querySelectorAll("[data-preset]"))
      put(node, { "aria-pressed": node.getAttribute("data-preset") === preset });
    paint();
    kept.write(state);
    const text = pack(state);
    address?.write(text === pack(first) ? "" : text);
  }

  /** @type {(guess: string) => void} */
  function reveal(guess) {
    root.classList.add("w2s-pic-revealed");
    paint();
    parts.reading.textContent = picture.judge(guess);
    parts[picture.focus].focus({ preventScroll: true });
  }

  function again() {
    root.classList.remove("w2s-pic-revealed");
    change(first);
    parts.question.querySelector("button").focus({ preventScroll: true });
  }

  root.addEventListener("click", ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return;
    const { preset, guess, act } = target.dataset;
    if (preset) change(presets[preset], preset);
    if (guess !== undefined) reveal(guess);
    if (act) change(acts[act](state, target));
  });
  root.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    const { act } = target.dataset;
    if (act) change(acts[act](state, target));
  });
  hold(root, "w2s-pic-handle", {
    now: () => state,
    move: (name, dx, dy, from) => change(picture.move(name, [dx, dy], from)),
    step: (name, arrow, by) => change(picture.step(name, arrow, by, state)),
  });
  parts.reset.addEventListener("click", () => change(first));
  parts.again.addEventListener("click", again);
  paint();
  return () => {
    kept.end();
    clearTimeout(saying);
  };
}

/**
 * The widget of a picture.
 * @template {Record<string, any>} State
 * @param {Picture<State>} picture
 */
export function widget(picture) {
  return { render: (/** @type {Given} */ given) => start(given, picture) };
}
