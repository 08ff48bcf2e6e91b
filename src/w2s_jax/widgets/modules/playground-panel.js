/* Writes the playground's words and numbers, and each handle's value for those who listen. */

import { SHAPES } from "./playground-shapes.js";
import { presetButtons } from "./playground-template.js";
import { nameAngle, readSet, show, showAngle, showFloor } from "./playground-words.js";

const SHOW = { floor: showFloor, angle: showAngle };
export const put = (node, attributes) => Object.entries(attributes).forEach(([k, v]) => node.setAttribute(k, v));
export const hide = (node, hidden) => node.classList.toggle("w2s-hidden", hidden);

/* The words that depend on the shape alone. */
export function paintWords(root, parts, state) {
  const { shape } = state;
  const { within, hint, solid, alone } = SHAPES[shape];
  for (const node of root.querySelectorAll("[data-words=within]")) node.textContent = within;
  parts.hint.innerHTML = `Drag <i>w</i>, <i>f</i>${hint}.`;
  parts["ask-mark"].hidden = Boolean(solid || alone);
  if (!parts.presets.childElementCount || root.classList.contains("w2s-alone") !== Boolean(alone)) parts.presets.innerHTML = presetButtons(state);
  root.classList.toggle("w2s-alone", Boolean(alone));
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
  parts.reading.textContent = readSet(state, result);
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
