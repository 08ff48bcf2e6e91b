r"""Derivatives of a head, from the equations that it solves and not from how they were solved.

Differentiating $X^\top (Xw - z) + pw = g$ gives a system of the same kind,

$$(X^\top X + p)\, \dot w
  = X^\top (\dot z - \dot X w) + \dot g + \dot X^\top (z - Xw) - \dot p\, w ,$$

so that second derivatives come for free. Of a singular value decomposition the derivative is
infinite where two singular values coincide; that of the head is not. Where features are deficient
and $p = 0$, the weights of least norm also leave the row space as it turns (Golub and Pereyra
1973): $(I - X^+ X) \dot X^\top (X^+)^\top w$. This is the derivative at constant rank: directions
that were left out stay left out, as they do while they are below the cut. The second derivative in
such features is NaN: add a ridge.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from w2s_jax.heads._singular import factorize


def differentiable(primal: Callable, bias: bool, cut: float | None) -> Callable:
    """Give (x, y, nλ, rounding) ↦ (weights, level, center, rank) its derivatives.

    Args:
        primal: what computes it.
        bias: as in `factorize`.
        cut: as in `factorize`.

    Example:
        >>> def mean(x, y, penalty, rounding):
        ...     return jnp.ones((1, 1)), y.mean(0), x.mean(0), jnp.array(1)
        >>> x = jnp.array([[-1.0], [1.0]])
        >>> head = differentiable(mean, True, None)
        >>> print(jax.grad(lambda y: head(x, y, jnp.zeros(1), jnp.full(1, 1e-16))[0].sum())(x))
        [[-0.5]
         [ 0.5]]
    """
    found = jax.custom_jvp(primal)

    @found.defjvp
    def tangents(primals, moves):
        (x, y, penalty, rounding), (dx, dy, dp, _) = primals, moves
        weights, level, center, rank = found(x, y, penalty, rounding)
        shift = partial(_centered, bias=bias)
        given = (x, shift(y), jnp.zeros_like(weights), penalty, rounding)
        dw = _move(given, (dx, shift(dy), jnp.zeros_like(weights), dp), weights, rank, bias, cut)
        means = (dy.mean(0), dx.mean(0)) if bias else (0 * dy[0], 0 * dx[0])
        out = (weights, level, center, rank)
        return out, (dw, *means, np.zeros(rank.shape, jax.dtypes.float0))

    return found


def _move(given, moves, weights, rank, bias: bool, cut: float | None):
    (x, z, _, penalty, rounding), (dx, dz, dg, dp) = given, moves
    solved = _solver(x, penalty, rounding, bias, cut)
    x_own, dx = _centered(x, bias), _centered(dx, bias)
    pull = dg + dx.T @ (z - x_own @ weights) - dp[None] * weights
    found = solved(dz - dx @ weights, pull)
    turned = dx.T @ (x_own @ solved(jnp.zeros_like(z), weights))
    beyond = turned - solved(x_own @ turned, jnp.zeros_like(weights))
    return found + jnp.where((penalty[None] == 0) & (rank < x.shape[1]), beyond, 0.0)


def _solver(x, penalty, rounding, bias: bool, cut: float | None) -> Callable:
    """Return (z, g) ↦ w from the equations r + Xw = z, Xᵀr − pw = −g, which square no condition.

    They are linear and symmetric, so that JAX transposes and differentiates them without a look at
    how the factors solve them.
    """
    still, level, ridge = jax.lax.stop_gradient((x, rounding, penalty))
    factors = factorize(still, level, bias, cut)
    lost = (factors.rank < x.shape[1]) & (ridge == 0).any()
    own, fixed = _centered(_at_full_rank(x, lost), bias), _centered(still, bias)

    # One array for both sides: JAX transposes no solve of which one side is known.
    def equations(both):
        rest, weights = both[: len(x)], both[len(x) :]
        return jnp.concatenate([rest + own @ weights, own.T @ rest - penalty[None] * weights])

    def solve(_, sides):
        z, pull = sides[: len(x)], -sides[len(x) :]
        weights = factors.weights(z, pull, ridge)
        # A constant column weighs nothing, but with a ridge it answers as it begins to vary.
        safe = jnp.where(ridge > 0, ridge, 1.0)[None]
        answer = jnp.where(ridge[None] > 0, pull / safe, 0.0)
        weights = jnp.where(factors.columns.live[:, None], weights, answer)
        return jnp.concatenate([z - fixed @ weights, weights])

    def solved(z, pull):
        sides = jnp.concatenate([z, -pull])
        return jax.lax.custom_linear_solve(equations, sides, solve, symmetric=True)[len(x) :]

    return solved


@jax.custom_jvp
def _at_full_rank(x, lost):
    """Return x, whose second derivatives are NaN where directions are lost: they are not known."""
    return x


def _or_nan(primals, moves):
    (x, lost), (dx, _) = primals, moves
    if isinstance(dx, jax.custom_derivatives.SymbolicZero):
        return x, jnp.zeros_like(x)
    return x, dx * jnp.where(lost, jnp.nan, 1.0)


_at_full_rank.defjvp(_or_nan, symbolic_zeros=True)


def _centered(a, bias: bool):
    return a - a.mean(0)[None] if bias else a
