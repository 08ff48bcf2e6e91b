"""A softmax head on features that stream past, once for each step of Newton."""

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import Any

import numpy as np

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.heads._basis import Basis
from w2s_jax.heads._streaming import Gram
from w2s_jax.heads.softmax._groups import Wanted, check_ridge, check_shares, first, fitted
from w2s_jax.heads.softmax._head import SoftmaxHead, sure
from w2s_jax.heads.softmax._labels import known, probabilities
from w2s_jax.heads.softmax._sums import Blocks

Chunks = Iterable[tuple[Any, Any]] | Callable[[], Iterable[tuple[Any, Any]]]


def stream_softmax(
    chunks: Chunks,
    *,
    classes: int | None = None,
    ridge: Any = 0.0,
    bias: bool = True,
    tol: float = 1e-14,
    max_steps: int = 100,
    throw: bool = True,
) -> SoftmaxHead:
    """Fit the head that `fit_softmax` would fit on all inputs, one chunk in memory at a time.

    A first pass sums the features' products, which give the coordinates and the rank, as far as
    sums can tell: `Gram.check` says how far. Each Newton step takes one pass more, two where it had
    to be shortened.

    Args:
        chunks: pairs of features `(k, d)` and labels, as for `fit_softmax`, or, for many heads,
            `(k, tasks, classes)`: a list, or a function that returns them anew for each pass.
        classes: how many; needed for class numbers, of which a chunk may not hold all.
        ridge: λ ≥ 0, or one a task; so are the next as for `fit_softmax`.
        bias: fit an unpenalized constant a class.
        tol: gap at which to stop, in nats.
        max_steps: Newton steps after which to stop.
        throw: raise where the head is not certified.

    Returns:
        The head, or the heads.

    Raises:
        ValueError: as in `fit_softmax`; no chunk; chunks that can be read only once.

    Example:
        >>> x, labels = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 1, 0, 1])
        >>> head = stream_softmax([(x[:3], labels[:3]), (x[3:], labels[3:])], classes=2)
        >>> print(head(x).round(3)[:, 1])
        [0.204 0.388 0.612 0.796]
    """
    read = _reader(chunks, classes)
    sums = [(Gram.of(x, np.zeros(len(x))), chances.sum(0), one) for x, chances, one in read()]
    if not sums:
        raise ValueError("nothing to fit: the stream held no chunk")
    gram = reduce(Gram.merge, (each[0] for each in sums))
    total = np.sum([each[1] for each in sums], axis=0)
    count, one = float(gram.count), sums[0][2]
    shares = total / count
    if bias and throw:
        check_shares(shares)

    def blocks_of(basis: Basis, tasks: np.ndarray) -> Blocks:
        def blocks() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            seen = 0
            for x, chances, _ in read():
                seen += len(x)
                yield basis.rows(x), np.ascontiguousarray(np.moveaxis(chances[:, tasks], 0, 2))
            if seen != count:
                raise ValueError(
                    f"chunks held {count:.0f} rows at first and {seen} in a later pass: pass a "
                    "list, or a function that returns the same chunks each time"
                )

        return blocks

    def basis_of(penalized: bool) -> Basis:
        basis = Basis.of_sums(gram, bias=bias, ridge=penalized)
        assert basis is not None
        return basis

    wanted = Wanted(check_ridge(ridge, len(shares)), tol, max_steps, False)
    head = fitted(basis_of, blocks_of, wanted, (shares.shape[1], 1))
    head = first(head) if one else head
    return sure(head, "stream_softmax") if throw else head


def _reader(chunks: Chunks, classes: int | None) -> Callable[[], Iterator[tuple]]:
    """Return what reads chunks anew: features, chances `(k, tasks, classes)`, whether one task."""
    if not callable(chunks) and iter(chunks) is chunks:
        raise ValueError(
            "chunks can be read only once: pass a list, or a function that returns them anew"
        )

    def read() -> Iterator[tuple]:
        for features, labels in chunks() if callable(chunks) else chunks:
            x = numbers("features", known("features", features), "n d").astype(np.float64)
            same_rows(features=features, labels=labels)
            axes = np.ndim(labels)
            if axes == 1 and classes is None and np.asarray(labels).dtype != bool:
                raise ValueError("classes must be given for a stream of class numbers, got None")
            chances = probabilities(labels, "n tasks" if axes == 3 else "n", classes)
            yield x, chances if axes == 3 else chances[:, None], axes < 3

    return read
