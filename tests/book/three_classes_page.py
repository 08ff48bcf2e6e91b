"""What a browser reads off the picture of three classes, and what the package says."""

import numpy as np
from widget_page import number

from w2s_jax.widgets import ThreeClasses

CELLS = [
    f"{kind} {first}" for kind in ("probabilities", "logits") for first in ("prediction", "label")
]
NAMES = ["weak-error", "student-error", "gain", "misfit"]
READ = """() => {
  const root = document.querySelector(".w2s-three-classes");
  const all = (what, by) => Object.fromEntries(
    [...root.querySelectorAll(what)].map((e) => [e.dataset[by], [e.dataset.value, e.value]]),
  );
  const place = (name) => {
    const m = root.querySelector(`svg [data-part=${name}]`).transform.baseVal[0].matrix;
    return [m.e, m.f];
  };
  const names = ["weak", "truth", "a", "b", "prediction", "label"];
  const border = root.querySelector("[data-part=border]").getAttribute("d");
  return {
    data: { ...root.dataset },
    numbers: all("[data-name]", "name"), cells: all("[data-cell]", "cell"),
    places: Object.fromEntries(names.map((name) => [name, place(name)])),
    border: border.slice(1).split("L").filter(Boolean).map((p) => p.split(",").map(Number)),
  };
}"""
CORNERS = np.array([[28.0, 338.0], [372.0, 338.0], [200.0, 338 - 172 * np.sqrt(3)]])


def state_of(data):
    def numbers(text):
        return [float(x) for x in text.split(",")]

    truth = numbers(data["truth"])
    return {
        "kind": data["kind"],
        "first": data["first"],
        "weak": numbers(data["weak"]),
        "truth": truth if len(truth) == 3 else truth[0],
        "ends": np.reshape(numbers(data["ends"]), (2, 3)).tolist(),
    }


def compare(page):
    """Hold what is shown to the package; returns state and numbers."""
    found = page.evaluate(READ)
    state = state_of(found["data"])
    ours = ThreeClasses(**state)
    wanted = {name: ours.numbers()[name.replace("-", "_")] for name in NAMES}
    wanted["slack"] = wanted["gain"] - wanted["misfit"]
    for name, value in wanted.items():
        shown, text = found["numbers"][name]
        np.testing.assert_allclose(float(shown), value, rtol=1e-9, atol=1e-9, err_msg=name)
        assert abs(number(text) - float(shown)) <= 0.0005 + 1e-9
    for cell in CELLS:
        kind, first = cell.split()
        other = ThreeClasses(**state | {"kind": kind, "first": first}).numbers()
        slack = other["gain"] - other["misfit"]
        shown, text = found["cells"][cell]
        np.testing.assert_allclose(float(shown), slack, atol=1e-9, err_msg=cell)
        sign = "=" if abs(float(shown)) < 1e-9 else ">" if float(shown) > 0 else "<"
        assert text == f"now gain {sign} misfit"
    seen = {name: pixels(point) for name, point in places(state).items()}
    for name, place in seen.items():
        np.testing.assert_allclose(found["places"][name], place, atol=1e-3, err_msg=name)
    check_angle(found["numbers"]["angle"], ours)
    check_border(found["border"], ours)
    return state, wanted | {cell: float(found["cells"][cell][0]) for cell in CELLS}


def pixels(point):
    return np.asarray(point) @ CORNERS


def places(state):
    students = {
        first: ThreeClasses(**state | {"first": first}).student for first in ("prediction", "label")
    }
    truth = ThreeClasses(**state)._truth()
    ends = dict(zip("ab", state["ends"], strict=True))
    return {"weak": state["weak"], "truth": truth, **ends, **students}


def check_angle(shown, ours):
    """An angle is acute exactly where the gain is less than the misfit."""
    numbers = ours.numbers()
    if min(numbers["misfit"], numbers["student_error"]) < 1e-6:
        return
    s, (w, f) = ours.student, (np.asarray(ours.weak), ours._truth())
    curved, straight = (w, f) if ours.first == "prediction" else (f, w)
    bent = s * (np.log(curved / s) - s @ np.log(curved / s))
    inner = float(bent @ ((straight - s) / s))
    sizes = np.sqrt((bent**2 / s).sum() * ((straight - s) ** 2 / s).sum())
    wanted = np.degrees(np.arccos(np.clip(inner / sizes, -1, 1)))
    np.testing.assert_allclose(float(shown[0]), wanted, atol=1e-4)


def check_border(border, ours):
    """On the dotted border a truth makes the gain the misfit."""
    truth = np.array(border).reshape(-1, 2) - CORNERS[2]
    truth = truth @ np.linalg.inv(CORNERS[:2] - CORNERS[2])
    truth = np.column_stack([truth, 1 - truth.sum(1)])
    truth = truth[truth.min(1) > 0.02]  # near an edge a hundredth of a pixel is much
    s, w = ours.student, np.asarray(ours.weak)
    if ours.first == "prediction":
        slack = (truth - s) @ np.log(s / w)
    else:
        slack = np.log(truth / s) @ (s - w)
    np.testing.assert_allclose(slack, 0, atol=0.01)
