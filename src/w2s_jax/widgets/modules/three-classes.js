/* Three classes, to take hold of: what each direction of the Kullback-Leibler divergence makes of a
   class that is straight in probabilities or in logits. One source for the static page and, through
   anywidget, for Jupyter and Colab. */

/** @import { Given } from "./elements.js" */
/** @import { First, Kind, State } from "./three-classes-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { keepKeys, put } from "./elements.js";
import { hold } from "./hold.js";
import { along, dot, minus } from "./playground-vectors.js";
import { describe, paintNumbers, paintPicture, paintTable } from "./three-classes-picture.js";
import { pixel, push } from "./three-classes-plane.js";
import { PRESETS, pack, share, unpack, within } from "./three-classes-starts.js";
import { template } from "./three-classes-template.js";
import { cellsOf, slide, speed, truthOf } from "./three-classes-theory.js";
import { judge, say } from "./three-classes-words.js";

const KEYS = /** @type {(keyof State)[]} */ (["kind", "first", "weak", "truth", "ends"]);
const STEP = 100; // pixels that a key would move a handle by a whole 1

/** @type {(given: Given) => () => void} */
function render({ model, el, address }) {
  const root = document.createElement("div");
  root.className = "w2s-three-classes";
  root.innerHTML = template(`w2s-tc-${Math.random()}`, Boolean(address));
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
  const revealed = () => root.classList.contains("w2s-tc-revealed");

  function paint() {
    const cells = cellsOf(state);
    const cell = cells[`${state.kind} ${state.first}`];
    paintPicture(parts, state, cells);
    paintNumbers(root, parts, state, cell);
    paintTable(root, state, cells);
    describe(parts, state);
    for (const input of root.querySelectorAll("input"))
      if (input.type === "radio") input.checked = input.value === `${state.kind} ${state.first}`;
    for (const key of KEYS) root.dataset[key] = String(state[key]);
    root.dataset.student = String(cell.student.point);
    root.dataset.place = String(cell.student.place);
    clearTimeout(saying);
    saying = window.setTimeout(() => {
      parts.said.textContent = say(cell, revealed());
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

  /* Bring a handle to a point of the triangle; on the class the truth goes as near as it can. */
  /** @type {(name: string, point: Point) => void} */
  function bring(name, point) {
    const { kind, ends, truth } = state;
    const to = within(point);
    if (name === "weak") change({ weak: to });
    if (name === "a") change({ ends: [to, ends[1]] });
    if (name === "b") change({ ends: [ends[0], to] });
    if (name !== "truth") return;
    change({ truth: typeof truth === "number" ? slide(kind, ends, point) : to });
  }

  /** @type {(name: string, from: State) => Point} */
  const place = (name, from) =>
    name === "weak"
      ? from.weak
      : name === "truth"
        ? truthOf(from)
        : from.ends[name === "a" ? 0 : 1];

  /** @type {(name: string, dx: number, dy: number, from: State) => void} */
  const move = (name, dx, dy, from) => bring(name, along(place(name, from), 1, push(dx, dy)));

  /** @type {(name: string, arrow: Point, by: number) => void} */
  function step(name, [x, y], by) {
    const { kind, ends, truth } = state;
    if (name === "truth" && typeof truth === "number") {
      const here = truthOf(state);
      const ahead = minus(pixel(along(here, 1, speed(kind, ends, truth))), pixel(here));
      const forward = Math.sign(dot(ahead, [x, -y])) || x + y;
      change({ truth: share(Number((truth + by * forward).toPrecision(12))) });
    } else {
      bring(name, along(place(name, state), 1, push(3 * STEP * by * x, -3 * STEP * by * y)));
    }
  }

  /** @type {(guess: string) => void} */
  function reveal(guess) {
    root.classList.add("w2s-tc-revealed");
    paint();
    parts.reading.textContent = judge(guess);
    parts.weak.focus({ preventScroll: true });
  }

  function again() {
    root.classList.remove("w2s-tc-revealed");
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
  root.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.type !== "radio") return;
    const [kind, direction] = /** @type {[Kind, First]} */ (target.value.split(" "));
    change({ kind, first: direction });
  });
  parts.realizable.addEventListener("change", () => {
    const { kind, ends } = state;
    const here = truthOf(state);
    change({ truth: parts.realizable.checked ? slide(kind, ends, here) : here });
  });
  hold(root, "w2s-tc-handle", { now: () => state, move, step });
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
