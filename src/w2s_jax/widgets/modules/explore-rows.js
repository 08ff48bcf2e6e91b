/* The controls of `explore`: sliders, switches and choices. */

import { box, make, put } from "./elements.js";

/** @typedef {{ name: string, label: string, kind: string, texts: string[] }} Control */
/**
 * @typedef {object} Row
 * @property {HTMLElement} node
 * @property {HTMLElement} input to focus
 * @property {(place: number) => void} show a position
 */
/** @typedef {(control: Control, id: string, change: (place: number) => void) => Row} Build */

const FEW = 5; // choices up to this many show as radio buttons

/** @type {(id: string, label: string, ...inputs: Node[]) => HTMLElement} */
const labelled = (id, label, ...inputs) =>
  box("w2s-ex-row", make("label", { htmlFor: id }, label), ...inputs);

/** @type {(input: Node, label: string) => HTMLElement} */
const ticked = (input, label) =>
  make("label", { className: "w2s-ex-tick" }, input, make("span", {}, label));

/** @type {Build} */
function slider({ label, texts }, id, change) {
  const input = make("input", { type: "range", id, min: 0, max: texts.length - 1, step: 1 });
  const output = make("output", { htmlFor: id, "aria-live": "off" });
  input.addEventListener("input", () => change(input.valueAsNumber));
  return {
    node: labelled(id, label, output, input),
    input,
    show(place) {
      input.value = place;
      output.textContent = texts[place];
      put(input, { "aria-valuetext": texts[place] });
    },
  };
}

/** @type {Build} */
function flip({ label }, id, change) {
  const input = make("input", { type: "checkbox", role: "switch", id });
  input.addEventListener("change", () => change(Number(input.checked)));
  return { node: ticked(input, label), input, show: (place) => (input.checked = place === 1) };
}

/** @type {Build} */
function list({ label, texts }, id, change) {
  const input = make("select", { id }, ...texts.map((text) => make("option", {}, text)));
  input.addEventListener("change", () => change(input.selectedIndex));
  const node = labelled(id, label, input);
  return { node, input, show: (place) => (input.selectedIndex = place) };
}

/** @type {Build} */
function buttons({ label, texts }, id, change) {
  const inputs = texts.map((_, place) => {
    const input = make("input", { type: "radio", name: id });
    input.addEventListener("change", () => change(place));
    return input;
  });
  const ticks = texts.map((text, place) => ticked(inputs[place], text));
  const node = make("fieldset", {}, make("legend", {}, label), box("w2s-ex-ticks", ...ticks));
  return { node, input: inputs[0], show: (place) => (inputs[place].checked = true) };
}

/** @type {Build} */
export function row(control, id, change) {
  if (control.kind === "slider") return slider(control, id, change);
  if (control.kind === "switch") return flip(control, id, change);
  return (control.texts.length > FEW ? list : buttons)(control, id, change);
}
