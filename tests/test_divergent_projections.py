"""Projections in a divergence against exponential cones, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cones
from fuzz import divergences as fuzz
from w2s_jax.divergences import KL, Bregman, ItakuraSaito, Logistic, Squared
from w2s_jax.projections import Status, project
from w2s_jax.sets import Ball, Box, Hull, NonNegative, Simplex, Translated


@pytest.mark.parametrize("kind", [kind for kind in fuzz.KINDS if kind[0] != "squared"])
@pytest.mark.parametrize("name", ["hull", "ball within"])
def test_projections_are_those_of_exponential_cones(name, kind):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        case = fuzz.SETS[name](rng)
        point = fuzz.point_of(fuzz.Draw(name, kind, seed), rng)
        found = project(point, case.onto, divergence=fuzz.KINDS[kind])
        np.testing.assert_allclose(found.value, cones.nearest(case.region, point, *kind), atol=3e-5)
        assert found.gap <= 1e-9


def test_no_certificate_of_a_divergence_is_wrong():
    """The fuzz's easy sets; tests/fuzz/divergences.py has them all."""
    wrong, refused, _ = fuzz.table(60, 7, ["hull", "ball within", "simplex", "box"])
    assert wrong == []
    assert refused == []


def test_a_wrong_certificate_would_be_found():
    draw = fuzz.Draw("hull", ("kl", "prediction"), 5)
    assert fuzz.run(draw).checked
    assert not fuzz.run(draw).wrong

    def liar(point, onto, **named):
        far = onto.points.mean(0)
        found = project(point, onto, **named)
        return type(found)(0.9 * found.value + 0.1 * far, found.gap, found.steps, found.status)

    assert "a member is lower" in fuzz.run(draw, liar).wrong


def test_kl_onto_the_simplex_divides_by_the_sum():
    rng = np.random.default_rng(0)
    weights = rng.uniform(size=(5, 4))
    weights[0, 1] = 0
    for side in ("prediction", "label"):
        found = project(weights, Simplex(2.0), divergence=KL(side, total=None))
        np.testing.assert_allclose(
            found.value, 2 * weights / weights.sum(1, keepdims=True), rtol=1e-14
        )
        assert np.asarray(found.certified).all()


def test_a_box_clips_and_squared_distance_is_euclidean():
    point = np.array([0.2, 0.9, 1.7])
    for one in (KL(total=None), KL("label", total=None), ItakuraSaito(), Squared()):
        found = project(point, Box(0.5, 1.0), divergence=one)
        assert np.asarray(found.value).tolist() == [0.5, 0.9, 1.0]
    hull = Hull(np.random.default_rng(1).normal(size=(5, 3)))
    plain, same = project(point, hull), project(point, hull, divergence=Squared())
    np.testing.assert_allclose(same.value, plain.value, atol=1e-6)


def test_members_stay_and_batches_keep_their_shape():
    experts = Hull([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    points = np.random.default_rng(2).dirichlet(np.ones(3), size=(2, 3))
    points[0, 0] = [0.45, 0.1, 0.45]
    found = project(points.astype(np.float32), experts, divergence=KL())
    assert found.value.shape == (2, 3, 3)
    assert found.value.dtype == np.float32
    assert found.gap.shape == found.status.shape == (2, 3)
    np.testing.assert_allclose(np.asarray(found.value)[0, 0], points[0, 0], atol=1e-6)
    assert (np.asarray(found.status) == Status.certified).all()
    # The gap holds for what is handed back: rounding to float32 costs more than the solver left.
    label, one = np.asarray(np.float32(points), float), KL(total=None)
    exact = np.asarray(project(label, experts, divergence=KL()).value)
    lost = np.asarray(one(np.asarray(found.value, float), label)) - np.asarray(one(exact, label))
    assert lost.max() > 1e-12
    assert (np.asarray(found.gap, float) >= 0.99 * lost).all()


@pytest.mark.parametrize(
    ("onto", "one", "words"),
    [
        (Ball(), KL(), "members of onto sum to numbers from"),
        (NonNegative(), KL(), "but the divergence's predictions to 1"),
        (Translated(Ball(0.1), np.full(3, -1.0)), ItakuraSaito(), "do not meet: coordinate 0"),
        (Translated(Ball(0.1), np.full(3, 2.0)), Logistic(), "do not meet"),
        (Ball(), ItakuraSaito("label"), "not known to be convex"),
        (Ball(), Bregman(lambda p: (p**4).sum(), "label"), "not known to be convex"),
        (Ball(), "kl", "divergence must be one of"),
    ],
)
def test_sets_and_divergences_that_do_not_fit_are_refused(onto, one, words):
    with pytest.raises(ValueError, match=words):
        project([0.2, 0.3, 0.5], onto, divergence=one)


def test_other_arguments_are_refused_in_sentences():
    half, hull = np.array([0.5, 0.5]), Hull([[0.2, 0.8], [0.3, 0.7]])
    with pytest.raises(ValueError, match="exclude each other"):
        project(half, hull, np.eye(2), divergence=KL())
    with pytest.raises(ValueError, match="point must hold probabilities"):
        project(2 * half, hull, divergence=KL())
    with pytest.raises(ValueError, match="point holds 0 at index"):
        project([0.0, 1.0], hull, divergence=KL())
    with pytest.raises(ValueError, match="are traced"):
        jax.jit(lambda p: project(p, hull, divergence=KL()).value)(jnp.asarray(half))
    assert project([0.0, 1.0], hull, divergence=KL("label")).certified
