"""The oracles against each other: what the projections are compared with has to be right."""

import numpy as np
import pytest
import scipy.optimize
from sklearn.isotonic import IsotonicRegression

import cases
import oracles
from selection import few

D = 6
REGIONS = sorted(cases.DRAWS)


@pytest.fixture(params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


def test_euclidean_projections_match_the_textbook(rng):
    point = rng.normal(size=D)
    shown = {
        "ball": (oracles.ball(D, 0.7), point * min(1, 0.7 / np.linalg.norm(point))),
        "box": (oracles.box(D, -0.2, np.full(D, 0.5)), np.clip(point, -0.2, 0.5)),
        "half infinite": (oracles.box(D, 0.1, np.inf), np.maximum(point, 0.1)),
        "simplex": (oracles.simplex(D, 2.0), cases.sorted_simplex(point, 2.0)),
        "l1": (oracles.l1_ball(D, 1.5), cases.sorted_l1(point, 1.5)),
        "monotone": (oracles.monotone(D), IsotonicRegression().fit_transform(range(D), point)),
        "pool": (oracles.monotone(D), scipy.optimize.isotonic_regression(point).x),
    }
    for name, (region, expected) in shown.items():
        found = oracles.project(region, point)[0]
        np.testing.assert_allclose(found, expected, atol=1e-10, err_msg=name)


def test_subspaces_match_least_squares(rng):
    basis, point, offset = rng.normal(size=(D, 3)), rng.normal(size=D), rng.normal(size=D)
    G = cases.metric(D, 1e4)
    root = np.linalg.cholesky(G).T
    weights = np.linalg.lstsq(root @ basis, root @ (point - offset))[0]
    found = oracles.project(oracles.affine_subspace(D, offset, basis), point, G)[0]
    np.testing.assert_allclose(found, offset + basis @ weights, atol=1e-9)
    moved = oracles.translated(D, oracles.subspace(D, basis), offset)
    np.testing.assert_allclose(oracles.project(moved, point, G)[0], found, atol=1e-9)


@pytest.mark.parametrize("condition", [1.0, 1e2, 1e4])
def test_the_orthant_matches_nnls(rng, condition):
    G, point = cases.metric(D, condition), rng.normal(size=D)
    root = np.linalg.cholesky(G).T
    expected, _ = scipy.optimize.nnls(root, root @ point)
    found = oracles.project(oracles.non_negative(D), point, G)[0]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def by_slsqp(at, point, G):
    """Minimize over the region's own variables with scipy's sequential quadratic programming."""

    def value(x):
        off = at.matrix @ x + at.shift - point
        return off @ G @ off

    def slope(x):
        return 2 * at.matrix.T @ G @ (at.matrix @ x + at.shift - point)

    limits = [
        {"type": "eq", "fun": lambda x: at.E @ x - at.e, "jac": lambda x: at.E},
        {"type": "ineq", "fun": lambda x: at.f - at.F @ x, "jac": lambda x: -at.F},
    ]
    limits = [limit for limit, size in zip(limits, (at.e, at.f), strict=True) if len(size)]
    for S, s, r in at.balls:
        limits.append(
            {"type": "ineq", "fun": lambda x, S=S, s=s, r=r: r**2 - sum((S @ x + s) ** 2)}
        )
    x = scipy.optimize.minimize(
        value,
        np.full(at.matrix.shape[1], 1 / at.matrix.shape[1]),
        jac=slope,
        method="SLSQP",
        constraints=limits,
        options={"ftol": 1e-14, "maxiter": 500},
    ).x
    return at.matrix @ x + at.shift


@pytest.mark.parametrize("name", few(REGIONS, *cases.SOLVERS))
def test_every_region_matches_sequential_quadratic_programming(name):
    at = cases.draw(name, D).region
    G, rng = cases.metric(D, 10.0), np.random.default_rng(5)
    for point in rng.normal(size=(3, D)):
        found = oracles.project(at, point, G)[0]
        np.testing.assert_allclose(found, by_slsqp(at, point, G), atol=2e-5)


@pytest.mark.parametrize("name", few(REGIONS, *cases.SOLVERS))
def test_no_member_is_nearer_than_the_oracle_s(name):
    at = cases.draw(name, D).region
    rng = np.random.default_rng(7)
    members = oracles.project(at, rng.normal(size=(20, D)))
    assert oracles.distance(at, members).max() < 1e-9
    for condition in cases.CONDITIONS:
        G, point = cases.metric(D, condition), 2 * rng.normal(size=D)
        found = oracles.project(at, point, G)[0]
        towards = (members - found) @ (G @ (point - found))
        assert towards.max() <= 1e-9, f"a member is nearer at condition {condition}"
        assert oracles.distance(at, found)[0] < 1e-9


def test_a_spoilt_answer_is_refused(monkeypatch):
    """The check of the KKT conditions has to be able to fail."""
    exact = oracles.newton

    def spoilt(*args, **named):
        face = exact(*args, **named)
        return oracles.replace(face, x=face.x + 1e-6)

    monkeypatch.setattr(oracles, "newton", spoilt)
    with pytest.raises(AssertionError, match="KKT residual"):
        oracles.project(oracles.non_negative(3), np.array([1.0, -1.0, 2.0]))


def test_support_matches_closed_forms(rng):
    g = rng.normal(size=D)
    assert oracles.support(oracles.ball(D, 0.7), g) == pytest.approx(0.7 * np.linalg.norm(g))
    assert oracles.support(oracles.l1_ball(D, 2.0), g) == pytest.approx(2 * abs(g).max())
    assert oracles.support(oracles.simplex(D), g) == pytest.approx(g.max())
    assert oracles.support(oracles.linf_ball(D), g) == pytest.approx(abs(g).sum())


@pytest.mark.parametrize("condition", cases.CONDITIONS)
def test_the_metric_has_the_condition_it_is_asked_for(condition):
    values = np.linalg.eigvalsh(cases.metric(8, condition))
    if condition is None:
        assert np.sum(values > 1e-12) == 4
        assert values[-1] == pytest.approx(1)
    else:
        assert values[-1] / values[0] == pytest.approx(condition)
