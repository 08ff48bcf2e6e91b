/* Two leftovers in a plane, and what they make of gain and misfit. One source for the static page
   and, through anywidget, for Jupyter and Colab. */

/** @import { Given } from "./elements.js" */
/** @import { State } from "./leftovers-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { keepKeys, put, show } from "./elements.js";
import { hold } from "./hold.js";
import { describe, paintPicture } from "./leftovers-picture.js";
import { UNIT, pushed, template } from "./leftovers-template.js";
import { PRESETS, dropOf, pack, square, unpack, weigh, within } from "./leftovers-theory.js";
import { judge, read, say } from "./leftovers-words.js";
import { along } from "./playground-vectors.js";

/** @type {(given: Given) => () => void} */
function render({ model, el, address }) {
  const root = document.createElement("div");
  root.className = "w2s-leftovers";
  root.innerHTML = template(Boolean(address));
  keepKeys(root);
  el.append(root);
  const named = [...root.querySelectorAll("[data-part]")];
  /** @type {Record<string, any>} */
  const parts = Object.fromEntries(named.map((node) => [node.getAttribute("data-part"), node]));
  /** @type {State} */
  const first = { drop: model.get("drop"), epsilon: model.get("epsilon") };
  let state = unpack(address?.read() ?? "") ?? first;
  let own = false;
  let saying = 0;
  const revealed = () => root.classList.contains("w2s-lo-revealed");

  function paint() {
    const numbers = weigh(state);
    paintPicture(parts, state, numbers);
    describe(parts, state, numbers);
    for (const node of root.querySelectorAll("output")) {
      const value = numbers[/** @type {keyof typeof numbers} */ (node.dataset.name)];
      node.value = show(value);
      node.dataset.value = String(value);
    }
    parts.reading.textContent = read(numbers);
    root.dataset.drop = String(state.drop);
    root.dataset.epsilon = String(state.epsilon);
    clearTimeout(saying);
    saying = window.setTimeout(() => {
      parts.said.textContent = say(numbers, revealed());
    }, 500);
  }

  /** @type {(update: Partial<State>, preset?: string) => void} */
  function change(update, preset = "") {
    state = { ...state, ...update };
    for (const node of root.querySelectorAll("[data-preset]"))
      put(node, { "aria-pressed": node.getAttribute("data-preset") === preset });
    paint();
    own = true; // what follows is no news to this view
    model.set("drop", state.drop);
    model.set("epsilon", state.epsilon);
    own = false;
    model.save_changes();
    const text = pack(state);
    address?.write(text === pack(first) ? "" : text);
  }

  /* Bring a handle so many pixels on from where it was in the state `from`. */
  /** @type {(name: string, dx: number, dy: number, from: State) => void} */
  function move(name, dx, dy, from) {
    if (name === "drop") change({ drop: within(along(from.drop, 1 / UNIT, [dx, -dy])) });
    if (name === "tip") change({ epsilon: square(Math.sqrt(from.epsilon) + dx / UNIT) });
    if (name !== "point") return;
    const { misfit, gain } = weigh(from);
    const [more, higher] = pushed(dx, dy);
    change({ drop: dropOf(misfit + more, gain + higher, { ...from, epsilon: state.epsilon }) });
  }

  /** @type {(name: string, arrow: Point, by: number) => void} */
  function step(name, arrow, by) {
    const [x, y] = arrow;
    if (name === "drop") change({ drop: within(along(state.drop, by, arrow)) });
    if (name === "tip") change({ epsilon: square(Math.sqrt(state.epsilon) + by * (x + y)) });
    if (name !== "point") return;
    const { misfit, gain } = weigh(state);
    change({ drop: dropOf(misfit + by * x, gain + by * (x ? x : y), state) });
  }

  /** @type {(guess: string) => void} */
  function reveal(guess) {
    root.classList.add("w2s-lo-revealed");
    paint();
    parts.reading.textContent = judge(guess);
    parts.drop.focus({ preventScroll: true });
  }

  function again() {
    root.classList.remove("w2s-lo-revealed");
    change(first);
    parts.question.querySelector("button").focus({ preventScroll: true });
  }

  function changed() {
    if (own) return;
    state = { drop: model.get("drop"), epsilon: model.get("epsilon") };
    paint();
  }

  root.addEventListener("click", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    const { preset, guess } = target.dataset;
    if (preset) change(PRESETS[preset], preset);
    if (guess !== undefined) reveal(guess);
  });
  hold(root, "w2s-lo-handle", { now: () => state, move, step });
  parts.reset.addEventListener("click", () => change(first));
  parts.again.addEventListener("click", again);
  for (const name of ["drop", "epsilon"]) model.on(`change:${name}`, changed);
  paint();
  return () => {
    for (const name of ["drop", "epsilon"]) model.off(`change:${name}`, changed);
    clearTimeout(saying);
  };
}

export default { render };
