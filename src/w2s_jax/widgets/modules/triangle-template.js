/* What the triangle is drawn with. Classes: w2s-before and w2s-after stand on the two sides of the guess. */

export const WIDTH = 404;
export const HEIGHT = 350;
const ANGLE = Math.atan2(1, 3);
export const START = { weak: [-0.8, 1.4], truth: [1.5, 0.5], angle: ANGLE, realizable: true };
export const PRESETS = {
  Realizable: START,
  "Same side": { weak: [0, 1.2], truth: [0.7, 1.3], angle: ANGLE, realizable: false },
  "Opposite sides": { weak: [-0.8, 1.4], truth: [1.5, -0.5], angle: ANGLE, realizable: false },
  "Perfect imitation": { weak: [-0.3, -0.1], truth: [1.5, 0.5], angle: ANGLE, realizable: true },
};

export const TEMPLATE = `
<div class="w2s-body">
  <div class="w2s-picture">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="Plane of functions on two inputs: the strong class is a line, the student is the projection of the weak model onto it">
      <g class="w2s-axes" aria-hidden="true">
        <path d="M8 ${HEIGHT / 2}H${WIDTH - 8}M${WIDTH / 2} 8V${HEIGHT - 8}"/>
        <path data-part="ticks"/>
        <text x="${WIDTH - 8}" y="${HEIGHT / 2 + 17}" text-anchor="end">prediction on x₁</text>
        <text x="${WIDTH / 2 + 9}" y="17">prediction on x₂</text>
        <text data-part="tick-x" y="${HEIGHT / 2 + 17}" text-anchor="middle"></text>
        <text data-part="tick-y" x="${WIDTH / 2 - 9}" text-anchor="end"></text>
      </g>
      <g aria-hidden="true">
        <line class="w2s-class" data-part="class"/>
        <text class="w2s-class-name" data-part="class-name" text-anchor="middle">strong class</text>
        <polygon class="w2s-inside w2s-after" data-part="inside"/>
        <line class="w2s-gap" data-part="gap"/>
        <circle class="w2s-shadow" data-part="shadow" r="4"/>
        <text class="w2s-small" data-part="shadow-name" text-anchor="middle">Pf</text>
        <path class="w2s-right w2s-after" data-part="right"/>
        <line class="w2s-side w2s-weak" data-part="A"/>
        <line class="w2s-side w2s-misfit w2s-after" data-part="B"/>
        <line class="w2s-side w2s-student w2s-after" data-part="C"/>
        <text class="w2s-side-name" data-part="A-name" text-anchor="middle">A</text>
        <text class="w2s-side-name w2s-after" data-part="B-name" text-anchor="middle">B</text>
        <text class="w2s-side-name w2s-after" data-part="C-name" text-anchor="middle">C</text>
        <circle class="w2s-point w2s-student w2s-after" data-part="student" r="7"/>
      </g>
      <g class="w2s-handle" data-part="turn" tabindex="0" role="slider" aria-label="Strong class: angle of the line in degrees" aria-valuemin="-180" aria-valuemax="180">
        <circle class="w2s-hit" r="20"/><circle class="w2s-knob" r="6"/>
      </g>
      <g class="w2s-handle w2s-truth" data-part="truth" tabindex="0" role="slider" aria-label="Truth f">
        <circle class="w2s-hit" r="22"/><circle class="w2s-point" r="9"/>
      </g>
      <g class="w2s-handle w2s-weak" data-part="weak" tabindex="0" role="slider" aria-label="Weak model w">
        <circle class="w2s-hit" r="22"/><circle class="w2s-point" r="9"/>
      </g>
      <g class="w2s-names" aria-hidden="true" text-anchor="middle">
        <text data-part="weak-name">weak model <tspan>w</tspan></text>
        <text data-part="truth-name">truth <tspan>f</tspan></text>
        <text class="w2s-after" data-part="student-name">student <tspan>s</tspan></text>
      </g>
    </svg>
    <p class="w2s-hint">Drag <i>w</i>, <i>f</i> or the end of the line.</p>
  </div>
  <div class="w2s-panel">
    <div class="w2s-question w2s-before" data-part="question">
      <p class="w2s-lead">A guess first</p>
      <p>The student may only stand on the line. It copies its weak teacher <i>w</i> as closely as it can, and never sees the truth <i>f</i>.</p>
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
        <p><span>gain</span><b data-echo="gain"></b><span class="w2s-sign">A² − C²</span></p>
        <p><span>=</span><b>=</b></p>
        <p><span>misfit</span><b data-echo="misfit"></b><span class="w2s-sign">B²</span></p>
        <p><span>−</span><b>−</b></p>
        <p><span>correction</span><b>${output("correction")}</b><span class="w2s-sign">2⟨w − s, f − Pf⟩</span></p>
      </div>
      <div class="w2s-more">
        <p><span>slack <span class="w2s-sign">gain − misfit</span></span>${output("slack")}</p>
        <p><span>realizability gap <span class="w2s-sign">ε</span></span>${output("epsilon")}</p>
      </div>
    </div>
  </div>
</div>
<div class="w2s-controls">
  <div class="w2s-buttons" role="group" aria-label="Situations"><span>Try</span>${Object.keys(PRESETS)
    .map((name) => `<button type="button" data-preset="${name}" aria-pressed="false">${name}</button>`)
    .join("")}<button type="button" class="w2s-quiet" data-part="reset">Reset</button></div>
  <label class="w2s-switch"><input type="checkbox" role="switch" data-part="realizable"> Keep the truth on the line (realizable)</label>
</div>
<p class="w2s-help">Each point is a model: its predictions on two equally likely inputs, x₁ and x₂. By keyboard: Tab to a handle, then the arrow keys (steps of 0.05; with Shift, 0.01).</p>
<p class="w2s-said" data-part="said" aria-live="polite"></p>`;

export function row(colour, name, words, formula) {
  return `<div class="w2s-row w2s-${colour}"><span class="w2s-words"><i class="w2s-swatch"></i>${words} <span class="w2s-sign">${formula}</span></span><span class="w2s-track"><span class="w2s-bar" data-bar="${name}"></span></span>${output(name)}</div>`;
}

export function output(name) {
  return `<output data-name="${name}" aria-live="off"></output>`;
}
