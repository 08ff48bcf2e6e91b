/* What the picture of three classes is drawn with. */

/** @import { First, Kind } from "./three-classes-theory.js" */

import { output } from "./markup.js";
import { AGAIN, handle, help, situations, turn } from "./picture-template.js";
import { CORNERS, HEIGHT, WIDTH } from "./three-classes-plane.js";
import { PRESETS } from "./three-classes-starts.js";
import { FIRSTS, KINDS } from "./three-classes-theory.js";
import { GUESSES } from "./three-classes-words.js";

const REACH = 24; // of a handle
const KNOB = `<circle class="w2s-tc-knob" r="6"/>`;
const POINT = `<circle class="w2s-pic-point" r="9"/>`;
const AT = CORNERS.map(([x, y], i) => `x="${x}" y="${i < 2 ? y + 22 : y - 10}"`);

/** @type {(part: string, words: string, letter: string, kind?: string) => string} */
const name = (part, words, letter, kind = "") =>
  `<text class="${kind}" data-part="${part}-name">${words} <tspan>${letter}</tspan></text>`;

/* The two students have one color: a circle and a square tell them apart. */
const STUDENTS = `
<circle class="w2s-pic-point w2s-pic-student w2s-pic-after" data-part="prediction" r="7"/>
<rect class="w2s-pic-point w2s-pic-student w2s-pic-after" data-part="label" width="12" height="12"
  x="-6" y="-6"/>`;
const PICTURE = `
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" data-part="svg"
  aria-label="Triangle of predictions for three classes: the strong class is a line in it">
  <g aria-hidden="true">
    <path class="w2s-tc-frame" d="M${CORNERS.join("L")}Z"/>
    <path class="w2s-tc-less w2s-pic-after" data-part="less"/>
    <path class="w2s-tc-less w2s-pic-after" data-part="harm"/>
    <g class="w2s-tc-corners" text-anchor="middle">
      ${AT.map((at, i) => `<text ${at}>class ${i + 1}</text>`).join("")}
    </g>
    <text class="w2s-pic-small w2s-pic-after" data-part="less-name" text-anchor="middle">gain &lt;
      misfit</text>
    <text class="w2s-pic-small w2s-pic-after" data-part="harm-name" text-anchor="middle">gain &lt;
      0</text>
    <path class="w2s-tc-class" data-part="class"/>
    <path class="w2s-tc-border w2s-pic-after" data-part="border"/>
    <path class="w2s-tc-other w2s-pic-misfit w2s-pic-after" data-part="other-leg"/>
    <path class="w2s-tc-thin w2s-pic-weak w2s-pic-after" data-part="hypotenuse"/>
    <path class="w2s-tc-side w2s-pic-student w2s-pic-after" data-part="side"/>
    <path class="w2s-tc-side w2s-pic-misfit w2s-pic-after" data-part="leg"/>
    <path class="w2s-tc-angle w2s-pic-after" data-part="angle"/>
    <circle class="w2s-tc-rival w2s-pic-student w2s-pic-after" data-part="rival" r="7"/>
    <g data-part="students">${STUDENTS}</g>
  </g>
  ${handle("a", "End a of the class", "", KNOB, REACH)}
  ${handle("b", "End b of the class", "", KNOB, REACH)}
  ${handle("truth", "Truth f", "w2s-pic-truth", POINT, REACH)}
  ${handle("weak", "Weak model w", "w2s-pic-weak", POINT, REACH)}
  <g class="w2s-tc-names" aria-hidden="true" text-anchor="middle">
    ${name("weak", "weak model", "w")}${name("truth", "truth", "f")}
    ${name("student", "student", "s", "w2s-pic-after")}${name("a", "", "a")}${name("b", "", "b")}
    <text class="w2s-pic-small w2s-pic-after" data-part="rival-name">as near to w</text>
  </g>
</svg>`;

/** @type {(form: string) => string} */
const swatch = (form) => `<i class="w2s-tc-swatch w2s-pic-student ${form}"></i>`;
const HEADS = {
  prediction: `${swatch("")}prediction first <em>KL(v‖w)</em>`,
  label: `${swatch("w2s-tc-square")}label first <em>KL(w‖v)</em>`,
};

/** @type {(id: string, kind: Kind, first: First) => string} */
const cell = (id, kind, first) => `<td><label>
  <input type="radio" name="${id}" data-act="cell" value="${kind} ${first}"
    aria-label="Class straight in ${kind}, ${first} first"><span>
  <b class="w2s-pic-after" data-promise="${kind} ${first}"></b>
  <b class="w2s-tc-ask w2s-pic-before" aria-hidden="true">?</b>
  <output class="w2s-pic-after" data-cell="${kind} ${first}" aria-live="off"></output>
  </span></label></td>`;

/** @type {(id: string, kind: Kind) => string} */
const cells = (id, kind) =>
  `<tr><th scope="row">${kind}</th>
  ${FIRSTS.map((first) => cell(id, kind, first)).join("")}</tr>`;

/** @type {(id: string) => string} */
const table = (id) => `
<table class="w2s-tc-table"><caption>Is gain ≥ misfit certain? Choose a cell to see it.</caption>
<thead><tr><th scope="col">class straight in</th>
${FIRSTS.map((first) => `<th scope="col">${HEADS[first]}</th>`).join("")}</tr></thead>
<tbody>${KINDS.map((kind) => cells(id, kind)).join("")}</tbody></table>`;

/** @type {(colour: string, part: string, words: string) => string} */
const row = (colour, part, words) => `
<div class="w2s-tc-row w2s-pic-${colour}"><span><i class="w2s-tc-swatch"></i>${words}
  <em data-formula="${part}"></em></span>
  <span class="w2s-tc-track"><span class="w2s-tc-bar" data-bar="${part}"></span></span>
  ${output(part)}</div>`;

const NUMBERS = `<p data-part="reading"></p>
<div class="w2s-tc-rows">
  ${row("weak", "weak-error", "weak error")}${row("student", "student-error", "student error")}
  ${row("gain", "gain", "gain")}${row("misfit", "misfit", "misfit")}
  <span class="w2s-tc-scale" aria-hidden="true"><i>0</i><i data-part="full"></i></span>
</div>
<p class="w2s-tc-fact"><span>gain − misfit</span>${output("slack")}</p>
<p class="w2s-tc-fact"><span>angle at <em>s</em>, in Fisher's metric</span>${output("angle")}</p>
${AGAIN}`;
const QUESTION = `
<p>The student <em>s</em> is the point <em>v</em> of the class nearest to its teacher <em>w</em>,
  by one of two divergences. The truth <em>f</em> is on the class.</p>
<p><strong>In which two cells is gain ≥ misfit certain, wherever <em>w</em> and <em>f</em>
  are?</strong></p>`;
const HELP = `Each point is a prediction for one input: the nearer a corner, the more
  probable that class. Straight in probabilities are the mixtures of two experts <em>a</em> and
  <em>b</em>, straight in logits the predictions of a softmax head; label first is cross-entropy. By
  keyboard: Tab to a handle, then the arrow keys (steps of 0.05; with Shift, 0.01).`;

/** @type {(id: string, linked: boolean) => string} */
export const template = (id, linked) => `
<div class="w2s-tc-body">
  <div class="w2s-tc-picture">${PICTURE}
    <p class="w2s-tc-hint">Drag <em>w</em>, <em>f</em>, or <em>a</em> and <em>b</em>, the ends of
      the strong class.</p>
    <label class="w2s-tc-switch"><input type="checkbox" role="switch" data-part="realizable"
      data-act="realizable"><span>Keep the truth on the class (realizable)</span></label></div>
  <div class="w2s-tc-panel">${table(id)}${turn(QUESTION, GUESSES, NUMBERS)}</div>
</div>
${situations(PRESETS, "", "")}${help(HELP, linked)}`;
