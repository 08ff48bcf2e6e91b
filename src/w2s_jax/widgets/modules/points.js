/* Panels of points, each with a card of words and drawings. The picture is drawn beforehand; here it learns to
   answer pointer, touch and keys. A range input below each panel is what keys and screen readers hold. */

import { keepKeys, make } from "./elements.js";

const REACH = 24; // pixels from which a passing pointer finds a mark
const WAIT = 500; // milliseconds until a point is spoken
const SVG = "http://www.w3.org/2000/svg";

function render({ model, el }) {
  const { picture, hint, titles, cards, drawings } = model.get("spec");
  const card = make("div", { className: "w2s-pt-card" }, make("p", { className: "w2s-pt-hint" }, hint));
  const live = make("p", { className: "w2s-pt-said", "aria-live": "polite" });
  const root = make("div", { className: "w2s-points", innerHTML: picture });
  const stage = root.querySelector(".w2s-pt-panels");
  const panels = [...stage.querySelectorAll("svg")].map(prepare);
  stage.append(card);
  root.append(live);
  keepKeys(root);
  el.append(root);
  let settling, width = 0;

  function prepare(svg, nth) {
    const marks = [...svg.querySelectorAll("[data-at]")].sort((a, b) => a.dataset.at - b.dataset.at);
    const ring = document.createElementNS(SVG, "circle");
    ring.setAttribute("class", "w2s-pt-ring");
    const input = make("input", { type: "range", min: -1, max: marks.length - 1, step: 1, value: -1 });
    input.setAttribute("aria-label", `Points of ${titles[nth]}, from left to right`);
    input.setAttribute("aria-valuetext", "no point chosen");
    const panel = { svg, marks, ring, input };
    const box = make("div", { className: "w2s-pt-panel" });
    box.style.setProperty("--w2s-pt-nth", nth);
    svg.replaceWith(box);
    box.append(svg, input);

    const nearest = (event, reach) => {
      const place = svg.getBoundingClientRect();
      const scale = place.width / svg.viewBox.baseVal.width;
      const far = (mark) =>
        Math.hypot(event.clientX - place.left - scale * mark.cx.baseVal.value, event.clientY - place.top - scale * mark.cy.baseVal.value);
      const best = marks.reduce((one, other) => (far(other) < far(one) ? other : one));
      return far(best) <= reach ? marks.indexOf(best) : -1;
    };
    svg.addEventListener("pointermove", (event) => {
      const at = event.pointerType === "touch" ? -1 : nearest(event, REACH);
      if (at >= 0) choose(nth, at);
    });
    svg.addEventListener("click", (event) => {
      choose(nth, nearest(event, Infinity));
      input.focus({ preventScroll: true });
    });
    input.addEventListener("input", () => choose(nth, Math.max(0, input.valueAsNumber)));
    input.addEventListener("keydown", (event) => {
      if (input.valueAsNumber >= 0 || !["Home", "ArrowLeft", "ArrowDown"].includes(event.key)) return;
      event.preventDefault(); // the first key always leads to a point
      choose(nth, 0);
    });
    return panel;
  }

  function choose(nth, at) {
    if (root.dataset.at === `${nth},${at}`) return;
    root.dataset.at = `${nth},${at}`;
    const { svg, marks, ring, input } = panels[nth];
    const top = svg.getBoundingClientRect().top;
    for (const other of panels) if (other !== panels[nth]) rest(other);
    for (const name of ["cx", "cy"]) ring.setAttribute(name, marks[at].getAttribute(name));
    ring.setAttribute("r", marks[at].r.baseVal.value + 4);
    svg.append(ring);
    input.min = 0;
    input.value = at;
    input.setAttribute("aria-valuetext", `${at + 1} of ${marks.length}`);
    fill(cards[nth][at]);
    card.style.setProperty("--w2s-pt-order", nth); // in one column the card follows its panel
    window.scrollBy({ top: svg.getBoundingClientRect().top - top, behavior: "instant" }); // which stays under the finger
    clearTimeout(settling);
    settling = setTimeout(() => (live.textContent = cards[nth][at].slice(0, 2).filter(Boolean).join(". ")), WAIT);
  }

  function rest({ ring, input }) {
    ring.remove();
    input.min = -1;
    input.value = -1;
    input.setAttribute("aria-valuetext", "no point chosen");
  }

  function fill([title, words, pictures]) {
    if (card.clientWidth !== width) card.style.minHeight = "";
    width = card.clientWidth;
    const figures = pictures.map(([number, caption]) => {
      const figure = make("figure", { innerHTML: drawings[number] });
      figure.append(make("figcaption", {}, caption));
      return figure;
    });
    const text = make("div", { className: "w2s-pt-words" }, make("p", {}, make("strong", {}, title)), make("p", {}, words));
    card.replaceChildren(text, make("div", { className: "w2s-pt-drawings" }, ...figures));
    card.style.minHeight = `${Math.max(parseFloat(card.style.minHeight) || 0, card.offsetHeight)}px`; // what follows stays where it is
  }

  return () => clearTimeout(settling);
}

export default { render };
