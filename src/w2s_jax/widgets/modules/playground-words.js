/* What the playground says of its picture: readings in words, for those who look and for those who
   listen. */

/** @import { Shape } from "./playground-shapes.js" */
/** @import { Numbers, Result, State } from "./playground-theory.js" */

import { show } from "./elements.js";
import { SHAPES } from "./playground-shapes.js";

/** @typedef {{ off: number, fit: number, inside: boolean }} Mark the reader's, judged */

const LITTLE = 5e-4; // what three digits show as nothing

/** @type {(name: string, value: number) => string} */
export function showAs(name, value) {
  if (name === "angle") return Number.isNaN(value) ? "none" : `${value.toFixed(1)}°`;
  return name === "floor" && Number.isNaN(value) ? "no promise" : show(value);
}

/** @type {(angle: number) => string} */
export function nameAngle(angle) {
  if (Number.isNaN(angle)) return "";
  if (Math.abs(angle - 90) < 0.05) return "right";
  return angle > 90 ? "obtuse" : "acute";
}

/** @type {(numbers: Numbers, rival: boolean) => string} */
function readCrescent({ gain, slack }, rival) {
  if (rival)
    return (
      "Two points of the crescent are as near to w, or nearly so: a hair's breadth of w, and the " +
      "student jumps. A convex set has one nearest point only."
    );
  if (gain < 0)
    return (
      "The truth is in the set, and still the student is worse than its teacher. The crescent " +
      "reaches across the dotted line, so the angle at s can be acute: Theorem 1 needs a convex " +
      "set."
    );
  if (slack < -LITTLE)
    return (
      "The truth is in the set, and still the gain is less than the misfit: the crescent reaches " +
      "across the dotted line."
    );
  return (
    "Here the truth happens to lie beyond the dotted line, so the gain is at least the misfit. " +
    "Nothing promised it: drag f across that line."
  );
}

/** @type {(numbers: Numbers) => string} */
function readOffLine({ gain, correction }) {
  if (gain < 0)
    return (
      "Teacher and truth leave the line on the same side, and so far that the student is worse " +
      "than its teacher: what it could not copy was true."
    );
  if (correction > 0)
    return (
      "Teacher and truth leave the line on the same side: part of what the student could not " +
      "copy was true, so it gains less than the misfit."
    );
  return (
    "Teacher and truth leave the line on opposite sides: what the student could not copy was " +
    "worse than useless, so it gains more than the misfit."
  );
}

/** @type {(numbers: Numbers, convex: boolean) => string} */
function readOutside({ gain, slack }, convex) {
  if (gain < 0)
    return (
      "The truth lies outside the set, and the student is worse than its teacher: what it could " +
      "not copy was true."
    );
  if (slack >= -LITTLE)
    return (
      "The truth lies outside the set, yet not on the teacher's side of the student, so the gain " +
      "is still at least the misfit."
    );
  const where = "The truth lies outside the set, on the teacher's side of the student";
  if (!convex) return `${where}: the gain is less than the misfit.`;
  return `${where}. The gain is less than the misfit, but by 2√(B²·ε) at most.`;
}

/** One reading of the numbers in words. @type {(state: State, result: Result) => string} */
export function readSet({ shape, realizable }, { rival, numbers }) {
  const { gain, misfit, slack, epsilon } = numbers;
  const { within, solid, endless } = SHAPES[shape];
  const convex = shape !== "crescent";
  if (misfit < 1e-9 && Math.abs(gain) < LITTLE)
    return (
      `The weak model stands ${within}, so the student copies it perfectly: ` +
      "no misfit, no gain."
    );
  if (epsilon > LITTLE / 5) return endless ? readOffLine(numbers) : readOutside(numbers, convex);
  if (endless && !realizable) return "The truth is free now. Drag it off the line, to either side.";
  if (!convex) return readCrescent(numbers, Boolean(rival));
  const why = endless ? "on a line it always is" : "here the set is flat between s and f";
  if (slack < LITTLE)
    return (
      `The angle at s is right: ${why}. Pythagoras speaks, A² = B² + C², ` +
      "and the gain is the misfit."
    );
  return (
    `The angle at s is obtuse: the whole set lies beyond the dotted ${solid ? "plane" : "line"} ` +
    "through s, the truth with it. The gain exceeds the misfit by the slack."
  );
}

/* What became of the reader's guesses: which model is nearer, and her mark for the student. */
/** @type {(guess: string, numbers: Numbers, mark: Mark | null, shape: Shape) => string} */
export function judgeGuess(guess, { gain, misfit }, mark, { alone }) {
  const even = Math.abs(gain) < LITTLE;
  const nearer = gain > 0 ? "student" : "teacher";
  const fact = `the ${nearer} is closer; its error is smaller by ${show(Math.abs(gain))}.`;
  const guessed = guess === nearer ? "Right: " : "Not this time: ";
  const judged = (guess ? guessed : "Here ") + fact;
  const verdict = even ? "Neither: they are equally far from it." : judged;
  if (alone && even) return `${verdict} Now drag w, and see.`;
  if (alone) return `${verdict} Now drag w until the gain is zero: where must it be?`;
  if (!mark) return verdict;
  if (mark.off < 0.1) return `${verdict} And your mark was right on the student.`;
  if (!mark.inside)
    return `${verdict} Your mark lies outside the set, where the student may not stand.`;
  return (
    `${verdict} Your mark fits w with ${show(mark.fit)}; the student with ${show(misfit)}, ` +
    "and no point of the set does better."
  );
}

/** The same for a reader who listens. @type {(numbers: Numbers, shape: Shape) => string} */
export function sayNumbers(numbers, { alone }) {
  const said = ["student-error", "gain", "misfit", "slack"].map(
    (name) => `, ${name.replace("-", " ")} ${show(numbers[name])}`,
  );
  const { angle } = numbers;
  const corner = ` The angle at the student is ${angle.toFixed(0)} degrees, ${nameAngle(angle)}.`;
  const opening = `Weak error ${show(numbers["weak-error"])}${said.join("")}.`;
  return alone || Number.isNaN(angle) ? opening : opening + corner;
}

/** And before her guess. @type {(numbers: Numbers) => string} */
export const sayLittle = (numbers) =>
  `Weak error ${show(numbers["weak-error"])}. ` +
  "The student is hidden until you answer or skip the question.";
