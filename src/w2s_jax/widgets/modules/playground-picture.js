/* Draws the playground: axes, the set, its handles and the triangle. */

/** @import { Frame } from "./playground-look.js" */
/** @import { Parts } from "./elements.js" */
/** @import { Result, State } from "./playground-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { hide, put, write } from "./elements.js";
import { MIDDLE } from "./playground-look.js";
import { placeNames } from "./playground-names.js";
import { SHAPES } from "./playground-shapes.js";
import { paintSquares } from "./playground-squares.js";
import { across, along, direction, dot, length, minus, times } from "./playground-vectors.js";

/** @type {(node: Element, a: Point, b: Point) => void} */
const segment = (node, [x1, y1], [x2, y2]) => put(node, { x1, y1, x2, y2 });

/** @type {(node: Element, at: Point) => void} */
const seat = (node, at) => put(node, { transform: `translate(${at})` });

/** @type {(points: Point[], end?: string) => string} */
const path = (points, end = "Z") =>
  points.length ? `M${points.map((p) => p.map((x) => x.toFixed(2))).join("L")}${end}` : "";

/* The part of the line through two pixels that lies within the picture (Liang and Barsky). */
/** @type {(a: Point, b: Point, edge: number[]) => Point[]} */
function clip(a, b, edge) {
  const d = minus(b, a);
  const walls = [0, 1].flatMap((i) => [
    [-d[i], a[i] - edge[i]],
    [d[i], edge[i + 2] - a[i]],
  ]);
  const entering = walls.filter(([p]) => p < 0).map(([p, q]) => q / p);
  const leaving = walls.filter(([p]) => p > 0).map(([p, q]) => q / p);
  const [from, to] = [Math.max(...entering), Math.min(...leaving)];
  if (!Number.isFinite(from) || from >= to || walls.some(([p, q]) => !p && q < 0)) return [];
  return [along(a, from, d), along(a, to, d)];
}

/** @type {(parts: Parts, frame: Frame) => void} */
function paintAxes(parts, { solid, scale, pixel, edge }) {
  const tick = Number(scale.toPrecision(1));
  const [X, Y] = MIDDLE;
  const [x, y] = solid ? MIDDLE : pixel([tick, tick]);
  const [wide, up] = [x - X, Y - y];
  const ticks = `M${X - wide} ${Y - 3}v6m${2 * wide} -6v6M${X - 3} ${Y - up}h6m-6 ${2 * up}h6`;
  const [left, top, right, bottom] = edge;
  const flat = `M${left + 8} ${Y}H${right - 8}M${X} ${top + 8}V${bottom - 8}${ticks}`;
  const spokes = [0, 1, 2].map((i) => {
    const name = parts[`space-${i + 1}`];
    hide(name, !solid);
    if (!solid) return "";
    const end = [0, 1, 2].map((j) => (i === j ? 1.7 * scale : 0));
    const [u, v] = pixel(times(end, 1.08));
    put(name, { x: u, y: v + 4 });
    return path([MIDDLE, pixel(end)], "");
  });
  put(parts.axes, { d: solid ? spokes.join("") : flat });
  parts["tick-x"].textContent = parts["tick-y"].textContent = tick;
  put(parts["axis-1"], { x: right - 8 });
  put(parts["axis-2"], { y: top + 17 });
  put(parts["tick-x"], { x });
  put(parts["tick-y"], { y: y + 4 });
  for (const name of ["tick-x", "tick-y", "axis-1", "axis-2"]) hide(parts[name], solid);
}

/** @type {(parts: Parts, state: State, frame: Frame) => void} */
function paintSet(parts, state, frame) {
  const { rings, threads = () => [], handles, endless } = SHAPES[state.shape];
  /** @type {(list: Point[][]) => string} */
  const draw = (list) => list.map((ring) => path(ring.map(frame.pixel))).join("");
  const outline = rings(state, frame);
  const [a, b] = outline[0].map(frame.pixel);
  put(parts.set, { d: endless ? path(clip(a, b, frame.edge), "") : draw(outline) });
  put(parts.threads, { d: draw(threads(state, frame)) });
  for (const { name, at } of handles(state)) seat(parts[name], frame.pixel(at(state, frame)));
}

/* The triangle's line has its name written along it, at the end away from the handle. */
/** @type {(node: Element, state: State, frame: Frame) => void} */
function paintClassName(node, { shape, angle }, { edge }) {
  hide(node, !SHAPES[shape].alone);
  const [x, y] = direction(angle);
  const far = Math.min(...[x, y].map((c, i) => (edge[i + 2] - MIDDLE[i] - 14) / Math.abs(c)));
  const flip = x < 0 ? 180 : 0;
  const place = along(MIDDLE, flip ? far - 62 : 62 - far, [x, -y]);
  const turn = `rotate(${flip - (angle * 180) / Math.PI})`;
  put(node, { transform: `translate(${place}) ${turn} translate(0 16)` });
}

/* The line (in space: a patch of the plane) through the student at right angles to w − s: a convex
   set lies beyond it. */
/** @type {(node: Element, state: State, student: Point, frame: Frame) => void} */
function paintSupport(node, { weak, shape }, student, frame) {
  const arm = minus(weak, student);
  hide(node, length(arm) * frame.unit < 6 || Boolean(SHAPES[shape].endless));
  if (!frame.solid) {
    const aside = frame.pixel(along(student, 1, across(arm)));
    put(node, { d: path(clip(frame.pixel(student), aside, frame.edge), "") });
    return;
  }
  const [a, b] = spread(arm).map((v) => times(v, 0.5 * frame.scale));
  const [p, q] = [along(student, 1, a), along(student, -1, a)];
  const corners = [along(p, 1, b), along(p, -1, b), along(q, -1, b), along(q, 1, b)];
  put(node, { d: path(corners.map(frame.pixel)) });
}

/** @type {(a: Point, b: Point) => Point} */
const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** @type {(v: Point) => Point} */
const unit = (v) => v.map((x) => x / (length(v) || 1));

/* Two directions of space at right angles to `n` and to each other. */
/** @type {(n: Point) => Point[]} */
function spread(n) {
  const sizes = n.map(Math.abs);
  const least = sizes.indexOf(Math.min(...sizes));
  const axis = n.map((_, i) => Number(i === least));
  const a = unit(cross(n, axis));
  return [a, unit(cross(n, a))];
}

/* Whether the triangle is too thin to hold the angle's number. */
/** @type {(first: Point, towards: Point, frame: Frame) => boolean} */
function thin(first, towards, { right, up, unit: size }) {
  const [a, b] = [first, towards].map((v) => [dot(v, right) * size, dot(v, up) * size]);
  return Math.abs(dot(across(a), b)) / (length(minus(a, b)) || 1) < 50;
}

/* The angle at the student; in the triangle the right one that its line makes, wherever the truth
   is. */
/** @type {(parts: Parts, state: State, result: Result, frame: Frame) => void} */
function paintAngle(parts, { shape, weak, truth }, { student, shadow, numbers }, frame) {
  const { alone = false } = SHAPES[shape];
  const [first, towards] = [minus(weak, student), minus(alone ? shadow : truth, student)];
  const short = Math.min(length(first), length(towards)) * frame.unit < 26;
  const tiny = Number.isNaN(numbers.angle) || short;
  hide(parts.angle, tiny);
  hide(parts["angle-name"], tiny || alone);
  if (tiny) return;
  const a = unit(first);
  const leaning = along(towards, -dot(towards, a), a);
  const aside = frame.solid ? spread(first)[0] : across(a);
  const b = length(leaning) > 1e-9 * length(towards) ? unit(leaning) : aside;
  /** @type {(r: number, t: number) => Point} */
  const at = (r, t) => {
    const ahead = along(student, (r * Math.cos(t)) / frame.unit, a);
    return frame.pixel(along(ahead, (r * Math.sin(t)) / frame.unit, b));
  };
  const right = alone || Math.abs(numbers.angle - 90) < 0.05;
  const wide = (numbers.angle * Math.PI) / 180;
  const square = [at(13, 0), at(18.4, Math.PI / 4), at(13, Math.PI / 2)];
  const bow = Array.from({ length: 25 }, (_, i) => at(17, (wide * i) / 24));
  put(parts.angle, { d: path(right ? square : bow, "") });
  const inside = at(right ? 34 : 36, wide / 2);
  const [x, y] = thin(first, towards, frame) ? at(22, wide / 2 + Math.PI) : inside;
  parts["angle-name"].textContent = `${numbers.angle.toFixed(0)}°`;
  put(parts["angle-name"], { x, y: y + 5 });
}

/** @type {(parts: Parts, state: State, result: Result, frame: Frame) => void} */
function paintTriangle(parts, state, { student, shadow, rival, numbers }, frame) {
  const [w, f, s, p] = [state.weak, state.truth, student, shadow].map(frame.pixel);
  seat(parts.weak, w);
  seat(parts.truth, f);
  put(parts.student, { cx: s[0], cy: s[1] });
  put(parts.shadow, { cx: p[0], cy: p[1] });
  put(parts.inside, { points: `${w} ${s} ${f}` });
  segment(parts.gap, f, p);
  const near = length(minus(f, p)) < 12;
  for (const name of ["gap", "shadow", "shadow-name"]) hide(parts[name], near);
  const turn = Math.sign(dot(across(minus(s, w)), minus(f, s))) || 1;
  const { alone = false } = SHAPES[state.shape];
  const sides = { A: [f, w], B: [w, s], C: [s, f] };
  for (const [side, [a, b]] of Object.entries(sides)) {
    const [d, name] = [minus(b, a), parts[`${side}-name`]];
    segment(parts[side], a, b);
    hide(name, length(d) < 56);
    const [x, y] = along(along(a, 0.5, d), (-15 * turn) / (length(d) || 1), across(d));
    put(name, { x, y: y + 5 });
    if (!alone) write(name, side);
  }
  paintSquares(parts, alone ? sides : {}, turn, numbers, frame);
  const labels = [
    { name: "weak-name", at: w, width: 106 },
    { name: "truth-name", at: f, width: 58 },
    { name: "student-name", at: s, width: 78 },
  ];
  if (!near) labels.push({ name: "shadow-name", at: p, width: 24 });
  for (const name of ["rival", "rival-side", "rival-name"]) hide(parts[name], !rival);
  if (rival) {
    const r = frame.pixel(rival);
    put(parts.rival, { cx: r[0], cy: r[1] });
    segment(parts["rival-side"], w, r);
    labels.push({ name: "rival-name", at: r, width: 92 });
  }
  const knobs = SHAPES[state.shape].handles(state).map(({ at }) => frame.pixel(at(state, frame)));
  const drawn = [...Object.values(sides), [f, p]];
  placeNames(parts, labels, [w, f, s, ...knobs], drawn, frame);
}

/** @type {(parts: Parts, state: State, result: Result, frame: Frame) => void} */
export function paintPicture(parts, state, result, frame) {
  paintAxes(parts, frame);
  paintSet(parts, state, frame);
  paintClassName(parts["class-name"], state, frame);
  paintSupport(parts.support, state, result.student, frame);
  paintAngle(parts, state, result, frame);
  paintTriangle(parts, state, result, frame);
}
