"""What pretraining lowers: the loss of masked symbols, and that of a text's own targets."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import DTypeLike
from jaxtyping import Bool, Float, Int, PRNGKeyArray

from w2s_jax.encoders._alphabet import PAD
from w2s_jax.encoders._encoder import Affine, Encoder, Shape


class Batch(NamedTuple):
    """One batch; a row of padding alone counts for nothing.

    Attributes:
        codes: with symbols masked.
        places: positions to predict.
        answers: codes there.
        counted: which of them count.
        targets: numbers that each text is to tell, as molecules their descriptors.
        described: which rows have them.

    Example:
        >>> codes, one = np.full((1, 3), 27, np.int32), np.ones((1, 1), np.int32)
        >>> batch = Batch(codes, one, 27 * one, one > 0, np.zeros((1, 0)), one[0] > 0)
        >>> batch.codes.shape, batch.answers.tolist()
        ((1, 3), [[27]])
    """

    codes: Int[Array | np.ndarray, "rows l"]
    places: Int[Array | np.ndarray, "rows k"]
    answers: Int[Array | np.ndarray, "rows k"]
    counted: Bool[Array | np.ndarray, "rows k"]
    targets: Float[Array | np.ndarray, "rows d"]
    described: Bool[Array | np.ndarray, " rows"]


class Learner(eqx.Module):
    """An encoder with its two heads, which only pretraining needs.

    Args:
        shape: of the encoder.
        targets: how many numbers a text is to tell, possibly none.
        key: for the weights.

    Example:
        >>> learner = Learner(Shape(width=8, vocabulary=46), 3, key=jax.random.key(0))
        >>> learner.symbols.weights.shape, learner.targets.weights.shape
        ((8, 46), (8, 3))
    """

    encoder: Encoder
    symbols: Affine
    targets: Affine

    def __init__(self, shape: Shape, targets: int, *, key: PRNGKeyArray) -> None:
        self.encoder = Encoder(shape, dtype=jnp.float32, key=key)
        self.symbols = _zero_head(shape.width, shape.vocabulary)
        self.targets = _zero_head(shape.width, targets)


def _zero_head(width: int, outputs: int) -> Affine:
    zeros = (np.zeros(shape, np.float32) for shape in ((width, outputs), (outputs,)))
    return Affine(*map(jax.device_put, zeros))


def losses(learner: Learner, batch: Batch, arithmetic: DTypeLike) -> Float[Array, " 5"]:
    """Add up a batch: masked symbols' surprise, hits, number; squared misses, their number.

    Args:
        learner: in float32.
        batch: of padded rows.
        arithmetic: dtype of the encoder's products and sums; the losses are always float32.

    Example:
        >>> learner = Learner(Shape(width=8, vocabulary=46), 0, key=jax.random.key(0))
        >>> codes, one = np.full((1, 3), 27, np.int32), np.ones((1, 1), np.int32)
        >>> none = np.zeros((1, 0), np.float32)
        >>> batch = Batch(codes, one, 27 * one, one > 0, none, one[0] > 0)
        >>> sums = losses(learner, batch, jnp.float32)
        >>> bool(abs(float(sums[0]) - np.log(46)) < 1e-5), sums[2:].tolist()
        (True, [1.0, 0.0, 1.0])
    """
    encoder = jax.tree.map(lambda leaf: leaf.astype(arithmetic), learner.encoder)
    states = jax.vmap(lambda codes: encoder(codes)[-1])(batch.codes)
    seen = (batch.codes != PAD).astype(arithmetic)
    chosen = jnp.take_along_axis(states, batch.places[..., None], 1).astype(jnp.float32)
    logits = jax.vmap(learner.symbols)(chosen)
    counted = batch.counted.astype(jnp.float32)
    likely = jnp.take_along_axis(jax.nn.log_softmax(logits), batch.answers[..., None], 2)[..., 0]
    hits = (jax.lax.argmax(logits, 2, jnp.int32) == batch.answers).astype(jnp.float32)
    # A row of padding alone has no mean.
    lengths = jnp.maximum(seen.astype(jnp.float32).sum(1), jnp.float32(1))
    pooled = jnp.einsum("nld,nl->nd", states, seen).astype(jnp.float32) / lengths[:, None]
    described = batch.described.astype(jnp.float32)
    misses = described[:, None] * (learner.targets(pooled) - batch.targets) ** 2
    squares = misses.sum() / max(batch.targets.shape[1], 1)
    sums = (
        -(counted * likely).sum(),
        (counted * hits).sum(),
        counted.sum(),
        squares,
        described.sum(),
    )
    return jnp.stack(sums)


def total(sums: Float[Array, " 5"], weight: float) -> Float[Array, ""]:
    r"""Add the mean surprise of a masked symbol and the weighted mean square of the targets.

    $$\frac{\text{sums}_0}{\text{sums}_2} + \text{weight} \cdot
    \frac{\text{sums}_3}{\text{sums}_4}$$

    Args:
        sums: as `losses` gives them.
        weight: of the targets.

    Example:
        >>> float(total(jnp.array([6.0, 1.0, 2.0, 8.0, 4.0], jnp.float32), 0.5))
        4.0
    """
    least = jnp.float32(1)
    surprise = sums[0] / jnp.maximum(sums[2], least)
    return surprise + jnp.float32(weight) * sums[3] / jnp.maximum(sums[4], least)
