"""Guess and correct, by all draws of a small problem: what the theorem says, exactly."""

import itertools

import numpy as np
import pytest

from w2s_jax.audit import Gains

N, M = 6, 4
rng = np.random.default_rng(3)
WEAK, STUDENT, TRUTH, X = rng.normal(size=(4, N))
FIXED = rng.normal(size=N)  # a guess made before any label


def z(f, rows=slice(None)):
    return (WEAK - STUDENT)[rows] * ((WEAK + STUDENT)[rows] - 2 * np.asarray(f))


def draws():
    """Every division of the inputs into two folds of two labels and the rest."""
    for first in itertools.combinations(range(N), M // 2):
        others = [i for i in range(N) if i not in first]
        for second in itertools.combinations(others, M // 2):
            yield np.array(first), np.array(second)


def learned(rows):
    """A guess from labels: a line through the origin."""
    return X * (X[rows] @ TRUTH[rows]) / (X[rows] @ X[rows])


def estimate(rows, own, every):
    mean = Gains(z(TRUTH[rows], rows), z(own, rows), z(every), rows).powered()
    assert mean is not None
    return mean.value


@pytest.mark.parametrize(
    "guess",
    [STUDENT, (WEAK + STUDENT) / 2, WEAK, TRUTH, FIXED],
    ids=["student", "middle", "teacher", "truth", "other"],
)
def test_any_guess_made_before_is_right_on_average(guess):
    found = [estimate(np.r_[pair], guess[np.r_[pair]], guess) for pair in draws()]
    assert np.mean(found) == pytest.approx(z(TRUTH).mean(), abs=1e-12)


def test_the_special_cases():
    rows = np.array([0, 2, 3, 5])
    misfit = ((WEAK - STUDENT) ** 2).mean()
    slack = (z(TRUTH) - (WEAK - STUDENT) ** 2)[rows].mean()
    assert estimate(rows, STUDENT[rows], STUDENT) == pytest.approx(misfit + slack, abs=1e-12)
    middle = (WEAK + STUDENT) / 2
    assert estimate(rows, middle[rows], middle) == pytest.approx(z(TRUTH)[rows].mean(), abs=1e-12)
    assert estimate(rows, TRUTH[rows], TRUTH) == pytest.approx(z(TRUTH).mean(), abs=1e-12)


def test_a_guess_may_learn_from_other_labels_and_not_from_its_own():
    crossed, own = [], []
    for first, second in draws():
        rows = np.r_[first, second]
        a, b = learned(second), learned(first)  # each fold's is made from the other's labels
        crossed.append(estimate(rows, np.r_[a[first], b[second]], (a + b) / 2))
        seen = learned(rows)
        own.append(estimate(rows, seen[rows], seen))
    assert np.mean(crossed) == pytest.approx(z(TRUTH).mean(), abs=1e-12)
    assert abs(np.mean(own) - z(TRUTH).mean()) > 0.01


def test_the_variance_of_independent_inputs():
    """Half-widths of the formula against the scatter of many draws."""
    m, n = 40, 400
    found, variances = [], []
    for k in range(3000):
        own = np.random.default_rng([5, k])
        left, lack = own.normal(size=(2, n)) * [[0.5], [1.0]]
        guess = lack + 0.3 * own.normal(size=n)
        gains, guessed = left * (left - 2 * lack), left * (left - 2 * guess)
        rows = np.arange(m)
        mean = Gains(gains[:m], guessed[:m], guessed, rows).powered()
        assert mean is not None
        share = (n - m) / n
        variances.append((gains - share * guessed).var() / m + share**2 * guessed.var() / (n - m))
        found.append((mean.value, mean.error**2))
    values, errors = np.transpose(found)
    assert values.var() == pytest.approx(np.mean(variances), rel=0.08)
    assert errors.mean() == pytest.approx(np.mean(variances), rel=0.03)
