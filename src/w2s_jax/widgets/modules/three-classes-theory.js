/* Three classes: a prediction is a point of the triangle. The strong class is a line between two
   ends, straight in probabilities or in logits, and the student is its nearest point in one of the
   two directions of the Kullback-Leibler divergence. */

/** @import { Point } from "./playground-vectors.js" */

import { along, dot, minus, times } from "./playground-vectors.js";

/** @typedef {"probabilities" | "logits"} Kind what the class is straight in */
/** @typedef {"prediction" | "label"} First which argument of the divergence stands first */
/** @typedef {"misfit" | "weak-error" | "student-error" | "gain" | "slack" | "angle"} Name */
/** @typedef {Record<Name, number>} Numbers */

/**
 * What the reader sets.
 * @typedef {object} State
 * @property {Kind} kind
 * @property {First} first the direction in focus
 * @property {Point} weak
 * @property {Point | number} truth three probabilities, or its place on the class
 * @property {Point[]} ends of the class
 */

/** @typedef {{ place: number, point: Point, value: number }} Foot a point of the class, how far */
/** @typedef {{ student: Foot, rival: Foot | null, truth: Point, numbers: Numbers }} Cell */

export const KINDS = /** @type {const} */ (["probabilities", "logits"]);
export const FIRSTS = /** @type {const} */ (["prediction", "label"]);
export const NONE = 1e-9; // a difference of two divergences that is rounding
const CUTS = 64; // stretches of a class that may each hold a nearest point
const AS_NEAR = 1.03;

/** @type {(p: Point) => Point} */
const logs = (p) => p.map(Math.log);

/** @type {(p: Point) => number} */
const sum = (p) => p.reduce((a, b) => a + b, 0);

/** @type {(z: Point) => Point} */
export function softmax(z) {
  const most = Math.max(...z);
  const sizes = z.map((x) => Math.exp(x - most));
  return times(sizes, 1 / sum(sizes));
}

/* The point at `t` of the line from a (at 0) to b (at 1). */
/** @type {(kind: Kind, ends: Point[], t: number) => Point} */
export function onLine(kind, [a, b], t) {
  if (kind === "probabilities") return along(a, t, minus(b, a));
  return softmax(along(logs(a), t, minus(logs(b), logs(a))));
}

/* How fast that point moves. */
/** @type {(kind: Kind, ends: Point[], t: number) => Point} */
export function speed(kind, [a, b], t) {
  if (kind === "probabilities") return minus(b, a);
  const v = onLine(kind, [a, b], t);
  const tilt = minus(logs(b), logs(a));
  const mean = dot(v, tilt);
  return v.map((x, i) => x * (tilt[i] - mean));
}

/** @type {(p: Point, q: Point) => number} */
export const kl = (p, q) => dot(p, minus(logs(p), logs(q)));

/* The divergence of a prediction from a label. */
/** @type {(first: First, prediction: Point, label: Point) => number} */
export const divergence = (first, prediction, label) =>
  first === "prediction" ? kl(prediction, label) : kl(label, prediction);

/* First and second derivative along the class of the divergence from w. */
/** @type {(kind: Kind, first: First, ends: Point[], w: Point, t: number) => number[]} */
function slopes(kind, first, ends, w, t) {
  const v = onLine(kind, ends, t);
  const u = speed(kind, ends, t);
  const rate = u.map((x, i) => x / v[i]);
  const own = dot(u, rate); // Fisher's information
  if (first === "prediction") {
    const far = minus(logs(v), logs(w));
    const slope = dot(u, far);
    if (kind === "probabilities") return [slope, own];
    const mean = dot(v, far);
    return [slope, own + sum(v.map((x, i) => x * rate[i] ** 2 * (far[i] - mean)))];
  }
  if (kind === "logits") return [-dot(w, rate), own];
  return [-dot(w, rate), sum(w.map((x, i) => x * rate[i] ** 2))];
}

/* Where a slope that is below 0 at `low` and above at `high` vanishes: Newton's steps, halving the
   stretch where they leave it. */
/** @type {(slope: (t: number) => number[], low: number, high: number) => number} */
function root(slope, low, high) {
  let [from, to, t] = [low, high, (low + high) / 2];
  for (let step = 0; step < 100; step += 1) {
    const [value, more] = slope(t);
    if (value < 0) from = t;
    else to = t;
    const newton = t - value / more;
    const next = newton > from && newton < to ? newton : (from + to) / 2;
    if (Math.abs(next - t) < 1e-16 || !value) break;
    t = next;
  }
  return t;
}

/* The points of the class that no neighbor undercuts, the nearest to w first. There may be several
   on a class that is straight in logits, prediction first: that divergence alone is not convex. */
/** @type {(kind: Kind, first: First, ends: Point[], w: Point) => Foot[]} */
export function feet(kind, first, ends, w) {
  /** @type {(t: number) => number[]} */
  const slope = (t) => slopes(kind, first, ends, w, t);
  const cuts = kind === "logits" && first === "prediction" ? CUTS : 1;
  const signs = Array.from({ length: cuts + 1 }, (_, i) => slope(i / cuts)[0]);
  const places = signs[0] >= 0 ? [0] : [];
  for (let i = 0; i < cuts; i += 1)
    if (signs[i] < 0 && signs[i + 1] >= 0) places.push(root(slope, i / cuts, (i + 1) / cuts));
  if (signs[cuts] < 0) places.push(1);
  const found = places.map((place) => {
    const point = onLine(kind, ends, place);
    return { place, point, value: divergence(first, point, w) };
  });
  return found.sort((p, q) => p.value - q.value);
}

/* The place on the class that is nearest in the picture. */
/** @type {(kind: Kind, ends: Point[], point: Point) => number} */
export function slide(kind, ends, point) {
  /** @type {(t: number) => number} */
  const gap = (t) => Math.hypot(...minus(onLine(kind, ends, t), point));
  const grid = Array.from({ length: CUTS + 1 }, (_, i) => i / CUTS);
  const best = grid.reduce((a, b) => (gap(b) < gap(a) ? b : a));
  let [low, high] = [Math.max(0, best - 1 / CUTS), Math.min(1, best + 1 / CUTS)];
  for (let step = 0; step < 50; step += 1) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (gap(a) < gap(b)) high = b;
    else low = a;
  }
  return (low + high) / 2;
}

/* How a way from s to p starts, if it is straight in probabilities or in logits. */
/** @type {(kind: Kind, s: Point, p: Point) => Point} */
export const setOut = (kind, s, p) => speed(kind, [s, p], 0);

/* What the way from w to s is straight in, and the other. */
/** @type {(first: First) => Kind} */
export const legOf = (first) => (first === "prediction" ? "logits" : "probabilities");
/** @type {(first: First) => Kind} */
export const sideOf = (first) => (first === "prediction" ? "probabilities" : "logits");

/* Fisher's inner product of two ways out of s. */
/** @type {(s: Point, x: Point, y: Point) => number} */
export const inner = (s, x, y) => sum(s.map((p, i) => (x[i] * y[i]) / p));

/* The angle at s between the ways to w and to f, in degrees; NaN where one has no length. */
/** @type {(first: First, w: Point, s: Point, f: Point) => number} */
function angleAt(first, w, s, f) {
  const [x, y] = [setOut(legOf(first), s, w), setOut(sideOf(first), s, f)];
  const sizes = Math.sqrt(inner(s, x, x) * inner(s, y, y));
  if (sizes < 1e-10) return NaN;
  return (Math.acos(Math.max(-1, Math.min(1, inner(s, x, y) / sizes))) * 180) / Math.PI;
}

/** @type {(first: First, w: Point, s: Point, f: Point) => Numbers} */
export function weigh(first, w, s, f) {
  const misfit = divergence(first, s, w);
  const weakError = divergence(first, f, w);
  const studentError = divergence(first, f, s);
  // gain − misfit, without the cancellation of three divergences
  const slack =
    first === "prediction"
      ? dot(minus(f, s), minus(logs(s), logs(w)))
      : dot(minus(s, w), minus(logs(f), logs(s)));
  const errors = { "weak-error": weakError, "student-error": studentError };
  const angle = angleAt(first, w, s, f);
  return { ...errors, misfit, gain: weakError - studentError, slack, angle };
}

/** @type {(state: State, kind?: Kind) => Point} */
export const truthOf = ({ kind, ends, truth }, own = kind) =>
  typeof truth === "number" ? onLine(own, ends, truth) : truth;

/* One cell of the table; a truth on the class is at the same place of either class. */
/** @type {(state: State, kind: Kind, first: First) => Cell} */
function cellOf(state, kind, first) {
  const [student, second] = feet(kind, first, state.ends, state.weak);
  const truth = truthOf(state, kind);
  const rival = second && second.value <= AS_NEAR * student.value ? second : null;
  return { student, rival, truth, numbers: weigh(first, state.weak, student.point, truth) };
}

/** @type {(state: State) => Record<string, Cell>} */
export const cellsOf = (state) =>
  Object.fromEntries(
    KINDS.flatMap((kind) =>
      FIRSTS.map((first) => [`${kind} ${first}`, cellOf(state, kind, first)]),
    ),
  );

/** Whether gain ≥ misfit is certain, for a truth on the class. */
/** @type {(kind: Kind, first: First) => boolean} */
export const certain = (kind, first) => kind === sideOf(first);
