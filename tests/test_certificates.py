"""What is certified is so, in all units; what is not raises; what is no number is in no set."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import cases
from selection import few
from w2s_jax import fit_head, project, project_functions, sets
from w2s_jax.projections import constrained_weights

D = 4
RNG = np.random.default_rng(0)
APART = sets.Intersection((sets.Ball(0.5), sets.Box(1.0, 2.0)))
POINT = np.array([3.0, 4.0, 1.0])


def turned(condition, seed):
    """A metric, and points spread as its inverse is: far along what it hardly sees."""
    rng = np.random.default_rng(seed)
    vectors = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    values = np.geomspace(1, 1 / condition, 6)
    G = (vectors * values) @ vectors.T
    return (G + G.T) / 2, (rng.normal(size=(30, 6)) / np.sqrt(values)) @ vectors.T


def ordered(root):
    """Non-negative steps, and a level of either sign, make a non-decreasing sequence."""
    steps = np.tril(np.ones((6, 6)))
    both = np.column_stack([steps, -steps[:, 0]])
    return root @ both, both


CONES = {
    "orthant": (sets.NonNegative(), lambda root: (root, np.eye(6))),
    "half-open box": (sets.Box(np.zeros(6), np.full(6, np.inf)), lambda root: (root, np.eye(6))),
    "mirrored": (sets.Scaled(sets.Box(-np.inf, 0.0), -2.0), lambda root: (root, np.eye(6))),
    "polyhedral": (sets.Polytope(-np.eye(6), np.zeros(6)), lambda root: (root, np.eye(6))),
    "monotone": (sets.Monotone(), ordered),
}


@pytest.mark.parametrize("condition", [1e4, 1e8])
@pytest.mark.parametrize("kind", CONES)
def test_sets_without_bounds_certify_by_what_bounds_them(kind, condition):
    """Against non-negative least squares, which works on the root of the metric."""
    onto, stated = CONES[kind]
    for seed in range(3):
        G, points = turned(condition, seed)
        found = project(points, onto, G, throw=False)
        root = np.linalg.cholesky(G).T
        columns, back = stated(root)
        right = np.array([scipy.optimize.nnls(columns, root @ p, maxiter=3000)[0] for p in points])

        def far(members, G=G, points=points):
            return np.einsum("ij,jk,ik->i", members - points, G, members - points)

        values, least = far(np.asarray(found.value)), far(right @ back.T)
        sure = np.asarray(found.certified)
        assert sure.all() or condition > 1e6
        assert (values[sure] <= least[sure] * (1 + 1e-8) + 1e-9).all()


def test_far_from_an_intersection_the_value_is_a_member_all_the_same():
    single = (np.float32(1), np.array([1, 1], np.float32), np.float32(0.2), np.float32(0.9))
    radius, normal, offset, side = single
    angles = RNG.uniform(0, 2 * np.pi, 60)
    for far in (1e2, 1e5):
        points = far * np.c_[np.cos(angles), np.sin(angles)]
        onto = sets.Intersection(
            (sets.Ball(radius), sets.HalfSpace(normal, offset), sets.Box(-side, side))
        )
        value = np.asarray(project(points.astype(np.float32), onto).value, float)
        out = np.maximum(np.linalg.norm(value, axis=1) - 1, (value.sum(1) - 0.2) / 2**0.5)
        assert max(out.max(), (abs(value).max(1) - 0.9).max()) <= 1e-4


@pytest.mark.parametrize("away", [0.0, 1e4, 1e6])
def test_a_moved_intersection_has_moved_projections(away):
    center = np.full(2, away)
    disc = sets.Translated(sets.Ball(1.0), center)
    onto = sets.Intersection((disc, sets.HalfSpace(np.ones(2), 2 * away)))
    found = project(center + np.array([3, 0.5]), onto)
    np.testing.assert_allclose(found.value - center, [0.5**0.5, -(0.5**0.5)], atol=1e-6)


@pytest.mark.parametrize("G", [None, np.diag([1.0, 3.0, 9.0])], ids=["euclidean", "metric"])
def test_wrapped_and_nested_intersections_certify(G):
    quarter = sets.Intersection((sets.Ball(1.0), sets.NonNegative()))
    right = project(POINT, quarter, G).value
    offset = np.array([5.0, -2.0, 1.0])
    moved, grown = sets.Translated(quarter, offset), sets.Scaled(quarter, 3.0)
    np.testing.assert_allclose(project(POINT + offset, moved, G).value - offset, right, atol=1e-7)
    np.testing.assert_allclose(project(3 * POINT, grown, G).value / 3, right, atol=1e-7)
    nested = sets.Intersection((sets.Translated(quarter, offset), sets.Box(-9.0, 9.0)))
    np.testing.assert_allclose(project(POINT + offset, nested, G).value - offset, right, atol=1e-7)
    assert float(moved.support(np.ones(3))) == pytest.approx(3**0.5 + offset.sum(), abs=1e-6)


UNITS = {
    "short axis": (lambda: sets.Ellipsoid(np.diag([1e8, 1e-9])), [0, 5], [0, 1e-9**0.5]),
    "short axis, float32": (
        lambda: sets.Ellipsoid(np.diag(np.array([1e6, 0.09], np.float32))),
        np.array([0, 5], np.float32),
        [0, 0.3],
    ),
    "column in small units": (lambda: sets.Subspace(np.diag([1e9, 1e-8])), [3, 5], [3, 5]),
    "affine, small units": (
        lambda: sets.AffineSubspace(np.zeros(2), np.diag([1e-150, 1e100])),
        [3, 5],
        [3, 5],
    ),
    "long normal": (lambda: sets.HalfSpace([1e170, 0.0], 1e170), [3, 2], [1, 2]),
    "short normal": (
        lambda: sets.HalfSpace(np.array([1e-23, 0], np.float32), np.float32(1e-23)),
        np.array([3, 2], np.float32),
        [1, 2],
    ),
    "rows in small units": (
        lambda: sets.Polytope(1e-10 * np.vstack([np.eye(2), -np.eye(2)]), np.full(4, 1e-10)),
        [3, 0.5],
        [1, 0.5],
    ),
    "rows in two units": (
        lambda: sets.Polytope([[1e16, 0], [0, 1e-16]], [1e16, 1e-16]),
        [3, 4],
        [1, 1],
    ),
    "far point": (lambda: sets.Ball(1.0), [1e160, 0], [1, 0]),
    "far point, float32": (
        lambda: sets.Ball(np.float32(1)),
        np.array([1e20, 0], np.float32),
        [1, 0],
    ),
    "small ball": (lambda: sets.Ball(1e-170), [1e-165, 0], [1e-170, 0]),
    "l1, far": (lambda: sets.L1Ball(1.0), [1e150, 0], [1, 0]),
    "simplex, small": (lambda: sets.Simplex(1e-150), [1.0, 0.0], [1e-150, 0]),
}


@pytest.mark.parametrize("kind", UNITS)
def test_units_hide_nothing(kind):
    build, point, right = UNITS[kind]
    onto, right = build(), np.asarray(right, float)
    point = np.asarray(point, getattr(point, "dtype", float))
    for value in (project(point, onto).value, onto.project(point)):
        np.testing.assert_allclose(value, right, rtol=1e-5, atol=1e-6 * abs(right).max())


def test_linear_programs_are_asked_in_their_own_units():
    square, g = np.vstack([np.eye(2), -np.eye(2)]), np.ones(2)
    for unit in (1.0, 1e-10, 1e16):
        rows = np.array([unit, 1, unit, 1])
        assert float(sets.Polytope(square * rows[:, None], rows).support(g)) == pytest.approx(2)
    assert float(sets.Polytope(square, np.full(4, 1e21)).support(g)) == pytest.approx(2e21)
    assert float(sets.Polytope(square, np.ones(4)).support(1e22 * g)) == pytest.approx(2e22)
    with pytest.raises(ValueError, match="empty"):
        sets.Polytope([[1e-10], [-1e-10]], [-1e-10, -1e-10])


@pytest.mark.parametrize("name", sorted(cases.DRAWS))
def test_what_is_no_number_is_in_no_set(name):
    onto = cases.draw(name, D).onto
    member = np.asarray(onto.project(np.zeros(D)))
    assert bool(onto.contains(member, tol=1e-6))
    for nothing in (np.nan, np.inf, -np.inf):
        broken = member.copy()
        broken[1] = nothing
        assert not bool(onto.contains(broken, tol=1.0))
        with pytest.raises(ValueError, match=r"point holds (NaN|infinity) at index"):
            project(broken, onto)


def test_what_cannot_be_certified_raises_a_sentence():
    features = RNG.normal(size=(20, 3))
    asked = {
        "project": lambda: project(POINT, APART, max_steps=60),
        "project, metric": lambda: project(POINT, APART, np.diag([1.0, 2, 3]), max_steps=60),
        "batch": lambda: project(np.stack([POINT, POINT]), APART, max_steps=60),
        "set's own": lambda: APART.project(POINT),
        "moved": lambda: sets.Translated(APART, POINT).project(POINT),
        "support": lambda: APART.support(POINT),
        "functions": lambda: project_functions(features, features @ POINT, APART, max_steps=60),
        "weights": lambda: constrained_weights(features, features @ POINT, APART, max_steps=60),
        "head": lambda: fit_head(features, features @ POINT, within=APART),
        "few steps": lambda: project(
            RNG.normal(size=(5, 16)), sets.Simplex(), cases.metric(16, 1e6), max_steps=1
        ),
    }
    for name, ask in asked.items():
        with pytest.raises(ValueError, match=r"ertified") as caught:
            ask()
        assert len(str(caught.value)) <= 300, name


def test_traced_it_raises_when_it_runs():
    with pytest.raises(Exception, match="Not certified"):
        jax.jit(lambda p: project(p, APART, max_steps=60).value)(POINT).block_until_ready()
    with pytest.raises(Exception, match="no certified answer"):
        jax.jit(lambda p: APART.project(p))(POINT).block_until_ready()


def test_asked_not_to_throw_it_hands_back_the_status():
    found = project(np.stack([POINT, POINT]), APART, max_steps=60, throw=False)
    assert not np.asarray(found.certified).any()
    assert np.isinf(np.asarray(found.gap)).all()  # what is found is in one of the sets at most
    features = RNG.normal(size=(20, 3))
    found = project_functions(features, features @ POINT, APART, max_steps=60, throw=False)
    assert not bool(found.certified)


COLLINEAR = {
    "ball": lambda size: sets.Ball(10 * size),
    "l1 ball": lambda size: sets.L1Ball(20 * size),
    "box": lambda size: sets.Box(-10 * size, 10 * size),
    "polytope": lambda size: sets.Polytope(
        np.vstack([np.eye(2), -np.eye(2)]), np.full(4, 10 * size)
    ),
    "ellipsoid": lambda size: sets.Ellipsoid(100 * size**2 * np.eye(2)),
}


@pytest.mark.parametrize(("dtype", "apart"), [(np.float64, 1e-8), (np.float32, 1e-3)])
@pytest.mark.parametrize("kind", COLLINEAR)
def test_heads_within_a_set_do_not_square_the_condition(kind, dtype, apart):
    """Two columns that differ by `apart`; the labels are a head's whose weights are 1 / apart."""
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 400))
    x = np.column_stack([one, one + apart * other]).astype(dtype)
    y = ((x[:, 1].astype(float) - x[:, 0]) / apart).astype(dtype)
    found = project_functions(x, y, COLLINEAR[kind](1 / apart), bias=False)
    assert found.value.dtype == dtype
    assert np.mean((np.asarray(found.value, float) - y) ** 2) <= 1e-10 * np.mean(y**2.0)


UNIT_COLUMNS = [
    (np.float32, [1, 1e-3, 1e3]),
    (np.float64, [1e-6, 1, 1e6]),
    (np.float32, [1e-21] * 3),
    (np.float64, [1e-170] * 3),
    (np.float64, [1e170] * 3),
]


@pytest.mark.parametrize(("dtype", "unit"), UNIT_COLUMNS)
def test_heads_within_a_set_do_not_mind_units(dtype, unit):
    rng = np.random.default_rng(0)
    x, w = abs(rng.normal(size=(200, 3))) + 0.1, np.array([0.5, 1.0, 1.5])
    columns, y = (x * unit).astype(dtype), (x @ w).astype(dtype)
    with np.errstate(over="ignore"):
        rows = -np.eye(3) / np.asarray(unit)
    for onto in (sets.NonNegative(), sets.Polytope(rows, np.zeros(3))):
        head = fit_head(columns, y, within=onto, bias=False)
        np.testing.assert_allclose(np.asarray(head.weights, float) * unit, w, rtol=1e-4)


def test_rank_within_a_set_is_that_of_the_features():
    x = RNG.normal(size=(200, 3)).astype(np.float32)
    x = np.column_stack([x, x[:, 0]])
    y = RNG.normal(size=200).astype(np.float32)
    assert int(fit_head(x, y, within=sets.Ball(1.0)).rank) == 3


G2 = jnp.array([[2.0, 0.3], [0.3, 1.0]])
TURN = jnp.diag(jnp.array([0.7, -0.2]))
CURVED = {
    "ball": (lambda t: sets.Ball(1.0 + t), jnp.array([3.0, 2.0])),
    "ellipsoid": (
        lambda t: sets.Ellipsoid(jnp.diag(jnp.array([4.0, 1.0]) + t)),
        jnp.array([3.0, 2.0]),
    ),
    "simplex": (lambda t: sets.Simplex(1.0 + t), jnp.array([0.9, 0.7])),
    "l1 ball": (lambda t: sets.L1Ball(1.0 + t), jnp.array([0.9, -0.7])),
    "box": (lambda t: sets.Box(-1.0, 1.0 + t), jnp.array([3.0, 0.3])),
    "half-space": (lambda t: sets.HalfSpace(jnp.array([1.0, 2.0]), 1.0 + t), jnp.array([3.0, 2.0])),
    "affine": (
        lambda t: sets.AffineSubspace(jnp.array([1.0, 1.0 + t]), jnp.array([[1.0], [2.0]])),
        jnp.array([3.0, 2.0]),
    ),
    "hull": (
        lambda t: sets.Hull(jnp.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]) * (1 + t)),
        jnp.array([2.0, 1.7]),
    ),
    "polytope": (
        lambda t: sets.Polytope(jnp.array([[1.0, 1.0], [-1.0, 0.0]]), jnp.array([1.0, 1.0]) + t),
        jnp.array([3.0, 2.0]),
    ),
}


@pytest.mark.parametrize("kind", few(CURVED, "ball", "simplex", "affine", "polytope"))
def test_second_derivatives_are_those_of_the_first(kind):
    """In the point, the metric and the set, all at once."""
    build, point = CURVED[kind]
    way = jnp.array([0.4, -0.3])

    def value(t):
        found = project(point + t * way, build(0.3 * t), G2 + t * TURN + 0.2 * t**2 * G2)
        return jnp.array([1.0, -2.0]) @ found.value

    slope = jax.jit(jax.grad(value))
    right = (slope(1e-4) - slope(-1e-4)) / 2e-4
    assert float(jax.jit(jax.grad(jax.grad(value)))(0.0)) == pytest.approx(float(right), abs=1e-5)
    assert float(jax.jit(jax.jacfwd(jax.jacrev(value)))(0.0)) == pytest.approx(
        float(right), abs=1e-5
    )


def test_second_derivatives_of_intersections_are_refused():
    onto = sets.Intersection((sets.Ball(1.0), sets.NonNegative()))

    def value(p):
        return project(p, onto, G2).value.sum()

    assert np.isfinite(np.asarray(jax.grad(value)(jnp.array([3.0, 2.0])))).all()
    with pytest.raises(NotImplementedError, match="first derivatives only"):
        jax.hessian(value)(jnp.array([3.0, 2.0]))


def test_features_come_before_labels_and_a_constant_is_the_default():
    x, y = RNG.normal(size=(30, 3)), RNG.normal(size=30) + 5.0
    onto = sets.Ball(0.5)
    head = fit_head(x, y, within=onto)
    found, constant = constrained_weights(x, y, onto)
    np.testing.assert_allclose(found.value, head.weights, atol=1e-9)
    np.testing.assert_allclose(constant, head.bias, atol=1e-9)
    np.testing.assert_allclose(project_functions(x, y, onto).value, head(x), atol=1e-9)
    for verb in (project_functions, constrained_weights):
        with pytest.raises(ValueError, match="before"):
            verb(y, x, onto)


def test_a_float32_set_is_read_with_the_digits_it_has():
    for name in cases.SOLVERS:
        onto = jax.tree.map(
            lambda a: a.astype(jnp.float32) if eqx.is_inexact_array(a) else a,
            cases.draw(name, D).onto,
        )
        points = RNG.normal(size=(5, D))
        assert project(points, onto, cases.metric(D, 1e2)).value.dtype == jnp.float64
