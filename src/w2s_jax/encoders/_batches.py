"""Batches of texts of similar length, and which of their symbols are masked.

Every batch and every mask is drawn from a seed and a number, so that a run may stop anywhere.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from w2s_jax.encoders._alphabet import MASK, PAD

DIVISOR = 8  # rows a batch are a multiple, so that 2, 4 or 8 devices share them


class Masked(NamedTuple):
    """Codes with symbols masked, and what had been there.

    Attributes:
        codes: the input.
        places: the positions to predict in each row.
        answers: the codes that were there.
        counted: False where a row has fewer positions to predict.

    Example:
        >>> codes = np.full((2, 40), 27, np.int32)
        >>> mask(codes, 0.15, vocabulary=46, seed=(0, 0)).counted.sum(1).tolist()
        [6, 6]
    """

    codes: Int[np.ndarray, "rows l"]
    places: Int[np.ndarray, "rows k"]
    answers: Int[np.ndarray, "rows k"]
    counted: Bool[np.ndarray, "rows k"]


def rows_of(length: int, tokens: int) -> int:
    """Rows of a batch of about as many tokens, padding included.

    Example:
        >>> [rows_of(length, 4096) for length in (24, 48, 104)]
        [168, 80, 32]
    """
    return max(tokens // length // DIVISOR, 1) * DIVISOR


def plan(
    sizes: Int[np.ndarray, " n"],
    lengths: Sequence[int],
    tokens: int,
    *,
    seed: int,
    epoch: int,
) -> list[tuple[int, Int[np.ndarray, " rows"]]]:
    """Deal out all texts to batches in the order of an epoch.

    Args:
        sizes: of the texts, in symbols.
        lengths: to which they are padded, from short to long.
        tokens: of a batch, padding included.
        seed: of the order.
        epoch: every one has its own order.

    Returns:
        The batches' padded lengths and texts' numbers; the last batch of each length is filled
        with -1. Every epoch has the same number of batches.

    Raises:
        ValueError: a text longer than all lengths.

    Example:
        >>> (length, rows), = plan(np.array([3, 9, 5]), [36], 36 * 8, seed=0, epoch=0)
        >>> length, sorted(rows.tolist())
        (36, [-1, -1, -1, -1, -1, 0, 1, 2])
    """
    if sizes.size and sizes.max() > lengths[-1]:
        raise ValueError(
            f"a text has {sizes.max()} symbols, and the longest length is {lengths[-1]}"
        )
    rng = np.random.default_rng([seed, 1, epoch])
    buckets = np.searchsorted(lengths, sizes)
    batches = []
    for bucket, length in enumerate(lengths):
        own = rng.permutation(np.flatnonzero(buckets == bucket))
        rows = rows_of(length, tokens)
        filled = np.concatenate([own, np.full(-own.size % rows, -1)])
        batches += [(length, some) for some in filled.reshape(-1, rows)]
    return [batches[k] for k in rng.permutation(len(batches))]


def mask(
    codes: Int[np.ndarray, "rows l"], share: float, *, vocabulary: int, seed: tuple[int, ...]
) -> Masked:
    r"""Choose positions that are not padding, and hide most of them.

    Of the chosen, 80 % turn into the mask, 10 % into a random symbol, and 10 % stay (Devlin et al.
    2019). A row of l symbols has $\lfloor 0.15\, l + u \rfloor$ chosen, u uniform in [0, 1).

    Args:
        codes: padded.
        share: of the positions, 0.15 in the formula.
        vocabulary: number of codes, an alphabet's `size`.
        seed: numbers; the same ones give the same mask.

    Example:
        >>> masked = mask(np.full((1, 24), 27, np.int32), 0.15, vocabulary=46, seed=(0, 0))
        >>> masked.places.shape, masked.answers[masked.counted].tolist()
        ((1, 4), [27, 27, 27, 27])
    """
    rng = np.random.default_rng(seed)
    rows, length = codes.shape
    lengths = (codes != PAD).sum(1)
    counts = np.floor(share * lengths + rng.random(rows)).astype(np.int64)
    scores = np.where(codes != PAD, rng.random(codes.shape), 2.0)
    places = scores.argsort(axis=1)[:, : int(share * length) + 1]
    counted = np.arange(places.shape[1])[None] < np.minimum(counts, lengths)[:, None]
    answers = np.take_along_axis(codes, places, 1)
    fate = rng.random(places.shape)
    other = rng.integers(MASK + 1, vocabulary, places.shape)
    shown = np.where(fate < 0.8, MASK, np.where(fate < 0.9, other, answers))
    hidden = codes.copy()
    np.put_along_axis(hidden, places, np.where(counted, shown, answers), 1)
    hidden, places, answers = (a.astype(np.int32) for a in (hidden, places, answers))
    return Masked(hidden, places, answers, counted)
