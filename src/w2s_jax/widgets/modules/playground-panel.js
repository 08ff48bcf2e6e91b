/* What the playground is drawn with, and what it says of its picture: readings in words, numbers, each handle's value for
   those who listen. Classes: w2s-before and w2s-after stand on the two sides of the guess. */

import { PRESETS, SHAPES } from "./playground-shapes.js";
import { HEIGHT, WIDTH, output, row } from "./triangle-template.js";
import { show } from "./triangle-theory.js";

const LITTLE = 5e-4; // what three digits show as nothing

const showAngle = (angle) => (Number.isNaN(angle) ? "none" : `${angle.toFixed(1)}°`);

const showFloor = (floor) => (Number.isNaN(floor) ? "no promise" : show(floor));

function nameAngle(angle) {
  if (Number.isNaN(angle)) return "";
  if (Math.abs(angle - 90) < 0.05) return "right";
  return angle > 90 ? "obtuse" : "acute";
}

function readCrescent({ gain, slack }, rival) {
  if (rival) return "Two points of the crescent are as near to w, or nearly so: a hair's breadth of w, and the student jumps. A convex set has one nearest point only.";
  if (gain < 0) return "The truth is in the set, and still the student is worse than its teacher. The crescent reaches across the dotted line, so the angle at s can be acute: Theorem 1 needs a convex set.";
  if (slack < -LITTLE) return "The truth is in the set, and still the gain is less than the misfit: the crescent reaches across the dotted line.";
  return "Here the truth happens to lie beyond the dotted line, so the gain is at least the misfit. Nothing promised it: drag f across that line.";
}

function readOutside({ gain, slack }, convex) {
  if (gain < 0) return "The truth lies outside the set, and the student is worse than its teacher: what it could not copy was true.";
  if (slack >= -LITTLE) return "The truth lies outside the set, yet not on the teacher's side of the student, so the gain is still at least the misfit.";
  if (!convex) return "The truth lies outside the set, on the teacher's side of the student: the gain is less than the misfit.";
  return "The truth lies outside the set, on the teacher's side of the student. The gain is less than the misfit, but by 2√(B²·ε) at most.";
}

/* One reading of the numbers in words. */
function readSet(state, { rival, numbers }, { within, solid }) {
  const { gain, misfit, slack, epsilon } = numbers;
  const convex = state.shape !== "crescent";
  if (misfit < 1e-9 && Math.abs(gain) < LITTLE) return `The weak model stands ${within}, so the student copies it perfectly: no misfit, no gain.`;
  if (epsilon > LITTLE / 5) return readOutside(numbers, convex);
  if (!convex) return readCrescent(numbers, rival);
  if (slack < LITTLE) return `The angle at s is right: ${state.shape === "line" ? "on a line it always is" : "here the set is flat between s and f"}. Pythagoras speaks, A² = B² + C², and the gain is the misfit.`;
  return `The angle at s is obtuse: the whole set lies beyond the dotted ${solid ? "plane" : "line"} through s, the truth with it. The gain exceeds the misfit by the slack.`;
}

/* What became of the reader's guesses: which model is nearer, and her mark for the student. */
export function judgeGuess(guess, { numbers }, mark) {
  const { gain, misfit } = numbers;
  const even = Math.abs(gain) < LITTLE;
  const fact = `the ${gain > 0 ? "student" : "teacher"} is closer; its error is smaller by ${show(Math.abs(gain))}.`;
  const opening = guess ? ((guess === "student") === gain > 0 ? "Right: " : "Not this time: ") : "Here ";
  const verdict = even ? "Neither: they are equally far from it." : opening + fact;
  if (!mark) return verdict;
  if (mark.off < 0.1) return `${verdict} And your mark was right on the student.`;
  if (!mark.inside) return `${verdict} Your mark lies outside the set, where the student may not stand.`;
  return `${verdict} Your mark fits w with ${show(mark.fit)}; the student with ${show(misfit)}, and no point of the set does better.`;
}

/* The same for a reader who listens. */
export function sayNumbers(numbers) {
  const angle = Number.isNaN(numbers.angle) ? "" : ` The angle at the student is ${numbers.angle.toFixed(0)} degrees, ${nameAngle(numbers.angle)}.`;
  return `Weak error ${show(numbers["weak-error"])}, student error ${show(numbers["student-error"])}, gain ${show(numbers.gain)}, misfit ${show(numbers.misfit)}, slack ${show(numbers.slack)}.${angle}`;
}

const SHOW = { floor: showFloor, angle: showAngle };
export const put = (node, attributes) => Object.entries(attributes).forEach(([k, v]) => node.setAttribute(k, v));
export const hide = (node, hidden) => node.classList.toggle("w2s-hidden", hidden);

/* The words that depend on the shape alone. */
export function paintWords(root, parts, { shape }) {
  const { within, hint, solid } = SHAPES[shape];
  parts.within.textContent = within;
  parts.hint.innerHTML = `Drag <i>w</i>, <i>f</i>${hint}.`;
  parts["ask-mark"].hidden = Boolean(solid);
  parts.help.textContent = solid
    ? "Each point is a model: its predictions on three equally likely inputs, x₁, x₂ and x₃. Points move in the plane of the screen; turn the view to move them in depth."
    : "Each point is a model: its predictions on two equally likely inputs, x₁ and x₂.";
  const place = solid ? "Space of functions on three inputs" : "Plane of functions on two inputs";
  put(parts.svg, { "aria-label": `${place}: the student is the point ${within} nearest to the weak model` });
  for (const input of root.querySelectorAll("input[type=radio]")) input.checked = input.value === shape;
}

export function paintNumbers(root, parts, state, result) {
  const { numbers } = result;
  const from = numbers["student-error"];
  const size = Math.max(numbers["weak-error"], from + numbers.misfit) || 1;
  const bars = { "weak-error": [0, numbers["weak-error"]], "student-error": [0, from], gain: [from, numbers.gain], misfit: [from, numbers.misfit] };
  for (const bar of root.querySelectorAll("[data-bar]")) {
    const [start, span] = bars[bar.dataset.bar];
    bar.style.left = `${(100 * Math.min(start, start + span)) / size}%`;
    bar.style.width = `${(100 * Math.abs(span)) / size}%`;
    bar.classList.toggle("w2s-negative", span < 0);
  }
  for (const node of root.querySelectorAll("output")) {
    const { name } = node.dataset;
    node.value = (SHOW[name] ?? show)(numbers[name]);
    node.dataset.sign = node.value.startsWith("−") ? "minus" : "";
    node.dataset.value = numbers[name];
  }
  for (const node of root.querySelectorAll("[data-echo]")) node.textContent = show(numbers[node.dataset.echo]);
  parts["angle-kind"].textContent = nameAngle(numbers.angle);
  parts.reading.textContent = readSet(state, result, SHAPES[state.shape]);
}

/* The value of each slider: a point, a length or an angle. */
export function paintHandles(parts, state, frame, handles, mark) {
  const describe = (name, point) => {
    const words = point.map((x, i) => `${show(x)} on x${"₁₂₃"[i]}`).join(", ");
    put(parts[name], { "aria-valuenow": point[0], "aria-valuemin": -frame.reach[0], "aria-valuemax": frame.reach[0], "aria-valuetext": words });
  };
  for (const name of ["weak", "truth"]) describe(name, state[name]);
  if (mark) describe("mark", mark);
  for (const { name, value, at, unit } of handles) {
    if (!value) {
      describe(name, at(state, frame));
      continue;
    }
    const now = value(state);
    const far = unit ? 180 : 4 * frame.scale;
    put(parts[name], { "aria-valuenow": now, "aria-valuemin": unit ? -far : 0, "aria-valuemax": far, "aria-valuetext": unit ? `${now.toFixed(1)} ${unit}` : show(now) });
  }
  const [turned, raised] = state.view.map((angle) => (angle * 180) / Math.PI);
  put(parts.view, { "aria-valuenow": turned, "aria-valuemin": -180, "aria-valuemax": 180, "aria-valuetext": `turned ${turned.toFixed(0)} degrees, raised ${raised.toFixed(0)}` });
}

/* A handle: what is seen and, around it, what a finger finds. */
export function handle(name, label, look, kind = "") {
  return `<g class="w2s-handle ${kind}" data-part="${name}" tabindex="0" role="slider" aria-valuenow="0" aria-label="${label}"><circle class="w2s-hit" r="22"/>${look}</g>`;
}

export function shapeHandles(state) {
  const knob = (name) => (name === "centre" ? `<path class="w2s-cross" d="M-7 0H7M0 -7V7"/>` : `<circle class="w2s-knob" r="6"/>`);
  return SHAPES[state.shape].handles(state).map(({ name, label }) => handle(name, label, knob(name))).join("");
}

const term = (words, name, sign) => `<p><span>${words}</span><b data-echo="${name}"></b><span class="w2s-sign">${sign}</span></p>`;
const sign = (mark) => `<p aria-hidden="true"><span>&nbsp;</span><b>${mark}</b></p>`;
const fact = (words, mark, name) => `<p><span>${words} <span class="w2s-sign">${mark}</span></span>${output(name)}</p>`;
const name = (part, words, letter, kind = "") => `<text class="${kind}" data-part="${part}-name">${words} <tspan>${letter}</tspan></text>`;

export const template = (id, linked) => `
<fieldset class="w2s-shapes"><legend>Strong class</legend>${Object.entries(SHAPES)
  .map(([shape, { words }]) => `<label><input type="radio" name="${id}" value="${shape}"><span>${words}</span></label>`)
  .join("")}</fieldset>
<div class="w2s-body">
  <div class="w2s-picture">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" data-part="svg">
      <g class="w2s-axes" aria-hidden="true">
        <path data-part="axes"/>
        <text data-part="axis-1" x="${WIDTH - 8}" y="${HEIGHT / 2 + 17}" text-anchor="end">prediction on x₁</text>
        <text data-part="axis-2" x="${WIDTH / 2 + 9}" y="17">prediction on x₂</text>
        <text data-part="tick-x" y="${HEIGHT / 2 + 17}" text-anchor="middle"></text>
        <text data-part="tick-y" x="${WIDTH / 2 - 9}" text-anchor="end"></text>
        ${[1, 2, 3].map((i) => `<text data-part="space-${i}" text-anchor="middle">x${"₀₁₂₃"[i]}</text>`).join("")}
      </g>
      <g aria-hidden="true">
        <path class="w2s-set" data-part="set"/>
        <path class="w2s-threads" data-part="threads"/>
        <path class="w2s-support w2s-after" data-part="support"/>
        <polygon class="w2s-inside w2s-after" data-part="inside"/>
        <line class="w2s-gap" data-part="gap"/>
        <circle class="w2s-shadow" data-part="shadow" r="4"/>
        <line class="w2s-rival-side w2s-after" data-part="rival-side"/>
        <circle class="w2s-rival w2s-after" data-part="rival" r="6"/>
        <line class="w2s-side w2s-weak" data-part="A"/>
        <line class="w2s-side w2s-misfit w2s-after" data-part="B"/>
        <line class="w2s-side w2s-student w2s-after" data-part="C"/>
        <path class="w2s-right w2s-after" data-part="angle"/>
        <text class="w2s-side-name" data-part="A-name" text-anchor="middle">A</text>
        <text class="w2s-side-name w2s-after" data-part="B-name" text-anchor="middle">B</text>
        <text class="w2s-side-name w2s-after" data-part="C-name" text-anchor="middle">C</text>
        <text class="w2s-angle-name w2s-after" data-part="angle-name" text-anchor="middle"></text>
        <circle class="w2s-ghost w2s-after" data-part="ghost" r="9"/>
        <circle class="w2s-point w2s-student w2s-after" data-part="student" r="7"/>
      </g>
      <g data-part="handles"></g>
      ${handle("mark", "Your guess: where the student will stand", `<circle class="w2s-guess" r="11"/><text text-anchor="middle" y="5">?</text>`, "w2s-before")}
      ${handle("view", "Point of view", `<path class="w2s-turn" d="M-9 -3A9 9 0 0 1 8 -5M9 3A9 9 0 0 1 -8 5M8 -10V-4H2M-8 10V4H-2"/>`)}
      ${handle("truth", "Truth f", `<circle class="w2s-point" r="9"/>`, "w2s-truth")}
      ${handle("weak", "Weak model w", `<circle class="w2s-point" r="9"/>`, "w2s-weak")}
      <g class="w2s-names" aria-hidden="true" text-anchor="middle">
        ${name("weak", "weak model", "w")}${name("truth", "truth", "f")}${name("student", "student", "s", "w2s-after")}
        <text class="w2s-small" data-part="shadow-name">Pf</text>
        <text class="w2s-small w2s-after" data-part="rival-name">as near to w</text>
      </g>
    </svg>
    <p class="w2s-hint" data-part="hint"></p>
  </div>
  <div class="w2s-panel">
    <div class="w2s-question w2s-before" data-part="question">
      <p class="w2s-lead">A guess first</p>
      <p>The student may stand anywhere <span data-part="within"></span>. It copies its weak teacher <i>w</i> as closely as it can, and never sees the truth <i>f</i>.</p>
      <p data-part="ask-mark"><strong>Where will it stand?</strong> Tap the picture, or move the question mark there.</p>
      <p><strong>Which of the two ends up closer to the truth?</strong></p>
      <div class="w2s-buttons">
        <button type="button" data-guess="student">The student</button>
        <button type="button" data-guess="teacher">The teacher</button>
        <button type="button" class="w2s-quiet" data-guess="">Skip: just show me</button>
      </div>
    </div>
    <div class="w2s-numbers w2s-after">
      <p class="w2s-reading" data-part="reading"></p>
      <div class="w2s-rows">
        ${row("weak", "weak-error", "weak error", "A²")}
        ${row("student", "student-error", "student error", "C²")}
        ${row("gain", "gain", "gain", "A² − C²")}
        ${row("misfit", "misfit", "misfit", "B²")}
      </div>
      <div class="w2s-formula">
        ${term("weak error", "weak-error", "A²")}${sign("=")}${term("misfit", "misfit", "B²")}${sign("+")}${term("student error", "student-error", "C²")}${sign("+")}
        <p><span>slack</span><b>${output("cross")}</b><span class="w2s-sign">2⟨w − s, s − f⟩</span></p>
      </div>
      <div class="w2s-more">
        ${fact("slack", "gain − misfit", "slack")}
        ${fact("promised: slack at least", "−2√(B²·ε)", "floor")}
        ${fact("realizability gap", "ε", "epsilon")}
        <p><span>angle at the student <span class="w2s-sign" data-part="angle-kind"></span></span>${output("angle")}</p>
      </div>
    </div>
  </div>
</div>
<div class="w2s-controls">
  <div class="w2s-buttons" role="group" aria-label="Situations"><span>Try</span>${Object.keys(PRESETS)
    .map((words) => `<button type="button" data-preset="${words}" aria-pressed="false">${words}</button>`)
    .join("")}<button type="button" class="w2s-quiet" data-part="reset">Reset</button><button type="button" class="w2s-quiet w2s-after" data-part="again">Guess again</button></div>
  <label class="w2s-switch"><input type="checkbox" role="switch" data-part="realizable"> Keep the truth in the set (realizable)</label>
</div>
<p class="w2s-help"><span data-part="help"></span> By keyboard: Tab to a handle, then the arrow keys (steps of 0.05; with Shift, 0.01).${linked ? " The page's address holds the picture as you leave it: copy it to pass the picture on." : ""}</p>
<p class="w2s-said" data-part="said" aria-live="polite"></p>`;
