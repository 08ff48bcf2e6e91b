/* Two leftovers in a plane, and what they make of gain and misfit. */

/** @import { State } from "./leftovers-theory.js" */
/** @import { Picture } from "./picture-loop.js" */

import { fillIn } from "./elements.js";
import { describe, paintPicture } from "./leftovers-picture.js";
import { UNIT, pushed, template } from "./leftovers-template.js";
import { PRESETS, dropOf, pack, square, unpack, weigh, within } from "./leftovers-theory.js";
import { judge, read, say } from "./leftovers-words.js";
import { widget } from "./picture-loop.js";
import { along } from "./playground-vectors.js";

/* Misfit and gain so much larger, by the nearest leftover that makes them. */
/** @type {(state: State, more: number, higher: number) => Partial<State>} */
function bring(state, more, higher) {
  const { misfit, gain } = weigh(state);
  return { drop: dropOf(misfit + more, gain + higher, state) };
}

/** @type {Picture<State>} */
const LEFTOVERS = {
  own: "w2s-leftovers",
  keys: ["drop", "epsilon"],
  presets: PRESETS,
  focus: "drop",
  template,
  pack,
  unpack,
  judge,
  paint(root, parts, state) {
    const numbers = weigh(state);
    paintPicture(parts, state, numbers);
    describe(parts, state, numbers);
    fillIn(root, numbers);
    parts.reading.textContent = read(numbers);
    return (revealed) => say(numbers, revealed);
  },
  move(name, [dx, dy], from) {
    if (name === "drop") return { drop: within(along(from.drop, 1 / UNIT, [dx, -dy])) };
    if (name === "tip") return { epsilon: square(Math.sqrt(from.epsilon) + dx / UNIT) };
    const [more, higher] = pushed(dx, dy);
    return bring(from, more, higher);
  },
  step(name, arrow, by, state) {
    const [x, y] = arrow;
    if (name === "drop") return { drop: within(along(state.drop, by, arrow)) };
    if (name === "tip") return { epsilon: square(Math.sqrt(state.epsilon) + by * (x + y)) };
    return bring(state, by * x, by * (x ? x : y));
  },
};

export default widget(LEFTOVERS);
