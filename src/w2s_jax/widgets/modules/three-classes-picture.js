/* Draws the triangle of three classes, and writes its numbers. */

/** @import { Parts } from "./elements.js" */
/** @import { Cell, State } from "./three-classes-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { fillIn, hide, put, show, tell, write } from "./elements.js";
import { length, minus } from "./playground-vectors.js";
import { paintNames } from "./three-classes-names.js";
import { corner, path, pixel, regions } from "./three-classes-plane.js";
import { certain, legOf, onLine, sideOf, truthOf } from "./three-classes-theory.js";
import { compare, nameAngle, read } from "./three-classes-words.js";

const STEPS = Array.from({ length: 49 }, (_, i) => i / 48);
/** What stands first, by direction. @type {Record<string, Record<string, string>>} */
const FORMULAS = {
  prediction: { misfit: "KL(s‖w)", "weak-error": "KL(f‖w)", "student-error": "KL(f‖s)" },
  label: { misfit: "KL(w‖s)", "weak-error": "KL(w‖f)", "student-error": "KL(s‖f)" },
};

/** @type {(node: Element, p: Point) => void} */
const seat = (node, p) => put(node, { transform: `translate(${pixel(p)})` });

/** @type {(kind: "probabilities" | "logits", a: Point, b: Point) => Point[]} */
const way = (kind, a, b) =>
  kind === "probabilities" ? [a, b] : STEPS.map((t) => onLine(kind, [a, b], t));

/** @type {(parts: Parts, state: State, cells: Record<string, Cell>) => void} */
export function paintPicture(parts, state, cells) {
  const { kind, first, weak, ends } = state;
  const cell = cells[`${kind} ${first}`];
  const { student, rival, truth, numbers } = cell;
  const s = student.point;
  const line = way(kind, ends[0], ends[1]);
  const other = first === "prediction" ? "label" : "prediction";
  const beside = cells[`${kind} ${other}`].student.point;
  const { less, harm, border } = regions(first, weak, s);
  const [leg, side] = [way(legOf(first), weak, s), way(sideOf(first), s, truth)];
  const drawn = {
    class: path(line),
    less: path(less, "Z"),
    harm: path(harm, "Z"),
    border: path(border),
    leg: path(leg),
    side: path(side),
    hypotenuse: path([weak, truth]),
    "other-leg": path(way(legOf(other), weak, beside)),
  };
  for (const [name, d] of Object.entries(drawn)) put(parts[name], { d });
  const ways = [weak, truth].map((p) => length(minus(pixel(p), pixel(s))));
  const sharp = Math.min(...ways) > 24 && !Number.isNaN(numbers.angle);
  const box = sharp ? corner(first, weak, s, truth, numbers.angle) : [];
  put(parts.angle, { d: path(box) });
  hide(parts.rival, !rival);
  hide(parts["rival-name"], !rival);
  if (rival) seat(parts.rival, rival.point);
  seat(parts[first], s);
  seat(parts[other], beside);
  parts[first].classList.remove("w2s-tc-hollow");
  parts[other].classList.add("w2s-tc-hollow");
  if (parts[first].nextElementSibling) parts.students.append(parts[first]); // on top
  const places = { weak, truth, a: ends[0], b: ends[1] };
  for (const [name, p] of Object.entries(places)) seat(parts[name], p);
  paintNames(parts, state, cell, [beside], [line, leg, side, [weak, truth]]);
}

/** @type {(value: number) => number} */
function niceSize(value) {
  const ten = 10 ** Math.floor(Math.log10(value || 1));
  return ([1, 1.5, 2, 3, 5, 7].find((k) => value <= k * ten * (1 + 1e-9)) ?? 10) * ten;
}

/** @type {(root: HTMLElement, parts: Parts, state: State, cell: Cell) => void} */
export function paintNumbers(root, parts, state, cell) {
  const { numbers } = cell;
  const from = numbers["student-error"];
  const size = niceSize(Math.max(numbers["weak-error"], from, from + numbers.misfit));
  write(parts.full, String(Number(size.toPrecision(2))));
  for (const bar of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-bar]"))) {
    const name = /** @type {keyof typeof numbers} */ (bar.dataset.bar);
    const [start, span] = [name.endsWith("error") ? 0 : from, numbers[name]];
    bar.style.left = `${(100 * Math.min(start, start + span)) / size}%`;
    bar.style.width = `${(100 * Math.abs(span)) / size}%`;
    bar.classList.toggle("w2s-tc-negative", span < 0);
  }
  fillIn(root, numbers, (value, name) => (name === "angle" ? nameAngle(value) : show(value)));
  for (const node of root.querySelectorAll("[data-formula]"))
    write(node, FORMULAS[state.first][node.getAttribute("data-formula") ?? ""] ?? "");
  write(parts.reading, read(state, cell));
}

/* The four cells: what is certain, and how gain and misfit stand now. */
/** @type {(root: HTMLElement, state: State, cells: Record<string, Cell>) => void} */
export function paintTable(root, state, cells) {
  for (const node of root.querySelectorAll("output")) {
    const [kind, first] = /** @type {[any, any]} */ ((node.dataset.cell ?? "").split(" "));
    if (!first) continue;
    const { slack } = cells[`${kind} ${first}`].numbers;
    const sure = typeof state.truth === "number" && certain(kind, first);
    const words = root.querySelector(`[data-promise="${kind} ${first}"]`);
    if (words) write(words, sure ? "certain" : "no promise");
    write(node, `now gain ${compare(slack)} misfit`);
    node.dataset.value = String(slack);
  }
}

/* The value of each handle for those who listen. */
/** @type {(parts: Parts, state: State) => void} */
export function describe(parts, state) {
  const { weak, ends, truth, kind } = state;
  const points = { weak, truth: truthOf(state), a: ends[0], b: ends[1] };
  for (const [name, p] of Object.entries(points)) {
    const words = p.map((x, i) => `class ${i + 1} ${show(x)}`).join(", ");
    const placed = name === "truth" && typeof truth === "number";
    const where = placed ? `${show(truth)} of the way from a to b, ` : "";
    tell(parts[name], placed ? truth : p[0], [0, 1], where + words);
  }
  put(parts.svg, {
    "aria-label": `Triangle of predictions for three classes; the class is straight in ${kind}`,
  });
  parts.realizable.checked = typeof truth === "number";
}
