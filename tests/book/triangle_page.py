"""The triangle on a page of its own, and what a browser reads off it."""

import math
import re
import shutil
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from inside import inside
from w2s_jax.heads import fit_head
from w2s_jax.report import evaluate

MODULES = inside("widgets._page").MODULES
module_text = inside("widgets._page").module_text

NAMES = ["weak_error", "student_error", "misfit", "gain", "slack", "correction", "epsilon"]
PRESETS = ["Realizable", "Same side", "Opposite sides", "Perfect imitation"]
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Triangle</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ background: #fff; color: #222832; font-family: sans-serif; margin: 0 16px }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14181e; color: #ced6dd }} }}
</style>{head}</head><body><main><h1>Triangle</h1>{body}<p style="height: 40rem">End.</p></main>
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


def write_page(folder, module):
    """A page that mounts `module` with a model in reach of the test."""
    shutil.copy(MODULES / "triangle.css", folder)
    (folder / "bundle.js").write_text(module, "utf8")
    (folder / "favicon.ico").touch()
    head = '<link rel="stylesheet" href="triangle.css"><link rel="icon" href="favicon.ico">'
    (folder / "page.html").write_text(PAGE.format(head=head, body=MOUNT), "utf8")


def visit_alone(visit, serve, folder):
    """Open the triangle on a page of its own; a fixture's body."""
    write_page(folder, module_text("triangle"))
    seen = visit(serve(folder), "page.html")
    yield seen.page
    assert seen.errors == []


def read_state(page) -> dict[str, Any]:
    data = page.locator(".w2s-triangle").evaluate("e => ({...e.dataset})")
    state: dict[str, Any] = {
        name: [float(x) for x in data[name].split(",")] for name in ("weak", "truth", "student")
    }
    return state | {"angle": float(data["angle"]), "realizable": data["realizable"] == "true"}


def compute(state):
    """The package's student and report for a state of the picture."""
    features = np.array([[math.cos(state["angle"])], [math.sin(state["angle"])]])
    weak, truth = np.array(state["weak"]), np.array(state["truth"])
    student = np.asarray(fit_head(features, weak, bias=False)(features))
    report = evaluate(weak, student, truth, features=features, bias=False)
    return student, SimpleNamespace(**{name: float(getattr(report, name)) for name in NAMES})


def number(text):
    assert re.fullmatch(r"−?\d+\.\d{3}", text), text
    return float(text.replace("−", "-"))


def compare(page):
    """Hold everything on show to the package; returns state and report."""
    state = read_state(page)
    student, report = compute(state)
    np.testing.assert_allclose(state["student"], student, atol=1e-6)
    shown = page.evaluate("""() => Object.fromEntries([...document.querySelectorAll(
      ".w2s-triangle output")].map((e) => [e.dataset.name, [e.dataset.value, e.textContent]]))""")
    assert sorted(shown) == sorted(name.replace("_", "-") for name in NAMES)
    for name in NAMES:
        value, text = shown[name.replace("_", "-")]
        np.testing.assert_allclose(float(value), getattr(report, name), atol=1e-6, err_msg=name)
        assert abs(number(text) - float(value)) <= 0.0005 + 1e-9
    for name in ("gain", "misfit"):
        assert page.locator(f"[data-echo={name}]").text_content() == shown[name][1]
    return state, report


def compare_picture(page, state, report):
    """Hold the drawn student and the drawn bars to the package."""
    places = page.evaluate("""() => { const e = document.querySelector("[data-part=weak]"), s =
      document.querySelector("[data-part=student]"), t = (e) => e.transform.baseVal[0].matrix;
      const f = t(document.querySelector("[data-part=truth]")), w = t(e);
      return [[w.e, w.f], [f.e, f.f], [s.cx.baseVal.value, s.cy.baseVal.value]]; }""")
    need = np.max(np.abs([state["weak"], state["truth"]]) / [2, 1.5])
    unit = 84 if need <= 1 else 42
    assert need <= 2
    drawn = [np.array([x - 202, 175 - y]) / unit for x, y in places]
    for point, name in zip(drawn, ("weak", "truth", "student"), strict=True):
        np.testing.assert_allclose(point, state[name], atol=1e-4)
    bars = page.evaluate("""() => Object.fromEntries([...document.querySelectorAll("[data-bar]")]
      .map((e) => [e.dataset.bar, [parseFloat(e.style.left), parseFloat(e.style.width)]]))""")
    width = 100 / max(report.weak_error, report.student_error + report.misfit)
    for name in ("weak_error", "student_error", "misfit", "gain"):
        size = abs(getattr(report, name)) * width
        assert bars[name.replace("_", "-")][1] == pytest.approx(size, abs=1e-3)
    low = min(report.student_error, report.weak_error) * width
    assert bars["gain"][0] == pytest.approx(low, abs=1e-3)
    assert bars["misfit"][0] == pytest.approx(report.student_error * width, abs=1e-3)


def handle(page, name):
    found = page.locator(f".w2s-handle[data-part={name}]")
    found.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    return found


def centre(page, name):
    box = handle(page, name).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, name, dx, dy):
    x, y = centre(page, name)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=5)
    page.mouse.up()


def choose(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def off_line(state):
    u = [math.cos(state["angle"]), math.sin(state["angle"])]
    return abs(u[0] * state["truth"][1] - u[1] * state["truth"][0])


def random_state(rng):
    return {
        "weak": rng.uniform([-2, -1.5], [2, 1.5]).tolist(),
        "truth": rng.uniform([-2, -1.5], [2, 1.5]).tolist(),
        "angle": rng.uniform(-math.pi, math.pi),
        "realizable": bool(rng.integers(2)),
    }
