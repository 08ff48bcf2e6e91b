"""Softmax heads within convex sets: other solvers, gaps at any step, and what is refused."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax

from selection import few
from w2s_jax.heads import fit_softmax, fit_softmaxes
from w2s_jax.sets import Ball, Box, HalfSpace, Hull, Intersection, Monotone, Simplex

D, CLASSES = 3, 3
CORNERS = 0.4 * np.random.default_rng(9).normal(size=(7, D * CLASSES))
SETS = {
    "ball": (Ball(0.6), [{"type": "ineq", "fun": lambda v: 0.36 - v @ v}]),
    "box": (
        Box(np.full(9, -0.2), np.full(9, 0.3)),
        [
            {"type": "ineq", "fun": lambda v: v + 0.2},
            {"type": "ineq", "fun": lambda v: 0.3 - v},
        ],
    ),
    "simplex": (
        Simplex(),
        [{"type": "ineq", "fun": lambda v: v}, {"type": "eq", "fun": lambda v: v.sum() - 1}],
    ),
    "ball and half-space": (
        Intersection([Ball(0.6), HalfSpace(np.arange(9.0), -0.5)]),
        [
            {"type": "ineq", "fun": lambda v: 0.36 - v @ v},
            {"type": "ineq", "fun": lambda v: -0.5 - np.arange(9.0) @ v},
        ],
    ),
}


def task(seed, n=80):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, D)) * [1, 3, 0.3] + [0, 4, 0]
    logits = x @ rng.normal(size=(D, CLASSES))
    return x, (logits + rng.gumbel(size=logits.shape)).argmax(1)


def objective(weights, bias, x, labels, ridge):
    weights = np.asarray(weights).reshape(D, CLASSES)
    logs = log_softmax(x @ weights + np.asarray(bias), axis=1)
    return -logs[np.arange(len(x)), labels].mean() + ridge * (weights**2).sum()


def by_scipy(x, labels, constraints, ridge, bias):
    """Return the value that SLSQP finds, of weights and biases in one vector."""
    size = D * CLASSES

    def value(v):
        return objective(v[:size], v[size:] if bias else 0.0, x, labels, ridge)

    inside = [c | {"fun": lambda v, own=c["fun"]: own(v[:size])} for c in constraints]
    start = np.r_[np.full(size, 1 / size), np.zeros(CLASSES * bias)]
    found = minimize(
        value, start, method="SLSQP", constraints=inside, options={"maxiter": 500, "ftol": 1e-13}
    )
    assert found.success
    return found.fun


@pytest.mark.parametrize("name", few(list(SETS), "ball", "box"))
@pytest.mark.parametrize(("ridge", "bias"), [(0.0, True), (0.05, False)])
def test_scipy_finds_the_same(name, ridge, bias):
    onto, constraints = SETS[name]
    for seed in range(3):
        x, labels = task(seed)
        head = fit_softmax(x, labels, ridge=ridge, bias=bias, within=onto)
        value = objective(head.weights, head.bias, x, labels, ridge)
        assert abs(value - by_scipy(x, labels, constraints, ridge, bias)) < 1e-7
        assert bool(onto.contains(np.ravel(head.weights), tol=1e-8))


@pytest.mark.parametrize("ridge", [0.0, 0.05])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("onto", [Ball(3.0), Hull(CORNERS)], ids=["ball", "hull"])
def test_the_gap_bounds_what_is_left_wherever_it_stops(onto, ridge, bias):
    x, labels = task(5)
    best = fit_softmax(x, labels, ridge=ridge, bias=bias, within=onto)
    least = objective(best.weights, best.bias, x, labels, ridge)
    for steps in (1, 2, 3):
        head = fit_softmax(
            x, labels, ridge=ridge, bias=bias, within=onto, max_steps=steps, throw=False
        )
        left = objective(head.weights, head.bias, x, labels, ridge) - least
        assert -1e-10 <= left <= head.gap + 1e-12
        assert head.gap < 100 * left + 1e-6  # a bound that says something


def test_a_set_that_binds_nothing_changes_nothing():
    x, labels = task(1)
    free, held = fit_softmax(x, labels), fit_softmax(x, labels, within=Ball(50.0))
    np.testing.assert_allclose(free(x), held(x), atol=1e-6)
    assert int(held.rank) == D


def test_two_corners_leave_one_number_to_find():
    x, labels = task(2)
    ends = CORNERS[:2]
    head = fit_softmax(x, labels, within=Hull(ends), bias=False)
    shares = np.linspace(0, 1, 20_001)
    logits = np.einsum("nd,kdc->knc", x, ends.reshape(2, D, CLASSES))
    values = [
        -log_softmax((1 - a) * logits[0] + a * logits[1], axis=1)[np.arange(len(x)), labels].mean()
        for a in shares[::100]
    ]
    value = objective(head.weights, 0.0, x, labels, 0.0)
    assert min(values) - 1e-4 < value <= min(values) + 1e-12


def test_many_tasks_and_ridges_are_those_of_one():
    x, labels = task(3)
    ridges = np.array([0.0, 0.1])
    heads = fit_softmaxes(x, np.stack([labels, labels], axis=1), ridge=ridges, within=Ball(0.6))
    for place, ridge in enumerate(ridges):
        one = fit_softmax(x, labels, ridge=ridge, within=Ball(0.6))
        np.testing.assert_array_equal(np.asarray(heads.weights)[:, place], one.weights)
        np.testing.assert_allclose(heads(x)[:, place], one(x), atol=1e-15)


def test_an_unbounded_set_asks_for_a_ridge():
    x, labels = task(4)
    assert bool(fit_softmax(x, labels, ridge=0.01, within=Monotone()).certified)
    with pytest.raises(ValueError, match="or a ridge"):
        fit_softmax(x, labels, within=Monotone())
    assert not bool(fit_softmax(x, labels, within=Monotone(), throw=False).certified)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"within": Box(np.zeros(4), np.ones(4))},
            "within has dimension 4, expected 9: weights of",
        ),
        ({"within": Ball(), "tol": 0.0}, "tol must be above 0"),
        ({"within": Ball(), "max_steps": 0}, "max_steps must be"),
        ({"within": Ball(), "classes": 4, "throw": False}, "never hold class 3"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(options, sentence):
    x, labels = task(0)
    with pytest.raises(ValueError, match=sentence):
        fit_softmax(x, labels, **options)
