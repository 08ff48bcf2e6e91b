"""What a browser reads off the figure of leftovers, and what the package says."""

import numpy as np
from widget_page import number

from inside import inside
from w2s_jax.bounds import nonrealizable
from w2s_jax.widgets import Leftovers

leftovers = inside("widgets._leftovers")

READ = """() => {
  const root = document.querySelector(".w2s-leftovers");
  const all = (what) => [...root.querySelectorAll(what)];
  const place = (name) => {
    const m = root.querySelector(`[data-part=${name}]`).transform.baseVal[0].matrix;
    return [m.e, m.f];
  };
  const disc = root.querySelector("[data-part=disc]");
  return {
    drop: root.dataset.drop.split(",").map(Number), epsilon: Number(root.dataset.epsilon),
    shown: Object.fromEntries(
      all("output").map((e) => [e.dataset.name, [e.dataset.value, e.value]]),
    ),
    drop_at: place("drop"), tip: place("tip"), point: place("point"),
    disc: ["cx", "cy", "r"].map((name) => disc[name].baseVal.value),
  };
}"""


def compare(page):
    """Hold what is shown to the package; returns the reading."""
    found = page.evaluate(READ)
    ours = Leftovers(drop=found["drop"], epsilon=found["epsilon"])
    report = ours.report()
    weak = np.array(found["drop"]) @ leftovers._BEYOND
    truth = np.sqrt(found["epsilon"]) * leftovers._BEYOND[0]
    bound = nonrealizable(weak, 0 * weak, truth, features=leftovers._CLASS, bias=False)
    wanted = {name: float(getattr(report, name)) for name in ("gain", "misfit", "correction")}
    wanted |= {"epsilon": float(report.epsilon), "room": float(bound.misfit - bound.gain)}
    for name, (value, text) in found["shown"].items():
        np.testing.assert_allclose(float(value), wanted[name], atol=1e-6, err_msg=name)
        assert abs(number(text) - float(value)) <= 0.0005 + 1e-9
    assert found["shown"].keys() == wanted.keys()
    middle, unit, root = np.array([160, 160]), 94, np.sqrt(found["epsilon"])
    seen = (np.array([found["drop_at"], found["tip"]]) - middle) / unit * [1, -1]
    np.testing.assert_allclose(seen, [found["drop"], [root, 0]], atol=1e-6)
    np.testing.assert_allclose(found["disc"], [160 + unit * root, 160, unit * root], atol=1e-4)
    misfit = 1.08 * 1.5**2 * (found["point"][0] - 40) / 268
    gain = 5.2 * (284 - found["point"][1]) / 270 - 0.7
    np.testing.assert_allclose([misfit, gain], [wanted["misfit"], wanted["gain"]], atol=1e-5)
    inside_disc = np.hypot(*(np.array(found["drop"]) - [root, 0])) < root - 1e-9
    assert (wanted["gain"] < -1e-9) == inside_disc
    return found | wanted
