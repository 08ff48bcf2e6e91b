r"""A BERT encoder of token sequences (Devlin et al. 2019) as an Equinox module.

Each block is $x \leftarrow \operatorname{norm}(x + \operatorname{attention}(x))$, then
$x \leftarrow \operatorname{norm}(x + W_2 \operatorname{gelu}(W_1 x))$. Positions are sines and
cosines (Vaswani et al. 2017), and not trained.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jaxtyping import Float, Int, PRNGKeyArray

from w2s_jax.arrays._counts import check_count
from w2s_jax.encoders._alphabet import PAD
from w2s_jax.encoders._forward import forward, pooled, readable


@dataclass(frozen=True)
class Shape:
    """The sizes of an encoder.

    Attributes:
        width: d, of every token's vector.
        layers: number of blocks.
        heads: of attention; they share the width.
        feedforward: width inside a block, 4 d if None.
        vocabulary: number of codes, an alphabet's `size`.

    Raises:
        ValueError: a size below 1 or no integer, heads that do not divide the width.

    Example:
        >>> Shape(width=256, layers=4, heads=8, vocabulary=46).inside
        1024
    """

    width: int
    layers: int = 2
    heads: int = 2
    feedforward: int | None = None
    vocabulary: int = field(kw_only=True)

    def __post_init__(self) -> None:
        for name in ("width", "layers", "heads", "inside", "vocabulary"):
            check_count(name, getattr(self, name), 1)
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads cannot share a width of {self.width}")

    @property
    def inside(self) -> int:
        """Width of the feed-forward layer."""
        return 4 * self.width if self.feedforward is None else self.feedforward


class Norm(eqx.Module):
    """Layer normalization: mean 0 and variance 1 over the last axis, then scaled and shifted.

    Example:
        >>> norm = Norm(scale=jnp.ones(2), shift=jnp.zeros(2))
        >>> norm(jnp.array([[3.0, 5.0]])).round(6).tolist()
        [[-1.0, 1.0]]
    """

    scale: Float[Array, "*layers d"]
    shift: Float[Array, "*layers d"]
    eps: float = eqx.field(static=True, default=1e-12)

    def __call__(self, x: Float[Array, "l d"]) -> Float[Array, "l d"]:
        """Normalize."""
        wide = _wide(x)
        centered = wide - wide.mean(-1, keepdims=True)
        unit = centered * jax.lax.rsqrt((centered**2).mean(-1, keepdims=True) + self.eps)
        return unit.astype(x.dtype) * self.scale[None] + self.shift[None]


class Affine(eqx.Module):
    """x ↦ xW + b.

    Example:
        >>> affine = Affine(weights=jnp.ones((3, 2)), bias=jnp.array([0.0, 10.0]))
        >>> affine(jnp.ones((1, 3))).tolist()
        [[3.0, 13.0]]
    """

    weights: Float[Array, "*layers d_in d_out"]
    bias: Float[Array, "*layers d_out"]

    def __call__(self, x: Float[Array, "l d_in"]) -> Float[Array, "l d_out"]:
        """Apply."""
        return x @ self.weights + self.bias[None]


class Block(eqx.Module):
    """One block's weights; in an `Encoder` every array has an axis of layers in front.

    Example:
        >>> encoder = Encoder(Shape(width=16, layers=3, vocabulary=46), key=jax.random.key(0))
        >>> first = jax.tree.map(lambda leaf: leaf[0], encoder.blocks)
        >>> first(jnp.ones((5, 16), jnp.float32), jnp.ones(5, bool), heads=2).shape
        (5, 16)
    """

    attention: Affine  # queries, keys and values side by side
    mixed: Affine
    attention_norm: Norm
    inner: Affine
    outer: Affine
    outer_norm: Norm

    def __call__(self, x: Float[Array, "l d"], seen: Array, heads: int) -> Float[Array, "l d"]:
        """Map one sequence; `seen` is False at padding, which nothing attends to."""
        queries, keys, values = self._projected(x, heads)
        shares = _shares(queries, keys, seen).astype(x.dtype)
        mixed = jnp.einsum("hqk,hkd->qhd", shares, values).reshape(x.shape)
        x = self.attention_norm(x + self.mixed(mixed))
        inner = jax.nn.gelu(self.inner(x), approximate=False)
        return self.outer_norm(x + self.outer(inner))

    def shares(self, x: Float[Array, "l d"], seen: Array, heads: int) -> Float[Array, "heads l l"]:
        """How much each symbol (row) takes from each symbol (column); rows sum to 1."""
        queries, keys, _ = self._projected(x, heads)
        return _shares(queries, keys, seen)

    def _projected(self, x: Float[Array, "l d"], heads: int) -> Float[Array, "3 heads l d_head"]:
        return self.attention(x).reshape(x.shape[0], 3, heads, -1).transpose(1, 2, 0, 3)


class Encoder(eqx.Module):
    """A BERT encoder; frozen, it is a representation of one padded token sequence.

    Weights are drawn from a normal distribution with variance 0.3 / fan-in, BERT's 0.02 at its
    width of 768; token vectors have variance 1, so that positions do not drown them.

    Args:
        shape: the sizes.
        dtype: of weights and arithmetic.
        key: for the weights.

    Example:
        >>> encoder = Encoder(Shape(width=16, vocabulary=46), key=jax.random.key(0))
        >>> encoder(jnp.array([27, 29, 0, 0])).shape, encoder.pooled(jnp.array([27, 29, 0])).shape
        ((2, 4, 16), (2, 16))
    """

    tokens: Float[Array, "vocabulary d"]
    norm: Norm
    blocks: Block
    heads: int = eqx.field(static=True)

    def __init__(self, shape: Shape, *, dtype=jnp.float32, key: PRNGKeyArray) -> None:
        tokens_key, *keys = _split(key)
        layers, width, inside = shape.layers, shape.width, shape.inside

        def affine(k: PRNGKeyArray, before: int, after: int) -> Affine:
            drawn = _normal(k, (layers, before, after), dtype, (0.3 / before) ** 0.5)
            return Affine(drawn, _filled(0.0, (layers, after), dtype))

        def norm(*axes: int) -> Norm:
            return Norm(_filled(1.0, (*axes, width), dtype), _filled(0.0, (*axes, width), dtype))

        self.tokens = _normal(tokens_key, (shape.vocabulary, width), dtype, 1.0)
        self.norm = norm()
        self.blocks = Block(
            attention=affine(keys[0], width, 3 * width),
            mixed=affine(keys[1], width, width),
            attention_norm=norm(layers),
            inner=affine(keys[2], width, inside),
            outer=affine(keys[3], inside, width),
            outer_norm=norm(layers),
        )
        self.heads = shape.heads

    @property
    def shape(self) -> Shape:
        """The sizes, as read off the weights."""
        layers, width, inside = self.blocks.inner.weights.shape
        return Shape(width, layers, self.heads, inside, vocabulary=self.tokens.shape[0])

    def __call__(
        self, codes: Int[Array | np.ndarray, " l"], *, unroll: bool = True
    ) -> Float[Array, "layers l d"]:
        """Map one sequence of codes, 0 where padded, to every token's vector after each block.

        Args:
            codes: `(l,)`.
            unroll: write the blocks out, for training; without it less is compiled.
        """
        if readable(self, codes):
            return jax.device_put(forward(self, np.asarray(codes)[None]).vectors[:, 0])
        seen = codes != PAD

        def through(x: Array, block: Block) -> tuple[Array, Array]:
            x = block(x, seen, self.heads)
            return x, x

        # Unrolled, so that training keeps nothing of the layers that nobody asked for.
        return jax.lax.scan(through, self._placed(codes), self.blocks, unroll=unroll)[1]

    def attention(self, codes: Int[Array | np.ndarray, " l"]) -> Float[Array, "layers heads l l"]:
        r"""Say where each head of each block looks: $\operatorname{softmax}(q \cdot k / \sqrt{d})$.

        Args:
            codes: one sequence, 0 where padded.

        Returns:
            The share that a symbol (next to last axis) takes of every symbol (last axis); rows sum
            to 1, and columns of padding are 0.

        Example:
            >>> encoder = Encoder(Shape(width=16, layers=3, vocabulary=46), key=jax.random.key(0))
            >>> shares = encoder.attention(jnp.array([27, 29, 0]))
            >>> shares.shape, shares[0, 0].sum(1).round(4).tolist(), shares[0, 0, 0, 2].item()
            ((3, 2, 3, 3), [1.0, 1.0, 1.0], 0.0)
        """
        if readable(self, codes):
            read = forward(self, np.asarray(codes)[None], shares=True)
            return jax.device_put(np.asarray(read.shares)[:, 0])
        seen = codes != PAD

        def through(x: Array, block: Block) -> tuple[Array, Array]:
            return block(x, seen, self.heads), block.shares(x, seen, self.heads)

        return jax.lax.scan(through, self._placed(codes), self.blocks)[1]

    def _placed(self, codes: Int[Array | np.ndarray, " l"]) -> Float[Array, "l d"]:
        """Add positions to the symbols' vectors, and normalize."""
        width, dtype = self.tokens.shape[1], self.tokens.dtype
        return self.norm(self.tokens[codes] + positions(codes.size, width, dtype))

    def pooled(
        self, codes: Int[Array | np.ndarray, " l"], *, unroll: bool = True
    ) -> Float[Array, "layers d"]:
        """Average each block's vectors over the tokens that are not padding.

        Args:
            codes: `(l,)`, 0 where padded.
            unroll: as for a call.
        """
        if readable(self, codes):
            rows = np.asarray(codes)[None]
            return jax.device_put(pooled(forward(self, rows).vectors, rows)[:, 0])
        seen = (codes != PAD).astype(self.tokens.dtype)
        return jnp.einsum("kld,l->kd", self(codes, unroll=unroll), seen / seen.sum())


@jax.jit
def _split(key: PRNGKeyArray) -> list[PRNGKeyArray]:
    return [*jax.random.split(key, 5)]


def _normal(key: PRNGKeyArray, shape: tuple[int, ...], dtype, scale: float) -> Array:
    """Draw `scale` times what `jax.random.normal` draws, by few programs for many shapes.

    Its first numbers do not depend on how many are drawn.
    """
    size = math.prod(shape)
    drawn = jax.random.normal(key, (max(1 << (size - 1).bit_length(), 4096),), dtype)
    if not isinstance(drawn, Tracer):
        drawn = np.asarray(drawn)
    drawn = np.asarray(scale, drawn.dtype) * drawn[:size].reshape(shape)
    return jax.device_put(drawn) if isinstance(drawn, np.ndarray) else drawn


def _filled(value: float, shape: tuple[int, ...], dtype) -> Array:
    return jax.device_put(np.full(shape, value, dtype))


def _shares(queries: Array, keys: Array, seen: Array) -> Array:
    scores = _wide(jnp.einsum("hqd,hkd->hqk", queries, keys) * queries.shape[-1] ** -0.5)
    scores = jnp.where(seen[None, None], scores, jnp.finfo(scores.dtype).min)
    return jax.nn.softmax(scores, axis=-1)


def _wide(x: Array) -> Array:
    """Compute in float32 at least: bfloat16 has too few digits for a sum."""
    return x if x.dtype == jnp.float64 else x.astype(jnp.float32)


def positions(length: int, width: int, dtype: Any) -> Float[np.ndarray, "l d"]:
    """Sines in the first half of the columns, cosines in the second.

    Example:
        >>> positions(2, 2, np.float64).round(2).tolist()
        [[0.0, 1.0], [0.84, 0.54]]
    """
    rates = 10_000.0 ** -(np.arange(0, width, 2) / width)
    angles = np.arange(length)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], 1)[:, :width].astype(dtype)
