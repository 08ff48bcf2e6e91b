/* The question of `explore` and `points`, and the verdict that takes the place of its guesses. */

import { box, make } from "./elements.js";

/**
 * @typedef {object} Ask
 * @property {string} question
 * @property {string[]} choices
 * @property {number | null} answer
 * @property {string} because
 * @property {number} [mask] the frame that stands there until the guess
 */

/** @type {(ask: Ask, guess: number) => string} */
function verdict({ choices, answer, because }, guess) {
  /** @type {(place: number) => string} */
  const quote = (place) => choices[place].replace(/\.$/, "");
  /** @type {() => string} */
  const opening = () => {
    if (answer === null)
      return guess < 0 ? "" : `Your guess: ${quote(guess)}. Now see for yourself.`;
    if (guess === answer) return `Right: ${quote(answer)}.`;
    return `${guess < 0 ? "The" : "Not this time. The"} answer: ${quote(answer)}.`;
  };
  return `${opening()} ${because}`.trim();
}

/**
 * The question's element, open for a guess. A guess below 0 is none.
 * @param {string} own what the widget's classes begin with
 * @param {Ask} ask
 * @param {{ answered: (guess: number) => void, again: () => void }} acts
 */
export function pose(own, ask, { answered, again }) {
  /** @type {(text: string, act: () => void, quiet?: string) => HTMLElement} */
  const button = (text, act, className = "") => {
    const node = make("button", { type: "button", className }, text);
    node.addEventListener("click", act);
    return node;
  };
  const guesses = ask.choices.map((text, i) => button(text, () => answered(i)));
  const skip = guesses.length
    ? button("Skip: just show me", () => answered(-1), `${own}-quiet`)
    : button("Show me", () => answered(-1));
  const judged = make("p", {});
  const lead = make("p", { className: `${own}-lead` }, "A guess first");
  const posed = make("p", {}, make("strong", {}, ask.question));
  const offered = box(`${own}-buttons ${own}-before`, ...guesses, skip);
  const result = box(`${own}-verdict ${own}-after`, judged);
  result.append(button("Guess again", again, `${own}-quiet`));
  const node = box(`${own}-question`, lead, posed, box(`${own}-turn`, offered, result));
  /** @type {(guess: number) => string} */
  const judge = (guess) => (judged.textContent = verdict(ask, guess));
  const wrong = ask.answer === 0 ? 1 : 0;
  judge(wrong in guesses ? wrong : -1); // out of sight: so that its place is kept
  return { node, judge, open: () => (guesses[0] ?? skip).focus({ preventScroll: true }) };
}
