r"""Derivatives of a head, from the equations that it solves and not from how they were solved.

Differentiating $X^\top (Xw - z) + pw = g$ gives a system of the same kind,

$$(X^\top X + p)\, \dot w
  = X^\top (\dot z - \dot X w) + \dot g + \dot X^\top (z - Xw) - \dot p\, w ,$$

so that second derivatives come for free. Of a singular value decomposition the derivative is
infinite where two singular values coincide; that of the head is not. Where features are deficient
and $p = 0$, the weights of least norm also leave the row space as it turns (Golub and Pereyra
1973): $(I - X^+ X) \dot X^\top (X^+)^\top w$. This is the derivative at constant rank: directions
that were left out stay left out, as they do while they are below the cut.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from w2s_jax.heads.singular import factorize


def differentiable(primal: Callable, bias: bool, cut: float | None) -> Callable:
    """Give (x, y, nλ, rounding) ↦ (weights, level, centre, rank) its derivatives.

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
        weights, level, centre, rank = found(x, y, penalty, rounding)
        shift = partial(_centred, bias=bias)
        given = (x, shift(y), jnp.zeros_like(weights), penalty, rounding)
        dw = _move(given, (dx, shift(dy), jnp.zeros_like(weights), dp), weights, rank, bias, cut)
        means = (dy.mean(0), dx.mean(0)) if bias else (0 * dy[0], 0 * dx[0])
        out = (weights, level, centre, rank)
        return out, (dw, *means, np.zeros(rank.shape, jax.dtypes.float0))

    return found


@partial(jax.custom_jvp, nondiff_argnums=(5, 6))
def _solved(x, z, pull, penalty, rounding, bias: bool, cut: float | None):
    factors = factorize(x, rounding, bias, cut)
    return factors.weights(z, pull, penalty), factors.rank


@_solved.defjvp
def _(bias, cut, primals, moves):
    weights, rank = _solved(*primals, bias, cut)
    move = _move(primals, moves[:4], weights, rank, bias, cut)
    return (weights, rank), (move, np.zeros(rank.shape, jax.dtypes.float0))


def _move(given, moves, weights, rank, bias: bool, cut: float | None):
    (x, z, _, penalty, rounding), (dx, dz, dg, dp) = given, moves
    x_own, dx = _centred(x, bias), _centred(dx, bias)

    def solved(z, pull):
        return _solved(x, z, pull, penalty, rounding, bias, cut)[0]

    pull = dg + dx.T @ (z - x_own @ weights) - dp[None] * weights
    found = solved(dz - dx @ weights, pull)
    turned = dx.T @ (x_own @ solved(jnp.zeros_like(z), weights))
    beyond = turned - solved(x_own @ turned, jnp.zeros_like(weights))
    return found + jnp.where((penalty[None] == 0) & (rank < x.shape[1]), beyond, 0.0)


def _centred(a, bias: bool):
    return a - a.mean(0)[None] if bias else a
