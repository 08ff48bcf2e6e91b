/* Three classes, to take hold of: what each direction of the Kullback-Leibler divergence makes of a
   class that is straight in probabilities or in logits. */

/** @import { Picture } from "./picture-loop.js" */
/** @import { First, Kind, State } from "./three-classes-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { widget } from "./picture-loop.js";
import { along, dot, minus } from "./playground-vectors.js";
import { describe, paintNumbers, paintPicture, paintTable } from "./three-classes-picture.js";
import { pixel, push } from "./three-classes-plane.js";
import { PRESETS, pack, share, unpack, within } from "./three-classes-starts.js";
import { template } from "./three-classes-template.js";
import { cellsOf, slide, speed, truthOf } from "./three-classes-theory.js";
import { judge, say } from "./three-classes-words.js";

const STEP = 100; // pixels that a key would move a handle by a whole 1

/** @type {(name: string, from: State) => Point} */
function place(name, from) {
  if (name === "weak") return from.weak;
  return name === "truth" ? truthOf(from) : from.ends[name === "a" ? 0 : 1];
}

/* Bring a handle so far in the triangle; on the class the truth goes as near as it can. */
/** @type {(name: string, from: State, by: Point) => Partial<State>} */
function bring(name, from, by) {
  const { kind, ends, truth } = from;
  const point = along(place(name, from), 1, by);
  const to = within(point);
  if (name === "weak") return { weak: to };
  if (name === "a") return { ends: [to, ends[1]] };
  if (name === "b") return { ends: [ends[0], to] };
  return { truth: typeof truth === "number" ? slide(kind, ends, point) : to };
}

/** @type {Picture<State>} */
const THREE_CLASSES = {
  own: "w2s-three-classes",
  keys: ["kind", "first", "weak", "truth", "ends"],
  presets: PRESETS,
  focus: "weak",
  template: (linked) => template(`w2s-tc-${Math.random()}`, linked),
  pack,
  unpack,
  judge,
  acts: {
    cell(_, { value }) {
      const [kind, first] = /** @type {[Kind, First]} */ (value.split(" "));
      return { kind, first };
    },
    realizable(state, { checked }) {
      const here = truthOf(state);
      return { truth: checked ? slide(state.kind, state.ends, here) : here };
    },
  },
  paint(root, parts, state) {
    const cells = cellsOf(state);
    const cell = cells[`${state.kind} ${state.first}`];
    paintPicture(parts, state, cells);
    paintNumbers(root, parts, state, cell);
    paintTable(root, state, cells);
    describe(parts, state);
    for (const input of root.querySelectorAll("input"))
      if (input.type === "radio") input.checked = input.value === `${state.kind} ${state.first}`;
    return (revealed) => say(cell, revealed);
  },
  move: (name, [dx, dy], from) => bring(name, from, push(dx, dy)),
  step(name, [x, y], by, state) {
    const { kind, ends, truth } = state;
    if (name !== "truth" || typeof truth !== "number")
      return bring(name, state, push(3 * STEP * by * x, -3 * STEP * by * y));
    const here = truthOf(state);
    const ahead = minus(pixel(along(here, 1, speed(kind, ends, truth))), pixel(here));
    const forward = Math.sign(dot(ahead, [x, -y])) || x + y;
    return { truth: share(Number((truth + by * forward).toPrecision(12))) };
  },
};

export default widget(THREE_CLASSES);
