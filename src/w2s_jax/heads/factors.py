"""The two factorizations behind a head, one text for numpy and for JAX.

Known numbers are solved by numpy, which compiles nothing; what is traced, what lives on an
accelerator and a stack of small problems, a loop, by one program of JAX.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg


def solve(x: Any, y: Any, penalty: Any, *, bias: bool, cut: float, plain: bool) -> tuple:
    """Return weights `(d, tasks)`, constants `(tasks,)` and rank, by numpy for one `x` of numpy's.

    Args:
        x: `(n, d)` or `(tasks, n, d)`.
        y: `(n, tasks)`.
        penalty: λ of each task.
        bias: fit a constant.
        cut: relative, of singular values.
        plain: no task has a ridge.

    Example:
        >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]])
        >>> weights, constants, rank = solve(x, y, np.zeros(1), bias=True, cut=1e-10, plain=True)
        >>> print(weights.round(6), constants.round(6), rank)
        [[2.]] [1.] 1
    """
    # A stack is a loop over small problems, up to ten times as fast compiled.
    if isinstance(x, np.ndarray) and x.ndim == 2:
        with np.errstate(all="ignore"):  # fit_heads says in words what is not finite
            return _solve(x, y, penalty, bias, cut, plain)
    with jax.default_matmul_precision("highest"):
        return _compiled(x, y, penalty, bias=bias, cut=cut, plain=plain)


def numerical_cut(x: Any) -> float:
    """Return the relative cut below which singular values of features are rounding errors.

    Example:
        >>> numerical_cut(np.ones((5, 2)))
        1e-10
    """
    return 1e-10 if x.dtype == jnp.float64 else max(x.shape[-2:]) * float(jnp.finfo(x.dtype).eps)


@partial(jax.jit, static_argnames=("bias", "cut", "plain"))
def _compiled(x, y, penalty, *, bias: bool, cut: float, plain: bool):
    return _solve(x, y, penalty, bias, cut, plain)


def _solve(x: Any, y: Any, penalty: Any, bias: bool, cut: float, plain: bool) -> tuple:
    if x.ndim == 2:
        few = 4 * y.shape[1] <= x.shape[1]  # refining many tasks costs more than an SVD
        return _solve_one(x, y, penalty, bias, cut, plain and few)

    def task(own):
        x, y, penalty = own
        weights, intercept, rank = _solve_one(x, y[:, None], penalty[None], bias, cut, plain)
        return weights[:, 0], intercept[0], rank

    # One task after another: each one's features stay in the processor's cache for all passes.
    weights, intercept, rank = jax.lax.map(task, (x, y.T, penalty))
    return weights.T, intercept, rank


def _solve_one(x: Any, y: Any, penalty: Any, bias: bool, cut: float, fast: bool) -> tuple:
    if not fast or x.shape[1] >= x.shape[0]:
        return by_svd(x, y, penalty, bias, cut)
    head, trusted = by_gram(x, y, bias, cut)
    if isinstance(x, np.ndarray):
        return head if trusted else by_svd(x, y, penalty, bias, cut)
    return jax.lax.cond(trusted, lambda: head, lambda: by_svd(x, y, penalty, bias, cut))


def by_svd(x: Any, y: Any, penalty: Any, bias: bool, cut: float) -> tuple:
    """QR, then an SVD of the triangular factor: any rank, any conditioning, any ridge.

    Example:
        >>> x, y = np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([[2.0], [4.0]])
        >>> weights, constants, rank = by_svd(x, y, np.zeros(1), bias=False, cut=1e-10)
        >>> print(weights[:, 0].round(6), rank)
        [1. 1.] 1
    """
    xp: Any = np if isinstance(x, np.ndarray) else jnp
    centre = x.mean(0) if bias else x[0] * 0
    q, r = xp.linalg.qr(x - centre[None])
    u, s, vt = _or_nan(xp.linalg.svd, r, full_matrices=False)
    keep = s > cut * s[0]
    s = xp.where(keep, s, 1.0)[:, None]
    shrink = xp.where(keep[:, None], s / (s**2 + x.shape[0] * penalty[None]), 0.0)
    basis = q @ u
    mean = xp.full((1, x.shape[0]), bias / x.shape[0], x.dtype)
    middle, coordinates = xp.split(xp.concatenate([mean, basis.T]) @ y, [1])  # one pass over y
    coordinates = coordinates - xp.outer(basis.sum(0), middle[0])
    weights = vt.T @ (shrink * coordinates)
    return weights, middle[0] - centre @ weights, keep.sum()


def by_gram(x: Any, y: Any, bias: bool, cut: float) -> tuple[tuple, Any]:
    """Cholesky of the scaled Gram matrix of [1, x] and one step of refinement, with its own proof.

    |L| |L^-1| in Frobenius norms bounds the condition number of the scaled columns from above: the
    result is trusted when the bound shows that no singular value falls below the cut and that one
    refinement step reaches rounding error. Anything else, NaN included, is not trusted.

    Example:
        >>> x, y = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]), np.ones((3, 1))
        >>> bool(by_gram(x, y, bias=False, cut=1e-10)[1])  # twice the same column
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
    norms = xp.sqrt(xp.diag(gram))
    factor = _or_nan(xp.linalg.cholesky, gram / xp.outer(norms, norms))
    inverse = triangular(factor, xp.diag(1 / norms), lower=True, check_finite=False)
    bound = xp.linalg.norm(factor) * xp.linalg.norm(inverse * norms[None])
    spread = norms[int(bias) :].max() / norms[int(bias) :].min()
    limit = float(jnp.finfo(x.dtype).eps) ** -0.25
    trusted = (bound < limit) & (bound * spread * cut < 1)

    def newton(residual: Any, right: Any) -> tuple[Any, Any]:
        if bias:
            right = xp.concatenate([residual.sum(0, keepdims=True), right])
        step = inverse.T @ (inverse @ right)
        return (step[1:], step[0]) if bias else (step, y[0] * 0)

    weights, intercept = newton(y, right.T)
    residual = y - x @ weights - intercept[None]
    more_weights, more_intercept = newton(residual, (residual.T @ x).T)
    rank = xp.array(x.shape[1])
    return (weights + more_weights, intercept + more_intercept, rank), trusted


def _or_nan(factorize, matrix: Any, **options: Any) -> Any:
    """Return NaN where numpy raises and JAX returns NaN: `by_gram` and `fit_heads` look for it."""
    try:
        return factorize(matrix, **options)
    except np.linalg.LinAlgError:
        some = factorize(np.eye(*matrix.shape, dtype=matrix.dtype), **options)
        return jax.tree.map(lambda part: part * np.nan, some)
