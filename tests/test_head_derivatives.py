"""Derivatives of heads come from the normal equations: right where those of an SVD are infinite."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from w2s_jax import fit_head, fit_heads


def features(kind, n=24, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4))
    if kind == "orthonormal":
        x = np.linalg.qr(x - x.mean(0))[0]
    elif kind == "one-hot":
        x = np.eye(4)[np.arange(n) % 4]
    elif kind == "copied":
        x[:, 3] = x[:, 0]
    elif kind == "dead":
        x[:, 1] = 0
    elif kind == "wide":
        x = rng.normal(size=(3, 5))
    return jnp.asarray(x), jnp.asarray(rng.normal(size=len(x)))


def secant(f, at, toward, step=1e-5):
    return (f(at + step * toward) - f(at - step * toward)) / (2 * step)


def loss(x, y, ridge=0.0, bias=True):
    head = fit_head(x, y, ridge=ridge, bias=bias)
    return (head.weights**2).sum() + (head(x) ** 2).sum() + 2 * head.bias


KINDS = ["plain", "orthonormal", "one-hot", "copied", "dead", "wide"]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("ridge", [0.0, 0.1])
@pytest.mark.parametrize("kind", KINDS)
def test_first_and_second_derivatives_in_labels(kind, ridge, bias):
    x, y = features(kind)
    toward = jnp.asarray(np.random.default_rng(1).normal(size=y.shape))

    def f(y):
        return loss(x, y, ridge, bias)

    slope = jax.grad(f)
    np.testing.assert_allclose(slope(y) @ toward, secant(f, y, toward), rtol=1e-6, atol=1e-7)
    twice = jax.jvp(slope, (y,), (toward,))[1]
    np.testing.assert_allclose(twice, secant(slope, y, toward), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_in_features_and_ridge_whatever_the_spectrum(kind):
    x, y = features(kind)
    toward = jnp.asarray(np.random.default_rng(2).normal(size=x.shape))

    def f(x):
        return loss(x, y, 0.1)

    slope = jax.grad(f)
    np.testing.assert_allclose((slope(x) * toward).sum(), secant(f, x, toward), rtol=1e-6)
    twice = jax.jvp(slope, (x,), (toward,))[1]
    np.testing.assert_allclose(twice, secant(slope, x, toward), rtol=1e-5, atol=1e-6)

    def along(ridge):
        return loss(x, y, ridge)

    at = jnp.asarray(0.1)
    np.testing.assert_allclose(jax.grad(along)(at), secant(along, at, 1.0), rtol=1e-6)
    twice = jax.grad(jax.grad(along))(at)
    np.testing.assert_allclose(twice, secant(jax.grad(along), at, 1.0), rtol=1e-6)


@pytest.mark.parametrize("kind", ["plain", "orthonormal"])
def test_second_derivatives_in_features_without_ridge(kind):
    x, y = features(kind)
    toward = jnp.asarray(np.random.default_rng(2).normal(size=x.shape))
    slope = jax.grad(loss)
    twice = jax.jvp(lambda x: slope(x, y), (x,), (toward,))[1]
    expected = secant(lambda x: slope(x, y), x, toward)
    np.testing.assert_allclose(twice, expected, rtol=1e-5, atol=1e-5 * float(abs(expected).max()))


def test_deficient_features_move_at_constant_rank():
    rng = np.random.default_rng(3)
    base, mix = jnp.asarray(rng.normal(size=(24, 3))), jnp.asarray(rng.normal(size=(3, 5)))
    y = jnp.asarray(rng.normal(size=24))
    for at, f in ((base, lambda b: loss(b @ mix, y)), (mix, lambda m: loss(base @ m, y))):
        toward = jnp.asarray(rng.normal(size=at.shape))
        slope = jax.grad(f)(at)
        np.testing.assert_allclose((slope * toward).sum(), secant(f, at, toward), rtol=1e-5)


def test_a_path_of_ridges_that_starts_at_0():
    x, y = features("copied")
    labels = jnp.stack([y, y], axis=1)

    def f(labels):
        return (fit_heads(x, labels, ridge=np.array([0.0, 0.3]))(x) ** 3).sum()

    toward = jnp.asarray(np.random.default_rng(4).normal(size=labels.shape))
    slope = (jax.grad(f)(labels) * toward).sum()
    np.testing.assert_allclose(slope, secant(f, labels, toward), rtol=1e-6)


def test_second_derivatives_in_deficient_features_are_not_made_up():
    """Without a ridge they are not known; in labels they are, and with a ridge."""
    x, y = features("copied")
    toward = jnp.asarray(np.random.default_rng(2).normal(size=x.shape))
    slope = jax.grad(loss)
    assert np.isfinite(slope(x, y)).all()
    assert np.isnan(jax.jvp(lambda x: slope(x, y), (x,), (toward,))[1]).all()
