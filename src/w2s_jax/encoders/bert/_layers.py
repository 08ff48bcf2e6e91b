"""The compiled part of a BERT: subwords' vectors ↦ their mean over each text, layer by layer."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from w2s_jax.encoders._encoder import Affine, Block, Norm
from w2s_jax.encoders.bert._layout import KINDS, NORM, PLACES, WORDS, Sizes, Taken, blocks, norm

_TOKENS = 1024  # of a batch: its activations then stay in a core's own cache


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
    layers: Layers, words: Float[Array, "b l d"], sizes: Int[Array, " b"], depth: int
) -> Float[Array, "layers b d"]:
    """Average every layer's vectors over each text: the embedding's, then those of `depth` blocks.

    Args:
        layers: an argument, so that its weights are compiled into no program.
        words: vectors of the subwords; what stands behind a text's end does not matter.
        sizes: how many subwords each text has.
        depth: how many blocks are read.

    Example:
        >>> sizes = Sizes(8, 2, 2, 16, vocabulary=3, places=12)
        >>> drawn = {name: np.ones(shape) for name, shape in sizes.shapes().items()}
        >>> _, layers = layers_of(drawn, sizes)
        >>> means(layers, np.ones((1, 4, 8), np.float32), np.array([3]), depth=2).shape
        (3, 1, 8)
    """
    length = words.shape[1]
    seen = jnp.arange(length, dtype=sizes.dtype)[None] < sizes[:, None]
    shares = seen.astype(words.dtype) / sizes[:, None].astype(words.dtype)
    x = jax.vmap(layers.norm)(words + layers.places[None, :length])

    def through(x: Array, number: Array) -> tuple[Array, Array]:
        block = jax.tree.map(lambda leaf: leaf[number], layers.blocks)
        y = jax.vmap(lambda x, seen: block(x, seen, layers.heads))(x, seen)
        return y, jnp.einsum("bld,bl->bd", y, shares)

    first = jnp.einsum("bld,bl->bd", x, shares)
    return jnp.concatenate([first[None], jax.lax.scan(through, x, jnp.arange(depth))[1]])


def padded_length(size: int, longest: int) -> int:
    """Say to which length a text is padded, by its own size alone: few are few programs to compile.

    Example:
        >>> [padded_length(size, 512) for size in (3, 17, 130, 300, 512)]
        [16, 32, 160, 320, 512]
    """
    step = 16 if size <= 128 else 32 if size <= 256 else 64
    return min(-(-size // step) * step, longest)


def batches(
    codes: Sequence[Int[np.ndarray, " _"]], longest: int
) -> Iterator[tuple[Int[np.ndarray, " own"], Int[np.ndarray, "b l"], Int[np.ndarray, " b"]]]:
    """Deal out texts to batches of one padded length, and of one shape for each length.

    Returns:
        Each batch's places in `codes`, its codes and its texts' sizes; a last batch that is not
        full repeats its texts.

    Example:
        >>> ((own, batch, sizes),) = batches([np.array([5, 7]), np.array([5])], longest=16)
        >>> own.tolist(), batch.shape, batch[:3, :3].tolist(), sizes[:3].tolist()
        ([0, 1], (64, 16), [[5, 7, 0], [5, 0, 0], [5, 7, 0]], [2, 1, 2])
    """
    lengths = np.array([padded_length(row.size, longest) for row in codes], int)
    for length in np.unique(lengths).tolist():
        places, rows = np.flatnonzero(lengths == length), max(_TOKENS // length, 1)
        for start in range(0, places.size, rows):
            own = places[start : start + rows]
            batch, sizes = np.zeros((rows, length), np.int32), np.empty(rows, np.int32)
            for line, place in enumerate(np.resize(own, rows)):
                sizes[line] = codes[place].size
                batch[line, : sizes[line]] = codes[place]
            yield own, batch, sizes
