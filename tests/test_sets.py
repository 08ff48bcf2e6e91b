import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import cases
import oracles
from selection import few
from w2s_jax import sets

NAMES = sorted(cases.DRAWS)
COMPACT = sorted(set(NAMES) - cases.UNBOUNDED)
SOME = few(NAMES, *cases.SOLVERS)
D = 6


def draws(d, seed=3, n=6):
    rng = np.random.default_rng([seed, d])
    return rng.normal(size=(n, d)) * np.geomspace(0.01, 30, n)[:, None]


@pytest.mark.parametrize("d", few([2, 16], 16))
@pytest.mark.parametrize("name", few(NAMES, *cases.SOLVERS, "hull", "subspace, dependent columns"))
def test_projections_match_an_independent_solver(name, d):
    case = cases.draw(name, d)
    points = draws(d)
    found = np.asarray(case.onto.project(jnp.asarray(points)))
    expected = oracles.project(case.region, points)
    np.testing.assert_allclose(found, expected, atol=1e-8)
    assert np.asarray(case.onto.contains(jnp.asarray(found), tol=1e-8)).all()


def test_projections_match_the_textbook():
    rng = np.random.default_rng(0)
    point = rng.normal(size=40)
    shown = {
        "ball": (sets.Ball(0.7), point * 0.7 / np.linalg.norm(point)),
        "box": (sets.Box(-0.2, 0.5), np.clip(point, -0.2, 0.5)),
        "half-infinite": (sets.Box(0.1, np.inf), np.maximum(point, 0.1)),
        "orthant": (sets.NonNegative(), np.maximum(point, 0)),
        "simplex": (sets.Simplex(2.0), cases.sorted_simplex(point, 2.0)),
        "l1": (sets.L1Ball(1.5), cases.sorted_l1(point, 1.5)),
        "linf": (sets.LInfBall(0.4), np.clip(point, -0.4, 0.4)),
        "monotone": (sets.Monotone(), scipy.optimize.isotonic_regression(point).x),
    }
    for name, (onto, expected) in shown.items():
        found = onto.project(jnp.asarray(point))
        np.testing.assert_allclose(found, expected, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("n", [1, 2, 300])
def test_monotone_pools_as_scipy_does_ties_and_all(n):
    rng = np.random.default_rng(n)
    many = np.round(rng.normal(size=(5, n)).cumsum(1), 1)
    many[0], many[1] = np.sort(many[0]), np.sort(many[1])[::-1]
    found = np.asarray(sets.Monotone().project(jnp.asarray(many)))
    for row, point in zip(found, many, strict=True):
        expected = scipy.optimize.isotonic_regression(point).x
        np.testing.assert_allclose(row, expected, atol=1e-12)


@pytest.mark.parametrize("name", SOME)
def test_any_number_of_leading_axes(name):
    case = cases.draw(name, D)
    points = jnp.asarray(draws(D))
    flat = case.onto.project(points)
    assert flat.shape == points.shape
    nested = points.reshape(2, 3, D)
    np.testing.assert_allclose(case.onto.project(nested), flat.reshape(2, 3, D), atol=1e-10)
    np.testing.assert_allclose(case.onto.project(points[0]), flat[0], atol=1e-10)
    assert case.onto.support(nested).shape == case.onto.contains(nested).shape == (2, 3)
    assert case.onto.support(points[0]).shape == case.onto.contains(points[0]).shape == ()
    assert case.onto.contains(points).dtype == bool


@pytest.mark.parametrize("name", few(COMPACT, *sorted(set(COMPACT) & set(cases.SOLVERS))))
def test_support_matches_an_independent_solver(name):
    case = cases.draw(name, D)
    directions = draws(D, seed=8, n=4)
    found = np.asarray(case.onto.support(jnp.asarray(directions)))
    expected = [oracles.support(case.region, g) for g in directions]
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7)


def test_the_slope_of_a_support_function_is_the_farthest_member():
    corner = sets.Intersection((sets.Box(-0.5, 1.0), sets.HalfSpace(np.array([1.0, 1.0]), 1.5)))
    slope = jax.grad(lambda g: corner.support(g))(jnp.array([3.0, 1.0]))
    np.testing.assert_allclose(slope, [1.0, 0.5], atol=1e-6)


def test_support_matches_closed_forms():
    rng = np.random.default_rng(1)
    g, shape = rng.normal(size=(5, D)), np.diag(np.arange(D) * 1.0)
    points, offset = rng.normal(size=(9, D)), rng.normal(size=D)
    shown = [
        (sets.Ball(0.7), 0.7 * np.linalg.norm(g, axis=1)),
        (sets.Ellipsoid(shape), np.sqrt(((g @ shape) * g).sum(1))),
        (sets.Simplex(2.0), 2 * g.max(1)),
        (sets.L1Ball(2.0), 2 * abs(g).max(1)),
        (sets.LInfBall(2.0), 2 * abs(g).sum(1)),
        (sets.Box(-1.0, 2.0), np.where(g > 0, 2 * g, -g).sum(1)),
        (sets.Hull(points), (g @ points.T).max(1)),
        (sets.Translated(sets.Ball(), offset), np.linalg.norm(g, axis=1) + g @ offset),
        (sets.Scaled(sets.Simplex(), -3.0), 3 * (-g).max(1)),
    ]
    for onto, expected in shown:
        np.testing.assert_allclose(
            onto.support(jnp.asarray(g)), expected, rtol=1e-12, err_msg=str(onto)
        )


def test_support_is_infinite_where_the_set_has_no_end_and_finite_where_it_has():
    basis = np.array([[1.0], [1.0], [0.0]])
    point = np.array([1.0, 2.0, 3.0])
    ends = {
        "subspace": (sets.Subspace(basis), [1.0, -1.0, 5.0], 0.0, [1.0, 0.0, 0.0]),
        "affine": (sets.AffineSubspace(point, basis), [1.0, -1.0, 1.0], 2.0, [1.0, 0.0, 0.0]),
        "box": (sets.Box(-np.inf, 2.0), [1.0, 0.0, 1.0], 4.0, [1.0, -0.1, 0.0]),
        "orthant": (sets.NonNegative(), [-1.0, 0.0, -2.0], 0.0, [-1.0, 0.1, 0.0]),
        "half-space": (sets.HalfSpace(point, 7.0), 2 * point, 14.0, [1.0, 0.0, 0.0]),
        "other side": (sets.HalfSpace(point, 7.0), 0 * point, 0.0, -point),
        "monotone": (sets.Monotone(), [1.0, 1.0, -2.0], 0.0, [-1.0, 1.0, 0.0]),
        "translated": (
            sets.Translated(sets.NonNegative(), point),
            [-1.0, 0.0, -2.0],
            -7.0,
            [0.0, 1.0, 0.0],
        ),
        "wedge": (
            sets.Intersection((sets.HalfSpace(point, 7.0), sets.HalfSpace(-EYE[0], 1.0))),
            2 * point - 3 * EYE[0],
            17.0,
            -point,
        ),
    }
    for name, (onto, stays, value, leaves) in ends.items():
        finite = float(onto.support(jnp.asarray(stays, float)))
        assert finite == pytest.approx(value, rel=1e-9, abs=1e-9), name
        assert float(onto.support(jnp.asarray(leaves, float))) == np.inf, name


@pytest.mark.parametrize("name", NAMES)
def test_contains_knows_members_from_others(name):
    case = cases.draw(name, D)
    points = draws(D)
    members = oracles.project(case.region, points)
    distance = oracles.distance(case.region, points)
    assert np.asarray(case.onto.contains(jnp.asarray(members), tol=1e-8)).all()
    found = np.asarray(case.onto.contains(jnp.asarray(points)))
    assert (found == (distance <= 1e-9)).all()
    assert not found.all()


def test_contains_takes_a_tolerance():
    near = jnp.array([1.0 + 1e-6, 0.0])
    for onto in (sets.Ball(), sets.L1Ball(), sets.LInfBall(), sets.Box(0.0, 1.0)):
        assert not onto.contains(near)
        assert onto.contains(near, tol=1e-5)


EYE = np.eye(3)
BAD = {
    "radius": [
        lambda: sets.Ball(-1.0),
        lambda: sets.Ball(0.0),
        lambda: sets.Ball(np.nan),
        lambda: sets.L1Ball(-0.5),
        lambda: sets.L1Ball(np.nan),
        lambda: sets.LInfBall(-2.0),
    ],
    "shape": [
        lambda: sets.Ellipsoid(np.ones((2, 3))),
        lambda: sets.Ellipsoid(np.array([[1.0, 2.0], [0.0, 1.0]])),
        lambda: sets.Ellipsoid(np.diag([1.0, -1.0])),
        lambda: sets.Ellipsoid(np.nan * EYE),
    ],
    "lower": [
        lambda: sets.Box(1.0, 0.0),
        lambda: sets.Box(np.nan, 1.0),
        lambda: sets.Box(np.zeros(3), np.array([1.0, -1.0, 1.0])),
        lambda: sets.Box(np.zeros((2, 2)), 1.0),
    ],
    "lower|upper": [lambda: sets.Box(np.zeros(2), np.ones(3)), lambda: sets.Box(0.0, np.nan)],
    "total": [lambda: sets.Simplex(0.0), lambda: sets.Simplex(-1.0), lambda: sets.Simplex(np.nan)],
    "normal": [
        lambda: sets.HalfSpace(EYE, 0.0),
        lambda: sets.HalfSpace(np.array([np.nan, 1.0]), 0.0),
    ],
    "offset": [
        lambda: sets.HalfSpace(np.ones(2), np.nan),
        lambda: sets.Translated(sets.Ball(), EYE),
        lambda: sets.Translated(sets.Ball(), np.array([np.nan, 0.0])),
        lambda: sets.Translated(sets.Hull(EYE), np.zeros(2)),
    ],
    "A": [
        lambda: sets.Polytope(np.ones(3), np.ones(3)),
        lambda: sets.Polytope(np.nan * EYE, EYE[0]),
    ],
    "A|b": [lambda: sets.Polytope(EYE, np.ones(2)), lambda: sets.Polytope(EYE, np.nan * EYE[0])],
    "points": [
        lambda: sets.Hull(np.zeros((0, 3))),
        lambda: sets.Hull(np.ones(3)),
        lambda: sets.Hull(np.nan * EYE),
    ],
    "basis": [
        lambda: sets.Subspace(np.ones(3)),
        lambda: sets.Subspace(np.nan * EYE),
        lambda: sets.AffineSubspace(np.zeros(3), np.full((3, 3), np.inf)),
    ],
    "point|basis": [lambda: sets.AffineSubspace(np.zeros(2), EYE)],
    "members": [
        lambda: sets.Intersection(()),
        lambda: sets.Intersection((sets.Hull(EYE), sets.Hull(np.eye(2)))),
    ],
    "factor": [
        lambda: sets.Scaled(sets.Ball(), 0.0),
        lambda: sets.Scaled(sets.Ball(), np.nan),
    ],
}


@pytest.mark.parametrize(
    ("word", "build"),
    [(word, build) for word, builds in BAD.items() for build in builds],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_constructor_says_which_argument_is_wrong(word, build):
    with pytest.raises(ValueError, match=rf"\b({word})\b"):
        build()


@pytest.mark.parametrize("name", NAMES)
def test_sets_are_frozen_pytrees(name):
    onto = cases.draw(name, D).onto
    leaves, structure = jax.tree.flatten(onto)
    again = jax.tree.unflatten(structure, leaves)
    assert eqx.tree_equal(onto, again)
    assert type(onto) is type(again)
    for field in dataclasses.fields(onto):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(onto, field.name, None)


@pytest.mark.parametrize("name", SOME)
def test_sets_travel_through_jit_and_vmap(name):
    onto = cases.draw(name, D).onto
    points = jnp.asarray(draws(D))
    plain = onto.project(points), onto.support(points), onto.contains(points)

    @eqx.filter_jit
    def all_three(onto, points):
        return onto.project(points), onto.support(points), onto.contains(points)

    @eqx.filter_vmap(in_axes=(None, 0))
    def one_by_one(onto, point):
        return onto.project(point), onto.support(point), onto.contains(point)

    # a batch climbs to the support of an intersection until its slowest member is there
    atol = 1e-8 if isinstance(onto, sets.Intersection) else 1e-10
    for found in (all_three(onto, points), one_by_one(onto, points)):
        for ours, theirs in zip(found, plain, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=atol)


def test_sets_of_one_kind_stack_and_vmap():
    balls = jax.vmap(lambda r: sets.Ball(r))(jnp.array([1.0, 2.0]))
    points = jnp.array([[3.0, 4.0], [3.0, 4.0]])
    found = jax.vmap(lambda ball, point: ball.project(point))(balls, points)
    np.testing.assert_allclose(found, [[0.6, 0.8], [1.2, 1.6]], rtol=1e-12)


@pytest.mark.parametrize("name", SOME)
def test_float32_stays_float32(name):
    onto = cases.draw(name, D).onto
    single = jax.tree.map(lambda a: a.astype(jnp.float32) if eqx.is_inexact_array(a) else a, onto)
    points = jnp.asarray(draws(D))
    found = single.project(points.astype(jnp.float32))
    assert found.dtype == jnp.float32
    scale = float(abs(points).max())
    np.testing.assert_allclose(found, onto.project(points), atol=3e-5 * scale)
    assert single.support(points.astype(jnp.float32)).dtype == jnp.float32
    assert onto.project(points).dtype == jnp.float64
