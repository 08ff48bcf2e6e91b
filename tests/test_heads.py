import importlib.util
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, Ridge

from inside import inside
from w2s_jax import LinearHead, fit_head, fit_heads

factors = inside("heads._factors")
heads = inside("heads._least_squares")

EPS = np.finfo(np.float64).eps
DIGITS = 2.0**-53
# An unscaled oracle loses digits by the condition number of the columns it is given.
ORACLE = {"scales": 1e-9}
HARD = ["duplicate", "zero", "dependent", "constant", "scales", "square", "one over", "wide"]


def plain():
    """The module without the shape checks of the tests, as users import it."""
    spec = importlib.util.spec_from_file_location("plain_heads", str(Path(heads.__file__ or "")))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def projection(x, y, *, bias=True, cut=1e-10):
    """Project the columns of y onto the span of x (and 1) by numpy's SVD."""
    center, middle = (x.mean(0), y.mean(0)) if bias else (0.0, 0.0)
    u, s, _ = np.linalg.svd(x - center, full_matrices=False)
    u = u[:, s > cut * s[0]]
    return middle + u @ (u.T @ (y - middle))


def rank_of(x, *, bias=True, cut=1e-10):
    centered = x - x.mean(0) if bias else x
    return np.linalg.matrix_rank(centered, tol=cut * np.linalg.norm(centered, 2))


def trusted(x, cut=None, labels=None):
    """Whether the fast path takes these features."""
    x, y = jnp.asarray(x), jnp.ones((len(x), 1)) if labels is None else jnp.asarray(labels)
    return factors.by_gram(x, y, jnp.full(x.shape[1], DIGITS), bias=True, cut=cut)[1]


def conditioned(n, d, condition, seed=0):
    rng = np.random.default_rng(seed)
    u = np.linalg.qr(rng.normal(size=(n, d)))[0]
    v = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (u * np.geomspace(1, 1 / condition, d)) @ v


def hard(kind, seed=0):
    """Features of one awkward kind; "plain" ones are Gaussian."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 6))
    if kind == "duplicate":
        x[:, 4] = x[:, 1]
    elif kind == "zero":
        x[:, 2] = 0
    elif kind == "dependent":
        x[:, 5] = x[:, 0] - 2 * x[:, 3] + x[:, 4]
    elif kind == "constant":
        x[:, 3] = 7.0
    elif kind == "scales":
        x = x * 10.0 ** np.array([-3, -2, 0, 2, 3, 1])
    elif kind == "square":
        x = x[:6]
    elif kind == "one over":
        x = x[:7]
    elif kind == "wide":
        x = x[:4]
    return x


def labels_for(x, tasks=3, seed=1, offset=0.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(x.shape[-2], tasks)) + offset


def close(ours, theirs, labels, tolerance):
    worst = np.abs(np.asarray(ours) - theirs).max() / np.abs(labels).max()
    assert worst <= tolerance, f"predictions differ by {worst:.2g} of the largest label"


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", HARD)
def test_predictions_are_the_projection_on_any_features(kind, bias):
    x = hard(kind)
    y = labels_for(x, offset=1e3)
    head = fit_heads(x, y, bias=bias)
    tolerance = ORACLE.get(kind, 1e-12)
    close(head(x), projection(x, y, bias=bias), y, tolerance)
    assert int(head.rank) == rank_of(x, bias=bias)
    for task in range(3):
        one = fit_head(x, y[:, task], bias=bias)
        close(one(x), projection(x, y[:, task], bias=bias), y, tolerance)
        assert one.rank == head.rank


def test_columns_of_different_scale_cost_the_fast_path_nothing():
    x = hard("scales")
    y = labels_for(x, tasks=1)
    assert trusted(x, labels=y)
    exact = projection(x / np.abs(x).max(0), y)
    close(fit_head(x, y[:, 0])(x), exact[:, 0], y, 1e-12)


@pytest.mark.parametrize("driver", ["gelsd", "gelss", "gelsy"])
@pytest.mark.parametrize("kind", HARD)
def test_every_driver_of_scipy_agrees(kind, driver):
    x = hard(kind)
    y = labels_for(x)
    found: Any = scipy.linalg.lstsq(x, y, cond=1e-10, lapack_driver=driver)
    solution, _, rank, _ = found
    head = fit_heads(x, y, bias=False)
    close(head(x), x @ solution, y, ORACLE.get(kind, 1e-10))
    assert int(head.rank) == rank


@pytest.mark.parametrize("kind", HARD)
def test_numpy_agrees_weights_included(kind):
    x = hard(kind)
    y = labels_for(x)
    solution, _, rank, _ = np.linalg.lstsq(x, y, rcond=1e-10)
    head = fit_heads(x, y, bias=False)
    np.testing.assert_allclose(head.weights, solution, rtol=1e-9, atol=1e-9 * abs(solution).max())
    assert int(head.rank) == rank


def test_scikit_learn_agrees():
    x = hard("plain")
    y = labels_for(x, offset=50.0)
    model = LinearRegression().fit(x, y)
    head = fit_heads(x, y)
    np.testing.assert_allclose(head(x), model.predict(x), rtol=1e-10)
    np.testing.assert_allclose(head.weights, model.coef_.T, rtol=1e-10)
    np.testing.assert_allclose(head.bias, model.intercept_, rtol=1e-10)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["plain", "duplicate", "constant", "square", "wide"])
def test_ridge_is_scikit_learns_with_alpha_n_ridge(kind, bias):
    x = hard(kind)
    y = labels_for(x, tasks=4, offset=3.0)
    path = np.array([1e-3, 0.1, 1.0, 30.0])
    head = fit_heads(x, y, ridge=path, bias=bias)
    for task, ridge in enumerate(path):
        model = Ridge(alpha=len(x) * ridge, fit_intercept=bias, solver="svd").fit(x, y[:, task])
        np.testing.assert_allclose(head(x)[:, task], model.predict(x), rtol=1e-10, atol=1e-12)
        one = fit_head(x, y[:, task], ridge=float(ridge), bias=bias)
        np.testing.assert_allclose(one(x), model.predict(x), rtol=1e-10, atol=1e-12)


def test_a_ridge_path_by_a_repeated_column_shrinks_and_starts_at_least_squares():
    x = hard("plain")
    y = labels_for(x, tasks=1)
    path = np.array([0.0, 1e-3, 1e-1, 10.0])
    head = fit_heads(x, np.repeat(y, 4, axis=1), ridge=path)
    norms = np.linalg.norm(np.asarray(head.weights), axis=0)
    assert (np.diff(norms) < 0).all()
    close(head(x)[:, :1], projection(x, y), y, 1e-12)


@pytest.mark.parametrize("bias", [True, False])
def test_a_stack_of_own_features_equals_a_loop(bias):
    kinds = ["plain", "duplicate", "zero", "dependent", "constant", "scales"]
    x = np.stack([hard(kind, seed) for seed, kind in enumerate(kinds)])
    y = labels_for(x, tasks=len(kinds), offset=10.0)
    head = fit_heads(x, y, bias=bias)
    predictions = head(x)
    for task, own in enumerate(x):
        one = fit_head(own, y[:, task], bias=bias)
        tolerance = ORACLE.get(kinds[task], 1e-12)
        close(predictions[:, task], one(own), y, 1e-12)
        close(predictions[:, task], projection(own, y[:, task], bias=bias), y, tolerance)
        assert int(head.rank[task]) == int(one.rank) == rank_of(own, bias=bias)


def test_own_features_with_a_ridge_a_task():
    x = np.stack([hard("plain", seed) for seed in range(3)])
    y = labels_for(x)
    path = np.array([0.0, 0.1, 2.0])
    predictions = fit_heads(x, y, ridge=path)(x)
    for task, own in enumerate(x):
        one = fit_head(own, y[:, task], ridge=float(path[task]))
        close(predictions[:, task], one(own), y, 1e-12)


def test_more_tasks_than_features_take_the_shared_factorization():
    x = hard("dependent")
    y = labels_for(x, tasks=50, offset=2.0)
    close(fit_heads(x, y)(x), projection(x, y), y, 1e-12)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("condition", [1e0, 1e1, 1e3, 1e4, 1e6, 1e8, 1e12, 1e14])
def test_both_paths_agree_as_far_as_the_condition_allows(condition, bias):
    """Least squares amplifies rounding by the condition of what the cut keeps, whoever solves."""
    x = conditioned(60, 8, condition)
    y = labels_for(x, tasks=1)
    exact = projection(x, y, bias=bias, cut=3e-11)
    kept = np.linalg.svd(x - x.mean(0) if bias else x, compute_uv=False)
    kept = kept[kept > 3e-11 * kept[0]]
    tolerance = max(1e-12, 10 * EPS * kept[0] / kept[-1])
    cut = 3e-11 if condition > 1e9 else None  # scaled columns have other values near a cut
    head = fit_head(x, y[:, 0], bias=bias, cut=cut)
    close(head(x), exact[:, 0], y, tolerance)
    assert head.rank == len(kept)
    given = jnp.asarray(x), jnp.asarray(y)
    digits = jnp.full(8, DIGITS)

    def predicted(weights, level, center, _):
        return np.asarray((given[0] - center[None]) @ weights + level[None])

    exactly = factors.by_svd(*given, jnp.zeros(1), digits, bias=bias, cut=cut)
    close(predicted(*exactly), exact, y, tolerance)
    fast, taken = factors.by_gram(*given, digits, bias=bias, cut=None)
    assert bool(taken) == (condition < 1e2) or condition == 1e3
    if taken:
        close(predicted(*fast), exact, y, 1e-12)


@pytest.mark.parametrize("condition", [1e6, 1e8, 1e10, 1e14])
def test_labels_in_the_span_are_reproduced_whatever_the_condition(condition):
    x = conditioned(60, 8, condition)
    y = x @ np.ones((8, 1)) + 3.0
    close(fit_head(x, y[:, 0])(x), y[:, 0], y, 1e-9 if condition > 1e8 else 1e-12)


@pytest.mark.parametrize("kind", ["duplicate", "zero", "dependent", "constant"])
def test_the_fast_path_never_trusts_deficient_features(kind):
    for seed in range(20):
        assert not trusted(hard(kind, seed))


def test_the_fast_path_respects_the_cut():
    """Columns of wildly different scale are well-conditioned once scaled, and yet below a cut."""
    x = hard("plain") * 10.0 ** np.array([0, 0, -12, 0, 0, 0])
    y = labels_for(x, tasks=1)
    assert trusted(x, labels=y)
    assert not trusted(x, cut=1e-10, labels=y)
    head = fit_head(x, y[:, 0], cut=1e-10)
    assert int(head.rank) == rank_of(x) == 5
    close(head(x), projection(x, y)[:, 0], y, 1e-12)
    assert fit_head(x, y[:, 0], cut=1e-14).rank == 6
    assert fit_head(x, y[:, 0]).rank == 6, "units are free unless a cut is asked for"


@pytest.mark.parametrize("cut", [1e-1, 1e-3, 1e-6])
def test_a_coarser_cut_leaves_directions_out(cut):
    x = conditioned(60, 8, 1e7)
    y = labels_for(x)
    head = fit_heads(x, y, cut=cut)
    assert int(head.rank) == rank_of(x, cut=cut) < 8
    close(head(x), projection(x, y, cut=cut), y, 100 * EPS / cut)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    copies=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=4),
    zeros=st.sets(st.integers(0, 5), max_size=6),
    offset=st.sampled_from([0.0, 1.0, 1e4]),
    bias=st.booleans(),
)
def test_random_deficiencies(seed, copies, zeros, offset, bias):
    x = np.random.default_rng(seed).normal(size=(40, 6))
    for source, target in copies:
        x[:, target] = x[:, source]
    x[:, sorted(zeros)] = 0
    y = labels_for(x, seed=seed + 1, offset=offset)
    head = fit_heads(x, y, bias=bias)
    close(head(x), projection(x, y, bias=bias), y, 1e-12)
    assert int(head.rank) == rank_of(x, bias=bias)


def test_float32_stays_float32_and_accurate():
    x, y = hard("duplicate").astype(np.float32), labels_for(hard("duplicate")).astype(np.float32)
    head = fit_heads(x, y)
    assert head.weights.dtype == head.bias.dtype == head(x).dtype == jnp.float32
    assert head.rank == 5
    close(head(x), projection(x.astype(float), y.astype(float), cut=1e-5), y, 1e-5)


def test_numpy_and_jax_arrays_give_the_same_head():
    x = hard("plain")
    y = labels_for(x)
    ours, theirs = fit_heads(x, y), fit_heads(jnp.asarray(x), jnp.asarray(y))
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), ours, theirs))


def test_jit_and_vmap_agree_with_plain_calls():
    x = np.stack([hard(kind) for kind in ("plain", "duplicate", "scales")])
    y = labels_for(x)
    jitted = eqx.filter_jit(fit_head)(jnp.asarray(x[1]), jnp.asarray(y[:, 1]))
    close(jitted(x[1]), fit_head(x[1], y[:, 1])(x[1]), y, 1e-12)
    mapped = eqx.filter_vmap(fit_head)(jnp.asarray(x), jnp.asarray(y.T))
    for task in range(3):
        one = fit_head(x[task], y[:, task])
        close(x[task] @ mapped.weights[task] + mapped.bias[task], one(x[task]), y, 1e-12)
        assert mapped.rank[task] == one.rank


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_gradients_match_finite_differences(ridge):
    x, y = hard("plain"), labels_for(hard("plain"))[:, 0]
    rng = np.random.default_rng(5)
    toward_x, toward_y = rng.normal(size=x.shape), rng.normal(size=y.shape)

    def loss(x, y):
        head = fit_head(x, y, ridge=ridge)
        return (head.weights**2).sum() + 2 * head.bias

    along_x, along_y = jax.grad(loss, argnums=(0, 1))(jnp.asarray(x), jnp.asarray(y))
    step = 1e-6
    for slope, dx, dy in (
        ((along_x * toward_x).sum(), step * toward_x, 0.0),
        ((along_y * toward_y).sum(), 0.0, step * toward_y),
    ):
        secant = (loss(x + dx, y + dy) - loss(x - dx, y - dy)) / (2 * step)
        np.testing.assert_allclose(slope, secant, rtol=1e-6)


def test_a_head_predicts_for_one_task_many_tasks_and_own_features():
    weights, bias = jnp.array([[1.0, 0.0], [2.0, 1.0]]), jnp.array([0.5, -1.0])
    many = LinearHead(weights, bias, jnp.array(2))
    one = LinearHead(weights[:, 0], bias[0], jnp.array(2))
    x = np.array([[1.0, 1.0], [0.0, 2.0], [3.0, 0.0]])
    np.testing.assert_array_equal(one(x), [3.5, 4.5, 3.5])
    np.testing.assert_array_equal(many(x), [[3.5, 0.0], [4.5, 1.0], [3.5, -1.0]])
    own = np.stack([x, 2 * x])
    np.testing.assert_array_equal(many(own), [[3.5, 1.0], [4.5, 3.0], [3.5, -1.0]])
    with pytest.raises(ValueError, match=r"features have width 3, but .* width 2"):
        one(np.ones((4, 3)))


def test_a_head_is_a_frozen_pytree():
    head = fit_head(hard("plain"), labels_for(hard("plain"))[:, 0])
    assert len(jax.tree.leaves(head)) == 5
    with pytest.raises(AttributeError):
        head.rank = jnp.array(0)  # pyright: ignore[reportAttributeAccessIssue]


X, Y = np.ones((4, 2)), np.ones((4, 3))


@pytest.mark.parametrize(
    ("features", "labels", "options", "sentence"),
    [
        (X[0], Y, {}, r"features has shape \(2,\), expected \(n, d\) or \(tasks, n, d\)"),
        (X, Y[:, 0], {}, r"labels has shape \(4,\), expected \(n, tasks\)"),
        (X[:0], Y[:0], {}, r"features has shape \(0, 2\) and holds no number"),
        (X[:, :0], Y, {}, r"features has shape \(4, 0\) and holds no number"),
        (X, Y[:, :0], {}, r"labels has shape \(4, 0\) and holds no number"),
        (X, Y[:3], {}, r"features has 4 rows and labels has 3"),
        (X[None], Y, {}, r"features have shape \(1, 4, 2\) and labels \(4, 3\)"),
        (X, Y, {"ridge": -0.1}, r"ridge must be at least 0, got -0.1"),
        (X, Y, {"ridge": np.nan}, r"ridge must be at least 0, got nan"),
        (X, Y, {"ridge": np.array([0.1, -1.0, 0.0])}, r"ridge must be at least 0"),
        (X, Y, {"ridge": np.zeros(2)}, r"ridge must be one number or \(3,\), got \(2,\)"),
        (X, Y, {"cut": -1e-3}, r"cut must lie in \[0, 1\), got -0.001"),
        (X, Y, {"cut": 1.0}, r"cut must lie in \[0, 1\), got 1.0"),
    ],
)
def test_bad_arguments_each_have_their_sentence(features, labels, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        plain().fit_heads(features, labels, **options)


def test_fit_head_names_the_shape_it_wants():
    with pytest.raises(ValueError, match=r"labels has shape \(4, 3\), expected \(n,\)"):
        plain().fit_head(X, Y)
    with pytest.raises(ValueError, match=r"features has shape \(1, 4, 2\), expected \(n, d\)"):
        plain().fit_head(X[None], Y[:, 0])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_bad_number_is_found(bad):
    x, y = hard("plain"), labels_for(hard("plain"))
    x[3, 2] = x[5, 0] = bad
    with pytest.raises(
        ValueError, match=r"features holds (NaN|infinity) at index \(3, 2\), 2 in all"
    ):
        fit_heads(x, y)
    x, y[7, 1] = hard("plain"), bad
    with pytest.raises(ValueError, match=r"labels holds (NaN|infinity) at index \(7, 1\)"):
        fit_heads(x, y)
    own = np.stack([x] * 3)
    own[2, 1, 0] = bad
    with pytest.raises(ValueError, match=r"features holds .* at index \(2, 1, 0\)"):
        fit_heads(own, labels_for(own))


def test_overflow_is_not_blamed_on_the_input():
    with pytest.raises(ValueError, match="overflowed: rescale"):
        fit_heads(hard("plain") * 1e-150, labels_for(hard("plain")) * 1e160)


def test_bad_numbers_are_refused_under_jit_too():
    x = jnp.asarray(hard("plain")).at[3, 2].set(jnp.nan)
    with pytest.raises(eqx.EquinoxRuntimeError, match="hold NaN or infinity"):
        jax.block_until_ready(eqx.filter_jit(fit_head)(x, jnp.ones(40)))
