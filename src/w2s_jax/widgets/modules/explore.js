/* A function's frames behind sliders, choices and switches. On a page all frames are in the model;
   in a notebook with a kernel the missing ones are asked for. */

/** @import { Given } from "./elements.js" */
/** @import { Ask } from "./question.js" */
/** @import { Control } from "./explore-rows.js" */

import { box, keepHeight, keepKeys, make, put } from "./elements.js";
import { holding } from "./explore-hold.js";
import { pose } from "./question.js";
import { row } from "./explore-rows.js";

/**
 * @typedef {object} Spec
 * @property {string} key
 * @property {boolean} page
 * @property {Control[]} controls
 * @property {string[]} lines
 * @property {number[][]} frames
 * @property {string[]} said
 * @property {boolean} caption
 * @property {Ask | null} ask
 * @property {[name: string, at: number[]][]} presets
 * @property {import("./explore-hold.js").Place[]} [hold] where what may be dragged is, by frame
 */

const PACE = 350; // milliseconds a frame of Play; shorter than the wait before the state is spoken
const WAIT = 500;
let serial = 0;

/** @type {(spec: Spec, number: number) => string | undefined} */
function unpack({ lines, frames }, number) {
  const runs = frames[number];
  /** @type {string[]} */
  let found = [];
  for (let i = 0; i < runs.length; i += 2)
    found = found.concat(lines.slice(runs[i], runs[i] + runs[i + 1]));
  return found.length ? found.join("\n") : undefined;
}

/* The state in the page's address, one parameter a control; what it starts from is left out. */
/**
 * @param {Spec} spec
 * @param {number[]} start
 */
function address(spec, start) {
  /** @type {(control: Control) => string} */
  const name = (control) => `${spec.key}.${control.name}`;
  const read = () => {
    const query = new URL(location.href).searchParams;
    return spec.controls.map((control, i) => {
      const place = control.texts.indexOf(query.get(name(control)) ?? "");
      return place < 0 ? start[i] : place;
    });
  };
  /** @type {(at: number[]) => void} */
  const write = (at) => {
    const url = new URL(location.href);
    spec.controls.forEach((control, i) => {
      if (at[i] === start[i]) url.searchParams.delete(name(control));
      else url.searchParams.set(name(control), control.texts[at[i]]);
    });
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  };
  return { read, write };
}

/** @type {(given: Given) => () => void} */
function render({ model, el }) {
  /** @type {Spec} */
  const spec = model.get("spec");
  const { controls, said } = spec;
  const start = model.get("at");
  const self = `w2s-e${serial++}-`;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const link = spec.page ? address(spec, start) : undefined;
  const known = new Map(); // frames unpacked here, or sent by the kernel
  const words = new Map(); // and their sentences
  /** @type {number[]} */
  let at = link?.read() ?? start;
  /** @type {number | undefined} */
  let asked;
  let asking = Boolean(spec.ask);
  let own = false;
  let settling = 0;
  let playing = 0;
  let width = 0;

  const picture = box("w2s-ex-picture");
  const caption = make("p", { className: spec.caption ? "w2s-ex-caption" : "w2s-ex-said" });
  const live = make("p", { className: "w2s-ex-said", "aria-live": "polite" });
  const rows = controls.map((control, i) =>
    row(control, `${self}${control.name}`, (place) => {
      stop();
      change(at.map((old, j) => (j === i ? place : old)));
    }),
  );
  const play = make("button", { type: "button" }, "Play");
  play.hidden = calm.matches || controls[0].kind !== "slider";
  const reset = make("button", { type: "button" }, "Reset");
  const buttons = box("w2s-ex-buttons", play, reset);
  const panel = make("fieldset", { className: "w2s-ex-panel", "aria-label": "Controls" });
  const tried = spec.presets.map(([name, state]) => {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => {
      stop();
      change(state);
    });
    return button;
  });
  const tries = box("w2s-ex-buttons", make("span", {}, "Try"), ...tried);
  put(tries, { role: "group", "aria-label": "Situations" });
  panel.append(...rows.map(({ node }) => node), ...(tried.length ? [tries] : []), buttons);
  const frames = box("w2s-ex-frames", picture);
  const held =
    spec.hold &&
    holding(frames, spec.hold, controls, {
      at: () => at,
      move(next) {
        stop();
        change(next);
      },
    });
  if (held)
    panel.prepend(make("p", { className: "w2s-ex-hint" }, "Drag the ringed point, or set:"));
  const root = box("w2s-explore", box("w2s-ex-view", frames, caption), panel, live);
  const names = controls.map(({ label }) => label).join(", ");
  put(root, { role: "group", "aria-label": `Figure with controls: ${names}` });
  keepKeys(root);
  el.append(root);

  /** @type {() => number[]} */
  const shown = () => (asking ? start : at);
  const number = () => shown().reduce((sum, place, i) => sum * controls[i].texts.length + place, 0);

  /** @type {(n: number) => string | undefined} */
  function frame(n) {
    if (known.get(n) === undefined) known.set(n, unpack(spec, n));
    return known.get(n)?.replaceAll("w2s@", self);
  }

  function paint() {
    const n = number();
    const html = frame(n);
    rows.forEach(({ show }, i) => show(shown()[i]));
    tried.forEach((button, i) => {
      put(button, { "aria-pressed": String(spec.presets[i][1]) === String(shown()) });
    });
    put(root, { "aria-busy": html === undefined });
    root.dataset.at = String(shown());
    if (html === undefined) request(n);
    else draw(html, n);
    clearTimeout(settling);
    settling = window.setTimeout(settle, WAIT);
  }

  /** @type {(html: string, n: number) => void} */
  function draw(html, n) {
    if (root.dataset.frame === String(n)) return;
    root.dataset.frame = String(n);
    if (picture.clientWidth !== width) picture.style.minHeight = "";
    width = picture.clientWidth;
    picture.innerHTML = html;
    caption.textContent = words.get(n) ?? said[n];
    keepHeight(picture, picture.clientHeight);
    held?.show(n);
  }

  /** @type {(n: number) => void} */
  function request(n) {
    if (asked !== undefined) return; // one question at a time; the answer leads to the next
    asked = n;
    model.send({ frame: n });
  }

  /** @type {(answer: { frame: number, html: string | null, said: string }) => void} */
  function receive({ frame: n, html, said: text }) {
    words.set(n, text);
    const failed = `This frame could not be computed. ${text}`;
    known.set(n, html ?? make("p", { className: "w2s-ex-words" }, failed).outerHTML);
    if (n === asked) asked = undefined;
    paint();
  }

  function settle() {
    const n = number();
    if (root.dataset.frame !== String(n)) return;
    // a wide table scrolls in its box
    if (picture.scrollWidth > picture.clientWidth + 1) picture.tabIndex = 0;
    if (!asking) live.textContent = words.get(n) ?? said[n];
    link?.write(at);
  }

  /** @type {(next: number[]) => void} */
  function change(next) {
    at = next;
    paint();
    own = true; // what follows is no news to this view
    model.set("at", at);
    own = false;
    model.save_changes();
  }

  function stop() {
    clearTimeout(playing);
    playing = 0;
    play.textContent = "Play";
  }

  function step() {
    const last = controls[0].texts.length - 1;
    if (root.dataset.frame === String(number())) change([at[0] + 1, ...at.slice(1)]);
    if (at[0] >= last) stop();
    else playing = window.setTimeout(step, PACE);
  }

  play.addEventListener("click", () => {
    if (playing) return stop();
    play.textContent = "Pause";
    if (at[0] === controls[0].texts.length - 1) change([0, ...at.slice(1)]);
    playing = window.setTimeout(step, PACE);
  });
  reset.addEventListener("click", () => {
    stop();
    change(start);
  });

  /** @type {(open: boolean) => void} */
  function ask(open) {
    asking = open;
    panel.disabled = open;
    root.classList.toggle("w2s-ex-asking", open);
  }

  /** @type {(given: Ask) => void} */
  function guess(given) {
    const { node, judge, open } = pose("w2s-ex", given, {
      answered(place) {
        ask(false);
        paint();
        live.textContent = judge(place);
        rows[0].input.focus({ preventScroll: true });
      },
      again() {
        stop();
        change(start);
        ask(true);
        paint();
        open();
      },
    });
    root.prepend(node);
    if (given.mask !== undefined) {
      const masked = unpack(spec, given.mask)?.replaceAll("w2s@", `${self}m`);
      frames.append(make("div", { className: "w2s-ex-mask", innerHTML: masked }));
      root.classList.add("w2s-ex-veiled");
    }
    ask(true);
  }
  if (spec.ask) guess(spec.ask);

  const follow = () => {
    /** @type {number[]} */
    const next = model.get("at");
    const fits = next.length === at.length && next.every((place, i) => place in controls[i].texts);
    if (own || !fits) return;
    stop();
    at = next;
    paint();
  };
  model.on("change:at", follow);
  model.on("msg:custom", receive);
  paint();
  const views = picture.querySelectorAll(".w2s-ex-views svg");
  const drawn = views.length ? [...views] : [...picture.querySelectorAll("svg")].slice(0, 1);
  const natural = drawn.reduce((sum, svg) => sum + parseFloat(svg.getAttribute("width") ?? ""), 0);
  if (natural) root.style.setProperty("--w2s-ex-natural", `${(natural * 4) / 3}px`); // from points
  return () => {
    model.off("change:at", follow);
    model.off("msg:custom", receive);
    clearTimeout(settling);
    held?.end();
    stop();
  };
}

export default { render };
