"""Certificates recomputed, derivatives, jit and vmap, float32, units, errors."""

import importlib.util

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import cases
import oracles
from inside import inside
from selection import few
from test_projections import COMPACT, ITERATED, KINDS, NAMES, D, agrees, length, problem
from w2s_jax import sets
from w2s_jax.projections import Projection, Status, project, project_functions

functions_module = inside("projections._functions")
points_module = inside("projections._points")

# secular equation, faces, central path: for tests that compile several programs a set
THREE = few(NAMES, "flat ellipsoid", "simplex", "polytope")


@pytest.mark.parametrize(
    "name", few(sorted(set(COMPACT) - ITERATED), "flat ellipsoid", "l1 ball", "simplex")
)
def test_the_gap_is_what_the_formula_says(name):
    """Between the distance itself and the support function's bound, at answers good and bad."""
    case, points = problem(name, 16)
    G = cases.metric(16, 1e4)
    exact = oracles.project(case.region, points, G)
    sizes = []
    for steps in (1000, 1):
        found = project(points, case.onto, G, max_steps=steps, throw=False)
        for k, (v, gap) in enumerate(zip(*map(np.asarray, (found.value, found.gap)), strict=True)):
            g = G @ (v - points[k])
            far, own = length(v - points[k], G), length(v, G)
            size = far * min(far, own + far / 1000)
            if far < 1e-2 * own or gap == np.inf:  # rounding has its own size, no member has none
                continue
            bound = (g @ v + oracles.support(case.region, -g)) / size
            assert length(v - exact[k], G) ** 2 / size <= gap * 1.001 + 1e-9
            # what is not certified may be said to be farther than it is
            assert gap <= bound * (1.001 if found.certified[k] else 10) + 1e-6
            sizes.append(gap)
    assert len(sizes) >= 4


@pytest.mark.parametrize("name", KINDS)
def test_nothing_unfinished_is_certified(name):
    """One step at condition 1e4: what claims to be done is done, and the rest says so."""
    case, points = problem(name, 16)
    G = cases.metric(16, 1e4)
    for tol in (1e-10, 1e-4):
        found = project(points, case.onto, G, max_steps=1, tol=tol, throw=False)
        claims, gap = np.asarray(found.certified), np.asarray(found.gap)
        assert (claims == (gap <= tol)).all()
        assert np.asarray(found.status == Status.max_steps)[~claims].all()
        exact = oracles.project(case.region, points, G)
        scale = np.sum(points @ G * points, 1) + np.sum(exact @ G * exact, 1)
        off = length(np.asarray(found.value) - exact, G) ** 2
        assert (off <= 2 * tol * scale + 1e-14)[claims].all()


def test_some_projections_do_not_finish_in_one_step():
    """So that the test above can fail."""
    for name in ("simplex", "l1 ball", "polytope", "hull", "monotone"):
        case, points = problem(name, 16)
        G = jnp.asarray(cases.metric(16, 1e4))
        found = project(jnp.asarray(points), case.onto, G, max_steps=1, throw=False)
        assert not np.asarray(found.certified).all(), name


def test_every_status_has_a_sentence():
    found = project(jnp.array([3.0, 4.0]), sets.Ball())
    assert isinstance(found, Projection)
    assert Status(int(found.status)) is Status.certified
    assert len({status.sentence for status in Status}) == len(Status)
    assert all(len(status.sentence.split()) >= 5 for status in Status)


def test_more_accuracy_can_be_asked_for():
    case, points = problem("simplex", 16)
    G = jnp.asarray(cases.metric(16, 1e4))
    rough = project(jnp.asarray(points), case.onto, G, tol=1e-3)
    fine = project(jnp.asarray(points), case.onto, G, tol=1e-13)
    assert np.asarray(fine.gap).max() <= 1e-13
    assert np.asarray(rough.gap).max() <= 1e-3
    assert np.asarray(rough.steps).sum() <= np.asarray(fine.steps).sum()


@pytest.mark.parametrize("name", THREE)
def test_the_zero_metric_takes_any_member(name):
    case, points = problem(name, 2)
    found = project(jnp.asarray(points), case.onto, jnp.zeros((2, 2)))
    assert np.isfinite(np.asarray(found.value)).all()
    assert np.asarray(found.certified).all()
    assert np.asarray(case.onto.contains(found.value, tol=1e-6)).all()


def test_sets_of_a_single_point():
    point, G = jnp.array([[2.0, -3.0, 1.0]]), jnp.asarray(cases.metric(3, 1e2))
    for onto, only in (
        (sets.Hull(np.array([[1.0, 2.0, 3.0]])), [1.0, 2.0, 3.0]),
        (sets.Hull(np.ones((4, 3))), [1.0, 1.0, 1.0]),
        (sets.Box(1.0, 1.0), [1.0, 1.0, 1.0]),
        (sets.Ellipsoid(np.zeros((3, 3))), [0.0, 0.0, 0.0]),
        (sets.Subspace(np.zeros((3, 2))), [0.0, 0.0, 0.0]),
        (sets.Intersection((sets.Simplex(), sets.Box(1 / 3, 1.0))), [1 / 3, 1 / 3, 1 / 3]),
    ):
        found = project(point, onto, G)
        np.testing.assert_allclose(found.value, [only], atol=1e-7, err_msg=str(onto))
        assert np.asarray(found.certified).all(), onto


def test_one_dimension():
    G = jnp.array([[4.0]])
    point = jnp.array([[-3.0], [0.2], [5.0]])
    for onto, low, high in (
        (sets.Ball(2.0), -2, 2),
        (sets.L1Ball(2.0), -2, 2),
        (sets.Box(-1.0, 0.5), -1, 0.5),
        (sets.Simplex(2.0), 2, 2),
        (sets.Hull(np.array([[1.0], [3.0], [2.0]])), 1, 3),
        (sets.Monotone(), -9, 9),
        (sets.Polytope(np.array([[1.0], [-1.0]]), np.array([1.0, 2.0])), -2, 1),
    ):
        found = project(point, onto, G)
        np.testing.assert_allclose(found.value, np.clip(point, low, high), atol=1e-9)
        assert np.asarray(found.certified).all()


@pytest.mark.parametrize("name", THREE)
def test_jit_and_vmap_change_nothing(name):
    case, points = problem(name, D)
    G = np.stack([cases.metric(D, 1e2, seed) for seed in range(len(points))])
    points, G = jnp.asarray(points), jnp.asarray(G)
    plain = [project(point, case.onto, own) for point, own in zip(points, G, strict=True)]
    jitted = eqx.filter_jit(project)(points, case.onto, G[0])
    mapped = eqx.filter_vmap(project, in_axes=(0, None, 0))(points, case.onto, G)
    np.testing.assert_allclose(jitted.value, project(points, case.onto, G[0]).value, atol=1e-8)
    np.testing.assert_allclose(mapped.value, np.stack([p.value for p in plain]), atol=1e-8)
    assert np.asarray(mapped.certified).all()
    assert np.asarray(jitted.certified).all()


def slopes(case, point, G, way, turn, step=1e-5):
    """The oracle's derivative, and whether both sides of the point agree on it."""
    at = [
        oracles.project(case.region, point + s * step * way, G + s * step * turn)[0]
        for s in (-1, 0, 1)
    ]
    smooth = np.abs(at[2] - 2 * at[1] + at[0]).max() <= 1e-3 * step
    return (at[2] - at[0]) / (2 * step), smooth


@pytest.mark.parametrize("name", KINDS)
def test_derivatives_match_finite_differences_of_the_oracle(name):
    case = cases.draw(name, D)
    rng = np.random.default_rng(11)
    smooth_ones = 0
    for seed in range(4):
        point, way = rng.normal(size=D), rng.normal(size=D)
        G, turn = cases.metric(D, 10.0, seed), cases.metric(D, 3.0, seed + 50)
        exact, smooth = slopes(case, point, G, way, turn)
        if not smooth:
            continue
        smooth_ones += 1

        def value(point, G):
            return project(point, case.onto, G).value

        primals = jnp.asarray(point), jnp.asarray(G)
        tangents = jnp.asarray(way), jnp.asarray(turn)
        out, forward = jax.jvp(value, primals, tangents)
        np.testing.assert_allclose(forward, exact, atol=1e-5 * (1 + abs(exact).max()))
        up = jnp.asarray(rng.normal(size=D))
        back = jax.vjp(value, *primals)[1](up)
        inner = back[0] @ tangents[0] + (back[1] * tangents[1]).sum()
        assert float(inner) == pytest.approx(float(up @ forward), rel=1e-8, abs=1e-8)
        np.testing.assert_allclose(out, value(*primals), atol=1e-12)
    assert smooth_ones >= 2


@pytest.mark.parametrize("name", THREE)
def test_gradients_are_finite_inside_outside_and_on_the_boundary(name):
    case, points = problem(name, D)
    points = np.vstack([points, np.zeros((1, D))])

    def loss(points, G):
        return (project(points, case.onto, G).value ** 2).sum()

    for G in (np.eye(D), cases.metric(D, 1e4)):
        slopes = jax.jit(jax.grad(loss, (0, 1)))(jnp.asarray(points), jnp.asarray(G))
        assert all(bool(jnp.isfinite(slope).all()) for slope in slopes)


def test_inside_the_set_the_derivative_is_the_identity():
    point, G = jnp.array([0.1, -0.2, 0.3]), jnp.asarray(cases.metric(3, 10.0))
    for onto in (sets.Ball(), sets.Box(-1.0, 1.0), sets.L1Ball(), sets.Ellipsoid(np.eye(3))):
        jacobian = jax.jacrev(lambda p, onto=onto: project(p, onto, G).value)(point)
        np.testing.assert_allclose(jacobian, np.eye(3), atol=1e-9)


@pytest.mark.parametrize("name", THREE)
def test_float32_keeps_its_type_and_three_digits(name):
    case, points = problem(name, D)
    points = points[:4]
    G = cases.metric(D, 1e2)
    onto = jax.tree.map(
        lambda a: a.astype(jnp.float32) if eqx.is_inexact_array(a) else a, case.onto
    )
    single = (jnp.asarray(points, jnp.float32), onto, jnp.asarray(G, jnp.float32))
    found = project(*single)
    assert found.value.dtype == found.gap.dtype == jnp.float32
    agrees(found.value, oracles.project(case.region, points, G), points, 1e2, G, 5e-3)
    assert np.asarray(found.certified).all()
    strict = project(*single, tol=1e-10)  # in float64 within
    assert np.asarray(strict.gap).max() <= 1e-10
    traced = jax.jit(lambda *given: project(*given, throw=False))(*single)
    assert traced.value.dtype == traced.gap.dtype == jnp.float32
    assert (np.asarray(traced.certified) == (np.asarray(traced.gap) <= np.float32(1e-5))).all()


GOOD = np.array([1.0, 2.0, -1.0])
EYE = np.eye(3)
BAD = {
    "point nan": (np.array([1.0, np.nan, 0.0]), sets.Ball(), None, "point"),
    "point inf": (np.array([1.0, np.inf, 0.0]), sets.Ball(), None, "point"),
    "point number": (np.array(1.0), sets.Ball(), None, "point"),
    "point dimension": (GOOD, sets.Hull(np.eye(2)), None, "point"),
    "polytope dimension": (GOOD, sets.Polytope(np.eye(2), np.ones(2)), None, "point"),
    "metric vector": (GOOD, sets.Ball(), np.ones(3), "metric"),
    "metric dimension": (GOOD, sets.Ball(), np.eye(2), "metric"),
    "metric oblong": (GOOD, sets.Ball(), np.ones((3, 2)), "metric"),
    "metric nan": (GOOD, sets.Ball(), np.nan * EYE, "metric"),
    "metric lopsided": (GOOD, sets.Ball(), EYE + np.eye(3, k=1), "metric"),
    "metric indefinite": (GOOD, sets.Ball(), np.diag([1.0, 1.0, -0.1]), "metric"),
}


def plain(module):
    """The module without the shape checks of the tests, as users import it."""
    spec = importlib.util.spec_from_file_location(f"plain_{module.__name__}", module.__file__)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_named(kind):
    point, onto, metric, word = BAD[kind]
    metric = None if metric is None else jnp.asarray(metric)
    with pytest.raises(ValueError, match=word):
        plain(points_module).project(jnp.asarray(point), onto, metric)


@pytest.mark.parametrize("named", [{"tol": 0.0}, {"tol": -1.0}, {"max_steps": 0}])
def test_bad_settings_are_named(named):
    with pytest.raises(ValueError, match=next(iter(named))):
        project(jnp.asarray(GOOD), sets.Simplex(), **named)


@pytest.mark.parametrize("condition", [1.0, 1e2])
def test_an_empty_set_is_never_certified(condition):
    """An intersection is not known to be empty; a polytope is, unless its numbers are traced."""
    G = jnp.asarray(cases.metric(3, condition))
    apart = sets.Intersection((sets.Ball(0.5), sets.Box(1.0, 2.0)))
    found = project(jnp.asarray(GOOD)[None], apart, G, max_steps=50, throw=False)
    assert not np.asarray(found.certified).any()
    assert int(found.status[0]) == Status.max_steps
    A, b = jnp.vstack([EYE, -EYE]), jnp.r_[jnp.zeros(3), -jnp.ones(3)]

    @jax.jit
    def traced(A, b):
        return project(jnp.asarray(GOOD), sets.Polytope(A, b), G, max_steps=50, throw=False)

    assert not bool(traced(A, b).certified)
    with pytest.raises(ValueError, match="empty"):
        sets.Polytope(A, b)


def test_numbers_that_overflow_say_so_and_spoil_no_neighbour():
    points = jnp.array([[1e300, 1e300, 0.0], [3.0, 4.0, 0.0]])
    for onto in (sets.Ball(), sets.Simplex(), sets.L1Ball(), sets.Hull(EYE), sets.Monotone()):
        found = project(points, onto, jnp.asarray(2 * EYE), throw=False)
        if bool(found.certified[0]):
            right = [2e300 / 3] * 3 if isinstance(onto, sets.Monotone) else [0.5, 0.5, 0.0]
            np.testing.assert_allclose(found.value[0], right)
        else:
            assert int(found.status[0]) == Status.not_finite
        assert bool(found.certified[1])
        np.testing.assert_allclose(found.value[1], project(points[1], onto).value, atol=1e-7)


@pytest.mark.parametrize("metric", [np.diag([1.0, 1.0, -0.5]), np.diag([1.0, np.nan, 1.0])])
def test_traced_numbers_are_checked_when_they_are_known(metric):
    @jax.jit
    def traced(point, metric):
        return project(point, sets.Simplex(), metric).value

    with pytest.raises(Exception, match=r"eigenvalue|NaN"):
        traced(jnp.asarray(GOOD), jnp.asarray(metric)).block_until_ready()
    with pytest.raises(Exception, match="NaN"):
        traced(jnp.asarray([np.nan, 0.0, 1.0]), jnp.asarray(EYE)).block_until_ready()


def test_what_is_empty_by_a_hair_and_what_is_not():
    """Two half-spaces that touch hold a plane; apart by 1e-3 they hold nothing."""
    row = np.array([1.0, 1.0, 1.0])

    def slab(gap):
        return sets.Polytope(np.stack([row, -row]), np.array([1.0, -1.0 - gap]))

    found = project(jnp.asarray(GOOD), slab(0.0), jnp.asarray(cases.metric(3, 1e2)))
    assert bool(found.certified)
    assert float(found.value.sum()) == pytest.approx(1.0, abs=1e-8)
    with pytest.raises(ValueError, match="empty"):
        slab(1e-3)


@pytest.mark.parametrize("scale", few([1e-8, 1e-3, 1e3, 1e8], 1e-8, 1e8))
@pytest.mark.parametrize(
    "name",
    few(["ball", "simplex", "l1 ball", "hull", "polytope", "monotone"], "simplex", "polytope"),
)
def test_units_do_not_matter(name, scale):
    """Neither the metric's nor the points' and the set's together."""
    case, points = problem(name, D)
    G = jnp.asarray(cases.metric(D, 1e2))
    plain = project(jnp.asarray(points), case.onto, G)
    heavy = project(jnp.asarray(points), case.onto, scale * G)
    large = project(jnp.asarray(scale * points), sets.Scaled(case.onto, scale), G)
    for found, unit in ((heavy, 1.0), (large, scale)):
        assert np.asarray(found.certified).all()
        size = 1 + np.linalg.norm(points, axis=1, keepdims=True)
        assert (abs(np.asarray(found.value) / unit - plain.value) <= 1e-6 * size).all()


@pytest.mark.parametrize(
    "name", few(["ball", "simplex", "non-negative", "hull", "monotone"], "simplex", "monotone")
)
@pytest.mark.parametrize("bias", [False, True])
def test_functions_are_projected_as_their_weights_are(name, bias):
    rng = np.random.default_rng(3)
    case = cases.draw(name, 4)
    features, weak = rng.normal(size=(30, 4)) + 1.0, rng.normal(size=(30, 3)) + 2.0
    found = project_functions(features, weak, case.onto, bias=bias)
    assert found.value.shape == weak.shape
    assert found.gap.shape == found.certified.shape == (3,)
    assert np.asarray(found.certified).all()
    middle = features.mean(0) if bias else 0.0
    centered, labels = features - middle, weak - (weak.mean(0) if bias else 0.0)
    theta = np.linalg.lstsq(centered, labels)[0]
    weights = oracles.project(case.region, theta.T, centered.T @ centered / 30)
    expected = centered @ weights.T + (weak.mean(0) if bias else 0.0)
    np.testing.assert_allclose(found.value, expected, atol=1e-7)
    one = project_functions(features, weak[:, 0], case.onto, bias=bias)
    assert one.value.shape == (30,)
    assert one.gap.shape == ()
    np.testing.assert_allclose(one.value, expected[:, 0], atol=1e-7)


def test_functions_on_dependent_features():
    """Wide and repeated features: the functions are unique although the weights are not."""
    rng = np.random.default_rng(4)
    features = rng.normal(size=(10, 6))
    features = np.column_stack([features, features])
    weak = rng.normal(size=10)
    at = oracles.l1_ball(12, 0.5)
    G = features.T @ features / 10
    theta = np.linalg.lstsq(features, weak)[0]
    expected = features @ oracles.project(at, theta, G)[0]
    found = project_functions(features, weak, sets.L1Ball(0.5), bias=False)
    np.testing.assert_allclose(found.value, expected, atol=1e-7)


def test_functions_in_the_orthant_are_nnls():
    rng = np.random.default_rng(5)
    features, weak = rng.normal(size=(50, 8)), rng.normal(size=50)
    weights, _ = scipy.optimize.nnls(features, weak)
    found = project_functions(features, weak, sets.NonNegative(), bias=False)
    np.testing.assert_allclose(found.value, features @ weights, atol=1e-8)


FUNCTIONS_BAD = {
    "weak nan": (np.r_[np.nan, np.zeros(4)], np.ones((5, 2)), "weak|labels"),
    "weak cube": (np.zeros((5, 2, 2)), np.ones((5, 2)), "weak|labels"),
    "features vector": (np.zeros(5), np.ones(5), "features"),
    "features nan": (np.zeros(5), np.nan * np.ones((5, 2)), "features"),
    "lengths": (np.zeros(5), np.ones((4, 2)), "labels|features"),
    "nothing": (np.zeros(0), np.ones((0, 2)), "weak|features"),
}


@pytest.mark.parametrize("kind", FUNCTIONS_BAD)
def test_bad_functions_are_named(kind):
    weak, features, word = FUNCTIONS_BAD[kind]
    run = plain(functions_module).project_functions
    with pytest.raises(ValueError, match=word):
        run(features, weak, sets.Ball())


def test_where_only_rounding_is_left_of_the_gap_it_is_certified():
    """A singular metric overlooks all that separates 0 from the set: the distance is rounding."""
    case = cases.draw("scaled translated ellipsoid", 4)
    for seed in range(31):
        found = project(jnp.zeros((2, 4)), case.onto, cases.metric(4, None, seed))
        assert np.asarray(found.certified).all(), seed
