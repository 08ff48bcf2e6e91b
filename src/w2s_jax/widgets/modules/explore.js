/* A function's frames behind sliders, choices and switches. On a page all frames are in the model; in a
   notebook with a kernel the missing ones are asked for. */

import { keepKeys, make } from "./elements.js";

const FEW = 5; // choices up to this many show as radio buttons
const PACE = 350; // milliseconds a frame of Play; shorter than the wait before the state is spoken
const WAIT = 500;
let serial = 0;

function unpack({ lines, frames }, number) {
  const runs = frames[number];
  let found = [];
  for (let i = 0; i < runs.length; i += 2) found = found.concat(lines.slice(runs[i], runs[i] + runs[i + 1]));
  return found.length ? found.join("\n") : undefined;
}

/* One row: returns its node, the input to focus, and how to show a position. */
function row({ label, kind, texts }, id, change) {
  if (kind === "slider") {
    const input = make("input", { type: "range", id, min: 0, max: texts.length - 1, step: 1 });
    const output = make("output", { htmlFor: id, "aria-live": "off" });
    input.addEventListener("input", () => change(input.valueAsNumber));
    const show = (place) => {
      input.value = place;
      output.textContent = texts[place];
      input.setAttribute("aria-valuetext", texts[place]);
    };
    return { node: make("div", { className: "w2s-ex-row" }, make("label", { htmlFor: id }, label), output, input), input, show };
  }
  if (kind === "switch") {
    const input = make("input", { type: "checkbox", role: "switch", id });
    input.addEventListener("change", () => change(Number(input.checked)));
    const node = make("label", { className: "w2s-ex-tick" }, input, make("span", {}, label));
    return { node, input, show: (place) => (input.checked = place === 1) };
  }
  if (texts.length > FEW) {
    const input = make("select", { id }, ...texts.map((text) => make("option", {}, text)));
    input.addEventListener("change", () => change(input.selectedIndex));
    const node = make("div", { className: "w2s-ex-row" }, make("label", { htmlFor: id }, label), input);
    return { node, input, show: (place) => (input.selectedIndex = place) };
  }
  const inputs = texts.map((_, place) => {
    const input = make("input", { type: "radio", name: id });
    input.addEventListener("change", () => change(place));
    return input;
  });
  const ticks = texts.map((text, place) => make("label", { className: "w2s-ex-tick" }, inputs[place], make("span", {}, text)));
  const node = make("fieldset", {}, make("legend", {}, label), make("div", { className: "w2s-ex-ticks" }, ...ticks));
  return { node, input: inputs[0], show: (place) => (inputs[place].checked = true) };
}

function verdict({ choices, answer, because }, guess) {
  const quote = (place) => choices[place].replace(/\.$/, "");
  let opening = "";
  if (answer === null) opening = guess < 0 ? "" : `Your guess: ${quote(guess)}. Now see for yourself.`;
  else if (guess < 0) opening = `The answer: ${quote(answer)}.`;
  else opening = guess === answer ? `Right: ${quote(answer)}.` : `Not this time. The answer: ${quote(answer)}.`;
  return `${opening} ${because}`.trim();
}

/* The state in the page's address, one parameter a control; what it starts from is left out. */
function address(spec, start) {
  const name = (control) => `${spec.key}.${control.name}`;
  const read = () => {
    const query = new URL(location.href).searchParams;
    return spec.controls.map((control, i) => {
      const place = control.texts.indexOf(query.get(name(control)));
      return place < 0 ? start[i] : place;
    });
  };
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

function render({ model, el }) {
  const spec = model.get("spec");
  const { controls, said } = spec;
  const start = model.get("at");
  const self = `w2s-e${serial++}-`;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const link = spec.page ? address(spec, start) : undefined;
  const known = new Map(); // frames unpacked here, or sent by the kernel
  const words = new Map(); // and their sentences
  let at = link?.read() ?? start, own = false, asked, settling, playing, width = 0;

  const picture = make("div", { className: "w2s-ex-picture" });
  const caption = make("p", { className: spec.caption ? "w2s-ex-caption" : "w2s-ex-said" });
  const judged = make("p", { className: "w2s-ex-verdict", hidden: true });
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
  const panel = make("div", { className: "w2s-ex-panel" }, ...rows.map(({ node }) => node), make("div", { className: "w2s-ex-buttons" }, play, reset));
  const stage = make("div", { className: "w2s-ex-stage" }, judged, make("div", { className: "w2s-ex-view" }, picture, caption), panel);
  const root = make("div", { className: "w2s-explore" }, stage, live);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", `Figure with controls: ${controls.map(({ label }) => label).join(", ")}`);
  keepKeys(root);
  el.append(root);

  const number = () => at.reduce((sum, place, i) => sum * controls[i].texts.length + place, 0);

  function frame(n) {
    if (known.get(n) === undefined) known.set(n, unpack(spec, n));
    return known.get(n)?.replaceAll("w2s@", self);
  }

  function paint() {
    const n = number();
    const html = frame(n);
    rows.forEach(({ show }, i) => show(at[i]));
    root.setAttribute("aria-busy", html === undefined);
    root.dataset.at = at;
    if (html === undefined) ask(n);
    else draw(html, n);
    clearTimeout(settling);
    settling = setTimeout(settle, WAIT);
  }

  function draw(html, n) {
    if (root.dataset.frame === String(n)) return;
    root.dataset.frame = n;
    if (picture.clientWidth !== width) picture.style.minHeight = "";
    width = picture.clientWidth;
    picture.innerHTML = html;
    caption.textContent = words.get(n) ?? said[n];
    picture.style.minHeight = `${Math.max(parseFloat(picture.style.minHeight) || 0, picture.clientHeight)}px`; // what follows stays where it is
  }

  function ask(n) {
    if (asked !== undefined) return; // one question at a time; the answer leads to the next
    asked = n;
    model.send({ frame: n });
  }

  function receive({ frame: n, html, said: text }) {
    words.set(n, text);
    known.set(n, html ?? make("p", { className: "w2s-ex-words" }, `This frame could not be computed. ${text}`).outerHTML);
    if (n === asked) asked = undefined;
    paint();
  }

  function settle() {
    const n = number();
    if (root.dataset.frame !== String(n)) return;
    if (picture.scrollWidth > picture.clientWidth + 1) picture.tabIndex = 0; // a wide table scrolls in its box
    if (!question) live.textContent = words.get(n) ?? said[n];
    link?.write(at);
  }

  function change(next) {
    at = next;
    paint();
    own = true; // what follows is no news to this view
    model.set("at", at);
    own = false;
    model.save_changes();
  }

  function stop() {
    playing = clearTimeout(playing);
    play.textContent = "Play";
  }

  function step() {
    const last = controls[0].texts.length - 1;
    if (root.dataset.frame === String(number())) change([at[0] + 1, ...at.slice(1)]);
    if (at[0] >= last) stop();
    else playing = setTimeout(step, PACE);
  }

  play.addEventListener("click", () => {
    if (playing) return stop();
    play.textContent = "Pause";
    if (at[0] === controls[0].texts.length - 1) change([0, ...at.slice(1)]);
    playing = setTimeout(step, PACE);
  });
  reset.addEventListener("click", () => (stop(), change(start)));

  function judge(guess) {
    judged.textContent = verdict(spec.ask, guess);
    judged.hidden = !judged.textContent;
    return judged.textContent;
  }

  let question;
  function reveal(guess) {
    question.remove();
    question = undefined;
    stage.classList.remove("w2s-ex-covered");
    live.textContent = judge(guess);
    rows[0].input.focus({ preventScroll: true });
  }
  if (spec.ask) {
    const button = (text, guess, quiet = "") => {
      const node = make("button", { type: "button", className: quiet }, text);
      node.addEventListener("click", () => reveal(guess));
      return node;
    };
    const guesses = spec.ask.choices.map((text, i) => button(text, i));
    const skip = guesses.length ? button("Skip: just show me", -1, "w2s-ex-quiet") : button("Show me", -1);
    question = make("div", { className: "w2s-ex-question" }, make("p", { className: "w2s-ex-lead" }, "A guess first"), make("p", {}, make("strong", {}, spec.ask.question)), make("div", { className: "w2s-ex-buttons" }, ...guesses, skip));
    stage.classList.add("w2s-ex-covered");
    root.prepend(question);
    judge(0 in guesses ? 0 : -1); // out of sight: so that its place is kept
  }

  const follow = () => {
    const next = model.get("at");
    if (own || next.length !== at.length || !next.every((place, i) => place in controls[i].texts)) return;
    stop();
    at = next;
    paint();
  };
  model.on("change:at", follow);
  model.on("msg:custom", receive);
  paint();
  const natural = parseFloat(picture.querySelector("svg")?.getAttribute("width")); // points
  if (natural) root.style.setProperty("--w2s-ex-natural", `${(natural * 4) / 3}px`);
  return () => {
    model.off("change:at", follow);
    model.off("msg:custom", receive);
    clearTimeout(settling);
    stop();
  };
}

export default { render };
