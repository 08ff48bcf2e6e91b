r"""Minimize a convex quadratic over a region with flat faces: find the face, then solve on it.

Accelerated projected gradient steps, restarted where they overshoot, point at the face of the
minimizer; conjugate gradients solve the linear system on that face (Moré and Toraldo 1991). The
gap says whether the guess was right. A wrong guess still lowers the quadratic, so rounds go on.

All points share products with one matrix. Nothing is factorized: two batched LAPACK calls in one
program can block each other for ever on a machine with two cores (jaxlib 0.10).
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from w2s_jax.quadratics._form import Quadratic, Solution
from w2s_jax.quadratics._metric import Metric, Scalar
from w2s_jax.quadratics._regions import Region

_ROWS = 1 << 15  # numbers in a block of points: small enough for a processor's cache
_BLOCK = 64  # points that go on together until the last of them is done
_ROUGH = 1e-4  # squared residual of a rough solution on a face, relative to its start
_SMALL = 32  # dimension up to which an exact solution costs no more
_LATER = 5  # accelerated steps before all but the first solution on a face


def nearest_on_faces(
    quadratic: Quadratic, region: Region, *, tol: Scalar, max_steps: Scalar
) -> Solution:
    """Minimize each quadratic over `region`, to a relative gap of `tol`.

    Args:
        quadratic: `(n,)` problems in d coordinates.
        region: `Bounds`, `Total`, `Absolute` or `Ordered`.
        tol: relative gap at which a problem is done.
        max_steps: rounds after which the best value so far is returned, with its gap.

    Returns:
        A `Solution`, differentiable in the metric, the pull and the region.

    Example:
        >>> from w2s_jax.quadratics._regions import Total
        >>> from w2s_jax.quadratics._metric import identity_metric
        >>> quadratic = Quadratic.at(jnp.array([[2.0, 1.5]]), identity_metric(2, jnp.dtype(float)))
        >>> found = nearest_on_faces(quadratic, Total(jnp.array(1.0)), tol=1e-10, max_steps=9)
        >>> print(found.value)
        [[0.75 0.25]]
    """
    fixed, held = jax.lax.stop_gradient((quadratic, region))
    solve = _Solver(fixed.metric, held, tol, max_steps)
    n, d = fixed.pull.shape
    start = held.clip(fixed.free())
    state = _State(fixed.pull, fixed.goal, start, n)
    if n <= _BLOCK:  # a second phase would only double the time that compiling takes
        state = solve.finish(state)
    else:
        state = _in_blocks(solve.begin, state, max(_BLOCK, _ROWS // d))
        order = jnp.argsort(state.gap <= tol)  # the unfinished side by side: few blocks go on
        state = _in_blocks(solve.finish, jax.tree.map(lambda a: a[order], state), _BLOCK)
        state = jax.tree.map(lambda a: jnp.zeros_like(a).at[order].set(a), state)
    best = held.settle(state.best)  # the derivative asks which face it is on
    value = _with_derivative(best, region, quadratic.metric.matrix, quadratic.pull)
    return Solution(value, state.gap, state.steps)


class _State(eqx.Module):
    pull: Array
    goal: Array | None
    value: Array
    blocked: Array
    best: Array
    gap: Array
    steps: Array

    def __init__(self, pull: Array, goal: Array | None, start: Array, n: int) -> None:
        self.pull, self.goal, self.value, self.best = pull, goal, start, start
        self.blocked = jnp.zeros(n, bool)
        self.gap = jnp.full(n, jnp.inf, start.dtype)
        self.steps = jnp.zeros(n, int)


def _in_blocks(run: Callable[[_State], _State], state: _State, rows: int) -> _State:
    n = state.gap.shape[0]
    rows = min(n, rows)
    blocks = -(-n // rows)

    def padded(array: Array) -> Array:
        filled = jnp.pad(array, [(0, blocks * rows - n)] + [(0, 0)] * (array.ndim - 1))
        return filled.reshape(blocks, rows, *array.shape[1:])

    done = jax.lax.map(run, jax.tree.map(padded, state))
    return jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:])[:n], done)


class _Solver(NamedTuple):
    metric: Metric
    region: Region
    tol: Scalar
    max_steps: Scalar

    def begin(self, state: _State) -> _State:
        return jax.lax.fori_loop(0, 2, lambda _, s: self._round(s), state)

    def finish(self, state: _State) -> _State:
        def unfinished(state: _State) -> Array:
            return ((state.gap > self.tol) & (state.steps < self.max_steps)).any()

        return jax.lax.while_loop(unfinished, self._round, state)

    def _round(self, state: _State) -> _State:
        first = 4 + int(2 * state.pull.shape[1] ** 0.5)  # more dimensions, more faces to tell apart
        steps = jnp.where((state.steps == 0).any(), first, _LATER)
        quadratic = Quadratic(self.metric, state.pull, state.goal)
        still = (state.gap > self.tol) & (state.steps < self.max_steps)
        ahead = _accelerate(quadratic, self.region, state.value, steps)
        value = jnp.where(state.blocked[:, None], state.value, ahead)
        slope = quadratic.slope(value)
        # A face that is still being looked for is worth a rough solution only.
        rough = (state.blocked | (state.steps == 0)) & (value.shape[1] > _SMALL)
        share = jnp.where(still, jnp.where(rough, _ROUGH, 0.0), jnp.inf)
        floor = jnp.maximum(1e-2 * self.tol, 30 * float(jnp.finfo(value.dtype).eps))
        move = _on_face(quadratic, self.region, value, slope, share, floor)
        value, slope, blocked, left = _lower(quadratic, self.region, value, move)
        gap = quadratic.gap(value, slope, self.region.normals(value, slope))
        if quadratic.goal is not None:  # whose slope has the digits to see what rounding left
            ahead = quadratic.slope(value, left)
            normals = self.region.normals(value, ahead)
            gap = jnp.fmin(gap, quadratic.gap(value, slope, normals, (ahead, left)))
        better = (gap < state.gap) & still
        best = jnp.where(better[:, None], value, state.best)
        gap = jnp.where(better, gap, state.gap)
        return eqx.tree_at(
            lambda s: (s.value, s.blocked, s.best, s.gap, s.steps),
            state,
            (value, blocked, best, gap, state.steps + still.astype(int)),
        )


def _accelerate(quadratic: Quadratic, region: Region, value: Array, steps: Array) -> Array:
    """Nesterov's accelerated projected gradient with O'Donoghue and Candès' restart by gradient."""
    step = 1 / quadratic.metric.top

    def advance(_, state):
        value, ahead, speed = state
        after = region.clip(ahead - step * quadratic.slope(ahead))
        overshot = ((ahead - after) * (after - value)).sum(1) > 0
        speed = jnp.where(overshot, 1.0, speed)
        faster = (1 + jnp.sqrt(1 + 4 * speed**2)) / 2
        momentum = jnp.where(overshot, 0.0, (speed - 1) / faster)
        return after, after + momentum[:, None] * (after - value), faster

    speed = jnp.ones(value.shape[0], value.dtype)
    return jax.lax.fori_loop(0, steps, advance, (value, value, speed))[0]


def _on_face(quadratic: Quadratic, region: Region, value: Array, slope: Array, share, floor):
    """Find the way to the minimum over the affine hull of each point's face: conjugate gradients.

    They stop where the squared residual has fallen to `share` of its start, or the residual to
    `floor` of the pull or the slope.
    """
    right = region.tangent(value, -slope)
    start = (right**2).sum(1)
    size = (slope**2).sum(1)
    if quadratic.goal is None:  # through a root the slope has its own digits, else the pull's
        size = jnp.maximum((quadratic.pull**2).sum(1), size)
    enough = jnp.maximum(share * start, floor**2 * size)

    def unfinished(state) -> Array:
        *_, left, count = state
        return (left > enough).any() & (count < 2 * value.shape[1])

    def advance(state):
        move, residual, way, left, count = state
        bent = region.tangent(value, quadratic.metric.times(way))
        curvature = (way * bent).sum(1)
        goes = (left > enough) & (curvature > 0)  # done points rest, and divide by nothing small
        length = jnp.where(goes, left / jnp.where(goes, curvature, 1.0), 0.0)[:, None]
        residual = residual - length * bent
        now = jnp.where(goes, (residual**2).sum(1), 0.0)
        onward = residual + jnp.where(goes, now / jnp.where(goes, left, 1.0), 0.0)[:, None] * way
        return move + length * way, residual, onward, now, count + 1

    state = (jnp.zeros_like(value), right, right, start, jnp.array(0))
    return jax.lax.while_loop(unfinished, advance, state)[0]


def _lower(quadratic: Quadratic, region: Region, value: Array, way: Array):
    """Take the face's minimum, clipped; where that is higher, go toward it while one may.

    Returns the point, its slope, whether the face ended before, and what is left of the way.
    """
    clipped = region.settle(region.clip(value + way))  # rounding would free what the face holds
    clipped_slope = quadratic.slope(clipped)
    short, share = region.advance(value, way)
    short_slope = quadratic.slope(short)

    def height(point: Array, its_slope: Array) -> Array:
        return (point * (its_slope - quadratic.pull)).sum(1)

    takes = (height(clipped, clipped_slope) <= height(short, short_slope))[:, None]
    after, slope = jnp.where(takes, clipped, short), jnp.where(takes, clipped_slope, short_slope)
    return after, slope, share < 1, (value - after) + way


@jax.custom_jvp
def _with_derivative(value: Array, region: Region, matrix: Array, pull: Array) -> Array:
    """Return `value`, the minimizer, with the derivative that its face's equations imply."""
    return value


@_with_derivative.defjvp
def _(primals, tangents):
    _, region, matrix, _ = primals
    _, region_dot, matrix_dot, pull_dot = tangents
    value = _with_derivative(*primals)  # which has a derivative again
    carried = jax.jvp(lambda own: own.follow(value), (region,), (region_dot,))[1]
    right = pull_dot - value @ matrix_dot - carried @ matrix

    def bend(way: Array) -> Array:
        flat = region.tangent(value, way)
        return region.tangent(value, flat @ matrix) + way - flat

    def solve(_, right: Array) -> Array:
        return jax.scipy.sparse.linalg.cg(bend, right, tol=1e-13, maxiter=4 * right.shape[1])[0]

    right = region.tangent(value, right)
    return value, carried + jax.lax.custom_linear_solve(bend, right, solve, symmetric=True)
