/* Points as lists of numbers. */

/** @typedef {number[]} Point a function's predictions on two or three equally likely inputs */

/** @type {(a: Point, b: Point) => number} */
export const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** @type {(a: Point, b: Point) => Point} */
export const minus = (a, b) => a.map((x, i) => x - b[i]);

/** @type {(a: Point, t: number, b: Point) => Point} */
export const along = (a, t, b) => a.map((x, i) => x + t * b[i]);

/** @type {(a: Point) => number} */
export const length = (a) => Math.hypot(...a);

/** @type {(a: Point, t: number) => Point} */
export const times = (a, t) => a.map((x) => x * t);

/** @type {(x: number, limit: number) => number} */
export const clamp = (x, limit) => Math.max(-limit, Math.min(limit, x));

/** @type {(angle: number) => Point} */
export const direction = (angle) => [Math.cos(angle), Math.sin(angle)];

/** A quarter turn to the left. @type {(a: Point) => Point} */
export const across = ([x, y]) => [-y, x];

/* Part of the way from one number, or list of as many, to another. */
/** @type {(a: any, b: any, t: number) => any} */
export function mix(a, b, t) {
  if (!Array.isArray(a)) return a + t * (b - a);
  return a.length === b.length ? a.map((x, i) => mix(x, b[i], t)) : b;
}
