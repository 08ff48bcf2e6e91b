/* The mathematics of the playground: exact projections onto each strong class, and what follows
   from them. */

/** @import { Point } from "./playground-vectors.js" */

import {
  across,
  along,
  clamp,
  direction,
  dot,
  length,
  minus,
  times,
} from "./playground-vectors.js";
import { ontoSimplex } from "./simplex.js";

/**
 * @typedef {object} State what the reader sets
 * @property {string} shape of the strong class
 * @property {Point} weak
 * @property {Point} truth
 * @property {Point} centre
 * @property {number} radius
 * @property {number[]} radii
 * @property {number} angle
 * @property {number[]} bite
 * @property {Point[]} vertices
 * @property {number[]} view
 * @property {boolean} realizable
 */

/** @typedef {Record<string, number>} Numbers */
/** @typedef {{ student: Point, shadow: Point, rival: Point | null, numbers: Numbers }} Result */

/** @type {(a: Point, b: Point) => number} */
const mean = (a, b) => dot(a, b) / a.length;

/** @type {(a: Point, b: Point) => number} */
export const distance = (a, b) => mean(minus(a, b), minus(a, b));

/** @type {(y: Point, centre: Point, inner: (y: Point) => Point) => Point} */
const shifted = (y, centre, inner) => along(centre, 1, inner(minus(y, centre)));

/** @type {(y: Point, angle: number) => Point} */
function ontoLine(y, angle) {
  const u = direction(angle);
  return times(u, dot(y, u));
}

/** @type {(y: Point, radius: number) => Point} */
function ontoBall(y, radius) {
  const size = length(y);
  return size <= radius ? y : times(y, radius / size);
}

/* x = a² y / (a² + t), where t is the only positive root of a decreasing convex function: Newton's
   steps from its left never pass the root. */
/** @type {(y: Point, radii: number[]) => Point} */
function ontoEllipse(y, radii) {
  const squares = radii.map((a) => a * a);
  /** @type {(t: number, power: number) => number} */
  const sum = (t, power) =>
    y.reduce((all, x, i) => all + (radii[i] * x) ** 2 / (squares[i] + t) ** power, 0);
  if (sum(0, 2) <= 1) return y;
  let t = Math.max(0, ...y.map((x, i) => radii[i] * Math.abs(x) - squares[i]));
  for (let step = 0; step < 100; step += 1) {
    const next = t + (sum(t, 2) - 1) / (2 * sum(t, 3));
    if (!(next > t)) break;
    t = next;
  }
  return y.map((x, i) => (squares[i] * x) / (squares[i] + t));
}

/** @type {(y: Point, radius: number) => Point} */
function ontoL1Ball(y, radius) {
  if (y.reduce((sum, x) => sum + Math.abs(x), 0) <= radius) return y;
  const sizes = ontoSimplex(y.map(Math.abs), radius);
  return y.map((x, i) => Math.sign(x) * sizes[i]);
}

/* The corners of the convex hull, anticlockwise, from the lowest leftmost (Andrew's monotone
   chain). */
/** @type {(points: Point[]) => Point[]} */
export function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  /** @type {(a: Point, b: Point, p: Point) => boolean} */
  const bends = (a, b, p) => dot(across(minus(b, a)), minus(p, b)) > 0;
  /** @type {(list: Point[]) => Point[]} */
  const half = (list) => {
    /** @type {Point[]} */
    const chain = [];
    for (const p of list) {
      while (chain.length > 1 && !bends(chain[chain.length - 2], chain[chain.length - 1], p))
        chain.pop();
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  const corners = [...half(sorted), ...half(sorted.reverse())];
  return corners.length ? corners : [points[0]];
}

/** @type {(p: Point, a: Point, b: Point) => Point} */
function ontoSegment(p, a, b) {
  const edge = minus(b, a);
  const size = dot(edge, edge);
  return along(a, size ? Math.max(0, Math.min(1, dot(minus(p, a), edge) / size)) : 0, edge);
}

/** @type {(p: Point, points: Point[]) => Point} */
function ontoPolygon(p, points) {
  const corners = hull(points);
  const edges = corners.map((a, i) => [a, corners[(i + 1) % corners.length]]);
  const inside = edges.every(([a, b]) => dot(across(minus(b, a)), minus(p, a)) >= 0);
  if (corners.length > 2 && inside) return p;
  const feet = edges.map(([a, b]) => ontoSegment(p, a, b));
  return closest(p, feet)[0];
}

/** @type {(p: Point, candidates: Point[]) => Point[]} */
function closest(p, candidates) {
  return [...candidates].sort((a, b) => length(minus(a, p)) - length(minus(b, p)));
}

/* A disc without the open disc that bites it. `tips` are where the two circles cross. */
/** @type {(state: State) => { jaw: Point, tips: Point[], u: Point }} */
export function crescent({ centre, radius, angle, bite: [away, bitten] }) {
  const u = direction(angle);
  const jaw = along(centre, away, u);
  const reach = (radius ** 2 + away ** 2 - bitten ** 2) / (2 * away); // along u, from the centre
  const half = Math.sqrt(radius ** 2 - reach ** 2); // NaN where the circles do not cross
  const middle = along(centre, reach, u);
  const tips = half >= 0 ? [-half, half].map((t) => along(middle, t, across(u))) : [];
  return { jaw, tips, u };
}

/* Every point of the crescent that may be the nearest one, the nearest first. */
/** @type {(p: Point, state: State) => Point[]} */
function ontoCrescent(p, state) {
  const { centre, radius, bite } = state;
  const { jaw, tips, u } = crescent(state);
  /** @type {(v: Point) => boolean} */
  const inDisc = (v) => length(minus(v, centre)) <= radius * (1 + 1e-12);
  /** @type {(v: Point) => boolean} */
  const unbitten = (v) => length(minus(v, jaw)) >= bite[1] * (1 - 1e-12);
  if (inDisc(p) && unbitten(p)) return [p];
  /** @type {(c: Point, r: number) => Point} */
  const rim = (c, r) => {
    const arm = minus(p, c);
    const size = length(arm);
    return size ? along(c, r / size, arm) : along(c, -r, u); // from a centre all are as near
  };
  const arcs = [rim(centre, radius), rim(jaw, bite[1])].filter((v) => inDisc(v) && unbitten(v));
  return closest(p, [...arcs, ...tips]);
}

/** @type {Record<string, (p: Point, state: State) => Point>} */
const PROJECT = {
  line: (p, { centre, angle }) => shifted(p, centre, (y) => ontoLine(y, angle)),
  triangle: (p, { angle }) => ontoLine(p, angle),
  ball: (p, { centre, radius }) => shifted(p, centre, (y) => ontoBall(y, radius)),
  ellipse: (p, { centre, radii, angle }) => {
    const [u, v] = [direction(angle), across(direction(angle))];
    return shifted(p, centre, (y) => {
      const [a, b] = ontoEllipse([dot(y, u), dot(y, v)], radii);
      return along(times(u, a), b, v);
    });
  },
  polygon: (p, { vertices }) => ontoPolygon(p, vertices),
  "l1-ball": (p, { centre, radius }) => shifted(p, centre, (y) => ontoL1Ball(y, radius)),
  crescent: (p, state) => ontoCrescent(p, state)[0],
  "ball-3d": (p, { centre, radius }) => shifted(p, centre, (y) => ontoBall(y, radius)),
  simplex: (p) => ontoSimplex(p),
};

/** @type {(state: State, point: Point) => Point} */
export const projectOnto = (state, point) => PROJECT[state.shape](point, state);

/* With a realizable truth in the set; the same state where it is there but for rounding. */
/** @type {(state: State) => State} */
export function realize(state) {
  const truth = state.realizable ? projectOnto(state, state.truth) : state.truth;
  const off = length(minus(state.truth, truth)) > 1e-9 * Math.max(1, length(truth));
  return off ? { ...state, truth } : state;
}

/* Where the student could stand as well: a second point of the crescent, apart from it and (nearly)
   as near. */
/** @type {(state: State, student: Point) => Point | null} */
function findRival(state, student) {
  if (state.shape !== "crescent") return null;
  /** @type {(v: Point) => number} */
  const fit = (v) => length(minus(v, state.weak));
  /** @type {(v: Point) => boolean} */
  const rivals = (v) =>
    length(minus(v, student)) > 0.3 * state.radius && fit(v) <= 1.03 * fit(student);
  return ontoCrescent(state.weak, state).find(rivals) ?? null;
}

/* The angle between two sides in degrees; NaN at a corner without sides. */
/** @type {(a: Point, b: Point) => number} */
function angleBetween(a, b) {
  if (Math.min(length(a), length(b)) < 1e-6) return NaN;
  return (Math.acos(clamp(dot(a, b) / (length(a) * length(b)), 1)) * 180) / Math.PI;
}

/** @type {(state: State) => Result} */
export function weigh(state) {
  const { weak, truth, shape } = state;
  const student = projectOnto(state, weak);
  const shadow = projectOnto(state, truth);
  const [toWeak, toTruth] = [minus(weak, student), minus(truth, student)];
  const weakError = distance(weak, truth);
  const studentError = distance(student, truth);
  const misfit = distance(student, weak);
  const gain = weakError - studentError;
  const slack = gain - misfit;
  const cross = -2 * mean(toWeak, toTruth);
  const correction = 2 * mean(toWeak, minus(truth, shadow));
  const epsilon = distance(truth, shadow);
  const floor = shape === "crescent" ? NaN : -2 * Math.sqrt(misfit * epsilon);
  const angle = angleBetween(toWeak, toTruth);
  const errors = { "weak-error": weakError, "student-error": studentError, misfit, gain, slack };
  const numbers = { ...errors, cross, correction, epsilon, floor, angle };
  return { student, shadow, rival: findRival(state, student), numbers };
}
