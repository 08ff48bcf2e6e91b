/* Where names stand in the triangle of three classes. */

/** @import { Cell, State } from "./three-classes-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { hide, put } from "./elements.js";
import { occupied, placeLabels } from "./names.js";
import { along, dot, minus } from "./playground-vectors.js";
import { CORNERS, HEIGHT, WIDTH, pixel, push } from "./three-classes-plane.js";

const EDGE = [0, 0, WIDTH, HEIGHT];
const CLASSES = CORNERS.map(([x, y], i) => [x, y + (i < 2 ? 18 : -14), 44, 16, 4]);
/** Where the name of a region may stand. @type {Point[]} */
const SPOTS = Array.from({ length: 17 }, (_, i) => i + 1).flatMap((i) =>
  Array.from({ length: 18 - i }, (_, j) => [i / 19, (j + 1) / 19, (18 - i - j) / 19]),
);

/* The ways are lists of points, those that bend of 49. */
/** @type {(list: Point[]) => Point[][]} */
const pieces = (list) =>
  list.length === 2 ? [list] : [0, 1, 2, 3, 4, 5].map((i) => [list[8 * i], list[8 * i + 8]]);

/** @type {(parts: any, state: State, cell: Cell, others: Point[], ways: Point[][]) => void} */
export function paintNames(parts, { first, weak, ends }, cell, others, ways) {
  const { student, rival, truth, numbers } = cell;
  const s = student.point;
  const labels = [
    { name: "weak-name", at: pixel(weak), width: 98 },
    { name: "truth-name", at: pixel(truth), width: 50 },
    { name: "student-name", at: pixel(s), width: 70 },
    { name: "a-name", at: pixel(ends[0]), width: 14 },
    { name: "b-name", at: pixel(ends[1]), width: 14 },
  ];
  if (rival) labels.push({ name: "rival-name", at: pixel(rival.point), width: 84 });
  const points = [weak, truth, s, ...ends, ...others].map(pixel);
  const sides = ways.flatMap(pieces).map((side) => side.map(pixel));
  const taken = [...occupied(points, sides), ...CLASSES];
  placeLabels(parts, labels, taken, EDGE);
  for (const { name, width } of labels) {
    const [x, y] = ["x", "y"].map((k) => Number(parts[name].getAttribute(k)));
    taken.push([x, y - 5, width]);
  }
  // the gain that a truth p makes is linear in p or in its logarithms
  const [v, u] = [s, weak].map((p) => p.map(Math.log));
  const [slope, base] =
    first === "prediction" ? [minus(v, u), 0] : [minus(s, weak), dot(weak, u) - dot(s, v)];
  /** @type {(p: Point) => number} */
  const gain = (p) => base + dot(slope, first === "prediction" ? p : p.map(Math.log));
  const { misfit } = numbers;
  nameRegion(parts["harm-name"], taken, 50, (p) => misfit > 1e-3 && gain(p) < 0);
  nameRegion(parts["less-name"], taken, 84, (p) => gain(p) > 0 && gain(p) < misfit);
}

/* A region's name stands where it is clear of all else, and where it was if it can; or nowhere. */
/** @type {(node: any, taken: number[][], width: number, inside: (p: Point) => boolean) => void} */
function nameRegion(node, taken, width, inside) {
  const rooms = SPOTS.map((p, i) => {
    const clear = [-0.5, 0, 0.5].every((t) => {
      const q = along(p, 1, push(t * width, -6));
      return Math.min(...q) > 0 && inside(q);
    });
    if (!clear) return 0;
    const [x, y] = pixel(p);
    const gaps = taken.map(([u, v, w]) =>
      Math.hypot(Math.max(0, Math.abs(x - u) - (width + w) / 2), y - 5 - v),
    );
    return Math.min(60, ...gaps) + (node.dataset.spot === String(i) ? 8 : 0);
  });
  const best = rooms.indexOf(Math.max(...rooms));
  hide(node, rooms[best] < 14);
  node.dataset.spot = best;
  const [x, y] = pixel(SPOTS[best]);
  put(node, { x, y });
}
