"""The regret certificate of the paper's rule, and what no rule without labels can avoid."""

import numpy as np
import pandas as pd
import pytest

from selection import FULL, few
from w2s_jax.bounds import regret
from w2s_jax.teachers import select


def mean_square(a):
    return (a**2).mean(0)


def problem(rng, n=8, d=3, teachers=5):
    """A linear class, teachers with shared and own faults, a truth out of reach: students exact."""
    basis = np.linalg.qr(rng.normal(size=(n, d)))[0]
    hat = basis @ basis.T
    shared, size = rng.normal(size=(n, 1)) * rng.uniform(0, 2), rng.uniform(0.1, 2, teachers)
    w = shared + size * rng.normal(size=(n, teachers))
    inside, outside = hat @ rng.normal(size=n), rng.normal(size=n)
    # Half of the truths are beyond the class where two leftovers differ: there it costs most.
    left = w - hat @ w
    if rng.random() < 0.5:
        outside = left[:, 0] - left[:, 1]
    outside -= hat @ outside
    f = inside + rng.uniform(0, 1.5) * outside / np.sqrt(mean_square(outside))
    return basis, w, hat @ w, f


def by_hand(w, s, f):
    """Return the paper's choice, its regret and its bound, written again."""
    scores = mean_square(w - f[:, None]) - mean_square(w - s)
    errors = mean_square(s - f[:, None])
    i = int(scores.argmin())
    return i, errors[i] - errors.min()


@pytest.mark.parametrize("draws", few([1_000, 20_000], 1_000))
def test_the_certificate_is_never_violated(draws, capsys):
    rng, largest, without = np.random.default_rng(0), 0.0, 0
    for draw in range(draws):
        basis, w, s, f = problem(rng)
        i, lost = by_hand(w, s, f)
        gap = float(mean_square(f - basis @ (basis.T @ f)))
        left = w - s
        bound = 2 * (gap * mean_square(left - left[:, [i]]).max()) ** 0.5
        if draw % 20 == 0:  # shapes are checked at each call, which takes most of the time
            ours = regret(w, s, chosen=i, epsilon=gap).regret
            np.testing.assert_allclose(ours, bound, rtol=1e-12)
        assert lost <= bound + 1e-12
        largest = max(largest, lost / bound)
        # Half the bound, and one by the differences of misfits' roots, would be false.
        roots = np.sqrt(mean_square(w - s))
        without += int(lost > 2 * gap**0.5 * abs(roots - roots[i]).max() + 1e-12)
    if FULL:
        with capsys.disabled():
            print(f"\n{draws:,} draws, largest regret/bound {largest:.3f}")
    assert largest > 0.5
    assert without > 0


def test_the_certificate_is_attained():
    # Two students in one direction of the class, leftovers and truth along one outside of it.
    one, two = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    outside, apart = 0.3, 1.6  # in units where the mean of two squares is half their sum
    f = outside * two
    first = np.sqrt(2 * apart * outside)  # makes both scores equal
    w = np.column_stack([first * one + apart * two, 0 * one])
    s = np.column_stack([first * one, 0 * one])
    i, lost = by_hand(w, s, f)
    scores = mean_square(w - f[:, None]) - mean_square(w - s)
    np.testing.assert_allclose(scores[0], scores[1])
    found = regret(w, s, f, chosen=0, features=one[:, None], bias=False)
    np.testing.assert_allclose(found.measured, found.regret)
    assert found.holds
    assert i in (0, 1)
    assert lost <= float(found.regret)


def test_over_the_hull_of_the_students_the_worst_truth_is_one_of_them():
    rng = np.random.default_rng(5)
    _, w, s, _ = problem(rng)
    found = select(w, students=s, rule="nearest")
    worst = mean_square(s - s[:, [found.chosen]]).max()
    np.testing.assert_allclose(found.blind, worst)
    truths = s @ rng.dirichlet(np.full(5, 0.3), 2000).T
    errors = mean_square(s[:, :, None] - truths[:, None])
    lost = errors[found.chosen] - errors.min(0)
    assert lost.max() <= worst + 1e-12
    assert lost.max() > 0.7 * worst


def test_faults_that_all_share_cost_nothing():
    rng = np.random.default_rng(1)
    basis, w, s, _ = problem(rng)
    shared = rng.normal(size=(8, 1)) * 100
    shared -= basis @ (basis.T @ shared)
    plain = regret(w, s, chosen=2, epsilon=0.5)
    np.testing.assert_allclose(
        regret(w + shared, s, chosen=2, epsilon=0.5).regret, plain.regret, rtol=1e-9
    )
    assert plain.apart[2] == 0


def test_what_it_assumes_is_tested_where_it_can_be():
    rng = np.random.default_rng(2)
    basis, w, s, f = problem(rng)
    i, lost = by_hand(w, s, f)
    gap = float(mean_square(f - basis @ (basis.T @ f)))
    full = {"features": basis, "bias": False}
    found = regret(w, s, f, chosen=i, **full)
    np.testing.assert_allclose(found.epsilon, gap)
    np.testing.assert_allclose(found.measured, lost, atol=1e-12)
    assert found.holds
    assert found.untested == ()
    assert not regret(w, s, f, chosen=(i + 1) % 5, **full).assumptions["rule"].holds
    assert not regret(w, s + 0.1, f, chosen=i, **full).assumptions["projection"].holds
    assert not regret(w, s, f, chosen=i, epsilon=gap / 2, **full).assumptions["epsilon"].holds
    assert regret(w, s, f, chosen=i, epsilon=2 * gap, **full).holds
    assert regret(w, s, chosen=i, epsilon=gap).untested == ("projection", "rule", "epsilon")
    assert regret(w, s, chosen=i, epsilon=gap, **full).untested == ("rule", "epsilon")


def test_without_labels_any_choice_may_lose_the_distance_of_two_students():
    rng = np.random.default_rng(3)
    _, w, s, _ = problem(rng, teachers=2)
    found = select(w, students=s, rule="nearest")
    between = mean_square(s[:, 0] - s[:, 1])
    np.testing.assert_allclose(found.blind, between)
    costs = []
    for truth in s.T:  # both are in the class, and nothing unlabeled tells them apart
        errors = mean_square(s - truth[:, None])
        costs.append(errors - errors.min())
    np.testing.assert_allclose(np.max(costs, 0), between)  # whichever is chosen
    np.testing.assert_allclose(np.mean(costs, 0), between / 2)  # a coin loses half on average
    far = s[:, 1] + 10 * (s[:, 1] - s[:, 0])  # in a class without bounds there is no worst
    errors = mean_square(s - far[:, None])
    np.testing.assert_allclose(errors[0] - errors[1], 21 * between)


BAD = [
    ({"chosen": 5}, "chosen must be the number of one of 5 teachers, 0 to 4, got 5"),
    ({"chosen": -1}, "got -1"),
    ({"chosen": True}, "got True"),
    ({"chosen": 1.0}, "got 1.0"),
    ({"epsilon": None}, "ε is not known"),
    ({"epsilon": -0.1}, "epsilon must be at least 0, got -0.1"),
    ({"epsilon": [0.1, 0.2]}, "epsilon has shape"),
    ({"students": np.ones((8, 4))}, r"students has shape \(8, 4\) and weak \(8, 5\)"),
    ({"students": np.ones((7, 5))}, "and students has 7"),
    ({"weak": np.full((8, 5), np.nan)}, "weak holds NaN"),
    ({"weak": np.ones(8)}, "weak has shape"),
    ({"features": np.ones((7, 2))}, "and features has 7"),
    ({"truth": np.ones(9)}, "and truth has 9"),
    ({"truth": pd.Series(np.ones(8), range(1, 9)), "weak": pd.DataFrame(np.ones((8, 5)))}, "index"),
]


@pytest.mark.parametrize(("wrong", "words"), BAD)
def test_bad_inputs_are_refused_in_a_sentence(wrong, words):
    _, w, s, _ = problem(np.random.default_rng(4))
    with pytest.raises(ValueError, match=words):
        regret(**{"weak": w, "students": s, "chosen": 0, "epsilon": 0.1} | wrong)
