/* What the picture of three classes asks and says. */

/** @import { Cell, State } from "./three-classes-theory.js" */

import { show } from "./elements.js";
import { NONE, certain } from "./three-classes-theory.js";

/** The guesses, in the order in which they are offered. @type {Record<string, string>} */
export const GUESSES = {
  prediction: "those with the prediction first",
  label: "those with the label first",
  mixed: "probabilities with prediction first, logits with label first",
  other: "probabilities with label first, logits with prediction first",
};

/** @type {(guess: string) => string} */
export function judge(guess) {
  const because =
    "The class and the way from w to s must be straight in different coordinates, one in " +
    "probabilities and one in logits: then Pythagoras holds at s.";
  if (guess === "mixed") return `Right. ${because}`;
  const fact = "The certain cells: probabilities with prediction first, logits with label first.";
  return `${guess ? "Not this time. " : ""}${fact} ${because}`;
}

/** How a difference of gain and misfit reads. @type {(slack: number) => string} */
export const compare = (slack) => (Math.abs(slack) < NONE ? "=" : slack > 0 ? ">" : "<");

/** @type {(angle: number) => string} */
export function nameAngle(angle) {
  if (Number.isNaN(angle)) return "none";
  if (Math.abs(angle - 90) < 0.05) return "90.0°, right";
  return `${angle.toFixed(1)}°, ${angle > 90 ? "obtuse" : "acute"}`;
}

const CONFIDENT = 0.01; // a probability below it is nearly 0
const LEG = { prediction: "logits", label: "probabilities" };

/** One reading of the numbers in words. @type {(state: State, cell: Cell) => string} */
export function read({ kind, first, truth, weak }, { rival, student, numbers }) {
  const { misfit, gain, slack } = numbers;
  const safe = certain(kind, first);
  if (misfit < NONE) return "The weak model is on the class: the student copies it.";
  if (rival)
    return (
      "Two points of the class are as near to w, or nearly so: this divergence is not convex " +
      "along a class that is straight in logits. A hair's breadth of w, and the student jumps."
    );
  if (typeof truth !== "number") {
    if (slack > -NONE)
      return "The truth is off the class, beyond the dotted border: the gain is still ≥ misfit.";
    return (
      "The truth is off the class, on the teacher's side of the dotted border: no cell of the " +
      `table promises anything.${gain < 0 ? " The student is the worse of the two." : ""}`
    );
  }
  if (safe && first === "prediction" && Math.min(...weak) < CONFIDENT)
    return (
      "A confident teacher: with the prediction first, the student pays for every class that w " +
      "calls nearly impossible. Gain and misfit are large, and as certain as before."
    );
  if (safe && Math.abs(slack) < NONE)
    return (
      `The way from w is straight in ${LEG[first]}, the class in ${kind}: the class runs along ` +
      "the dotted border, and the gain is the misfit wherever f slides."
    );
  if (safe)
    return (
      `The student stands at ${student.place ? "b" : "a"}, an end of the class: the angle is ` +
      "obtuse, and the gain exceeds the misfit."
    );
  const why = `The class and the way from w are both straight in ${kind}`;
  if (slack < -NONE)
    return (
      `${why}: the class leaves the dotted border to the shaded side, and f lies there. ` +
      (gain < 0 ? "The student is worse than its teacher." : "The gain is less than the misfit.")
    );
  return (
    `${why}, so nothing is promised. Here the class happens to lie on the bright side of the ` +
    "dotted border: take w to the other side of the class."
  );
}

/** The same for a reader who listens. @type {(cell: Cell, revealed: boolean) => string} */
export function say({ numbers }, revealed) {
  const { "weak-error": weak, "student-error": student, misfit, gain, slack, angle } = numbers;
  if (!revealed)
    return (
      `Weak error ${show(weak)}. ` +
      "The students are hidden until you answer or skip the question."
    );
  const order = { "=": "equal to", ">": "more than", "<": "less than" }[compare(slack)];
  return (
    `Weak error ${show(weak)}, student error ${show(student)}: gain ${show(gain)}, ${order} the ` +
    `misfit ${show(misfit)}. Angle at the student ${nameAngle(angle)}.`
  );
}
