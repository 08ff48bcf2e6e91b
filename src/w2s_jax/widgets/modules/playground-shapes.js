/* The strong classes: what each looks like, what it is called, and the handles that shape it. */

/** @import { Handle } from "./playground-handles.js" */
/** @import { Frame } from "./playground-look.js" */
/** @import { State } from "./playground-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { axes, biting, centre, centreHandle, corners, radius, turn } from "./playground-handles.js";
import { crescent, hull } from "./playground-theory.js";
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

/**
 * @typedef {object} Shape
 * @property {string} [words] its name
 * @property {string} within where the student may stand
 * @property {string} hint what to drag besides the models
 * @property {(keyof State)[]} uses the parts of the state that shape it
 * @property {(state: State) => Handle[]} handles
 * @property {(state: State, frame: Frame) => Point[][]} rings its outline, holes included
 * @property {(state: State, frame: Frame) => Point[][]} [threads] what else is drawn of it
 * @property {boolean} [solid] in space
 * @property {boolean} [endless] a line
 * @property {boolean} [alone] a picture of its own, with no other shape beside it
 */

const PLANE = [
  [1, 0],
  [0, 1],
];
const SPACE = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/* The arc c + r (a cos t + b sin t); all round, or from one angle to another. */
/** @type {(c: Point, r: number, axes?: Point[], from?: number, to?: number) => Point[]} */
const arc = (c, r, [a, b] = PLANE, from = 0, to = 2 * Math.PI) =>
  Array.from({ length: 97 }, (_, i) => {
    const t = from + ((to - from) * i) / 96;
    return along(along(c, r * Math.cos(t), a), r * Math.sin(t), b);
  });

/** @type {(state: State) => Point[][]} */
function crescentRings(state) {
  const { centre: c, radius: r } = state;
  const [away, bitten] = state.bite;
  const { jaw, tips, u } = crescent(state);
  if (!tips.length) return away + bitten <= r ? [arc(c, r), arc(jaw, bitten)] : [arc(c, r)];
  /** @type {(from: Point) => number} */
  const wide = (from) => {
    const arm = minus(tips[1], from);
    return Math.acos(clamp(dot(arm, u) / length(arm), 1));
  };
  const [outer, inner, round] = [wide(c), wide(jaw), [u, across(u)]];
  const back = arc(c, r, round, outer, 2 * Math.PI - outer);
  return [[...back, ...arc(jaw, bitten, round, 2 * Math.PI - inner, inner)]];
}

/** @type {Record<string, Shape>} */
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
    handles: () => [centreHandle, radius(() => direction(-Math.PI / 4))],
    rings: (s) => [arc(s.centre, s.radius)],
  },
  ellipse: {
    words: "Ellipse",
    within: "in the ellipse",
    hint: ", the centre or an axis",
    uses: ["centre", "radii", "angle"],
    handles: () => [centreHandle, ...axes],
    rings: ({ centre: c, radii: [a, b], angle }) => {
      const u = direction(angle);
      return [arc(c, 1, [times(u, a), times(across(u), b)])];
    },
  },
  polygon: {
    words: "Polygon",
    within: "in the polygon",
    hint: " or a corner. The set is the convex hull of the corners, so it stays convex",
    uses: ["vertices"],
    handles: corners,
    rings: (s) => [hull(s.vertices)],
  },
  "l1-ball": {
    words: "L1 ball",
    within: "in the L1 ball",
    hint: ", the centre or the radius",
    uses: ["centre", "radius"],
    handles: () => [centreHandle, radius(() => [1, 0])],
    rings: (s) => {
      const [x, y] = PLANE.map((v) => times(v, s.radius));
      return [[x, y, times(x, -1), times(y, -1)].map((v) => along(s.centre, 1, v))];
    },
  },
  crescent: {
    words: "Crescent",
    within: "in the crescent",
    hint: " or the knobs of its two circles",
    uses: ["centre", "radius", "angle", "bite"],
    handles: () => [centreHandle, radius((s) => times(direction(s.angle), -1)), ...biting],
    rings: crescentRings,
    threads: (s) => [arc(crescent(s).jaw, s.bite[1])],
  },
  "ball-3d": {
    words: "3-D ball",
    within: "in the ball",
    hint: ", a knob, or the background to turn it",
    uses: ["centre", "radius"],
    solid: true,
    handles: () => [
      centreHandle,
      radius((_, { right, up }) => times(along(right, -1, up), Math.SQRT1_2)),
    ],
    rings: (s, { right, up }) => [arc(s.centre, s.radius, [right, up])],
    threads: (s) =>
      SPACE.map((a, i) => arc(s.centre, s.radius, i < 2 ? [a, SPACE[i + 1]] : [SPACE[0], a])),
  },
  simplex: {
    words: "Simplex",
    within: "in the simplex",
    hint: ", or the background to turn it",
    uses: [],
    solid: true,
    handles: () => [],
    rings: () => [SPACE],
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
