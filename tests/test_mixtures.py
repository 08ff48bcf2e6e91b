"""Mixtures of experts against exponential cones, and what certifies them."""

import jax
import numpy as np
import pytest
from scipy.special import softmax

import cones
import oracles
from w2s_jax.divergences import KL, Bregman, ItakuraSaito, Logistic, Smooth, Squared
from w2s_jax.heads import MixtureHead, fit_mixture

KINDS = {
    ("kl", "prediction"): KL("prediction"),
    ("kl", "label"): KL("label"),
    ("itakura-saito", "prediction"): ItakuraSaito(),
    ("logistic", "prediction"): Logistic("prediction"),
    ("logistic", "label"): Logistic("label"),
}


def problem(seed: int, k: int = 5, n: int = 30, c: int = 4):
    """Experts, and a weak model that is none of their mixtures."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6))
    experts = np.stack([softmax(x @ rng.normal(size=(6, c)), axis=1) for _ in range(k)])
    truth = np.einsum("k,knc->nc", rng.dirichlet(np.ones(k)), experts)
    return experts, softmax(np.log(truth) + 0.7 * rng.normal(size=(n, c)), axis=1), truth


def mean(divergence: Bregman, weights, experts, labels) -> float:
    mixed = np.einsum("k,knc->nc", weights, experts)
    return float(np.mean(np.asarray(divergence(mixed / mixed.sum(1, keepdims=True), labels))))


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_weights_are_those_of_exponential_cones(kind):
    experts, labels, _ = problem(1)
    head = fit_mixture(experts, labels, KINDS[kind])
    hull = oracles.hull(labels.size, experts.reshape(len(experts), -1))
    value = cones.nearest(hull, labels.ravel(), *kind).reshape(labels.shape)
    np.testing.assert_allclose(head(experts), value, atol=1e-5)
    mine = np.mean(np.asarray(KINDS[kind](head(experts), labels)))
    theirs = np.mean(np.asarray(KINDS[kind](np.clip(value, 0, 1), labels)))
    assert mine <= theirs + 1e-8
    assert head.certified
    assert 0 <= head.gap <= 1e-10
    assert abs(np.sum(head.weights) - 1) < 1e-12


def test_squared_distance_is_least_squares_on_the_simplex():
    experts, labels, _ = problem(2)
    head = fit_mixture(experts, labels, Squared())
    points = experts.reshape(len(experts), -1)
    value = oracles.project(oracles.hull(labels.size, points), labels.ravel())[0]
    np.testing.assert_allclose(np.ravel(head(experts)), value, atol=1e-7)


@pytest.mark.parametrize("divergence", [KL("prediction"), KL("label")])
def test_no_other_weights_do_better(divergence):
    experts, labels, _ = problem(3)
    head = fit_mixture(experts, labels, divergence)
    least = mean(divergence, np.asarray(head.weights), experts, labels)
    rng = np.random.default_rng(0)
    others = rng.dirichlet(np.full(5, 0.5), size=200)
    near = 0.99 * np.asarray(head.weights) + 0.01 * others
    assert min(mean(divergence, a, experts, labels) for a in (*others, *near)) >= least - head.gap


def test_the_prediction_first_obeys_the_pythagorean_inequality():
    """The class is convex, so that the gain is at least the misfit, in that direction."""
    one = KL("prediction")
    for seed in range(20):
        experts, weak, truth = problem(seed, n=50)
        student = fit_mixture(experts, weak, one)(experts)
        before, after, misfit = (
            float(np.mean(np.asarray(one(a, b))))
            for a, b in ((truth, weak), (truth, student), (student, weak))
        )
        assert before - after >= misfit - 1e-9


def test_equal_experts_are_as_good_as_one():
    experts, labels, _ = problem(4)
    doubled = np.concatenate([experts, experts[:3]])
    for divergence in (KL("prediction"), KL("label")):
        head = fit_mixture(doubled, labels, divergence)
        alone = fit_mixture(experts, labels, divergence)
        np.testing.assert_allclose(head(doubled), alone(experts), atol=1e-6)
        shared = np.asarray(head.weights)[:5] + np.r_[np.asarray(head.weights)[5:], 0, 0]
        np.testing.assert_allclose(shared, alone.weights, atol=1e-6)


def test_one_expert_needs_no_step():
    experts, labels, _ = problem(5, k=1)
    head = fit_mixture(experts, labels)
    assert np.asarray(head.weights).tolist() == [1.0]
    assert head.gap == 0


def test_an_expert_that_is_infinitely_wrong_gets_no_weight():
    experts, labels, _ = problem(6)
    labels[0] = [0.0, 0.3, 0.3, 0.4]
    experts[1:3, 0] = [0.0, 0.5, 0.25, 0.25]
    head = fit_mixture(experts, labels, KL("prediction"))
    assert np.asarray(head.weights)[[0, 3, 4]].tolist() == [0, 0, 0]
    fewer = fit_mixture(experts[1:3], labels, KL("prediction"))
    np.testing.assert_allclose(np.asarray(head.weights)[1:3], fewer.weights)
    with pytest.raises(ValueError, match="every expert has mass where labels holds 0"):
        fit_mixture(problem(6)[0], labels)


def test_experts_with_zeros_are_mixed_to_the_last_digit():
    """Each alone is infinitely wrong with the label first, and their mixture is not."""
    experts, labels, _ = problem(7, k=3)
    experts[0, :, 0], experts[1, :, 1] = 0, 0
    experts /= experts.sum(2, keepdims=True)
    for divergence in (KL("prediction"), KL("label")):
        assert fit_mixture(experts[:2], labels, divergence).certified
        assert fit_mixture(experts, labels, divergence).certified
    experts[:, 3] = [0.0, 0.5, 0.25, 0.25]
    assert fit_mixture(experts, labels, KL("prediction")).certified
    with pytest.raises(ValueError, match=r"at index \(3, 0\), where all experts predict 0"):
        fit_mixture(experts, labels, KL("label"))


def test_class_numbers_are_rows_of_zeros_and_ones():
    experts, labels, _ = problem(8)
    numbers = labels.argmax(1)
    head = fit_mixture(experts, numbers, KL("label"))
    same = fit_mixture(experts, np.eye(4)[numbers], KL("label"))
    np.testing.assert_array_equal(np.asarray(head.weights), np.asarray(same.weights))
    hull = oracles.hull(labels.size, experts.reshape(5, -1))
    value = cones.nearest(hull, np.eye(4)[numbers].ravel(), "kl", "label")
    mine, theirs = (
        -np.log(np.reshape(v, labels.shape)[np.arange(30), numbers]).mean()
        for v in (np.asarray(head(experts)), value)
    )
    assert mine <= theirs + 1e-8


def test_any_convex_divergence_will_do():
    experts, labels, _ = problem(9)
    quartic = Bregman(Smooth(lambda p: (p**4).sum() + (p**2).sum()))
    head = fit_mixture(experts, labels, quartic)
    least = mean(quartic, np.asarray(head.weights), experts, labels)
    rng = np.random.default_rng(1)
    for other in rng.dirichlet(np.ones(5), size=20):
        assert (
            mean(quartic, 0.99 * np.asarray(head.weights) + 0.01 * other, experts, labels) > least
        )


def test_the_gap_is_that_of_the_weights_handed_back_for_float32_experts_too():
    experts, labels, _ = (np.asarray(part, np.float32) for part in problem(10))
    head, E = fit_mixture(experts, labels), experts.astype(float)
    weights = np.asarray(head.weights)
    assert weights.dtype == np.float64
    mixed = np.einsum("k,knc->nc", weights, E)
    slope = np.einsum("knc,nc->k", E, np.log(mixed / labels)) / len(labels)
    assert slope @ weights - slope.min() <= 10 * float(head.gap) + 1e-14
    np.testing.assert_allclose(weights, fit_mixture(E, labels).weights, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": np.full((30, 3), 1 / 3)}, "expected"),
        ({"labels": np.full(30, 4)}, "labels holds class number 4 at index .0,., but classes=4"),
        ({"experts": np.full((2, 30, 4), 0.3)}, "experts must hold probabilities that sum to 1"),
        ({"labels": np.full((30, 4), 0.3)}, "labels must hold probabilities that sum to 1"),
        ({"divergence": ItakuraSaito("label")}, "not known to be convex"),
        ({"divergence": "kl"}, "divergence must be one of"),
        ({"tol": 0.0}, "tol must be above 0"),
        ({"max_steps": 1}, "allow more max_steps"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    experts, labels, _ = problem(11)
    with pytest.raises(ValueError, match=words):
        fit_mixture(**{"experts": experts, "labels": labels, **change})


def test_other_inputs_and_traced_ones():
    experts, labels, _ = problem(12)
    head = fit_mixture(experts, labels)
    traced = jax.jit(head.__call__)(experts)
    np.testing.assert_allclose(traced, head(experts), rtol=1e-12)
    with pytest.raises(ValueError, match="expected 5 experts first"):
        head(experts[:4])
    with pytest.raises(ValueError, match="are traced"):
        jax.jit(lambda e: fit_mixture(e, labels).weights)(experts)
    loose = fit_mixture(experts, labels, max_steps=1, throw=False)
    assert isinstance(loose, MixtureHead)
    assert not loose.certified
