import dataclasses
from functools import cache

import numpy as np
import pytest

from w2s_jax import checks, evaluate, fit_head, fit_heads, sets

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3))
NOISE = RNG.normal(size=50)
INSIDE = X @ np.array([1.0, -2.0, 0.5]) + 4.0
WEAK = INSIDE + RNG.normal(size=50)


def student_of(weak, x=X, ridge=0.0):
    return np.asarray(fit_heads(x, weak[:, None], ridge=ridge)(x)[:, 0])


@cache
def projected():
    return student_of(WEAK)


@cache
def confined():
    return np.asarray(fit_head(X, WEAK, within=BALL)(X))


OUTSIDE = INSIDE + 0.5 * NOISE
BALL = sets.Ball(radius=1.0)
INSIDE_BALL = X @ np.array([0.3, -0.5, 0.1]) + 4.0
HOLDS = {
    "digits": {"truth": INSIDE},
    "inputs": {"features": X},
    "projection": {"features": X},
    "variational": {"features": X},
    "realizable": {"truth": INSIDE, "features": X},
    "identity": {"truth": OUTSIDE, "features": X},
    "inequality": {"truth": INSIDE, "features": X},
    "certificate": {"truth": INSIDE, "features": X},
    "ceiling": {"truth": INSIDE, "ceiling": 0.01},
}
MANY = RNG.normal(size=(50, 60))


@cache
def breaks():
    shrunk = {"student": student_of(WEAK, ridge=0.1)}
    coarse = {name: np.float32(1e9 + y) for name, y in (("weak", WEAK), ("student", projected()))}
    return {
        "digits": coarse | {"truth": INSIDE + 1e9},
        "inputs": {"features": MANY},
        "projection": shrunk | {"features": X},
        "variational": shrunk | {"features": X},
        "realizable": {"truth": OUTSIDE, "features": X},
        "identity": shrunk | {"truth": OUTSIDE, "features": X},
        "inequality": {"truth": WEAK + 0.1},
        "certificate": {"truth": WEAK + 0.1},
        "ceiling": {"truth": INSIDE, "ceiling": 0.99 * np.mean((WEAK - INSIDE) ** 2)},
    }


def check(name, given):
    return evaluate(**({"weak": WEAK, "student": projected()} | given)).checks[name]


def test_every_check_has_both_cases():
    assert set(HOLDS) == set(breaks()) == set(checks._RULES)


@pytest.mark.parametrize("name", checks._RULES)
def test_a_check_holds_where_it_should(name):
    found = check(name, HOLDS[name])
    assert found.holds
    assert found.value <= found.limit
    assert found.sentence == checks._RULES[name].good


@pytest.mark.parametrize("name", checks._RULES)
def test_a_check_fails_where_it_should(name):
    found = check(name, breaks()[name])
    assert not found.holds
    assert found.value > found.limit
    assert found.sentence == checks._RULES[name].bad


@pytest.mark.parametrize("name", sorted(set(checks._RULES) - {"digits"}))  # one array, one dtype
def test_one_bad_task_is_enough(name):
    good = {"weak": WEAK, "student": projected()} | HOLDS[name]
    bad = {"weak": WEAK, "student": projected()} | breaks()[name]
    both = {}
    for key in good:
        if key == "features" and name in ("inequality", "certificate"):
            continue  # with features the assumption that fails would speak in their place
        parts = [np.asarray(given[key]) for given in (good, bad, good)]
        if key == "features":
            both[key] = parts[1] if name == "inputs" else X
        else:
            both[key] = np.stack(parts, axis=-1)
    found = evaluate(**both).checks[name]
    assert not found.holds
    np.testing.assert_allclose(found.value, check(name, breaks()[name]).value, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("projection", {"student": lambda: projected() + 1e-6 * NOISE, "features": X}),
        (
            "variational",
            {"student": lambda: projected() + 1e-4 * (INSIDE - projected()), "features": X},
        ),
        ("realizable", {"truth": INSIDE + 1e-6 * NOISE, "features": X}),
        (
            "identity",
            {"student": lambda: projected() + 1e-4 * NOISE, "truth": OUTSIDE, "features": X},
        ),
        ("inequality", {"truth": INSIDE, "student": lambda: projected() - 1e-4 * (WEAK - INSIDE)}),
    ],
)
def test_small_departures_are_seen(name, given):
    made = {key: value() if callable(value) else value for key, value in given.items()}
    assert not check(name, made).holds


@pytest.mark.parametrize(("inputs", "holds"), [(4, False), (5, True)])
def test_as_many_inputs_as_directions_are_too_few(inputs, holds):
    """Three features and a bias: four directions reproduce any four labels."""
    x, weak = X[:inputs], WEAK[:inputs]
    found = evaluate(weak, student_of(weak, x), features=x).checks["inputs"]
    assert found.holds is holds
    assert found.value == 5 / inputs


def test_without_a_bias_there_is_one_direction_less():
    x, weak = X[:4], WEAK[:4]
    student = np.asarray(fit_heads(x, weak[:, None], bias=False)(x)[:, 0])
    found = evaluate(weak, student, features=x, bias=False).checks
    assert found["inputs"].holds
    assert found["projection"].holds
    assert not evaluate(weak, student, features=x).checks["projection"].holds


def test_a_student_of_other_inputs_is_no_projection():
    head = fit_heads(X[:25], WEAK[:25, None])
    found = evaluate(WEAK, np.asarray(head(X)[:, 0]), features=X).checks["projection"]
    assert not found.holds


def test_a_perfect_imitation_has_nothing_to_divide_by():
    """All errors are 0: ratios are 0, not NaN, and no check is broken by it."""
    zero = np.zeros(50)
    found = evaluate(zero, zero, zero, features=X).checks
    assert set(found) == set(HOLDS) - {"ceiling"}
    assert all(check.holds for check in found.values())
    assert all(found[name].value <= found[name].limit for name in found)
    assert not evaluate(zero, zero, zero, ceiling=0.1).checks["ceiling"].holds


def test_the_class_is_that_of_the_confined_heads():
    r = evaluate(WEAK, confined(), INSIDE_BALL, features=X, within=BALL)
    assert all(found.holds for found in r.checks.values())
    assert r.slack > 0.01
    np.testing.assert_allclose(r.correction, -r.slack, rtol=1e-6)
    outside = evaluate(WEAK, confined(), INSIDE, features=X, within=BALL)
    assert not outside.checks["realizable"].holds
    assert outside.checks["identity"].holds


@pytest.mark.parametrize(
    "student",
    [
        projected,
        lambda: 0.9 * confined(),
        lambda: confined() + 1e-3 * (INSIDE_BALL - confined()),
    ],
    ids=["unconfined", "shrunk", "off"],
)
def test_a_head_that_is_not_the_confined_projection_is_noticed(student):
    found = evaluate(WEAK, student(), features=X, within=BALL).checks
    assert not found["projection"].holds


def test_the_variational_inequality_sees_a_better_competitor():
    short = evaluate(WEAK, 0.9 * confined(), features=X, within=BALL).checks["variational"]
    exact = evaluate(WEAK, confined(), features=X, within=BALL).checks["variational"]
    assert exact.holds
    assert not short.holds
    beyond = evaluate(WEAK, projected(), features=X, within=BALL).checks["variational"]
    assert beyond.holds, "nearer than the class allows: only `projection` tells"


def test_checks_appear_only_with_what_they_need():
    alone = {"digits", "certificate"}
    assert set(evaluate(WEAK, projected()).checks) == alone
    assert set(evaluate(WEAK, projected(), INSIDE).checks) == alone | {"inequality"}
    with_features = evaluate(WEAK, projected(), INSIDE, features=X).checks
    assert set(with_features) == set(checks._RULES) - {"ceiling"}


def test_a_check_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        check("inputs", HOLDS["inputs"]).holds = False  # pyright: ignore[reportAttributeAccessIssue]
