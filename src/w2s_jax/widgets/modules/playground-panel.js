/* Writes the playground's words and numbers, and each handle's value for those who listen. */

/** @import { Parts } from "./elements.js" */
/** @import { Handle } from "./playground-handles.js" */
/** @import { Frame } from "./playground-look.js" */
/** @import { Result, State } from "./playground-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { put, show, tell, write } from "./elements.js";
import { SHAPES } from "./playground-shapes.js";
import { presetButtons } from "./playground-template.js";
import { nameAngle, readSet, showAs } from "./playground-words.js";

const FULL = 4; // the error at the bars' end, at scale 1
const HALF_TURN = [-180, 180];

const FLAT = "Each point is a model: its predictions on two equally likely inputs, x₁ and x₂.";
const SQUARED =
  " A square's area is twice the error: the error is a mean over two inputs, the area a sum.";
const SOLID =
  "Each point is a model: its predictions on three equally likely inputs, x₁, x₂ and x₃. Points " +
  "move in the plane of the screen; turn the view to move them in depth.";

/* The words that depend on the shape alone. */
/** @type {(root: HTMLElement, parts: Parts, state: State) => void} */
export function paintWords(root, parts, state) {
  const { within, hint, solid, alone = false } = SHAPES[state.shape];
  for (const node of root.querySelectorAll("[data-words=within]")) node.textContent = within;
  parts.hint.innerHTML = `Drag <i>w</i>, <i>f</i>${hint}.`;
  parts["ask-mark"].hidden = Boolean(solid || alone);
  if (!parts.presets.childElementCount || root.classList.contains("w2s-alone") !== alone)
    parts.presets.innerHTML = presetButtons(state);
  root.classList.toggle("w2s-alone", alone);
  parts.help.textContent = solid ? SOLID : `${FLAT}${alone ? SQUARED : ""}`;
  const place = solid ? "Space of functions on three inputs" : "Plane of functions on two inputs";
  const label = `${place}: the student is the point ${within} nearest to the weak model`;
  put(parts.svg, { "aria-label": label });
  for (const input of root.querySelectorAll("input"))
    if (input.type === "radio") input.checked = input.value === state.shape;
}

/* The bars' scale is the picture's: a bar that grows past its end is cut there. */
/**
 * @param {HTMLElement} root
 * @param {Parts} parts
 * @param {State} state
 * @param {Result} result
 * @param {number} scale
 */
export function paintNumbers(root, parts, state, result, scale) {
  const { numbers } = result;
  const from = numbers["student-error"];
  const size = FULL * scale * scale;
  write(parts.full, String(Number(size.toPrecision(2))));
  for (const bar of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-bar]"))) {
    const name = bar.dataset.bar ?? "";
    const [start, span] = [name.endsWith("error") ? 0 : from, numbers[name]];
    bar.style.left = `${(100 * Math.min(start, start + span)) / size}%`;
    bar.style.width = `${(100 * Math.abs(span)) / size}%`;
    bar.classList.toggle("w2s-negative", span < 0);
    bar.parentElement?.classList.toggle("w2s-over", Math.max(start, start + span) > size);
  }
  for (const node of root.querySelectorAll("output")) {
    const { name = "" } = node.dataset;
    node.value = showAs(name, numbers[name]);
    node.dataset.sign = node.value.startsWith("−") ? "minus" : "";
    node.dataset.value = String(numbers[name]);
  }
  for (const node of root.querySelectorAll("[data-echo]"))
    node.textContent = show(numbers[node.getAttribute("data-echo") ?? ""]);
  parts["angle-kind"].textContent = nameAngle(numbers.angle);
  parts.reading.textContent = readSet(state, result);
}

/* The value of each slider: a point, a length or an angle. */
/**
 * @param {Parts} parts
 * @param {State} state
 * @param {Frame} frame
 * @param {Handle[]} handles
 * @param {Point | null} mark
 */
export function paintHandles(parts, state, frame, handles, mark) {
  /** @type {(name: string, point: Point) => void} */
  const describe = (name, point) => {
    const words = point.map((x, i) => `${show(x)} on x${"₁₂₃"[i]}`).join(", ");
    tell(parts[name], point[0], [-frame.reach[0], frame.reach[0]], words);
  };
  describe("weak", state.weak);
  describe("truth", state.truth);
  if (mark) describe("mark", mark);
  for (const { name, value: get, at, unit } of handles) {
    if (!get) {
      describe(name, at(state, frame));
      continue;
    }
    const now = get(state);
    if (unit) tell(parts[name], now, HALF_TURN, `${now.toFixed(1)} ${unit}`);
    else tell(parts[name], now, [0, 4 * frame.scale], show(now));
  }
  const [turned, raised] = state.view.map((angle) => (angle * 180) / Math.PI);
  const words = `turned ${turned.toFixed(0)} degrees, raised ${raised.toFixed(0)}`;
  tell(parts.view, turned, HALF_TURN, words);
}
