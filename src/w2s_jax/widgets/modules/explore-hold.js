/* The point of a picture that a reader may drag: the frame whose own point is nearest follows. The
   sliders say the same to keys and screen readers. */

/** @import { Control } from "./explore-rows.js" */

import { box, put } from "./elements.js";

/** @typedef {[picture: number, x: number, y: number]} Place */

/**
 * @param {HTMLElement} frames
 * @param {Place[]} places one a frame
 * @param {Control[]} controls
 * @param {{ at: () => number[], move: (at: number[]) => void }} acts
 */
export function holding(frames, places, controls, { at, move }) {
  const ring = box("w2s-ex-hold");
  put(ring, { "aria-hidden": "true" });
  frames.append(ring);
  let now = 0;
  const matrix = () => {
    const svg = frames.querySelectorAll(".w2s-ex-picture svg")[places[now][0]];
    return svg instanceof SVGSVGElement ? svg.getScreenCTM() : null;
  };
  /** @type {(n: number) => number[]} */
  const digits = (n) => {
    const found = controls.map(() => 0);
    for (let i = controls.length - 1; i >= 0; i--) {
      found[i] = n % controls[i].texts.length;
      n = Math.floor(n / controls[i].texts.length);
    }
    return found;
  };

  /** @type {(n: number) => void} */
  function show(n) {
    now = n;
    const [, x, y] = places[n];
    const [m, outer] = [matrix(), frames.getBoundingClientRect()];
    if (!m) return;
    ring.style.left = `${m.a * x + m.e - outer.left}px`;
    ring.style.top = `${m.d * y + m.f - outer.top}px`;
  }

  /* The state whose point is nearest; of equally near ones that which moves the fewest sliders. */
  /** @type {(x: number, y: number) => number[]} */
  function nearest(x, y) {
    const here = at();
    const far = places.map(([picture, left, top], n) => {
      const state = digits(n);
      const moved = state.filter((place, i) => place !== here[i]).length;
      const fixed = state.every((place, i) => controls[i].kind === "slider" || place === here[i]);
      const reached = fixed && picture === places[now][0];
      return reached ? Math.hypot(left - x, top - y) + moved / 1000 : Infinity;
    });
    return digits(far.indexOf(Math.min(...far)));
  }

  ring.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    const place = ring.getBoundingClientRect();
    const dx = event.clientX - place.left - place.width / 2;
    const dy = event.clientY - place.top - place.height / 2;
    /** @type {(event: PointerEvent) => void} */
    const follow = ({ clientX, clientY }) => {
      const m = matrix();
      if (!m) return;
      const next = nearest((clientX - dx - m.e) / m.a, (clientY - dy - m.f) / m.d);
      if (String(next) !== String(at())) move(next);
    };
    const drop = () => ring.removeEventListener("pointermove", follow);
    ring.setPointerCapture(event.pointerId);
    ring.addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel"])
      ring.addEventListener(end, drop, { once: true });
  });

  const watch = new ResizeObserver(() => show(now));
  watch.observe(frames);
  return { show, end: () => watch.disconnect() };
}
