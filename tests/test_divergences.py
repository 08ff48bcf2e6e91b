"""Divergences against scipy, finite differences and what convex duality says of them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import entr, expit, kl_div, logit, logsumexp, rel_entr, softmax

from w2s_jax.divergences import (
    KL,
    BinaryEntropy,
    Bregman,
    BurgEntropy,
    Domain,
    ItakuraSaito,
    Logistic,
    NegativeEntropy,
    Smooth,
    Squared,
    SquaredNorm,
)

SIDES = ("prediction", "label")
QUARTIC = Smooth(lambda p: (p**4).sum() + (p.sum() - 1) ** 2)
DIVERGENCES = {
    "squared": Squared(),
    **{f"kl, {side} first": KL(side) for side in SIDES},
    **{f"positive kl, {side} first": KL(side, total=None) for side in SIDES},
    **{f"itakura-saito, {side} first": ItakuraSaito(side) for side in SIDES},
    **{f"logistic, {side} first": Logistic(side) for side in SIDES},
    **{f"quartic, {side} first": Bregman(QUARTIC, side) for side in SIDES},
}
POTENTIALS = {
    "norm": SquaredNorm(),
    "entropy": NegativeEntropy(),
    "entropy of sum 3": NegativeEntropy(3.0),
    "entropy of any sum": NegativeEntropy(None),
    "burg": BurgEntropy(),
    "binary": BinaryEntropy(),
    "half norm": Smooth(lambda p: (p**2).sum() / 2, dual=lambda y: (y**2).sum() / 2),
}
each_divergence = pytest.mark.parametrize("one", DIVERGENCES.values(), ids=DIVERGENCES)
each_potential = pytest.mark.parametrize("potential", POTENTIALS.values(), ids=POTENTIALS)


def rows(domain: Domain, seed: int, n: int = 40, c: int = 4) -> np.ndarray:
    """Draw within a domain, far apart and close to its edge."""
    rng = np.random.default_rng(seed)
    if domain.total is not None:
        return domain.total * rng.dirichlet(np.full(c, 0.7), size=n)
    if np.isfinite(domain.upper):
        return rng.beta(0.7, 0.7, size=(n, c))
    drawn = rng.normal(size=(n, c))
    return np.exp(2 * drawn) if domain.lower == 0 else drawn


def pair(one: Bregman, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    return rows(one.domain, seed), rows(one.domain, seed + 1)


ORACLES = {
    "squared": lambda s, y: ((s - y) ** 2).sum(1),
    "kl, prediction first": lambda s, y: rel_entr(s, y).sum(1),
    "kl, label first": lambda s, y: rel_entr(y, s).sum(1),
    "positive kl, prediction first": lambda s, y: kl_div(s, y).sum(1),
    "positive kl, label first": lambda s, y: kl_div(y, s).sum(1),
    "itakura-saito, prediction first": lambda s, y: (s / y - np.log(s / y) - 1).sum(1),
    "itakura-saito, label first": lambda s, y: (y / s - np.log(y / s) - 1).sum(1),
    "logistic, prediction first": lambda s, y: (rel_entr(s, y) + rel_entr(1 - s, 1 - y)).sum(1),
    "logistic, label first": lambda s, y: (rel_entr(y, s) + rel_entr(1 - y, 1 - s)).sum(1),
}


@pytest.mark.parametrize("name", ORACLES)
def test_values_are_those_of_other_libraries(name):
    s, y = pair(DIVERGENCES[name])
    found = DIVERGENCES[name](s, y)
    np.testing.assert_allclose(found, ORACLES[name](s, y), rtol=1e-12, atol=1e-14)


@each_divergence
def test_values_are_bregman_s(one):
    s, y = pair(one, 3)
    p, q = (s, y) if one.first == "prediction" else (y, s)
    phi = one.potential
    expected = phi.value(p) - phi.value(q) - (phi.gradient(q) * (p - q)).sum(1)
    np.testing.assert_allclose(one(s, y), expected, rtol=1e-9, atol=1e-11)
    assert (np.asarray(one(s, y)) >= 0).all()
    assert abs(np.asarray(one(s, s))).max() == 0


def unconstrained(one: Bregman) -> Bregman:
    """The same without a sum, which finite differences would leave."""
    return KL(one.first, total=None) if isinstance(one, KL) else one


@each_divergence
def test_gradients_and_hessians_are_finite_differences_of_values(one):
    one = unconstrained(one)
    s, y = pair(one, 5)
    s = 0.05 + 0.9 * s if np.isfinite(one.domain.upper) else s + 0.05 * (one.domain.lower == 0)
    step = 1e-5 * np.eye(s.shape[1]) * abs(s).clip(1e-3)[:, None]
    up, down = s[:, None] + step, s[:, None] - step
    width = 2 * step.max(2)
    slope = (one(up, y[:, None]) - one(down, y[:, None])) / width
    size = abs(slope).max() * 1e-3
    np.testing.assert_allclose(one.gradient(s, y), slope, rtol=1e-5, atol=1e-5 * size)
    bend = (one.gradient(up, y[:, None]) - one.gradient(down, y[:, None])) / width[..., None]
    bend = np.asarray(bend)
    found = np.asarray(one.hessian(s, y))
    np.testing.assert_allclose(found, bend, rtol=1e-5, atol=1e-7 * abs(bend).max())
    if one.convex:
        assert np.linalg.eigvalsh(found).min() > -1e-12 * abs(found).max()


def test_only_itakura_and_saito_s_with_the_label_first_and_unknown_ones_may_not_be_convex():
    assert {name for name, one in DIVERGENCES.items() if not one.convex} == {
        "itakura-saito, label first",
        "quartic, label first",
    }
    far = ItakuraSaito("label").hessian([[9.0]], [[1.0]])
    assert far.item() < 0


@each_potential
def test_potentials_have_their_slopes(potential):
    p = 0.05 + 0.9 * rows(Domain(0.0, 1.0), 2)
    free = NegativeEntropy(None) if isinstance(potential, NegativeEntropy) else potential
    step = 1e-6 * np.eye(p.shape[1])[None]
    up, down = p[:, None] + step, p[:, None] - step
    slope = (np.asarray(free.value(up)) - free.value(down)) / 2e-6
    np.testing.assert_allclose(free.gradient(p), slope, rtol=1e-6, atol=1e-8)
    bend = (np.asarray(free.gradient(up)) - free.gradient(down)) / 2e-6
    np.testing.assert_allclose(free.hessian(p), bend, rtol=1e-6, atol=1e-6)


@each_potential
def test_potential_and_conjugate_meet_at_the_gradient(potential):
    p = rows(potential.domain, 7)
    dual = np.asarray(potential.gradient(p))
    both = potential.value(p) + potential.conjugate(dual)
    np.testing.assert_allclose(both, (p * dual).sum(1), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(potential.conjugate_gradient(dual), p, rtol=1e-10)


@each_potential
def test_a_conjugate_is_never_below_what_it_is_the_greatest_of(potential):
    p, others = rows(potential.domain, 8), rows(potential.domain, 9)
    dual = np.asarray(potential.gradient(others))
    assert (potential.value(p) + potential.conjugate(dual) >= (p * dual).sum(1) - 1e-12).all()


def test_conjugates_are_those_of_scipy():
    y = 3 * np.random.default_rng(0).normal(size=(9, 4))
    y[0, 1] = -np.inf
    entropy, yes = NegativeEntropy(), BinaryEntropy()
    np.testing.assert_allclose(entropy.conjugate(y), logsumexp(y, axis=1), rtol=1e-14)
    np.testing.assert_allclose(entropy.conjugate_gradient(y), softmax(y, axis=1), rtol=1e-14)
    np.testing.assert_allclose(yes.conjugate(y), np.logaddexp(0, y).sum(1), rtol=1e-14)
    np.testing.assert_allclose(yes.conjugate_gradient(y), expit(y), rtol=1e-14)
    p = rows(entropy.domain, 1)
    np.testing.assert_allclose(entropy.value(p), -entr(p).sum(1), rtol=1e-13)
    np.testing.assert_allclose(yes.gradient(p), logit(p), rtol=1e-12, atol=1e-14)
    assert np.isinf(BurgEntropy().conjugate([0.5, -1.0]))
    with pytest.raises(ValueError, match="no formula for its conjugate"):
        QUARTIC.conjugate([1.0, 2.0])


@each_divergence
def test_three_points(one):
    """D(t, w) = D(t, s) + D(s, w) + ⟨∇φ(w) − ∇φ(s), s − t⟩, whichever stands first."""
    t, s, w = (rows(one.domain, seed) for seed in (11, 12, 13))
    phi = one.potential

    def D(p, q):
        return one(p, q) if one.first == "prediction" else one(q, p)

    turn = ((phi.gradient(w) - phi.gradient(s)) * (s - t)).sum(1)
    total = np.asarray(D(t, s) + D(s, w) + turn)
    np.testing.assert_allclose(D(t, w), total, rtol=1e-10, atol=1e-10 * abs(total).max())


def test_limits_at_zero_are_exact():
    p, q = np.array([0.5, 0.5, 0.0, 0.0]), np.array([0.5, 0.0, 0.5, 0.0])
    inf = np.inf
    first, second = KL("prediction", total=None), KL("label", total=None)
    np.testing.assert_equal(np.asarray(first(p[:, None], q[:, None])), [0, inf, 0.5, 0])
    np.testing.assert_equal(np.asarray(second(p[:, None], q[:, None])), [0, 0.5, inf, 0])
    np.testing.assert_equal(np.asarray(first.gradient(p, q)), [0, inf, -inf, 0])
    np.testing.assert_equal(np.asarray(second.gradient(p, q)), [0, 1, -inf, 1])
    np.testing.assert_equal(np.diag(first.hessian(p, q)), [2, 2, inf, inf])
    np.testing.assert_equal(np.diag(second.hessian(p, q)), [2, 0, inf, 0])
    assert np.asarray(first.hessian(p, q))[0, 2] == 0
    spectra = ItakuraSaito()(p[:, None], q[:, None])
    np.testing.assert_equal(np.asarray(spectra), [0, inf, inf, 0])
    sure, doubt = np.array([0.0, 1.0, 1.0, 0.5]), np.array([0.0, 1.0, 0.0, 1.0])
    yes = Logistic()(sure[:, None], doubt[:, None])
    np.testing.assert_equal(np.asarray(yes), [0, 0, inf, inf])
    np.testing.assert_equal(np.asarray(Logistic("label").gradient(doubt, sure)), [1, -1, -inf, inf])
    assert KL("label")([[0.25, 0.75]], [[0.0, 1.0]]).item() == -np.log(0.75)


@each_divergence
def test_a_tiny_divergence_keeps_its_digits(one):
    """Of points 1e-9 apart, where φ(p) − φ(q) has none left."""
    y = rows(one.domain, 20, c=2)
    apart = 1e-9 * np.minimum(abs(y), abs(1 - y) if np.isfinite(one.domain.upper) else np.inf)
    apart = apart.min(1, keepdims=True) * [1, -1]
    s = y + apart
    if isinstance(one.potential, Smooth):
        return  # JAX's derivatives of a function know no more than the function
    half = np.einsum("ni,nij,nj->n", s - y, one.hessian(y, y), s - y) / 2
    np.testing.assert_allclose(one(s, y), half, rtol=1e-7)


@each_divergence
def test_jax_agrees_with_numpy_and_differentiates(one):
    s, y = (rows[:6] for rows in pair(one, 30))
    free = not isinstance(one, KL) or one.domain.total is None  # no step leaves the sum

    @jax.jit
    def traced(s, y):
        slope = jax.grad(lambda s: one(s, y).sum())(s)
        bend = jax.vmap(jax.hessian(one))(s, y) if free else one.hessian(s, y)
        return one(s, y), slope, one.gradient(s, y), one.hessian(s, y), bend

    value, slope, gradient, hessian, bend = traced(s, y)
    np.testing.assert_allclose(value, one(s, y), rtol=1e-11, atol=1e-14)
    for found in (slope, gradient):
        np.testing.assert_allclose(found, one.gradient(s, y), rtol=1e-9, atol=1e-11)
    for found in (hessian, bend):
        np.testing.assert_allclose(found, one.hessian(s, y), rtol=1e-8, atol=1e-9)


def test_derivatives_in_the_label_are_those_of_the_other_side():
    s, y = pair(KL(), 31)
    in_label = jax.grad(lambda y: KL("prediction")(s, y).sum())(y)
    np.testing.assert_allclose(in_label, KL("label").gradient(y, s), rtol=1e-10)


def test_jax_s_derivatives_have_the_limits_at_zero_too():
    s, y = np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0.5])
    for side in SIDES:
        slope = jax.grad(KL(side))(s, y)
        np.testing.assert_equal(np.asarray(slope), np.asarray(KL(side).gradient(s, y)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([[0.5, 0.5], [0.5, 0.4]], "weak must hold probabilities that sum to 1, but row 1 sums"),
        ([0.5, 0.4], "but it sums to 0.9: divide each row by its sum"),
        ([[1.25, -0.25]], r"weak holds -0.25 at index \(0, 1\), expected numbers of at least 0"),
        ([[np.nan, 1.0]], "weak holds NaN at index"),
        (1.0, "weak is one number"),
        ([["a", "b"]], "weak holds text"),
    ],
)
def test_what_is_no_probability_is_refused(value, words):
    with pytest.raises(ValueError, match=words):
        KL().domain.read("weak", value)


def test_sentences_name_the_argument():
    half, many = np.array([0.5, 0.5]), np.array([0.5, 0.6])
    with pytest.raises(ValueError, match="prediction must hold"):
        KL()(many, half)
    with pytest.raises(ValueError, match="label must hold"):
        KL().gradient(half, many)
    with pytest.raises(ValueError, match=r"label holds 1\.5 at index"):
        Logistic()(half, [0.5, 1.5])
    with pytest.raises(ValueError, match="expected numbers from 0 to 1"):
        Logistic()([-1.0], [0.5])
    with pytest.raises(ValueError, match="point holds -1"):
        BurgEntropy().value([-1.0])
    with pytest.raises(ValueError, match="class numbers become rows"):
        Squared()(np.ones((3, 2)), np.ones(3))
    with pytest.raises(ValueError, match='first must be "prediction" or "label"'):
        KL("student")
    with pytest.raises(ValueError, match="total must be above 0"):
        KL(total=-1.0)
    with pytest.raises(ValueError, match="potential must be"):
        Bregman("entropy")


def test_what_is_traced_is_refused_when_it_runs():
    with pytest.raises(eqx.EquinoxRuntimeError, match="prediction holds a number outside"):
        jax.block_until_ready(eqx.filter_jit(KL())(jnp.array([0.5, 0.6]), jnp.array([0.5, 0.5])))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, jnp.bfloat16])
def test_few_digits_are_enough_to_sum_to_one(dtype):
    s, y = pair(KL(), 40)
    less, label = s.astype(dtype), y.astype(dtype)
    found = KL()(less, label)
    assert found.dtype == np.float32
    coarse = float(jnp.finfo(dtype).eps)
    np.testing.assert_allclose(found, KL()(s, y), rtol=20 * coarse, atol=20 * coarse)
    stored = less.astype(np.float64)  # a half in a wider format is still a half
    np.testing.assert_allclose(KL()(stored, y), KL()(s, y), rtol=20 * coarse, atol=20 * coarse)


def test_digits_excuse_no_wrong_sum():
    s, _ = pair(KL(), 41)
    with pytest.raises(ValueError, match=r"but row 0 sums to 0\.999"):
        KL()(0.999 * s, s)
    with pytest.raises(ValueError, match=r"but row 0 sums to 0\.89"):
        KL()((0.9 * s).astype(np.float16), s)
    printed = np.round(s, 7)  # seven digits in a file
    assert np.isfinite(np.asarray(KL()(s, printed + 1e-7))).all()


def test_domains_say_what_they_contain():
    inside = NegativeEntropy(3.0).domain.contains([[1.0, 2.0], [1.0, 1.0], [4.0, -1.0]])
    assert np.asarray(inside).tolist() == [True, False, False]
    assert np.asarray(SquaredNorm().domain.contains([[1.0, np.inf]])).tolist() == [False]
    assert jax.vmap(KL().domain.contains)(jnp.eye(2)).all()


def test_divergences_are_frozen_and_travel_through_jax():
    one = KL("label")
    with pytest.raises(AttributeError):
        one.first = "prediction"  # pyright: ignore[reportAttributeAccessIssue]
    assert jax.tree.leaves(one) == []
    s, y = pair(one)
    np.testing.assert_allclose(eqx.filter_jit(lambda d: d(s, y))(one), one(s, y), rtol=1e-11)
