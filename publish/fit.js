// Run by publish/slides.py: gives each slide the largest letters at which nothing leaves it.

const LETTERS = [34, 32, 30, 28, 26, 24]; // pixels; no words but notes and cells go below
const CELLS = [24, 22, 20, 18];
const DENSE = [17, 16, 15]; // of tables that are too wide, or stand alone
const FORMULAS = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65];

/** @type {(selector: string, within: ParentNode) => HTMLElement[]} */
const every = (selector, within) => [
  .../** @type {NodeListOf<HTMLElement>} */ (within.querySelectorAll(selector)),
];

/** @type {(box: HTMLElement) => boolean} */
const wide = (box) => box.scrollWidth > box.clientWidth + 1;

/** @type {(box: HTMLElement) => boolean} */
const burst = (box) => box.scrollHeight > box.clientHeight + 1 || wide(box);

/** @type {(picture: HTMLElement) => boolean} */
const small = ({ clientHeight, clientWidth, dataset }) =>
  clientHeight < Math.min(300, (0.8 * clientWidth) / Number(dataset.ratio));

/** @type {(slide: HTMLElement) => boolean} */
function leaves(slide) {
  const boxes = every(".w2s-body, .w2s-words, .w2s-table", slide);
  return burst(slide) || boxes.some(burst) || every(".w2s-picture", slide).some(small);
}

/** @type {(slide: HTMLElement) => void} */
function scaleFormulas(slide) {
  for (const formula of every(".katex-display", slide)) {
    for (const scale of FORMULAS) {
      formula.style.fontSize = `${scale}em`;
      if (!wide(formula)) break;
    }
    if (formula.style.fontSize === "1em") formula.removeAttribute("style");
  }
}

/** How many blocks are wholly within a slide. @type {(slide: HTMLElement) => number} */
function room(slide) {
  const body = every(".w2s-words, .w2s-body", slide).at(-1);
  if (!body) return 0;
  const end = body.getBoundingClientRect().top + body.clientHeight;
  const blocks = /** @type {HTMLElement[]} */ ([...body.children]);
  return blocks.filter((block) => block.getBoundingClientRect().bottom <= end + 1).length;
}

/** How many blocks stay where not all can, else -1. @type {(slide: HTMLElement) => number} */
function fitted(slide) {
  const tables = every(".w2s-table", slide);
  const letters = LETTERS.slice(tables.length || every(".w2s-picture", slide).length ? 3 : 0);
  const cells = tables.length ? CELLS : [24];
  const tried = cells.flatMap((cell) => letters.map((size) => [size, cell]));
  slide.style.cssText = `--size: 24px; --cells: ${CELLS.at(-1)}px`;
  if (tables.some((box) => wide(box) || box.parentElement?.childElementCount === 1))
    tried.push(...DENSE.map((cell) => [24, cell]));
  let over = true;
  for (const [size, cell] of tried) {
    slide.style.cssText = `--size: ${size}px; --cells: ${cell}px`;
    scaleFormulas(slide);
    over = leaves(slide);
    if (!over) break;
  }
  return over ? room(slide) : -1;
}

Object.assign(globalThis, {
  fit: () => every(".slides > section", document).map(fitted),
  over: () => every(".slides > section", document).filter(leaves),
});
