"""Sums of arrays in the processor's memory, block by block."""

from functools import reduce
from typing import Any

import numpy as np
from jax.core import Tracer

from w2s_jax.arrays import numbers
from w2s_jax.arrays._digits import Digits
from w2s_jax.arrays._maps import let_go
from w2s_jax.heads._sums import Sums

_BLOCK = 8192  # rows: sums of float32 products stay short
_LOOKED = 8  # blocks whose digits are looked at; of those behind every eighth


def read(features: Any) -> Any:
    """Read features, but leave a memory map on disk: blocks of it are read when their turn comes.

    Example:
        >>> read([[1, 2]])
        array([[1., 2.]])
    """
    if isinstance(features, np.memmap) and features.ndim == 2 and len(features):
        numbers("features", features[:1], finite=False)
        return features
    return numbers("features", features, "n d", finite=False)


def by_blocks(columns: list, dtype: np.dtype) -> tuple[Sums, Digits]:
    """Sum up blocks of rows, and look at the digits of their features.

    Args:
        columns: features `(n, d)`, labels `(n, tasks)` and, where known, truth, same shape.
        dtype: of the products.

    Example:
        >>> by_blocks([np.array([[1.0], [3.0]]), np.ones((2, 1))], np.dtype(float))[0].scatter
        array([[2.]])
    """

    def block(start: int) -> tuple[Sums, Digits | None]:
        rows = [np.asarray(array[start : start + _BLOCK]) for array in columns]
        rows[0] = numbers("features", rows[0], finite=False)
        number = start // _BLOCK
        # Single precision has 24 bits whatever a row holds: some blocks tell which are in use.
        looked = rows[0].dtype == np.float64 or number < _LOOKED or number % _LOOKED == 0
        found = Sums.of(rows, dtype, np), Digits.of(rows[0]) if looked else None
        let_go(columns[0])
        return found

    def merged(one: Any, other: Any) -> Any:
        digits = one[1] if other[1] is None else one[1].merge(other[1])
        return one[0].merge(other[0]), digits

    with np.errstate(all="ignore"):  # finite will say it in words
        found: Any = map(block, range(0, len(columns[0]), _BLOCK))
        return reduce(merged, found)


def finite(sums: Sums, given: list) -> Sums:
    """Return sums that are finite, or say which of the arrays given is not.

    Example:
        >>> ones = np.ones((2, 1))
        >>> finite(by_blocks([ones, ones], np.dtype(float))[0], [ones, ones]).count
        array(2.)
    """
    if isinstance(sums.scatter, Tracer):
        return sums
    # Sums of what is not finite are not finite either.
    total = np.trace(np.asarray(sums.scatter)) + np.sum(np.asarray(sums.squares))
    if not np.isfinite(total + np.sum(np.asarray(sums.apart))):
        for name, array in zip(("features", "labels", "truth"), given, strict=False):
            numbers(name, array)
        raise ValueError("features, labels or truth are too large to be summed: rescale them")
    return sums
