"""Sweeps of the alternating direction method of multipliers, and the jump to where they lead."""

import jax
import jax.numpy as jnp
from jax import Array

from w2s_jax.quadratics import Quadratic
from w2s_jax.quadratics._metric import positive

_KEPT = 6  # differences of sweeps of which the smallest combination is sought


def sweep(members, quadratic: Quadratic, force: Array, copies: Array, taken: Array):
    """Go one step of ADMM.

    Args:
        members: the sets.
        quadratic: `(n,)` problems.
        force: what holds the copies together, `(n,)`.
        copies: a member of each set, `(members, n, d)`.
        taken: what each set pushes back, `(members, n, d)`.

    Returns:
        Copies, what is pushed back, the value between them, and how far copies are from it and from
        those before, `(n,)` each.

    Example:
        >>> from w2s_jax.quadratics import Quadratic
        >>> from w2s_jax.quadratics._metric import identity_metric
        >>> from w2s_jax.sets import Ball, NonNegative
        >>> quadratic = Quadratic.at(jnp.array([[3.0, 4.0]]), identity_metric(2, jnp.dtype(float)))
        >>> copies = jnp.zeros((2, 1, 2))
        >>> found = sweep((Ball(), NonNegative()), quadratic, jnp.ones(1), copies, copies)
        >>> found[0].shape, found[2].shape
        ((2, 1, 2), (1, 2))
    """
    metric, count = quadratic.metric, len(members)
    pull = quadratic.pull + (force[None, :, None] * copies - taken).sum(0)
    divided = metric.values[None] + count * force[:, None]
    value = ((pull @ metric.vectors) / divided) @ metric.vectors.T
    loose = 1.6 * value[None] + (1 - 1.6) * copies  # over-relaxation
    wanted = loose + taken / force[None, :, None]
    after = jnp.stack([m._project(own) for m, own in zip(members, wanted, strict=True)])
    primal = jnp.sqrt(((value[None] - after) ** 2).sum((0, 2)))
    dual = jnp.sqrt(((after - copies) ** 2).sum((0, 2)))
    return after, force[None, :, None] * (wanted - after), value, primal, dual


def extrapolated(sets, quadratic: Quadratic, force: Array, copies: Array, taken: Array):
    """Sweep on, and jump to where the sweeps lead, if a sweep from there moves less.

    Arguments and results are those of `sweep`. Once it is known which faces are met, sweeps are an
    affine map; reduced rank extrapolation
    (Smith, Ford and Sidi 1987) then takes the directions that converge slowly out at once.

    Example:
        >>> from w2s_jax.quadratics import Quadratic
        >>> from w2s_jax.quadratics._metric import identity_metric
        >>> from w2s_jax.sets import Ball, NonNegative
        >>> quadratic = Quadratic.at(jnp.array([[3.0, 4.0]]), identity_metric(2, jnp.dtype(float)))
        >>> copies = jnp.zeros((2, 1, 2))
        >>> found = extrapolated((Ball(), NonNegative()), quadratic, jnp.ones(1), copies, copies)
        >>> print(found[2].round(3))
        [[0.6 0.8]]
    """
    unit = force[None, :, None]

    def onward(state, _):
        after = sweep(sets, quadratic, force, *state)
        return after[:2], (jnp.concatenate([after[0], after[1] / unit]), after[2:])

    _, (path, _) = jax.lax.scan(onward, (copies, taken), None, length=_KEPT + 1)
    first = jnp.concatenate([copies, taken / unit])
    steps = jnp.diff(jnp.concatenate([first[None], path]), axis=0)
    shares = _smallest(steps.transpose(2, 0, 1, 3).reshape(len(force), _KEPT + 1, -1))
    ahead = (shares.T[:, None, :, None] * path).sum(0)

    def settle(at: Array):
        copies, pushed = jnp.split(at, 2)
        after = sweep(sets, quadratic, force, copies, pushed * unit)
        move = jnp.concatenate([after[0] - copies, after[1] / unit - pushed])
        return after, (move**2).sum((0, 2))

    (plain, rest), (jumped, rest_there) = settle(path[-1]), settle(ahead)
    better = rest_there < rest

    def chosen(there: Array, here: Array) -> Array:
        shape = (1,) * (there.ndim - 2) + (-1, 1) if there.ndim > 1 else (-1,)
        return jnp.where(better.reshape(shape), there, here)

    return jax.tree.map(chosen, jumped, plain)


def _smallest(rows: Array) -> Array:
    r"""Return weights of sum 1 that make the combination of `(n, k, m)` rows small, `(n, k)`.

    They solve $U^\top U c = 1$ up to scale; modified Gram-Schmidt calls no LAPACK, of which two
    batched calls can block each other (see `faces`).
    """
    k, least = rows.shape[1], jnp.sqrt(jnp.finfo(rows.dtype).eps)
    largest = jnp.sqrt((rows**2).sum(2)).max(1)
    units: list[Array] = []
    upper = [[jnp.zeros_like(largest)] * k for _ in range(k)]
    for j in range(k):
        rest = rows[:, j]
        for i, unit in enumerate(units):
            upper[i][j] = (unit * rest).sum(1)
            rest = rest - upper[i][j][:, None] * unit
        upper[j][j] = jnp.maximum(jnp.sqrt((rest**2).sum(1)), least * largest)
        units.append(rest / positive(upper[j][j])[:, None])
    halfway: list[Array] = []
    for j in range(k):
        known = sum((upper[i][j] * halfway[i] for i in range(j)), jnp.zeros_like(largest))
        halfway.append((1.0 - known) / positive(upper[j][j]))
    weights: list[Array] = []
    for i in reversed(range(k)):
        known = sum(
            (upper[i][j] * weights[k - 1 - j] for j in range(i + 1, k)), jnp.zeros_like(largest)
        )
        weights.append((halfway[i] - known) / positive(upper[i][i]))
    found = jnp.stack(weights[::-1], axis=1)
    total = found.sum(1, keepdims=True)
    return jnp.where(abs(total) > 0, found / jnp.where(total == 0, 1.0, total), 1.0 / k)
