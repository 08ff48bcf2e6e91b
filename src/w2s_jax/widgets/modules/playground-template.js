/* What the playground is drawn with. Classes: w2s-before and w2s-after stand on the two sides of
   the guess, w2s-own and w2s-others are for the triangle and for all other shapes. */

/** @import { State } from "./playground-theory.js" */

import { button, output } from "./markup.js";
import { HEIGHT, WIDTH } from "./playground-look.js";
import { SHAPES } from "./playground-shapes.js";
import { presets } from "./playground-starts.js";

/** @type {(text: string) => string} */
const italic = (text) => `<span class="w2s-sign">${text}</span>`;

/** @type {(colour: string, name: string, words: string, formula: string) => string} */
const row = (colour, name, words, formula) => `
<div class="w2s-row w2s-${colour}">
  <span class="w2s-words"><i class="w2s-swatch"></i>${words} ${italic(formula)}</span>
  <span class="w2s-track"><span class="w2s-bar" data-bar="${name}"></span></span>
  ${output(name)}
</div>`;

/* A handle: what is seen and, around it, what a finger finds. */
/** @type {(name: string, label: string, look: string, kind?: string) => string} */
const handle = (name, label, look, kind = "") => `
<g class="w2s-handle ${kind}" data-part="${name}" tabindex="0" role="slider" aria-valuenow="0"
  aria-label="${label}"><circle class="w2s-hit" r="22"/>${look}</g>`;

/** @type {(state: State) => string} */
export function shapeHandles(state) {
  const cross = `<path class="w2s-cross" d="M-7 0H7M0 -7V7"/>`;
  const knob = `<circle class="w2s-knob" r="6"/>`;
  return SHAPES[state.shape]
    .handles(state)
    .map(({ name, label }) => handle(name, label, name === "centre" ? cross : knob))
    .join("");
}

/** @type {(state: State) => string} */
export const presetButtons = (state) =>
  Object.keys(presets(state))
    .map((words) => button(words, `data-preset="${words}" aria-pressed="false"`))
    .join("");

/** @type {(words: string, name: string, formula: string) => string} */
const term = (words, name, formula) =>
  `<p><span>${words}</span><b data-echo="${name}"></b>${italic(formula)}</p>`;

/** @type {(words: string, name: string, formula: string) => string} */
const last = (words, name, formula) =>
  `<p><span>${words}</span><b>${output(name)}</b>${italic(formula)}</p>`;

/** @type {(mark: string) => string} */
const sign = (mark) => `<p aria-hidden="true"><span>&nbsp;</span><b>${mark}</b></p>`;

/** @type {(words: string, name: string, more: string, kind?: string) => string} */
const fact = (words, name, more, kind = "") =>
  `<p class="${kind}"><span>${words} ${more}</span>${output(name)}</p>`;

/** @type {(part: string, words: string, letter: string, kind?: string) => string} */
const name = (part, words, letter, kind = "") =>
  `<text class="${kind}" data-part="${part}-name">${words} <tspan>${letter}</tspan></text>`;

/** @type {(id: string) => string} */
const choices = (id) =>
  Object.entries(SHAPES)
    .filter(([, { alone }]) => !alone)
    .map(
      ([shape, { words }]) =>
        `<label><input type="radio" name="${id}" value="${shape}"><span>${words}</span></label>`,
    )
    .join("");

const ACROSS = HEIGHT / 2 + 17;
const AXES = `
<g class="w2s-axes" aria-hidden="true">
  <path data-part="axes"/>
  <text data-part="axis-1" y="${ACROSS}" text-anchor="end">prediction on x₁</text>
  <text data-part="axis-2" x="${WIDTH / 2 + 9}">prediction on x₂</text>
  <text data-part="tick-x" y="${ACROSS}" text-anchor="middle"></text>
  <text data-part="tick-y" x="${WIDTH / 2 - 9}" text-anchor="end"></text>
  <text data-part="space-1" text-anchor="middle">x₁</text>
  <text data-part="space-2" text-anchor="middle">x₂</text>
  <text data-part="space-3" text-anchor="middle">x₃</text>
</g>`;
const ASKED = `
  <circle class="w2s-guess w2s-student" r="11"/><text text-anchor="middle" y="5">?</text>`;
const TURNED = "M-9 -3A9 9 0 0 1 8 -5M9 3A9 9 0 0 1 -8 5M8 -10V-4H2M-8 10V4H-2";
const POINT = `<circle class="w2s-point" r="9"/>`;
const ANGLE_KIND = `<span class="w2s-sign" data-part="angle-kind"></span>`;
const WITHIN = `<span data-words="within"></span>`;
const DRAWING = `
<g aria-hidden="true">
  <path class="w2s-set" data-part="set"/>
  <text class="w2s-class-name" data-part="class-name" text-anchor="middle">strong class</text>
  <path class="w2s-threads" data-part="threads"/>
  <path class="w2s-support w2s-after" data-part="support"/>
  <polygon class="w2s-square w2s-weak" data-part="A-square"/>
  <polygon class="w2s-square w2s-misfit w2s-after" data-part="B-square"/>
  <polygon class="w2s-square w2s-student w2s-after" data-part="C-square"/>
  <polygon class="w2s-inside w2s-misfit w2s-after" data-part="inside"/>
  <line class="w2s-gap w2s-truth" data-part="gap"/>
  <circle class="w2s-shadow w2s-truth" data-part="shadow" r="4"/>
  <line class="w2s-rival-side w2s-misfit w2s-after" data-part="rival-side"/>
  <circle class="w2s-rival w2s-student w2s-after" data-part="rival" r="6"/>
  <line class="w2s-side w2s-weak" data-part="A"/>
  <line class="w2s-side w2s-misfit w2s-after" data-part="B"/>
  <line class="w2s-side w2s-student w2s-after" data-part="C"/>
  <path class="w2s-right w2s-after" data-part="angle"/>
  <text class="w2s-side-name" data-part="A-name" text-anchor="middle">A</text>
  <text class="w2s-side-name w2s-after" data-part="B-name" text-anchor="middle">B</text>
  <text class="w2s-side-name w2s-after" data-part="C-name" text-anchor="middle">C</text>
  <text class="w2s-angle-name w2s-after" data-part="angle-name" text-anchor="middle"></text>
  <circle class="w2s-ghost w2s-student w2s-after" data-part="ghost" r="9"/>
  <circle class="w2s-point w2s-student w2s-after" data-part="student" r="7"/>
</g>`;
const PICTURE = `
<svg role="group" data-part="svg">
  ${AXES}${DRAWING}
  <g data-part="handles"></g>
  ${handle("mark", "Your guess: where the student will stand", ASKED, "w2s-before")}
  ${handle("view", "Point of view", `<path class="w2s-turn" d="${TURNED}"/>`)}
  ${handle("truth", "Truth f", POINT, "w2s-truth")}
  ${handle("weak", "Weak model w", POINT, "w2s-weak")}
  <g class="w2s-names" aria-hidden="true" text-anchor="middle">
    ${name("weak", "weak model", "w")}${name("truth", "truth", "f")}
    ${name("student", "student", "s", "w2s-after")}
    <text class="w2s-small" data-part="shadow-name">Pf</text>
    <text class="w2s-small w2s-after" data-part="rival-name">as near to w</text>
  </g>
</svg>`;
const QUESTION = `
<p class="w2s-lead">A guess first</p>
<p>The student may stand anywhere ${WITHIN}. It copies its weak teacher <i>w</i> as closely as it
  can, and never sees the truth <i>f</i>.</p>
<p data-part="ask-mark"><strong>Where will it stand?</strong> Tap the picture, or move the question
  mark there.</p>
<p><strong>Which of the two ends up closer to the truth?</strong></p>
<div class="w2s-buttons">
  ${button("The student", `data-guess="student"`)}
  ${button("The teacher", `data-guess="teacher"`)}
  ${button("Skip: just show me", `class="w2s-quiet" data-guess=""`)}
</div>`;
const NUMBERS = `
<p class="w2s-reading" data-part="reading"></p>
<div class="w2s-rows">
  ${row("weak", "weak-error", "weak error", "A²")}
  ${row("student", "student-error", "student error", "C²")}
  ${row("gain", "gain", "gain", "A² − C²")}
  ${row("misfit", "misfit", "misfit", "B²")}
  <span class="w2s-scale" aria-hidden="true"><i>0</i><i data-part="full"></i></span>
</div>
<div class="w2s-formula w2s-own">
  ${term("gain", "gain", "A² − C²")}${sign("=")}
  ${term("misfit", "misfit", "B²")}${sign("−")}
  ${last("correction", "correction", "2⟨w − s, f − Pf⟩")}
</div>
<div class="w2s-formula w2s-others">
  ${term("weak error", "weak-error", "A²")}${sign("=")}
  ${term("misfit", "misfit", "B²")}${sign("+")}
  ${term("student error", "student-error", "C²")}${sign("+")}
  ${last("slack", "cross", "2⟨w\u00a0−\u00a0s, s\u00a0−\u00a0f⟩")}
</div>
<div class="w2s-more">
  ${fact("slack", "slack", italic("gain − misfit"))}
  ${fact("promised: slack at least", "floor", italic("−2√(B²·ε)"), "w2s-others")}
  ${fact("realizability gap", "epsilon", italic("ε"))}
  ${fact("angle at the student", "angle", ANGLE_KIND, "w2s-others")}
</div>`;
const LINKED =
  " The page's address holds the picture as you leave it: copy it to pass the picture on.";

/** @type {(id: string, linked: boolean) => string} */
export const template = (id, linked) => `
<fieldset class="w2s-shapes w2s-others"><legend>Strong class</legend>${choices(id)}</fieldset>
<div class="w2s-body">
  <div class="w2s-picture">${PICTURE}<p class="w2s-hint" data-part="hint"></p></div>
  <div class="w2s-panel">
    <div class="w2s-question w2s-before" data-part="question">${QUESTION}</div>
    <div class="w2s-numbers w2s-after">${NUMBERS}</div>
  </div>
</div>
<div class="w2s-controls">
  <div class="w2s-buttons" role="group" aria-label="Situations"><span>Try</span>
    <span class="w2s-presets" data-part="presets"></span>
    ${button("Reset", `class="w2s-quiet" data-part="reset"`)}
    ${button("Guess again", `class="w2s-quiet w2s-after" data-part="again"`)}
  </div>
  <label class="w2s-switch"><input type="checkbox" role="switch" data-part="realizable">
    <span>Keep the truth ${WITHIN} (realizable)</span></label>
</div>
<p class="w2s-help"><span data-part="help"></span> By keyboard: Tab to a handle, then the arrow keys
  (steps of 0.05; with Shift, 0.01).${linked ? LINKED : ""}</p>
<p class="w2s-said" data-part="said" aria-live="polite"></p>`;
