"""A widget on a page of its own, in reach of the tests' hands."""

import json
import re

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Widget</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ background: #fff; color: #222832; font-family: sans-serif; margin: 0 16px }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14181e; color: #ced6dd }} }}
</style>{head}</head><body><main><h1>Widget</h1>{body}<p style="height: 40rem">End.</p></main>
</body></html>"""
MOUNT = """<div class="w2s-mount" id="mount"></div><script type="module">
import widget from "./bundle.js";
const values = new Map(), calls = new Map();
const of = (k) => calls.get(k) ?? calls.set(k, new Set()).get(k);
window.saves = 0;
window.model = {
  get: (k) => values.get(k),
  set: (k, v) => { values.set(k, v); of(`change:${k}`).forEach((f) => f()); },
  on: (k, f) => of(k).add(f),
  off: (k, f) => of(k).delete(f),
  save_changes: () => { window.saves += 1; },
};
window.put = async (state) => {
  for (const k in state) window.model.set(k, state[k]);
  await Promise.resolve();
};
window.end = widget.render({ model: window.model, el: document.getElementById("mount") });
document.getElementById("mount").dataset.ready = "true";
</script>"""
REVEAL = "Skip: just show me"


def state_of(widget):
    """The state that a widget's HTML form carries."""
    form = widget._repr_mimebundle_()[0]["text/html"]
    return json.loads(form.split('<script type="application/json">')[1].split("</script>")[0])


def number(text):
    assert re.fullmatch(r"−?\d+\.\d{3}", text), text
    return float(text.replace("−", "-"))


def handle(page, name):
    found = page.locator(f":is(.w2s-handle, .w2s-pic-handle)[data-part={name}]")
    found.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    return found


def center(page, name):
    box = handle(page, name).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pull(page, place, dx, dy):
    x, y = place
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=5)
    page.mouse.up()


def drag(page, name, dx, dy):
    pull(page, center(page, name), dx, dy)


def choose(page, name):
    page.get_by_role("button", name=name, exact=True).click()
