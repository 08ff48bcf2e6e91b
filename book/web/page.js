// Whatever is wider than the page gets its own scroller, reachable by keyboard.

const BLOCKS =
  ".bd-article pre, .bd-article .katex-display, .bd-article .output, .bd-article .w2s-figure, " +
  ".bd-article .pst-scrollable-table-container";

/** @type {(selector: string) => NodeListOf<HTMLElement>} */
const all = (selector) => document.querySelectorAll(selector);

function mark() {
  for (const formula of all(".bd-article span.math")) {
    const line = formula.closest("p, li, td, th, dd, div, h1, h2, h3, h4");
    if (line && formula.getBoundingClientRect().width > line.clientWidth + 1) {
      formula.classList.add("w2s-wide");
      formula.tabIndex = 0;
    }
  }
  for (const box of all(BLOCKS)) {
    if (box.clientWidth > 0 && box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}

function hideOrnaments() {
  for (const icon of all("svg.tb-icon")) icon.setAttribute("aria-hidden", "true");
}

// Where a table's rows become cards, each cell says by what column it stood in.
function nameCells() {
  for (const cell of all("#map-of-results td:not(:first-child)")) {
    if (!(cell instanceof HTMLTableCellElement)) continue;
    const head = cell.closest("table")?.tHead?.rows[0].cells[cell.cellIndex];
    cell.dataset.column = head?.textContent ?? "";
  }
}

// Paper is white.
function printLight() {
  const { dataset } = document.documentElement;
  const { theme } = dataset;
  dataset.theme = "light";
  addEventListener("afterprint", () => (dataset.theme = theme), { once: true });
}

nameCells();
mark();
addEventListener("beforeprint", printLight);
addEventListener("resize", mark);
addEventListener("toggle", mark, true);
addEventListener("click", () => requestAnimationFrame(mark)); // folds that are buttons
addEventListener("load", hideOrnaments);
document.fonts?.ready.then(mark);
