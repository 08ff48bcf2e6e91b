"""The interval for the gain: never violated, both ends attained, whatever the student."""

import numpy as np
import pytest

from selection import few
from w2s_jax import fit_head, fit_heads, sets
from w2s_jax.bounds import gain_interval, nonrealizable

N, D, TASKS = 12, 3, 25
CORNERS = np.random.default_rng(0).normal(size=(7, D))
AXES = np.array([0.5, 1.0, 2.0])
BOUNDED = {
    "ball": sets.Ball(0.8),
    "box": sets.Box(-0.2, 0.3),
    "simplex": sets.Simplex(),
    "diamond": sets.L1Ball(0.7),
    "ellipsoid": sets.Ellipsoid(np.diag(AXES**2)),
    "hull": sets.Hull(CORNERS),
}


def unit(k):
    return k / np.linalg.norm(k, axis=1, keepdims=True)


# The farthest member in each direction, by hand: a truth there attains an end.
FARTHEST = {
    "ball": lambda k: 0.8 * unit(k),
    "box": lambda k: np.where(k > 0, 0.3, -0.2),
    "simplex": lambda k: np.eye(D)[k.argmax(1)],
    "diamond": lambda k: 0.7 * np.eye(D)[abs(k).argmax(1)] * np.sign(k),
    "ellipsoid": lambda k: AXES * unit(k * AXES),
    "hull": lambda k: CORNERS[(k @ CORNERS.T).argmax(1)],
}


def gain(w, s, f):
    return ((w - f) ** 2).mean(0) - ((s - f) ** 2).mean(0)


def problem(seed, name, bias):
    """Features, teachers of many tasks, exact and inexact students, functions that are neither."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, D)) * rng.choice([0.3, 1.0, 3.0], D)
    w = x @ rng.normal(size=(D, TASKS)) + rng.normal(size=(N, TASKS))
    exact = np.asarray(fit_heads(x, w, within=BOUNDED[name], bias=bias)(x))
    middle = w.mean(0) - exact.mean(0) if bias else 0.0
    strayed = exact + 0.3 * x @ rng.normal(size=(D, TASKS))
    strayed += (w - strayed).mean(0) if bias else 0.0
    assert np.abs(middle).max() < 1e-9
    return rng, x, w, {"exact": exact, "inexact": 0.97 * exact + 0.03 * strayed, "any": strayed}


@pytest.mark.parametrize("rounds", few([2, 17], 2))  # 17 of 25 tasks in 12 classes: 5,100
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", BOUNDED)
def test_no_truth_in_reach_leaves_the_interval_and_some_attain_its_ends(name, bias, rounds):
    within, low_alone, linear = BOUNDED[name], 0, 0
    for seed in range(rounds):
        rng, x, w, students = problem(seed, name, bias)
        inner = x - bias * x.mean(0)
        corners = [FARTHEST[name](rng.normal(size=(TASKS, D))) for _ in range(4)]
        members = [*corners, sum(corners) / 4, FARTHEST[name](x[:1]).repeat(TASKS, 0)]
        for kind, s in students.items():
            found = gain_interval(w, s, features=x, within=within, bias=bias)
            wide = gain_interval(w, s, features=x, within=within, bias=bias, epsilon=0.09)
            low, high, misfit = (np.asarray(a) for a in (found.low, found.high, found.misfit))
            ends = [FARTHEST[name](sign * (w - s).T @ inner) for sign in (1.0, -1.0)]
            gains = []
            for theta in [*members, *ends]:
                f = x @ theta.T + bias * rng.normal(size=TASKS)
                gains.append(gain(w, s, f))
                assert (gains[-1] >= low - 1e-9).all()
                assert (gains[-1] <= high + 1e-9).all()
                # A truth out of reach by √ε, along the leftover, where it costs most, or anywhere.
                for way in (s - w, w - s, rng.normal(size=w.shape)):
                    g = f + 0.3 * way / np.sqrt((way**2).mean(0))
                    assert (gain(w, s, g) >= np.asarray(wide.low) - 1e-9).all()
                    assert (gain(w, s, g) <= np.asarray(wide.high) + 1e-9).all()
            np.testing.assert_allclose(gains[-2], low, atol=1e-9)
            np.testing.assert_allclose(gains[-1], high, atol=1e-9)
            if kind == "exact":
                np.testing.assert_allclose(gain(w, s, s), low, atol=1e-6)
                np.testing.assert_allclose(found.excess, 0, atol=1e-6)
                linear += int((high > misfit + 1e-6).sum())
            else:
                low_alone += int((np.min(gains, 0) < misfit - 1e-6).sum())
    assert low_alone > 0, "the misfit alone is no lower end for students that are not exact"
    assert linear > 0, "the upper end of a linear class is false here"


@pytest.mark.parametrize("name", ["quarter", "polytope"])
def test_supports_that_are_iterated_err_outwards(name):
    rows = np.vstack([np.eye(D), -np.eye(D), np.ones((1, D))])
    within = {
        "quarter": sets.Intersection((sets.Ball(1.0), sets.NonNegative())),
        "polytope": sets.Polytope(rows, np.append(np.full(2 * D, 0.5), 0.6)),
    }[name]
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(N, D)), rng.normal(size=(N, 4)) * 2
    s = np.asarray(fit_heads(x, w, within=within, bias=False)(x))
    found = gain_interval(w, s, features=x, within=within, bias=False)
    assert (np.asarray(found.low) <= np.asarray(found.misfit)).all()
    np.testing.assert_allclose(found.low, found.misfit, atol=1e-4)
    away = (s - w).T @ x
    if name == "quarter":
        theta = unit(np.maximum(away, 0) + 1e-300)
    else:
        grid = np.stack(np.meshgrid(*[[-0.5, 0.1, 0.5, -0.4]] * D), -1).reshape(-1, D)
        grid = grid[grid.sum(1) <= 0.6 + 1e-12]  # its corners are among these
        theta = grid[(away @ grid.T).argmax(1)]
    reached = gain(w, s, x @ theta.T)
    assert (reached <= np.asarray(found.high)).all()
    np.testing.assert_allclose(reached, found.high, atol=1e-4)


def test_the_hull_of_fixed_functions_is_a_simplex_of_weights():
    rng = np.random.default_rng(2)
    experts, w = rng.normal(size=(N, 4)), rng.normal(size=N)
    simplex = sets.Simplex()
    s = np.asarray(fit_head(experts, w, within=simplex, bias=False)(experts))
    found = gain_interval(w, s, features=experts, within=simplex, bias=False)
    gains = [gain(w, s, f) for f in experts.T]  # a convex combination gains between its parts
    np.testing.assert_allclose(found.high, max(gains))
    assert found.low <= min(gains) + 1e-9
    np.testing.assert_allclose(found.low, found.misfit, atol=1e-9)
    same = gain_interval(w, s, features=np.eye(N), within=sets.Hull(experts.T), bias=False)
    np.testing.assert_allclose(same.high, found.high)
    assert found.untested == ("realizable",)


def test_a_gap_widens_both_ends_by_twice_the_root():
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(N, D)), rng.normal(size=(N, 2))
    s = np.asarray(fit_heads(x, w, within=sets.Ball(0.5))(x))
    given = {"features": x, "within": sets.Ball(0.5)}
    narrow = gain_interval(w, s, **given)
    wide = gain_interval(w, s, **given, epsilon=[0.0, 0.25])
    widths = np.array([narrow.low - wide.low, wide.high - narrow.high])
    np.testing.assert_allclose(widths[:, 0], 0)
    np.testing.assert_allclose(widths[:, 1], np.sqrt(float(narrow.misfit[1])))
    assert wide.untested == ("epsilon",)


def test_an_unbounded_class_promises_no_ceiling():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(30, 4)), rng.normal(size=30)
    given = {"features": x, "within": sets.NonNegative()}
    s = np.asarray(fit_head(x, w, within=sets.NonNegative())(x))
    assert gain_interval(w, s, **given).high == np.inf
    # One that a solver left short of the projection has no floor either: a truth may be far away.
    assert gain_interval(w, 0.9 * s + 0.1 * w.mean(), **given).low == -np.inf
    # A free constant is a direction too, unless the residuals balance.
    ball = sets.Ball(0.5)
    assert np.isfinite(gain_interval(w, s - s.mean() + w.mean(), features=x, within=ball).high)
    moved = gain_interval(w, s + 1, features=x, within=ball)
    assert moved.high == np.inf
    assert moved.low == -np.inf
    assert nonrealizable(w, s, features=x, within=sets.NonNegative(), epsilon=0.0).gain >= 0
