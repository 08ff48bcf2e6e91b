"""Features of any rank, taken apart into what counts and what is rounding error."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from w2s_jax.arrays._columns import Columns, prepare


class Part(NamedTuple):
    """What counts of centered features: q · turn · diag(values) · rows, `dual` inverse to rows.

    Attributes:
        turn: orthonormal columns, `(k, k)`.
        values: `(k,)`.
        dual: `(d, k)`, rows · dual = 1; the rows themselves where they are orthonormal.
        keep: which of the k directions count, `(k,)`.

    Example:
        >>> Part(np.eye(2), np.array([2.0, 0.0]), np.eye(2), np.array([True, False])).keep.sum()
        np.int64(1)
    """

    turn: Any
    values: Any
    dual: Any
    keep: Any

    def weights(self, z: Any, pull: Any, penalty: Any) -> Any:
        r"""Minimize $\lVert Xw - z \rVert^2 / 2 + p \lVert w \rVert^2 / 2 - g^\top w$.

        Among minimizers, the one of least norm.

        Args:
            z: (q · turn)ᵀ times labels, `(k, tasks)`.
            pull: $g$, `(d, tasks)`, or None for 0.
            penalty: $p$, `(tasks,)`, above 0 only where rows are orthonormal; None for 0
                where there is no pull.
        """
        xp: Any = np if isinstance(self.values, np.ndarray) else jnp
        keep = self.keep[:, None]
        values = xp.where(keep, self.values[:, None], 1.0)
        # (s² + p) / s, which never squares s
        spread = values if penalty is None else values + penalty[None] / values
        found = z / spread
        if pull is not None:
            found = found + self.dual.T @ pull / (values * spread)
        found = self.dual @ xp.where(keep, found, 0.0)
        if pull is None:
            return found
        kept = xp.where(keep, self.dual.T @ pull, 0.0)
        rest = (pull - self.dual @ kept) / xp.where(penalty > 0, penalty, 1.0)[None]
        return found + xp.where(penalty[None] > 0, rest, 0.0)


class Factors(NamedTuple):
    """Features taken apart in two ways, and their numerical rank.

    Attributes:
        q: orthonormal columns, `(n, k)`.
        scaled: with columns in units of their errors; right where all of them count and there is
            no ridge; None where nobody needs it, as with a plain cut.
        plain: in the features' own units, a singular value decomposition of what counts; None
            where nobody needs it.
        values: singular values by which directions were kept, relative to the largest, `(k,)`.
        cut: below which they count as rounding errors.
        rank: how many were kept.
        columns: of the features.

    Example:
        >>> names = Factors._fields
        >>> names[:3]
        ('q', 'scaled', 'plain')
    """

    q: Any
    scaled: Part | None
    plain: Part | None
    values: Any
    cut: Any
    rank: Any
    columns: Columns

    def weights(self, labels: Any, pull: Any, penalty: Any) -> Any:
        """Solve for labels `(n, tasks)` and p = nλ, in the units of the features given.

        Where all columns count, and there is no ridge, it is the scaled ones that are solved: units
        of the features are free.
        """
        columns = self.columns
        xp: Any = np if isinstance(columns.x, np.ndarray) else jnp
        # Not 0 / unit / unit, which a compiler may take for 0 / unit².
        penalty = xp.where(penalty > 0, penalty / columns.unit / columns.unit, 0.0)
        pull = None if pull is None else pull / columns.unit
        along = self.q.T @ labels
        none, found = None if pull is None else 0 * penalty, []
        for part, own in ((self.scaled, none), (self.plain, penalty)):
            if part is not None:
                found.append(part.weights(part.turn.T @ along, pull, own))
        if len(found) == 2:
            whole = (self.rank == columns.live.sum()) & (penalty == 0)
            found = [xp.where(whole[None], *found)]
        return xp.where(columns.live[:, None], found[0], 0.0) / columns.unit


def factorize(
    x: Any, rounding: Any, bias: bool, cut: float | None = None, *, ridge: bool | None = None
) -> Factors:
    r"""Take features apart: QR, then one or two singular value decompositions of the factor.

    By default columns are scaled so that the error of each has length 1. Errors then move no
    singular value by more than $\sqrt d$ if they conspire, and `levels` holds that margin already:
    what is not above 1 may be nothing but rounding.

    Args:
        x: `(n, d)`.
        rounding: relative rounding error of each column, `(d,)`.
        bias: whether to center.
        cut: of singular values in the features' own units, relative to the largest; by default
            rounding errors decide.
        ridge: whether `weights` will be asked for with penalties above 0; None: for some tasks.

    Example:
        >>> x = np.array([[1.0, 1.0], [2.0, 2.0]])
        >>> found = factorize(x, np.full(2, 2.0**-53), False)
        >>> print(found.rank, (found.plain.values * found.columns.unit).round(6) + 0.0)
        1 [3.162278 0.      ]
    """
    xp: Any = np if isinstance(x, np.ndarray) else jnp
    columns = prepare(x, rounding, bias)
    q, r = xp.linalg.qr(columns.x / columns.lengths[None])
    if cut is not None:
        u, values, rows = or_nan(xp.linalg.svd, r * columns.lengths[None], full_matrices=False)
        keep = ~(values <= cut * values[0]) & (values > 0)
        plain = Part(u, values, rows.T, keep)
        return Factors(q, None, plain, _relative(values), cut, keep.sum(), columns)
    u, values, rows = or_nan(
        xp.linalg.svd, r * (columns.lengths / columns.errors)[None], full_matrices=False
    )
    keep = ~(values <= 1)
    rank, plain = keep.sum(), None
    scaled = Part(u, values, rows.T / columns.errors[:, None], keep)
    known = isinstance(x, np.ndarray)
    whole = known and rank == columns.live.sum()
    if not (whole and ridge is False):
        own = xp.where(columns.live, columns.errors, 0.0)
        left = xp.where(keep, values, 0.0)[:, None] * rows * own[None]
        turn, own, rows = or_nan(xp.linalg.svd, left, full_matrices=False)
        plain = Part(u @ turn, own, rows.T, (xp.arange(len(own)) < rank) & ~(own <= 0))
        scaled = None if known and (ridge or not whole) else scaled
    return Factors(q, scaled, plain, _relative(values), 1 / _top(values), rank, columns)


def or_nan(factorization, matrix: Any, **options: Any) -> Any:
    """Return NaN where numpy raises and JAX returns NaN: `by_gram` and `fit_heads` look for it.

    Example:
        >>> print(or_nan(np.linalg.cholesky, -np.eye(1)))
        [[nan]]
    """
    try:
        return factorization(matrix, **options)
    except np.linalg.LinAlgError:
        some = factorization(np.eye(*matrix.shape, dtype=matrix.dtype), **options)
        return jax.tree.map(lambda part: part * np.nan, tuple(some) if options else some)


def _top(values: Any) -> Any:
    xp: Any = np if isinstance(values, np.ndarray) else jnp
    return xp.where(values[0] > 0, values[0], 1.0)


def _relative(values: Any) -> Any:
    return values / _top(values)
