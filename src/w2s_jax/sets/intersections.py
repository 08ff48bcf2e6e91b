"""Intersections, by the alternating direction method of multipliers."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from w2s_jax.quadratics import Quadratic, Solution
from w2s_jax.quadratics.form import Scalar
from w2s_jax.sets.base import ConvexSet, IteratedSet, norm


class Intersection(IteratedSet):
    r"""$C_1 \cap \dots \cap C_m$.

    The alternating direction method of multipliers keeps a copy $x_i$ of the point in each member
    and pulls the copies together. What member i pushes back, $u_i$, is normal to it at $x_i$, and
    in the end $\sum_i u_i = G(p - x)$; so the gap is at most
    $\sum_i \langle u_i, x_i - x \rangle$, and it counts how far apart the copies still are.

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
        # A projection of a far point in the direction: exact on polyhedra, else up to 1 / far.
        far = 1e4 * (1 + norm(self._project(jnp.zeros_like(directions[:1]))))
        size = norm(directions)
        unit = directions / jnp.where(size > 0, size, 1.0)[:, None]
        best = self._project(unit * far[:, None])
        value = (directions * best).sum(1)
        return jnp.where(norm(best) < 0.5 * far, value, jnp.inf)

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
            change = jnp.sqrt(primal / jnp.where(dual > 0, dual, 1.0))
            change = jnp.clip(change, 0.2, 5.0)
            settled = (count > 30) | (dual == 0) | (primal == 0)
            force = jnp.where(settled | (abs(jnp.log(change)) < 1), force, force * change)
            better = now < gap
            best = jnp.where(better[:, None], value, best)
            steps = steps + (gap > tol / 1000).astype(int)
            return copies, taken, force, best, jnp.where(better, now, gap), steps, count + 1

        copies, taken, force, value, gap, steps, _ = jax.lax.while_loop(unfinished, advance, state)
        held = jax.lax.stop_gradient((copies, taken, force))
        return Solution(_with_derivative(value, held, self.members, quadratic), gap, steps)


_SWEEPS = 20  # between two looks at the gap


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
    apart = value[None] - copies
    slope = quadratic.slope(value)
    left = ((slope + taken.sum(0)) ** 2).sum(1) / quadratic.metric.top
    slack = abs((taken * apart).sum(2)).sum(0)
    gap = slack + left + quadratic.metric.top * (apart**2).sum((0, 2))
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
