/* Finds a free place for each name in the picture. */

/** @import { Frame } from "./playground-look.js" */
/** @import { Parts } from "./playground-panel.js" */
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
const SEATED = ["A-name", "B-name", "C-name", "angle-name", "space-1", "space-2", "space-3"];

/* Each name takes the free side of its point: off the other points, names and sides, and where it
   was, if it can. */
/**
 * @param {Parts} parts
 * @param {Label[]} labels
 * @param {Point[]} points
 * @param {Point[][]} sides
 * @param {Frame} frame
 */
export function placeNames(parts, labels, points, sides, { solid, edge }) {
  const samples = sides.flatMap(([a, b]) =>
    [1, 2, 3, 4, 5, 6, 7].map((i) => along(a, i / 8, minus(b, a))),
  );
  // what to keep clear of: centre, width, height and weight
  const taken = [
    ...points.map(([x, y]) => [x, y, 18, 34, 3]),
    ...samples.map(([x, y]) => [x, y, 4, 20, 1]),
  ];
  const axis = ["x", "y"].map((k) => Number(parts["axis-1"].getAttribute(k)));
  if (!solid) taken.push([axis[0] - 54, axis[1] - 4, 116, 18, 4]);
  for (const name of SEATED) {
    const [x, y] = ["x", "y"].map((k) => Number(parts[name].getAttribute(k)));
    if (!parts[name].classList.contains("w2s-hidden")) taken.push([x, y - 5, 28, 18, 4]);
  }
  for (const { name, at, width } of labels) {
    const { dataset } = parts[name];
    const seats = AROUND.map(([dx, dy]) => seat(at, dx, dy, width, edge));
    const costs = seats.map(([x, y], i) => {
      const over = taken.map(([u, v, w, h, weight]) => {
        const wide = Math.max(0, (width + w) / 2 - Math.abs(x - u));
        return weight * wide * Math.max(0, h / 2 - Math.abs(y - v));
      });
      return over.reduce((a, b) => a + b) + i * 4 - (dataset.side === String(i) ? 60 : 0);
    });
    const best = costs.indexOf(Math.min(...costs));
    const [x, y] = seats[best];
    dataset.side = best;
    put(parts[name], { x, y: y + 5 });
    taken.push([x, y, width, 36, 4]);
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
