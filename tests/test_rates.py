import json

import numpy as np
import pytest

from inside import inside
from w2s_jax import evaluate, fit_heads
from w2s_jax.experiments import __main__ as command
from w2s_jax.records import provenance, recorded_rows

rates = inside("experiments.synthetic._rates")


def slopes(rows):
    return {(r["setting"], r["measure"]): r for r in rows if r["kind"] == "slope"}


def values(rows, setting, measure):
    return {
        r["inputs"]: r["value"]
        for r in rows
        if r["kind"] == "value" and (r["setting"], r["measure"]) == (setting, measure)
    }


@pytest.fixture(scope="module")
def rows():
    config = rates.RatesConfig(inputs=(1600, 6400, 25_600), draws=300, resamples=200)
    return rates.run_rates(config)


def test_slopes_are_those_that_theory_expects(rows):
    found = slopes(rows)
    assert set(found) == {
        ("linear", "rms"),
        ("linear", "mean"),
        ("linear", "distance"),
        ("gap", "rms"),
        ("gap", "mean"),
        ("gap", "distance"),
        ("ball", "rms"),
        ("ball", "distance"),
        ("growing", "rms"),
        ("growing", "distance"),
        ("memory", "distance"),
        ("memory", "student error"),
        ("memory, fixed", "distance"),
        ("memory, fixed", "student error"),
        ("heavy", "median"),
    }
    for row in found.values():
        assert row["low"] <= row["slope"] <= row["high"]
        assert abs(row["slope"] - row["expected"]) < 0.08 + (row["high"] - row["low"])
        assert row["high"] - row["low"] < 0.3
    # −1/4 in the distance or the error, never in the inequality: there the slack does not see it.
    assert max(values(rows, "memory", "shortfall").values()) == 0
    assert found["linear", "rms"]["high"] < -0.4
    assert found["growing", "distance"]["low"] > -0.4


def test_the_sizes_are_those_of_the_expansion(rows):
    for setting, outside in (("linear", False), ("gap", True)):
        h, w, f = rates._population(outside)
        s, best = (h @ (h.T @ each) / len(h) for each in (w, f))
        leverage = (h**2).sum(1)
        spread = 2 * np.sqrt(np.mean((w - s) ** 2 * (s - best) ** 2))
        drift = 2 * np.mean(leverage * (w - s) * (s - best)) - 2 * np.mean(leverage * (w - s) ** 2)
        n = 25_600
        np.testing.assert_allclose(values(rows, setting, "rms")[n], spread / n**0.5, rtol=0.15)
        np.testing.assert_allclose(values(rows, setting, "mean")[n], abs(drift) / n, rtol=0.1)


def test_one_draw_is_what_the_package_s_heads_and_report_say():
    h, w, f = rates._population(True)
    seen = np.random.default_rng(3).integers(len(h), size=500)
    shares = np.bincount(seen, minlength=len(h)) / 500
    gram, right = np.einsum("a,ad,ae->de", shares, h, h), shares @ (h * w[:, None])
    measures = rates._compared(h, w, f, np.linalg.solve(gram, right)[None], h.T @ w / len(h))
    student = fit_heads(h[seen], w[seen, None], bias=False)(h)
    report = evaluate(w, np.asarray(student[:, 0]), f)
    exact = evaluate(w, np.asarray(fit_heads(h, w[:, None], bias=False)(h))[:, 0], f, features=h)
    np.testing.assert_allclose(measures["rms"][0], report.slack + exact.correction, atol=1e-10)
    distance = np.mean((student[:, 0] - h @ (h.T @ w) / len(h)) ** 2)
    np.testing.assert_allclose(measures["distance"][0] ** 2, distance, atol=1e-10)
    short = max(0.0, float(-report.slack - 2 * np.sqrt(report.misfit * exact.epsilon)))
    np.testing.assert_allclose(measures["shortfall"][0], short, atol=1e-10)


def test_heads_in_the_ball_minimise_there():
    h, w, _ = rates._population(False)
    gram, right = rates._moments(200, 5, np.random.default_rng(0), h, w)
    weights = rates._within(gram, right, 1.0)
    np.testing.assert_allclose(np.linalg.norm(weights, axis=1), 1.0, atol=1e-9)
    slope = right - np.einsum("kde,ke->kd", gram, weights)
    along = (slope * weights).sum(1, keepdims=True)
    assert (along > 0).all()
    np.testing.assert_allclose(slope, along * weights, atol=1e-9)
    free = rates._within(gram, right, 100.0)
    np.testing.assert_allclose(free, np.linalg.solve(gram, right[..., None])[..., 0], atol=1e-9)


def test_the_memorising_head_is_the_minimiser():
    n, rng = 400, np.random.default_rng(1)
    w = rng.choice([-1.0, 1.0], n)

    found = rates._moved_by_memory(rates._steep, n, np.array([w.mean()]))[0]

    def loss(a):  # the best ν along the residual, in full
        residual = w - a
        size = np.linalg.norm(residual)
        return np.mean((residual * (1 - rates._steep(a, n) / size)) ** 2)

    grid = np.linspace(0, 1, 100_001)
    best = grid[np.argmin([loss(a) for a in grid])]
    np.testing.assert_allclose(found, best, atol=2e-5)


def test_a_small_run_repeats_the_record():
    config = provenance("rates")["config"]
    old = {
        (r["setting"], r["inputs"], r["measure"]): r
        for r in recorded_rows("rates")
        if r["kind"] == "value"
    }
    again = rates.run_rates(
        rates.RatesConfig(
            settings=("linear", "memory"),
            inputs=tuple(config["inputs"][:2]),
            draws=config["draws"],
            resamples=config["resamples"],
            seed=config["seed"],
        )
    )
    for row in (r for r in again if r["kind"] == "value"):
        known = old[row["setting"], row["inputs"], row["measure"]]
        for name in ("value", "low", "high"):
            np.testing.assert_allclose(row[name], known[name], rtol=1e-6, atol=1e-12)
    assert {r["setting"] for r in recorded_rows("rates")} == set(rates._SETTINGS)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"settings": ("lunar",)}, "settings must be of"),
        ({"settings": ()}, "settings must be of"),
        ({"inputs": (100,)}, "two numbers of inputs"),
        ({"inputs": (10, 100)}, "at least 64"),
        ({"draws": 1}, "at least 2 draws"),
        ({"confidence": 1.0}, r"confidence in \(0, 1\)"),
    ],
)
def test_nonsense_is_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        rates.RatesConfig(**options)


def test_the_command_line_writes_a_record(tmp_path, capsys):
    assert command.main(["rates", "--draws", "20", "--out", str(tmp_path)]) == 0
    kept = json.loads((tmp_path / "rates.json").read_text(encoding="utf-8"))
    assert kept["provenance"]["config"]["draws"] == 20
    assert {row["setting"] for row in kept["rows"]} == set(rates.RatesConfig().settings)
    assert command.main(["rates", "--draws", "0", "--out", str(tmp_path)]) == 2
    assert "draws" in capsys.readouterr().err
