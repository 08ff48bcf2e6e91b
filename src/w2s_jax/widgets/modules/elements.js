/* What the interactives share: elements made in one call, and keys that JupyterLab leaves alone. */

export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// JupyterLab binds arrow keys to whatever has the focus in a notebook, unless that very element says no.
export function keepKeys(root) {
  root.addEventListener("focusin", ({ target }) => (target.dataset.lmSuppressShortcuts = "true"));
}
