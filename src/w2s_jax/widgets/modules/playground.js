/* The playground of projections: the student is the point of the strong class nearest to the weak
   model. One source for the static page and, through anywidget, for Jupyter and Colab. */

/** @import { Given } from "./elements.js" */
/** @import { Handle } from "./playground-handles.js" */
/** @import { Frame } from "./playground-look.js" */
/** @import { State } from "./playground-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { hide, keepKeys, partsOf, put } from "./elements.js";
import { inStep } from "./in-step.js";
import { VIEW_SEAT, takeHold } from "./playground-hand.js";
import { MIDDLE, fitScale, look } from "./playground-look.js";
import { paintHandles, paintNumbers, paintWords } from "./playground-panel.js";
import { paintPicture } from "./playground-picture.js";
import { SHAPES } from "./playground-shapes.js";
import { STARTS, pack, presets, unpack } from "./playground-starts.js";
import { shapeHandles, template } from "./playground-template.js";
import { distance, projectOnto, realize, weigh } from "./playground-theory.js";
import { clamp, length, minus, mix, times } from "./playground-vectors.js";
import { judgeGuess, sayLittle, sayNumbers } from "./playground-words.js";

const KEYS = /** @type {(keyof State)[]} */ (Object.keys(STARTS.line));
const NARROW = 544; // pixels of the screen below which the picture is
const TRAY = [-1.8, -1.3]; // where the question mark waits, in units of the scale

/** @type {(state: State) => boolean} */
const isSolid = ({ shape }) => Boolean(SHAPES[shape].solid);

/** @type {(given: Given) => () => void} */
function render({ model, el, address }) {
  const root = document.createElement("div");
  root.className = "w2s-playground";
  keepKeys(root);
  root.innerHTML = template(`w2s-${Math.random()}`, Boolean(address));
  el.append(root);
  const parts = partsOf(root);
  const fixed = Object.keys(parts);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {State} */
  let state;
  /** @type {Frame} */
  let frame;
  /** @type {Handle[]} */
  let handles;
  /** @type {Point | undefined} */
  let mark;
  /** @type {State | undefined} */
  let goal;
  let scale = 1;
  let narrow = false;
  let drawn = "";
  let saying = 0;
  let moving = 0;

  const revealed = () => root.classList.contains("w2s-revealed");
  // where the reader marks her guess in the picture
  const markable = () => !isSolid(state) && !SHAPES[state.shape].alone;

  function buildHandles() {
    const wanted = `${state.shape} ${state.vertices.length}`;
    if (drawn === wanted) return;
    drawn = wanted;
    for (const name of Object.keys(parts)) if (!fixed.includes(name)) delete parts[name];
    parts.handles.innerHTML = shapeHandles(state);
    Object.assign(parts, partsOf(parts.handles));
    hide(parts.mark, !markable());
    hide(parts.view, !isSolid(state));
    put(parts.view, { transform: `translate(${isSolid(state) ? VIEW_SEAT : MIDDLE})` });
    paintWords(root, parts, state);
    parts.svg.classList.toggle("w2s-solid", isSolid(state));
  }

  const markedAt = () => mark ?? times(TRAY, scale);

  function paintMark() {
    hide(parts.ghost, !mark || !markable());
    if (!markable()) return;
    const transform = `translate(${frame.pixel(markedAt())})`;
    for (const name of ["mark", "ghost"]) put(parts[name], { transform });
  }

  function paint() {
    buildHandles();
    handles = SHAPES[state.shape].handles(state);
    frame = look(state, scale, narrow);
    const [left, top, right, bottom] = frame.edge;
    const viewBox = `${left} ${top} ${right - left} ${bottom - top}`;
    if (parts.svg.getAttribute("viewBox") !== viewBox) put(parts.svg, { viewBox });
    const result = weigh(state);
    paintPicture(parts, state, result, frame);
    paintNumbers(root, parts, state, result, scale);
    paintHandles(parts, state, frame, handles, markable() ? markedAt() : null);
    paintMark();
    parts.realizable.checked = state.realizable;
    for (const key of KEYS) root.dataset[key] = String(state[key]);
    const { student, rival, numbers } = result;
    Object.assign(root.dataset, { scale, student, rival: rival ?? "" });
    clearTimeout(saying);
    saying = window.setTimeout(() => {
      const said = revealed() ? sayNumbers(numbers, SHAPES[state.shape]) : sayLittle(numbers);
      parts.said.textContent = said;
    }, 500);
  }

  /** @type {(update: Partial<State>) => void} */
  function change(update) {
    state = { ...state, ...update };
    if (revealed()) mark = undefined; // the guess was for another picture
    paint();
    kept.write(state);
    const text = pack(state);
    address?.write(text === pack(first) ? "" : text);
  }

  /** @type {(end: State) => void} */
  function arrive(end) {
    state = end;
    goal = undefined;
    change({});
  }

  function settle(name = "") {
    cancelAnimationFrame(moving);
    if (goal) state = goal; // a journey that the reader interrupts ends at once
    goal = undefined;
    for (const button of root.querySelectorAll("[data-preset]"))
      put(button, { "aria-pressed": button.getAttribute("data-preset") === name });
  }

  /** @type {(to: State, name?: string) => void} */
  function travel(to, name) {
    settle(name);
    const from = state;
    const target = (state = goal = realize(to));
    scale = fitScale(state);
    if (calm.matches || isSolid(from) !== isSolid(target)) return arrive(target);
    /** @type {(keyof State)[]} */
    const keys = ["weak", "truth"];
    if (from.shape === target.shape) keys.push(...SHAPES[from.shape].uses);
    /** @type {number | undefined} */
    let began;
    /** @type {FrameRequestCallback} */
    const step = (now) => {
      began ??= now;
      const t = Math.min(1, (now - began) / 400);
      if (t === 1) return arrive(target);
      const ease = t * t * (3 - 2 * t);
      const moved = keys.map((key) => [key, mix(from[key], target[key], ease)]);
      state = { ...target, ...Object.fromEntries(moved) };
      paint();
      moving = requestAnimationFrame(step);
    };
    moving = requestAnimationFrame(step);
  }

  /* A strong class of another shape, with the same two models where they fit in. */
  /** @type {(shape: string) => void} */
  function reshape(shape) {
    const start = first.shape === shape ? first : STARTS[shape];
    const { weak, truth, realizable } = state;
    const kept = isSolid(start) === isSolid(state) ? { weak, truth, realizable } : { realizable };
    travel({ ...start, ...kept });
  }

  /** @type {(name: string) => Handle | undefined} */
  const knob = (name) => handles.find((one) => one.name === name);

  /** @type {(name: string) => Point} */
  const place = (name) =>
    knob(name)?.at(state, frame) ??
    (name === "mark" ? markedAt() : name === "weak" ? state.weak : state.truth);

  /* Bring a handle to a point, from the state it was taken hold of in. */
  /** @type {(name: string, point: Point, base?: State) => void} */
  function move(name, point, base = state) {
    settle();
    const one = knob(name);
    if (name === "mark") {
      mark = frame.into(point);
      paint();
    } else if (one) {
      shapeBy(one, one.move(frame.into(point), state, frame), base);
    } else {
      change(realize({ ...state, [name]: frame.into(point) }));
    }
  }

  /** @type {(one: Handle, update: Partial<State>, base?: State) => void} */
  function shapeBy({ carry }, update, base = state) {
    const next = { ...state, ...update };
    const truth = carry && next.realizable ? carry(base.truth, base, next, frame) : base.truth;
    if (next.realizable) next.truth = projectOnto(next, truth);
    change(next);
  }

  /** @type {(dx: number, dy: number, from?: number[]) => void} */
  function turn(dx, dy, [a, e] = state.view) {
    settle();
    change({ view: [Math.atan2(Math.sin(a + dx), Math.cos(a + dx)), clamp(e + dy, 1.5)] });
  }

  /* How good the reader's mark for the student is. */
  /** @type {(at: Point, student: Point) => { off: number, fit: number, inside: boolean }} */
  function judgeMark(at, student) {
    const inside = length(minus(at, projectOnto(state, at))) / scale < 0.08;
    return { off: length(minus(at, student)) / scale, fit: distance(at, state.weak), inside };
  }

  /** @type {(guess: string) => void} */
  function reveal(guess) {
    root.classList.add("w2s-revealed");
    paint();
    const { numbers, student } = weigh(state);
    const judged = mark && markable() ? judgeMark(mark, student) : null;
    parts.reading.textContent = judgeGuess(guess, numbers, judged, SHAPES[state.shape]);
    parts.weak.focus({ preventScroll: true });
  }

  /** @type {(given?: Partial<State>) => boolean} */
  function load(given = {}) {
    const known = Object.entries(kept.read()).filter(([, value]) => value !== undefined);
    const start = STARTS[given.shape ?? model.get("shape") ?? "line"];
    const asked = { ...start, ...Object.fromEntries(known), ...given };
    for (const k of /** @type {const} */ (["weak", "truth", "centre"]))
      if (asked[k].length !== start[k].length) asked[k] = start[k];
    state = realize(asked);
    scale = fitScale(state);
    return state !== asked;
  }

  const kept = inStep(model, KEYS, () => {
    settle();
    if (load()) change({});
    else paint();
  });

  const off = load();
  // @ts-expect-error: load has set it
  const first = state;
  const linked = unpack(address?.read() ?? "");
  if (linked) load(linked);
  if (off || linked) change({});
  else paint();

  const watch = new ResizeObserver(() => {
    const before = narrow;
    narrow = root.clientWidth < NARROW;
    if (narrow !== before) paint();
  });
  watch.observe(root);
  const now = () => ({ state, frame, handles });
  const asking = () => markable() && !revealed();
  takeHold(parts, { now, asking, place, settle, move, shape: shapeBy, turn });
  root.addEventListener("click", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    const { preset, guess } = target.dataset;
    if (preset) travel({ ...presets(state)[preset], view: state.view }, preset);
    if (guess !== undefined) reveal(guess);
  });
  root.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.type === "radio") reshape(target.value);
  });
  parts.reset.addEventListener("click", () => travel(first));
  parts.again.addEventListener("click", () => {
    root.classList.remove("w2s-revealed");
    mark = undefined;
    paint();
    parts.question.querySelector("[data-guess]").focus({ preventScroll: true });
  });
  parts.realizable.addEventListener("change", () => {
    settle();
    change(realize({ ...state, realizable: parts.realizable.checked }));
  });
  return () => {
    kept.end();
    watch.disconnect();
    cancelAnimationFrame(moving);
    clearTimeout(saying);
  };
}

export default { render };
