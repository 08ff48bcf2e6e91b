/* The triangle in pixels: its corners are the three classes. */

/** @import { First } from "./three-classes-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { along, dot, length, minus, times } from "./playground-vectors.js";
import { inner, legOf, setOut, sideOf, softmax } from "./three-classes-theory.js";

export const WIDTH = 400;
export const HEIGHT = 372;
const SIDE = 344;
const TALL = (SIDE * Math.sqrt(3)) / 2;
const [LEFT, BASE] = [(WIDTH - SIDE) / 2, HEIGHT - 34];

/** Of the three classes. @type {Point[]} */
export const CORNERS = [
  [LEFT, BASE],
  [LEFT + SIDE, BASE],
  [LEFT + SIDE / 2, BASE - TALL],
];
const PURE = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** @type {(p: Point) => Point} */
export const pixel = (p) => [0, 1].map((k) => p.reduce((at, x, i) => at + x * CORNERS[i][k], 0));

/* How a prediction changes where it moves so many pixels. */
/** @type {(dx: number, dy: number) => Point} */
export function push(dx, dy) {
  const third = -dy / TALL;
  const second = dx / SIDE - third / 2;
  return [-second - third, second, third];
}

/** @type {(points: Point[], end?: string) => string} */
export const path = (points, end = "") =>
  points.length
    ? `M${points.map((p) => pixel(p).map((x) => Number(x.toFixed(2)))).join("L")}${end}`
    : "";

/* The part of the triangle where g·p < level, and where its edges cross g·p = level. */
/** @type {(g: Point, level: number) => { part: Point[], crossings: Point[] }} */
function belowLine(g, level) {
  const part = /** @type {Point[]} */ ([]);
  const crossings = /** @type {Point[]} */ ([]);
  PURE.forEach((b, i) => {
    const a = PURE[(i + 2) % 3];
    const [from, to] = [dot(g, a) - level, dot(g, b) - level];
    if (from < 0 !== to < 0) {
      const between = along(a, from / (from - to), minus(b, a));
      crossings.push(between);
      part.push(between);
    }
    if (to < 0) part.push(b);
  });
  return { part, crossings };
}

/* The line c·log p = level, straight in logits, from corner to corner; c has the sum 0. */
/** @type {(c: Point, level: number) => { line: Point[], lone: number, ends: number[] }} */
function logitLine(c, level) {
  const lone = c.map(Math.abs).reduce((best, x, i, all) => (x > all[best] ? i : best), 0);
  const way = c.map((_, i) => c[(i + 1) % 3] - c[(i + 2) % 3]); // across c
  const middle = times(c, level / dot(c, c));
  const reach = 40 / Math.max(...way.map(Math.abs));
  const line = Array.from({ length: 97 }, (_, i) => {
    const u = i / 48 - 1;
    return softmax(along(middle, (reach * Math.sinh(4 * u)) / Math.sinh(4), way));
  });
  const [j, k] = [(lone + 1) % 3, (lone + 2) % 3];
  return { line, lone, ends: way[j] < way[k] ? [j, k] : [k, j] };
}

/* And the part of the triangle where c·log p < level. */
/** @type {(c: Point, level: number) => Point[]} */
function belowLogitLine(c, level) {
  const { line, lone, ends } = logitLine(c, level);
  const [from, to] = ends.map((i) => PURE[i]);
  return [from, ...line, to, ...(c[lone] > 0 ? [] : [PURE[lone]])];
}

/**
 * Where a truth makes the gain less than the misfit, where it makes it negative, and the border of
 * the first of these, which runs through s.
 * @typedef {Record<"less" | "harm" | "border", Point[]>} Regions
 */

/* The gain is linear in the truth (prediction first) or in its logarithms (label first). */
/** @type {(first: First, w: Point, s: Point) => Regions} */
export function regions(first, w, s) {
  if (length(minus(s, w)) < 1e-9) return { less: [], harm: [], border: [] };
  const [v, u] = [s, w].map((p) => p.map(Math.log));
  if (first === "prediction") {
    const g = minus(v, u);
    const { part, crossings } = belowLine(g, dot(g, s));
    return { less: part, harm: belowLine(g, 0).part, border: crossings };
  }
  const c = minus(s, w);
  const level = dot(c, v);
  return {
    less: belowLogitLine(c, level),
    harm: belowLogitLine(c, dot(s, v) - dot(w, u)),
    border: logitLine(c, level).line,
  };
}

/* The angle at s as Fisher's metric measures it, drawn: a box if it is right, a bow if not. */
/** @type {(first: First, w: Point, s: Point, f: Point, angle: number) => Point[]} */
export function corner(first, w, s, f, angle) {
  const [leg, side] = [setOut(legOf(first), s, w), setOut(sideOf(first), s, f)];
  const a = times(leg, 1 / Math.sqrt(inner(s, leg, leg)));
  const rest = along(side, -inner(s, side, a), a);
  const size = Math.sqrt(inner(s, rest, rest));
  if (size < 1e-6) return [];
  const b = times(rest, 1 / size);
  const longest = Math.max(...[a, b].map((x) => length(minus(pixel(along(s, 1, x)), pixel(s)))));
  /** @type {(r: number, t: number) => Point} */
  const at = (r, t) => {
    const arm = along(times(a, Math.cos(t)), Math.sin(t), b);
    return along(s, r / longest, arm);
  };
  if (Math.abs(angle - 90) < 0.05)
    return [at(17, 0), at(17 * Math.SQRT2, Math.PI / 4), at(17, Math.PI / 2)];
  const wide = (angle * Math.PI) / 180;
  return Array.from({ length: 25 }, (_, i) => at(20, (wide * i) / 24));
}
