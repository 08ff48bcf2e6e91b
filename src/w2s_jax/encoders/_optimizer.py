"""The optimizer of pretraining and fine-tuning."""

from typing import Any

import jax
import numpy as np
import optax
from jax import Array
from jaxtyping import Float


def clipped_adamw(
    *, decay: float, clip: float = 1.0, b2: float = 0.999
) -> optax.GradientTransformation:
    """AdamW (Loshchilov and Hutter 2019) at rate 1 on clipped gradients, for `advance`.

    Biases and norms do not decay.

    Args:
        decay: of weight matrices and token vectors, the leaves named `weights` and `tokens`.
        clip: largest norm of all gradients together.
        b2: memory of the squared gradients.

    Example:
        >>> import jax.numpy as jnp
        >>> from w2s_jax.encoders._encoder import Affine
        >>> ones = Affine(jnp.ones((1, 1), jnp.float32), jnp.ones(1, jnp.float32))
        >>> optimizer, still = clipped_adamw(decay=0.5), jax.tree.map(jnp.zeros_like, ones)
        >>> moved, _ = advance(optimizer, jnp.float32(0.5), still, begin(optimizer, ones), ones)
        >>> print(moved.weights, moved.bias)
        [[0.75]] [1.]
    """

    def heavy(tree):
        names = jax.tree_util.tree_map_with_path(lambda path, _: path[-1].name, tree)
        return jax.tree.map(lambda name: name in ("weights", "tokens"), names)

    return optax.chain(
        optax.clip_by_global_norm(clip), optax.adamw(1.0, b2=b2, weight_decay=decay, mask=heavy)
    )


def begin(optimizer: optax.GradientTransformation, weights: Any) -> Any:
    """Start an optimizer's moments at zero.

    Example:
        >>> import jax.numpy as jnp
        >>> len(jax.tree.leaves(begin(optax.adam(1.0), jnp.ones(1, jnp.float32))))
        3
    """
    with jax.numpy_dtype_promotion("standard"):
        return optimizer.init(weights)


def advance(
    optimizer: optax.GradientTransformation,
    rate: Float[Array, ""],
    slope: Any,
    moments: Any,
    weights: Any,
) -> tuple[Any, Any]:
    """Take one step; the rate is an argument, so that one compiled program serves every schedule.

    Example:
        >>> import jax.numpy as jnp
        >>> descent, ones = optax.sgd(1.0), jnp.ones(1, jnp.float32)
        >>> moved, _ = advance(descent, jnp.float32(0.25), ones, begin(descent, ones), ones)
        >>> print(moved)
        [0.75]
    """
    # optax mixes its counter with floats, and scalars with arrays.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        update, moments = optimizer.update(slope, moments, weights)
        update = jax.tree.map(lambda leaf: rate * leaf, update)
        return optax.apply_updates(weights, update), moments


def rates(peak: float, *, climb: int, steps: int) -> Float[np.ndarray, " steps"]:
    """Give each step's learning rate: a straight climb from 0, then a half cosine down to 0.

    Args:
        peak: the highest.
        climb: steps until there, at least 1.
        steps: in all.

    Example:
        >>> print(rates(2.0, climb=2, steps=6).round(2))
        [0.   1.   2.   1.71 1.   0.29]
    """
    step = np.arange(steps)
    down = 0.5 * (1 + np.cos(np.pi * (step - climb) / max(steps - climb, 1)))
    return (peak * np.where(step < climb, step / climb, down)).astype(np.float32)
