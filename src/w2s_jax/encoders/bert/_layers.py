"""The compiled part of a BERT: subwords' vectors ↦ their mean over each text, layer by layer."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float, Int

from w2s_jax.encoders._encoder import Affine, Block, Norm
from w2s_jax.encoders.bert._layout import KINDS, NORM, PLACES, WORDS, Sizes, Taken, blocks, norm

# Tokens of a group, as few as make matrix products fast, and groups of a batch.
_TOKENS, _GROUPS = 384, 8


class Layers(eqx.Module):
    """Positions and blocks: everything but the subwords' vectors.

    Example:
        >>> sizes = Sizes(8, 2, 2, 16, vocabulary=3, places=12)
        >>> drawn = {name: np.ones(shape) for name, shape in sizes.shapes().items()}
        >>> words, layers = layers_of(drawn, sizes)
        >>> layers.depth, layers.longest
        (2, 12)
    """

    places: Float[Array, "longest d"]
    norm: Norm
    blocks: Block
    heads: int = eqx.field(static=True)

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return self.blocks.inner.bias.shape[0]

    @property
    def longest(self) -> int:
        """How many subwords have a position."""
        return self.places.shape[0]


def layers_of(
    state: Mapping[str, np.ndarray], sizes: Sizes
) -> tuple[Float[np.ndarray, "vocabulary d"], Layers]:
    """Put a BERT together, in float32.

    Args:
        state: its tensors by Hugging Face's names, no fewer and no more.
        sizes: what their shapes must follow.

    Returns:
        The subwords' vectors, for numpy to look up, and the layers, for JAX.

    Raises:
        ValueError: as `Sizes.check`.

    Example:
        >>> layers_of({}, Sizes(8, 2, 2, 16, vocabulary=3, places=12))
        Traceback (most recent call last):
        ValueError: embeddings.word_embeddings.weight is missing
    """
    sizes.check(state)
    own = Taken({name: np.asarray(array, np.float32) for name, array in state.items()})
    # Every subword is of the first kind, so that kind's vector belongs to every position.
    places = own.take(PLACES, 2)[sizes.unused :] + own.take(KINDS, 2)[:1]
    words, found = own.take(WORDS, 2), norm(own, NORM, "norm") | blocks(own)
    found = {name: jax.device_put(array) for name, array in found.items()}

    def affine(name: str) -> Affine:
        return Affine(found[f"{name}.weights"], found[f"{name}.bias"])

    def normed(name: str) -> Norm:
        return Norm(found[f"{name}.scale"], found[f"{name}.shift"], sizes.eps)

    block = Block(
        attention=affine("attention"),
        mixed=affine("mixed"),
        attention_norm=normed("attention_norm"),
        inner=affine("inner"),
        outer=affine("outer"),
        outer_norm=normed("outer_norm"),
    )
    return words, Layers(jax.device_put(places), normed("norm"), block, sizes.heads)


@partial(jax.jit, static_argnames="depth")
def means(
    layers: Layers,
    words: Float[Array, "groups rows l d"],
    sizes: Int[Array, "groups rows"],
    count: Int[Array, ""],
    depth: int,
) -> Float[Array, "layers groups rows d"]:
    """Average every layer's vectors over each text: the embedding's, then those of `depth` blocks.

    A block maps one group after another, so that its weights are fetched once for all.

    Args:
        layers: an argument, so that its weights are compiled into no program.
        words: vectors of the subwords; what stands behind a text's end does not matter.
        sizes: how many subwords each text has.
        count: how many groups hold texts; of the others, nothing is to be read.
        depth: how many blocks are read.

    Example:
        >>> sizes = Sizes(8, 2, 2, 16, vocabulary=3, places=12)
        >>> drawn = {name: np.ones(shape) for name, shape in sizes.shapes().items()}
        >>> _, layers = layers_of(drawn, sizes)
        >>> words, sizes = np.ones((3, 2, 4, 8), np.float32), np.full((3, 2), 4)
        >>> means(layers, words, sizes, np.array(1), depth=2).shape
        (3, 3, 2, 8)
    """
    length = words.shape[2]
    seen = jnp.arange(length, dtype=sizes.dtype)[None, None] < sizes[..., None]
    shares = seen.astype(words.dtype) / sizes[..., None].astype(words.dtype)
    x = jax.vmap(jax.vmap(layers.norm))(words + layers.places[None, None, :length])

    def through(x: Array, number: Array) -> tuple[Array, Array]:
        block = jax.tree.map(lambda leaf: leaf[number], layers.blocks)

        def group(k: Array, x: Array) -> Array:
            return x.at[k].set(_mapped(block, layers.heads, x[k], seen[k]))

        y = jax.lax.fori_loop(0, count, group, x)
        return y, jnp.einsum("grld,grl->grd", y, shares)

    first = jnp.einsum("grld,grl->grd", x, shares)
    return jnp.concatenate([first[None], jax.lax.scan(through, x, jnp.arange(depth))[1]])


def _mapped(
    block: Block, heads: int, x: Float[Array, "rows l d"], seen: Bool[Array, "rows l"]
) -> Float[Array, "rows l d"]:
    """Map a group as `Block` maps one text, faster where nobody trains."""
    flat = x.reshape(-1, x.shape[-1])
    projected = block.attention(flat).reshape(*x.shape[:2], 3, heads, -1)
    queries, keys, values = (projected[:, :, k] for k in range(3))
    scores = jnp.einsum("rqhd,rkhd->rhqk", queries * queries.shape[-1] ** -0.5, keys)
    scores = jnp.where(seen[:, None, None], scores, jnp.finfo(scores.dtype).min)
    powers = jnp.exp(scores - scores.max(-1, keepdims=True))
    mixed = jnp.einsum("rhqk,rkhd->rhqd", powers, values) / powers.sum(-1, keepdims=True)
    y = block.attention_norm(flat + block.mixed(mixed.swapaxes(1, 2).reshape(flat.shape)))
    inner = block.inner(y)
    inner = 0.5 * inner * (1 + jax.lax.erf(inner * 0.5**0.5))
    return block.outer_norm(y + block.outer(inner)).reshape(x.shape)


def padded_length(size: int, longest: int) -> int:
    """Say to which length a text is padded, by its own size alone: few are few programs to compile.

    Example:
        >>> [padded_length(size, 512) for size in (3, 17, 130, 300, 512)]
        [16, 32, 160, 320, 512]
    """
    step = 16 if size <= 128 else 32 if size <= 256 else 64
    return min(-(-size // step) * step, longest)


class Batch(NamedTuple):
    """Texts of one padded length, in groups of as many rows.

    Attributes:
        own: their places among all texts, in the order of rows.
        codes: of the subwords, 0 behind the end.
        sizes: how many subwords each has, 1 where there is no text.
        filled: how many groups hold texts.

    Example:
        >>> (batch,) = batches([np.array([5, 7]), np.array([5])], longest=16)
        >>> batch.own.tolist(), batch.codes.shape, batch.sizes[0, :3].tolist(), batch.filled.item()
        ([0, 1], (8, 24, 16), [2, 1, 1], 1)
    """

    own: Int[np.ndarray, " own"]
    codes: Int[np.ndarray, "groups rows l"]
    sizes: Int[np.ndarray, "groups rows"]
    filled: Int[np.ndarray, ""]


def batches(codes: Sequence[Int[np.ndarray, " _"]], longest: int) -> Iterator[Batch]:
    """Deal out texts to batches of one padded length, and of one shape for each length.

    Example:
        >>> [batch.codes.shape[2] for batch in batches([np.arange(20), np.arange(9)], longest=32)]
        [16, 32]
    """
    lengths = np.array([padded_length(row.size, longest) for row in codes], int)
    for length in np.unique(lengths).tolist():
        places, rows = np.flatnonzero(lengths == length), max(_TOKENS // length, 1)
        for start in range(0, places.size, _GROUPS * rows):
            own = places[start : start + _GROUPS * rows]
            batch = np.zeros((_GROUPS * rows, length), np.int32)
            sizes = np.ones(_GROUPS * rows, np.int32)
            for line, row in enumerate(codes[place] for place in own.tolist()):
                sizes[line], batch[line, : row.size] = row.size, row
            grouped = batch.reshape(_GROUPS, rows, length), sizes.reshape(_GROUPS, rows)
            yield Batch(own, *grouped, np.array(-(-own.size // rows), np.int32))
