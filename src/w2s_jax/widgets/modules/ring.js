/* A ring of inputs whose teacher is wrong in blocks, and the student of its neighbors. */

/** @import { Picture } from "./picture-loop.js" */
/** @import { State } from "./ring-theory.js" */

import { fillIn } from "./elements.js";
import { widget } from "./picture-loop.js";
import { describe, grip, paintGraph, paintPicture, turns } from "./ring-picture.js";
import { MIDDLE, template } from "./ring-template.js";
import { LIMITS, PRESETS, clip, count, pack, unpack } from "./ring-theory.js";
import { judge, read, say } from "./ring-words.js";

/** @type {Picture<State>} */
const RING = {
  own: "w2s-ring",
  keys: ["length", "reach", "seed"],
  presets: PRESETS,
  focus: "length",
  template,
  pack,
  unpack,
  judge,
  acts: { deal: ({ seed }) => ({ seed: (seed % LIMITS.seed[1]) + 1 }) },
  paint(root, parts, state) {
    const numbers = count(state);
    paintPicture(parts, state, numbers);
    paintGraph(parts, state);
    describe(parts, state);
    fillIn(root, numbers);
    parts.reading.textContent = read(state, numbers);
    return (revealed) => say(state, numbers, revealed);
  },
  move(name, [dx, dy], from) {
    const at = turns(from, count(from).inputs);
    const [x, y] = grip(at[name]);
    const turn = Math.atan2(x + dx - MIDDLE, MIDDLE - (y + dy));
    const steps = (turn - at[name]) / at.one;
    if (name === "length") return { length: clip("length", from.length + 2 * steps) };
    return { reach: clip("reach", from.reach - steps) };
  },
  step(name, [x, y], by, state) {
    const key = name === "length" ? "length" : "reach";
    return { [key]: clip(key, state[key] + x + y) };
  },
};

export default widget(RING);
