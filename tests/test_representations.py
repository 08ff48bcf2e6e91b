import importlib.util
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from inside import inside
from w2s_jax import MLP, RandomFeatures, Standardize, represent
from w2s_jax.heads import numerical_rank
from w2s_jax.representations import standardized

maps = inside("representations._maps")

KEY = jax.random.key(0)


def plain():
    """The module without the shape checks of the tests, as users import it."""
    path = str(Path(maps.__file__ or ""))
    spec = importlib.util.spec_from_file_location("plain_representations", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("layer", "fan_in"), [(0, 50), (1, 200), (2, 200)])
@pytest.mark.parametrize("part", ["weight", "bias"])
def test_mlp_starts_as_pytorch_does(layer, fan_in, part):
    """Uniform on ±1/√fan_in, by a Kolmogorov–Smirnov test at level 1e-3 (the key is fixed)."""
    drawn = np.ravel(getattr(MLP(50, 200, 3, key=KEY).layers[layer], part))
    bound = fan_in**-0.5
    assert np.abs(drawn).max() <= bound
    assert scipy.stats.kstest(drawn, scipy.stats.uniform(-bound, 2 * bound).cdf).pvalue > 1e-3


def test_mlp_draws_every_layer_anew():
    first, second, third = MLP(16, 16, 3, key=KEY).layers
    for one, other in ((first, second), (second, third), (first, third)):
        assert not jnp.isclose(one.weight, other.weight).any()


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_mlp_is_the_formula_with_a_relu_last(depth):
    h = MLP(8, 16, depth, key=KEY)
    x = np.random.default_rng(0).normal(size=8)
    z = x
    assert len(h.layers) == depth
    for layer in h.layers:
        assert layer.bias is not None
        z = np.maximum(np.asarray(layer.weight) @ z + np.asarray(layer.bias), 0)
    features = np.asarray(h(jnp.asarray(x)))
    np.testing.assert_allclose(features, z, rtol=1e-12, atol=1e-15)
    assert features.shape == (16,)
    assert (features == 0).any()


def test_random_features_are_the_formula():
    h = RandomFeatures(3, 40, key=KEY)
    x = np.array([0.5, -1.0, 2.0])
    expected = (2 / 40) ** 0.5 * np.maximum(h.weights @ x + np.asarray(h.offsets), 0)
    np.testing.assert_allclose(h(jnp.asarray(x)), expected, rtol=1e-12)


@pytest.mark.parametrize("x", [np.zeros(3), np.ones(3), np.array([3.0, -4.0, 12.0])])
def test_random_features_keep_the_norm(x):
    """E‖h(x)‖² = ‖x‖² + 1; with d units the relative deviation is √(5/d): five of them allowed."""
    width = 20_000
    squared_norm = (RandomFeatures(3, width, key=KEY)(jnp.asarray(x)) ** 2).sum()
    assert abs(squared_norm / (x @ x + 1) - 1) < 5 * (5 / width) ** 0.5


def test_random_features_are_drawn_from_the_normal_distribution():
    h = RandomFeatures(10, 500, key=KEY)
    for drawn in (h.weights, h.offsets):
        assert scipy.stats.kstest(np.ravel(drawn), "norm").pvalue > 1e-3


def normed(n, d):
    """Layer-normed features in float32: each row adds up to 0, but for rounding."""
    h = np.random.default_rng(d).gamma(2.0, size=(n, d)).astype(np.float32)
    h = h - h.mean(1, keepdims=True)
    return h / np.sqrt((h**2).mean(1, keepdims=True))


def test_standardize_centers_scales_clips_and_silences_what_does_not_vary():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4)) * [1, 1e-6, 1e6, 0] + [0, 5, -3e7, 1e9 + 0.1]
    h = Standardize.fit(x, limit=3.0)
    z = np.asarray(represent(h, x))
    varying = x[:, :3]
    expected = np.clip((varying - varying.mean(0)) / varying.std(0), -3, 3)
    np.testing.assert_allclose(z[:, :3], expected, atol=1e-7)
    assert (z[:, 3] == 0).all()
    far = h(jnp.array([1e9, -1e9, 0.0, 7.0]))
    np.testing.assert_array_equal(far, [3.0, -3.0, 3.0, 0.0])


def test_standardized_features_have_mean_0_and_deviation_1():
    x = np.random.default_rng(1).gamma(2.0, size=(500, 3))
    z = np.asarray(represent(Standardize.fit(x), x))
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(0), 1, rtol=1e-12)


@pytest.mark.parametrize("store", [np.float32, np.float16, jnp.bfloat16])
@pytest.mark.parametrize("x64", [False, True])
def test_standardized_features_keep_the_digits_that_they_had(store, x64):
    """A layer norm leaves one direction of rounding errors, which no arithmetic may hide."""
    x = normed(600, 24).astype(store).astype(np.float64)
    assert numerical_rank(x).rank == 23
    plain = (x - x.mean(0)) / x.std(0)
    assert numerical_rank(plain).rank == 24, "a wrong version is seen"
    with jax.enable_x64(x64):
        mapped = np.asarray(represent(Standardize.fit(x), x))
    for z in (mapped, standardized(x), standardized(x, np.arange(300), limit=np.inf)):
        assert numerical_rank(z).rank == 23
    near = 2.0 ** -(8 if store is jnp.bfloat16 else 11 if store is np.float16 else 24)
    np.testing.assert_allclose(standardized(x), plain, rtol=1.01 * near, atol=1e-12)


def test_counts_and_float64_lose_no_digit_by_being_standardized():
    rng = np.random.default_rng(3)
    x = np.c_[rng.normal(size=(200, 2)), rng.integers(0, 9, (200, 2)), normed(200, 6)]
    z = standardized(x, limit=np.inf)
    plain = (x - x.mean(0)) / x.std(0)
    np.testing.assert_allclose(z[:, :4], plain[:, :4], rtol=1e-13, atol=1e-14)
    assert (z[:, 4:] == z[:, 4:].astype(np.float32)).all()
    assert numerical_rank(z).rank == 9
    np.testing.assert_allclose(np.asarray(represent(Standardize.fit(x), x)), z, rtol=1e-12)


def test_derivatives_pass_through_the_rounding():
    x = normed(50, 4).astype(np.float64)
    h = Standardize.fit(x)
    found = jax.jacobian(h)(jnp.asarray(x[0]))
    np.testing.assert_allclose(found, np.diag(1 / x.std(0)), rtol=1e-6)


@pytest.mark.parametrize(
    "h",
    [
        MLP(3, 5, 2, key=KEY),
        RandomFeatures(3, 5, key=KEY),
        Standardize.fit(np.random.default_rng(0).normal(size=(9, 3))),
    ],
    ids=lambda h: type(h).__name__,
)
def test_represent_equals_a_loop(h):
    x = np.random.default_rng(2).normal(size=(7, 3))
    batched = represent(h, x)
    looped = np.stack([np.asarray(h(jnp.asarray(row))) for row in x])
    np.testing.assert_allclose(batched, looped, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(batched, represent(h, jnp.asarray(x)))


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize(
    "make",
    [lambda d: MLP(3, 5, 2, dtype=d, key=KEY), lambda d: RandomFeatures(3, 5, dtype=d, key=KEY)],
)
def test_dtypes_are_the_ones_asked_for(make, dtype):
    h = make(dtype)
    assert all(leaf.dtype == dtype for leaf in jax.tree.leaves(eqx.filter(h, eqx.is_array)))
    assert represent(h, jnp.ones((2, 3), dtype)).dtype == dtype


def test_the_default_dtype_is_jax_s():
    assert MLP(3, 5, 2, key=KEY).layers[0].weight.dtype == jnp.float64
    assert RandomFeatures(3, 5, key=KEY).weights.dtype == jnp.float64


def test_representations_are_frozen_pytrees():
    h = RandomFeatures(3, 5, key=KEY)
    doubled = jax.tree.map(lambda leaf: 2 * leaf, h)
    np.testing.assert_array_equal(doubled.weights, 2 * h.weights)
    with pytest.raises(AttributeError):
        h.weights = h.weights  # pyright: ignore[reportAttributeAccessIssue]
    assert all(map(eqx.is_array_like, jax.tree.leaves(Standardize.fit(np.eye(3)))))


def test_the_same_key_gives_the_same_features_and_another_key_others():
    x = jnp.ones(3)
    one, again, other = (MLP(3, 50, 2, key=jax.random.key(seed))(x) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not jnp.allclose(one, other)


@pytest.mark.parametrize("name", ["inputs", "width", "depth"])
def test_mlp_names_the_size_that_is_too_small(name):
    sizes = {"inputs": 3, "width": 5, "depth": 2} | {name: 0}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        MLP(**sizes, key=KEY)


@pytest.mark.parametrize("name", ["inputs", "features"])
def test_random_features_names_the_size_that_is_too_small(name):
    sizes = {"inputs": 3, "features": 5} | {name: -2}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got -2"):
        RandomFeatures(**sizes, key=KEY)


def test_standardize_says_what_it_cannot_use():
    fit = plain().Standardize.fit
    with pytest.raises(ValueError, match=r"features has shape \(0, 3\) and holds no number"):
        fit(np.ones((0, 3)))
    for limit in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="limit must be above 0"):
            fit(np.eye(3), limit=limit)
    x = np.eye(3)
    x[2, 1] = np.nan
    with pytest.raises(ValueError, match=r"features holds NaN at index \(2, 1\)"):
        fit(x)
