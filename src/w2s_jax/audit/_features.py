"""Features in memory, on disk or in chunks: read block by block, multiplied, never held twice."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from w2s_jax.arrays import numbers
from w2s_jax.arrays._maps import let_go
from w2s_jax.heads import Gram, LinearHead

_BLOCK = 8192  # rows
_CACHED = 1024  # rows that are multiplied at a time
_SOME = 1024  # rows from anywhere
_LARGE = 2**24  # numbers: beyond, no factor of the features' own size is computed


class Features(NamedTuple):
    """A matrix as one or more parts below each other.

    Attributes:
        parts: `(n_k, d)` each: arrays, or memory maps that stay on disk.
        given: what the user handed over, for the checks that read it whole.

    Example:
        >>> found = read_features([np.ones((2, 3)), np.zeros((4, 3))])
        >>> found.shape, found.rows(np.array([1, 2]))[:, 0]
        ((6, 3), array([1., 0.]))
    """

    parts: tuple[Any, ...]
    given: Any

    @property
    def shape(self) -> tuple[int, int]:
        """How many inputs, how many features."""
        return sum(map(len, self.parts)), self.parts[0].shape[-1]

    @property
    def large(self) -> bool:
        """Whether only sums over blocks are to be taken."""
        n, d = self.shape
        first, *more = self.parts
        return n * d > _LARGE or bool(more) or isinstance(first, np.memmap)

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield blocks of rows with their places."""
        for place, part in self._places():
            for start in range(0, len(part), _BLOCK):
                block = np.asarray(part[start : start + _BLOCK])
                block = numbers("features", block, "n d", finite=False)  # sums will tell
                first = place.start + start
                yield slice(first, first + len(block)), block
                let_go(part)

    def _places(self) -> Iterator[tuple[slice, Any]]:
        first = 0
        for part in self.parts:
            yield slice(first, first + len(part)), part
            first += len(part)

    def rows(self, places: np.ndarray) -> np.ndarray:
        """Return some of the rows, in float64."""
        found = np.empty((len(places), self.shape[1]))
        for place, part in self._places():
            own = np.flatnonzero((places >= place.start) & (places < place.stop))
            for start in range(0, len(own), _SOME):  # each touches pages of its own
                some = own[start : start + _SOME]
                found[some] = numbers(
                    "features", np.asarray(part[places[some] - place.start]), "n d"
                )
                let_go(part)
        return found

    def gram(self, labels: np.ndarray) -> Gram:
        """Sum up features against labels, `(n, tasks)`."""
        return Gram.stream((part, labels[place]) for place, part in self._places())

    def predict(self, weights: np.ndarray, constant: Any, center: Any = None) -> np.ndarray:
        """Return (features − center) · weights + constant, `(n, tasks)`, weights `(d, tasks)`."""
        found = np.empty((self.shape[0], weights.shape[1]))
        part = np.empty((_CACHED, self.shape[1]))
        for place, block in self.blocks():
            for start in range(0, len(block), _CACHED):
                rows = block[start : start + _CACHED]
                x, first = part[: len(rows)], place.start + start
                x[:] = rows
                if center is not None:
                    x -= center
                np.matmul(x, weights, out=found[first : first + len(rows)])
        found += constant
        return _finite(found)

    def follow(self, head: LinearHead) -> np.ndarray:
        """Return what a head predicts, `(n, tasks)`."""
        parts = (head.weights, head.level, head.center)
        return self.predict(*(np.asarray(part, np.float64) for part in parts))


def read_features(features: Any) -> Features:
    """Read a matrix, a memory map or a list of chunks.

    Args:
        features: `(n, d)`, whatever `w2s_jax.arrays.numbers` reads; an `np.memmap`, of which
            blocks are read when their turn comes; or a list or tuple of such matrices, one below
            the other.

    Raises:
        ValueError: as `numbers`; widths that differ; an iterator, which could be read only once.

    Example:
        >>> read_features([[1.0], [2.0]]).shape
        (2, 1)
    """
    if hasattr(features, "__next__"):
        raise ValueError(
            "features is an iterator, which can be read only once, and an audit reads them twice: "
            "pass a list of chunks, or a memory map (np.load(path, mmap_mode='r'))"
        )
    chunked = isinstance(features, list | tuple) and all(np.ndim(part) == 2 for part in features)
    parts = tuple(map(_part, features)) if chunked and len(features) else (_part(features),)
    for part in parts:
        if part.shape[1] != parts[0].shape[1]:
            raise ValueError(
                f"features has chunks of width {parts[0].shape[1]} and {part.shape[1]}: pass "
                "chunks of one matrix, (rows, d) each"
            )
    return Features(parts, features)


def _finite(found: np.ndarray) -> np.ndarray:
    bad = np.flatnonzero(~np.isfinite(found).all(1))
    if bad.size:
        raise ValueError(
            f"features hold NaN or infinity at row {bad[0]}, {bad.size} such rows in all: drop "
            "these rows from all arguments, or fill them"
        )
    return found


def _part(given: Any) -> Any:
    mapped = isinstance(given, np.memmap) and given.ndim == 2 and len(given)
    return given if mapped else numbers("features", given, "n d", finite=False)
