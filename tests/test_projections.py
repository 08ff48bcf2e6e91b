import itertools
from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

import cases
import oracles
from selection import beyond, few
from w2s_jax.projections import Status, project

NAMES = sorted(cases.DRAWS)
COMPACT = sorted(set(NAMES) - cases.UNBOUNDED)
# their gaps come from multipliers, as no point of theirs need be a member
ITERATED = {"polytope", "ball and orthant", "simplex and box", "box and half-space"}
D = 6
KINDS = few(NAMES, *cases.SOLVERS)


def every_change(name, d, condition):
    """Every solver in every metric, and one of them in many dimensions."""
    return name in (*cases.SOLVERS, "hull") and (d == 16 or (name, d) == ("simplex", 256))


@cache
def problem(name, d):
    """A set with points inside it, on its boundary, outside and far; fewer where d is large."""
    case = cases.draw(name, d)
    points = cases.points(case, d)
    return case, points if d < 100 else points[[1, 2, 4]]


def length(difference, G):
    return np.sqrt(np.maximum(np.sum(difference @ G * difference, axis=-1), 0))


def agrees(found, expected, points, condition, G, tolerance=1e-6):
    """In the metric's own norm where the minimizer is not unique, else in every coordinate."""
    difference = np.asarray(found) - expected
    off = length(difference, G) if condition is None else np.linalg.norm(difference, axis=-1)
    scale = 1 + np.linalg.norm(points, axis=-1)
    assert (off <= tolerance * scale).all(), f"off by {(off / scale).max():.1e} at {condition}"


PROBLEMS = [
    asked if every_change(*asked) else beyond(asked)
    for asked in itertools.product(NAMES, [2, 16, 256], cases.CONDITIONS)
]


@pytest.mark.parametrize(("name", "d", "condition"), PROBLEMS)
def test_projections_match_an_independent_solver(name, d, condition):
    case, points = problem(name, d)
    G = cases.metric(d, condition)
    found = project(jnp.asarray(points), case.onto, jnp.asarray(G))
    assert np.asarray(found.certified).all(), [Status(int(s)).name for s in found.status]
    assert np.asarray(found.gap).max() <= 1e-9
    expected = oracles.project(case.region, points, G)
    # The gap bounds the error in the metric; in the point it is larger.
    if condition and condition >= 1e2:
        found = project(jnp.asarray(points), case.onto, jnp.asarray(G), tol=1e-13)
    agrees(found.value, expected, points, condition, G)
    scale = 1 + np.linalg.norm(points, axis=1)
    if d < 100:
        assert (oracles.distance(case.region, np.asarray(found.value)) <= 1e-8 * scale).all()
    assert np.asarray(case.onto.contains(found.value, tol=1e-8 * scale.max())).all()
    assert found.value.shape == points.shape
    assert found.gap.shape == found.steps.shape == found.certified.shape == points.shape[:1]


def test_a_polytope_takes_a_dozen_or_two_steps_in_any_metric():
    for d, condition in itertools.product([2, 16], [*cases.CONDITIONS, 1e8]):
        case, points = problem("polytope", d)
        found = project(jnp.asarray(points), case.onto, jnp.asarray(cases.metric(d, condition)))
        assert np.asarray(found.certified).all()
        assert int(found.steps.max()) <= 25, (d, condition)


@pytest.mark.parametrize("name", KINDS)
def test_without_a_metric_the_projection_is_euclidean(name):
    case, points = problem(name, 16)
    found = project(jnp.asarray(points), case.onto)
    assert np.asarray(found.certified).all()
    agrees(found.value, oracles.project(case.region, points), points, 1.0, np.eye(16))
    np.testing.assert_allclose(found.value, case.onto.project(jnp.asarray(points)), atol=1e-7)


@pytest.mark.parametrize("name", few(NAMES, "monotone", "simplex"))
def test_a_batch_is_its_points_one_by_one(name):
    case, points = problem(name, 16)
    points, G = jnp.asarray(points), jnp.asarray(cases.metric(16, 1e2))
    together = project(points, case.onto, G)
    nested = project(points[:, None], case.onto, G)
    assert nested.value.shape == (5, 1, 16)
    assert nested.gap.shape == nested.steps.shape == nested.certified.shape == (5, 1)
    np.testing.assert_allclose(nested.value[:, 0], together.value, atol=1e-8)
    for at in range(4):
        alone = project(points[at], case.onto, G)
        assert alone.value.shape == (16,)
        assert alone.gap.shape == alone.steps.shape == alone.certified.shape == ()
        assert bool(alone.certified)
        np.testing.assert_allclose(alone.value, together.value[at], atol=1e-8)
