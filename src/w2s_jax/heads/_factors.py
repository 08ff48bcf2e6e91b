"""The two factorizations behind a head, one text for numpy and for JAX.

Known numbers are solved by numpy, in float64; what is traced, what lives on an accelerator and a
stack of small problems, a loop, by one program of JAX, in the features' own precision.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg

from w2s_jax.arrays._columns import TRUSTED, levels
from w2s_jax.heads._singular import factorize, or_nan
from w2s_jax.heads._tangents import differentiable


class Solved(NamedTuple):
    """What `solve` found: predictions are (features − center) @ weights + level.

    Attributes:
        weights: `(d, tasks)`.
        level: `(tasks,)`.
        center: `(d,)`, or `(d, tasks)` where each task has features of its own.
        rank: `()`, or `(tasks,)`.

    Example:
        >>> found = Solved(np.ones((2, 1)), np.zeros(1), np.array([1.0, 2.0]), np.array(2))
        >>> print((np.array([[2.0, 4.0]]) - found.center) @ found.weights + found.level)
        [[3.]]
    """

    weights: Any
    level: Any
    center: Any
    rank: Any


def solve(
    x: Any,
    y: Any,
    penalty: Any,
    rounding: Any,
    *,
    bias: bool,
    cut: float | None = None,
    plain: bool = False,
) -> Solved:
    """Return weights, level, center and rank, by numpy for one `x` of numpy's.

    Args:
        x: `(n, d)` or `(tasks, n, d)`.
        y: `(n, tasks)`.
        penalty: λ of each task.
        rounding: relative rounding error of each column, from `unit_of`.
        bias: fit a constant.
        cut: of plain singular values, relative to the largest; by default rounding errors decide.
        plain: no task has a ridge.

    Example:
        >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]])
        >>> found = solve(x, y, np.zeros(1), np.full(1, 2.0**-53), bias=True, plain=True)
        >>> print(found.weights.round(6), found.level.round(6), found.center, found.rank)
        [[2.]] [3.] [1.] 1
    """
    # A stack is a loop over small problems, up to ten times as fast compiled.
    if isinstance(x, np.ndarray) and x.ndim == 2:
        with np.errstate(all="ignore"):  # fit_heads says in words what is not finite
            few = 4 * y.shape[1] <= x.shape[1]
            head = partial(_solve_one, bias=bias, cut=cut, fast=plain and few)
            return Solved(*head(x, y, len(x) * penalty, rounding))
    with jax.default_matmul_precision("highest"):
        return _compiled(x, y, penalty, rounding, bias=bias, cut=cut, plain=plain)


@partial(jax.jit, static_argnames=("bias", "cut", "plain"))
def _compiled(x, y, penalty, rounding, *, bias: bool, cut: float | None, plain: bool):
    rounding = jnp.asarray(rounding, x.dtype)
    one = partial(_solve_one, bias=bias, cut=cut, fast=plain)
    if x.ndim == 2:
        few = 4 * y.shape[1] <= x.shape[1]  # refining many tasks costs more than an SVD
        head = differentiable(partial(one, fast=plain and few), bias, cut)
        return Solved(*head(x, y, x.shape[0] * penalty, rounding))
    head = differentiable(one, bias, cut)

    def task(own):
        x, y, penalty, rounding = own
        found = head(x, y[:, None], x.shape[0] * penalty[None], rounding)
        weights, level, center, rank = found
        return weights[:, 0], level[0], center, rank

    # One task after another: each one's features stay in the processor's cache for all passes.
    weights, level, center, rank = jax.lax.map(task, (x, y.T, penalty, rounding))
    return Solved(weights.T, level, center.T, rank)


def _solve_one(
    x: Any, y: Any, penalty: Any, rounding: Any, *, bias: bool, cut: float | None, fast: bool
) -> tuple:
    def exactly() -> tuple:
        return by_svd(x, y, penalty, rounding, bias=bias, cut=cut)

    if not fast or x.shape[1] >= x.shape[0]:
        return exactly()
    head, trusted = by_gram(x, y, rounding, bias=bias, cut=cut)
    if isinstance(x, np.ndarray):
        return head if trusted else exactly()
    return jax.lax.cond(trusted, lambda: head, exactly)


def by_svd(x: Any, y: Any, penalty: Any, rounding: Any, *, bias: bool, cut: float | None) -> tuple:
    """QR, then an SVD of the triangular factor: any rank, any conditioning, any ridge.

    Example:
        >>> x, y = np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([[2.0], [4.0]])
        >>> zero, digits = np.zeros(1), np.full(2, 2.0**-53)
        >>> weights, level, center, rank = by_svd(x, y, zero, digits, bias=False, cut=None)
        >>> print(weights[:, 0].round(6), rank)
        [1. 1.] 1
    """
    xp: Any = np if isinstance(x, np.ndarray) else jnp
    ridge = None
    if isinstance(x, np.ndarray) and (penalty > 0).all() == (penalty > 0).any():
        ridge = bool(penalty.any())
    factors = factorize(x, rounding, bias, cut, ridge=ridge)
    level = 0 * y[0]
    if bias:
        level = xp.full(x.shape[0], 1 / x.shape[0], x.dtype) @ y
        y = y - level[None]
    weights = factors.weights(y, None, penalty)
    # Far from 0 the center is rounded by more than the labels' digits.
    level = level - factors.columns.rest @ weights
    return weights, level, factors.columns.center, factors.rank


def by_gram(x: Any, y: Any, rounding: Any, *, bias: bool, cut: float | None) -> tuple[tuple, Any]:
    """Cholesky of the scaled Gram matrix of [1, x] and one step of refinement, with its own proof.

    |L| |L^-1| in Frobenius norms bounds the condition number of the scaled columns from above, and
    1 / |L^-1| their least singular value from below: the result is trusted when the bounds show
    that no direction may be rounding error, or falls below the cut, and that one refinement step
    reaches rounding error. Anything else, NaN included, is not trusted.

    Example:
        >>> x, y = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]), np.ones((3, 1))
        >>> bool(by_gram(x, y, np.full(2, 2.0**-53), bias=False, cut=None)[1])  # the same column
        False
    """
    xp: Any = np if isinstance(x, np.ndarray) else jnp
    triangular = scipy.linalg.solve_triangular if xp is np else jax.scipy.linalg.solve_triangular
    # A product with ones sums the columns in the pass that the labels need anyway.
    sums, right = xp.split(xp.concatenate([xp.ones_like(y[None, :, 0]), y.T]) @ x, [1])
    gram = x.T @ x
    if bias:
        count = xp.full((1, 1), x.shape[0], x.dtype)
        gram = xp.block([[count, sums], [sums.T, gram]])
    squares = xp.diag(gram)
    norms = xp.sqrt(squares)
    factor = or_nan(xp.linalg.cholesky, gram / xp.outer(norms, norms))
    inverse = triangular(factor, xp.diag(1 / norms), lower=True, check_finite=False)
    least = 1 / xp.linalg.norm(inverse * norms[None])
    bound = xp.linalg.norm(factor) / least
    info = jnp.finfo(x.dtype)
    trusted = (bound < float(info.eps) ** -0.25) & (squares.min() > info.tiny / info.eps**2)
    if cut is None:
        trusted &= least > xp.maximum(levels(rounding, x.shape[1]), TRUSTED).max()
    else:
        trusted &= bound * (norms[int(bias) :].max() / norms[int(bias) :].min()) * cut < 1

    def newton(residual: Any, right: Any) -> tuple[Any, Any]:
        if bias:
            right = xp.concatenate([residual.sum(0, keepdims=True), right])
        step = inverse.T @ (inverse @ right)
        return (step[1:], step[0]) if bias else (step, y[0] * 0)

    weights, constant = newton(y, right.T)
    residual = y - x @ weights - constant[None]
    more, more_constant = newton(residual, (residual.T @ x).T)
    weights, constant = weights + more, constant + more_constant
    center = sums[0] / x.shape[0] if bias else 0 * sums[0]
    rank = xp.array(x.shape[1])
    return (weights, constant + center @ weights, center, rank), trusted
