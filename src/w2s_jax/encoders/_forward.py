"""An encoder's way forward in numpy, for what is read once: nothing is compiled."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int
from scipy.special import erf

from w2s_jax.arrays._host import on_host, to_host
from w2s_jax.encoders._alphabet import PAD


class Forward(NamedTuple):
    """What an encoder makes of n padded sequences.

    Attributes:
        vectors: every token's, after each block.
        shares: of attention, `None` where not asked for.

    Example:
        >>> Forward(np.zeros((1, 2, 3, 4)), None).vectors.shape
        (1, 2, 3, 4)
    """

    vectors: Float[np.ndarray, "layers n l d"]
    shares: Float[np.ndarray, "layers n heads l l"] | None


def readable(encoder: Any, *arrays: Any) -> bool:
    """Say whether numpy can read: known numbers at hand, in a dtype in which it computes well.

    Example:
        >>> from w2s_jax.encoders import Encoder, Shape
        >>> encoder = Encoder(Shape(width=8, vocabulary=46), key=jax.random.key(0))
        >>> readable(encoder), jax.jit(lambda codes: readable(encoder, codes))(np.ones(3)).item()
        (True, False)
    """
    leaves = jax.tree.leaves(encoder)
    wide = all(leaf.dtype in (np.float32, np.float64) for leaf in leaves)
    return wide and on_host(*leaves, *arrays)


def forward(encoder: Any, codes: Int[np.ndarray, "n l"], *, shares: bool = False) -> Forward:
    """Read n sequences as `Encoder` does, to rounding.

    Args:
        encoder: an `Encoder` that is `readable`.
        codes: 0 where padded.
        shares: keep those of attention too.

    Example:
        >>> from w2s_jax.encoders import Encoder, Shape
        >>> encoder = Encoder(Shape(width=8, layers=3, vocabulary=46), key=jax.random.key(0))
        >>> forward(encoder, np.array([[27, 29, 0, 0]])).vectors.shape
        (3, 1, 4, 8)
    """
    from w2s_jax.encoders._encoder import positions

    encoder, kept = to_host(encoder), []
    seen = (codes != PAD)[:, None, None]
    width, dtype = encoder.tokens.shape[1], encoder.tokens.dtype
    x = _norm(encoder.norm, encoder.tokens[codes] + positions(codes.shape[1], width, dtype))
    vectors = np.empty((encoder.shape.layers, *x.shape), dtype)
    for number in range(encoder.shape.layers):
        block = jax.tree.map(lambda leaf, number=number: leaf[number], encoder.blocks)
        projected = _affine(block.attention, x).reshape(*codes.shape, 3, encoder.heads, -1)
        queries, keys, values = projected.transpose(2, 0, 3, 1, 4)
        taken = _shares(queries, keys, seen)
        mixed = (taken @ values).swapaxes(1, 2).reshape(x.shape)
        x = _norm(block.attention_norm, x + _affine(block.mixed, mixed))
        inner = _gelu(_affine(block.inner, x))
        x = vectors[number] = _norm(block.outer_norm, x + _affine(block.outer, inner))
        kept.append(taken if shares else None)
    return Forward(vectors, np.stack(kept) if shares else None)


def pooled(vectors: np.ndarray, codes: Int[np.ndarray, "n l"]) -> Float[np.ndarray, "layers n d"]:
    """Average over the symbols that are not padding.

    Example:
        >>> pooled(np.ones((1, 1, 2, 3)), np.array([[27, 0]])).tolist()
        [[[1.0, 1.0, 1.0]]]
    """
    seen = (codes != PAD).astype(vectors.dtype)
    return np.einsum("knld,nl->knd", vectors, seen / seen.sum(1, keepdims=True))


# In place where that saves a pass over memory.


def _norm(norm: Any, x: np.ndarray) -> np.ndarray:
    x = x - x.mean(-1, keepdims=True)
    x /= np.sqrt((x**2).mean(-1, keepdims=True) + np.asarray(norm.eps, x.dtype))
    x *= norm.scale
    x += norm.shift
    return x


def _affine(affine: Any, x: np.ndarray) -> np.ndarray:
    y = x.reshape(-1, x.shape[-1]) @ affine.weights
    y += affine.bias
    return y.reshape(*x.shape[:-1], -1)


def _gelu(x: np.ndarray) -> np.ndarray:
    y = erf(x * np.asarray(0.5**0.5, x.dtype))
    y += 1
    y *= x
    y *= np.asarray(0.5, x.dtype)
    return y


def _shares(queries: np.ndarray, keys: np.ndarray, seen: np.ndarray) -> np.ndarray:
    scores = queries @ keys.swapaxes(-1, -2)
    scores *= np.asarray(queries.shape[-1] ** -0.5, scores.dtype)
    scores = np.where(seen, scores, np.finfo(scores.dtype).min)
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(-1, keepdims=True)
    return scores
