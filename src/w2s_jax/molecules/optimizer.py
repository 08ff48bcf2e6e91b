"""The optimizer of pretraining and fine-tuning."""

import jax
import optax


def clipped_adamw(
    rate: optax.Schedule, *, decay: float, clip: float = 1.0, b2: float = 0.999
) -> optax.GradientTransformation:
    """AdamW (Loshchilov and Hutter 2019) on clipped gradients; biases and norms do not decay.

    Args:
        rate: step ↦ learning rate.
        decay: of weight matrices and token vectors, the leaves named `weights` and `tokens`.
        clip: largest norm of all gradients together.
        b2: memory of the squared gradients.

    Example:
        >>> import jax.numpy as jnp
        >>> from w2s_jax.molecules.encoder import Affine
        >>> ones = Affine(jnp.ones((1, 1), jnp.float32), jnp.ones(1, jnp.float32))
        >>> optimizer = clipped_adamw(lambda step: 0.5, decay=0.1)
        >>> with jax.numpy_dtype_promotion("standard"):
        ...     still = jax.tree.map(jnp.zeros_like, ones)
        ...     update, _ = optimizer.update(still, optimizer.init(ones), ones)
        >>> print(update.weights.round(3), abs(update.bias))
        [[-0.05]] [0.]
    """

    def heavy(tree):
        names = jax.tree_util.tree_map_with_path(lambda path, _: path[-1].name, tree)
        return jax.tree.map(lambda name: name in ("weights", "tokens"), names)

    return optax.chain(
        optax.clip_by_global_norm(clip), optax.adamw(rate, b2=b2, weight_decay=decay, mask=heavy)
    )
