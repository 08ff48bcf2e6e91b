"""The theorem near the projection, the bracket and the law of fresh inputs, by simulation."""

import numpy as np
import pytest

from inside import inside
from w2s_jax import fit_head
from w2s_jax.bounds import (
    finite_sample,
    fresh_gain,
    linear_sample,
    misfit_bracket,
)

CHERNOFF = 2 / (1 - np.log(2))
orthonormal = inside("bounds._span").orthonormal

ATOMS = 4000  # a population that samples repeat: its means are nearly exact for 4 directions


def population(seed, epsilon):
    """Bounded features, a truth at √ε, a teacher that errs most where the leverage is large."""
    rng = np.random.default_rng(seed)
    h = np.column_stack([np.ones(ATOMS), np.clip(rng.normal(size=(ATOMS, 3)), -2.5, 2.5)])
    basis = np.linalg.qr(h)[0]
    leverage = ATOMS * (basis**2).sum(1)
    outside = rng.normal(size=ATOMS)
    outside -= basis @ (basis.T @ outside)
    outside /= np.sqrt((outside**2).mean())
    f = h @ np.array([0.5, 0.2, -0.1, 0.3]) + np.sqrt(epsilon) * outside
    w = f + 0.2 * h[:, 1] + 0.3 * outside + 0.03 * leverage**2 * rng.normal(size=ATOMS)
    return h, w, f, basis


def moved(basis, w, n, draws, rng):
    """Population coordinates of ŝ − s for many samples of n."""
    z = basis * np.sqrt(ATOMS)
    u = w - basis @ (basis.T @ w)
    seen = rng.integers(ATOMS, size=(draws, n))
    gram = np.einsum("rna,rnb->rab", z[seen], z[seen])
    return np.linalg.solve(gram, np.einsum("rna,rn->ra", z[seen], u[seen])[..., None])[..., 0]


@pytest.mark.parametrize("epsilon", [0.0, 0.09])
@pytest.mark.parametrize("n", [800, 3000])
def test_the_theorem_near_the_truth_is_never_violated(epsilon, n):
    draws = 2500
    h, w, f, basis = population(1, epsilon)
    shift = moved(basis, w, n, draws, np.random.default_rng(n))
    settled, nearest = basis @ (basis.T @ w), basis @ (basis.T @ f)
    s = settled[:, None] + np.sqrt(ATOMS) * basis @ shift.T
    bound = linear_sample(w, s[:, 0], f, features=h, bias=False, fitted_on=n)
    assert bound.holds
    far = (shift**2).sum(1)
    assert (far <= float(bound.moved_at_most)).all()
    np.testing.assert_allclose(bound.moved, far[0], rtol=1e-9)
    # The promise, with the moments of each draw: gain and misfit of the student on the population.
    gain = ((w - f) ** 2).mean() - ((s - f[:, None]) ** 2).mean(0)
    misfit = ((s - w[:, None]) ** 2).mean(0)
    promise = misfit - float(bound.misfit) + float(bound.gain)
    assert (gain >= promise).all()
    assert (misfit - far >= float(bound.least_misfit) - misfit.max() + misfit.min()).all()
    np.testing.assert_allclose(bound.mistake, ((settled - nearest) ** 2).mean(), rtol=1e-9)
    exact = 2 * ((w - settled) * (f - nearest)).mean()
    np.testing.assert_allclose(bound.correction, exact, rtol=0.05, atol=1e-9)
    # E‖ŝ − s‖² is E[u²ℓ]/n in leading order: a wrong spread, as m·k, would be off by far.
    leverage = ATOMS * (basis**2).sum(1)
    u = w - settled
    assert (u**2 * leverage).mean() > 1.5 * (u**2).mean() * 4
    typical = (u**2 * leverage).mean() / n
    assert abs(far.mean() / typical - 1) < 0.2
    spare = 0.05 - 4 * np.exp(-n / (CHERNOFF * leverage.max()))
    np.testing.assert_allclose(bound.moved_at_most, 4 * typical / spare, rtol=0.1)


def test_a_sample_s_least_eigenvalue_halves_as_seldom_as_chernoff_says():
    np.testing.assert_allclose(CHERNOFF, 6.52, atol=0.005)
    # One-hot features: the eigenvalues are the shares of the bins, L = k.
    k, rng = 20, np.random.default_rng(0)
    shares = {}
    for n in (400, 800):
        counts = rng.multinomial(n, np.full(k, 1 / k), size=40_000)
        shares[n] = (counts.min(1) <= n / (2 * k)).mean()
        assert shares[n] <= k * np.exp(-n / (CHERNOFF * k))
    # With a third of the constant the claim would be false.
    assert shares[400] > k * np.exp(-400 / (CHERNOFF / 3 * k))


def test_below_its_number_of_inputs_the_theorem_promises_nothing():
    h, w, f, _ = population(1, 0.0)
    s = np.asarray(fit_head(h, w, bias=False)(h))
    few = linear_sample(w, s, f, features=h, bias=False, fitted_on=50)
    assert few.enough > 50
    assert not few.holds
    assert few.moved_at_most == np.inf
    assert few.gain == -np.inf
    assert few.student_error == np.inf
    assert few.least_misfit == 0
    # Even where the best student is right: 0 · ∞ is no number.
    right = linear_sample(s, s, s, features=h, bias=False, fitted_on=50)
    assert right.gain == -np.inf


def test_near_the_truth_it_promises_more_than_theorem_2():
    h, w, f, _ = population(2, 0.0)
    head = fit_head(h, w, bias=False)
    size = {
        "weight_norm": 1.1 * float(np.linalg.norm(head.weights)),
        "feature_norm": float(np.linalg.norm(h, axis=1).max()),
        "label_bound": float(abs(w).max()),
    }
    s = np.asarray(head(h))
    near = linear_sample(w, s, f, features=h, bias=False, fitted_on=3000)
    far = finite_sample(w, s, f, epsilon=0.0, fitted_on=3000, **size)
    cost = near.misfit - near.correction - near.gain
    assert cost < 0.1 * (far.misfit - far.gain)


def test_what_the_theorem_assumes_is_tested_where_it_can_be():
    h, w, f, _ = population(1, 0.0)
    s = np.asarray(fit_head(h, w, bias=False)(h))
    given = {"features": h, "bias": False, "fitted_on": 3000}
    never = ("independent", "fixed", "minimizer", "population")
    assert linear_sample(w, s, f, **given).untested == (*never, "leverage")
    largest = ATOMS * (orthonormal(h, False) ** 2).sum(1).max()
    assert linear_sample(w, s, f, **given, leverage=1.01 * largest).untested == never
    tight = linear_sample(w, s, f, **given, leverage=0.9 * largest)
    assert not tight.assumptions["leverage"].holds
    assert not linear_sample(w, s**2, f, **given).assumptions["linear"].holds
    blind = linear_sample(w, s, **given)
    assert blind.gain is None
    assert blind.student_error is None
    assert blind.least_misfit > 0
    both = linear_sample(*(np.column_stack([v, 2 * v]) for v in (w, s, f)), **given)
    np.testing.assert_allclose(both.gain[1], 4 * both.gain[0])
    np.testing.assert_allclose(both.gain[0], linear_sample(w, s, f, **given).gain)


def test_few_fresh_inputs_do_not_flatter():
    rng = np.random.default_rng(0)
    spread, h, w = [], np.empty((0, 8)), np.empty(0)
    for _ in range(200):  # 12 fresh inputs for 8 directions: refitted residuals are a third
        h, w = rng.normal(size=(12, 8)), rng.normal(size=12)
        bound = linear_sample(w, 0 * w, features=h, bias=False, fitted_on=10**6, leverage=10**4)
        spread.append(float(bound.moved_at_most) * 10**6 / 4 * 0.05)
    assert np.mean(spread) > 8  # E[u²ℓ] is 8
    with pytest.raises(ValueError, match="8 fresh inputs for 8 directions"):
        linear_sample(w[:8], w[:8], features=h[:8], bias=False, fitted_on=100)


@pytest.mark.parametrize("bias", [True, False])
def test_left_out_residuals_are_those_of_students_that_have_not_seen_the_input(bias):
    rng = np.random.default_rng(1)
    h, w = rng.normal(size=(15, 4)) * np.array([1.0, 1e6, 1e-6, 1.0]) + 2, rng.normal(size=15)
    bracket = misfit_bracket(h, w, bias=bias)
    by_hand = []
    for i in range(15):
        head = fit_head(np.delete(h, i, 0), np.delete(w, i), bias=bias)
        by_hand.append((w[i] - float(head(h[i : i + 1])[0])) ** 2)
    np.testing.assert_allclose(bracket.left_out, np.mean(by_hand), rtol=1e-6)
    own = ((np.asarray(fit_head(h, w, bias=bias)(h)) - w) ** 2).mean()
    np.testing.assert_allclose(bracket.own, own, rtol=1e-6)


@pytest.mark.parametrize("n", [8, 30])
def test_the_least_misfit_lies_in_the_bracket_on_average(n):
    # Not Gaussian, not independent of the features: the bracket asks for neither.
    h, w, _, basis = population(3, 0.04)
    m = ((w - basis @ (basis.T @ w)) ** 2).mean()
    rng, ends = np.random.default_rng(n), []
    for _ in range(800):
        seen = rng.integers(ATOMS, size=n)
        bracket = misfit_bracket(h[seen], w[seen], bias=False)
        ends.append((float(bracket.own), float(bracket.left_out)))
    own, left_out = np.array(ends).T
    assert own.mean() < m - 3 * own.std() / len(own) ** 0.5
    assert left_out.mean() > m


def test_an_indispensable_input_leaves_the_bracket_open():
    h = np.column_stack([np.ones(6), [1.0, 0, 0, 0, 0, 0]])  # fires once
    bracket = misfit_bracket(h, np.arange(6.0), bias=False)
    assert bracket.left_out == np.inf
    assert bracket.own > 0
    assert misfit_bracket(h[:2], [1.0, 2.0]).left_out == np.inf
    dropped = misfit_bracket(np.column_stack([h, h]), np.arange(6.0), bias=False)
    np.testing.assert_allclose(dropped.own, bracket.own)


# Few inputs for their directions, where a constant taken for one more feature is off by far.
SIZES = [(9, 3), (12, 4), (25, 12), (60, 20)]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("n", "d"), SIZES)
def test_the_law_of_fresh_inputs_is_exact_on_average(n, d, bias):
    draws, rng = 6000, np.random.default_rng(n)
    x = rng.normal(size=(draws, n, d))
    u = rng.normal(size=(draws, n, 1))  # v = 1; truth and best student are 0
    rows = np.concatenate([np.ones((draws, n, 1)), x], 2) if bias else x
    gram, right = rows.swapaxes(1, 2) @ rows, rows.swapaxes(1, 2) @ u
    weights = np.linalg.solve(gram, right)[..., 0]
    added = (weights**2).sum(1)  # ‖ŝ − s‖²: the features are white
    own = ((u - rows @ weights[..., None]) ** 2).mean(1)[:, 0]
    law = fresh_gain(x[0], u[0, :, 0], bias=bias)
    error = added.std() / draws**0.5
    assert abs(added.mean() - float(law.cost)) < 4 * error
    np.testing.assert_allclose(law.own, own[0])
    np.testing.assert_allclose(law.least_misfit / law.own, 1 / own.mean(), rtol=0.05)
    np.testing.assert_allclose(law.misfit, law.least_misfit * (1 + law.cost))
    np.testing.assert_allclose(law.gain, law.misfit * law.ratio)
    if bias and n < 20:  # the simpler d/(n − d − 2) is refuted
        assert abs(added.mean() - d / (n - d - 2)) > 4 * error


def test_gain_turns_negative_near_two_inputs_a_direction():
    rng, table = np.random.default_rng(0), {}
    for n in (25, 41, 60, 100, 800):
        x, u = rng.normal(size=(n, 20)), rng.normal(size=n)
        table[n] = float(fresh_gain(x, u, bias=False).ratio)
    by_hand = [-0.6667, 0.0, 0.3220, 0.5960, 0.9500]
    np.testing.assert_allclose(list(table.values()), by_hand, atol=5e-4)


def test_the_law_predicts_gain_without_labels_and_is_off_where_the_leftover_is_knowledge():
    rng = np.random.default_rng(5)
    found = {"noise": [], "knowledge": []}
    for _ in range(120):
        x = rng.normal(size=(560, 20))
        f = x @ np.full(20, 0.2)
        leftovers = {"noise": rng.normal(size=560), "knowledge": x[:, 0] ** 2 - 1}
        for name, leftover in leftovers.items():
            w = f + 0.3 * x[:, 1] + leftover
            truth = f if name == "noise" else f + leftover  # out of reach, and the teacher knows
            s = np.asarray(fit_head(x[:60], w[:60])(x[60:]))
            gain = ((w - truth)[60:] ** 2).mean() - ((s - truth[60:]) ** 2).mean()
            found[name].append((float(fresh_gain(x[:60], w[:60]).gain), gain))
    predicted, came = np.mean(found["noise"], 0)
    assert abs(predicted - came) < 0.08
    predicted, came = np.mean(found["knowledge"], 0)
    assert came < 0 < predicted


def test_the_law_counts_directions_not_columns():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(50, 5)), rng.normal(size=50)
    twice = fresh_gain(np.column_stack([x, x @ rng.normal(size=(5, 3)), np.ones(50)]), w)
    np.testing.assert_allclose(twice.cost, fresh_gain(x, w).cost)
    with pytest.raises(ValueError, match="7 inputs for 5 directions and a constant"):
        fresh_gain(x[:7], w[:7])
    assert fresh_gain(x[:8], w[:8]).ratio < 0
    with pytest.raises(ValueError, match="at least 7 inputs"):
        fresh_gain(x[:6], w[:6], bias=False)
