"""Formulas of two numbers, for arrays of numpy or JAX: exact limits at 0, all digits where equal.

Every formula takes the namespace first. Branches that are not taken see harmless numbers, so that
JAX can differentiate through them.
"""

from typing import Any

_TERMS = 14  # of a series in |d| ≤ 1/16, which leaves 1e-17 of it


def quotient(xp: Any, p: Any, q: Any) -> Any:
    """Return p / q, with 0 / 0 = 0.

    Example:
        >>> import numpy as np
        >>> print(quotient(np, np.array([1.0, 0.0]), np.array([4.0, 0.0])))
        [0.25 0.  ]
    """
    none = (p == 0) & (q == 0)
    return xp.where(none, 0.0, p / xp.where(none, 1.0, q))


def log_ratio(xp: Any, p: Any, q: Any, apart: Any = None) -> Any:
    """Return log(p / q), with log(0 / 0) = 0.

    Args:
        xp: numpy or jax.numpy.
        p: at least 0; so is the next.
        q: of the same shape.
        apart: p − q, where it is known to more digits.

    Example:
        >>> import numpy as np
        >>> print(log_ratio(np, np.array([np.e, 0.0]), np.array([1.0, 0.0])))
        [1. 0.]
    """
    near, d = _relative(xp, p, q, 0.5, apart)
    far = ~near & ~((p == 0) & (q == 0))
    outside = xp.log(xp.where(far, p, 1.0)) - xp.log(xp.where(far, q, 1.0))
    return xp.where(near, xp.log1p(d), outside)


def entropic(xp: Any, p: Any, q: Any, apart: Any = None) -> Any:
    """Return p log(p / q) − p + q, which is at least 0; arguments as of `log_ratio`.

    Example:
        >>> import numpy as np
        >>> print(entropic(np, np.array([0.5, 0.0, 0.0]), np.array([0.5, 0.5, 0.0])))
        [0.  0.5 0. ]
    """
    apart = p - q if apart is None else apart
    near, d = _relative(xp, p, q, 1 / 16, apart)
    some = (p > 0) & ~near
    outside = p * log_ratio(xp, xp.where(some, p, 1.0), xp.where(some, q, 1.0))
    outside = xp.where(some, outside, 0.0) - apart
    return xp.where(near, q * _series(d, lambda k: k * (k - 1)), outside)


def spectral(xp: Any, p: Any, q: Any) -> Any:
    """Return p / q − log(p / q) − 1, which is 0 where p = q, at 0 as well.

    Example:
        >>> import numpy as np
        >>> print(spectral(np, np.array([2.0, 0.0, 0.0]), np.array([2.0, 1.0, 0.0])))
        [ 0. inf  0.]
    """
    near, d = _relative(xp, p, q, 1 / 16)
    edge = (p == 0) | (q == 0)
    free = ~near & ~edge
    a, b = xp.where(free, p, 1.0), xp.where(free, q, 1.0)
    inside = xp.where(near, _series(d, lambda k: k), (a - b) / b - log_ratio(xp, a, b))
    return xp.where(edge, xp.where(p == q, 0.0, xp.inf), inside)


def barrier(xp: Any, r: Any) -> Any:
    """Return −log(1 − r) − r, infinite from r = 1 on.

    Example:
        >>> import numpy as np
        >>> print(barrier(np, np.array([0.0, 2.0])))
        [ 0. inf]
    """
    inside = r < 1
    a = xp.where(inside, r, 0.0)
    return xp.where(inside, -xp.log1p(-a) - a, xp.inf)


def _relative(xp: Any, p: Any, q: Any, most: float, apart: Any = None) -> tuple[Any, Any]:
    """Say where |p − q| is at most this part of q, and return (p − q) / q there."""
    apart = p - q if apart is None else apart
    near = (abs(apart) <= most * q) & (q > 0)
    return near, xp.where(near, apart, 0.0) / xp.where(near, q, 1.0)


def _series(d: Any, divisor: Any) -> Any:
    """Sum (−d)ᵏ / divisor(k) from k = 2."""
    total = 0.0 * d
    for k in range(_TERMS, 1, -1):
        total = (1 / divisor(k)) - d * total
    return d * d * total
