r"""Representations $h : x \mapsto h(x)$: one example in, `jax.vmap` outside.

A representation is frozen while heads are fitted on top of it. The paper's are ReLU networks
(Charikar et al. 2024, section 5.1).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int, PRNGKeyArray

from w2s_jax.arrays import numbers
from w2s_jax.arrays._counts import check_count
from w2s_jax.arrays._digits import rounded, unit_of
from w2s_jax.arrays._host import on_host, x64

Representation = TypeVar("Representation")


class MLP(eqx.Module):
    r"""A ReLU network with a ReLU after the last layer too: $h(x) = \rho(W_L \cdots \rho(W_1 x))$.

    Weights and biases are drawn uniformly from $\pm 1/\sqrt{\text{fan in}}$, PyTorch's default for
    linear layers, as in the paper's synthetic experiments.

    Args:
        inputs: dimension of x.
        width: dimension of every layer's output, the features' d included.
        depth: number of layers, at least 1.
        dtype: of weights and arithmetic.
        key: for the weights.

    Raises:
        ValueError: a size below 1.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=2, key=jax.random.key(0))
        >>> h(jnp.ones(8)).shape, represent(h, jnp.ones((5, 8))).shape
        ((16,), (5, 16))
    """

    layers: tuple[eqx.nn.Linear, ...]

    def __init__(
        self, inputs: int, width: int, depth: int, *, dtype=None, key: PRNGKeyArray
    ) -> None:
        _positive(inputs=inputs, width=width, depth=depth)
        dtype = jnp.zeros(()).dtype if dtype is None else dtype
        sizes = [inputs] + [width] * depth
        self.layers = tuple(
            eqx.nn.Linear(before, after, dtype=dtype, key=layer_key)
            for before, after, layer_key in zip(
                sizes[:-1], sizes[1:], jnp.unstack(jax.random.split(key, depth)), strict=True
            )
        )

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, " d"]:
        """Map one example to its features."""
        for layer in self.layers:
            x = jax.nn.relu(layer(x))
        return x


class RandomFeatures(eqx.Module):
    r"""Random ReLU features $h(x) = \sqrt{2/d}\, \rho(Wx + c)$, $W_{ij}, c_i \sim N(0, 1)$.

    The scale keeps $\lVert h(x) \rVert^2$ near $\lVert x \rVert^2 + 1$, however many features.

    Args:
        inputs: dimension of x.
        features: d, the number of features.
        dtype: of weights and arithmetic.
        key: for the weights.

    Raises:
        ValueError: a size below 1.

    Example:
        >>> h = RandomFeatures(inputs=3, features=2000, key=jax.random.key(0))
        >>> squared_norm = (h(jnp.ones(3)) ** 2).sum()
        >>> bool(3.5 < squared_norm < 4.5)
        True
    """

    weights: Float[Array, "d inputs"]
    offsets: Float[Array, " d"]

    def __init__(self, inputs: int, features: int, *, dtype=None, key: PRNGKeyArray) -> None:
        _positive(inputs=inputs, features=features)
        dtype = jnp.zeros(()).dtype if dtype is None else dtype
        weights_key, offsets_key = jax.random.split(key)
        self.weights = jax.random.normal(weights_key, (features, inputs), dtype)
        self.offsets = jax.random.normal(offsets_key, (features,), dtype)

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, " d"]:
        """Map one example to its features."""
        scale = (2 / self.offsets.size) ** 0.5
        return scale * jax.nn.relu(self.weights @ x + self.offsets)


class Standardize(eqx.Module):
    r"""Center and scale each feature by the mean and deviation seen in `fit`, clipped to ±`limit`.

    $h_j(x) = \operatorname{clip}((x_j - \mu_j) / \sigma_j, \pm \text{limit})$. Features that did
    not vary become 0. The clip keeps one odd input from dominating a head fitted without it. Only
    inputs are needed, no labels, so a standardized representation stays frozen.

    A quotient of two numbers of seven digits has seven digits, even if it is stored with more:
    each feature is rounded to the digits that it had, so that a head still finds its rank.

    Example:
        >>> standardize = Standardize.fit(np.array([[1.0, 5.0], [3.0, 5.0]]))
        >>> print(standardize(jnp.array([4.0, 9.0])))
        [2. 0.]
    """

    mean: Float[Array, " d"]
    scale: Float[Array, " d"]
    bits: Int[Array, " d"]
    limit: float = 10.0

    @classmethod
    def fit(cls, features: Any, *, limit: float = 10.0) -> "Standardize":
        """Take means and deviations from `(n, d)` features, in float64.

        A feature has not varied when its deviation is no more than rounding of its own size.

        Args:
            features: an array of numpy or JAX, a list, a frame, a tensor.
            limit: of the clip; infinite for none.

        Raises:
            ValueError: what `arrays.numbers` refuses, a limit that is not positive, deviations that
                overflow.
        """
        x = _seen(features, limit)
        # Where JAX computes in float32 only, it would warn of each float64 array.
        dtype = np.dtype(np.float32) if x.dtype == np.float64 and not x64() else x.dtype
        mean, scale, bits = _moments(x)
        with np.errstate(over="ignore", under="ignore"):
            held, still = scale.astype(dtype), np.isinf(scale)
        if not (np.isfinite(mean).all() and (np.isfinite(held) | still).all() and (held > 0).all()):
            raise ValueError(f"features vary too much or too little for {dtype}: rescale them")
        return cls(jnp.asarray(mean, dtype), jnp.asarray(held), jnp.asarray(bits), limit)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """Map one example."""
        h = jnp.clip((x - self.mean) / self.scale, -self.limit, self.limit)
        # The difference is exact, and derivatives are those of the quotient.
        return h + jax.lax.stop_gradient(rounded(h, self.bits) - h)


def standardized(
    features: Any, seen: Any = None, *, limit: float = 10.0
) -> Float[np.ndarray, "n d"]:
    """Standardize features once by what was seen of them, in numpy's float64.

    The same as `represent(Standardize.fit(features[seen]), features)`, for those who keep the
    values and not the map: whatever JAX's 64-bit flag, and rounded to the digits that they have.

    Args:
        features: `(n, d)`; an array of numpy or JAX, a list, a frame, a tensor.
        seen: which rows means and deviations are taken from, places or a mask; all if None.
        limit: of the clip, in deviations; infinite for none.

    Returns:
        `(n, d)`.

    Raises:
        ValueError: what `arrays.numbers` refuses, a limit that is not positive.

    Example:
        >>> standardized([[1.0], [3.0], [9.0]], [0, 1], limit=5.0).ravel().tolist()
        [-1.0, 1.0, 5.0]
    """
    x = _seen(features, limit)
    mean, scale, bits = _moments(x if seen is None else x[np.asarray(seen)])
    return rounded(np.clip((x - mean) / scale, -limit, limit), bits)


def _seen(features: Any, limit: float) -> np.ndarray:
    if not limit > 0:
        raise ValueError(f"limit must be above 0, got {limit}")
    known = isinstance(features, Array) and on_host(features)
    return np.asarray(numbers("features", np.asarray(features) if known else features, "n d"))


def _moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return means, deviations (infinite where nothing varies) and how many bits values have."""
    rounding, x = unit_of(x), x.astype(np.float64)
    size = np.abs(x).max(0)
    own = np.where(size > 0, size, 1.0)
    x = x / own  # squares of columns over- or underflow
    mean = x.mean(0)
    mean = mean + (x - mean).mean(0)  # what rounding left
    scale = np.sqrt(((x - mean) ** 2).mean(0))
    scale = np.where(scale <= 2 * rounding, np.inf, own * scale)
    return own * mean, scale, np.rint(-np.log2(rounding)).astype(np.int32)


@eqx.filter_jit
def represent(
    representation: Callable[[Array], Array], inputs: Float[Array | np.ndarray, "n *shape"]
) -> Float[Array, "n d"]:
    """Apply a representation to many inputs, compiled once for each shape.

    Args:
        representation: one example in, `(d,)` features out.
        inputs: `(n, …)`.

    Returns:
        `(n, d)` features.

    Example:
        >>> represent(RandomFeatures(2, 4, key=jax.random.key(1)), np.ones((3, 2))).shape
        (3, 4)
    """
    return jax.vmap(representation)(jnp.asarray(inputs))


def perturb(representation: Representation, scale: float, *, key: PRNGKeyArray) -> Representation:
    r"""Add Gaussian noise to all weights, in proportion to each array's root mean square.

    $\tilde W = W + \text{scale} \cdot \operatorname{rms}(W)\, Z$ with $Z_{ij} \sim N(0, 1)$, for
    each layer's weights and, apart from them, its biases. So every layer is disturbed alike,
    however large its weights. The paper's non-realizable experiment by perturbation gives both
    models the ground truth's representation with noise, little for the strong and more for the
    weak one; its noise sizes are not known.

    Args:
        representation: any pytree; arrays of floats get noise, the rest stays.
        scale: noise per root mean square, at least 0.
        key: for the noise.

    Returns:
        A representation of the same form.

    Raises:
        ValueError: a scale that is negative or not finite.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=2, key=jax.random.key(0))
        >>> near = perturb(h, 0.1, key=jax.random.key(1))
        >>> shift = near.layers[0].weight - h.layers[0].weight
        >>> print((jnp.std(shift) / jnp.sqrt((h.layers[0].weight ** 2).mean())).round(2))
        0.1
    """
    if not 0 <= scale < float("inf"):
        raise ValueError(f"scale must be at least 0 and finite, got {scale}")
    arrays, rest = eqx.partition(representation, eqx.is_inexact_array)
    leaves, form = jax.tree.flatten(arrays)
    keys = jnp.unstack(jax.random.split(key, max(len(leaves), 1)))
    noisy = [
        leaf
        + scale * jnp.sqrt((leaf**2).mean()) * jax.random.normal(leaf_key, leaf.shape, leaf.dtype)
        for leaf, leaf_key in zip(leaves, keys, strict=False)
    ]
    return eqx.combine(jax.tree.unflatten(form, noisy), rest)


def _positive(**sizes: int) -> None:
    for name, size in sizes.items():
        check_count(name, size, 1)
