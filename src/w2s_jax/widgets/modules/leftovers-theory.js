/* Two leftovers of a linear class, w − s and f − g, seen in the plane that they span: the first
   axis is the direction of f − g, and lengths are roots of mean squares. */

/** @import { Point } from "./playground-vectors.js" */

import { dot, length, times } from "./playground-vectors.js";

/** @typedef {{ drop: Point, epsilon: number }} State where w − s ends, and the square of f − g */
/** @typedef {Record<"misfit" | "correction" | "gain" | "epsilon" | "room", number>} Numbers */

export const REACH = 1.5; // the longest w − s
const LONGEST = 0.7; // and the longest f − g

/** @type {(state: State) => Numbers} */
export function weigh({ drop, epsilon }) {
  const misfit = dot(drop, drop);
  const correction = 2 * drop[0] * Math.sqrt(epsilon);
  const room = 2 * Math.sqrt(misfit * epsilon);
  return { misfit, correction, gain: misfit - correction, epsilon, room };
}

/** @type {(drop: Point) => Point} */
export const within = (drop) => times(drop, Math.min(1, REACH / (length(drop) || 1)));

/** @type {(root: number) => number} */
export const square = (root) => Math.max(0, Math.min(LONGEST, root)) ** 2;

/* The w − s nearest to the old one whose misfit and gain are these, or as near as may be. */
/** @type {(misfit: number, gain: number, state: State) => Point} */
export function dropOf(misfit, gain, { drop, epsilon }) {
  const m = Math.max(0, Math.min(REACH ** 2, misfit));
  const size = Math.sqrt(m);
  if (epsilon < 1e-9) return length(drop) ? times(drop, size / length(drop)) : [size, 0];
  const x = Math.max(-size, Math.min(size, (m - gain) / (2 * Math.sqrt(epsilon))));
  return [x, (drop[1] < 0 ? -1 : 1) * Math.sqrt(Math.max(0, m - x * x))];
}

/** @type {Record<string, State>} */
export const PRESETS = {
  "Right angles": { drop: [0, 0.8], epsilon: 0.25 },
  "Same way": { drop: [0.7, 0], epsilon: 0.25 },
  "Opposite ways": { drop: [-0.7, 0], epsilon: 0.25 },
  "Perfect teacher": { drop: [0.5, 0], epsilon: 0.25 },
  "Misfit 4ε": { drop: [1, 0], epsilon: 0.25 },
  "Truth in reach": { drop: [0.6, 0.6], epsilon: 0 },
};

/* A state as a text for the page's address, "0.6,0.4~0.25", and back. */
/** @type {(state: State) => string} */
export const pack = ({ drop, epsilon }) =>
  `${drop.map((x) => Number(x.toFixed(6)))}~${Number(epsilon.toFixed(6))}`;

/** @type {(text: string) => State | null} */
export function unpack(text) {
  const found = /^(-?[\d.]+),(-?[\d.]+)~([\d.]+)$/.exec(text);
  if (!found) return null;
  const [x, y, epsilon] = found.slice(1).map(Number);
  if (![x, y, epsilon].every(Number.isFinite)) return null;
  return { drop: within([x, y]), epsilon: square(Math.sqrt(epsilon)) };
}
