"""The linear class on given inputs, as an orthonormal basis that follows the heads' own rank."""

import numpy as np

from w2s_jax.heads import fit_heads


def orthonormal(features: np.ndarray, bias: bool) -> np.ndarray:
    """Return a basis of the predictions that heads on these features can make.

    Heads decide which directions of the features exist. So a basis of everything is fitted by
    heads: what they reproduce has singular values 1, what they drop 0.

    Args:
        features: `(n, d)`, float64.
        bias: whether heads have a constant.

    Returns:
        `(n, k)` with orthonormal columns, k the rank and one more for a constant.

    Example:
        >>> basis = orthonormal(np.array([[1.0, 2.0], [2.0, 4.0], [4.0, 8.0]]), bias=False)
        >>> print(basis.shape, (basis**2).sum(1).round(4))
        (3, 1) [0.0476 0.1905 0.7619]
    """
    lengths = np.maximum(np.linalg.norm(features, axis=0), np.finfo(float).tiny)
    columns = [features / lengths]
    if bias:
        columns = [np.ones((len(features), 1)), *columns]
    everything = np.linalg.qr(np.column_stack(columns))[0]
    reproduced = np.asarray(fit_heads(features, everything, bias=bias)(features), np.float64)
    left, values, _ = np.linalg.svd(reproduced, full_matrices=False)
    return left[:, values > 0.5]


def without_itself(basis: np.ndarray) -> np.ndarray:
    """Return 1 − h for each input, h its leverage in the sample; exactly 0 where nothing is left.

    Residuals divided by it are those of the student fitted without the input.

    Example:
        >>> print(without_itself(np.array([[1.0], [0.0]])))
        [0. 1.]
    """
    left = 1 - (basis**2).sum(1)
    return np.where(left > 1e-9, left, 0.0)


def divided(part: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Divide each row by what `without_itself` says; infinite where nothing is left.

    Example:
        >>> print(divided(np.array([0.0, 2.0]), np.array([0.0, 0.5])))
        [inf  4.]
    """
    left = left.reshape(-1, *[1] * (part.ndim - 1))
    return np.where(left > 0, part / np.where(left > 0, left, 1.0), np.inf)
