/* The handles by which a reader shapes the set. */

/** @import { State } from "./playground-theory.js" */
/** @import { Point } from "./playground-vectors.js" */
/** @import { Frame } from "./playground-look.js" */

import { crescent } from "./playground-theory.js";
import { along, direction, dot, length, minus } from "./playground-vectors.js";

/**
 * @typedef {object} Handle
 * @property {string} name
 * @property {string} label
 * @property {string} [unit] of its value
 * @property {(state: State) => number} [value] of a handle that sets one number
 * @property {(state: State, frame: Frame) => Point} at where it is
 * @property {(point: Point, state: State, frame: Frame) => Partial<State>} move it there
 * @property {(by: number, state: State) => Partial<State>} [step] of a key
 * @property {(truth: Point, before: State, after: State, frame: Frame) => Point} [carry] a
 *   realizable truth along
 */

const LEAST = 0.1; // the smallest radius a handle gives

/** @type {(x: number) => number} */
const size = (x) => Math.max(LEAST, x);

/** @type {Handle} */
export const centreHandle = {
  name: "centre",
  label: "Centre of the set",
  at: ({ centre }) => centre,
  move: (point) => ({ centre: point }),
  carry: (truth, before, after) => along(truth, 1, minus(after.centre, before.centre)),
};

/* A handle that slides on the ray from `from` along `way`, and sets one length. */
/**
 * @param {string} name
 * @param {string} label
 * @param {(state: State) => Point} from
 * @param {(state: State, frame: Frame) => Point} way
 * @param {(state: State) => number} get
 * @param {(length: number, state: State) => Partial<State>} set
 * @returns {Handle}
 */
function sliding(name, label, from, way, get, set) {
  return {
    name,
    label,
    value: get,
    at: (state, frame) => along(from(state), get(state), way(state, frame)),
    move: (point, state, frame) =>
      set(size(dot(minus(point, from(state)), way(state, frame))), state),
    step: (by, state) => set(size(get(state) + by), state),
  };
}

/** @type {(state: State) => Point} */
export const centre = (state) => state.centre;

/** @type {(way: (state: State, frame: Frame) => Point) => Handle} */
export function radius(way) {
  const name = "Radius of the set";
  return sliding(
    "radius",
    name,
    centre,
    way,
    (state) => state.radius,
    (r) => ({ radius: r }),
  );
}

/** The end of a line through `middle`. @type {(middle: (state: State) => Point) => Handle} */
export const turn = (middle) => ({
  name: "turn",
  label: "Angle of the line",
  unit: "degrees",
  value: ({ angle }) => (angle * 180) / Math.PI,
  at: (state, { reach }) => {
    const [u, m] = [direction(state.angle), middle(state)];
    const room = m.map((c, i) => (reach[i] * 1.04 * Math.sign(u[i]) - c) / u[i]);
    return along(m, Math.max(0.3, Math.min(...room.filter((t) => t > 0))), u);
  },
  move: (point, state) => {
    const [x, y] = minus(point, middle(state));
    return { angle: Math.atan2(y, x) };
  },
  step: (by, { angle }) => ({ angle: Math.atan2(Math.sin(angle + by), Math.cos(angle + by)) }),
  carry: (truth, before, after, { into }) => {
    const t = dot(minus(truth, middle(before)), direction(before.angle));
    return into(along(middle(after), t, direction(after.angle)));
  },
});

/** @type {Handle[]} */
export const axes = [
  {
    name: "first-axis",
    label: "First axis of the ellipse",
    value: ({ radii }) => radii[0],
    at: ({ centre: c, radii, angle }) => along(c, radii[0], direction(angle)),
    move: (point, { centre: c, radii }) => {
      const arm = minus(point, c);
      return { radii: [size(length(arm)), radii[1]], angle: Math.atan2(arm[1], arm[0]) };
    },
  },
  sliding(
    "second-axis",
    "Second axis of the ellipse",
    centre,
    ({ angle }) => direction(angle - Math.PI / 2),
    ({ radii }) => radii[1],
    (r, { radii }) => ({ radii: [radii[0], r] }),
  ),
];

/* A bite may not swallow the whole disc. */
/** @type {(away: number, bitten: number, state: State) => Partial<State>} */
const biteOf = (away, bitten, state) => ({
  bite: [away, Math.min(bitten, size(away + state.radius - LEAST))],
});

/** @type {Handle[]} */
export const biting = [
  {
    name: "bite",
    label: "Centre of the bite",
    at: (state) => crescent(state).jaw,
    move: (point, state) => {
      const arm = minus(point, state.centre);
      const angle = length(arm) ? Math.atan2(arm[1], arm[0]) : state.angle;
      return { angle, ...biteOf(length(arm), state.bite[1], state) };
    },
  },
  sliding(
    "bitten",
    "Radius of the bite",
    (state) => crescent(state).jaw,
    ({ angle }) => direction(angle - 1),
    ({ bite }) => bite[1],
    (r, state) => biteOf(state.bite[0], r, state),
  ),
];

/** @type {(state: State) => Handle[]} */
export const corners = ({ vertices }) =>
  vertices.map((_, i) => ({
    name: `vertex-${i}`,
    label: `Corner ${i + 1} of the polygon`,
    at: (state) => state.vertices[i],
    move: (point, state) => ({ vertices: state.vertices.map((v, j) => (j === i ? point : v)) }),
  }));
