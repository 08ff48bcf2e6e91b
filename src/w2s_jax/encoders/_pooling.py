"""Codes ↦ features: what an encoder says of a text, averaged over its symbols."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal

import jax
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from w2s_jax.data._rows import BadRow, BadRows
from w2s_jax.encoders._encoder import Encoder
from w2s_jax.encoders._forward import forward, pooled, readable

Layers = Literal["last", "all"]

# Few lengths are few programs to compile; twice the length at most doubles the work.
PADDED_LENGTHS = (32, 64, 128, 256, 384)
_TOKENS = 1024  # of a batch: its activations then stay in a core's own cache
# Weights times symbols below which numpy is done before XLA has compiled, a second on one core.
_LITTLE = 5e9


def length_problem(size: int) -> str:
    """Say what is wrong with a number of symbols, nothing if encoders read as many.

    Example:
        >>> length_problem(3), length_problem(0)
        ('', 'has 0 symbols, and the encoders read 1 to 384; drop it')
    """
    if 1 <= size <= PADDED_LENGTHS[-1]:
        return ""
    return f"has {size} symbols, and the encoders read 1 to {PADDED_LENGTHS[-1]}; drop it"


def check_layers(layers: str) -> None:
    """Refuse another word.

    Example:
        >>> check_layers("last")
    """
    if layers not in ("last", "all"):
        raise ValueError(f"layers must be 'last' or 'all', got {layers!r}")


@partial(jax.jit, static_argnames="layers")
def _pool(encoder: Encoder, codes: Int[Array, "b l"], layers: str) -> Float[Array, "b d"]:
    pooled = jax.vmap(partial(encoder.pooled, unroll=False))(codes)
    return pooled[:, -1] if layers == "last" else pooled.reshape(codes.shape[0], -1)


def _read_once(encoder: Encoder, codes: Int[np.ndarray, "b l"], layers: str) -> np.ndarray:
    found = pooled(forward(encoder, codes).vectors, codes)
    return found[-1] if layers == "last" else np.concatenate([*found], axis=1)


def _little(rows: Sequence[Int[np.ndarray, " _"]], encoder: Encoder) -> list[int]:
    """Which of `PADDED_LENGTHS` hold too few symbols to compile a program for."""
    shape, sizes = encoder.shape, np.array([row.size for row in rows], int)
    weights = shape.layers * shape.width * (4 * shape.width + 2 * shape.inside)
    symbols = np.bincount(np.searchsorted(PADDED_LENGTHS, sizes), sizes, len(PADDED_LENGTHS))
    if not readable(encoder):
        return []
    return [n for n, s in zip(PADDED_LENGTHS, symbols, strict=True) if weights * s < _LITTLE]


def pool(
    rows: Sequence[Int[np.ndarray, " _"]],
    encoder: Encoder,
    *,
    layers: Layers = "last",
    progress: bool = False,
) -> Float[np.ndarray, "n d"]:
    """Compute an encoder's features: its token vectors, averaged over each text.

    Texts of about the same length share a batch. A row depends on its own text only, not on the
    others, their number or their order, but for rounding.

    Args:
        rows: codes of each of n texts.
        encoder: trained or not.
        layers: "last" block's vectors, or those of "all" blocks side by side.
        progress: show a bar.

    Returns:
        `(n, d)` in the encoder's dtype, d being the width, times the blocks if "all".

    Raises:
        BadRows: rows that are no codes of this encoder, or too long.
        ValueError: features that are not finite.

    Example:
        >>> from w2s_jax.encoders import Shape
        >>> encoder = Encoder(Shape(width=16, vocabulary=46), key=jax.random.key(0))
        >>> pool([np.array([27, 27, 29])], encoder).shape
        (1, 16)
    """
    from tqdm import tqdm

    check_layers(layers)
    rows = [np.asarray(row) for row in rows]
    _check(rows, encoder)
    found = np.empty((len(rows), _width(encoder, layers)), encoder.tokens.dtype)
    little = _little(rows, encoder)
    started = []  # all, before the first is awaited
    for own, batch in padded_batches(rows):
        read = _read_once if batch.shape[1] in little else _pool
        started.append((own, read(encoder, batch, layers=layers)))
    with tqdm(total=len(rows), disable=not progress, desc="features", unit="text") as bar:
        for own, pooled in started:
            found[own] = np.asarray(pooled)[: own.size]
            bar.update(own.size)
    bad = np.flatnonzero(~np.isfinite(found).all(1))
    if bad.size:
        raise ValueError(f"row {bad[0]}: the encoder gives features that are not finite")
    return found


def padded_batches(
    rows: Sequence[Int[np.ndarray, " _"]], *, tokens: int = _TOKENS
) -> Iterator[tuple[Int[np.ndarray, " own"], Int[np.ndarray, "b l"]]]:
    """Deal out texts to batches of about the same length, padded to one of `PADDED_LENGTHS`.

    Args:
        rows: codes of each text.
        tokens: of a batch, padding included.

    Returns:
        Each batch's places in `rows`, and its codes; a last batch that is not full repeats its
        texts, so that every batch of a length has the same shape.

    Example:
        >>> ((own, batch),) = padded_batches([np.array([27, 29]), np.array([27])])
        >>> own.tolist(), batch.shape, batch[:3, :3].tolist()
        ([0, 1], (32, 32), [[27, 29, 0], [27, 0, 0], [27, 29, 0]])
    """
    for below, length in zip((0, *PADDED_LENGTHS), PADDED_LENGTHS, strict=False):
        places = np.array([k for k, row in enumerate(rows) if below < row.size <= length], int)
        size = tokens // length
        for start in range(0, places.size, size):
            own = places[start : start + size]
            batch = np.zeros((size, length), np.int32)
            for line, place in zip(batch, np.resize(own, size), strict=True):
                line[: rows[place].size] = rows[place]
            yield own, batch


def _width(encoder: Encoder, layers: str) -> int:
    return encoder.shape.width * (encoder.shape.layers if layers == "all" else 1)


def _check(rows: Sequence[Int[np.ndarray, " _"]], encoder: Encoder) -> None:
    problems = [(row, _problem(codes, encoder.shape.vocabulary)) for row, codes in enumerate(rows)]
    bad = [BadRow(row, "", problem, quoted=False) for row, problem in problems if problem]
    if bad:
        raise BadRows(bad, of=len(rows))


def _problem(codes: Int[np.ndarray, " _"], vocabulary: int) -> str:
    if codes.ndim != 1 or codes.dtype.kind not in "iu":
        return f"must be codes, integers of shape (l,), got {codes.dtype} of {codes.shape}"
    if problem := length_problem(codes.size):
        return f"the text {problem}"
    if codes.min() < 1 or codes.max() >= vocabulary:
        return (
            f"codes {codes.min()} to {codes.max()}, but the encoder knows 1 to {vocabulary - 1}: "
            "codes and encoder do not belong together"
        )
    return ""
