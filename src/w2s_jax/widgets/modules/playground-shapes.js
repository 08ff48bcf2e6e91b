/* The strong classes: where each starts, what it looks like, the handles that shape it, and its text for an address. */

import { crescent, hull } from "./playground-theory.js";
import { across, along, direction, dot, length, minus } from "./playground-vectors.js";

const LEAST = 0.1; // the smallest radius a handle gives
const turnTo = (angle) => Math.atan2(Math.sin(angle), Math.cos(angle));
const size = (x) => Math.max(LEAST, x);

const centreHandle = {
  name: "centre",
  label: "Centre of the set",
  at: ({ centre }) => centre,
  move: (point) => ({ centre: point }),
  carry: (truth, before, after) => along(truth, 1, minus(after.centre, before.centre)),
};

/* A handle that slides on the ray from `from` along `way`, and sets one length. */
function sliding(name, label, from, way, get, set) {
  return {
    name,
    label,
    value: get,
    at: (state, frame) => along(from(state), get(state), way(state, frame)),
    move: (point, state, frame) => set(size(dot(minus(point, from(state)), way(state, frame))), state),
    step: (by, state) => set(size(get(state) + by), state),
  };
}

const centre = (state) => state.centre;
const radius = (way) => sliding("radius", "Radius of the set", centre, way, (state) => state.radius, (r) => ({ radius: r }));

/* The end of a line through `middle`. */
const turn = (middle) => ({
  name: "turn",
  label: "Angle of the line",
  unit: "degrees",
  value: ({ angle }) => (angle * 180) / Math.PI,
  at: (state, { reach }) => {
    const [u, [x, y]] = [direction(state.angle), middle(state)];
    const room = [x, y].map((c, i) => (reach[i] * 1.04 * Math.sign(u[i]) - c) / u[i]);
    return along([x, y], Math.max(0.3, Math.min(...room.filter((t) => t > 0))), u);
  },
  move: (point, state) => {
    const [x, y] = minus(point, middle(state));
    return { angle: Math.atan2(y, x) };
  },
  step: (by, { angle }) => ({ angle: turnTo(angle + by) }),
  carry: (truth, before, after, into) => {
    const t = dot(minus(truth, middle(before)), direction(before.angle));
    return into(along(middle(after), t, direction(after.angle)));
  },
});

const ellipse = [
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
  sliding("second-axis", "Second axis of the ellipse", centre, ({ angle }) => direction(angle - Math.PI / 2), ({ radii }) => radii[1], (r, { radii }) => ({ radii: [radii[0], r] })),
];

/* A bite may not swallow the whole disc. */
const biteOf = (away, bitten, state) => ({ bite: [away, Math.min(bitten, size(away + state.radius - LEAST))] });
const biting = [
  {
    name: "bite",
    label: "Centre of the bite",
    at: (state) => crescent(state).jaw,
    move: (point, state) => {
      const arm = minus(point, state.centre);
      return { angle: length(arm) ? Math.atan2(arm[1], arm[0]) : state.angle, ...biteOf(length(arm), state.bite[1], state) };
    },
  },
  sliding("bitten", "Radius of the bite", (state) => crescent(state).jaw, ({ angle }) => direction(angle - 1), ({ bite }) => bite[1], (r, state) => biteOf(state.bite[0], r, state)),
];

const vertices = ({ vertices: all }) =>
  all.map((_, i) => ({
    name: `vertex-${i}`,
    label: `Corner ${i + 1} of the polygon`,
    at: (state) => state.vertices[i],
    move: (point, state) => ({ vertices: state.vertices.map((v, j) => (j === i ? point : v)) }),
  }));

/* The arc c + r (a cos t + b sin t); all round, or from one angle to another. */
const arc = (c, r, [a, b] = [[1, 0], [0, 1]], from = 0, to = 2 * Math.PI) =>
  Array.from({ length: 97 }, (_, i) => {
    const t = from + ((to - from) * i) / 96;
    return along(along(c, r * Math.cos(t), a), r * Math.sin(t), b);
  });

function crescentRings(state) {
  const { centre: c, radius: r, bite: [away, bitten] } = state;
  const { jaw, tips, u } = crescent(state);
  if (!tips.length) return away + bitten <= r ? [arc(c, r), arc(jaw, bitten)] : [arc(c, r)];
  const wide = (from) => Math.acos(Math.max(-1, Math.min(1, dot(minus(tips[1], from), u) / length(minus(tips[1], from)))));
  const [outer, inner] = [wide(c), wide(jaw)];
  const axes = [u, across(u)];
  return [[...arc(c, r, axes, outer, 2 * Math.PI - outer), ...arc(jaw, bitten, axes, 2 * Math.PI - inner, inner)]];
}

const corner = (c, r) => [[1, 0], [0, 1], [-1, 0], [0, -1]].map((v) => along(c, r, v));
const down = () => direction(-Math.PI / 4);

/* `uses` names the parts of the state that shape the set, handles(state) move them, rings(state, view) outline it, holes
   included. A handle's carry says how a realizable truth comes along. The triangle is a picture of its own: no other shape
   is offered beside it. */
export const SHAPES = {
  line: {
    words: "Line",
    within: "on the line",
    hint: ", the line or its end",
    endless: true,
    uses: ["centre", "angle"],
    handles: () => [{ ...centreHandle, label: "A point of the line" }, turn(centre)],
    rings: ({ centre: c, angle }) => [[c, along(c, 1, direction(angle))]],
  },
  ball: {
    words: "Ball",
    within: "in the ball",
    hint: ", the centre or the radius",
    uses: ["centre", "radius"],
    handles: () => [centreHandle, radius(down)],
    rings: (s) => [arc(s.centre, s.radius)],
  },
  ellipse: {
    words: "Ellipse",
    within: "in the ellipse",
    hint: ", the centre or an axis",
    uses: ["centre", "radii", "angle"],
    handles: () => [centreHandle, ...ellipse],
    rings: ({ centre: c, radii, angle }) => {
      const u = direction(angle);
      return [arc(c, 1, [u.map((x) => x * radii[0]), across(u).map((x) => x * radii[1])])];
    },
  },
  polygon: {
    words: "Polygon",
    within: "in the polygon",
    hint: " or a corner. The set is the convex hull of the corners, so it stays convex",
    uses: ["vertices"],
    handles: vertices,
    rings: (s) => [hull(s.vertices)],
  },
  "l1-ball": {
    words: "L1 ball",
    within: "in the L1 ball",
    hint: ", the centre or the radius",
    uses: ["centre", "radius"],
    handles: () => [centreHandle, radius(() => [1, 0])],
    rings: (s) => [corner(s.centre, s.radius)],
  },
  crescent: {
    words: "Crescent",
    within: "in the crescent",
    hint: " or the knobs of its two circles",
    uses: ["centre", "radius", "angle", "bite"],
    handles: () => [centreHandle, radius((s) => crescent(s).back.map((x, i) => x - s.centre[i])), ...biting],
    rings: crescentRings,
    threads: (s) => [arc(crescent(s).jaw, s.bite[1])],
  },
  "ball-3d": {
    words: "3-D ball",
    within: "in the ball",
    hint: ", a knob, or the background to turn it",
    uses: ["centre", "radius"],
    solid: true,
    handles: () => [centreHandle, radius((_, { right, up }) => along(right, -1, up).map((x) => x * Math.SQRT1_2))],
    rings: (s, { right, up }) => [arc(s.centre, s.radius, [right, up])],
    threads: (s) => [[0, 1], [1, 2], [0, 2]].map(([i, j]) => arc(s.centre, s.radius, [axis(i), axis(j)])),
  },
  simplex: {
    words: "Simplex",
    within: "in the simplex",
    hint: ", or the background to turn it",
    uses: [],
    solid: true,
    handles: () => [],
    rings: () => [[axis(0), axis(1), axis(2)]],
  },
  triangle: {
    within: "on the line",
    hint: " or the end of the line",
    alone: true,
    endless: true,
    uses: ["angle"],
    handles: () => [turn(() => [0, 0])],
    rings: ({ angle }) => [[[0, 0], direction(angle)]],
  },
};

function axis(i) {
  return [0, 1, 2].map((j) => Number(i === j));
}

const FLAT = { view: [0.6, 0.45], realizable: true, centre: [0, 0], radius: 1, radii: [1.5, 0.7], angle: 0, bite: [0.9, 1], vertices: [[-1.2, -0.6], [0.5, -1.1], [1.3, 0.1], [0.3, 0.9], [-1.1, 0.7]] };
const SOLID = { ...FLAT, centre: [0, 0, 0], view: [0.9, 0.3] };

/* What a picture that names nothing but its shape shows. */
export const STARTS = {
  line: { ...FLAT, centre: [0, -0.3], angle: Math.atan2(1, 3), weak: [-0.9, 1.2], truth: [1.2, 0.1] },
  ball: { ...FLAT, weak: [-1.7, 0.9], truth: [-0.6, -0.6] },
  ellipse: { ...FLAT, angle: 0.4, weak: [-0.6, 1.3], truth: [0.9, 0.1] },
  polygon: { ...FLAT, weak: [-1.7, 1.2], truth: [0.7, -0.3] },
  "l1-ball": { ...FLAT, radius: 1.2, weak: [0.4, 1.4], truth: [0.6, -0.3] },
  crescent: { ...FLAT, radius: 1.2, bite: [0.9, 1], weak: [0.7, 0.25], truth: [-0.1, -0.97] },
  "ball-3d": { ...SOLID, weak: [0.2, -0.9, 1.4], truth: [-0.5, 0.5, 0.7] },
  simplex: { ...SOLID, view: [0.6, 0.3], weak: [0.4, -1.1, 1.2], truth: [0.6, 0.3, 0.1] },
  triangle: { ...FLAT, angle: Math.atan2(1, 3), weak: [-0.8, 1.4], truth: [1.5, 0.5] },
};
for (const shape in STARTS) STARTS[shape].shape = shape;

const SITUATIONS = {
  "Equality on a line": STARTS.line,
  "Strict gain": STARTS.ball,
  "At a corner": { ...STARTS.polygon, weak: [-1.7, 1.2], truth: [-0.8, -0.6] },
  "Truth outside": { ...STARTS.ellipse, centre: [0, -0.6], realizable: false, weak: [-0.8, 0.9], truth: [0.6, 1.3] },
  "Not convex": STARTS.crescent,
  "Two nearest points": { ...STARTS.crescent, weak: [1.25, 0], truth: [-0.55, -0.6] },
  "Perfect imitation": { ...STARTS.ball, weak: [-0.5, 0.5], truth: [0.5, -0.3] },
};
const TRIANGLES = {
  Realizable: STARTS.triangle,
  "Same side": { ...STARTS.triangle, weak: [0, 1.2], truth: [0.7, 1.3], realizable: false },
  "Opposite sides": { ...STARTS.triangle, truth: [1.5, -0.5], realizable: false },
  "Perfect imitation": { ...STARTS.triangle, weak: [-0.3, -0.1] },
};
export const presets = ({ shape }) => (SHAPES[shape].alone ? TRIANGLES : SITUATIONS);

/* A picture as a short text for the page's address, and back: "ball~w:-1.4,1.1~f:0.5,0.4~c:0,0~r:1~in". */
const LETTERS = { w: "weak", f: "truth", c: "centre", r: "radius", a: "radii", t: "angle", b: "bite", v: "vertices", e: "view" };
const letterOf = Object.fromEntries(Object.entries(LETTERS).map(([letter, key]) => [key, letter]));
const plain = (x) => String(Number(x.toFixed(6)));
const fields = (shape) => ["weak", "truth", ...SHAPES[shape].uses, ...(SHAPES[shape].solid ? ["view"] : [])];

export function pack(state) {
  const part = (key) => `${letterOf[key]}:${[state[key]].flat(2).map(plain)}`;
  return [state.shape, ...fields(state.shape).map(part), state.realizable ? "in" : "free"].join("~");
}

/* The state that a text describes; null for a text that describes none. */
export function unpack(text) {
  const [shape, ...rest] = text.split("~");
  if (!Object.hasOwn(STARTS, shape)) return null;
  const state = { ...STARTS[shape], realizable: rest.pop() !== "free" };
  for (const part of rest) {
    const [letter, numbers = ""] = part.split(":");
    const key = LETTERS[letter];
    const list = numbers.split(",").map((x) => (x ? Number(x) : NaN));
    if (!fields(shape).includes(key) || !list.every((x) => Math.abs(x) <= 1e6)) return null;
    const points = list.filter((_, i) => i % 2 === 0).map((x, i) => [x, list[2 * i + 1]]);
    state[key] = key === "vertices" ? points : typeof state[key] === "number" ? list[0] : list;
    if (key === "vertices" ? list.length % 2 || points.length > 12 : list.length !== [STARTS[shape][key]].flat().length) return null;
  }
  const [away, bitten] = state.bite;
  const sizes = [state.radius, ...state.radii, bitten, away + state.radius - bitten];
  return sizes.every((x) => x > 0) && away >= 0 ? state : null;
}
