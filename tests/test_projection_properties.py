"""What holds for every projection onto a convex set, wherever hypothesis puts the point."""

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import cases
import oracles
from selection import few
from w2s_jax import sets
from w2s_jax.projections import project

NAMES = sorted(cases.DRAWS)
D = 4
EXAMPLES = 12

# a point much nearer to 0 than the set is large leaves nothing of the relative gap but rounding
coordinates = st.floats(-8, 8, width=32).map(lambda x: x if abs(x) > 1e-4 else 0.0)
# Two points at a time: one shape, so one compilation a set.
pairs = arrays(np.float64, (2, D), elements=coordinates)
directions = arrays(np.float64, (3, D), elements=coordinates)
metrics = st.builds(cases.metric, st.just(D), st.sampled_from(cases.CONDITIONS), st.integers(0, 30))
fixed = settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None)
every_set = pytest.mark.parametrize("name", few(NAMES, *cases.SOLVERS))
# for wrappers, each of which is another program to compile
some_sets = pytest.mark.parametrize("name", few(NAMES, "flat ellipsoid", "polytope", "simplex"))


def found(case, points, G):
    result = project(jnp.asarray(points), case.onto, jnp.asarray(G))
    assert np.asarray(result.certified).all()
    return np.asarray(result.value)


@cache
def members(name, seed=5):
    """Members that do not come from the solver under test: the Euclidean oracle's."""
    case, rng = cases.draw(name, D), np.random.default_rng(seed)
    corners = oracles.project(case.region, 3 * rng.normal(size=(12, D)))
    mixtures = rng.dirichlet(np.ones(12), size=12) @ corners
    return np.vstack([corners, mixtures])


def squared(v, G):
    return np.sum((v @ G) * v, axis=-1)


def size(points, values, G):
    """The unit in which rounding and the gap are measured."""
    return 1e-3 + squared(points, G) + squared(values, G)


@every_set
@given(points=pairs, G=metrics)
@fixed
def test_projecting_again_changes_nothing(name, points, G):
    case = cases.draw(name, D)
    once = found(case, points, G)
    again = found(case, once, G)
    assert (squared(again - once, G) <= 1e-9 * size(points, once, G)).all()
    assert np.asarray(case.onto.contains(jnp.asarray(once), tol=1e-7)).all()
    assert oracles.distance(case.region, once).max() <= 1e-7


@every_set
@given(points=pairs, G=metrics)
@fixed
def test_members_stay_where_they_are(name, points, G):
    case = cases.draw(name, D)
    held = np.asarray(case.onto.project(jnp.asarray(points)))
    values = found(case, held, G)
    assert (squared(values - held, G) <= 1e-10 * size(held, values, G)).all()


@every_set
@given(points=pairs, G=metrics)
@fixed
def test_distances_do_not_grow(name, points, G):
    values = found(cases.draw(name, D), points, G)
    between, apart = squared(values[0] - values[1], G), squared(points[0] - points[1], G)
    inner = (values[0] - values[1]) @ G @ (points[0] - points[1])
    unit = size(points, values, G).max()
    assert between <= apart + 1e-8 * unit
    assert between <= inner + 1e-8 * unit


@every_set
@given(points=pairs, G=metrics)
@fixed
def test_no_member_lies_nearer(name, points, G):
    """The variational inequality, and the Pythagorean inequality that follows from it."""
    case = cases.draw(name, D)
    values = found(case, points, G)
    for p, v in zip(points, values, strict=True):
        unit = size(p, v, G) + squared(members(name), G)
        slope = (members(name) - v) @ G @ (v - p)
        assert (slope >= -1e-8 * unit).all()
        sides = squared(p - v, G) + squared(v - members(name), G)
        assert (sides <= squared(p - members(name), G) + 2e-8 * unit).all()


@every_set
@given(points=pairs, G=metrics, tol=st.sampled_from([1e-2, 1e-6, 1e-10]))
@fixed
def test_gaps_are_not_negative_and_bound_the_distance_left(name, points, G, tol):
    case = cases.draw(name, D)
    rough = project(jnp.asarray(points), case.onto, jnp.asarray(G), tol=tol)
    gaps = np.asarray(rough.gap)
    assert (gaps >= -1e-14).all()
    assert (gaps <= tol).all()
    if name not in cases.UNBOUNDED:
        exact = found(case, points, G)
        away = squared(np.asarray(rough.value) - exact, G)
        assert (away <= (gaps + 2e-10) * 2 * size(points, exact, G)).all()


@some_sets
@given(points=pairs, G=metrics, offset=arrays(np.float64, D, elements=coordinates))
@fixed
def test_a_translated_set_moves_its_projections(name, points, G, offset):
    case = cases.draw(name, D)
    moved = cases.Case(sets.Translated(case.onto, offset), case.region)
    plain, shifted = found(case, points, G), found(moved, points + offset, G)
    unit = size(points, plain, G) + squared(offset, G)
    assert (squared(shifted - offset - plain, G) <= 1e-8 * unit).all()


@some_sets
@given(points=pairs, G=metrics, factor=st.sampled_from([-3.0, -1.0, 0.25, 10.0]))
@fixed
def test_a_scaled_set_scales_its_projections(name, points, G, factor):
    case = cases.draw(name, D)
    grown = cases.Case(sets.Scaled(case.onto, factor), case.region)
    plain, large = found(case, points, G), found(grown, factor * points, G)
    assert (squared(large / factor - plain, G) <= 1e-8 * size(points, plain, G)).all()


@every_set
@given(directions=directions)
@fixed
def test_the_support_function_is_the_farthest_member(name, directions):
    case = cases.draw(name, D)
    support = np.asarray(case.onto.support(jnp.asarray(directions)))
    reached = directions @ members(name).T
    assert (support[:, None] >= reached - 1e-7 * (1 + abs(reached))).all()
    doubled = np.asarray(case.onto.support(jnp.asarray(2 * directions)))
    np.testing.assert_allclose(doubled, 2 * support, rtol=1e-9, atol=1e-9)
    if name not in cases.UNBOUNDED:
        # far along g, the nearest member is the farthest along g
        for g, height in zip(directions, support, strict=True):
            if np.linalg.norm(g) > 0.1:
                far = 1e4 * g / np.linalg.norm(g)
                top = oracles.project(case.region, far)[0]
                assert height == pytest.approx(
                    g @ top, rel=2e-3, abs=2e-3 * float(np.linalg.norm(g))
                )
                assert height >= g @ top - 1e-6


@every_set
@given(directions=directions)
@fixed
def test_the_support_function_is_sublinear(name, directions):
    case = cases.draw(name, D)
    one, two, both = np.asarray(
        case.onto.support(
            jnp.asarray(np.stack([directions[0], directions[1], directions[0] + directions[1]]))
        )
    )
    assert both <= one + two + 1e-8 * (1 + abs(directions).sum())


@every_set
@given(points=pairs)
@fixed
def test_without_a_metric_the_set_projects_itself(name, points):
    case = cases.draw(name, D)
    own = np.asarray(case.onto.project(jnp.asarray(points)))
    result = project(jnp.asarray(points), case.onto)
    np.testing.assert_allclose(result.value, own, atol=1e-4)
    assert np.asarray(case.onto.contains(jnp.asarray(own), tol=1e-7)).all()
    assert oracles.distance(case.region, own).max() <= 1e-7
