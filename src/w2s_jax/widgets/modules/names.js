/* Finds a free place for each name in a picture. */

/** @import { Point } from "./playground-vectors.js" */

import { put } from "./elements.js";
import { along, minus } from "./playground-vectors.js";

/** @typedef {{ name: string, at: Point, width: number }} Label */

const AROUND = [
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [0.8, 0.75],
  [-0.8, 0.75],
  [0.8, -0.75],
  [-0.8, -0.75],
];

/* What names keep clear of, points and sides: center, width, height and weight of each. */
/** @type {(points: Point[], sides: Point[][]) => number[][]} */
export function occupied(points, sides) {
  const samples = sides.flatMap(([a, b]) =>
    [1, 2, 3, 4, 5, 6, 7].map((i) => along(a, i / 8, minus(b, a))),
  );
  return [
    ...points.map(([x, y]) => [x, y, 18, 34, 3]),
    ...samples.map(([x, y]) => [x, y, 4, 20, 1]),
  ];
}

/* Each name takes the free side of its point: off what is there, off the other names, and where it
   was, if it can. */
/**
 * @param {Record<string, any>} parts
 * @param {Label[]} labels
 * @param {number[][]} taken
 * @param {number[]} edge
 */
export function placeLabels(parts, labels, taken, edge) {
  const there = [...taken];
  for (const { name, at, width } of labels) {
    const { dataset } = parts[name];
    const seats = AROUND.map(([dx, dy]) => seat(at, dx, dy, width, edge));
    const costs = seats.map(([x, y], i) => {
      const over = there.map(([u, v, w, h, weight]) => {
        const wide = Math.max(0, (width + w) / 2 - Math.abs(x - u));
        return weight * wide * Math.max(0, h / 2 - Math.abs(y - v));
      });
      return over.reduce((a, b) => a + b) + i * 4 - (dataset.side === String(i) ? 60 : 0);
    });
    const best = costs.indexOf(Math.min(...costs));
    const [x, y] = seats[best];
    dataset.side = best;
    put(parts[name], { x, y: y + 5 });
    there.push([x, y, width, 36, 4]);
  }
}

/* Beside a point, and within the picture. */
/** @type {(at: Point, dx: number, dy: number, width: number, edge: number[]) => Point} */
function seat([x, y], dx, dy, width, [left, top, right, bottom]) {
  const [aside, half] = [x + dx * (14 + width / 2), width / 2 + 4];
  return [
    Math.max(left + half, Math.min(right - half, aside)),
    Math.max(top + 12, Math.min(bottom - 12, y + dy * 23)),
  ];
}
