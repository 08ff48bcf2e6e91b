// Makes a deck of the sections of a page. Held upright a phone scrolls through them instead.

/** @type {{ initialize: (options: Record<string, any>) => Promise<void> }} */
const reveal = /** @type {any} */ (globalThis).Reveal;
const upright = matchMedia("(max-width: 639px)");
const root = document.documentElement;

function swapColours() {
  const { matches } = matchMedia("(prefers-color-scheme: dark)");
  const dark = root.style.colorScheme ? root.style.colorScheme === "dark" : matches;
  root.style.colorScheme = dark ? "light" : "dark";
}

function start() {
  root.classList.add("w2s-live");
  /** @type {HTMLStyleElement} */ (document.getElementById("w2s-deck")).media = "screen";
  reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    display: "flex",
    hash: true,
    transition: "none",
    backgroundTransition: "none",
    scrollActivationWidth: null,
    keyboard: { 68: swapColours }, // D
  });
}

// What is wider than a phone scrolls in its own box, by keyboard too.
function scroll() {
  /** @type {NodeListOf<HTMLElement>} */
  const boxes = document.querySelectorAll(".w2s-table, .katex-display");
  for (const box of boxes) if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}

upright.addEventListener("change", () => location.reload());
if (upright.matches) addEventListener("load", () => document.fonts.ready.then(scroll));
else start();
