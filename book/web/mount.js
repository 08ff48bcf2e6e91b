// Runs the book's interactives (anywidget modules) on a page that has no kernel.

/** @param {Record<string, any>} state */
function localModel(state) {
  const values = { ...state };
  /** @type {Map<string, Set<() => void>>} */
  const listeners = new Map();
  /** @type {(name: string) => Set<() => void>} */
  const of = (name) => {
    const found = listeners.get(name) ?? new Set();
    listeners.set(name, found);
    return found;
  };
  return {
    get: (/** @type {string} */ key) => values[key],
    set(/** @type {string} */ key, /** @type {any} */ value) {
      values[key] = value;
      for (const call of of(`change:${key}`)) call();
      for (const call of of("change")) call();
    },
    on: (/** @type {string} */ name, /** @type {() => void} */ call) => of(name).add(call),
    off: (/** @type {string} */ name, /** @type {(() => void) | undefined} */ call) =>
      call ? of(name).delete(call) : of(name).clear(),
    save_changes() {},
    send() {},
  };
}

/** @type {Map<string, Promise<unknown>>} */
const styles = new Map();

// Resolves once the style sheet is there, or cannot be had: a figure without style is better than
// none.
/** @param {string} name */
function addStyle(name) {
  const href = new URL(`./${name}.css`, import.meta.url).href;
  if (!styles.has(href)) {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    styles.set(href, new Promise((done) => (link.onload = link.onerror = done)));
    document.head.append(link);
  }
  return styles.get(href);
}

// A figure keeps its state under its own name in the page's address, so that a link opens the same
// picture.
/** @param {string} key */
function address(key) {
  let waiting = 0;
  return {
    read: () => new URLSearchParams(location.search).get(key),
    write(/** @type {string} */ text) {
      clearTimeout(waiting);
      waiting = window.setTimeout(() => {
        const fields = location.search
          .slice(1)
          .split("&")
          .filter((field) => field && field.split("=")[0] !== key);
        if (text) fields.push(`${key}=${text}`);
        const query = fields.length ? `?${fields.join("&")}` : "";
        history.replaceState(history.state, "", `${location.pathname}${query}${location.hash}`);
      }, 300);
    },
  };
}

/** @type {(box: HTMLElement, index: number, boxes: HTMLElement[]) => Promise<void>} */
async function mount(box, index, boxes) {
  const name = box.dataset.module ?? "";
  const before = boxes.slice(0, index).filter((other) => other.dataset.module === name).length;
  const key = before ? `${name}-${before + 1}` : name;
  const state = JSON.parse(
    box.querySelector('script[type="application/json"]')?.textContent ?? "{}",
  );
  const el = document.createElement("div");
  try {
    const styled = addStyle(name);
    const module = await import(new URL(`./${name}.js`, import.meta.url).href);
    await styled; // else the figure is laid out twice, and jumps
    await module.default.render({ model: localModel(state), el, address: address(key) });
    box.replaceChildren(el);
    box.dataset.ready = "true";
  } catch (error) {
    console.error(error);
    const words = document.createElement("p");
    words.textContent =
      "This figure could not start in your browser. The text around it stands alone.";
    box.append(words);
    box.dataset.ready = "failed";
  }
}

/** @type {HTMLElement[]} */
const boxes = [...document.querySelectorAll(/** @type {any} */ (".w2s-mount"))];
boxes.forEach(mount);
