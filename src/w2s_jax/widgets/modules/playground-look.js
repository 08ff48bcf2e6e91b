/* How the reader looks at the picture: the plane, or a space seen from one side. */

/** @import { State } from "./playground-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { SHAPES } from "./playground-shapes.js";
import { along, clamp, dot, length, times } from "./playground-vectors.js";

/**
 * @typedef {object} Frame
 * @property {boolean} solid
 * @property {number} scale
 * @property {Point} right
 * @property {Point} up
 * @property {number} unit pixels to one unit
 * @property {number[]} reach how far handles travel
 * @property {number[]} edge left, top, right and bottom of the picture, in pixels
 * @property {(p: Point) => Point} pixel of a point
 * @property {(dx: number, dy: number) => Point} push of so many pixels on the screen, in space
 * @property {(p: Point) => Point} into reach
 */

export const WIDTH = 404;
export const HEIGHT = 350;
export const MIDDLE = [WIDTH / 2, HEIGHT / 2];
const EDGE = [0, 0, WIDTH, HEIGHT];
// The triangle's picture has room for the squares on its sides; on a phone less at left and right.
const WIDE = [MIDDLE[0] - 286, MIDDLE[1] - 234, MIDDLE[0] + 286, MIDDLE[1] + 131];
const NARROW = [MIDDLE[0] - 172, WIDE[1], MIDDLE[0] + 172, WIDE[3]];
const REACH = [2, 1.5]; // how far handles travel in the plane, in units of the scale
const REACH_3D = 1.9; // and in space, from the origin
const UNIT = 84; // pixels to one unit at scale 1
const UNIT_ALONE = 63; // and in the triangle

/** @type {(need: number) => number} */
function niceSize(need) {
  if (need <= 1) return 1;
  const ten = 10 ** Math.floor(Math.log10(need));
  return [1, 2, 5, 10].map((k) => k * ten).find((size) => need <= size * (1 + 1e-9)) ?? need;
}

/* The smallest scale that shows both models, every handle and the set. */
/** @type {(state: State) => number} */
export function fitScale(state) {
  const around = look(state, 1);
  const { handles, rings, endless, solid } = SHAPES[state.shape];
  const knobs = handles(state).filter(({ name }) => name !== "turn");
  const points = [state.weak, state.truth, ...knobs.map(({ at }) => at(state, around))];
  if (!endless) points.push(...rings(state, around).flat());
  /** @type {(p: Point) => number} */
  const need = (p) =>
    solid ? length(p) / REACH_3D : Math.max(...p.map((x, i) => Math.abs(x) / REACH[i]));
  return niceSize(Math.max(...points.map(need)));
}

/** @type {(state: State, scale: number, narrow?: boolean) => Frame} */
export function look(state, scale, narrow = false) {
  const { solid = false, alone = false } = SHAPES[state.shape];
  const [a, e] = state.view;
  const right = solid ? [-Math.sin(a), Math.cos(a), 0] : [1, 0];
  const up = solid ? [-Math.sin(e) * Math.cos(a), -Math.sin(e) * Math.sin(a), Math.cos(e)] : [0, 1];
  const unit = (alone ? UNIT_ALONE : UNIT) / scale;
  const reach = times(solid ? [REACH_3D, REACH_3D] : REACH, scale);
  return {
    solid,
    scale,
    right,
    up,
    unit,
    reach,
    edge: alone ? (narrow ? NARROW : WIDE) : EDGE,
    pixel: (p) => [MIDDLE[0] + unit * dot(p, right), MIDDLE[1] - unit * dot(p, up)],
    push: (dx, dy) => along(times(right, dx / unit), -dy / unit, up),
    into: (p) =>
      solid
        ? times(p, Math.min(1, reach[0] / (length(p) || 1)))
        : p.map((x, i) => clamp(x, reach[i])),
  };
}
