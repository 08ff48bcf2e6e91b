"""Products of a block's columns, a few rows at a time, so that they stay in the cache."""

from typing import NamedTuple

import numpy as np

_ROWS = 2048


class Products(NamedTuple):
    """Sums over the rows of one block, of features about an origin.

    Attributes:
        total: of the features, `(d,)`, in float64, as are the next.
        scatter: of features by features, `(d, d)`.
        cross: of features by targets, `(d, targets)`.
        varies: whether a column differs from its origin anywhere, `(d,)`.

    Example:
        >>> found = products(np.array([[1.0], [3.0]]), np.zeros((2, 1)), np.array([[1.0]]))
        >>> isinstance(found, Products), found.varies
        (True, array([ True]))
    """

    total: np.ndarray
    scatter: np.ndarray
    cross: np.ndarray
    varies: np.ndarray


def products(features: np.ndarray, targets: np.ndarray, origin: np.ndarray) -> Products | None:
    """Multiply and add.

    Args:
        features: `(n, d)`, in whatever precision.
        targets: `(n, targets)`, in that of the products.
        origin: `(1, d)`, subtracted from the features, in that of the products.

    Returns:
        The sums; None where squares may over- or underflow, or are not finite.

    Example:
        >>> found = products(np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]]), np.array([[1.0]]))
        >>> print(found.total, found.scatter, found.cross)
        [2.] [[4.]] [[2.]]
        >>> with np.errstate(over="ignore"):
        ...     products(np.array([[1e200]]), np.ones((1, 1)), np.zeros((1, 1))) is None
        True
    """
    (n, d), dtype = features.shape, origin.dtype
    beside = np.concatenate([targets, np.ones((n, 1), dtype)], axis=1)
    scatter, cross = np.zeros((d, d)), np.zeros((d, beside.shape[1]))
    part = np.empty((min(n, _ROWS), d), dtype)
    for start in range(0, n, _ROWS):
        rows = features[start : start + _ROWS]
        x = part[: len(rows)]
        x[:] = rows  # to widen and to subtract takes less than to do both at once
        x -= origin
        scatter += x.T @ x
        cross += x.T @ beside[start : start + _ROWS]
    size, far = np.diag(scatter), np.finfo(dtype).maxexp // 2
    varies = size > 0
    plain = ~varies | ((size < 2.0 ** (far - 4)) & (size > n * 2.0 ** (4 - far)))
    still = np.flatnonzero(~varies)
    if not plain.all() or (features[:, still] != origin[:, still]).any():
        return None
    return Products(cross[:, -1], scatter, cross[:, :-1], varies)
