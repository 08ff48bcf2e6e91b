"""What a browser reads off the ring, and what the package says."""

import numpy as np
from widget_page import number

from inside import inside
from w2s_jax.widgets import Ring

runs = inside("plots._ring").runs

READ = """() => {
  const root = document.querySelector(".w2s-ring");
  const arcs = (name) => {
    const path = root.querySelector(`[data-part=${name}]`).getAttribute("d");
    return path.split("M").length - 1;
  };
  const places = (name) => [...root.querySelector(`[data-part=${name}]`).getAttribute("d")
    .matchAll(/[ML]([\\d.]+) ([\\d.]+)/g)].map((m) => [Number(m[1]), Number(m[2])]);
  return {
    state: ["length", "reach", "seed"].map((name) => Number(root.dataset[name])),
    shown: Object.fromEntries([...root.querySelectorAll("output")].map(
      (e) => [e.dataset.name, [e.dataset.value, e.value]])),
    arcs: Object.fromEntries(["weak", "student", "misfit"].map((name) => [name, arcs(name)])),
    students: places("students"), misfits: places("misfits"),
    votes: root.querySelector("[data-part=wrong-votes]").textContent,
  };
}"""


def compare(page):
    """Hold what is shown to the package; returns the reading."""
    found = page.evaluate(READ)
    length, reach, seed = found["state"]
    ours = Ring(length=length, reach=reach, seed=seed)
    weak, student, numbers = ours.weak_wrong(), ours.student_wrong(), ours.numbers()
    wanted = {name: numbers[name] for name in ("gain", "misfit")}
    wanted |= {"weak": numbers["weak_error"], "student": numbers["student_error"]}
    wanted["spoiled"] = (student & ~weak).mean()
    assert found["shown"].keys() == wanted.keys()
    for name, (value, text) in found["shown"].items():
        np.testing.assert_allclose(float(value), wanted[name], atol=1e-9, err_msg=name)
        assert abs(number(text) - float(value)) <= 0.0005 + 1e-9
    for name, wrong in (("weak", weak), ("student", student), ("misfit", weak != student)):
        assert found["arcs"][name] == len(runs(wrong)), name
    window = np.roll(weak, -((length - 1) // 2 - reach))[: 2 * reach + 1]
    assert found["votes"] == f"{window.sum()} wrong of {2 * reach + 1}"
    others = [Ring(length=k, reach=reach, seed=seed).numbers() for k in range(1, 13)]
    for name, key in (("students", "student_error"), ("misfits", "misfit")):
        shares = 0.4 * (274 - np.array(found[name])[:, 1]) / 258
        np.testing.assert_allclose(shares, [each[key] for each in others], atol=1e-4)
    return found | wanted
