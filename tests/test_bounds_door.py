"""Whatever a bound cannot read is refused in one sentence that names the argument."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from w2s_jax import sets
from w2s_jax.bounds import (
    finite_sample,
    fresh_gain,
    gain_interval,
    linear_sample,
    misfit_bracket,
    nonrealizable,
    pythagorean,
)

rng = np.random.default_rng(0)
X, W, S, F = rng.normal(size=(9, 2)), *rng.normal(size=(3, 9)) / 2
SIZES = {"fitted_on": 100, "weight_norm": 9.0, "feature_norm": 9.0, "label_bound": 9.0}

GOOD = {
    pythagorean: {"weak": W, "student": S, "truth": F, "features": X},
    nonrealizable: {"weak": W, "student": S, "truth": F, "features": X, "epsilon": 9.0},
    finite_sample: {"weak": W, "student": S, "truth": F, "features": X, "epsilon": 9.0} | SIZES,
    linear_sample: {"weak": W, "student": S, "truth": F, "features": X, "fitted_on": 100},
    gain_interval: {"weak": W, "student": S, "features": X, "within": sets.Ball(1.0)},
    misfit_bracket: {"features": X, "weak": W},
    fresh_gain: {"features": X, "weak": W},
}

NAN, INFINITE, TEXT = W.copy(), W.copy(), W.astype(object)
NAN[3], INFINITE[3], TEXT[3] = np.nan, np.inf, "half"
SHIFTED = pd.Series(W, index=range(1, 10))

# What is wrong with an argument wherever it occurs, and what the sentence says.
BAD = {
    "weak": [
        (NAN, "NaN at index"),
        (INFINITE, "infinity"),
        (TEXT, "half"),
        (["a"] * 9, "text"),
        (None, "weak"),
        (W + 1j, "complex"),
        (W[:0], "at least one row"),
        (W[None], "reshape"),
        (W[:8], "rows"),
        (np.ma.masked_greater(W, 0), "masked"),
        ({"weak": W}, "dict"),
        (W.reshape(3, 3, 1), "shape"),
    ],
    "student": [
        (NAN, "NaN"),
        (None, "student"),
        (S[:, None], "student has shape"),
        (S[1:], "student has 8"),
    ],
    "truth": [
        (NAN, "NaN"),
        (np.stack([F, F], 1), "truth has shape"),
        (F[2:], "truth has 7"),
    ],
    "features": [
        (X[:, 0], "reshape"),
        (X[:8], "8"),
        (X * np.nan, "NaN"),
        (X.astype(str), "text"),
        (np.stack([X] * 3), "features has shape (3, 9, 2)"),
        (pd.DataFrame({"a": X[:, 0], "b": ["x"] * 9}), "b"),
    ],
    "epsilon": [
        (-0.1, "at least 0"),
        (np.ones(3), "one a task"),
        (np.ones((9, 1)), "epsilon"),
        ("small", "str"),
    ],
    "within": [(1.0, "float"), (sets.Ball, "Ball"), ([0.0, 1.0], "list")],
    "fitted_on": [
        (0, "positive"),
        (2.5, "whole number"),
        (np.inf, "positive and finite"),
        ([10, 20], "a number"),
        (None, "fitted_on"),
    ],
    "weight_norm": [(0.0, "positive"), (np.nan, "positive"), ("1", "str")],
    "feature_norm": [(-1.0, "positive"), (np.inf, "finite")],
    "label_bound": [(0, "positive"), ([1.0], "a number")],
    "leverage": [(0.0, "positive"), (np.inf, "finite")],
    "delta": [(0.0, "(0, 1)"), (1.0, "(0, 1)"), (np.nan, "(0, 1)"), (None, "delta")],
}
TAKES = {
    "epsilon": {nonrealizable, finite_sample, gain_interval},
    "within": {pythagorean, nonrealizable, finite_sample, gain_interval},
    "leverage": {linear_sample},
    "delta": {finite_sample, linear_sample},
}
CASES = [
    pytest.param(bound, name, value, words, id=f"{bound.__name__}-{name}-{number}")
    for name, wrongs in BAD.items()
    for number, (value, words) in enumerate(wrongs)
    for bound in GOOD
    if name in GOOD[bound] or bound in TAKES.get(name, ())
]


@pytest.mark.parametrize(("bound", "name", "value", "words"), CASES)
def test_bad_inputs_are_refused_in_a_sentence(bound, name, value, words):
    with pytest.raises(ValueError) as raised:  # noqa: PT011 the words are looked at below
        bound(**GOOD[bound] | {name: value})
    sentence = str(raised.value)
    assert name in sentence
    assert words in sentence
    assert len(sentence) <= 300
    assert "\n" not in sentence


def test_indexes_must_agree():
    for bound, given in GOOD.items():
        other = "student" if "student" in given else "features"
        frame = pd.Series(S) if other == "student" else pd.DataFrame(X)
        with pytest.raises(ValueError, match="indexes of"):
            bound(**given | {"weak": SHIFTED, other: frame})


def leaves(result):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(result) if hasattr(leaf, "shape")]


@pytest.mark.parametrize(
    "convert",
    [
        np.ndarray.tolist,
        jnp.asarray,
        lambda a: a.astype(">f8"),
        lambda a: a[::-1].copy()[::-1],
        lambda a: pd.Series(a) if a.ndim == 1 else pd.DataFrame(a),
    ],
)
@pytest.mark.parametrize("bound", GOOD)
def test_what_holds_the_same_numbers_gives_the_same_bounds(bound, convert):
    given = GOOD[bound]
    asked = {k: convert(v) if isinstance(v, np.ndarray) else v for k, v in given.items()}
    for ours, theirs in zip(leaves(bound(**given)), leaves(bound(**asked)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("bound", [linear_sample, misfit_bracket, fresh_gain])
def test_what_needs_a_rank_is_not_traced(bound):
    given = {k: v for k, v in GOOD[bound].items() if k != "weak"}
    with pytest.raises(ValueError, match="weak is traced"):
        jax.jit(lambda weak: bound(weak=weak, **given).untested)(W)
