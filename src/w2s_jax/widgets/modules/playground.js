/* The playground of projections: the student is the point of the strong class nearest to the weak model. One source for the
   static page and, through anywidget, for Jupyter and Colab. */

import { keepKeys } from "./elements.js";
import { hide, paintHandles, paintNumbers, paintWords, put } from "./playground-panel.js";
import { fitScale, isAlone, isSolid, look, paintPicture } from "./playground-picture.js";
import { SHAPES, STARTS, pack, presets, unpack } from "./playground-shapes.js";
import { HEIGHT, WIDTH, shapeHandles, template } from "./playground-template.js";
import { distance, projectOnto, weigh } from "./playground-theory.js";
import { along, clamp, direction, length, minus } from "./playground-vectors.js";
import { judgeGuess, sayNumbers, show } from "./playground-words.js";

const KEYS = ["shape", "weak", "truth", "centre", "radius", "radii", "angle", "bite", "vertices", "view", "realizable"];
const FINGER = 22; // pixels of the screen around a handle
const TRAY = [-1.8, -1.3]; // where the question mark waits, in units of the scale
const VIEW_SEAT = [WIDTH - 30, HEIGHT - 30];

/* With a realizable truth in the set; the same state where it is there but for rounding. */
function realize(state) {
  const truth = state.realizable ? projectOnto(state, state.truth) : state.truth;
  return length(minus(state.truth, truth)) > 1e-9 * Math.max(1, length(truth)) ? { ...state, truth } : state;
}

const tidy = (a) => a.map((x) => Number(x.toPrecision(12)));

function render({ model, el, address }) {
  const root = document.createElement("div");
  root.className = "w2s-playground";
  keepKeys(root);
  root.innerHTML = template(`w2s-${Math.random()}`, Boolean(address));
  el.append(root);
  const find = (within) => Object.fromEntries([...within.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
  const parts = find(root);
  const fixed = Object.keys(parts);
  const { svg } = parts;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let state, frame, scale, handles, drawn, mark, saying, moving, goal, own = false, queued = false;

  const revealed = () => root.classList.contains("w2s-revealed");
  const markable = () => !isSolid(state) && !isAlone(state); // where the reader marks her guess in the picture

  function buildHandles() {
    const wanted = `${state.shape} ${state.vertices.length}`;
    if (drawn === wanted) return;
    drawn = wanted;
    for (const name of Object.keys(parts)) if (!fixed.includes(name)) delete parts[name];
    parts.handles.innerHTML = shapeHandles(state);
    Object.assign(parts, find(parts.handles));
    const solid = isSolid(state);
    hide(parts.mark, !markable());
    hide(parts.view, !solid);
    put(parts.view, { transform: `translate(${VIEW_SEAT})` });
    paintWords(root, parts, state);
    svg.classList.toggle("w2s-solid", solid);
  }

  const markedAt = () => mark ?? TRAY.map((x) => x * scale);

  function paintMark() {
    hide(parts.ghost, !mark || !markable());
    if (!markable()) return;
    for (const name of ["mark", "ghost"]) put(parts[name], { transform: `translate(${frame.pixel(markedAt())})` });
  }

  function paint() {
    buildHandles();
    handles = SHAPES[state.shape].handles(state);
    frame = look(state, scale);
    const result = weigh(state);
    paintPicture(parts, state, result, frame);
    paintNumbers(root, parts, state, result);
    paintHandles(parts, state, frame, handles, markable() ? markedAt() : null);
    paintMark();
    parts.realizable.checked = state.realizable;
    for (const key of KEYS) root.dataset[key] = state[key];
    Object.assign(root.dataset, { scale, student: result.student, rival: result.rival ?? "" });
    clearTimeout(saying);
    saying = setTimeout(() => {
      const hidden = `Weak error ${show(result.numbers["weak-error"])}. The student is hidden until you answer or skip the question.`;
      parts.said.textContent = revealed() ? sayNumbers(result.numbers, SHAPES[state.shape]) : hidden;
    }, 500);
  }

  function change(update) {
    state = { ...state, ...update };
    if (revealed()) mark = undefined; // the guess was for another picture
    paint();
    own = true;
    for (const key of KEYS) model.set(key, state[key]);
    own = false;
    model.save_changes();
    const text = pack(state);
    address?.write(text === pack(first) ? "" : text);
  }

  function arrive() {
    state = goal;
    goal = undefined;
    change({});
  }

  function settle(name = "") {
    cancelAnimationFrame(moving);
    if (goal) state = goal; // a journey that the reader interrupts ends at once
    goal = undefined;
    for (const button of root.querySelectorAll("[data-preset]")) button.setAttribute("aria-pressed", button.dataset.preset === name);
  }

  function travel(to, name) {
    settle(name);
    const from = state;
    const target = (state = goal = realize(to));
    scale = fitScale(state);
    if (calm.matches || isSolid(from) !== isSolid(target)) return arrive();
    const mix = (a, b, t) => (Array.isArray(a) ? (a.length === b.length ? a.map((x, i) => mix(x, b[i], t)) : b) : a + t * (b - a));
    const keys = ["weak", "truth", ...(from.shape === target.shape ? SHAPES[from.shape].uses : [])];
    let began;
    const step = (now) => {
      began ??= now;
      const t = Math.min(1, (now - began) / 400);
      if (t === 1) return arrive();
      const ease = t * t * (3 - 2 * t);
      state = { ...target, ...Object.fromEntries(keys.map((key) => [key, mix(from[key], target[key], ease)])) };
      paint();
      moving = requestAnimationFrame(step);
    };
    moving = requestAnimationFrame(step);
  }

  /* A strong class of another shape, with the same two models where they fit in. */
  function reshape(shape) {
    const like = first.shape === shape ? first : STARTS[shape];
    const { weak, truth, realizable } = state;
    travel(isSolid(like) === isSolid(state) ? { ...like, weak, truth, realizable } : { ...like, realizable }, "");
  }

  const knob = (name) => handles.find((one) => one.name === name);
  const place = (name) => knob(name)?.at(state, frame) ?? (name === "mark" ? markedAt() : state[name]);

  /* Bring a handle to a point, from the state it was taken hold of in. */
  function move(name, point, base = state) {
    settle();
    if (name === "mark") {
      mark = frame.into(point);
      paint();
    } else if (!knob(name)) {
      change(realize({ ...state, [name]: frame.into(point) }));
    } else {
      shapeBy(knob(name), knob(name).move(frame.into(point), state, frame), base);
    }
  }

  function shapeBy({ carry }, update, base, next = { ...state, ...update }) {
    if (state.realizable) next.truth = projectOnto(next, carry ? carry(base.truth, base, next, frame.into) : base.truth);
    change(next);
  }

  function turnView(dx, dy, [a, e] = state.view) {
    settle();
    change({ view: [Math.atan2(Math.sin(a + dx), Math.cos(a + dx)), clamp(e + dy, 1.5)] });
  }

  /* Where in the picture, in its own pixels, an event happened. */
  function spotOf({ clientX, clientY }) {
    const box = svg.getBoundingClientRect();
    return [((clientX - box.left) * WIDTH) / box.width, ((clientY - box.top) * HEIGHT) / box.height];
  }

  /* The nearest handle that a finger at this place can mean. */
  function nearest(spot) {
    const names = [...(frame.solid ? ["view"] : markable() && !revealed() ? ["mark"] : []), ...handles.map(({ name }) => name), "truth", "weak"];
    const gap = (name) => length(minus(name === "view" ? VIEW_SEAT : frame.pixel(place(name)), spot));
    const best = names.map((name) => [gap(name), name]).sort((a, b) => a[0] - b[0])[0];
    return best[0] <= FINGER * Math.max(1, WIDTH / svg.clientWidth) ? best[1] : "";
  }

  function drag(event) {
    if (event.button) return;
    const start = spotOf(event);
    const taken = nearest(start);
    const name = taken || (frame.solid ? "view" : "");
    if (!name) return;
    settle();
    const node = taken ? parts[taken] : svg;
    const [base, from] = [state, place(name)];
    const follow = (e) => {
      const [dx, dy] = minus(spotOf(e), start);
      if (name === "view") turnView(-0.01 * dx, 0.01 * dy, base.view);
      else move(name, along(from, 1, frame.push(dx, dy)), base);
    };
    const drop = () => {
      node.removeEventListener("pointermove", follow);
      node.classList.remove("w2s-held");
    };
    event.preventDefault();
    parts[name].focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    node.classList.add("w2s-held");
    node.addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel"]) node.addEventListener(end, drop, { once: true });
  }

  function key(event) {
    const name = event.target.closest(".w2s-handle")?.dataset.part;
    const arrow = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!arrow || !name) return;
    event.preventDefault();
    event.stopPropagation();
    settle();
    const fine = event.shiftKey ? 0.01 : 0.05;
    const forward = arrow[0] + arrow[1];
    const one = knob(name);
    if (name === "view") return turnView(fine * 2 * arrow[0], fine * 2 * arrow[1]);
    if (one?.step) return shapeBy(one, one.step(fine * forward * (one.unit ? 1 : scale), state), state);
    const onRail = name === "truth" && state.realizable && SHAPES[state.shape].endless;
    const way = onRail ? direction(state.angle).map((x) => x * forward) : along(frame.right.map((x) => x * arrow[0]), arrow[1], frame.up);
    move(name, tidy(along(place(name), fine * scale, way)));
  }

  function reveal(guess) {
    root.classList.add("w2s-revealed");
    paint();
    const { numbers, student } = weigh(state);
    const far = (point) => length(minus(mark, point)) / scale;
    const judged = mark && markable() && { off: far(student), fit: distance(mark, state.weak), inside: far(projectOnto(state, mark)) < 0.08 };
    parts.reading.textContent = judgeGuess(guess, { numbers }, judged, SHAPES[state.shape]);
    parts.weak.focus({ preventScroll: true });
  }

  function load(given = {}) {
    queued = false;
    const shape = given.shape ?? model.get("shape") ?? "line";
    const start = STARTS[shape];
    const kept = KEYS.map((k) => [k, model.get(k)]).filter(([, value]) => value !== undefined);
    state = { ...start, ...Object.fromEntries(kept), ...given };
    for (const k of ["weak", "truth", "centre"]) if (state[k].length !== start[k].length) state[k] = start[k];
    const asked = state;
    scale = fitScale((state = realize(asked)));
    return state !== asked;
  }

  function changed() {
    if (own || queued) return;
    queued = true; // several keys may change together: read them once, when all are there
    queueMicrotask(() => {
      settle();
      if (load()) change({});
      else paint();
    });
  }

  const off = load();
  const first = state;
  const linked = unpack(address?.read() ?? "");
  if (linked) load(linked);
  if (off || linked) change({});
  else paint();

  svg.addEventListener("pointerdown", drag);
  const hold = (event) => nearest(spotOf(event.touches[0])) && event.preventDefault();
  svg.addEventListener("touchstart", hold, { passive: false }); // touch-action does not hold inside every SVG
  svg.addEventListener("keydown", key);
  svg.addEventListener("click", (event) => {
    const spot = spotOf(event);
    if (!markable() || revealed() || event.target.closest(".w2s-handle") || nearest(spot)) return;
    move("mark", frame.push(...minus(spot, [WIDTH / 2, HEIGHT / 2])));
    parts.mark.focus({ preventScroll: true });
  });
  root.addEventListener("click", ({ target }) => {
    const { preset, guess } = target.dataset;
    if (preset) travel({ ...presets(state)[preset], view: state.view }, preset);
    if (guess !== undefined) reveal(guess);
  });
  root.addEventListener("change", ({ target }) => {
    if (target.type === "radio") reshape(target.value);
  });
  parts.reset.addEventListener("click", () => travel(first, ""));
  parts.again.addEventListener("click", () => {
    root.classList.remove("w2s-revealed");
    mark = undefined;
    paint();
    root.querySelector("[data-guess]").focus({ preventScroll: true });
  });
  parts.realizable.addEventListener("change", () => {
    settle();
    change(realize({ ...state, realizable: parts.realizable.checked }));
  });
  for (const k of KEYS) model.on(`change:${k}`, changed);
  return () => {
    for (const k of KEYS) model.off(`change:${k}`, changed);
    cancelAnimationFrame(moving);
    clearTimeout(saying);
  };
}

export default { render };
