/* The reader's hand on the handles of a picture: pointer, touch and keys. */

/** @import { Point } from "./playground-vectors.js" */

/**
 * What a hand does. A handle is named by its `data-part`, and its first circle is what a finger
 * finds.
 * @template From
 * @typedef {object} Acts
 * @property {() => From} now what a handle is moved from
 * @property {(name: string, dx: number, dy: number, from: From) => void} move it so many pixels of
 *   the picture
 * @property {(name: string, arrow: Point, by: number) => void} step of a key
 */

/** @type {Record<string, Point>} */
const ARROWS = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/**
 * @template From
 * @param {HTMLElement} root
 * @param {string} own the class of the handles
 * @param {Acts<From>} acts
 */
export function hold(root, own, { now, move, step }) {
  /* The nearest of the handles within a finger's reach. */
  /** @type {(at: { clientX: number, clientY: number }) => SVGGElement | null} */
  function nearest({ clientX, clientY }) {
    /** @type {SVGGElement | null} */
    let found = null;
    let least = Infinity;
    for (const node of /** @type {NodeListOf<SVGGElement>} */ (root.querySelectorAll(`.${own}`))) {
      const box = node.querySelector("circle")?.getBoundingClientRect() ?? new DOMRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const gap = Math.hypot(x - clientX, y - clientY);
      if (gap > box.width / 2 || gap >= least) continue;
      if (getComputedStyle(node).visibility === "hidden") continue;
      [found, least] = [node, gap];
    }
    return found;
  }

  /** @type {(event: PointerEvent) => void} */
  function drag(event) {
    const node = nearest(event);
    if (!node || event.button) return;
    const name = node.dataset.part ?? "";
    const scale = node.ownerSVGElement?.getScreenCTM()?.a ?? 1;
    const from = now();
    /** @type {(event: PointerEvent) => void} */
    const follow = ({ clientX, clientY }) =>
      move(name, (clientX - event.clientX) / scale, (clientY - event.clientY) / scale, from);
    const drop = () => node.removeEventListener("pointermove", follow);
    event.preventDefault();
    node.focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    node.addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel"])
      node.addEventListener(end, drop, { once: true });
  }

  /** @type {(event: KeyboardEvent) => void} */
  function key(event) {
    const node = /** @type {Element} */ (event.target).closest(`.${own}`);
    const arrow = ARROWS[event.key];
    if (!arrow || !(node instanceof SVGGElement)) return;
    event.preventDefault();
    event.stopPropagation();
    step(node.dataset.part ?? "", arrow, event.shiftKey ? 0.01 : 0.05);
  }

  root.addEventListener("pointerdown", drag);
  root.addEventListener("keydown", key);
  // touch-action does not hold inside every SVG
  root.addEventListener("touchstart", (e) => nearest(e.touches[0]) && e.preventDefault(), {
    passive: false,
  });
}
