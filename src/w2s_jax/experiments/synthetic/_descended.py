"""The paper's own heads: AdamW for 1,000 epochs where least squares would be exact."""

from functools import lru_cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float, Key

from w2s_jax.files import fingerprint
from w2s_jax.representations import Recipe, training_batches
from w2s_jax.representations._descent import descend

_SPREAD = PartitionSpec("seeds", "tasks")


def descend_heads(
    features: Float[Array, "seeds tasks n k"],
    labels: Float[Array, "seeds tasks n outputs"],
    *,
    epochs: int = 1000,
    mesh: Mesh,
    checkpoint: Path | None = None,
    progress: bool = False,
    label: str = "heads",
    key: Key[Array, ""],
) -> tuple[Float[Array, "seeds tasks k outputs"], Float[Array, "seeds tasks outputs"]]:
    r"""Train linear heads of all seeds, tasks and outputs by AdamW, all in one program.

    Learning rate 1e-3, weight decay 0.01, batches of 32 in an order drawn anew in each epoch (the
    same for all heads, which is no loss: their inputs are independent), from PyTorch's default
    initialization; each head on its own mean squared error, as if it were trained alone.

    Args:
        features: frozen, in the precision to train in.
        labels: what to fit.
        epochs: passes over the inputs.
        mesh: devices to spread seeds and tasks over.
        checkpoint: file to save in and to resume from.
        progress: show a bar.
        label: of the bar.
        key: for initial heads and order.

    Returns:
        Weights and biases.

    Example:
        >>> x = jax.random.normal(jax.random.key(0), (1, 2, 64, 3))
        >>> mesh = Mesh(np.array(jax.devices()[:1]).reshape(1, 1), ("seeds", "tasks"))
        >>> weights, biases = descend_heads(
        ...     x, x[..., :1], epochs=500, mesh=mesh, key=jax.random.key(1)
        ... )
        >>> bool((abs(weights[0, 0, :, 0] - jnp.array([1.0, 0.0, 0.0])) < 0.1).all())
        True
    """
    recipe = Recipe(tasks=1, inputs=features.shape[2], epochs=epochs)
    rng, bound = (
        np.random.default_rng(np.asarray(jax.random.key_data(key))),
        features.shape[3] ** -0.5,
    )
    size = (*features.shape[:2], features.shape[3] + 1, labels.shape[3])
    start = jnp.asarray(rng.uniform(-bound, bound, size), features.dtype)
    begin, advance = _programs(recipe, mesh)
    given = jax.device_put((features, labels.astype(features.dtype)), NamedSharding(mesh, _SPREAD))
    (found, _), _ = descend(
        lambda state, orders: advance(state, given, orders),
        begin(start),
        lambda first, count: training_batches(recipe, first, count, key=key)[:, 0],
        epochs=epochs,
        chunk=recipe.chunk,
        run=fingerprint(recipe, features, labels, start),
        checkpoint=checkpoint,
        progress=progress,
        label=label,
    )
    return found[:, :, :-1], found[:, :, -1]


@lru_cache(maxsize=8)
def _programs(recipe: Recipe, mesh: Mesh):
    """Compile for all seeds and tasks: start, and advance by a chunk of epochs."""
    optimizer = optax.adamw(recipe.rate, weight_decay=recipe.decay)

    def loss(head, x, y, share):
        each = share @ (x @ head[:-1] + head[-1:] - y) ** 2
        return each.sum(), each.mean()

    def step(state, own):
        (head, moments), (x, y, share) = state, own
        slope, value = jax.grad(loss, has_aux=True)(head, x, y, share)
        with jax.numpy_dtype_promotion("standard"):  # optax mixes its counter with floats
            update, moments = optimizer.update(slope, moments, head)
        return (optax.apply_updates(head, update), moments), value

    def advance(state, given, orders):
        features, labels = given
        shares = jnp.asarray(recipe.shares, features.dtype)

        def epoch(state, order):
            order = jnp.maximum(order, 0)
            state, losses = jax.lax.scan(step, state, (features[order], labels[order], shares))
            return state, losses.mean()

        return jax.lax.scan(epoch, state, orders)

    def compiled(function, inputs, axes, **options):
        batched = jax.vmap(jax.vmap(function, axes), axes)
        spread = jax.shard_map(batched, mesh=mesh, in_specs=inputs, out_specs=_SPREAD)
        return jax.jit(spread, out_shardings=NamedSharding(mesh, _SPREAD), **options)

    begin = compiled(lambda start: (start, optimizer.init(start)), (_SPREAD,), (0,))
    inputs = (_SPREAD, _SPREAD, PartitionSpec())
    return begin, compiled(advance, inputs, (0, 0, None), donate_argnums=0)
