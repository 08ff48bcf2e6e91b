"""Many weak models: identities to 1e-10, rules and weights against numpy, what each refuses."""

import numpy as np
import pytest
from scipy.optimize import minimize

from w2s_jax import fit_head
from w2s_jax.teachers import ensemble, misfit_matrix, select

N, D, K = 40, 6, 5


def mean_square(a):
    return (a**2).mean(0)


def problem(seed, epsilon=0.0, bias=True):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, D)) + 3 * bias
    f = x @ rng.normal(size=D) / 3 + bias + epsilon**0.5 * rng.normal(size=N)
    shared = rng.normal(size=(N, 1))
    w = f[:, None] + rng.uniform(0.2, 1, K) * rng.normal(size=(N, K)) + 0.5 * shared
    return rng, x, w, f


def students_of(x, w, bias=True):
    columns = np.column_stack([np.ones(len(x)), x]) if bias else x
    return columns @ np.linalg.lstsq(columns, w, rcond=None)[0]


CASES = {
    "plain": (lambda x: x, lambda w: w),
    "one teacher": (lambda x: x, lambda w: w[:, :1]),
    "twins": (lambda x: x, lambda w: np.column_stack([w, w[:, 0], w.mean(1)])),
    "deficient": (lambda x: np.column_stack([x, x[:, :2], x @ np.ones((D, 1))]), lambda w: w),
    "offset": (lambda x: x, lambda w: w + 1e4),
}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_the_students_errors_are_the_teachers_less_the_misfit_matrix(name, bias):
    _, x, w, f = problem(0, bias=bias)
    if name == "offset" and not bias:
        w = w - 1e4
    x, w = CASES[name][0](x), CASES[name][1](w)
    found = misfit_matrix(w, features=x, labels=f, bias=bias)
    s = students_of(x, w, bias)
    scale = mean_square(w - f[:, None]).max()
    for ours, theirs in (
        (found.misfit, (w - s).T @ (w - s) / N),
        (found.student_error, (s - f[:, None]).T @ (s - f[:, None]) / N),
        (found.weak_error, (w - f[:, None]).T @ (w - f[:, None]) / N),
        (found.apart, mean_square(s[:, :, None] - s[:, None])),
        (found.weak_apart, mean_square(w[:, :, None] - w[:, None])),
        (found.residual, np.zeros((w.shape[1],) * 2)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10 * max(scale, 1))
    assert found.holds
    assert set(found.assumptions) == {"realizable", "identity"}
    assert found.untested == ()


def test_out_of_reach_the_residual_is_the_mean_of_two_corrections():
    _, x, w, f = problem(1, epsilon=0.5)
    found = misfit_matrix(w, features=x, labels=f)
    s = students_of(x, w)
    gain = mean_square(w - f[:, None]) - mean_square(s - f[:, None])
    correction = mean_square(w - s) - gain
    pairs = (correction[:, None] + correction) / 2
    np.testing.assert_allclose(found.residual, pairs, atol=1e-10)
    assert abs(pairs).max() > 0.01
    assert not found.assumptions["identity"].holds
    assert not found.assumptions["realizable"].holds
    assert "reach" in found.assumptions["identity"].sentence
    exact = misfit_matrix(w, features=x, students=s, labels=f)
    assert exact.assumptions["projection"].holds
    assert not misfit_matrix(w, features=x, students=0.9 * s).assumptions["projection"].holds


@pytest.mark.parametrize("seed", range(5))
def test_a_mean_teacher_gains_its_share_of_the_matrix(seed):
    rng, x, w, f = problem(seed)
    found = misfit_matrix(w, features=x, labels=f)
    a = rng.dirichlet(np.ones(K))
    mixed = ensemble(w, features=x, weights=a, labels=f)
    M = np.asarray(found.misfit)
    np.testing.assert_allclose(mixed.misfit, a @ M @ a, atol=1e-10)
    np.testing.assert_allclose(mixed.weak_error - mixed.student_error, a @ M @ a, atol=1e-10)
    np.testing.assert_allclose(mixed.student, students_of(x, w @ a), atol=1e-10)
    np.testing.assert_allclose(
        mixed.mean_weak_error - mixed.ambiguity - mixed.misfit, mixed.student_error, atol=1e-10
    )
    assert mixed.ambiguity > 0.01
    spread = a @ np.asarray(found.weak_apart) @ a / 2
    np.testing.assert_allclose(mixed.ambiguity, spread, atol=1e-10)


def test_unlabeled_data_leave_one_number_a_teacher_open():
    rng, x, w, f = problem(2)
    found = misfit_matrix(w, features=x, labels=f)
    for error, apart in (
        (found.weak_error, found.weak_apart),
        (found.student_error, found.apart),
    ):
        e = np.diag(error)
        np.testing.assert_allclose(error, (e[:, None] + e - apart) / 2, atol=1e-10)
    # Any differences of the K errors are those of some truth in the class.
    s = students_of(x, w)
    wanted = rng.normal(size=K - 1)
    base = (s[:, 1:] - s[:, :1]) / N
    inner = (mean_square(s[:, 1:]) - mean_square(s[:, :1]) - wanted) / 2
    truth = s[:, 1:] @ np.linalg.solve(base.T @ s[:, 1:], inner)
    errors = mean_square(s - truth[:, None])
    np.testing.assert_allclose(errors[1:] - errors[0], wanted, atol=1e-10)
    # And any weights are the best ones for some truth in the class, and for no truth two of them.
    for b in rng.dirichlet(np.ones(K), 3):
        best = ensemble(w, features=x, weights="oracle", labels=s @ b)
        np.testing.assert_allclose(best.weights, b, atol=1e-6)


def test_the_rules_are_what_they_say():
    rng, x, w, f = problem(3, epsilon=0.3)
    s, rows = students_of(x, w), rng.choice(N, 7, replace=False)
    y, middle = f[rows], s.mean(1)
    by_hand = {
        "paper": [np.mean((w[rows, i] - y) ** 2) - np.mean((w - s)[:, i] ** 2) for i in range(K)],
        "direct": [np.mean((s[rows, i] - y) ** 2) for i in range(K)],
        "weak error": [np.mean((w[rows, i] - y) ** 2) for i in range(K)],
        "moments": [
            np.mean((s[:, i] - middle) ** 2)
            + 2 * np.mean((s[rows, i] - middle[rows]) * (middle[rows] - y))
            for i in range(K)
        ],
    }
    for rule, scores in by_hand.items():
        found = select(w, features=x, labels=y, labeled=rows, rule=rule)
        np.testing.assert_allclose(found.scores, scores, atol=1e-10)
        assert found.chosen == np.argmin(scores)
        assert found.regret is None
        assert found.blind is None
    near = select(w, features=x, rule="nearest")
    np.testing.assert_allclose(near.scores, mean_square(s - middle[:, None]), atol=1e-10)
    assert len({select(w, features=x, labels=f, rule=r).assumes for r in by_hand}) == 4
    for rule in ("paper", "weak error"):
        errors = mean_square(w - f[:, None])
        given = select(w, features=x, weak_error=errors, rule=rule)
        whole = select(w, features=x, labels=f, rule=rule)
        np.testing.assert_allclose(given.scores, whole.scores, atol=1e-10)


def test_the_paper_s_rule_brings_its_certificate():
    _, x, w, f = problem(4, epsilon=0.3)
    whole = select(w, features=x, labels=f, rule="paper")
    assert whole.regret.holds
    assert whole.regret.measured <= whole.regret.regret
    assert whole.regret.untested == ()
    errors = mean_square(w - f[:, None])
    blind = select(w, features=x, weak_error=errors, rule="paper", epsilon=0.3)
    assert "rule" in blind.regret.untested
    np.testing.assert_allclose(
        blind.regret.regret / whole.regret.regret, (0.3 / float(whole.regret.epsilon)) ** 0.5
    )
    assert select(w, features=x, weak_error=errors, rule="paper").regret is None
    part = select(w, features=x, labels=f[:9], labeled=range(9), rule="paper", epsilon=0.3)
    assert part.regret is None


def test_known_second_moments_leave_less_to_measure_where_the_mean_is_right():
    # With all inputs labeled the score is exact: the error less that of the students' mean.
    _, x, w, f = problem(5, epsilon=0.4)
    s = students_of(x, w)
    whole = np.asarray(select(w, features=x, labels=f, rule="moments").scores)
    exact = mean_square(s - f[:, None]) - np.mean((s.mean(1) - f) ** 2)
    np.testing.assert_allclose(whole, exact, atol=1e-10)
    # The truth is the mean and what no student knows: then it is less noisy, by Var(A)/m.
    rng = np.random.default_rng(6)
    s = rng.normal(size=(4000, 2)) * np.array([1.0, 1.3])
    a = s - s.mean(1, keepdims=True)
    a = np.column_stack([a[:, 0] * 2, a[:, 1] * 0.7])
    s = np.column_stack([a[:, 0], a[:, 1], -a.sum(1)])  # three students whose mean is 0
    f, m = rng.normal(size=4000), 10
    draws = rng.integers(4000, size=(3000, m))
    noise = {}
    for rule in ("direct", "moments"):
        scores = [
            np.asarray(select(s, students=s, labels=f[r], labeled=r, rule=rule).scores)
            for r in draws[:400]
        ]
        noise[rule] = np.var([score[0] - score[1] for score in scores])
    first = s[:, 0] ** 2 - s[:, 1] ** 2
    second = -2 * (s[:, 0] - s[:, 1]) * f
    assert abs(noise["moments"] / (second.var() / m) - 1) < 0.25
    assert abs((noise["direct"] - noise["moments"]) / (first.var() / m) - 1) < 0.4


def test_where_a_student_is_right_known_moments_lose():
    rng = np.random.default_rng(7)
    f = rng.normal(size=500)
    e = rng.normal(size=500)
    s = np.column_stack([f, f + 0.3 * e, f + e])
    lost = {"direct": 0, "moments": 0}
    for _ in range(200):
        rows = rng.integers(500, size=4)
        for rule in lost:
            found = select(s, students=s, labels=f[rows], labeled=rows, rule=rule)
            lost[rule] += found.chosen > 0
            v = (e[rows] ** 2).mean() / (e**2).mean()
            assert rule == "direct" or (found.chosen > 0) == (v < 17 / 26)
    assert lost["direct"] == 0 < lost["moments"]
    # Of two students the known term is the same for both, and cancels.
    two = {rule: select(s[:, 1:], students=s[:, 1:], labels=f, rule=rule).scores for rule in lost}
    np.testing.assert_allclose(np.diff(two["direct"]), np.diff(two["moments"]))


def test_weights_are_the_best_of_the_simplex():
    rng, x, w, f = problem(8, epsilon=0.2)
    s, rows = students_of(x, w), rng.choice(N, 12, replace=False)
    y = f[rows, None]
    squares = {
        "least": (w - s).T @ (w - s) / N,
        "labels": (s[rows] - y).T @ (s[rows] - y) / 12,
        "oracle": (s - f[:, None]).T @ (s - f[:, None]) / N,
    }
    labels = {"labels": {"labels": f[rows], "labeled": rows}, "oracle": {"labels": f}}
    for name, Q in squares.items():
        found = ensemble(w, features=x, weights=name, **labels.get(name, {}))
        a = np.asarray(found.weights)
        np.testing.assert_allclose(a.sum(), 1)
        assert (a >= 0).all()
        slope = Q @ a  # the least entry is met wherever there is weight
        np.testing.assert_allclose(a @ slope, slope.min(), atol=1e-8)
        theirs = minimize(
            lambda b, Q=Q: b @ Q @ b,
            np.full(K, 1 / K),
            bounds=[(0, 1)] * K,
            constraints={"type": "eq", "fun": lambda b: b.sum() - 1},
            tol=1e-14,
        )
        np.testing.assert_allclose(a @ slope, theirs.fun, atol=1e-7)
        assert (rng.dirichlet(np.ones(K), 500) @ Q @ a >= a @ slope - 1e-8).all()
    np.testing.assert_allclose(ensemble(w, features=x, weights="uniform").weights, 1 / K)
    assert ensemble(w, features=x, weights="uniform").student_error is None


def test_the_least_misfit_may_be_the_worst_teacher():
    _, x, w, f = problem(9)
    wrong = x @ np.ones(D)  # errs within the class alone: nothing is left for misfit to see
    found = ensemble(np.column_stack([w, wrong]), features=x, weights="least", labels=f)
    np.testing.assert_allclose(found.weights[-1], 1, atol=1e-5)
    even = ensemble(np.column_stack([w, wrong]), features=x, weights="uniform", labels=f)
    assert found.student_error > 10 * even.student_error


@pytest.mark.parametrize("weights", ["uniform", "least", "labels", "oracle"])
def test_few_equal_and_idle_teachers(weights):
    _, x, w, f = problem(10)
    s = students_of(x, w)
    labels = {"labels": f} if weights in ("labels", "oracle") else {}
    alone = ensemble(w[:, :1], features=x, weights=weights, **labels)
    np.testing.assert_allclose(alone.weights, [1.0])
    np.testing.assert_allclose(alone.student, s[:, 0], atol=1e-10)
    twins = ensemble(np.column_stack([w, w]), features=x, weights=weights, **labels)
    single = ensemble(w, features=x, weights=weights, **labels)
    np.testing.assert_allclose(twins.student, single.student, atol=1e-5)
    same = ensemble(w[:, [0] * 4], features=x, weights=weights, **labels)
    np.testing.assert_allclose(same.student, s[:, 0], atol=1e-10)
    idle = ensemble(s, students=s, weights=weights, **labels)  # no misfit at all
    assert idle.misfit == 0
    for rule in ("paper", "direct", "moments"):
        chosen = select(w[:, [2, 2, 2]], features=x, labels=f, rule=rule).chosen
        assert chosen == 0
    assert select(w[:, :1], features=x, rule="nearest").chosen == 0


_, X, W, F = problem(11)
BAD = [
    (misfit_matrix, {}, "students and features are both None"),
    (misfit_matrix, {"weak": W[:, 0], "features": X}, "weak has shape"),
    (misfit_matrix, {"weak": np.where(W > 1, np.nan, W), "features": X}, "weak holds NaN"),
    (misfit_matrix, {"students": W[:, :3]}, "students has shape .* one column for each teacher"),
    (misfit_matrix, {"features": X[:9]}, "and features has 9"),
    (misfit_matrix, {"features": X, "labels": F[:9]}, "labels has 9 rows and weak 40"),
    (select, {"features": X, "rule": "best"}, "rule must be one of 'paper', .* got 'best'"),
    (select, {"features": X, "rule": None}, "rule must be one of"),
    (select, {"features": X, "rule": "direct"}, "needs some: pass labels$"),
    (select, {"features": X, "rule": "paper"}, "pass labels, or weak_error"),
    (select, {"features": X, "rule": "nearest", "labels": F}, "'nearest' uses none"),
    (select, {"features": X, "rule": "direct", "labels": F[:3]}, "by labeled"),
    (select, {"features": X, "rule": "direct", "labeled": [1]}, "labels is None"),
    (select, {"features": X, "rule": "direct", "weak_error": np.ones(K)}, "not 'direct'"),
    (select, {"features": X, "rule": "paper", "weak_error": np.ones(3)}, "must hold 5 errors"),
    (select, {"features": X, "rule": "paper", "weak_error": -np.ones(K)}, "at least 0"),
    (
        select,
        {"features": X, "rule": "paper", "weak_error": np.ones(K), "labels": F},
        "exclude each other",
    ),
    (
        select,
        {"features": X, "rule": "paper", "labels": F, "epsilon": -1.0},
        "epsilon must be at least 0",
    ),
    (ensemble, {"features": X, "weights": "most"}, "would maximize aᵀMa"),
    (ensemble, {"features": X, "weights": "best"}, "weights must be 'uniform', .* got 'best'"),
    (ensemble, {"features": X, "weights": "given"}, "weights must be"),
    (ensemble, {"features": X, "weights": np.ones(3) / 3}, "3 numbers for 5 teachers"),
    (ensemble, {"features": X, "weights": np.ones(K)}, "sum to 1, got the least 1 and the sum 5"),
    (ensemble, {"features": X, "weights": [-1, 1, 1, 0, 0]}, "at least 0"),
    (ensemble, {"features": X, "weights": "labels"}, "pass labels"),
    (
        ensemble,
        {"features": X, "weights": "oracle", "labels": F[:3], "labeled": [0, 1, 2]},
        "3 of 40",
    ),
    (
        ensemble,
        {"features": X, "weights": "least", "labels": F[:1], "labeled": [0]},
        "'least' use no label",
    ),
]
LABELED = [
    (np.arange(N) < 3, "booleans"),
    ([0.0, 1.0, 2.0], "whole numbers"),
    ([[0, 1, 2]], "whole numbers"),
    ([0, 1], "names 2 inputs, but there are 3 labels"),
    ([0, 1, 40], "from 0 to 39, got 0 to 40"),
    ([0, 1, -1], "got -1 to 1"),
]
BAD += [
    (select, {"features": X, "rule": "direct", "labels": F[:3], "labeled": rows}, words)
    for rows, words in LABELED
]


@pytest.mark.parametrize(("call", "given", "words"), BAD)
def test_bad_inputs_are_refused_in_a_sentence(call, given, words):
    with pytest.raises(ValueError, match=words) as raised:
        call(**{"weak": W} | given)
    assert len(str(raised.value)) <= 300


def test_students_handed_in_in_single_precision_are_judged_by_their_digits():
    s = np.asarray(fit_head(X, W[:, 0])(X))
    rounded = students_of(X, W).astype(np.float32)
    found = misfit_matrix(W, students=rounded, labels=F)
    assert found.assumptions["identity"].holds
    assert found.assumptions["identity"].value > 1e-11
    assert found.untested == ("projection", "realizable")
    np.testing.assert_allclose(rounded[:, 0], s, atol=1e-5)
