/* The reader's hand on the picture: pointer, touch and keys. */

/** @import { Handle } from "./playground-handles.js" */
/** @import { Frame } from "./playground-look.js" */
/** @import { Parts } from "./elements.js" */
/** @import { State } from "./playground-theory.js" */
/** @import { Point } from "./playground-vectors.js" */

import { HEIGHT, MIDDLE, WIDTH } from "./playground-look.js";
import { SHAPES } from "./playground-shapes.js";
import { along, direction, length, minus, times } from "./playground-vectors.js";

/**
 * What a hand does to the picture, and what it finds there.
 * @typedef {object} Acts
 * @property {() => { state: State, frame: Frame, handles: Handle[] }} now
 * @property {() => boolean} asking whether the reader may mark her guess
 * @property {(name: string) => Point} place of a handle
 * @property {() => void} settle what is under way
 * @property {(name: string, point: Point, base?: State) => void} move a handle
 * @property {(one: Handle, update: Partial<State>) => void} shape the set
 * @property {(dx: number, dy: number, from?: number[]) => void} turn the view
 */

const FINGER = 22; // pixels of the screen around a handle
export const VIEW_SEAT = [WIDTH - 30, HEIGHT - 30];
/** @type {Record<string, Point>} */
const ARROWS = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** @type {(a: Point) => Point} */
const tidy = (a) => a.map((x) => Number(x.toPrecision(12)));

/** @type {(parts: Parts, acts: Acts) => void} */
export function takeHold(parts, { now, asking, place, settle, move, shape, turn }) {
  /** @type {SVGSVGElement} */
  const svg = parts.svg;

  /* Where in the picture, in its own pixels, an event happened. */
  /** @type {(event: { clientX: number, clientY: number }) => Point} */
  function spotOf({ clientX, clientY }) {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM()?.inverse());
    return [x, y];
  }

  /** The nearest handle that a finger at this place can mean. @type {(spot: Point) => string} */
  function nearest(spot) {
    const { frame, handles } = now();
    const names = [...handles.map(({ name }) => name), "truth", "weak"];
    if (frame.solid) names.unshift("view");
    else if (asking()) names.unshift("mark");
    const gaps = names.map((name) =>
      length(minus(name === "view" ? VIEW_SEAT : frame.pixel(place(name)), spot)),
    );
    const least = Math.min(...gaps);
    const finger = FINGER * Math.max(1, 1 / (svg.getScreenCTM()?.a ?? 1));
    return least <= finger ? names[gaps.indexOf(least)] : "";
  }

  /** @type {(event: PointerEvent) => void} */
  function drag(event) {
    const start = spotOf(event);
    const taken = nearest(start);
    const { frame } = now();
    const name = taken || (frame.solid ? "view" : "");
    if (event.button || !name) return;
    settle();
    const node = taken ? parts[taken] : svg;
    const { state } = now();
    const from = name === "view" ? state.view : place(name);
    /** @type {(event: PointerEvent) => void} */
    const follow = (e) => {
      const [dx, dy] = minus(spotOf(e), start);
      if (name === "view") turn(-0.01 * dx, 0.01 * dy, from);
      else move(name, along(from, 1, now().frame.push(dx, dy)), state);
    };
    const drop = () => {
      node.removeEventListener("pointermove", follow);
      node.classList.remove("w2s-held");
    };
    event.preventDefault();
    parts[name].focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    node.classList.add("w2s-held");
    node.addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel"])
      node.addEventListener(end, drop, { once: true });
  }

  /** @type {(event: KeyboardEvent) => void} */
  function key(event) {
    const name = handleOf(event.target);
    const arrow = ARROWS[event.key];
    if (!arrow || !name) return;
    event.preventDefault();
    event.stopPropagation();
    settle();
    const { state, frame, handles } = now();
    const fine = event.shiftKey ? 0.01 : 0.05;
    const forward = arrow[0] + arrow[1];
    const one = handles.find((each) => each.name === name);
    if (name === "view") return turn(fine * 2 * arrow[0], fine * 2 * arrow[1]);
    if (one?.step) {
      const by = fine * forward * (one.unit ? 1 : frame.scale);
      return shape(one, one.step(by, state));
    }
    const onRail = name === "truth" && state.realizable && SHAPES[state.shape].endless;
    const free = along(times(frame.right, arrow[0]), arrow[1], frame.up);
    const way = onRail ? times(direction(state.angle), forward) : free;
    move(name, tidy(along(place(name), fine * frame.scale, way)));
  }

  /** @type {(event: MouseEvent) => void} */
  function tap(event) {
    const spot = spotOf(event);
    if (!asking() || handleOf(event.target) || nearest(spot)) return;
    const [dx, dy] = minus(spot, MIDDLE);
    move("mark", now().frame.push(dx, dy));
    parts.mark.focus({ preventScroll: true });
  }

  svg.addEventListener("pointerdown", drag);
  svg.addEventListener("keydown", key);
  svg.addEventListener("click", tap);
  // touch-action does not hold inside every SVG
  svg.addEventListener("touchstart", (e) => nearest(spotOf(e.touches[0])) && e.preventDefault(), {
    passive: false,
  });
}

/** @type {(target: EventTarget | null) => string | undefined} */
function handleOf(target) {
  const node = target instanceof Element ? target.closest(".w2s-handle") : null;
  return node?.getAttribute("data-part") ?? undefined;
}
