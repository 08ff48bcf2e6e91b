/* The mathematics of the playground: exact projections onto each strong class, and what follows from them.
   A point holds a function's predictions on two or three equally likely inputs. */

import { across, along, direction, dot, length, minus } from "./playground-vectors.js";

export const mean = (a, b) => dot(a, b) / a.length;
export const distance = (a, b) => mean(minus(a, b), minus(a, b));
const origin = (like) => like.map(() => 0);
const shifted = (point, centre, inner) => along(centre, 1, inner(minus(point, centre)));

function ontoLine(y, angle) {
  const u = direction(angle);
  return along(origin(y), dot(y, u), u);
}

export function ontoBall(y, radius) {
  const size = length(y);
  return size <= radius ? y : along(origin(y), radius / size, y);
}

/* x = a² y / (a² + t), where t is the only positive root of a decreasing convex function: Newton's steps from its
   left never pass the root. */
export function ontoEllipse(y, radii) {
  const squares = radii.map((a) => a * a);
  const excess = (t) => y.reduce((sum, x, i) => sum + ((radii[i] * x) / (squares[i] + t)) ** 2, -1);
  if (excess(0) <= 0) return y;
  let t = Math.max(0, ...y.map((x, i) => radii[i] * Math.abs(x) - squares[i]));
  for (let step = 0; step < 100; step += 1) {
    const slope = y.reduce((sum, x, i) => sum + (2 * (radii[i] * x) ** 2) / (squares[i] + t) ** 3, 0);
    const next = t + excess(t) / slope;
    if (!(next > t)) break;
    t = next;
  }
  return y.map((x, i) => (squares[i] * x) / (squares[i] + t));
}

export function ontoSimplex(y, total = 1) {
  const sorted = [...y].sort((a, b) => b - a);
  let [sum, shift] = [0, 0];
  sorted.forEach((x, i) => {
    sum += x;
    if (x > (sum - total) / (i + 1)) shift = (sum - total) / (i + 1);
  });
  return y.map((x) => Math.max(0, x - shift));
}

export function ontoL1Ball(y, radius) {
  if (y.reduce((sum, x) => sum + Math.abs(x), 0) <= radius) return y;
  const sizes = ontoSimplex(y.map(Math.abs), radius);
  return y.map((x, i) => Math.sign(x) * sizes[i]);
}

/* The corners of the convex hull, anticlockwise, from the lowest leftmost (Andrew's monotone chain). */
export function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list) => {
    const chain = [];
    for (const p of list) {
      while (chain.length > 1 && dot(across(minus(chain.at(-1), chain.at(-2))), minus(p, chain.at(-1))) <= 0) chain.pop();
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  const corners = [...half(sorted), ...half(sorted.reverse())];
  return corners.length ? corners : [points[0]];
}

function ontoSegment(p, a, b) {
  const edge = minus(b, a);
  const size = dot(edge, edge);
  return along(a, size ? Math.max(0, Math.min(1, dot(minus(p, a), edge) / size)) : 0, edge);
}

export function ontoPolygon(p, points) {
  const corners = hull(points);
  const edges = corners.map((a, i) => [a, corners[(i + 1) % corners.length]]);
  if (corners.length > 2 && edges.every(([a, b]) => dot(across(minus(b, a)), minus(p, a)) >= 0)) return p;
  return closest(p, edges.map(([a, b]) => ontoSegment(p, a, b)))[0];
}

function closest(p, candidates) {
  return candidates.map((v) => [length(minus(v, p)), v]).sort((a, b) => a[0] - b[0]).map(([, v]) => v);
}

/* A disc without the open disc that bites it. `tips` are where the two circles cross. */
export function crescent({ centre, radius, angle, bite: [away, bitten] }) {
  const u = direction(angle);
  const jaw = along(centre, away, u);
  const reach = (radius ** 2 + away ** 2 - bitten ** 2) / (2 * away); // along u, from the centre
  const half = Math.sqrt(radius ** 2 - reach ** 2); // NaN where the circles do not cross
  const tips = half >= 0 ? [-half, half].map((t) => along(along(centre, reach, u), t, across(u))) : [];
  return { jaw, tips, back: along(centre, -1, u), u };
}

/* Every point of the crescent that may be the nearest one, the nearest first. */
export function ontoCrescent(p, state) {
  const { centre, radius, bite } = state;
  const { jaw, tips, u } = crescent(state);
  const inDisc = (v) => length(minus(v, centre)) <= radius * (1 + 1e-12);
  const unbitten = (v) => length(minus(v, jaw)) >= bite[1] * (1 - 1e-12);
  if (inDisc(p) && unbitten(p)) return [p];
  const rim = (c, r) => {
    const arm = minus(p, c);
    const size = length(arm);
    return size ? along(c, r / size, arm) : along(c, -r, u); // at a centre every direction is as near
  };
  const arcs = [rim(centre, radius), rim(jaw, bite[1])].filter((v) => inDisc(v) && unbitten(v));
  return closest(p, [...arcs, ...tips]);
}

const PROJECT = {
  line: (p, { centre, angle }) => shifted(p, centre, (y) => ontoLine(y, angle)),
  triangle: (p, { angle }) => ontoLine(p, angle),
  ball: (p, { centre, radius }) => shifted(p, centre, (y) => ontoBall(y, radius)),
  ellipse: (p, { centre, radii, angle }) => {
    const u = direction(angle);
    const inner = (y) => ontoEllipse([dot(y, u), dot(y, across(u))], radii);
    const back = ([a, b]) => along(along([0, 0], a, u), b, across(u));
    return shifted(p, centre, (y) => back(inner(y)));
  },
  polygon: (p, { vertices }) => ontoPolygon(p, vertices),
  "l1-ball": (p, { centre, radius }) => shifted(p, centre, (y) => ontoL1Ball(y, radius)),
  crescent: (p, state) => ontoCrescent(p, state)[0],
  "ball-3d": (p, { centre, radius }) => shifted(p, centre, (y) => ontoBall(y, radius)),
  simplex: (p) => ontoSimplex(p),
};

export const projectOnto = (state, point) => PROJECT[state.shape](point, state);

/* Where the student could stand as well: a second point of the crescent, apart from it and (nearly) as near. */
function findRival(state, student) {
  if (state.shape !== "crescent") return null;
  const fit = (v) => length(minus(v, state.weak));
  const apart = (v) => length(minus(v, student)) > 0.3 * state.radius;
  return ontoCrescent(state.weak, state).find((v) => apart(v) && fit(v) <= 1.03 * fit(student)) ?? null;
}

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
  const sizes = length(toWeak) * length(toTruth);
  const flat = Math.min(length(toWeak), length(toTruth)) < 1e-6; // no angle at a corner without sides
  const angle = flat ? NaN : (Math.acos(Math.max(-1, Math.min(1, dot(toWeak, toTruth) / sizes))) * 180) / Math.PI;
  const numbers = { "weak-error": weakError, "student-error": studentError, misfit, gain, slack, cross, correction, epsilon, floor, angle };
  return { student, shadow, rival: findRival(state, student), numbers };
}
