"""Figures with controls on a page of their own, and what a browser shows of them."""

import json
import shutil
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from visits import ROOT
from widget_page import PAGE

from w2s_jax import plots
from w2s_jax.widgets import frames
from w2s_jax.widgets.controls import Control
from w2s_jax.widgets.explore import explore
from w2s_jax.widgets.page import MODULES, module_text

CONTROLS = {
    "power": Control(np.linspace(0.5, 3, 11), unit="mol", start=1.0, format=".2f"),
    "line": {"solid": "-", "dotted": ":", "dashed": "--"},
    "shaded": False,
}
KERNEL = """<div class="w2s-mount" id="mount"></div>
<script type="application/json" id="data">{data}</script><script type="module">
import widget from "./explore.js";
const {{ state, answers }} = JSON.parse(document.getElementById("data").textContent);
const values = new Map(Object.entries(state)), calls = new Map();
const of = (k) => calls.get(k) ?? calls.set(k, new Set()).get(k);
window.saves = 0;
window.asked = [];
window.waiting = [];
window.reply = () => {{
  const n = window.waiting.shift();
  of("msg:custom").forEach((f) => f({{ frame: n, ...answers[n] }}));
}};
window.model = {{
  get: (k) => values.get(k),
  set: (k, v) => {{ values.set(k, v); of(`change:${{k}}`).forEach((f) => f()); }},
  on: (k, f) => of(k).add(f),
  off: (k, f) => of(k).delete(f),
  save_changes: () => {{ window.saves += 1; }},
  send: ({{ frame }}) => {{ window.asked.push(frame); window.waiting.push(frame); }},
}};
window.listeners = () => [...calls.values()].reduce((sum, set) => sum + set.size, 0);
window.end = widget.render({{ model: window.model, el: document.getElementById("mount") }});
document.getElementById("mount").dataset.ready = "true";
</script>"""


def draw(power, line, shaded=False):
    """The picture that the tests explore."""
    with plots.style():
        figure, axes = plt.subplots()
        grid = np.linspace(0, 1, 40)
        axes.plot(grid, grid**power, line, color=plots.COLOURS["student"])
        if shaded:
            axes.fill_between(grid, grid**power, color=plots.COLOURS["gain"], alpha=0.2)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="x", ylabel="y")
    fill = "shaded" if shaded else "bare"
    return plots.show(figure, alt=f"Power {power:.2f}, drawn with {line}, {fill}.")


def say(power, line, shaded):
    """The sentence below the picture."""
    return f"At power {power:.2f} the area is {1 / (1 + power):.3f}."


def square(n):
    """A number for a picture."""
    return n**2


def figures() -> str:
    """Two figures of one function, which must not get into each other's way, and a number."""
    two = [
        explore(draw, say=say, key="one", **CONTROLS),
        explore(draw, key="two", power=[1, 2], line=["-", ":"]),
    ]
    return "".join(one._html() for one in (*two, explore(square, n=range(1, 9))))


def write_page(folder, body, module=None):
    """A page with these figures, brought to life by the book's own script."""
    for path in (MODULES / "explore.css", ROOT / "book" / "web" / "mount.js"):
        shutil.copy(path, folder)
    (folder / "explore.js").write_text(module or module_text("explore"), "utf8")
    (folder / "favicon.ico").touch()
    head = '<link rel="icon" href="favicon.ico"><script type="module" src="mount.js"></script>'
    (folder / "page.html").write_text(PAGE.format(head=head, body=body), "utf8")


def write_kernel_page(folder, figure, answers=()):
    """A page whose figure must ask a kernel, played by the test, for most of its frames."""
    answers = answers or [figure._frame(number) for number in range(figure._count)]
    answers = [{"html": drawn, "said": said} for drawn, said in answers]
    state = {"spec": figure.spec, "at": figure.at}
    data = json.dumps({"state": state, "answers": answers}).replace("<", "\\u003c")
    shutil.copy(MODULES / "explore.css", folder)
    (folder / "explore.js").write_text(module_text("explore"), "utf8")
    (folder / "favicon.ico").touch()
    head = '<link rel="stylesheet" href="explore.css"><link rel="icon" href="favicon.ico">'
    page = PAGE.format(head=head, body=KERNEL.format(data=data))
    (folder / "page.html").write_text(page, "utf8")


def read(page, nth=0) -> dict[str, Any]:
    """What one figure shows: its state, its picture without the page's own ids, its words."""
    return (
        page.locator(".w2s-explore")
        .nth(nth)
        .evaluate(
            """(root) => ({
          at: root.dataset.at.split(",").map(Number),
          picture: root.querySelector(".w2s-ex-picture").innerHTML
            .replaceAll(/w2s-e\\d+-/g, "w2s@"),
          alt: root.querySelector("svg")?.getAttribute("aria-label"),
          caption: root.querySelector(".w2s-ex-caption")?.textContent,
          texts: [...root.querySelectorAll("input[type=range], input:checked, select")].map((e) =>
            e.getAttribute("aria-valuetext") ?? e.closest("label")?.textContent ?? e.value),
          outputs: [...root.querySelectorAll("output")].map((e) => e.textContent),
        })"""
        )
    )


def values_at(at):
    """The function's arguments, found without the package's own arithmetic."""
    power = [0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0][at[0]]
    return {"power": power, "line": ["-", ":", "--"][at[1]], "shaded": bool(at[2])}


def compare(page):
    """Hold the first figure to the function's own picture of its state; returns the state."""
    shown = read(page)
    values = values_at(shown["at"])
    picture = draw(**values)
    parse = "text => Object.assign(document.createElement('div'), { innerHTML: text }).innerHTML"
    assert shown["alt"] is not None
    assert f'aria-label="{shown["alt"]}"' in picture.svg
    assert shown["picture"] == page.evaluate(parse, frames.draw(picture))
    assert shown["caption"] == say(**values)
    assert shown["outputs"] == [f"{values['power']:.2f} mol"]
    names = [f"{values['power']:.2f} mol", ["solid", "dotted", "dashed"][shown["at"][1]]]
    assert shown["texts"] == names + (["shaded"] if values["shaded"] else [])
    return shown["at"]


def first(page):
    """The first figure on the page."""
    return page.locator(".w2s-explore").first


def slider(page):
    """The first figure's slider, in the middle of the window."""
    found = first(page).get_by_role("slider")
    found.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    return found


def set_state(page, at):
    """Bring the first figure to a state through its own controls, as a reader would."""
    slider(page).fill(str(at[0]))
    first(page).get_by_role("radio").nth(at[1]).check()
    first(page).get_by_role("switch").set_checked(bool(at[2]))
