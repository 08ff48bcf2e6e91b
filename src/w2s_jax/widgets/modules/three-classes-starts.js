/* Where the picture of three classes starts, the situations to try, and its text for an address. */

/** @import { First, Kind, State } from "./three-classes-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { along, times } from "./playground-vectors.js";
import { ontoSimplex } from "./simplex.js";
import { FIRSTS, KINDS } from "./three-classes-theory.js";

export const LEAST = 0.001; // the smallest probability that a handle gives
const ROOM = 1 - 3 * LEAST;

/* The nearest point whose probabilities are not below the least. */
/** @type {(p: Point) => Point} */
export function within(p) {
  const inner = times(along(p, -LEAST, [1, 1, 1]), 1 / ROOM);
  return inner.every((x) => x >= 0) ? p : along([LEAST, LEAST, LEAST], ROOM, ontoSimplex(inner));
}

/** @type {(x: number) => number} */
export const share = (x) => Math.max(0, Math.min(1, x));

/** @type {State} */
export const START = {
  kind: "probabilities",
  first: "prediction",
  weak: [0.15, 0.3, 0.55],
  truth: 0.25,
  ends: [
    [0.7, 0.05, 0.25],
    [0.05, 0.75, 0.2],
  ],
};
const BELOW = { ...START, weak: [0.55, 0.3, 0.15], truth: 0.8 };

/** @type {Record<string, State>} */
export const PRESETS = {
  "Probabilities, prediction first": START,
  "Probabilities, label first": { ...START, first: "label", weak: [0.06, 0.36, 0.58], truth: 0.05 },
  "Logits, prediction first": { ...BELOW, kind: "logits" },
  "Logits, label first": { ...BELOW, kind: "logits", first: "label" },
  "Confident teacher": { ...START, weak: [0.002, 0.003, 0.995], truth: 0.7 },
  "Student at an end": { ...START, weak: [0.84, 0.01, 0.15], truth: 0.4 },
  "Truth off the class": { ...START, truth: [0.35, 0.2, 0.45] },
  "Two nearest points": {
    ...START,
    kind: "logits",
    weak: [0.64, 0.35, 0.01],
    truth: 0.35,
    ends: [
      [0.08, 0.58, 0.34],
      [0.58, 0.03, 0.39],
    ],
  },
};

/* A picture as a text, "logits~label~w:0.2,0.3~f:0.8~a:0.7,0.2~b:0.1,0.3", and back. The third
   probability is what is left; a truth of one number is a place on the class. */
/** @type {(value: Point | number) => string} */
const written = (value) =>
  (typeof value === "number" ? [value] : value.slice(0, 2))
    .map((x) => Number(x.toFixed(6)))
    .join(",");

/** @type {(state: State) => string} */
export function pack({ kind, first, weak, truth, ends: [a, b] }) {
  const points = Object.entries({ w: weak, f: truth, a, b });
  return [kind, first, ...points.map(([name, value]) => `${name}:${written(value)}`)].join("~");
}

/** @type {(text: string) => Point | number | null} */
function parse(text) {
  const numbers = text.split(",").map((x) => (x ? Number(x) : NaN));
  if (!numbers.every((x) => x >= 0 && x <= 1)) return null;
  if (numbers.length === 1) return numbers[0];
  const [p, q] = numbers;
  return numbers.length === 2 && p + q <= 1 ? within([p, q, 1 - p - q]) : null;
}

/** @type {(text: string) => State | null} */
export function unpack(text) {
  const found = /^(\w+)~(\w+)~w:([\d.,]+)~f:([\d.,]+)~a:([\d.,]+)~b:([\d.,]+)$/.exec(text);
  if (!found) return null;
  const [kind, first] = /** @type {[Kind, First]} */ (found.slice(1, 3));
  const [weak, truth, a, b] = found.slice(3).map(parse);
  if (!KINDS.includes(kind) || !FIRSTS.includes(first) || truth === null) return null;
  if (!Array.isArray(weak) || !Array.isArray(a) || !Array.isArray(b)) return null;
  return { kind, first, weak, truth, ends: [a, b] };
}
