/* The nearest point of the simplex: numbers ≥ 0 with a given sum. */

/** @import { Point } from "./playground-vectors.js" */

/** @type {(y: Point, total?: number) => Point} */
export function ontoSimplex(y, total = 1) {
  const sorted = [...y].sort((a, b) => b - a);
  let [sum, shift] = [0, 0];
  sorted.forEach((x, i) => {
    sum += x;
    if (x > (sum - total) / (i + 1)) shift = (sum - total) / (i + 1);
  });
  return y.map((x) => Math.max(0, x - shift));
}
