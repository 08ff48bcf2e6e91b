"""Fine-tune a whole encoder on labels, from the truth or from a weak model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from w2s_jax.arrays._counts import check_count
from w2s_jax.encoders._encoder import Affine, Encoder
from w2s_jax.encoders._optimizer import advance, begin, clipped_adamw, rates
from w2s_jax.encoders._pooling import padded_batches, pool

Codes = Sequence[Int[np.ndarray, " _"]]


@dataclass(frozen=True)
class Finetuning:
    """How to fine-tune.

    Attributes:
        epochs: at most; the rate falls to 0 along a half cosine by the last.
        rate: the highest learning rate, times (32 / width)^0.5.
        decay: of the weight matrices, in AdamW.
        tokens: of a batch, padding included.
        held_out: share of the labeled texts that are not trained on; the epoch that predicts
            their labels best is kept.
        seed: of the held-out texts and of the order.

    Raises:
        ValueError: a number out of its range.

    Example:
        >>> Finetuning(epochs=5).held_out
        0.1
    """

    epochs: int = 30
    rate: float = 1e-3
    decay: float = 0.01
    tokens: int = 1024
    held_out: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in {"epochs": 1, "tokens": 384, "seed": 0}.items():
            check_count(name, getattr(self, name), least)
        if not 0 < self.held_out < 1:
            raise ValueError(f"need held_out in (0, 1), got {self.held_out}")
        if not (0 < self.rate < float("inf") and 0 <= self.decay < float("inf")):
            raise ValueError(f"need rate > 0 and decay ≥ 0, got {self.rate} and {self.decay}")


class Finetuned(eqx.Module):
    """A fine-tuned model: texts' codes ↦ values in the labels' units.

    Attributes:
        encoder: fine-tuned.
        head: on its pooled last block.
        center: mean of the labels trained on.
        scale: their standard deviation.
        curve: mean squared error on the held-out labels after each epoch, in squared label units.

    Example:
        >>> from w2s_jax.encoders import Shape
        >>> encoder = Encoder(Shape(width=8, layers=1, vocabulary=46), key=jax.random.key(0))
        >>> silent = Affine(jnp.zeros((8, 1), jnp.float32), jnp.zeros((1,), jnp.float32))
        >>> model = Finetuned(encoder, silent, center=2.0, scale=1.0)
        >>> print(model([np.array([27]), np.array([27, 29])]))
        [2. 2.]
    """

    encoder: Encoder
    head: Affine
    center: float
    scale: float
    curve: tuple[float, ...] = field(default=())

    def __call__(self, codes: Codes) -> Float[np.ndarray, " n"]:
        """Predict n texts' values."""
        pooled = pool(codes, self.encoder)
        outputs = pooled @ np.asarray(self.head.weights[:, 0]) + np.asarray(self.head.bias[0])
        return self.center + self.scale * outputs.astype(np.float64)


def finetune(
    encoder: Encoder,
    codes: Codes,
    labels: Any,
    recipe: Finetuning | None = None,
) -> Finetuned:
    r"""Train encoder and head by AdamW on $\frac1n \sum_i (v^\top h_\theta(x_i) + b - y_i)^2$.

    Args:
        encoder: where to start; stays as it is.
        codes: of n texts.
        labels: `(n,)`, of any unit; they are standardized inside.
        recipe: how; `Finetuning()` if None.

    Returns:
        A `Finetuned`, of the best epoch.

    Raises:
        ValueError: under 10 texts, lengths that differ, labels that are not finite, or all the
            same among those trained on; a run that diverges.

    Example:
        >>> from w2s_jax.encoders import Shape
        >>> chains = [np.full(n, 27) for n in range(1, 21)]
        >>> start = Encoder(Shape(width=8, layers=1, vocabulary=46), key=jax.random.key(0))
        >>> tuned = finetune(start, chains, np.arange(20.0), Finetuning(epochs=3))
        >>> tuned(chains).shape, len(tuned.curve)
        ((20,), 3)
    """
    recipe = Finetuning() if recipe is None else recipe
    labels = _checked(codes, labels)
    rng = np.random.default_rng(recipe.seed)
    order = rng.permutation(len(labels))
    out = order[: max(round(recipe.held_out * len(labels)), 2)]
    kept = order[len(out) :]
    center, scale = float(labels[kept].mean()), float(labels[kept].std())
    if not 0 < scale < np.inf:
        raise ValueError(
            f"the {len(kept)} labels trained on must differ and be of a size that can be squared, "
            f"got a deviation of {scale:g}: hold out fewer than {len(out)}, or scale them"
        )
    aims = ((labels - center) / scale).astype(np.float32)
    width = encoder.tokens.shape[1]
    steps = recipe.epochs * sum(1 for _ in _dealt(codes, kept, recipe.tokens, rng))
    start, step = _programs(recipe.decay, width)
    state, taken = start(encoder), 0
    peak = recipe.rate * (32 / width) ** 0.5
    rate = rates(peak, climb=max(steps // 10, 1), steps=steps)
    best, curve = state[0], []
    for _ in range(recipe.epochs):
        for batch, own in _dealt(codes, kept, recipe.tokens, rng):
            state = step(state, rate[taken], batch, *_padded(aims, own, len(batch)))
            taken += 1
        if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state[0])):
            raise ValueError(f"fine-tuning diverged in epoch {len(curve) + 1}: lower the rate")
        model = _assembled(state[0], center, scale, ())
        curve.append(float(((model([codes[k] for k in out]) - labels[out]) ** 2).mean()))
        if curve[-1] == min(curve):
            best = jax.tree.map(jnp.copy, state[0])  # the next step takes the buffers
    return _assembled(best, center, scale, tuple(curve))


def _checked(codes: Codes, labels: Any) -> Float[np.ndarray, " n"]:
    try:
        found = np.asarray(labels, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"labels must be numbers, got {type(labels).__name__}: {error}") from None
    if found.ndim != 1:
        raise ValueError(f"labels must have shape (n,), got {found.shape}: give one column")
    if len(codes) != len(found) or len(found) < 10:
        raise ValueError(
            f"need at least 10 texts, each with a label; got {len(codes)} and {len(found)}"
        )
    if not np.isfinite(found).all() or np.ptp(found) == 0:
        raise ValueError("labels must be finite, and not all the same")
    return found


def _assembled(trained: tuple[Encoder, Affine], center: float, scale: float, curve) -> Finetuned:
    return Finetuned(trained[0], trained[1], center, scale, curve)


def _dealt(codes: Codes, which: np.ndarray, tokens: int, rng: np.random.Generator):
    """Yield batches in a random order: padded codes, and whose they are."""
    shuffled = rng.permutation(which)
    batches = [
        (batch, shuffled[own])
        for own, batch in padded_batches([codes[k] for k in shuffled], tokens=tokens)
    ]
    for k in rng.permutation(len(batches)):
        yield batches[k]


def _padded(aims: np.ndarray, own: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    counted = np.arange(rows) < len(own)
    return np.where(counted, aims[np.resize(own, rows)], 0).astype(np.float32), counted


@lru_cache(maxsize=64)
def _programs(decay: float, width: int):
    optimizer = clipped_adamw(decay=decay)

    def start(encoder: Encoder):
        head = Affine(jnp.zeros((width, 1), jnp.float32), jnp.zeros((1,), jnp.float32))
        trained = jax.tree.map(jnp.copy, encoder), head
        return trained, begin(optimizer, trained)

    def loss(trained, batch: Array, aims: Array, counted: Array) -> Array:
        encoder, head = trained
        pooled = jax.vmap(lambda codes: encoder.pooled(codes)[-1])(batch)
        misses = jnp.where(counted, head(pooled)[:, 0] - aims, 0)
        return (misses**2).sum() / counted.sum().astype(misses.dtype)

    @partial(jax.jit, donate_argnums=0)
    def step(state, rate, batch: Array, aims: Array, counted: Array):
        trained, moments = state
        slope = jax.grad(loss)(trained, batch, aims, counted)
        return advance(optimizer, rate, slope, moments, trained)

    return start, step
