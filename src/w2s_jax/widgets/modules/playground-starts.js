/* Where each strong class starts, the situations to try, and a picture's text for an address. */

/** @import { State } from "./playground-theory.js" */

import { SHAPES } from "./playground-shapes.js";

const FLAT = {
  view: [0.6, 0.45],
  realizable: true,
  centre: [0, 0],
  radius: 1,
  radii: [1.5, 0.7],
  angle: 0,
  bite: [0.9, 1],
  vertices: [
    [-1.2, -0.6],
    [0.5, -1.1],
    [1.3, 0.1],
    [0.3, 0.9],
    [-1.1, 0.7],
  ],
};
const SOLID = { ...FLAT, centre: [0, 0, 0], view: [0.9, 0.3] };
const RISING = { ...FLAT, angle: Math.atan2(1, 3) };

/** @type {Record<string, Omit<State, "shape">>} */
const MODELS = {
  line: { ...RISING, centre: [0, -0.3], weak: [-0.9, 1.2], truth: [1.2, 0.1] },
  ball: { ...FLAT, weak: [-1.7, 0.9], truth: [-0.6, -0.6] },
  ellipse: { ...FLAT, angle: 0.4, weak: [-0.6, 1.3], truth: [0.9, 0.1] },
  polygon: { ...FLAT, weak: [-1.7, 1.2], truth: [0.7, -0.3] },
  "l1-ball": { ...FLAT, radius: 1.2, weak: [0.4, 1.4], truth: [0.6, -0.3] },
  crescent: { ...FLAT, radius: 1.2, weak: [0.7, 0.25], truth: [-0.1, -0.97] },
  "ball-3d": { ...SOLID, weak: [0.2, -0.9, 1.4], truth: [-0.5, 0.5, 0.7] },
  simplex: { ...SOLID, view: [0.6, 0.3], weak: [0.4, -1.1, 1.2], truth: [0.6, 0.3, 0.1] },
  triangle: { ...RISING, weak: [-0.8, 1.4], truth: [1.5, 0.5] },
};

/** What a picture that names nothing but its shape shows. @type {Record<string, State>} */
export const STARTS = Object.fromEntries(
  Object.entries(MODELS).map(([shape, start]) => [shape, { ...start, shape }]),
);

/** @type {(shape: string, other: Partial<State>) => State} */
const like = (shape, other) => ({ ...STARTS[shape], ...other });

/** @type {Record<string, State>} */
const SITUATIONS = {
  "Equality on a line": STARTS.line,
  "Strict gain": STARTS.ball,
  "At a corner": like("polygon", { truth: [-0.8, -0.6] }),
  "Truth outside": like("ellipse", {
    centre: [0, -0.6],
    realizable: false,
    weak: [-0.8, 0.9],
    truth: [0.6, 1.3],
  }),
  "Not convex": STARTS.crescent,
  "Two nearest points": like("crescent", { weak: [1.25, 0], truth: [-0.55, -0.6] }),
  "Perfect imitation": like("ball", { weak: [-0.5, 0.5], truth: [0.5, -0.3] }),
};

/** @type {Record<string, State>} */
const TRIANGLES = {
  Realizable: STARTS.triangle,
  "Same side": like("triangle", { weak: [0, 1.2], truth: [0.7, 1.3], realizable: false }),
  "Opposite sides": like("triangle", { truth: [1.5, -0.5], realizable: false }),
  "Perfect imitation": like("triangle", { weak: [-0.3, -0.1] }),
};

/** @type {(state: State) => Record<string, State>} */
export const presets = ({ shape }) => (SHAPES[shape].alone ? TRIANGLES : SITUATIONS);

/* A picture as a short text for the page's address, and back:
   "ball~w:-1.4,1.1~f:0.5,0.4~c:0,0~r:1~in". */
/** @type {Record<string, keyof State>} */
const LETTERS = {
  w: "weak",
  f: "truth",
  c: "centre",
  r: "radius",
  a: "radii",
  t: "angle",
  b: "bite",
  v: "vertices",
  e: "view",
};

/** @type {(shape: string) => (keyof State)[]} */
const fields = (shape) => {
  const { uses, solid } = SHAPES[shape];
  return ["weak", "truth", ...uses, ...(solid ? /** @type {const} */ (["view"]) : [])];
};

/** @type {(value: any) => number[]} */
const flatten = (value) => [value].flat(2);

/** @type {(state: State) => string} */
export function pack(state) {
  const written = fields(state.shape).map((key) => {
    const [letter] = Object.entries(LETTERS).find(([, name]) => name === key) ?? [];
    return `${letter}:${flatten(state[key]).map((x) => Number(x.toFixed(6)))}`;
  });
  return [state.shape, ...written, state.realizable ? "in" : "free"].join("~");
}

/* A number, a list or a list of points, like what it replaces; null where it is none. */
/** @type {(text: string, key: keyof State, old: any) => any} */
function parse(text, key, old) {
  const list = text.split(",").map((x) => (x ? Number(x) : NaN));
  if (!list.every((x) => Math.abs(x) <= 1e6)) return null;
  if (key !== "vertices" && list.length !== flatten(old).length) return null;
  if (key !== "vertices") return typeof old === "number" ? list[0] : list;
  if (list.length % 2 || list.length > 24) return null;
  return list.flatMap((x, i) => (i % 2 ? [] : [[x, list[i + 1]]]));
}

/* The state that a text describes; null for a text that describes none. */
/** @type {(text: string) => State | null} */
export function unpack(text) {
  const [shape, ...rest] = text.split("~");
  if (!Object.hasOwn(STARTS, shape)) return null;
  let state = { ...STARTS[shape], realizable: rest.pop() !== "free" };
  for (const part of rest) {
    const [letter, numbers = ""] = part.split(":");
    const key = LETTERS[letter];
    if (!fields(shape).includes(key)) return null;
    const value = parse(numbers, key, STARTS[shape][key]);
    if (value === null) return null;
    state = { ...state, [key]: value };
  }
  const [away, bitten] = state.bite;
  const sizes = [state.radius, ...state.radii, bitten, away + state.radius - bitten];
  return sizes.every((x) => x > 0) && away >= 0 ? state : null;
}
