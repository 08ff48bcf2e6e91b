"""One policy of rank, for heads, sums, reports and bounds."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from w2s_jax.arrays import numbers
from w2s_jax.arrays._digits import unit_of
from w2s_jax.arrays._host import on_host
from w2s_jax.heads._singular import factorize


class Rank(eqx.Module):
    """How many directions features span, and how clear that is.

    Attributes:
        rank: how many singular values lie above the cut.
        width: how many features there are, d.
        cut: relative to the largest singular value.
        above: the least singular value above the cut, relative to the largest; 0 if there is none.
        below: the largest one that counts as zero, likewise; 0 if there is none.

    Example:
        >>> two = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [1.0, 1.0]])
        >>> found = numerical_rank(np.c_[two, two.sum(1)])
        >>> print(found.rank, found.width, found.cut < found.above, found.below < 1e-12)
        2 3 True True
    """

    rank: Int[Array | np.ndarray, ""] | int
    width: int = eqx.field(static=True)
    cut: Float[Array | np.ndarray, ""] | float
    above: Float[Array | np.ndarray, ""] | float
    below: Float[Array | np.ndarray, ""] | float


def numerical_rank(features: Any, *, bias: bool = True, cut: float | None = None) -> Rank:
    r"""Count the directions of features that rounding errors cannot have made.

    Each column is known up to an error $e_j$, relative to its own size: with one rounding $u_j$ of
    the digits that its values have, $e_j = (2u_j + 4\sqrt d \min(u_j, 2^{-24})) \lVert x_j \rVert$,
    and at least $10^{-10}$ of its spread. Columns are divided by $e_j$; what then has a singular
    value of at most 1 counts as zero. The number of rows, and the units of columns, do not matter.
    The digits are those of the dtype, or of float32, float16 or bfloat16 where all values of a
    column fit into one of these and more than a common step of theirs is the reason; traced arrays
    are judged by their dtype.

    Args:
        features: `(n, d)`, whatever `fit_head` reads.
        bias: center them first, as a head with a constant does.
        cut: ask instead for singular values in the features' own units, above this part of the
            largest; in [0, 1).

    Returns:
        Rank, cut and the singular values beside it: of scaled columns, or with `cut` of plain ones.

    Raises:
        ValueError: what `arrays.numbers` refuses; a cut outside [0, 1).

    Example:
        >>> features = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
        >>> tied = np.c_[features, features.sum(1, dtype=np.float32)]  # known to 7 digits
        >>> numerical_rank(tied).rank, numerical_rank(tied.astype(np.float64)).rank
        (3, 3)
    """
    if cut is not None and not 0 <= cut < 1:
        raise ValueError(f"cut must lie in [0, 1), got {cut}")
    known = isinstance(features, Array) and on_host(features)
    x = numbers("features", np.asarray(features) if known else features, "n d")
    rounding = unit_of(x)
    if isinstance(x, np.ndarray):
        x = x.astype(np.float64)
    with np.errstate(all="ignore"), jax.default_matmul_precision("highest"):
        return _judged(x, rounding, bias, cut)


def _judged(x: Any, rounding: Any, bias: bool, cut: float | None) -> Rank:
    here = isinstance(x, np.ndarray)
    xp: Any = np if here else jnp
    found = factorize(
        x, rounding if here else jnp.asarray(rounding, x.dtype), bias, cut, ridge=False
    )
    values = found.values
    place = xp.arange(len(values))
    above = xp.where(place < found.rank, values, xp.inf).min()
    above = xp.where(found.rank > 0, above, 0.0)
    below = xp.where(place < found.rank, 0.0, values).max()
    if here:
        return Rank(int(found.rank), x.shape[1], float(found.cut), float(above), float(below))
    return Rank(found.rank, x.shape[1], found.cut, above, below)
