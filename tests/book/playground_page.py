"""The playground on a page of its own, what a browser reads off it, and what the package says."""

import json
import math
import shutil
from typing import Any

import numpy as np
import pytest
from visits import ROOT
from widget_page import MOUNT, PAGE, number

from inside import inside
from w2s_jax import sets
from w2s_jax.heads import fit_head
from w2s_jax.projections import project
from w2s_jax.report import evaluate

MODULES = inside("widgets._page").MODULES
module_text = inside("widgets._page").module_text
style_text = inside("widgets._page").style_text
SHAPES = inside("widgets._playground").SHAPES

CONVEX = [shape for shape in SHAPES if shape != "crescent"]
ERRORS = ["weak-error", "student-error", "gain", "misfit", "slack"]
NUMBERS = [*ERRORS, "cross", "correction", "epsilon", "floor", "angle"]
PIXELS = {"triangle": 63}  # of the picture to one unit, where it is not 84
FULL = 4  # the error at the end of the bars, at scale 1
WORDS = {"angle": "none", "floor": "no promise"}
READ = """() => {
  const root = document.querySelector(".w2s-playground");
  const all = (what) => [...root.querySelectorAll(what)];
  const named = (what, by, f) => Object.fromEntries(all(what).map((e) => [e.dataset[by], f(e)]));
  const at = (name) => root.querySelector(`svg [data-part=${name}]`);
  const group = (name) => { const m = at(name).transform.baseVal[0].matrix; return [m.e, m.f]; };
  const dot = (name) => [at(name).cx.baseVal.value, at(name).cy.baseVal.value];
  return {
    data: { ...root.dataset },
    shown: named("output", "name", (e) => [e.dataset.value, e.textContent]),
    echo: all("[data-echo]").map((e) => [e.dataset.echo, e.textContent]),
    places: { weak: group("weak"), truth: group("truth"), student: dot("student") },
    bars: named("[data-bar]", "bar", (e) => [e.style.left, e.style.width]),
  };
}"""


def write_page(folder, module, sheet="playground", state=None):
    """A page that mounts `module` with a model in reach of the test, which starts from `state`."""
    (folder / f"{sheet}.css").write_text(style_text(sheet), "utf8")
    (folder / "bundle.js").write_text(module, "utf8")
    (folder / "favicon.ico").touch()
    head = f'<link rel="stylesheet" href="{sheet}.css"><link rel="icon" href="favicon.ico">'
    known = f"new Map(Object.entries({json.dumps(state or {})}))"
    body = MOUNT.replace("new Map()", known, 1)
    (folder / "page.html").write_text(PAGE.format(head=head, body=body), "utf8")


def write_book_page(folder, *widgets):
    """The site's own mount script, running the HTML form of `widgets`."""
    for file in [*MODULES.iterdir(), ROOT / "book" / "web" / "mount.js"]:
        shutil.copy(file, folder)
    (folder / "favicon.ico").touch()
    forms = [widget._repr_mimebundle_()[0]["text/html"] for widget in widgets]
    head = '<script type="module" src="mount.js"></script><link rel="icon" href="favicon.ico">'
    body = "".join(forms) + '<h2 id="below">Below</h2>'
    (folder / "page.html").write_text(PAGE.format(head=head, body=body), "utf8")


def visit_alone(visit, serve, folder):
    """Open the playground on a page of its own; a fixture's body."""
    write_page(folder, module_text("playground"))
    seen = visit(serve(folder), "page.html")
    yield seen.page
    assert seen.errors == []


def unit(page, state):
    """Screen pixels to one unit of the plane."""
    svg = page.locator(".w2s-playground svg")
    return svg.evaluate("e => e.getScreenCTM().a") * PIXELS.get(state["shape"], 84) / state["scale"]


def pick(page, shape):
    page.evaluate("shape => window.put({shape, realizable: false})", shape)


def parse(data) -> dict[str, Any]:
    """The state that the root element carries."""

    def numbers(name):
        return [float(x) for x in data[name].split(",")] if data[name] else []

    state: dict[str, Any] = {"shape": data["shape"], "realizable": data["realizable"] == "true"}
    state |= {name: numbers(name) for name in ("weak", "truth", "centre", "radii", "bite", "view")}
    state |= {name: float(data[name]) for name in ("radius", "angle", "scale")}
    state |= {"student": numbers("student"), "rival": numbers("rival")}
    return state | {"vertices": np.reshape(numbers("vertices"), (-1, 2)).tolist()}


def read_state(page):
    return parse(page.evaluate(READ)["data"])


def strong_class(state):
    """The state's convex set, built from the package's sets."""
    centre = np.array(state["centre"])
    u = np.array([math.cos(state["angle"]), math.sin(state["angle"])])
    turned = np.stack([u, [-u[1], u[0]]], axis=1)
    made = {
        "line": lambda: sets.AffineSubspace(centre, u[:, None]),
        "ball": lambda: sets.Translated(sets.Ball(state["radius"]), centre),
        "ball-3d": lambda: sets.Translated(sets.Ball(state["radius"]), centre),
        "ellipse": lambda: sets.Translated(
            sets.Ellipsoid((turned * np.square(state["radii"])) @ turned.T), centre
        ),
        "polygon": lambda: sets.Hull(np.array(state["vertices"])),
        "l1-ball": lambda: sets.Translated(sets.L1Ball(state["radius"]), centre),
        "simplex": lambda: sets.Simplex(),
    }
    return made[state["shape"]]()


def search_crescent(state, point):
    """The nearest point of the crescent, by looking everywhere on its edge and zooming in."""
    point, centre, (away, bitten) = np.array(point), np.array(state["centre"]), state["bite"]
    jaw = centre + away * np.array([math.cos(state["angle"]), math.sin(state["angle"])])

    def holds(v, slack):
        in_disc = np.linalg.norm(v - centre, axis=-1) <= state["radius"] + slack
        return in_disc & (np.linalg.norm(v - jaw, axis=-1) >= bitten - slack)

    if holds(point, 0):
        return point
    found = []
    for middle, radius in ((centre, state["radius"]), (jaw, bitten)):
        around, width, best = 0.0, math.pi, (np.inf, 0.0, 0.0)
        while width > 1e-9:
            angles = around + width * np.linspace(-1, 1, 4001)
            rim = middle + radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
            gaps = np.where(holds(rim, 1e-12), np.linalg.norm(rim - point, axis=-1), np.inf)
            around, width = angles[np.argmin(gaps)], width / 500
            best = (gaps.min(), *rim[np.argmin(gaps)])
        found.append(best)
    return np.array(min(found)[1:])


def direction(state):
    """The triangle's line as the one feature of a head on two inputs."""
    return np.array([[math.cos(state["angle"])], [math.sin(state["angle"])]])


def nearest(state, point):
    """The package's projection; on the triangle's line a head, in the crescent a search."""
    if state["shape"] == "crescent":
        return search_crescent(state, point)
    if state["shape"] == "triangle":
        return np.asarray(fit_head(direction(state), np.array(point), bias=False)(direction(state)))
    found = project(np.array(point), onto=strong_class(state))
    assert bool(found.certified)
    return np.asarray(found.value)


def expect(state):
    """The student and every number on show, by the package."""
    weak, truth = np.array(state["weak"]), np.array(state["truth"])
    student, shadow = nearest(state, weak), nearest(state, truth)
    if state["rival"] and np.linalg.norm(student - state["rival"]) < 1e-6:
        reach = [np.linalg.norm(weak - v) for v in (student, np.array(state["student"]))]
        assert reach[0] == pytest.approx(reach[1], abs=1e-9)  # both are nearest: either will do
        student = np.array(state["student"])
    linear = state["shape"] == "triangle"
    features = direction(state) if linear else None
    report = evaluate(weak, student, truth, features=features, bias=not linear)
    inner = float(np.mean((weak - student) * (truth - student)))
    sizes = math.sqrt(float(report.misfit) * float(report.student_error))
    names = {name: name.replace("-", "_") for name in ERRORS}
    numbers = {name: float(getattr(report, found)) for name, found in names.items()}
    numbers["cross"] = -2 * inner
    left = 2 * float(np.mean((weak - student) * (truth - shadow)))
    numbers["correction"] = float(report.correction) if linear else left
    numbers["epsilon"] = float(report.epsilon if linear else np.mean((truth - shadow) ** 2))
    numbers["floor"] = -2 * math.sqrt(numbers["misfit"] * numbers["epsilon"])
    numbers["angle"] = math.degrees(math.acos(np.clip(inner / sizes, -1, 1))) if sizes else math.nan
    if state["shape"] == "crescent":
        numbers["floor"] = math.nan
    return student, numbers


def check(found):
    """Hold everything that a reading shows to the package; returns state and numbers."""
    state = parse(found["data"])
    student, numbers = expect(state)
    np.testing.assert_allclose(state["student"], student, atol=1e-6)
    assert sorted(found["shown"]) == sorted(NUMBERS)
    for name, (value, text) in found["shown"].items():
        tolerance = 1e-6
        if name == "angle":  # two short sides make an angle that is poorly determined
            if min(numbers["misfit"], numbers["student-error"]) < 1e-8:
                continue
            tolerance = 1e-3 / math.sqrt(min(1, numbers["misfit"], numbers["student-error"]))
        elif name == "floor":  # the square root of an epsilon that may be 1e-12 instead of 0
            tolerance = 1e-5
        np.testing.assert_allclose(float(value), numbers[name], atol=tolerance, err_msg=name)
        if math.isnan(float(value)):
            assert text == WORDS[name]
        elif name == "angle":
            assert text == f"{float(value):.1f}°"
        else:
            assert abs(number(text) - float(value)) <= 0.0005 + 1e-9
    for name, text in found["echo"]:
        assert text == found["shown"][name][1]
    check_picture(found, state, student)
    check_bars(found["bars"], numbers, FULL * state["scale"] ** 2)
    return state, numbers


def check_picture(found, state, student):
    """Hold what is drawn, seen from where the reader stands, to the numbers."""
    across, up = np.eye(2)
    if len(state["weak"]) == 3:
        a, e = state["view"]
        across = np.array([-math.sin(a), math.cos(a), 0])
        up = np.array([-math.sin(e) * math.cos(a), -math.sin(e) * math.sin(a), math.cos(e)])
    for name, point in (("weak", state["weak"]), ("truth", state["truth"]), ("student", student)):
        x, y = found["places"][name]
        drawn = np.array([x - 202, 175 - y]) * state["scale"] / PIXELS.get(state["shape"], 84)
        wanted = np.array([across @ np.array(point), up @ np.array(point)])
        np.testing.assert_allclose(drawn, wanted, atol=1e-4 * state["scale"], err_msg=name)


def check_bars(bars, numbers, total):
    for name, start in (("weak-error", 0), ("student-error", 0), ("misfit", "student-error")):
        left, width = (float(size.rstrip("%")) for size in bars[name])
        wanted = 100 * (numbers[start] if start else 0) / total, 100 * numbers[name] / total
        np.testing.assert_allclose([left, width], wanted, atol=1e-2)
    left, width = (float(size.rstrip("%")) for size in bars["gain"])
    low = min(numbers["student-error"], numbers["weak-error"])
    wanted = 100 * low / total, 100 * abs(numbers["gain"]) / total
    np.testing.assert_allclose([left, width], wanted, atol=1e-2)


def compare(page):
    """Hold everything on show to the package; returns state and numbers."""
    return check(page.evaluate(READ))


def read_many(page, states):
    """Show each state in turn, and read everything off it."""
    script = f"""async (states) => {{
      const read = {READ};
      const found = [];
      for (const state of states) {{ await window.put(state); found.push(read()); }}
      return found;
    }}"""
    return page.evaluate(script, states)


def random_state(rng, shape, realizable=None):
    """Points, a set and a view; far points too, and points on the axes and in the middle."""
    count = 3 if shape in ("ball-3d", "simplex") else 2
    centre = rng.uniform(-0.8, 0.8, count)
    state = {
        "shape": shape,
        "weak": rng.uniform(-1.8, 1.8, count) * rng.choice([1, 1, 1, 0.3, 4]),
        "truth": rng.uniform(-1.8, 1.8, count),
        "centre": centre,
        "radius": rng.uniform(0.2, 1.5),
        "radii": rng.uniform(0.1, 1.6, 2),
        "angle": rng.uniform(-math.pi, math.pi),
        "vertices": rng.uniform(-1.5, 1.5, (int(rng.integers(3, 7)), 2)),
        "view": rng.uniform([-math.pi, -1.5], [math.pi, 1.5]),
        "realizable": bool(rng.integers(2)) if realizable is None else realizable,
    }
    away = rng.uniform(0, 1.5)
    state["bite"] = [away, rng.uniform(0.1, away + state["radius"])]
    if rng.random() < 0.1:
        state["weak"] = centre + rng.choice([0.0, 1.0]) * np.eye(count)[0]
    plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in state.items()}
    return json.loads(json.dumps(plain))
