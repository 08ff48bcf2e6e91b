/* The squares on the triangle's sides: their areas are as the errors. */

/** @import { Frame } from "./playground-look.js" */
/** @import { Parts } from "./elements.js" */
/** @import { Numbers } from "./playground-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { hide, put, show, write } from "./elements.js";
import { across, along, length, minus, times } from "./playground-vectors.js";

/** The error that each square shows. @type {Record<string, string>} */
export const SQUARES = { A: "weak-error", B: "misfit", C: "student-error" };

/* The part of a polygon on the near side of each edge of the picture (Sutherland and Hodgman). */
/** @type {(points: Point[], edge: number[]) => Point[]} */
function clip(points, edge) {
  return edge.reduce((kept, limit, side) => {
    const [axis, sign] = [side % 2, side < 2 ? 1 : -1];
    /** @type {(p: Point) => number} */
    const inside = (p) => sign * (p[axis] - limit);
    return kept.flatMap((b, i) => {
      const a = kept[(i || kept.length) - 1];
      const [from, to] = [inside(a), inside(b)];
      const crossing = along(a, from / (from - to), minus(b, a));
      return [...(from < 0 !== to < 0 ? [crossing] : []), ...(to < 0 ? [] : [b])];
    });
  }, points);
}

/**
 * Outwards from each side, with its name, and its number where there is room, in the middle.
 * @param {Parts} parts
 * @param {Record<string, Point[]>} sides
 * @param {number} turn
 * @param {Numbers} numbers
 * @param {Frame} frame
 */
export function paintSquares(parts, sides, turn, numbers, { edge }) {
  for (const [side, error] of Object.entries(SQUARES)) {
    const square = parts[`${side}-square`];
    hide(square, !sides[side]);
    if (!sides[side]) continue;
    const [a, b] = sides[side];
    const [d, out] = [minus(b, a), across(minus(b, a))];
    const [far, near] = [along(b, -turn, out), along(a, -turn, out)];
    const seen = clip([a, b, far, near], edge);
    put(square, { points: seen.join(" ") });
    const name = parts[`${side}-name`];
    const [x, y] = times(
      seen.reduce((p, q) => along(p, 1, q), [0, 0]),
      1 / seen.length,
    );
    hide(name, length(d) < 26 || !seen.length);
    put(name, { x, y: y + 5 });
    write(name, length(d) < 72 ? `${side}²` : `${side}² = ${show(numbers[error])}`);
  }
}
