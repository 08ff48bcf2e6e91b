/* What the figure of leftovers is drawn with. */

import { PRESETS, REACH } from "./leftovers-theory.js";
import { GUESSES } from "./leftovers-words.js";
import { output } from "./markup.js";
import { handle, help, situations, term, turn } from "./picture-template.js";

export const SIZE = 320; // of each panel, in its own pixels
export const UNIT = 94; // of the plane
export const MIDDLE = [SIZE / 2, SIZE / 2];
const [LEFT, RIGHT, TOP, BOTTOM] = [40, SIZE - 12, 14, SIZE - 36];
const [LOW, HIGH] = [-0.7, 4.5]; // of the gain
const MOST = 1.08 * REACH ** 2; // of the misfit

/** @type {(misfit: number) => number} */
export const misfitAt = (misfit) => LEFT + ((RIGHT - LEFT) * misfit) / MOST;
/** @type {(gain: number) => number} */
export const gainAt = (gain) => BOTTOM - ((BOTTOM - TOP) * (gain - LOW)) / (HIGH - LOW);
/** @type {(dx: number, dy: number) => number[]} */
export const pushed = (dx, dy) => [
  (dx * MOST) / (RIGHT - LEFT),
  (-dy * (HIGH - LOW)) / (BOTTOM - TOP),
];

/** @type {(part: string, colour: string) => string} */
const arrow = (part, colour) =>
  `<path class="w2s-lo-arrow w2s-pic-${colour}" data-part="${part}"/>`;

/** @type {(part: string, words: string, more?: string) => string} */
const text = (part, words, more = "") => `<text data-part="${part}" ${more}>${words}</text>`;

const PLANE = `
<svg viewBox="0 0 ${SIZE} ${SIZE}" role="group" data-part="plane"
  aria-label="Plane of two leftovers: w − s, what the student drops, and f − g, out of reach">
  <g aria-hidden="true">
    <rect class="w2s-lo-over w2s-pic-gain w2s-pic-after" width="${MIDDLE[0]}" height="${SIZE}"/>
    <circle class="w2s-lo-disc w2s-pic-after" data-part="disc"/>
    <circle class="w2s-lo-sure w2s-pic-after" data-part="sure" cx="${MIDDLE[0]}" cy="${MIDDLE[1]}"/>
    <path class="w2s-pic-axes" d="M8 ${MIDDLE[1]}H${SIZE - 8}M${MIDDLE[0]} 8V${SIZE - 8}"/>
    <text class="w2s-pic-small w2s-pic-after" x="10" y="${SIZE - 14}">gain &gt; misfit</text>
    ${text("harm", "gain &lt; 0", `class="w2s-pic-small w2s-pic-after" text-anchor="middle"`)}
    ${text("four", "misfit = 4ε", `class="w2s-pic-small w2s-pic-after" text-anchor="middle"`)}
    ${arrow("truth-arrow", "truth")}${arrow("drop-arrow", "misfit")}
    ${text("truth-name", "f − g", `text-anchor="middle"`)}${text("drop-name", "w − s")}
  </g>
  ${handle("tip", "f − g, what is out of reach; its length", "w2s-pic-truth")}
  ${handle("drop", "w − s, what the student drops", "w2s-pic-misfit")}
</svg>`;
const TICKS = [1, 2, 3, 4].map(
  (value) => `<text x="${LEFT - 6}" y="${gainAt(value) + 4}" text-anchor="end">${value}</text>`,
);
const AXES = `M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}M${LEFT} ${gainAt(0)}H${RIGHT}`;
const GRAPH = `
<svg viewBox="0 0 ${SIZE} ${SIZE}" role="group" data-part="graph"
  aria-label="Gain against misfit, under and over the line gain = misfit">
  <g aria-hidden="true">
    <path class="w2s-lo-band" data-part="band"/>
    <path class="w2s-pic-axes" d="${AXES}"/>
    <path class="w2s-lo-line" d="M${misfitAt(0)} ${gainAt(0)}L${misfitAt(MOST)} ${gainAt(MOST)}"/>
    <path class="w2s-lo-share w2s-pic-after" data-part="share"/>
    <g class="w2s-pic-small">${TICKS.join("")}
      <text x="${LEFT - 6}" y="${gainAt(0) + 4}" text-anchor="end">0</text>
      <text x="${misfitAt(1)}" y="${BOTTOM + 16}" text-anchor="middle">1</text>
      <text x="${misfitAt(2)}" y="${BOTTOM + 16}" text-anchor="middle">2</text>
      <text x="${RIGHT}" y="${BOTTOM + 30}" text-anchor="end">misfit</text>
      <text x="${LEFT + 8}" y="${TOP + 8}">gain</text>
      <text x="${misfitAt(1.5)}" y="${gainAt(2)}" text-anchor="end">gain = misfit</text>
    </g>
  </g>
  ${handle("point", "Gain and misfit", "w2s-pic-gain w2s-pic-after")}
</svg>`;

const FORMULA = `
<p class="w2s-pic-formula">
  ${term("gain", "gain", "A² − C²", "w2s-pic-gain")}<b>=</b>
  ${term("misfit", "misfit", "‖w − s‖²", "w2s-pic-misfit")}<b>−</b>
  ${term("correction", "correction", "2⟨w − s, f − g⟩")}
</p>
<p class="w2s-pic-more"><span>|correction| ≤ <i>2√(misfit · ε)</i> = ${output("room")}</span>
  <span><i>ε</i> = ${output("epsilon")}</span></p>
<p data-part="reading"></p>`;
const QUESTION = `
<p><strong>Drag <i>w − s</i>, what the student drops of its teacher. Where in the plane is the
  gain exactly zero?</strong></p>`;
const HELP =
  "Drag the tips of the arrows, or the point of gain and misfit. By keyboard: Tab to one, then " +
  "the arrow keys (steps of 0.05; with Shift, 0.01).";

/** @type {(linked: boolean) => string} */
export const template = (linked) => `
<div class="w2s-pic-pair">${PLANE}${GRAPH}${turn(QUESTION, GUESSES, FORMULA)}</div>
${situations(PRESETS)}${help(HELP, linked)}`;
