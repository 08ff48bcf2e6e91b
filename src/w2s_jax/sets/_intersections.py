"""Intersections, by the alternating direction method of multipliers."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from w2s_jax.quadratics import Quadratic, Solution
from w2s_jax.quadratics._metric import Scalar, accuracy, hypot, identity_metric, positive
from w2s_jax.sets._base import ConvexSet, IteratedSet, kept_to, members
from w2s_jax.sets._combined import Scaled, Translated
from w2s_jax.sets._sweeps import extrapolated, sweep


class Intersection(IteratedSet):
    r"""$C_1 \cap \dots \cap C_m$.

    The alternating direction method of multipliers keeps a copy $x_i$ of the point in each member
    and pulls the copies together. What member i pushes back, $u_i$, is normal to it at $x_i$, and
    in the end $\sum_i u_i = G(p - x)$. As the support function of the intersection is at most
    $\sum_i \sigma_i(u_i)$ for any such split, the $u_i$ certify: nothing is assumed of the members
    but that $x$ is in all of them, which is tested last. The support function is found by
    projecting points ever farther ahead, to about 1e-7.

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
        self.members = tuple(part for member in members for part in _parts(member))
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
        return self._supported(directions)[0]

    def _supported(self, directions):
        # Climb: each projection of a point ahead is no lower, and in the end stays where it is.
        fixed = jax.lax.stop_gradient(directions)  # the derivative is the farthest member itself
        size = hypot(fixed)
        unit = fixed / positive(size)[:, None]
        first, fine = self._alone(jnp.zeros_like(unit[:1]))
        start = jnp.broadcast_to(first, unit.shape)

        def unfinished(state) -> Array:
            _, _, climbs, count = state
            return climbs.any() & (count < _CLIMBS)

        def advance(state):
            value, ahead, climbs, count = state
            found = self._project(value + ahead * unit)
            gain = (unit * (found - value)).sum(1)
            noise = 1e-10 * (1 + hypot(found)) + 1e-13 * ahead
            climbs &= (gain > noise) | (ahead < _AHEAD * (1 + hypot(value)))
            return jnp.where(climbs[:, None], found, value), 3 * ahead, climbs, count + 1

        state = (start, 1 + hypot(start[:1])[0], size > 0, jnp.array(0))
        value, _, climbs, _ = jax.lax.while_loop(unfinished, advance, state)
        height = jnp.where(climbs, jnp.inf, (directions * value).sum(1))
        return height, jnp.broadcast_to(fine, height.shape)

    def stretched(self, sizes):
        """Stretch all members, where all can be."""
        parts = [member.stretched(sizes) for member in self.members]
        return None if any(part is None for part in parts) else Intersection(parts)

    def _contains(self, rows, tol):
        return jnp.stack([m._contains(rows, tol) for m in self.members]).all(0)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Alternate between the quadratic and the members until the gap closes."""
        fixed, sets = jax.lax.stop_gradient((quadratic, self.members))
        copies, taken, force, value, gap, steps = self._alternate(fixed, sets, tol, max_steps)
        value, gap = _settled(sets, fixed, copies, taken, value, gap, tol)
        held = jax.lax.stop_gradient((copies, taken, force))
        value = _with_derivative(value, held, self.members, quadratic)
        return self.kept(Solution(value, gap, steps))

    def sure_normals(self, rows, slope):
        """Ask each member what it pushes back where a step against the slope is projected."""
        rows, slope = jax.lax.stop_gradient((rows, slope))
        sets = jax.lax.stop_gradient(self.members)
        unit = positive(hypot(rows)) / positive(hypot(slope))
        eye = identity_metric(rows.shape[1], rows.dtype)
        ahead = Quadratic(eye, rows - unit[:, None] * slope)
        tol = accuracy(rows.dtype)
        copies, taken, *_ = self._alternate(ahead, sets, tol, 1000)
        total, slack = _pushed(sets, copies, taken, rows, sure=True)
        return [(total / unit[:, None], slack / unit)]

    def _alternate(self, fixed: Quadratic, sets, tol: Scalar, max_steps: Scalar):
        top, n = fixed.metric.top, len(fixed.pull)
        start = sets[0]._project(fixed.free())
        copies = jnp.stack([start] * len(sets))
        # Far away the members push back harder, and are held together as firmly.
        ratio = hypot(fixed.slope(start)) / positive(hypot(start)) / top
        force = top / 10 / len(sets) * jnp.clip(ratio, 1.0, 1e6)
        least, most = top / _FORCES, force * _FORCES
        far = jnp.full(n, jnp.inf, start.dtype)
        steps = jnp.zeros(n, int)
        state = (copies, jnp.zeros_like(copies), force, start, far, far, steps, jnp.array(0))
        near = kept_to(start.dtype) / 3

        def unfinished(state) -> Array:
            *_, left, _, count = state
            return (left > 1).any() & (count < max_steps)

        def advance(state):
            copies, taken, force, best, gap, left, steps, count = state

            def one(_, parts):
                return sweep(sets, fixed, force, *parts[:2])

            parts = (copies, taken, best, force, force)
            copies, taken, *_ = jax.lax.fori_loop(0, _SWEEPS, one, parts)
            copies, taken, value, primal, dual = extrapolated(sets, fixed, force, copies, taken)
            now = _gap(sets, fixed, copies, taken, value)
            size = hypot(value) + hypot(copies.reshape(len(sets) * n, -1)).reshape(-1, n).max(0)
            size = size + 1e-4 * hypot(fixed.slope(value)) / top  # at an apex nothing else has one
            apart = jnp.sqrt(((value[None] - copies) ** 2).sum(2)).max(0) / positive(size)
            # Going on for a while costs little and brings the point, not only its distance, near.
            off = jnp.maximum(now / (tol / 1000), apart / near)
            noise = jnp.finfo(dual.dtype).eps * (hypot(value) + hypot(copies.sum(0)))
            change = jnp.sqrt((primal + noise) / positive(dual + noise))
            settled = (count > 30) | (abs(jnp.log(change)) < 1.5)
            change = jnp.clip(force * jnp.clip(change, 0.2, 5.0), least, most)
            steps = steps + (left > 1).astype(int)
            better = off < left
            best = jnp.where(better[:, None], value, best)
            gap, left = jnp.where(better, now, gap), jnp.where(better, off, left)
            force = jnp.where(settled, force, change)
            return copies, taken, force, best, gap, left, steps, count + 1

        copies, taken, force, value, gap, _, steps, _ = jax.lax.while_loop(
            unfinished, advance, state
        )
        return copies, taken, force, value, gap, steps


def _parts(member: ConvexSet) -> list[ConvexSet]:
    """Take an intersection within an intersection apart, a moved or stretched one too."""
    if isinstance(member, Intersection):
        return list(member.members)
    if isinstance(member, Translated | Scaled):
        inner = _parts(member.base)
        if len(inner) > 1:
            return [eqx.tree_at(lambda m: m.base, member, part) for part in inner]
    return [member]


_SWEEPS = 12  # between two looks at the gap, before those that are extrapolated
_FORCES = 1e3  # between the metric and the forces that hold copies together, either way
_CLIMBS = 30  # steps, each three times as long as the last, after which a climb has no end
_AHEAD = 1e4  # length of a step that sees a small slope, relative to where it starts


def _gap(sets, quadratic: Quadratic, copies: Array, taken: Array, value: Array) -> Array:
    """Certify by what each member's own normals, at its copy, say of the value."""
    pushed = _pushed(sets, copies, taken, value)
    return quadratic.gap(value, quadratic.slope(value), [pushed])


def _pushed(sets, copies, taken, value: Array, *, sure: bool = False) -> tuple[Array, Array]:
    """Add up the normals, and how far above their minima the value is."""
    total, slack = jnp.zeros_like(value), jnp.zeros_like(value[:, 0])
    for member, copy, push in zip(sets, copies, taken, strict=True):
        ask = member.sure_normals if sure else member.normals
        normal, room = ask(copy, -push)[-1]
        total, slack = total + normal, slack + abs(room + (normal * (value - copy)).sum(1))
    return total, slack


def _settled(
    sets, quadratic: Quadratic, copies: Array, taken: Array, value: Array, gap: Array, tol
):
    """Go through the members in turn: what rounding leaves outside one of them comes inside."""

    def through(_, inner: Array) -> Array:
        for member in sets:
            inner = member._project(inner)
        return inner

    inner = jax.lax.fori_loop(0, _SWEEPS, through, value)
    now = _gap(sets, quadratic, copies, taken, inner)
    within = jnp.stack([members(member, value) for member in sets]).all(0)
    takes = ~within | (now <= jnp.maximum(gap, tol / 10))
    return jnp.where(takes[:, None], inner, value), jnp.where(takes, now, gap)


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
    params = _once(params)
    params_dot = jax.tree.map(
        lambda own, dot: jnp.zeros_like(own) if dot is None else dot,
        params,
        eqx.filter((members_dot, quadratic_dot), eqx.is_inexact_array),
    )

    def follow_data(copies, taken, params):
        members, quadratic = eqx.combine(params, static)
        bend = quadratic.metric.matrix - jax.lax.stop_gradient(quadratic.metric.matrix)
        at = jax.lax.stop_gradient(sweep(members, quadratic, force, copies, taken)[2])
        pulled = eqx.tree_at(lambda q: q.pull, quadratic, quadratic.pull - at @ bend)
        return sweep(members, pulled, force, copies, taken)[:3]

    _, follow = jax.linearize(follow_data, copies, taken, params)

    def step(dots, _):
        return follow(*dots[:2], params_dot), None

    zeros = (jnp.zeros_like(copies), jnp.zeros_like(taken), jnp.zeros_like(copies[0]))
    return jax.lax.scan(step, zeros, None, length=_FOLLOW)[0][2]


_FOLLOW = 1000  # sweeps after which the tangent has settled


@jax.custom_jvp
def _once(params):
    """Return `params`, whose second derivatives the sweeps do not have."""
    return params


@_once.defjvp
def _(primals, tangents):
    raise NotImplementedError(
        "the projection onto an intersection has first derivatives only: "
        "take the outer derivative by finite differences of the inner one"
    )
