/* Draws the plane of the leftovers and the point of gain and misfit. */

/** @import { Numbers, State } from "./leftovers-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { put, show, tell } from "./elements.js";
import { REACH } from "./leftovers-theory.js";
import { MIDDLE, SIZE, UNIT, gainAt, misfitAt } from "./leftovers-template.js";
import { along, length, minus, times, across } from "./playground-vectors.js";

/** @type {(p: Point) => Point} */
const pixel = ([x, y]) => [MIDDLE[0] + UNIT * x, MIDDLE[1] - UNIT * y];

/** @type {(node: Element, at: Point) => void} */
const seat = (node, at) => put(node, { transform: `translate(${at})` });

/* An arrow from the origin, with a head unless it is too short for one. */
/** @type {(end: Point) => string} */
function arrow(end) {
  const d = minus(end, MIDDLE);
  const size = length(d);
  if (size < 1) return "";
  const [u, v] = [times(d, 1 / size), times(across(d), 1 / size)];
  const back = along(end, -Math.min(18, size), u);
  const [a, b] = [along(back, 5, v), along(back, -5, v)];
  return `M${MIDDLE}L${end}M${a}L${end}L${b}`;
}

/* Every gain that a misfit may have: misfit ± 2√(misfit ε). */
/** @type {(epsilon: number) => string} */
function band(epsilon) {
  const misfits = Array.from({ length: 61 }, (_, i) => (REACH * i) / 60).map((root) => root ** 2);
  /** @type {(side: number) => string[]} */
  const edge = (side) =>
    misfits.map((m) => `${misfitAt(m)} ${gainAt(m + side * 2 * Math.sqrt(m * epsilon))}`);
  return `M${[...edge(1), ...edge(-1).reverse()].join("L")}Z`;
}

/** @type {(parts: Record<string, any>, state: State, numbers: Numbers) => void} */
export function paintPicture(parts, { drop, epsilon }, { misfit, gain }) {
  const root = Math.sqrt(epsilon);
  const [tip, end] = [pixel([root, 0]), pixel(drop)];
  put(parts.disc, { cx: tip[0], cy: tip[1], r: UNIT * root });
  put(parts.sure, { r: 2 * UNIT * root });
  put(parts.harm, { x: tip[0] + 0.2 * UNIT * root, y: tip[1] + 0.75 * UNIT * root });
  put(parts.four, { x: MIDDLE[0], y: Math.max(14, MIDDLE[1] - 2 * UNIT * root - 6) });
  for (const name of ["harm", "four"]) parts[name].classList.toggle("w2s-hidden", root < 0.3);
  put(parts["truth-arrow"], { d: arrow(tip) });
  put(parts["drop-arrow"], { d: arrow(end) });
  put(parts["truth-name"], { x: (tip[0] + MIDDLE[0]) / 2, y: tip[1] + 18 });
  parts["truth-name"].classList.toggle("w2s-hidden", root < 0.1);
  const right = end[0] > SIZE - 64;
  const above = Math.abs(drop[1]) < 0.25 || drop[1] > 0;
  put(parts["drop-name"], {
    x: end[0] + (right ? -12 : 12),
    y: end[1] + (above ? -12 : 22),
    "text-anchor": right ? "end" : "start",
  });
  seat(parts.tip, tip);
  seat(parts.drop, end);
  put(parts.band, { d: band(epsilon) });
  const at = [misfitAt(misfit), gainAt(gain)];
  put(parts.share, { d: `M${at[0]} ${gainAt(misfit)}L${at}` });
  seat(parts.point, at);
}

/** @type {(parts: Record<string, any>, state: State, numbers: Numbers) => void} */
export function describe(parts, { drop, epsilon }, { misfit, gain }) {
  const places = `${show(drop[0])} along f − g, ${show(drop[1])} across it`;
  tell(parts.drop, drop[0], [-REACH, REACH], places);
  const root = Math.sqrt(epsilon);
  tell(parts.tip, root, [0, 1], `length ${show(root)}, square ${show(epsilon)}`);
  tell(parts.point, gain, [-1, 5], `gain ${show(gain)} at misfit ${show(misfit)}`);
}
