r"""Features prepared for a factorization: centered, in sizes that can be squared, errors known.

Column $j$ of features that were computed and stored with relative rounding errors $u_j$ is known up
to a column of length $e_j$, in two parts that `errors` adds up: the rounding itself, relative to
the column as it stands, mean included, and what a computation in float64 is trusted with, relative
to its spread.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

TRUSTED = 1e-10  # of its spread: what is smaller in a float64 column is taken for rounding
_SINGLE = 2.0**-24


class Columns(NamedTuple):
    """Centered features `x`, divided by `unit`, and what is known of their columns.

    Attributes:
        x: `(n, d)`; columns that do not vary are 0.
        unit: a power of two that brings the largest entry near 1.
        center: `(d,)`, the means, in the features' own size; 0 without a bias.
        rest: `(d,)`, what a float had no digits for in `center`.
        lengths: of the columns of x, `(d,)`; 1 where they are 0.
        errors: of the columns of x, `(d,)`, in length; 1 where they are 0.
        live: which columns vary, `(d,)`.

    Example:
        >>> one, none = np.ones(1), np.zeros(1)
        >>> Columns(np.array([[1.0], [-1.0]]), 1.0, none, none, 2**0.5 * one, one, one > 0).x.shape
        (2, 1)
    """

    x: Any
    unit: Any
    center: Any
    rest: Any
    lengths: Any
    errors: Any
    live: Any


def levels(rounding: Any, d: int) -> Any:
    r"""Return the relative error $r_j$ that columns of `rounding` $u_j$ are taken to have.

    $r_j = 2u_j + 4\sqrt d \min(u_j, 2^{-24})$: errors of storing are independent, and move
    singular values by less than $u_j(1 + \sqrt{d/n})$. Errors of computing may agree across
    columns, as those of a layer norm's mean do, which costs up to $\sqrt d$; computing is done in
    float32 or better.

    Args:
        rounding: relative error of one rounding, `(d,)`.
        d: number of columns.

    Example:
        >>> print(levels(np.array([2.0**-24, 2.0**-11]), 256).round(7))
        [3.900e-06 9.804e-04]
    """
    xp: Any = np if isinstance(rounding, np.ndarray) else jnp
    return 2 * rounding + 4 * d**0.5 * xp.minimum(rounding, _SINGLE)


def errors(lengths: Any, sizes: Any, level: Any) -> Any:
    r"""Return $e_j = \max(r_j \lVert x_j \rVert, 10^{-10} \lVert x_j - \bar x_j \rVert)$.

    Args:
        lengths: of the centered columns.
        sizes: lengths of the columns as they stand.
        level: r, from `levels`.

    Example:
        >>> print(errors(np.array([1.0, 1.0]), np.array([1.0, 1e8]), 1e-15))
        [1.e-10 1.e-07]
    """
    xp: Any = np if isinstance(lengths, np.ndarray) else jnp
    return xp.maximum(level * sizes, TRUSTED * lengths)


def prepare(x: Any, rounding: Any, bias: bool) -> Columns:
    """Center features, and find out which of their columns vary.

    Args:
        x: `(n, d)`.
        rounding: relative error of one rounding, `(d,)`.
        bias: whether to center.

    Example:
        >>> found = prepare(np.array([[1.0, 0.1], [3.0, 0.1]]), np.full(2, 2.0**-53), True)
        >>> print(found.x[:, 0], found.live)
        [-0.25  0.25] [ True False]
    """
    xp: Any = np if isinstance(x, np.ndarray) else jnp
    given = abs(x).max(0)
    unit = _power(given.max())
    highest = given / unit
    # NaN, which heads refuse in words, where one unit for all columns would lose one of them.
    gone = (given > 0) & (highest < float(jnp.finfo(x.dtype).tiny) * 1e4)
    x = x / xp.where(gone, xp.nan, unit)[None]
    own = xp.where(highest > 0, highest, 1.0)  # squares of small columns would underflow
    sizes = own * xp.linalg.norm(x / own[None], axis=0)
    center = rest = highest * 0
    if bias:
        first = _mean(x)
        more = _mean(x - first[None])  # what rounding left of the means
        x, center = x - first[None] - more[None], first + more
        rest = more - (center - first)
    spread = own * xp.linalg.norm(x / own[None], axis=0)
    level = levels(rounding, x.shape[1])
    live = ~(spread <= level * sizes)  # a NaN is alive, and will be found
    x = xp.where(live[None], x, 0.0)
    error = errors(spread, sizes, level)
    one = xp.ones_like(spread)
    return Columns(
        x,
        unit,
        center * unit,
        rest * unit,
        xp.where(live, spread, one),
        xp.where(live, error, one),
        live,
    )


def _power(size: Any) -> Any:
    xp: Any = jnp if isinstance(size, Array) else np
    limit = int(jnp.finfo(size.dtype).maxexp) - 2
    exponent = xp.clip(xp.frexp(size)[1], -limit, limit)
    return xp.where(
        (size > 0) & xp.isfinite(size), xp.ldexp(xp.ones_like(size), exponent), xp.ones_like(size)
    )


def _mean(x: Any) -> Any:
    # As a product: sums over rows one by one would lose digits of float32.
    xp: Any = np if isinstance(x, np.ndarray) else jnp
    return xp.full(x.shape[0], 1 / x.shape[0], x.dtype) @ x
