"""An encoder that reads texts: their subwords' vectors, averaged over each text, layer by layer."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from w2s_jax.arrays._counts import check_count
from w2s_jax.data._cells import column_of, is_missing
from w2s_jax.data._rows import sift
from w2s_jax.encoders._encoder import Affine, Block, Norm
from w2s_jax.encoders.bert._layout import KINDS, NORM, PLACES, WORDS, Sizes, Taken, blocks, norm
from w2s_jax.files import fingerprint, kept
from w2s_jax.files._cache import Cache

_TOKENS = 1024  # of a batch: its activations then stay in a core's own cache


class Layers(eqx.Module):
    """What is compiled into no program, but given to it: everything but the subwords' vectors."""

    places: Float[Array, "positions d"]
    norm: Norm
    blocks: Block
    heads: int = eqx.field(static=True)


@dataclass(frozen=True, eq=False)
class Bert:
    """An encoder of the BERT family with its subwords; `load_bert` reads one.

    Attributes:
        tokenizer: text ↦ subwords, of the library `tokenizers`.
        words: `(vocabulary, d)`, every subword's vector, kept by numpy: a text needs few of them.
        layers: positions and blocks.
        prefix: is put before every text, as the encoder was trained.
        spell: is done to every text before.
    """

    tokenizer: Any
    words: Float[np.ndarray, "vocabulary d"]
    layers: Layers
    prefix: str = ""
    spell: Callable[[str], str] = str

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return self.layers.blocks.inner.bias.shape[0]

    @property
    def longest(self) -> int:
        """How many subwords it reads, with those that mark the beginning and the end."""
        return self.layers.places.shape[0]

    def codes(
        self, texts: Iterable[Any], *, longest: int | None = None
    ) -> list[Int[np.ndarray, " l"]]:
        columns = sift(column_of(texts, "texts", "strings"), _text)
        self._cut_at(longest)
        return [self._codes(text) for text in columns]

    def _cut_at(self, longest: int | None) -> None:
        check_count("longest", self.longest if longest is None else longest, 3)
        self.tokenizer.enable_truncation(min(longest or self.longest, self.longest))

    def _codes(self, text: str) -> Int[np.ndarray, " l"]:
        # One by one: `encode_batch` starts threads, and complains where a process forks later.
        return np.array(self.tokenizer.encode(self.spell(self.prefix + text)).ids, np.int32)

    def features(
        self,
        texts: Iterable[Any],
        *,
        layers: Sequence[int] | None = None,
        longest: int | None = None,
        cache: Cache = None,
        progress: bool = False,
    ) -> dict[int, Float[np.ndarray, "n d"]]:
        chosen = [self.depth] if layers is None else list(layers)
        for layer in chosen:
            check_count("layers", layer, 0)
            if layer > self.depth:
                raise ValueError(f"layers must be at most {self.depth}, got {layer}")
        codes = self.codes(texts, longest=longest)

        def compute() -> np.ndarray:
            return self._read(codes, chosen, progress)

        parts: list[Any] = []
        if cache is not None and cache is not False:
            parts = [fingerprint(self.words, self.layers), chosen, jax.default_backend(), codes]
        return dict(zip(chosen, kept("features", parts, compute, cache), strict=True))

    def _read(self, codes: list[np.ndarray], chosen: list[int], progress: bool) -> np.ndarray:
        from tqdm import tqdm

        found = np.empty((len(chosen), len(codes), self.words.shape[1]), np.float32)
        with tqdm(total=len(codes), disable=not progress, desc="features", unit="text") as bar:
            for own, batch, sizes in _batches(codes, self.longest):
                means = _means(self.layers, self.words[batch], sizes, max(chosen))
                found[:, own] = np.asarray(means)[chosen, : own.size]
                bar.update(own.size)
        if not np.isfinite(found).all():
            bad = np.flatnonzero(~np.isfinite(found).all((0, 2)))
            raise ValueError(f"row {bad[0]}: the encoder gives features that are not finite")
        return found


@partial(jax.jit, static_argnames="depth")
def _means(
    layers: Layers, words: Float[Array, "b l d"], sizes: Int[Array, " b"], depth: int
) -> Float[Array, "layers b d"]:
    length = words.shape[1]
    seen = jnp.arange(length) < sizes[:, None]
    shares = seen.astype(words.dtype) / sizes[:, None].astype(words.dtype)
    x = jax.vmap(layers.norm)(words + layers.places[None, :length])

    def mean(x: Array) -> Array:
        return jnp.einsum("bld,bl->bd", x, shares)

    def through(x: Array, number: Array) -> tuple[Array, Array]:
        block = jax.tree.map(lambda leaf: leaf[number], layers.blocks)
        x = jax.vmap(lambda x, seen: block(x, seen, layers.heads))(x, seen)
        return x, mean(x)

    later = jax.lax.scan(through, x, jnp.arange(depth))[1]
    return jnp.concatenate([mean(x)[None], later])


def padded_length(size: int, longest: int) -> int:
    """Say to which length a text is padded: few lengths are few programs to compile.

    Example:
        >>> [padded_length(size, 512) for size in (3, 17, 130, 300, 512)]
        [16, 32, 160, 320, 512]
    """
    step = 16 if size <= 128 else 32 if size <= 256 else 64
    return min(-(-size // step) * step, longest)


def _batches(codes: list[np.ndarray], longest: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Texts of one padded length, in batches of one shape: the last repeats what it holds."""
    lengths = np.array([padded_length(row.size, longest) for row in codes], int)
    for length in np.unique(lengths):
        places = np.flatnonzero(lengths == length)
        rows = max(_TOKENS // int(length), 1)
        for start in range(0, places.size, rows):
            own = places[start : start + rows]
            batch = np.zeros((rows, length), np.int32)
            sizes = np.ones(rows, np.int32)
            for k, place in enumerate(np.resize(own, rows)):
                sizes[k] = codes[place].size
                batch[k, : sizes[k]] = codes[place]
            yield own, batch, sizes


def _text(cell: Any) -> str:
    if is_missing(cell):
        raise ValueError("is missing; drop the row")
    if not isinstance(cell, str):
        raise ValueError(f"is no text but of type {type(cell).__name__}; drop the row or mend it")
    if not cell.strip():
        raise ValueError("is blank; drop the row")
    try:
        cell.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character, which no file can hold; mend it") from None
    return str(cell)


def bert_of(
    state: Mapping[str, np.ndarray],
    sizes: Sizes,
    tokenizer: Any,
    *,
    prefix: str = "",
    spell: Callable[[str], str] = str,
) -> Bert:
    sizes.check(state)
    own = Taken({name: np.asarray(array, np.float32) for name, array in state.items()})
    # Every subword is of the first kind, so that kind's vector belongs to every position.
    places = own.take(PLACES, 2)[sizes.unused :] + own.take(KINDS, 2)[:1]
    words, first, stacked = own.take(WORDS, 2), norm(own, NORM, "norm"), blocks(own)
    put = jax.device_put

    def affine(name: str) -> Affine:
        return Affine(put(stacked[f"{name}.weights"]), put(stacked[f"{name}.bias"]))

    def normed(name: str, among: Mapping[str, np.ndarray]) -> Norm:
        return Norm(put(among[f"{name}.scale"]), put(among[f"{name}.shift"]), sizes.eps)

    block = Block(
        attention=affine("attention"),
        mixed=affine("mixed"),
        attention_norm=normed("attention_norm", stacked),
        inner=affine("inner"),
        outer=affine("outer"),
        outer_norm=normed("outer_norm", stacked),
    )
    layers = Layers(put(places), normed("norm", first), block, sizes.heads)
    return Bert(tokenizer, words, layers, prefix, spell)
