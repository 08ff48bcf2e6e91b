"""Intersections, by the alternating direction method of multipliers."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from w2s_jax.quadratics import Quadratic, Solution
from w2s_jax.quadratics.form import Scalar, positive
from w2s_jax.sets.base import ConvexSet, IteratedSet, norm


class Intersection(IteratedSet):
    r"""$C_1 \cap \dots \cap C_m$.

    The alternating direction method of multipliers keeps a copy $x_i$ of the point in each member
    and pulls the copies together. What member i pushes back, $u_i$, is normal to it at $x_i$, and
    in the end $\sum_i u_i = G(p - x)$; so the gap is at most
    $\sum_i \lVert u_i \rVert \lVert x_i - x \rVert$, and it counts how far apart the copies still
    are. The support function is found by projecting points ever farther ahead, to about 1e-7.

    Args:
        members: the sets, at least one.

    Raises:
        ValueError: no members, or members of different dimensions.

    Fails when:
        members touch in one point only, or at a small angle: convergence is slow, and the status
        says when it was not reached. Without a common point no gap closes.

    Example:
        >>> from w2s_jax.sets import Ball, NonNegative
        >>> quarter = Intersection((Ball(radius=1.0), NonNegative()))
        >>> print(quarter.project(jnp.array([3.0, 4.0])).round(6))
        [0.6 0.8]
    """

    members: tuple[ConvexSet, ...]

    def __init__(self, members) -> None:
        self.members = tuple(members)
        if not self.members:
            raise ValueError("members must hold at least one set, got none")
        sizes = {m.dimension for m in self.members if m.dimension is not None}
        if len(sizes) > 1:
            raise ValueError(f"members must have one dimension, got {sorted(sizes)}")

    @property
    def dimension(self) -> int | None:
        """d, where a member names it."""
        return next((m.dimension for m in self.members if m.dimension is not None), None)

    def _support(self, directions):
        # Climb: each projection of a point ahead is no lower, and in the end stays where it is.
        fixed = jax.lax.stop_gradient(directions)  # the derivative is the farthest member itself
        size = norm(fixed)
        unit = fixed / positive(size)[:, None]
        start = jnp.broadcast_to(self._project(jnp.zeros_like(unit[:1])), unit.shape)

        def unfinished(state) -> Array:
            _, _, climbs, count = state
            return climbs.any() & (count < _CLIMBS)

        def advance(state):
            value, ahead, climbs, count = state
            found = self._project(value + ahead * unit)
            gain = (unit * (found - value)).sum(1)
            noise = 1e-10 * (1 + norm(found)) + 1e-13 * ahead
            climbs &= (gain > noise) | (ahead < _AHEAD * (1 + norm(value)))
            return jnp.where(climbs[:, None], found, value), 3 * ahead, climbs, count + 1

        state = (start, 1 + norm(start[:1])[0], size > 0, jnp.array(0))
        value, _, climbs, _ = jax.lax.while_loop(unfinished, advance, state)
        return jnp.where(climbs, jnp.inf, (directions * value).sum(1))

    def _contains(self, rows, tol):
        return jnp.stack([m._contains(rows, tol) for m in self.members]).all(0)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Alternate between the quadratic and the members until the gap closes."""
        fixed, members = jax.lax.stop_gradient((quadratic, self.members))
        top, n = fixed.metric.top, len(fixed.energy)
        start = members[0]._project(fixed.metric.solve(fixed.pull))
        copies = jnp.stack([start] * len(members))
        force = jnp.full(n, top / 10 / len(members))
        gap = jnp.full(n, jnp.inf, start.dtype)
        state = (copies, jnp.zeros_like(copies), force, start, gap, jnp.zeros(n, int), jnp.array(0))

        def unfinished(state) -> Array:
            *_, gap, _, count = state
            # Going on for a while costs little and brings the point, not only its distance, near.
            return (gap > tol / 1000).any() & (count < max_steps)

        def advance(state):
            copies, taken, force, best, gap, steps, count = state

            def one(_, parts):
                return _sweep(members, fixed, force, *parts[:2])

            parts = (copies, taken, best, force, force)
            copies, taken, value, primal, dual = jax.lax.fori_loop(0, _SWEEPS, one, parts)
            now = _gap(fixed, copies, taken, value)
            noise = jnp.finfo(dual.dtype).eps * (norm(value) + norm(copies.sum(0)))
            change = jnp.sqrt((primal + noise) / positive(dual + noise))
            settled = (count > 30) | (abs(jnp.log(change)) < 1.5)
            change = jnp.clip(force * jnp.clip(change, 0.2, 5.0), top / _FORCES, top * _FORCES)
            force = jnp.where(settled, force, change)
            better = now < gap
            best = jnp.where(better[:, None], value, best)
            steps = steps + (gap > tol / 1000).astype(int)
            return copies, taken, force, best, jnp.where(better, now, gap), steps, count + 1

        copies, taken, force, value, gap, steps, _ = jax.lax.while_loop(unfinished, advance, state)
        held = jax.lax.stop_gradient((copies, taken, force))
        return Solution(_with_derivative(value, held, self.members, quadratic), gap, steps)


_SWEEPS = 20  # between two looks at the gap
_FORCES = 1e3  # between the metric and the forces that hold copies together, either way
_CLIMBS = 30  # steps, each three times as long as the last, after which a climb has no end
_AHEAD = 1e4  # length of a step that sees a small slope, relative to where it starts


def _sweep(members, quadratic: Quadratic, force: Array, copies: Array, taken: Array):
    """One step of ADMM; `taken` holds what each member pushes back, `(members, n, d)`."""
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


def _gap(quadratic: Quadratic, copies: Array, taken: Array, value: Array) -> Array:
    apart = jnp.sqrt(((value[None] - copies) ** 2).sum(2))
    slope = quadratic.slope(value)
    slack = (jnp.sqrt((taken**2).sum(2)) * apart).sum(0)
    left = quadratic.metric.dual(slope + taken.sum(0))
    gap = slack + left + quadratic.metric.top * (apart**2).sum(0)
    return quadratic.relative(gap, value, slope)


@eqx.filter_custom_jvp
def _with_derivative(value, held, members, quadratic):
    return value


@_with_derivative.def_jvp
def _(primals, tangents):
    value, held, members, quadratic = primals
    _, _, members_dot, quadratic_dot = tangents
    return value, _response(held, members, quadratic, members_dot, quadratic_dot)


def _response(held, members, quadratic, members_dot, quadratic_dot):
    """Let the fixed point of the sweeps follow its data: its tangent is a fixed point too."""
    copies, taken, force = held
    params, static = eqx.partition((members, quadratic), eqx.is_inexact_array)
    params_dot = jax.tree.map(
        lambda own, dot: jnp.zeros_like(own) if dot is None else dot,
        params,
        eqx.filter((members_dot, quadratic_dot), eqx.is_inexact_array),
    )

    def sweep(copies, taken, params):
        members, quadratic = eqx.combine(params, static)
        bend = quadratic.metric.matrix - jax.lax.stop_gradient(quadratic.metric.matrix)
        at = jax.lax.stop_gradient(_sweep(members, quadratic, force, copies, taken)[2])
        pulled = eqx.tree_at(lambda q: q.pull, quadratic, quadratic.pull - at @ bend)
        return _sweep(members, pulled, force, copies, taken)[:3]

    _, follow = jax.linearize(sweep, copies, taken, params)

    def step(dots, _):
        return follow(*dots[:2], params_dot), None

    zeros = (jnp.zeros_like(copies), jnp.zeros_like(taken), jnp.zeros_like(copies[0]))
    return jax.lax.scan(step, zeros, None, length=_FOLLOW)[0][2]


_FOLLOW = 1000  # sweeps after which the tangent has settled
