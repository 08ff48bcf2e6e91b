r"""Minimize a convex quadratic under linear inequalities, by an interior-point method.

Mehrotra's predictor and corrector (1992) follow the central path,

$$G v - b + A^\top f = 0, \qquad A v + s = c, \qquad f_i s_i = \mu, \qquad f, s > 0,$$

in a number of steps that hardly depends on the metric; a singular one is no exception. At its end
it is known which inequalities hold with equality, and their linear equations give the last digits
and the derivative.

Every step factorizes a matrix of the point's own, so points go one after another: see `faces`.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.linalg import cho_factor, cho_solve
from jaxtyping import Float

from w2s_jax.quadratics._form import Quadratic, Solution
from w2s_jax.quadratics._metric import Scalar, hypot, positive

_STIFF = 1e6  # what an equation weighs beside the metric while equations are solved
_REFINE = 8  # solves, each of which leaves a small share of the error
_PATIENCE = 10  # steps without a smaller gap, after which rounding is all that is left


def nearest_in_polytope(
    quadratic: Quadratic,
    A: Float[Array, "m d"],
    c: Float[Array, " m"],
    *,
    tol: Scalar,
    max_steps: Scalar,
) -> Solution:
    r"""Minimize each quadratic over $\{v : A v \le c\}$.

    Args:
        quadratic: `(n,)` problems in d coordinates.
        A: one inequality a row, `(m, d)`.
        c: `(m,)`.
        tol: relative gap at which a problem is done.
        max_steps: steps after which the best value so far is returned, with its gap.

    Returns:
        A `Solution`, differentiable in the metric, the pull, A and c.

    Example:
        >>> from w2s_jax.quadratics._metric import identity_metric
        >>> quadratic = Quadratic.at(jnp.array([[3.0, 0.5]]), identity_metric(2, jnp.dtype(float)))
        >>> found = nearest_in_polytope(quadratic, jnp.eye(2), jnp.ones(2), tol=1e-10, max_steps=50)
        >>> print(found.value)
        [[1.  0.5]]
    """
    length = positive(hypot(A))
    A, c = A / length[:, None], c / length
    fixed, rows, ends = jax.lax.stop_gradient((quadratic, A, c))
    value, force, gap, steps, inside = _followed(fixed, rows, ends, tol, max_steps)
    value, _ = _with_derivative(value, force, quadratic.metric.matrix, quadratic.pull, A, c)
    return Solution(value, jnp.where(inside, 0.0, gap), steps)


def pushed_back(
    quadratic: Quadratic, A: Float[Array, "m d"], c: Float[Array, " m"], *, tol: Scalar
) -> Float[Array, "n m"]:
    r"""Return the forces $f \ge 0$ of the inequalities at each minimum, `(n, m)`.

    Args:
        quadratic: `(n,)` problems in d coordinates.
        A: rows of length 1, `(m, d)`.
        c: `(m,)`.
        tol: as for `nearest_in_polytope`.

    Example:
        >>> from w2s_jax.quadratics._metric import identity_metric
        >>> quadratic = Quadratic.at(jnp.array([[3.0, 0.5]]), identity_metric(2, jnp.dtype(float)))
        >>> print(pushed_back(quadratic, jnp.eye(2), jnp.ones(2), tol=1e-10).round(6))
        [[2. 0.]]
    """
    return _followed(quadratic, A, c, tol, 1000)[1]


def _followed(fixed: Quadratic, rows: Array, ends: Array, tol: Scalar, max_steps: Scalar):
    free = fixed.free()
    inside = (free @ rows.T <= ends[None]).all(1)

    def one(own) -> tuple[Array, Array, Array, Array]:
        pull, goal, free, inside = own
        alone = Quadratic(fixed.metric, pull[None], None if goal is None else goal[None])
        problem = _Problem(alone, rows, ends)
        return problem.follow(free, tol, jnp.where(inside, 0, max_steps))

    value, force, gap, steps = jax.lax.map(one, (fixed.pull, fixed.goal, free, inside))
    value = jnp.where(inside[:, None], free, value)
    return value, jnp.where(inside[:, None], 0.0, force), gap, steps, inside


class _State(NamedTuple):
    value: Array
    slack: Array
    force: Array


class _Problem(NamedTuple):
    quadratic: Quadratic  # one row
    A: Array
    c: Array

    def follow(self, free: Array, tol: Scalar, max_steps: Array):
        """Go along the central path from the free minimum; return value, force, gap and steps."""
        over = self.A @ free - self.c
        unit = positive(over.max())
        start = _State(free, jnp.maximum(-over, unit), jnp.full_like(over, unit) * self.top)
        none = _State(free, start.slack, jnp.zeros_like(over))

        def unfinished(state) -> Array:
            *_, gap, count, idle = state
            return (gap > 1e-2 * tol) & (count < max_steps) & (idle < _PATIENCE)

        def advance(state):
            at, best, gap, count, idle = state
            at = self._step(at)
            now = self._gap(at)
            better = now < gap
            best = jax.tree.map(lambda new, old: jnp.where(better, new, old), at, best)
            gap, idle = jnp.where(better, now, gap), jnp.where(better, 0, idle + 1)
            return at, best, gap, count + 1, idle

        count = jnp.array(0)
        far = jnp.array(jnp.inf, free.dtype)
        state = (start, none, far, count, count)
        _, best, gap, count, _ = jax.lax.while_loop(unfinished, advance, state)
        last = self._polish(best)
        gap, polished = self._gap(best, sure=True), self._gap(last, sure=True)
        best = jax.tree.map(lambda new, old: jnp.where(polished < gap, new, old), last, best)
        held = jnp.where(self._holds(best), best.force, 0.0)
        return best.value, held, jnp.minimum(gap, polished), count

    @property
    def top(self) -> Array:
        return self.quadratic.metric.top

    def _slope(self, value: Array) -> Array:
        return self.quadratic.slope(value[None])[0]

    def _step(self, at: _State) -> _State:
        value, slack, force = at
        slope = self._slope(value) + force @ self.A
        outside = self.A @ value + slack - self.c
        solve = _equations(self.quadratic.metric.matrix, self.A, force / slack, self.top)

        def towards(product: Array) -> _State:
            way = solve(-slope - ((force * outside - product) / slack) @ self.A)
            opens = -outside - self.A @ way
            return _State(way, opens, -(product + force * opens) / slack)

        def room(way: _State) -> Array:
            shares = [
                jnp.where(step < 0, size / jnp.where(step < 0, -step, 1.0), jnp.inf).min()
                for size, step in ((slack, way.slack), (force, way.force))
            ]
            return jnp.minimum(*shares)

        product = slack * force
        ahead = towards(product)
        share = jnp.minimum(room(ahead), 1.0)
        left = (slack + share * ahead.slack) @ (force + share * ahead.force) / product.sum()
        target = jnp.clip(left, 0.0, 1.0) ** 3 * product.mean()
        way = towards(product + ahead.slack * ahead.force - target)
        share = jnp.minimum(0.99 * room(way), 1.0)
        return jax.tree.map(lambda own, step: own + share * step, at, way)

    def _holds(self, at: _State) -> Array:
        return at.force > at.slack * self.top

    def _polish(self, at: _State) -> _State:
        """Solve for the minimum on the inequalities that hold with equality."""
        matrix, pull = self.quadratic.metric.matrix, self.quadratic.pull[0]
        holds = self._holds(at)
        start = at.value, jnp.where(holds, at.force, 0.0)
        value, force = _on_equations(matrix, self.A, holds, self.top, pull, self.c, start)
        return _State(value, at.slack, jnp.where(holds, jnp.maximum(force, 0.0), 0.0))

    def _gap(self, at: _State, *, sure: bool = False) -> Array:
        r"""Bound the distance by the forces, whose $\lambda = -A^\top f$ is at least $-f^\top c$.

        A value outside is no answer yet: what it is off counts as if it were a part of the gap, and
        on the way so does what of the slope a singular metric does not see.
        """
        slack = self.c - self.A @ at.value
        slope = self._slope(at.value)[None]
        normal = -(at.force @ self.A)[None]
        over = jnp.sqrt((jnp.maximum(-slack, 0.0) ** 2).sum())
        outside = 1e-2 * self.top * over * jnp.sqrt((at.value**2).sum())
        where = at.value[None], slope
        bound = self.quadratic.bound(*where, [(normal, abs(at.force @ slack)[None])], sure=sure)
        return self.quadratic.relative(bound + outside, *where)[0]


def _equations(matrix: Array, A: Array, weights: Array, top: Array) -> Callable[[Array], Array]:
    least = 1e2 * float(jnp.finfo(matrix.dtype).eps) * top  # so that there is a factor
    heavy = matrix + A.T @ (weights[:, None] * A) + least * jnp.eye(len(matrix), dtype=matrix.dtype)
    factor = cho_factor(heavy)
    return lambda right: cho_solve(factor, right)


def _on_equations(matrix, A, holds, top, pull, c, start) -> tuple[Array, Array]:
    """Minimize under A v = c, where it holds, by the method of multipliers."""
    stiff = _STIFF * top
    weights = jnp.where(holds, stiff, 0.0)
    solve = _equations(matrix, A, weights, top)
    value, force = start
    for _ in range(_REFINE):
        off = A @ value - c
        way = solve(pull - matrix @ value - (force + weights * off) @ A)
        value, force = value + way, force + weights * (off + A @ way)
    return value, force


@jax.custom_jvp
def _with_derivative(value, force, matrix, pull, A, c):
    """Return value and forces, with the derivatives that the equations at the minimum imply."""
    return value, force


@_with_derivative.defjvp
def _(primals, tangents):
    _, _, matrix, _, A, _ = primals
    _, _, matrix_dot, pull_dot, A_dot, c_dot = tangents
    value, force = _with_derivative(*primals)  # which have derivatives again
    top = positive(jax.lax.stop_gradient(jnp.linalg.norm(matrix)))
    pull_dot = pull_dot - value @ matrix_dot - force @ A_dot
    c_dot = c_dot[None] - value @ A_dot.T

    def one(own: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        force, pull, c = own
        start = jnp.zeros_like(pull), jnp.zeros_like(c)
        return _on_equations(matrix, A, force > 0, top, pull, c, start)

    return (value, force), jax.lax.map(one, (force, pull_dot, c_dot))
