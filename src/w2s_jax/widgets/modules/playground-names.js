/* Keeps the names of the playground clear of its axes, points and sides. */

/** @import { Label } from "./names.js" */
/** @import { Frame } from "./playground-look.js" */
/** @import { Parts } from "./elements.js" */
/** @import { Point } from "./playground-vectors.js" */

import { occupied, placeLabels } from "./names.js";

const SEATED = ["A-name", "B-name", "C-name", "angle-name", "space-1", "space-2", "space-3"];

/**
 * @param {Parts} parts
 * @param {Label[]} labels
 * @param {Point[]} points
 * @param {Point[][]} sides
 * @param {Frame} frame
 */
export function placeNames(parts, labels, points, sides, { solid, edge }) {
  const taken = occupied(points, sides);
  const axis = ["x", "y"].map((k) => Number(parts["axis-1"].getAttribute(k)));
  if (!solid) taken.push([axis[0] - 54, axis[1] - 4, 116, 18, 4]);
  for (const name of SEATED) {
    const [x, y] = ["x", "y"].map((k) => Number(parts[name].getAttribute(k)));
    if (!parts[name].classList.contains("w2s-hidden")) taken.push([x, y - 5, 28, 18, 4]);
  }
  placeLabels(parts, labels, taken, edge);
}
