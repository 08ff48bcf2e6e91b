/* The triangle of weak-to-strong generalization: the student is the projection of the weak model onto the
   strong class, a line. One source for the static page and, through anywidget, for Jupyter and Colab. */

import { keepKeys } from "./elements.js";
import { HEIGHT, PRESETS, START, TEMPLATE, WIDTH } from "./triangle-template.js";
import { along, clamp, direction, dot, judge, length, measure, minus, project, read, show } from "./triangle-theory.js";

const UNIT = 84; // pixels to one unit at scale 1
const REACH = [2, 1.5]; // how far the handles travel, in units of the scale
const KEYS = ["weak", "truth", "angle", "realizable"];

function niceScale(points) {
  const need = Math.max(...points.map(([x, y]) => Math.max(Math.abs(x) / REACH[0], Math.abs(y) / REACH[1])));
  if (need <= 1) return 1;
  const ten = 10 ** Math.floor(Math.log10(need));
  return [1, 2, 5, 10].map((k) => k * ten).find((size) => need <= size * (1 + 1e-9));
}

function apart(names) {
  for (const [i, j] of [[0, 1], [0, 2], [1, 2]]) {
    const [a, b] = [names[i], names[j]];
    const push = (108 - Math.abs(a[0] - b[0])) / 2;
    if (push <= 0 || Math.abs(a[1] - b[1]) > 17) continue;
    const sign = a[0] < b[0] ? -1 : 1;
    a[0] += sign * push;
    b[0] -= sign * push;
  }
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "w2s-triangle";
  keepKeys(root);
  root.innerHTML = TEMPLATE;
  el.append(root);
  const parts = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
  const svg = root.querySelector("svg");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let state, scale, saying, moving, goal, own = false, queued = false;

  const pixel = ([x, y]) => [WIDTH / 2 + (UNIT * x) / scale, HEIGHT / 2 - (UNIT * y) / scale];
  const put = (node, attributes) => Object.entries(attributes).forEach(([k, v]) => node.setAttribute(k, v));
  const segment = (node, [x1, y1], [x2, y2]) => put(node, { x1, y1, x2, y2 });
  const write = (node, [x, y]) => put(node, { x: WIDTH / 2 + clamp(x - WIDTH / 2, WIDTH / 2 - 54), y: y + 5 });
  const hide = (node, hidden) => node.classList.toggle("w2s-hidden", hidden);
  const inBox = ([x, y]) => [clamp(x, REACH[0] * scale), clamp(y, REACH[1] * scale)];
  const onLine = (t, u) => {
    const far = scale * Math.min(REACH[0] / Math.abs(u[0]), REACH[1] / Math.abs(u[1]));
    return [clamp(t, far) * u[0], clamp(t, far) * u[1]];
  };

  function paintPlane({ u, student, shadow }) {
    const [w, f, s, p] = [state.weak, state.truth, student, shadow].map(pixel);
    const down = [u[0], -u[1]]; // the line's direction on the screen
    const centre = [WIDTH / 2, HEIGHT / 2];
    const edge = Math.min((WIDTH / 2 - 14) / Math.abs(u[0]), (HEIGHT / 2 - 14) / Math.abs(u[1]));
    segment(parts.class, along(centre, -edge, down), along(centre, edge, down));
    put(parts.turn, { transform: `translate(${along(centre, edge, down)})` });
    const flip = u[0] < 0 ? 180 : 0;
    const seat = along(centre, flip ? edge - 62 : 62 - edge, down);
    put(parts["class-name"], { transform: `translate(${seat}) rotate(${flip - (state.angle * 180) / Math.PI}) translate(0 16)` });
    put(parts.weak, { transform: `translate(${w})` });
    put(parts.truth, { transform: `translate(${f})` });
    put(parts.student, { cx: s[0], cy: s[1] });
    put(parts.inside, { points: `${w} ${s} ${f}` });
    segment(parts.B, w, s);
    segment(parts.C, s, f);
    segment(parts.A, f, w);
    segment(parts.gap, f, p);
    put(parts.shadow, { cx: p[0], cy: p[1] });
    paintNames(w, f, s, p, down);
  }

  function paintNames(w, f, s, p, down) {
    const side = Math.sign(dot(minus(w, s), [down[1], -down[0]])) || 1;
    const up = [side * down[1], -side * down[0]]; // from the line towards the weak model
    const lean = dot(minus(f, s), down) < 0 ? -1 : 1;
    const turn = Math.sign((s[0] - w[0]) * (f[1] - s[1]) - (s[1] - w[1]) * (f[0] - s[0])) || 1;
    for (const [name, a, b] of [["A", f, w], ["B", w, s], ["C", s, f]]) {
      const d = minus(b, a);
      const size = length(d);
      hide(parts[`${name}-name`], size < 64);
      const middle = along(a, 0.5, d);
      put(parts[`${name}-name`], { x: middle[0] + (turn * 15 * d[1]) / (size || 1), y: middle[1] - (turn * 15 * d[0]) / (size || 1) + 5 });
    }
    const truthSide = length(minus(f, p)) < 2 ? -1 : Math.sign(dot(minus(f, p), up));
    const names = [along(w, 22, up), along(along(s, -22, up), -lean * 14, down), along(along(f, 22 * truthSide, up), lean * 14, down)];
    apart(names);
    ["weak", "student", "truth"].forEach((name, i) => write(parts[`${name}-name`], names[i]));
    write(parts["shadow-name"], along(p, -16 * truthSide, up));
    for (const name of ["gap", "shadow", "shadow-name"]) hide(parts[name], length(minus(f, p)) < 12);
    hide(parts.right, length(minus(w, s)) < 24 || length(minus(p, s)) < 24);
    const [a, b] = [along(s, 12, up), along(s, 12 * lean, down)];
    put(parts.right, { d: `M${a}L${along(a, 12 * lean, down)}L${b}` });
  }

  function paintNumbers(numbers) {
    const size = Math.max(numbers["weak-error"], numbers["student-error"] + numbers.misfit) || 1;
    const start = numbers["student-error"];
    const bars = { "weak-error": [0, numbers["weak-error"]], "student-error": [0, start], gain: [start, numbers.gain], misfit: [start, numbers.misfit] };
    for (const bar of root.querySelectorAll("[data-bar]")) {
      const [from, span] = bars[bar.dataset.bar];
      bar.style.left = `${(100 * Math.min(from, from + span)) / size}%`;
      bar.style.width = `${(100 * Math.abs(span)) / size}%`;
      bar.classList.toggle("w2s-negative", span < 0);
    }
    for (const node of root.querySelectorAll("output")) {
      node.value = show(numbers[node.dataset.name]);
      node.dataset.sign = node.value.startsWith("−") ? "minus" : "";
      node.dataset.value = numbers[node.dataset.name];
    }
    for (const node of root.querySelectorAll("[data-echo]")) node.textContent = show(numbers[node.dataset.echo]);
    parts.reading.textContent = read(numbers, state.realizable);
  }

  function paintHandles({ u }) {
    const words = ([x, y]) => `${show(x)} on x₁, ${show(y)} on x₂`;
    for (const name of ["weak", "truth"]) {
      const rail = name === "truth" && state.realizable;
      const now = rail ? dot(state.truth, u) : state[name][0];
      const far = rail ? dot(onLine(Infinity, u), u) : REACH[0] * scale;
      put(parts[name], { "aria-valuenow": now, "aria-valuemin": -far, "aria-valuemax": far, "aria-valuetext": words(state[name]) });
    }
    const degrees = (state.angle * 180) / Math.PI;
    put(parts.turn, { "aria-valuenow": degrees, "aria-valuetext": `${degrees.toFixed(1)} degrees` });
  }

  function paint() {
    const result = measure(state);
    paintPlane(result);
    paintNumbers(result.numbers);
    paintHandles(result);
    parts.realizable.checked = state.realizable;
    for (const key of KEYS) root.dataset[key] = state[key];
    root.dataset.student = result.student;
    clearTimeout(saying);
    saying = setTimeout(() => {
      const n = result.numbers;
      parts.said.textContent = root.classList.contains("w2s-revealed")
        ? `Weak error ${show(n["weak-error"])}, student error ${show(n["student-error"])}, gain ${show(n.gain)}, misfit ${show(n.misfit)}.`
        : `Weak error ${show(n["weak-error"])}. The student is hidden until you answer or skip the question.`;
    }, 500);
  }

  function zoom() {
    scale = niceScale([state.weak, state.truth]);
    const tick = Number(scale.toPrecision(1));
    const [x, y] = pixel([tick, tick]);
    put(parts.ticks, { d: `M${x} ${HEIGHT / 2 - 3}v6M${WIDTH - x} ${HEIGHT / 2 - 3}v6M${WIDTH / 2 - 3} ${y}h6M${WIDTH / 2 - 3} ${HEIGHT - y}h6` });
    parts["tick-x"].textContent = parts["tick-y"].textContent = tick;
    put(parts["tick-x"], { x });
    put(parts["tick-y"], { y: y + 4 });
  }

  function change(update) {
    state = { ...state, ...update };
    paint();
    own = true;
    for (const key of KEYS) model.set(key, state[key]);
    own = false;
    model.save_changes();
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

  function travel(target, name) {
    const from = state;
    settle(name);
    state = goal = target;
    zoom();
    if (calm.matches) return arrive();
    let began;
    const mix = (a, b, t) => a + t * (b - a);
    const step = (now) => {
      began ??= now;
      const t = Math.min(1, (now - began) / 400);
      if (t === 1) return arrive();
      const ease = t * t * (3 - 2 * t);
      const pair = (key) => [0, 1].map((i) => mix(from[key][i], target[key][i], ease));
      state = { ...target, weak: pair("weak"), truth: pair("truth"), angle: mix(from.angle, target.angle, ease) };
      paint();
      moving = requestAnimationFrame(step);
    };
    moving = requestAnimationFrame(step);
  }

  function move(name, point) {
    settle();
    const u = direction(state.angle);
    if (name === "weak") change({ weak: inBox(point) });
    else if (name === "truth") change({ truth: state.realizable ? onLine(dot(point, u), u) : inBox(point) });
    else turnTo(Math.atan2(point[1], point[0]));
  }

  function turnTo(angle) {
    const t = dot(state.truth, direction(state.angle));
    change({ angle, truth: state.realizable ? onLine(t, direction(angle)) : state.truth });
  }

  function drag(name, event) {
    settle();
    const box = svg.getBoundingClientRect();
    const perPixel = (WIDTH / box.width) * (scale / UNIT);
    const plane = (e) => [(e.clientX - box.left - box.width / 2) * perPixel, (box.top + box.height / 2 - e.clientY) * perPixel];
    const held = name === "turn" ? plane(event) : state[name];
    const offset = minus(held, plane(event));
    const node = parts[name];
    const follow = (e) => move(name, along(plane(e), 1, offset));
    const drop = () => {
      node.removeEventListener("pointermove", follow);
      node.classList.remove("w2s-held");
    };
    event.preventDefault();
    node.focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    node.classList.add("w2s-held");
    node.addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel"]) node.addEventListener(end, drop, { once: true });
  }

  function key(name, event) {
    const arrow = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!arrow) return;
    event.preventDefault();
    event.stopPropagation();
    settle();
    const step = (event.shiftKey ? 0.01 : 0.05) * (name === "turn" ? 1 : scale);
    const forward = arrow[0] + arrow[1];
    const tidy = (a) => a.map((x) => Number(x.toPrecision(12)));
    const u = direction(state.angle);
    if (name === "turn") move(name, direction(state.angle + step * forward));
    else if (name === "truth" && state.realizable) move(name, along(state.truth, step * forward, u));
    else move(name, tidy(along(state[name], step, arrow)));
  }

  function load() {
    queued = false;
    state = { ...START };
    for (const k of KEYS) if (model.get(k) !== undefined) state[k] = model.get(k);
    const shadow = project(state.truth, direction(state.angle));
    const off = state.realizable && length(minus(state.truth, shadow)) > 1e-9 * Math.max(1, length(shadow));
    if (off) state.truth = shadow;
    zoom();
    if (off) change({});
    else paint();
  }

  function changed() {
    if (own || queued) return;
    queued = true; // several keys may change together: read them once, when all are there
    queueMicrotask(() => {
      settle();
      load();
    });
  }

  load();
  const first = state;
  for (const name of ["weak", "truth", "turn"]) {
    parts[name].addEventListener("pointerdown", (event) => drag(name, event));
    parts[name].addEventListener("touchstart", (event) => event.preventDefault(), { passive: false }); // touch-action does not hold inside every SVG
    parts[name].addEventListener("keydown", (event) => key(name, event));
  }
  root.addEventListener("click", ({ target }) => {
    const { preset, guess } = target.dataset;
    if (preset) travel(PRESETS[preset], preset);
    if (guess === undefined) return;
    root.classList.add("w2s-revealed");
    paint();
    parts.reading.textContent = judge(guess, measure(state).numbers.gain);
    parts.weak.focus({ preventScroll: true });
  });
  parts.reset.addEventListener("click", () => travel(first, ""));
  parts.realizable.addEventListener("change", () => {
    settle();
    const u = direction(state.angle);
    const realizable = parts.realizable.checked;
    change({ realizable, truth: realizable ? onLine(dot(state.truth, u), u) : state.truth });
  });
  for (const k of KEYS) model.on(`change:${k}`, changed);
  return () => {
    for (const k of KEYS) model.off(`change:${k}`, changed);
    cancelAnimationFrame(moving);
    clearTimeout(saying);
  };
}

export default { render };
