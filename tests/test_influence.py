"""Influence by leverage, against heads that are fitted again without each input."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2s_jax import evaluate, fit_head
from w2s_jax.report import Influence, influence


def solved(x, y, price, bias):
    """Weights by numpy's least squares on rows for the price, an oracle of its own."""
    columns = np.c_[x, np.ones(len(x))] if bias else x
    priced = np.eye(columns.shape[1])[: x.shape[1]] * np.sqrt(price)
    rows, labels = np.r_[columns, priced], np.r_[y, np.zeros(len(priced))]
    return np.linalg.lstsq(rows, labels, rcond=None)[0]


def predicted(x, weights, bias):
    return (np.c_[x, np.ones(len(x))] if bias else x) @ weights


def refitted(x, y, z, w, f, *, ridge, bias):
    """Gain and misfit without each input less those with all."""
    found = []
    for left_out in [None, *range(len(x))]:
        rest = np.arange(len(x)) != left_out
        s = predicted(z, solved(x[rest], y[rest], len(x) * ridge, bias), bias)
        found.append(((w - f) ** 2 - (s - f) ** 2, (s - w) ** 2))
    means = np.array(found).mean(2)
    return (means[1:] - means[0]).T


def problem(seed, n=30, m=17, d=4):
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(n, d)) + 1, rng.normal(size=(m, d)) + 1
    weights = rng.normal(size=d)
    f = z @ weights + np.sin(z[:, 0])
    return x, x @ weights + rng.normal(size=n) + 3, z, f + rng.normal(size=m) + 3, f


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    ridge=st.sampled_from([0.0, 1e-3, 0.3, 10.0]),
    bias=st.booleans(),
    n=st.sampled_from([6, 30]),
)
def test_it_is_what_fitting_again_without_each_input_gives(seed, ridge, bias, n):
    x, y, z, w, f = problem(seed, n)
    gain, misfit = refitted(x, y, z, w, f, ridge=ridge, bias=bias)
    found = influence(x, y, f, fresh=z, fresh_weak=w, ridge=ridge, bias=bias)
    size = ((w - f) ** 2).mean() + abs(gain).max()
    np.testing.assert_allclose(found.gain, gain, rtol=1e-8, atol=1e-10 * size)
    np.testing.assert_allclose(found.misfit, misfit, rtol=1e-8, atol=1e-10 * size)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("ridge", [0.0, 0.2])
def test_it_agrees_with_the_package_s_own_heads_and_reports(ridge, bias):
    x, y, z, w, f = problem(1)
    found = influence(x, y, f, fresh=z, fresh_weak=w, ridge=ridge, bias=bias)

    def report(rest, price):
        head = fit_head(x[rest], y[rest], ridge=price, bias=bias)
        return head, evaluate(w, head(z), f, test=True)

    _, whole = report(np.full(30, True), ridge)
    for left_out in range(30):
        head, other = report(np.arange(30) != left_out, ridge * 30 / 29)
        np.testing.assert_allclose(found.gain[left_out], other.gain - whole.gain, atol=1e-11)
        np.testing.assert_allclose(found.misfit[left_out], other.misfit - whole.misfit, atol=1e-11)
        missed = y[left_out] - head(x[left_out][None])[0]
        np.testing.assert_allclose(found.residual[left_out], missed, atol=1e-11)


@pytest.mark.parametrize("ridge", [0.0, 0.2])
def test_leverage_is_the_weight_of_the_own_label(ridge):
    x, y, *_ = problem(2)
    found = influence(x, y, ridge=ridge)
    for i in (0, 29):
        more = fit_head(x, y + np.eye(30)[i], ridge=ridge)(x) - fit_head(x, y, ridge=ridge)(x)
        np.testing.assert_allclose(found.leverage[i], more[i], atol=1e-12)
    if not ridge:
        np.testing.assert_allclose(found.leverage.sum(), 5)  # one a direction


def test_on_the_training_inputs_no_misfit_falls_and_truth_is_optional():
    x, y, *_ = problem(3)
    found = influence(x, y)
    assert found.gain is None
    assert (found.misfit >= 0).all()  # of all students the fitted one has the least
    other = influence(x, y, y, fresh=x, fresh_weak=y)
    np.testing.assert_allclose(found.misfit, other.misfit)


def test_where_there_are_more_columns_than_inputs_a_ridge_decides():
    x, y, z, w, f = problem(4, n=12, d=20)
    gain, misfit = refitted(x, y, z, w, f, ridge=0.1, bias=True)
    found = influence(x, y, f, fresh=z, fresh_weak=w, ridge=0.1)
    np.testing.assert_allclose(found.gain, gain, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.misfit, misfit, rtol=1e-8, atol=1e-10)


def test_columns_of_any_size_and_place_keep_their_digits():
    x, y, z, w, f = problem(5)
    plain = influence(x, y, f, fresh=z, fresh_weak=w)
    unit, origin = np.array([1e-6, 1.0, 1e3, 1e6]), np.array([0.0, 1e4, 0.0, -1e8])
    moved = influence(x * unit + origin, y, f, fresh=z * unit + origin, fresh_weak=w)
    np.testing.assert_allclose(moved.gain, plain.gain, rtol=1e-6, atol=1e-8)


def test_lists_frames_and_float32_of_either_library_are_read():
    x, y, *_ = problem(6)
    narrow = x.astype(np.float32)
    want = influence(narrow.astype(float), y, y + 1)
    for features in (narrow, jnp.asarray(narrow), narrow.tolist()):
        for mine, own in zip(influence(features, y.tolist(), y + 1), want, strict=True):
            assert mine.dtype == np.float64
            np.testing.assert_array_equal(mine, own)
    assert isinstance(want, Influence)


def constant(x):
    return np.c_[x, np.full(len(x), 3.0)]


def alone(x):
    return np.c_[x, np.arange(len(x)) == 7]


X, Y, Z, W, F = problem(7)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: influence(np.c_[X, X[:, 0]], Y), "features have rank 4, but width 5: many heads"),
        (lambda: influence(constant(X), Y), "features have rank 4, but width 5"),
        (lambda: influence(X[:4], Y[:4]), "features have rank 3, but width 4"),
        (lambda: influence(alone(X), Y), r"input 7 has leverage 1: without it the others do not"),
        (lambda: influence(X[:5], Y[:5]), r"input 0 has leverage 1 \(5 such inputs\)"),
        (lambda: influence(X, Y, ridge=-1.0), r"ridge must be at least 0, got -1\.0"),
        (lambda: influence(X, Y, ridge=np.nan), "ridge must be at least 0, got nan"),
        (lambda: influence(X[:1], Y[:1], ridge=1.0), "features have one row"),
        (lambda: influence(X, Y[1:]), "features has 30 rows and weak has 29"),
        (lambda: influence(X, Y, F), "weak has 30 rows and truth has 17"),
        (lambda: influence(X, Y, F, fresh=Z), "fresh_weak is missing"),
        (lambda: influence(X, Y, F, fresh_weak=W), "fresh is missing"),
        (lambda: influence(X, Y, F, fresh=Z[:, 1:], fresh_weak=W), "fresh has width 3"),
        (lambda: influence(X, Y, F, fresh=Z, fresh_weak=W[1:]), "fresh has 17 rows and fresh_weak"),
        (lambda: influence(X, Y[:, None]), r"weak has shape \(30, 1\), expected \(n,\)"),
        (lambda: influence(np.where(X > 2, np.nan, X), Y), "features holds NaN at index"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_with_a_ridge_the_refused_ones_are_answered():
    for x in (np.c_[X, X[:, 0]], constant(X), alone(X)):
        gain, _ = refitted(x, Y, x, Y, Y + 1, ridge=0.1, bias=True)
        np.testing.assert_allclose(influence(x, Y, Y + 1, ridge=0.1).gain, gain, atol=1e-10)
