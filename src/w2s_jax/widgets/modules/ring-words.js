/* What the ring asks and says. */

/** @import { Numbers, State } from "./ring-theory.js" */

import { show } from "./elements.js";

/** The guesses, in the order in which they are offered. @type {Record<string, string>} */
export const GUESSES = {
  window: "at once, when a block fills the whole window",
  slowly: "a little more with each step of L",
  half: "at once, when a block is longer than k",
};

/** @type {(guess: string) => string} */
export function judge(guess) {
  const because =
    "L ≤ k wrong votes never make a majority of 2k + 1; k + 1 do, for every input of the block.";
  if (guess === "half") return `Right: ${because}`;
  return `${guess ? "Not this time: it gives up " : "It gives up "}${GUESSES.half}. ${because}`;
}

/** @type {(state: State, numbers: Numbers) => string} */
export function read({ length, reach, seed }, { student, misfit, spoiled }) {
  const span = 2 * reach + 1;
  if (seed && student === 0)
    return "Gaps are left to chance, and none is too short here: all blocks are mended.";
  if (seed) {
    const also = spoiled
      ? "and beside them right labels are spoiled: the gain is below the misfit."
      : "but no right label is spoiled: the gain is the misfit, whichever that is.";
    return `Gaps are left to chance. Not all mistakes are mended, ${also}`;
  }
  if (reach === 0) return "Who asks nobody repeats the teacher: no misfit, no gain.";
  if (misfit === 0)
    return (
      `Inside a block of ${length} there is a majority in the window of every input, at least ` +
      `${reach + 1} of ${span}: the student repeats the block. No misfit, no gain.`
    );
  const most = length === 1 ? "One wrong vote never wins" : `${length} wrong votes never win`;
  return `${most} against ${span - length} right ones: all blocks are mended. The misfit is gain.`;
}

/** @type {(state: State, numbers: Numbers, revealed: boolean) => string} */
export const say = ({ length, reach, seed }, { student, misfit, gain, votes }, revealed) =>
  `Blocks of ${length}${seed ? ", gaps by chance" : ""}, window of ${2 * reach + 1}, in it ` +
  `${votes} wrong` +
  (revealed
    ? `. Student error ${show(student)}, misfit ${show(misfit)}, gain ${show(gain)}.`
    : ". The student is hidden until you answer or skip the question.");
