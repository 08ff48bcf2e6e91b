/* What the interactives share: elements made and changed in one call, and keys that JupyterLab
   leaves alone. */

/**
 * What anywidget and the book's mount script hand to a widget.
 * @typedef {object} Given
 * @property {any} model the state, in step with the kernel where there is one
 * @property {HTMLElement} el where the widget goes
 * @property {{ read: () => string | null, write: (text: string) => void }} [address] the page's
 */

/**
 * @param {string} tag
 * @param {Record<string, any>} properties
 * @param {(Node | string)[]} children
 * @returns {any}
 */
export function make(tag, properties = {}, ...children) {
  const node = /** @type {any} */ (document.createElement(tag));
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** @type {(className: string, ...children: (Node | string)[]) => HTMLDivElement} */
export const box = (className, ...children) => make("div", { className }, ...children);

/** What follows stays where it is. @type {(node: HTMLElement, height: number) => void} */
export function keepHeight(node, height) {
  node.style.minHeight = `${Math.max(parseFloat(node.style.minHeight) || 0, height)}px`;
}

// what does not change is not laid out anew
/** @type {(node: Element, attributes: Record<string, any>) => void} */
export function put(node, attributes) {
  for (const [name, value] of Object.entries(attributes))
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** @type {(node: Element, hidden: boolean) => void} */
export function hide(node, hidden) {
  node.classList.toggle("w2s-hidden", hidden);
}

// laying out text is slow, even the same once more
/** @type {(node: Element, text: string) => void} */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A number with three digits. @type {(value: number) => string} */
export function show(value) {
  const text = Math.abs(value).toFixed(3);
  return value < 0 && Number(text) > 0 ? `−${text}` : text;
}

/** @typedef {Record<string, any>} Parts the elements that change, in HTML and SVG, by name */

/** The elements that have a `data-part`. @type {(within: Element) => Parts} */
export function partsOf(within) {
  const named = [...within.querySelectorAll("[data-part]")];
  return Object.fromEntries(named.map((node) => [node.getAttribute("data-part"), node]));
}

/**
 * Writes numbers where they stand.
 * @param {HTMLElement} root
 * @param {Record<string, number>} numbers
 * @param {(value: number, name: string) => string} words
 */
export function fillIn(root, numbers, words = show) {
  for (const node of root.querySelectorAll("output")) {
    const { name = "" } = node.dataset;
    if (!name) continue;
    write(node, words(numbers[name], name));
    node.dataset.value = String(numbers[name]);
  }
}

/* The value of a handle for those who listen. */
/** @type {(node: Element, now: number, ends: number[], words: string) => void} */
export function tell(node, now, [least, most], words) {
  const ends = { "aria-valuemin": least, "aria-valuemax": most };
  put(node, { "aria-valuenow": now, "aria-valuetext": words, ...ends });
}

// JupyterLab binds arrow keys to whatever has the focus in a notebook, unless that very element
// says no.
/** @type {(root: HTMLElement) => void} */
export function keepKeys(root) {
  root.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement || target instanceof SVGElement)
      target.dataset.lmSuppressShortcuts = "true";
  });
}
