/* What the ring is drawn with. */

import { button, output } from "./markup.js";
import { handle, help, situations, term, turn } from "./picture-template.js";
import { LIMITS, PRESETS } from "./ring-theory.js";
import { GUESSES } from "./ring-words.js";

export const SIZE = 320; // of each panel, in its own pixels
export const MIDDLE = SIZE / 2;
/* Outer and inner radius of each ring, and of the window's shade. */
export const RINGS = { weak: [126, 108], misfit: [102, 92], student: [86, 68] };
export const SHADE = [132, 60];
export const GRIP = 144; // radius on which the handles run
const [LEFT, RIGHT, TOP, BOTTOM] = [44, SIZE - 14, 16, SIZE - 46];
const HIGHEST = 0.4; // share in the graph

/** @type {(length: number) => number} */
export const lengthAt = (length) =>
  LEFT + ((RIGHT - LEFT) * (length - 0.5)) / (LIMITS.length[1] + 0.5);
/** @type {(share: number) => number} */
export const shareAt = (share) => BOTTOM - ((BOTTOM - TOP) * share) / HIGHEST;

/** @type {(r: number) => string} */
const edge = (r) => `<circle class="w2s-ri-edge" cx="${MIDDLE}" cy="${MIDDLE}" r="${r}"/>`;

const BANDS = Object.entries(RINGS).map(
  ([name, radii]) => `
  <g class="w2s-pic-${name} ${name === "weak" ? "" : "w2s-pic-after"}">
    ${radii.map(edge).join("")}
    <path class="w2s-ri-arcs" data-part="${name}"/></g>`,
);

/** @type {(part: string, y: number, words: string, more?: string) => string} */
const line = (part, y, words, more = "") =>
  `<text data-part="${part}" x="${MIDDLE}" y="${MIDDLE + y}" text-anchor="middle" ` +
  `${more}>${words}</text>`;

const ABOUT =
  "Ring of inputs: outside where the teacher is wrong, inside where the student is, between them " +
  "where they differ";
const PICTURE = `
<svg viewBox="0 0 ${SIZE} ${SIZE}" role="group" data-part="ring"
  aria-label="${ABOUT}">
  <g aria-hidden="true">
    <path class="w2s-ri-shade" data-part="shade"/>${BANDS.join("")}
    ${line("wrong-votes", -16, "", `class="w2s-ri-strong"`)}
    ${line("of", 6, "in the window")}
    ${line("size", 28, "", `class="w2s-pic-small"`)}
    <text class="w2s-ri-name" data-part="length-name">L</text>
    <text class="w2s-ri-name" data-part="reach-name">k</text>
  </g>
  ${handle("reach", "k, how far the student asks on either side", "w2s-ri-ink")}
  ${handle("length", "L, the length of a block of wrong labels", "w2s-pic-weak")}
</svg>`;

const TICKS = [0, 0.1, 0.2, 0.3, 0.4].map(
  (value) =>
    `<text x="${LEFT - 7}" y="${shareAt(value) + 4}" text-anchor="end">${value || "0"}</text>`,
);
const LENGTHS = [1, 3, 6, 9, 12].map(
  (value) => `<text x="${lengthAt(value)}" y="${BOTTOM + 17}" text-anchor="middle">${value}</text>`,
);
const GRAPH = `
<svg viewBox="0 0 ${SIZE} ${SIZE}" role="img" data-part="graph"
  aria-label="Student error and misfit against the length of a block">
  <path class="w2s-pic-axes" d="M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}"/>
  <path class="w2s-ri-line w2s-ri-dashed w2s-pic-weak" d="M${LEFT} ${shareAt(0.25)}H${RIGHT}"/>
  <path class="w2s-ri-now" data-part="now"/>
  <g class="w2s-pic-after">
    <path class="w2s-ri-line w2s-pic-misfit" data-part="misfits"/>
    <path class="w2s-ri-dots w2s-pic-misfit" data-part="misfit-marks"/>
    <path class="w2s-ri-line w2s-pic-student" data-part="students"/>
    <path class="w2s-ri-dots w2s-pic-student" data-part="student-marks"/>
  </g>
  <g class="w2s-pic-small">${TICKS.join("")}${LENGTHS.join("")}
    <text x="${RIGHT}" y="${BOTTOM + 36}" text-anchor="end">length of a block, L</text>
    <text x="${RIGHT}" y="${shareAt(0.25) - 7}" text-anchor="end">teacher's error</text>
    <text x="${LEFT + 8}" y="${TOP + 6}" class="w2s-pic-after">
      <tspan class="w2s-ri-key w2s-pic-student">●</tspan> student's error
      <tspan x="${LEFT + 8}" dy="18" class="w2s-ri-key w2s-pic-misfit">■</tspan> misfit</text>
  </g>
</svg>`;

const FORMULA = `
<p class="w2s-pic-formula">
  ${term("gain", "gain", "mended − spoiled", "w2s-pic-gain")}<b>=</b>
  ${term("misfit", "misfit", "mended + spoiled", "w2s-pic-misfit")}<b>− 2 ·</b>
  ${term("spoiled", "spoiled", "right made wrong")}
</p>
<p class="w2s-pic-more"><span>teacher's error ${output("weak")}</span>
  <span>student's error ${output("student")}</span></p>
<p data-part="reading"></p>`;
const QUESTION = `
<p><strong>At every input the student takes the majority of its window: the input and its
  <i>k</i> neighbors on either side. The wrong blocks grow longer and fewer. How does it give
  up mending them?</strong></p>`;
const HELP = `Drag the end of the block, <i>L</i>, and the edge of the window, <i>k</i>.
  By keyboard: Tab to one, then the arrow keys.`;

/** @type {(linked: boolean) => string} */
export const template = (linked) => `
<div class="w2s-pic-pair">${PICTURE}${GRAPH}${turn(QUESTION, GUESSES, FORMULA)}</div>
${situations(PRESETS, button("Deal the gaps again", `data-act="deal"`))}${help(HELP, linked)}`;
