"""The inequalities and laws of the proofs, each against a wrong version that must fail."""

import re

import numpy as np
import pytest
from scipy.optimize import nnls
from visits import ROOT

from inside import inside
from w2s_jax import evaluate, sets
from w2s_jax.projections import project

NAMES = ("proofs", "proofs-beyond")
rates = inside("experiments.synthetic._rates")

PAGES = [(ROOT / "book" / "back" / f"{name}.md").read_text("utf8") for name in NAMES]
PAGE = "".join(PAGES)


def _mean(product):
    return product.mean(-1)


def _hulls(draws=40, seed=0):
    """Hulls of five functions on four inputs, a teacher each, and its exact student."""
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        corners, weak = rng.normal(size=(5, 4)), 2 * rng.normal(size=4)
        found = project(weak, sets.Hull(corners), tol=1e-13)
        yield rng, corners, weak, np.asarray(found.value)


def test_the_bracket_holds_and_both_ends_are_attained():
    loose = False
    for rng, corners, weak, student in _hulls():
        off, misfit = weak - student, _mean((weak - student) ** 2)
        support = (-_mean(corners * off)).max()
        room = 2 * (_mean(off * student) + support)
        truths = np.concatenate([corners, rng.dirichlet(np.ones(5), 200) @ corners, [student]])
        gain = _mean((weak - truths) ** 2) - _mean((student - truths) ** 2)
        assert (gain >= misfit - 1e-6).all()
        assert (gain <= misfit + room + 1e-6).all()
        assert abs(gain.max() - misfit - room) < 1e-6
        assert abs(gain.min() - misfit) < 1e-6
        assert room <= 2 * np.sqrt(misfit) * _diameter(corners) + 1e-9
        loose |= bool((gain > misfit + 1e-3).any())  # ε = 0: the affine bound would be the misfit
        out = truths + rng.normal(size=truths.shape)
        best = np.asarray(project(out, sets.Hull(corners), tol=1e-13).value)
        far = 2 * np.sqrt(misfit * _mean((out - best) ** 2))
        gain = _mean((weak - out) ** 2) - _mean((student - out) ** 2)
        assert (gain >= misfit - far - 1e-6).all()
        assert (gain <= misfit + room + far + 1e-6).all()
    assert loose


def _diameter(corners):
    return np.sqrt(_mean((corners[:, None] - corners) ** 2).max())


def test_the_support_point_convicts_more_than_the_projection():
    weaker = 0
    for rng, corners, weak, student in _hulls(seed=1):
        claim = rng.dirichlet(np.ones(5)) @ corners
        at_projection = 2 * _mean((weak - claim) * (student - claim))
        at_support = 2 * _mean((weak - claim) * (corners - claim)).max()
        assert 2 * _mean((claim - student) ** 2) - 1e-6 <= at_projection <= at_support + 1e-6
        weaker += at_projection < 0.9 * at_support
    assert weaker > 10


def _cones(draws, rng, d=4):
    """Non-negative weights in a metric G = AᵀA: A, a point, and the member nearest to it."""
    for _ in range(draws):
        A = rng.normal(size=(6, d)) * 10.0 ** rng.uniform(-3, 0, size=d)
        q = rng.normal(size=d)
        yield A, q, nnls(A, A @ q)[0]


def _at_most(gamma, rho):
    return (rho + np.sqrt(rho**2 + 4 * gamma)) / 2


def test_the_certificate_without_bounds_holds_and_is_attained():
    rng, ratios, below = np.random.default_rng(2), [], 0
    for A, q, p in _cones(400, rng):
        G = A.T @ A
        for size in (1e-6, 1e-2, 1.0):
            v = np.maximum(p + size * rng.normal(size=4), 0)
            g = G @ (v - q)
            lam = np.maximum(g * (v < rng.uniform(0, 1)), 0)  # any part of the dual cone will do
            r = g - lam
            gamma, rho = lam @ v, np.sqrt(r @ np.linalg.solve(G, r))
            distance = np.linalg.norm(A @ (v - p))
            bound = _at_most(gamma, rho)
            assert distance <= bound * (1 + 1e-6) + 1e-9
            assert bound**2 <= (2 * gamma + rho**2) * (1 + 1e-9)
            ratios.append(distance / max(bound, 1e-12))
            top = np.linalg.eigvalsh(G)[-1]
            below += distance**2 > 1.1 * (gamma + r @ r / top)  # the residual over λ_max
            truth = rng.exponential(size=4)
            slack = -2 * g @ (v - truth)
            allowed = 2 * gamma + 2 * rho * np.linalg.norm(A @ (v - truth))
            assert slack >= -allowed - 1e-9
        lam, v = G @ (p - q), p * rng.uniform(0.5, 2, size=4)
        assert abs(lam @ (v - p)) < 1e-9  # the split of the projection is exact where p pushes
        assert np.allclose(G @ (v - q) - lam, G @ (v - p))
    assert max(ratios) > 0.999
    assert below > 100


def test_the_certificate_holds_in_a_singular_metric():
    rng, tight = np.random.default_rng(8), 0
    for _ in range(200):
        A = rng.normal(size=(2, 4))
        G, q = A.T @ A, rng.normal(size=4)
        p, v = nnls(A, A @ q)[0], rng.exponential(size=4)
        normal = G @ (p - q)
        assert normal.min() > -1e-9
        distance = np.linalg.norm(A @ (v - p))
        for share in (0.0, 0.5, 1.0):
            lam = share * np.maximum(normal, 0)
            r = G @ (v - q) - lam
            rho = np.sqrt(max(r @ np.linalg.pinv(G, rcond=1e-10) @ r, 0))
            assert distance <= _at_most(lam @ v, rho) * (1 + 1e-6)
            tight += share == 1 and abs(rho - distance) < 1e-6
    assert tight == 200


def test_a_certificate_needs_the_rest_in_the_range_of_the_metric():
    G, q, v = np.diag([1.0, 0.0]), np.array([2.0, 0.0]), np.zeros(2)
    g = G @ (v - q)
    lam = np.array([-1.0, 1.0])  # on {0 ≤ v₁ ≤ v₂} no product with a member is negative
    members = np.array([[0.0, 1.0], [1.0, 1.0]])
    assert (members @ lam >= 0).all()
    assert lam @ v == 0
    rest = g - lam
    blind = rest @ np.linalg.pinv(G) @ rest
    away = (v - np.array([2.0, 2.0])) @ G @ (v - np.array([2.0, 2.0]))
    assert away == 4
    assert blind == 1 < away
    assert g @ np.linalg.pinv(G) @ g == away  # the split λ = 0 is exact


def test_the_split_of_an_intersection_certifies_its_members():
    rng, ball = np.random.default_rng(3), lambda g: np.linalg.norm(g)
    for _ in range(300):
        q = 2 * rng.normal(size=3)
        up = np.maximum(q, 0)
        p = up / max(np.linalg.norm(up), 1)  # non-negative, in the ball of radius 1
        v = rng.dirichlet(np.ones(3)) * rng.uniform(0, 1)
        orthant = np.minimum(q, 0) - rng.exponential(size=3) * (rng.uniform() < 0.5)
        second = q - v - orthant  # −λ₁ − λ₂ = −g, with −λ₁ a normal of the orthant at 0
        gamma = -orthant @ v + (ball(second) - second @ v)
        assert gamma >= -1e-12
        assert ((v - p) ** 2).sum() <= gamma + 1e-12
        exact = np.minimum(q, 0)
        rest = up - p
        assert abs(-exact @ p + ball(rest) - rest @ p) < 1e-9


@pytest.mark.parametrize("push", [0.0, 1.0, 1e3])
def test_discs_that_touch_have_no_exact_split(push):
    total = 0.0
    for center, pushed in ((1.0, -push), (-1.0, push)):
        total += center * pushed + np.hypot(pushed, 0.5)
    assert 0 < total == pytest.approx(2 * (np.hypot(push, 0.5) - push))


ATOMS = 400


def _population(seed=4):
    """Equally likely inputs with three features, a teacher, and a truth out of reach."""
    rng = np.random.default_rng(seed)
    h = np.column_stack([np.ones(ATOMS), rng.uniform(-1, 1, size=(ATOMS, 2))])
    noise = rng.standard_t(3, size=ATOMS)
    w = h @ [0.5, -1.0, 0.3] + noise
    return rng, h, w, h @ [0.0, 1.0, 1.0] + 0.3 * rng.normal(size=ATOMS)


def _projected(h, y):
    return h @ np.linalg.lstsq(h, y, rcond=None)[0]


def test_linear_heads_stay_near_the_projection():
    rng, h, w, f = _population()
    leverage = (h * np.linalg.solve(h.T @ h / ATOMS, h.T).T).sum(1)
    s, best = _projected(h, w), _projected(h, f)
    u, d, first, second = w - s, 3, 0.05, 0.25
    n = int(np.ceil(6.52 * leverage.max() * np.log(d / first)))
    near = 4 * _mean(u**2 * leverage) / (n * second)
    far, correction = [], 2 * _mean(u * (f - best))
    for _ in range(2000):
        seen = rng.integers(ATOMS, size=n)
        student = h @ np.linalg.lstsq(h[seen], w[seen], rcond=None)[0]
        moved = _mean((student - s) ** 2)
        far.append(moved)
        misfit = _mean((student - w) ** 2)
        gain = _mean((w - f) ** 2) - _mean((student - f) ** 2)
        cost = 2 * np.sqrt(_mean((s - best) ** 2) * moved) + 2 * moved
        assert misfit == pytest.approx(_mean(u**2) + moved)
        assert misfit - correction - cost - 1e-9 <= gain
    failed = (np.array(far) > near).mean()
    assert failed <= first + second
    assert (np.array(far) > near * second / 4).mean() > 0.3  # its mean is no bound
    assert near < 5 * np.mean(far) * 4  # and what Markov costs is all that is lost


def test_the_constant_of_the_matrix_chernoff_bound():
    assert 6.51 < 1 / (0.5 - 0.5 * np.log(2)) < 6.52


def test_two_misfits_enclose_that_of_the_projection():
    rng, h, w, _ = _population()
    m, own, left_out = _mean((w - _projected(h, w)) ** 2), [], []
    for _ in range(20_000):
        seen = rng.integers(ATOMS, size=12)
        q = np.linalg.qr(h[seen])[0]
        residual = w[seen] - q @ (q.T @ w[seen])
        own.append(_mean(residual**2))
        left_out.append(_mean((residual / (1 - (q**2).sum(1))) ** 2))
    error = np.std(own) / np.sqrt(len(own))
    assert np.mean(own) + 4 * error < m < np.mean(left_out)
    one_power = np.mean(own) / (1 - 3 / 12)  # between them, not a bound of either kind
    assert np.mean(own) < one_power < np.mean(left_out)


def _fresh(n, d, constant, draws=40_000, seed=5):
    """Moves ‖ŝ − s‖², gains and own misfits of students on normal features; m = 1."""
    rng = np.random.default_rng(seed)
    mix = np.linalg.cholesky(np.eye(d) + 0.5)
    H = rng.normal(size=(draws, n, d)) @ mix.T
    C = mix @ mix.T
    if constant:
        H = np.concatenate([np.ones((draws, n, 1)), H + 1.5], 2)
        center = np.concatenate([[1.0], np.full(d, 1.5)])
        C = np.pad(C, ((1, 0), (1, 0))) + np.outer(center, center)
    u = rng.choice([-1.0, 1.0], size=(draws, n, 1))
    weights = np.linalg.solve(H.swapaxes(1, 2) @ H, H.swapaxes(1, 2) @ u)
    moved = (weights * (C @ weights)).sum((1, 2))
    mistake = np.ones((C.shape[0], 1))  # weights of s − f
    cross = (weights * (C @ mistake)).sum((1, 2))
    return moved, 1 - 2 * cross - moved, ((u - H @ weights) ** 2).mean((1, 2))


def _agrees(values, mean):
    return abs(values.mean() - mean) < 4.5 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize(
    ("n", "d", "constant", "rho", "near"),
    [
        (14, 3, False, 3 / 10, 3 / 14),
        (16, 5, False, 5 / 10, 5 / 9),
        (12, 2, True, (3 - 1 / 6) / 8, 3 / 8),
        (18, 4, True, (5 - 1 / 9) / 12, 4 / 12),
    ],
)
def test_the_law_of_the_fresh_gain(n, d, constant, rho, near):
    moved, gain, own = _fresh(n, d, constant)
    k = d + constant
    assert _agrees(moved, rho)
    assert _agrees(gain, 1 - rho)
    assert _agrees(own, 1 - k / n)
    assert not _agrees(moved, near)
    assert not _agrees(gain, 1 + rho)
    assert _agrees(own / (1 - k / n) * (1 - rho), 1 - rho)
    assert rho > k / n


def test_the_worked_number_of_the_law():
    rho = 10 / 29
    assert f"{rho:.2f}" == "0.34"
    assert f"{1 + rho:.2f}" == "1.34"
    assert f"{1 - rho:.2f}" == "0.66"
    assert abs((1 - rho) / (1 + rho) - 0.5) < 0.02
    assert 1 - 10 / 40 == 0.75
    assert "$\\rho = 10/29 = 0.34$" in PAGE


def test_one_constraint_for_all_n_loses_one_third():
    limit = 0.5 ** (2 / 3)
    for n, tolerance in ((10**6, 0.06), (10**9, 0.01)):
        tilt = np.random.default_rng(6).normal(size=400) / np.sqrt(n)
        moved = rates._moved_by_memory(lambda a, n: a**0.5, n, tilt)
        assert abs(np.median(moved) * n ** (1 / 3) - limit) < tolerance
    assert abs(limit - 0.63) < 0.001


def test_a_heavy_feature_alone_does_not_slow_the_weight():
    rng, sizes, spread = np.random.default_rng(7), (400, 6400), {"grows": [], "apart": []}
    for n in sizes:
        square = rng.standard_t(8 / 3, size=(600, n))
        coin = rng.choice([-1.0, 1.0], size=(600, n))
        for name, leftover in (("grows", square * coin), ("apart", coin)):
            off = (square * leftover).sum(1) / (square**2).sum(1)
            spread[name].append(np.median(abs(off)))
    slopes = {name: np.log(b / a) / np.log(16) for name, (a, b) in spread.items()}
    assert abs(slopes["grows"] + 0.25) < 0.08
    assert abs(slopes["apart"] + 0.5) < 0.08


def test_a_teacher_that_looks_at_the_sample_breaks_the_theorem():
    seen = np.arange(1000) < 5
    weak, truth = np.where(seen, 1.0, -1.0), -np.ones(1000)
    student = np.full(1000, np.clip(weak[seen].mean(), -1, 1))
    others = evaluate(weak[~seen], student[~seen], truth[~seen])
    assert others.student_error == 4
    assert others.weak_error - others.misfit == -4


def test_a_cone_has_no_bound_from_above():
    weak = np.array([-1.0])
    student = np.asarray(sets.NonNegative().project(weak))
    for t in (0.0, 10.0, 1000.0):
        assert evaluate(weak, student, np.array([t])).gain == 1 + 2 * t


@pytest.mark.parametrize(
    "label",
    [
        "bracket",
        "certificate",
        "intersection",
        "linear-sample",
        "two-misfits",
        "fresh-gain",
        "third",
    ],
)
def test_every_result_that_the_package_cites_has_its_label(label):
    assert f":label: proofs-{label}\n" in PAGE


def test_places_that_moved_to_the_second_page_are_still_on_the_first():
    first, second = PAGES
    moved = set(re.findall(r"^:label: ([\w-]+)$", second, re.M))
    moved |= set(re.findall(r"^\(((?!proofs-beyond)[\w-]+)\)=$", second, re.M))
    assert len(moved) > 20
    assert moved == set(re.findall(r'<span id="([\w-]+)"></span>', first))
    assert {name for name in moved if f"{{prf:ref}}`{name}`" not in first} == {
        "proofs-many",
        "proofs-divergences",
    }
