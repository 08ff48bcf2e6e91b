/* Draws the ring, its window and the graph over all lengths of blocks. */

/** @import { Numbers, State } from "./ring-theory.js" */

import { put, tell, write } from "./elements.js";
import { LIMITS, blocks, count, majority, middleOf } from "./ring-theory.js";
import { GRIP, MIDDLE, RINGS, SHADE, lengthAt, shareAt } from "./ring-template.js";

/* A place on a circle about the middle, `turn` clockwise from the top, in radians. */
/** @type {(radius: number, turn: number) => number[]} */
const seat = (radius, turn) => [MIDDLE + radius * Math.sin(turn), MIDDLE - radius * Math.cos(turn)];

/** @type {(point: number[]) => string} */
const at = (point) => point.map((x) => x.toFixed(2)).join(" ");

/** @type {(radii: number[], from: number, to: number) => string} */
function arc([outer, inner], from, to) {
  const large = to - from > Math.PI ? 1 : 0;
  return (
    `M${at(seat(outer, from))}A${outer} ${outer} 0 ${large} 1 ${at(seat(outer, to))}` +
    `L${at(seat(inner, to))}A${inner} ${inner} 0 ${large} 0 ${at(seat(inner, from))}Z`
  );
}

/* The turn at which the block ends, and that at which the window does, to the left. */
/** @type {(state: State, inputs: number) => Record<string, number>} */
export function turns(state, inputs) {
  const one = (2 * Math.PI) / inputs;
  const aside = middleOf(state) - Math.floor(middleOf(state));
  return { length: (one * state.length) / 2, reach: -one * (state.reach + 0.5 + aside), one };
}

/** Where a handle is. @type {(turn: number) => number[]} */
export const grip = (turn) => seat(GRIP, turn);

/** @type {(parts: Record<string, any>, state: State, numbers: Numbers) => void} */
export function paintPicture(parts, state, { inputs, votes }) {
  const weak = blocks(state);
  const student = majority(weak, state.reach);
  const drawn = { weak, student, misfit: weak.map((wrong, i) => wrong !== student[i]) };
  const { length, reach, one } = turns(state, inputs);
  for (const [name, wrong] of Object.entries(drawn)) {
    const radii = RINGS[/** @type {keyof typeof RINGS} */ (name)];
    const arcs = wrong.flatMap((is, i) => {
      if (!is || (i && wrong[i - 1])) return [];
      const after = wrong.findIndex((on, j) => j > i && !on);
      const end = after < 0 ? inputs : after;
      const turn = (/** @type {number} */ j) => one * (j - 0.5 - middleOf(state));
      return [arc(radii, turn(i), turn(end))];
    });
    put(parts[name], { d: arcs.join("") });
  }
  const far = reach + one * (2 * state.reach + 1);
  put(parts.shade, { d: arc(SHADE, reach, far) });
  for (const [name, turn] of [
    ["length", length],
    ["reach", reach],
  ]) {
    const place = seat(GRIP, Number(turn));
    put(parts[name], { transform: `translate(${at(place)})` });
    put(parts[`${name}-name`], { x: place[0] + (name === "length" ? 14 : -24), y: place[1] + 5 });
  }
  write(parts["wrong-votes"], `${votes} wrong of ${2 * state.reach + 1}`);
  write(parts.size, `L = ${state.length}, k = ${state.reach}`);
}

/** @type {(parts: Record<string, any>, state: State) => void} */
export function paintGraph(parts, state) {
  const [least, most] = LIMITS.length;
  const lengths = Array.from({ length: most - least + 1 }, (_, i) => least + i);
  const found = lengths.map((length) => count({ ...state, length }));
  for (const [name, key] of /** @type {["student" | "misfit", string][]} */ ([
    ["student", "students"],
    ["misfit", "misfits"],
  ])) {
    const places = found.map((one, i) => [lengthAt(lengths[i]), shareAt(one[name])]);
    put(parts[key], { d: `M${places.map(at).join("L")}` });
    const marks = places.map(([x, y]) =>
      name === "student"
        ? `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`
        : `M${x - 3.5} ${y - 3.5}h7v7h-7Z`,
    );
    put(parts[`${name}-marks`], { d: marks.join("") });
  }
  put(parts.now, { d: `M${lengthAt(state.length)} ${shareAt(0)}V${shareAt(0.4)}` });
}

/** @type {(parts: Record<string, any>, state: State) => void} */
export function describe(parts, { length, reach }) {
  tell(parts.length, length, LIMITS.length, `${length} wrong labels in a row`);
  tell(parts.reach, reach, LIMITS.reach, `${reach} on either side, a window of ${2 * reach + 1}`);
}
