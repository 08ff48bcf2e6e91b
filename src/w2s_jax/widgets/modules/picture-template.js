/* What every picture is made of that a reader takes hold of. Classes: w2s-pic-before and
   w2s-pic-after stand on the two sides of the guess. */

import { button, output } from "./markup.js";

const POINT = `<circle class="w2s-pic-point" r="8"/>`;

/* A handle: what is seen and, around it, what a finger finds. */
/** @type {(name: string, label: string, kind: string, look?: string, reach?: number) => string} */
export const handle = (name, label, kind, look = POINT, reach = 22) => `
<g class="w2s-pic-handle ${kind}" data-part="${name}" tabindex="0" role="slider" aria-valuenow="0"
  aria-label="${label}"><circle class="w2s-pic-hit" r="${reach}"/>${look}</g>`;

/* A term of a formula: words, number and sign, in the color of an object. */
/** @type {(words: string, name: string, sign: string, colour?: string) => string} */
export const term = (words, name, sign, colour = "") =>
  `<span class="w2s-pic-term ${colour}"><span>${words}</span>${output(name)}<i>${sign}</i></span>`;

/* The question, and the answer that takes its place. */
/** @type {(question: string, guesses: Record<string, string>, answer: string) => string} */
export const turn = (question, guesses, answer) => `
<div class="w2s-pic-turn">
  <div class="w2s-pic-question w2s-pic-before" data-part="question">
    <p class="w2s-pic-lead">A guess first</p>${question}
    <div class="w2s-pic-buttons">
      ${Object.entries(guesses)
        .map(([guess, words]) => button(words, `data-guess="${guess}"`))
        .join("")}
      ${button("Skip: just show me", `class="w2s-pic-quiet" data-guess=""`)}</div>
  </div>
  <div class="w2s-pic-answer w2s-pic-after">${answer}</div>
</div>`;

export const AGAIN = button("Guess again", `class="w2s-pic-quiet w2s-pic-after" data-part="again"`);

/* The situations to try, what else the picture offers, and what follows Reset. */
/** @type {(presets: object, more?: string, last?: string) => string} */
export const situations = (presets, more = "", last = AGAIN) => `
<div class="w2s-pic-buttons" role="group" aria-label="Situations"><span>Try</span>
  ${Object.keys(presets)
    .map((name) => button(name, `data-preset="${name}" aria-pressed="false"`))
    .join("")}
  ${more}${button("Reset", `class="w2s-pic-quiet" data-part="reset"`)}${last}</div>`;

const LINKED = " The page's address holds the picture as you leave it.";

/* How to take hold, and where the picture is spoken. */
/** @type {(words: string, linked: boolean) => string} */
export const help = (words, linked) => `
<p class="w2s-pic-help">${words}${linked ? LINKED : ""}</p>
<p class="w2s-pic-said" data-part="said" aria-live="polite"></p>`;
