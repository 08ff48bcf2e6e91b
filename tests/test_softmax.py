"""Softmax heads against scikit-learn, scipy and exponential cones, and what is refused."""

from itertools import pairwise
from typing import Any

import clarabel as _clarabel
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from w2s_jax.heads import (
    SoftmaxStatus,
    fit_softmax,
    fit_softmaxes,
    numerical_rank,
    stream_softmax,
)

clarabel: Any = _clarabel  # a compiled module, which states no types


def task(n=300, d=5, classes=3, seed=0, *, hard=False, scale=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    chances = softmax(x @ rng.normal(size=(d, classes)) * scale + rng.normal(size=(n, classes)), 1)
    if not hard:
        return x, chances
    return x, np.array([rng.choice(classes, p=row) for row in chances])


def objective(head, x, chances, ridge):
    logits = (x - np.asarray(head.center)) @ np.asarray(head.weights) + np.asarray(head.level)
    loss = -(chances * log_softmax(logits, axis=1)).sum(1).mean()
    return loss + ridge * (np.asarray(head.weights) ** 2).sum()


def scikit(x, labels, C, weights=None):
    model = LogisticRegression(C=C, solver="newton-cg", tol=1e-12, max_iter=1000)
    return model.fit(x, labels, sample_weight=weights).predict_proba(x)


def repeated(x, chances):
    n, classes = chances.shape
    return np.tile(x, (classes, 1)), np.repeat(np.arange(classes), n), chances.T.ravel()


@pytest.mark.parametrize("ridge", [0.0, 1e-3, 0.1])
@pytest.mark.parametrize("classes", [2, 4])
def test_hard_labels_give_what_scikit_learn_finds(classes, ridge):
    x, labels = task(classes=classes, hard=True)
    head = fit_softmax(x, labels, ridge=ridge)
    C = 1 / (len(x) * ridge * (1 if classes == 2 else 2)) if ridge else np.inf
    np.testing.assert_allclose(head(x), scikit(x, labels, C), atol=2e-7)
    assert head.certified
    assert head.gap < 1e-14
    assert head.rank == 5


@pytest.mark.parametrize("ridge", [0.0, 1e-2])
def test_soft_labels_are_repeated_rows(ridge):
    x, chances = task()
    rows, labels, weights = repeated(x, chances)
    C = 1 / (2 * len(x) * ridge) if ridge else np.inf
    head = fit_softmax(x, chances, ridge=ridge)
    np.testing.assert_allclose(head(rows), scikit(rows, labels, C, weights), atol=2e-7)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("ridge", [0.0, 1e-2])
def test_scipy_finds_nothing_below(ridge, bias):
    x, chances = task(n=80, d=3)
    head = fit_softmax(x, chances, ridge=ridge, bias=bias)

    def loss(flat):
        weights, level = flat[:9].reshape(3, 3), flat[9:] * bias
        logs = log_softmax(x @ weights + level, axis=1)
        return -(chances * logs).sum(1).mean() + ridge * (weights**2).sum()

    least = scipy.optimize.minimize(loss, np.zeros(12), tol=1e-10).fun
    assert objective(head, x, chances, ridge) <= least + head.gap + 1e-15
    assert objective(head, x, chances, ridge) > least - 1e-8


def test_an_exponential_cone_program_agrees():
    x, chances = task(n=12, d=2)
    (n, d), c, ridge = x.shape, 3, 0.05
    design = np.c_[x, np.ones(n)]
    weights, levels, parts = c * (d + 1), n, n * c
    size = weights + levels + parts  # W; t ≥ lse(z), by u ≥ exp(z − t) and sums of u at most 1
    P = sp.diags(np.r_[np.tile(np.r_[np.full(d, 2 * ridge), 0.0], c), np.zeros(levels + parts)])
    linear = np.r_[-(chances.T @ design / n).ravel(), np.full(n, 1 / n), np.zeros(parts)]
    rows, sides, cones = [], [], []
    for i in range(n):
        for k in range(c):
            z = np.zeros(size)
            z[k * (d + 1) : (k + 1) * (d + 1)] = design[i]
            z[weights + i] = -1
            u = np.zeros(size)
            u[weights + levels + i * c + k] = 1
            rows += [-z, 0 * z, -u]
            sides += [0, 1, 0]
            cones.append(clarabel.ExponentialConeT())
    for i in range(n):
        total = np.zeros(size)
        total[weights + levels + i * c : weights + levels + (i + 1) * c] = 1
        rows.append(total)
        sides.append(1)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    cones.append(clarabel.NonnegativeConeT(n))
    given = sp.csc_matrix(P), linear, sp.csc_matrix(np.array(rows)), np.array(sides, float)
    solved = clarabel.DefaultSolver(*given, cones, settings).solve()
    head = fit_softmax(x, chances, ridge=ridge)
    assert abs(objective(head, x, chances, ridge) - solved.obj_val) < 1e-6


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("ridge", [0.0, 1e-6, 1e-3, 1.0])
def test_the_gap_bounds_what_is_left_wherever_it_stops(ridge, bias, steps):
    for seed, hard in ((0, False), (1, True)):
        x, labels = task(seed=seed, hard=hard, scale=1.5)
        x = x + 3.0
        chances = np.eye(3)[labels] if hard else labels
        early = fit_softmax(x, labels, ridge=ridge, bias=bias, max_steps=steps, throw=False)
        best = fit_softmax(x, labels, ridge=ridge, bias=bias)
        left = objective(early, x, chances, ridge) - objective(best, x, chances, ridge)
        assert -1e-14 < left <= early.gap + 1e-15
        assert early.steps <= steps
        assert early.certified == (early.gap <= 1e-14)
        assert early.gap < 2


def test_the_gap_is_close_to_the_duality_gap_by_hand():
    x, chances = task(scale=3)
    early = fit_softmax(x, chances, ridge=0.1, bias=False, max_steps=1, throw=False)
    weights = np.asarray(early.weights)
    slope = x.T @ (softmax(x @ weights, 1) - chances) / len(x) + 0.2 * weights
    np.testing.assert_allclose(early.gap, (slope**2).sum() / 0.4, rtol=1e-9)


def test_predictions_are_as_near_as_the_gap_says():
    x, chances = task()
    best = np.asarray(fit_softmax(x, chances)(x))
    loose = fit_softmax(x, chances, tol=1e-4)
    apart = (best * (np.log(best) - np.log(loose(x)))).sum(1).mean()
    assert 0 < apart <= loose.gap <= 1e-4


def test_many_tasks_and_a_ridge_path_are_those_of_one():
    x, chances = task()
    ridges = np.array([0.0, 1e-4, 0.1, 10.0])
    path = fit_softmaxes(x, np.repeat(chances[:, None], 4, axis=1), ridge=ridges)
    assert path.weights.shape == (5, 4, 3)
    assert path(x).shape == (300, 4, 3)
    for at, ridge in enumerate(ridges):
        one = fit_softmax(x, chances, ridge=ridge)
        np.testing.assert_allclose(path(x)[:, at], one(x), atol=1e-7)
    numbers = np.stack([task(seed=s, hard=True)[1] for s in range(3)], axis=1)
    many = fit_softmaxes(x, numbers, ridge=0.01)
    for at in range(3):
        one = fit_softmax(x, numbers[:, at], ridge=0.01)
        np.testing.assert_allclose(many(x)[:, at], one(x), atol=1e-7)


@pytest.mark.parametrize("ridge", [0.0, 0.01])
def test_redundant_columns_change_no_prediction_and_the_norm_is_least(ridge):
    x, chances = task()
    wide = np.c_[x, x[:, 0], x[:, 1] - 2 * x[:, 2], np.full(len(x), 7.0)]
    head, plain = fit_softmax(wide, chances, ridge=ridge), fit_softmax(x, chances, ridge=ridge)
    assert head.rank == numerical_rank(wide).rank == 5
    if ridge == 0:
        np.testing.assert_allclose(head(wide), plain(x), atol=1e-7)
        found = wide - wide.mean(0)
        least = np.linalg.pinv(found, rcond=1e-8) @ (found @ np.asarray(head.weights))
        np.testing.assert_allclose(head.weights, least, atol=1e-9)
    weights = np.asarray(head.weights)
    np.testing.assert_allclose(weights.sum(1), 0, atol=1e-12)
    np.testing.assert_allclose(weights[5], weights[0], atol=1e-9)
    np.testing.assert_array_equal(weights[7], 0)


@pytest.mark.parametrize("ridge", [0.0, 0.01])
def test_features_far_from_zero(ridge):
    x, chances = task()
    head = fit_softmax(x + 1e7, chances, ridge=ridge)
    np.testing.assert_allclose(head(x + 1e7), fit_softmax(x, chances, ridge=ridge)(x), atol=1e-7)


def test_units_of_columns_do_not_matter_without_a_ridge():
    x, chances = task()
    units = 10.0 ** np.array([-6, -3, 0, 3, 6])
    head = fit_softmax(x * units, chances)
    np.testing.assert_allclose(head(x * units), fit_softmax(x, chances)(x), atol=1e-7)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("kind", [np.asarray, jnp.asarray])
def test_short_floats_are_computed_in_float64(kind, dtype):
    x, chances = task()
    short = x.astype(dtype)
    head = fit_softmax(kind(short), kind(chances.astype(dtype)))
    rows = chances.astype(dtype).astype(float)
    exact = fit_softmax(short.astype(float), rows / rows.sum(1, keepdims=True))
    assert np.asarray(head.weights).dtype == np.float64
    np.testing.assert_allclose(head(short), exact(short.astype(float)), atol=1e-6)


def test_more_features_than_inputs():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(20, 50)), rng.integers(0, 3, 20)
    head = fit_softmax(x, labels, ridge=0.01)
    C = 1 / (2 * 20 * 0.01)
    np.testing.assert_allclose(head(x), scikit(x, labels, C), atol=2e-7)
    chances = softmax(rng.normal(size=(20, 3)), axis=1)
    np.testing.assert_allclose(fit_softmax(x, chances)(x), chances, atol=1e-7)
    with pytest.raises(ValueError, match="separates classes"):
        fit_softmax(x, labels)


def test_labels_without_features_give_their_mean():
    x, chances = np.full((40, 2), 3.0), task(n=40)[1]
    head = fit_softmax(x, chances)
    np.testing.assert_allclose(head(x), np.tile(chances.mean(0), (40, 1)), atol=1e-9)
    assert head.rank == 0
    one = fit_softmax(x, np.zeros(40, int))
    np.testing.assert_array_equal(one(x), np.ones((40, 1)))
    nothing = fit_softmax(np.zeros((40, 2)), chances, bias=False)
    np.testing.assert_array_equal(nothing(x), np.full((40, 3), 1 / 3))


def test_booleans_are_two_classes():
    x, labels = task(classes=2, hard=True)
    yes = fit_softmax(x, labels == 1)
    np.testing.assert_array_equal(yes(x), fit_softmax(x, labels)(x))
    assert fit_softmax(x, labels == 5, ridge=0.1, bias=False).weights.shape == (5, 2)


def separated(kind, classes, seed):
    """Data that a plane separates, wholly or in part, or only just not."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 3))
    labels = (x @ rng.normal(size=(3, classes))).argmax(1)
    if kind == "apart":
        return x, labels, True
    if kind == "touching":  # rows on the plane itself, with labels of both sides
        on = x[:20] * [0.0, 1.0, 1.0]
        labels = np.r_[np.where(x[:, 0] > 0, 0, 1), rng.integers(0, 2, 20)]
        return np.r_[x, on], labels, True
    if kind == "one class":  # apart from the others, which overlap
        labels = np.where(x[:, 0] > 0.5, 2, rng.integers(0, 2, 60))
        return x, labels, True
    return np.r_[x, x[:8]], np.r_[labels, (labels[:8] + 1) % classes], False


@pytest.mark.parametrize("kind", ["apart", "touching", "one class", "mixed"])
def test_separated_data_are_refused_and_a_ridge_is_named(kind):
    for seed in range(4):
        x, labels, apart = separated(kind, 3, seed)
        assert apart == unbounded(x, labels)
        head = fit_softmax(x, labels, throw=False)
        if apart:
            assert head.status == SoftmaxStatus.no_minimizer
            with pytest.raises(ValueError, match="Use a ridge"):
                fit_softmax(x, labels)
        else:
            assert head.certified
        assert fit_softmax(x, labels, ridge=1e-6).certified


def unbounded(x, labels):
    """Whether weights exist that lower no row's own odds, and raise some: a linear program."""
    classes, design = labels.max() + 1, np.c_[x, np.ones(len(x))]
    rows = []
    for row, own in zip(design, labels, strict=True):
        for other in set(range(classes)) - {own}:
            one = np.zeros((classes, design.shape[1]))
            one[own], one[other] = row, -row
            rows.append(one.ravel())
    margins = np.array(rows)
    found = scipy.optimize.linprog(
        -margins.sum(0), A_ub=-margins, b_ub=np.zeros(len(margins)), bounds=(-1, 1)
    )
    return -found.fun > 1e-6


def test_soft_labels_with_zeros_may_be_separated_too():
    x = np.linspace(-1, 1, 9)[:, None]
    chances = np.where(x < 0, [[0.7, 0.3, 0.0]], [[0.0, 0.0, 1.0]])
    assert fit_softmax(x, chances, throw=False).status == SoftmaxStatus.no_minimizer
    softened = 0.99 * chances + 0.01 / 3
    np.testing.assert_allclose(fit_softmax(x, softened)(x).mean(0), softened.mean(0), atol=1e-8)


def test_a_class_that_never_occurs():
    x, labels = task(hard=True)
    with pytest.raises(ValueError, match=r"labels never hold class 3, .* bias=False"):
        fit_softmax(x, labels, classes=4, ridge=0.1)
    head = fit_softmax(x, labels, classes=4, ridge=0.1, throw=False)
    assert head.status == SoftmaxStatus.no_minimizer
    plain = fit_softmax(x, labels, classes=4, ridge=0.1, bias=False)
    assert plain.certified
    assert plain(x).shape == (300, 4)
    with pytest.raises(ValueError, match="class 2 in task 1"):
        fit_softmaxes(x, np.stack([labels, labels.clip(0, 1)], axis=1))


X, SOFT = task(n=6)
BAD = [
    ([0, 1, 2, 0, 1, 7], {"classes": 3}, r"class number 7 at index \(5,\), but classes=3"),
    ([0, 1, 2, 0, 1, 900], {}, "but there are 6 inputs"),
    ([0, 1, -1, 0, 1, 1], {}, r"-1 at index \(2,\).*labels > 0"),
    ([0, 0.5, 1, 0, 1, 1], {}, r"0.5 at index \(1,\).*np.stack"),
    (2 * SOFT, {}, r"at index \(0,\) sum to 2"),
    (SOFT - 0.5, {}, "expected probabilities"),
    (SOFT, {"classes": 2}, "classes is 2"),
    (SOFT[:5], {}, "labels has 5: pass"),
    (SOFT * np.nan, {}, "labels holds NaN"),
    (["a"] * 6, {}, "labels holds text"),
    (SOFT, {"ridge": -1.0}, "ridge must be at least 0"),
    (SOFT, {"ridge": np.nan}, "ridge must be at least 0"),
    (SOFT, {"ridge": np.ones(2)}, "ridge must be one number"),
    (SOFT, {"tol": 0.0}, "tol must be above 0"),
    (SOFT, {"max_steps": 0}, "max_steps must be at least 1"),
    (np.zeros(6), {"classes": 0}, "classes must be at least 1"),
]


@pytest.mark.parametrize(("labels", "options", "sentence"), BAD)
def test_what_cannot_be_fitted_is_refused_in_a_sentence(labels, options, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        fit_softmax(X, labels, **options)
    assert len(str(caught.value)) <= 300


def test_what_is_traced_is_fitted_elsewhere_and_heads_are_called_there():
    x, chances = task(n=50)
    with pytest.raises(ValueError, match="features is traced"):
        jax.jit(lambda x: fit_softmax(x, chances).weights)(x)
    with pytest.raises(ValueError, match="ridge is traced"):
        jax.jit(lambda ridge: fit_softmax(x, chances, ridge=ridge).weights)(0.1)
    head = fit_softmax(x, chances)
    np.testing.assert_allclose(jax.jit(lambda x: head(x))(x), head(x), atol=1e-6)
    with pytest.raises(ValueError, match="width 2"):
        head(x[:, :2])


def test_steps_that_run_out_are_told():
    x, chances = task()
    with pytest.raises(ValueError, match=r"gap .*the steps ran out.*throw=False"):
        fit_softmax(x, chances, max_steps=1)
    with pytest.raises(ValueError, match=r"task 0, one of 2 such"):
        fit_softmaxes(x, np.stack([chances, chances], axis=1), max_steps=1)
    assert len(SoftmaxStatus.max_steps.sentence) > 20


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("ridge", [0.0, 0.01])
def test_a_stream_gives_the_same_head(ridge, bias):
    x, chances = task(n=500, seed=3)
    x = np.c_[x, x[:, 0] + x[:, 1]] + 100.0 * bias
    ends = [0, 100, 101, 350, 500]
    parts = [slice(a, b) for a, b in pairwise(ends)]
    given = {"ridge": ridge, "bias": bias, "tol": 1e-22}
    exact = fit_softmax(x, chances, **given)
    streamed = stream_softmax(lambda: ((x[p], chances[p]) for p in parts), **given)
    np.testing.assert_allclose(streamed(x), exact(x), atol=1e-10)
    assert streamed.rank == exact.rank == 5
    labels = chances.argmax(1)
    few = stream_softmax([(x[p], labels[p]) for p in parts], classes=3, ridge=0.1, tol=1e-20)
    np.testing.assert_allclose(few(x), fit_softmax(x, labels, ridge=0.1, tol=1e-20)(x), atol=1e-9)
    many = np.stack([chances, chances[:, ::-1]], axis=1)
    both = stream_softmax([(x[p], many[p]) for p in parts], ridge=np.array([0.1, 1.0]))
    np.testing.assert_allclose(
        both(x), fit_softmaxes(x, many, ridge=np.array([0.1, 1.0]))(x), atol=1e-7
    )


def test_streams_that_will_not_do():
    x, chances = task(n=20)
    with pytest.raises(ValueError, match="read only once"):
        stream_softmax(iter([(x, chances)]))
    with pytest.raises(ValueError, match="no chunk"):
        stream_softmax([])
    with pytest.raises(ValueError, match="classes must be given"):
        stream_softmax([(x, chances.argmax(1))])
    sizes = iter([20, 10])
    with pytest.raises(ValueError, match="20 rows at first and 10 in a later pass"):
        stream_softmax(lambda: [(x[:k], chances[:k]) for k in [next(sizes)]])


def test_labels_that_say_nothing_need_no_step():
    x, _ = task(n=40)
    head = fit_softmax(x, np.full((40, 2), 0.5))
    np.testing.assert_array_equal(head(x), np.full((40, 2), 0.5))
    many = np.stack([task(n=40)[1], np.full((40, 3), 1 / 3)], axis=1)
    np.testing.assert_allclose(fit_softmaxes(x, many)(x)[:, 1], 1 / 3, atol=1e-12)
