/* Draws the playground: the plane, or a space seen from one side, with the set, its handles and the triangle. */

import { hide, put } from "./playground-panel.js";
import { SHAPES } from "./playground-shapes.js";
import { HEIGHT, WIDTH } from "./playground-template.js";
import { across, along, clamp, direction, dot, length, minus } from "./playground-vectors.js";

export const REACH = [2, 1.5]; // how far handles travel in the plane, in units of the scale
export const REACH_3D = 1.9; // and in space, from the origin
const UNIT = 84; // pixels to one unit at scale 1

export const isSolid = ({ shape }) => Boolean(SHAPES[shape].solid);
export const isAlone = ({ shape }) => Boolean(SHAPES[shape].alone);
const isEndless = ({ shape }) => Boolean(SHAPES[shape].endless);

function niceSize(need) {
  if (need <= 1) return 1;
  const ten = 10 ** Math.floor(Math.log10(need));
  return [1, 2, 5, 10].map((k) => k * ten).find((size) => need <= size * (1 + 1e-9));
}

/* The smallest scale that shows both models, every handle and the set. */
export function fitScale(state) {
  const around = look(state, 1);
  const { handles, rings } = SHAPES[state.shape];
  const points = [state.weak, state.truth, ...handles(state).filter(({ name }) => name !== "turn").map(({ at }) => at(state, around))];
  if (!isEndless(state)) points.push(...rings(state, around).flat());
  const need = (p) => (isSolid(state) ? length(p) / REACH_3D : Math.max(Math.abs(p[0]) / REACH[0], Math.abs(p[1]) / REACH[1]));
  return niceSize(Math.max(...points.map(need)));
}

/* How the reader looks at the picture: from points to pixels, and from a push on the screen to one in space. */
export function look(state, scale) {
  const solid = isSolid(state);
  const [a, e] = state.view;
  const right = solid ? [-Math.sin(a), Math.cos(a), 0] : [1, 0];
  const up = solid ? [-Math.sin(e) * Math.cos(a), -Math.sin(e) * Math.sin(a), Math.cos(e)] : [0, 1];
  const unit = UNIT / scale;
  const reach = solid ? [REACH_3D * scale, REACH_3D * scale] : REACH.map((r) => r * scale);
  const pixel = (p) => [WIDTH / 2 + unit * dot(p, right), HEIGHT / 2 - unit * dot(p, up)];
  const push = (dx, dy) => along(right.map((x) => (x * dx) / unit), -dy / unit, up);
  const into = (p) => (solid ? p.map((x) => x * Math.min(1, reach[0] / (length(p) || 1))) : p.map((x, i) => clamp(x, reach[i])));
  return { solid, scale, right, up, unit, reach, pixel, push, into };
}

const segment = (node, [x1, y1], [x2, y2]) => put(node, { x1, y1, x2, y2 });
const path = (points, end = "Z") => (points.length ? `M${points.map((p) => p.map((x) => x.toFixed(2))).join("L")}${end}` : "");

/* The part of the line through two pixels that lies within the picture (Liang and Barsky). */
function clip(a, b) {
  const d = minus(b, a);
  const walls = [WIDTH, HEIGHT].flatMap((size, i) => [[-d[i], a[i]], [d[i], size - a[i]]]);
  const entering = walls.filter(([p]) => p < 0).map(([p, q]) => q / p);
  const leaving = walls.filter(([p]) => p > 0).map(([p, q]) => q / p);
  const [from, to] = [Math.max(...entering), Math.min(...leaving)];
  return Number.isFinite(from) && from < to && walls.every(([p, q]) => p || q >= 0) ? [along(a, from, d), along(a, to, d)] : [];
}

function paintAxes(parts, frame) {
  const { solid, scale, pixel } = frame;
  const tick = Number(scale.toPrecision(1));
  const ends = solid ? [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1.7 * scale : 0))) : [];
  const [x, y] = pixel(solid ? [0, 0, 0] : [tick, tick]);
  const flat = `M8 ${HEIGHT / 2}H${WIDTH - 8}M${WIDTH / 2} 8V${HEIGHT - 8}M${x} ${HEIGHT / 2 - 3}v6M${WIDTH - x} ${HEIGHT / 2 - 3}v6M${WIDTH / 2 - 3} ${y}h6M${WIDTH / 2 - 3} ${HEIGHT - y}h6`;
  put(parts.axes, { d: solid ? ends.map((end) => path([pixel([0, 0, 0]), pixel(end)], "")).join("") : flat });
  parts["tick-x"].textContent = parts["tick-y"].textContent = tick;
  put(parts["tick-x"], { x });
  put(parts["tick-y"], { y: y + 4 });
  for (const name of ["tick-x", "tick-y", "axis-1", "axis-2"]) hide(parts[name], solid);
  for (const i of [0, 1, 2]) {
    const name = parts[`space-${i + 1}`];
    hide(name, !solid);
    if (!solid) continue;
    const [u, v] = pixel(ends[i].map((c) => 1.08 * c));
    put(name, { x: u, y: v + 4 });
  }
}

function paintSet(parts, state, frame) {
  const { rings, threads = () => [], handles } = SHAPES[state.shape];
  const draw = (list, end) => list.map((ring) => path(ring.map(frame.pixel), end)).join("");
  const outline = rings(state, frame);
  put(parts.set, { d: isEndless(state) ? path(clip(...outline[0].map(frame.pixel)), "") : draw(outline, "Z") });
  put(parts.threads, { d: draw(threads(state, frame), "Z") });
  for (const { name, at } of handles(state)) put(parts[name], { transform: `translate(${frame.pixel(at(state, frame))})` });
}

/* The triangle's line has its name written along it, at the end away from the handle. */
function paintClassName(parts, state) {
  hide(parts["class-name"], !isAlone(state));
  const [x, y] = direction(state.angle);
  const edge = Math.min((WIDTH / 2 - 14) / Math.abs(x), (HEIGHT / 2 - 14) / Math.abs(y));
  const flip = x < 0 ? 180 : 0;
  const seat = along([WIDTH / 2, HEIGHT / 2], flip ? edge - 62 : 62 - edge, [x, -y]);
  put(parts["class-name"], { transform: `translate(${seat}) rotate(${flip - (state.angle * 180) / Math.PI}) translate(0 16)` });
}

/* The line (in space: a patch of the plane) through the student at right angles to w − s: a convex set lies beyond it. */
function paintSupport(parts, state, student, frame) {
  const arm = minus(state.weak, student);
  hide(parts.support, length(arm) * frame.unit < 6 || isEndless(state));
  if (frame.solid) {
    const [a, b] = spread(arm);
    const corners = [[1, 1], [1, -1], [-1, -1], [-1, 1]].map(([i, j]) => along(along(student, 0.5 * i * frame.scale, a), 0.5 * j * frame.scale, b));
    put(parts.support, { d: path(corners.map(frame.pixel)) });
  } else {
    put(parts.support, { d: path(clip(frame.pixel(student), frame.pixel(along(student, 1, across(arm)))), "") });
  }
}

const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = (v) => v.map((x) => x / (length(v) || 1));

/* Two directions of space at right angles to `n` and to each other. */
function spread(n) {
  const least = n.map(Math.abs).indexOf(Math.min(...n.map(Math.abs)));
  const a = unit(cross(n, [0, 1, 2].map((i) => Number(i === least))));
  return [a, unit(cross(n, a))];
}

/* Whether the triangle is too thin to hold the angle's number. */
function thin([first, towards], { right, up, unit: size }) {
  const [a, b] = [first, towards].map((v) => [dot(v, right) * size, dot(v, up) * size]);
  return Math.abs(dot(across(a), b)) / (length(minus(a, b)) || 1) < 50;
}

/* The angle at the student; in the triangle the right one that its line makes, wherever the truth is. */
function paintAngle(parts, state, { student, shadow, numbers }, frame) {
  const alone = isAlone(state);
  const [first, towards] = [state.weak, alone ? shadow : state.truth].map((end) => minus(end, student));
  const tiny = Number.isNaN(numbers.angle) || Math.min(length(first), length(towards)) * frame.unit < 26;
  hide(parts.angle, tiny);
  hide(parts["angle-name"], tiny || alone);
  if (tiny) return;
  const a = unit(first);
  const leaning = along(towards, -dot(towards, a), a);
  const b = length(leaning) > 1e-9 * length(towards) ? unit(leaning) : frame.solid ? spread(first)[0] : across(a);
  const at = (r, t) => frame.pixel(along(along(student, (r * Math.cos(t)) / frame.unit, a), (r * Math.sin(t)) / frame.unit, b));
  const right = alone || Math.abs(numbers.angle - 90) < 0.05;
  const wide = (numbers.angle * Math.PI) / 180;
  const bow = Array.from({ length: 25 }, (_, i) => at(17, (wide * i) / 24));
  put(parts.angle, { d: right ? path([at(13, 0), at(18.4, Math.PI / 4), at(13, Math.PI / 2)], "") : path(bow, "") });
  const [x, y] = thin([first, towards], frame) ? at(22, wide / 2 + Math.PI) : at(right ? 34 : 36, wide / 2);
  parts["angle-name"].textContent = `${numbers.angle.toFixed(0)}°`;
  put(parts["angle-name"], { x, y: y + 5 });
}

function paintTriangle(parts, state, { student, shadow, rival }, frame) {
  const [w, f, s, p] = [state.weak, state.truth, student, shadow].map(frame.pixel);
  put(parts.weak, { transform: `translate(${w})` });
  put(parts.truth, { transform: `translate(${f})` });
  put(parts.student, { cx: s[0], cy: s[1] });
  put(parts.inside, { points: `${w} ${s} ${f}` });
  for (const [name, a, b] of [["B", w, s], ["C", s, f], ["A", f, w], ["gap", f, p]]) segment(parts[name], a, b);
  const near = length(minus(f, p)) < 12;
  for (const name of ["gap", "shadow"]) hide(parts[name], near);
  put(parts.shadow, { cx: p[0], cy: p[1] });
  for (const name of ["rival", "rival-side", "rival-name"]) hide(parts[name], !rival);
  const turn = Math.sign((s[0] - w[0]) * (f[1] - s[1]) - (s[1] - w[1]) * (f[0] - s[0])) || 1;
  for (const [name, a, b] of [["A", f, w], ["B", w, s], ["C", s, f]]) {
    const d = minus(b, a);
    const size = length(d) || 1;
    hide(parts[`${name}-name`], size < 56);
    put(parts[`${name}-name`], { x: a[0] + d[0] / 2 + (turn * 15 * d[1]) / size, y: a[1] + d[1] / 2 - (turn * 15 * d[0]) / size + 5 });
  }
  const labels = [["weak-name", w, 106], ["truth-name", f, 58], ["student-name", s, 78]];
  if (!near) labels.push(["shadow-name", p, 24]);
  hide(parts["shadow-name"], near);
  if (rival) {
    const r = frame.pixel(rival);
    put(parts.rival, { cx: r[0], cy: r[1] });
    segment(parts["rival-side"], w, r);
    labels.push(["rival-name", r, 92]);
  }
  const knobs = SHAPES[state.shape].handles(state).map(({ at }) => frame.pixel(at(state, frame)));
  placeNames(parts, labels, [w, f, s, ...knobs], [[w, f], [w, s], [s, f], [f, p]], frame.solid);
}

const AROUND = [[0, 1], [0, -1], [1, 0], [-1, 0], [0.8, 0.75], [-0.8, 0.75], [0.8, -0.75], [-0.8, -0.75]];

/* Each name takes the free side of its point: off the other points, names and sides, and where it was, if it can. */
function placeNames(parts, labels, points, sides, solid) {
  const samples = sides.flatMap(([a, b]) => [1, 2, 3, 4, 5, 6, 7].map((i) => along(a, i / 8, minus(b, a))));
  // what to keep clear of: centre, width, height and weight
  const taken = [...points.map(([x, y]) => [x, y, 18, 34, 3]), ...samples.map(([x, y]) => [x, y, 4, 20, 1])];
  if (!solid) taken.push([WIDTH - 62, HEIGHT / 2 + 13, 116, 18, 4]);
  for (const name of ["A-name", "B-name", "C-name", "angle-name", "space-1", "space-2", "space-3"]) {
    const [x, y] = ["x", "y"].map((k) => Number(parts[name].getAttribute(k)));
    if (!parts[name].classList.contains("w2s-hidden")) taken.push([x, y - 5, 28, 18, 4]);
  }
  for (const [name, [px, py], width] of labels) {
    const node = parts[name];
    const seats = AROUND.map(([dx, dy]) => [
      WIDTH / 2 + clamp(px + dx * (14 + width / 2) - WIDTH / 2, WIDTH / 2 - width / 2 - 4),
      HEIGHT / 2 + clamp(py + dy * 23 - HEIGHT / 2, HEIGHT / 2 - 12),
    ]);
    const costs = seats.map(([x, y], i) => {
      const over = taken.map(([u, v, w, h, weight]) => weight * Math.max(0, (width + w) / 2 - Math.abs(x - u)) * Math.max(0, h / 2 - Math.abs(y - v)));
      return over.reduce((a, b) => a + b) + i * 4 - (node.dataset.side === String(i) ? 60 : 0);
    });
    const best = costs.indexOf(Math.min(...costs));
    const [x, y] = seats[best];
    node.dataset.side = best;
    put(node, { x, y: y + 5 });
    taken.push([x, y, width, 36, 4]);
  }
}

export function paintPicture(parts, state, result, frame) {
  paintAxes(parts, frame);
  paintSet(parts, state, frame);
  paintClassName(parts, state);
  paintSupport(parts, state, result.student, frame);
  paintAngle(parts, state, result, frame);
  paintTriangle(parts, state, result, frame);
}
