/* What the figure of leftovers asks and says. */

/** @import { Numbers } from "./leftovers-theory.js" */

import { show } from "./elements.js";

const LITTLE = 5e-4; // what three digits show as nothing

/** The guesses, in the order in which they are offered. @type {Record<string, string>} */
export const GUESSES = {
  origin: "only where w − s = 0",
  circle: "on the circle through 0 about the tip of f − g",
  line: "on the line through 0 at right angles to f − g",
};
const WHY = {
  origin: "There it is zero, but that is not all.",
  line: "On that line the correction is zero, so the gain is the misfit.",
  circle: "",
};

/** @type {(guess: string) => string} */
export function judge(guess) {
  const because = "gain = ‖(w − s) − (f − g)‖² − ε, so it is negative inside the circle.";
  if (guess === "circle") return `Right: ${because}`;
  const why = /** @type {Record<string, string>} */ (WHY)[guess] ?? "";
  return `${guess ? "Not this time. " : ""}${why} It vanishes ${GUESSES.circle}: ${because}`.trim();
}

/** @type {(numbers: Numbers) => string} */
export function read({ misfit, gain, correction, epsilon }) {
  if (misfit < 1e-9)
    return "Nothing is dropped: the student copies its teacher. No misfit, no gain.";
  if (epsilon < 1e-9)
    return "Nothing of the truth is out of reach: the gain is the misfit, whatever is dropped.";
  if (Math.abs(gain) < LITTLE)
    return "w − s ends on the circle: student and teacher are equally far from the truth.";
  if (gain < 0)
    return (
      "w − s ends in the dark disc: the student is worse than its teacher. What it dropped, it " +
      "would have needed."
    );
  if (Math.abs(correction) < LITTLE)
    return "The leftovers are at right angles: no correction, and the gain is the misfit.";
  if (correction < 0)
    return "The leftovers point away from each other: the gain exceeds the misfit.";
  const sure = misfit > 4 * epsilon * (1 + 1e-9);
  const far = "Beyond the dotted circle, misfit > 4ε, it is positive in every direction.";
  return `A part of what was dropped was true: 0 < gain < misfit.${sure ? ` ${far}` : ""}`;
}

/** @type {(numbers: Numbers, revealed: boolean) => string} */
export const say = ({ misfit, gain, correction, epsilon }, revealed) =>
  `Misfit ${show(misfit)}, ε ${show(epsilon)}` +
  (revealed
    ? `, correction ${show(correction)}, gain ${show(gain)}.`
    : ". The gain is hidden until you answer or skip the question.");
