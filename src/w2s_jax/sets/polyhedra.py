"""Polyhedra: by their inequalities, or by the points that they are the hull of."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jaxtyping import Float

from w2s_jax.quadratics import Bounds, Metric, Quadratic, Solution, Total, nearest_on_faces
from w2s_jax.quadratics.form import Scalar
from w2s_jax.sets.base import IteratedSet, array_of, norm


class Hull(IteratedSet):
    r"""The convex hull $\{\sum_j a_j x_j : a \ge 0, \sum_j a_j = 1\}$ of points.

    Args:
        points: $x_j$ in rows, `(k, d)`.

    Raises:
        ValueError: not a matrix, no points, NaN or infinity.

    Example:
        >>> triangle = Hull(jnp.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]))
        >>> print(triangle.project(jnp.array([2.0, 2.0])).round(6), triangle.support(jnp.ones(2)))
        [1. 1.] 2.0
    """

    points: Float[Array, "k d"]

    def __init__(self, points) -> None:
        self.points = array_of("points", points, 2)

    @property
    def dimension(self) -> int:
        """D."""
        return self.points.shape[1]

    def _support(self, directions):
        return (directions @ self.points.astype(directions.dtype).T).max(1)

    def _contains(self, rows, tol):
        return norm(rows - self._project(rows)) <= tol * (1 + norm(rows))

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Minimise over the weights, which lie in a simplex."""
        points = self.points.astype(quadratic.pull.dtype)
        centre = jax.lax.stop_gradient(points.mean(0))  # so that a hull far from 0 loses no digits
        around = points - centre[None]
        inner = quadratic.moved(centre).through(around.T)
        region = Total(jnp.ones((), points.dtype))
        found = nearest_on_faces(inner, region, tol=tol, max_steps=max_steps)
        return Solution(found.value @ around + centre[None], found.gap, found.steps)


class Polytope(IteratedSet):
    r"""$\{v : A v \le b\}$, which may be unbounded.

    Args:
        A: `(m, d)`, one inequality a row.
        b: `(m,)`.

    Raises:
        ValueError: shapes that do not fit, NaN or infinity, no member (found by linear programming
            where the numbers are known at once).

    Fails when:
        inequalities number in the hundreds and the metric is ill-conditioned or singular: minutes
        a point, or a gap that stays open. Where the set is a box, a simplex or a hull, say so.

    Example:
        >>> square = Polytope(A=jnp.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]), b=jnp.ones(4))
        >>> print(square.project(jnp.array([3.0, 0.5])).round(6), square.support(jnp.ones(2)))
        [1.  0.5] 2.0
    """

    A: Float[Array, "m d"]
    b: Float[Array, " m"]

    def __init__(self, A, b) -> None:
        self.A, self.b = array_of("A", A, 2), array_of("b", b, 1)
        if self.A.shape[0] != self.b.shape[0]:
            raise ValueError(f"A has {self.A.shape[0]} rows, but b has {self.b.shape[0]}")
        if not isinstance(self.A, Tracer) and not isinstance(self.b, Tracer):
            zero = np.zeros(self.A.shape[1])
            if _linear_program(zero, np.asarray(self.A), np.asarray(self.b)).status == 2:
                raise ValueError("A v <= b has no solution: the polytope is empty")

    @property
    def dimension(self) -> int:
        """D."""
        return self.A.shape[1]

    def _rows(self, like: Array) -> tuple[Array, Array]:
        return self.A.astype(like.dtype), self.b.astype(like.dtype)

    def _support(self, directions):
        def solve(directions, A, b):
            A, b = np.asarray(A), np.asarray(b)
            best = [_linear_program(-g, A, b) for g in np.asarray(directions)]
            values = [np.inf if one.status == 3 else -one.fun for one in best]
            return np.asarray(values, directions.dtype)

        shape = jax.ShapeDtypeStruct(directions.shape[:1], directions.dtype)
        rows = self._rows(directions)
        return jax.pure_callback(solve, shape, directions, *rows, vmap_method="sequential")

    def _contains(self, rows, tol):
        A, b = self._rows(rows)
        size = abs(b)[None] + norm(A)[None] * (1 + norm(rows))[:, None]
        return (rows @ A.T - b[None] <= tol * size).all(1)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        r"""Solve the dual, whose only constraint is that no multiplier is negative.

        A singular metric gets $\delta I$ added, which proximal steps take away again.
        """
        A, b = self._rows(quadratic.pull)
        size = norm(A)
        A, b = A / size[:, None], b / size
        metric = quadratic.metric
        delta = jnp.where(metric.values[0] > 0, 0.0, 1e-6 * metric.top)
        eye = jnp.eye(A.shape[1], dtype=A.dtype)
        bent = Metric(
            metric.matrix + delta * eye, metric.values + delta, metric.vectors, metric.smallest
        )
        dual = A @ bent.solve(A).T
        dual = Metric.of((dual + dual.T) / 2)
        bounds = Bounds(jnp.zeros_like(b), jnp.full_like(b, jnp.inf))

        # Along what a singular metric does not see, multipliers and their gaps are tiny.
        close = tol * jnp.where(delta > 0, 1e-12, 1e-2)

        def step(pull: Array, near: Array) -> tuple[Array, Array, Array, Array]:
            pull = pull + delta * near
            free = bent.solve(pull)
            inner = Quadratic(dual, free @ A.T - b[None], jnp.zeros_like(quadratic.energy))
            found = nearest_on_faces(
                inner, bounds, tol=close, max_steps=jnp.minimum(max_steps, 200)
            )
            value = free - bent.solve(found.value @ A)
            over = jnp.maximum(value @ A.T - b[None], 0.0)
            idle = (found.value * (b[None] - value @ A.T)).sum(1)
            left = quadratic.slope(value) + found.value @ A
            outside = metric.top * norm(over) * norm(value)
            gap = abs(idle) + 1e-2 * outside + (left**2).sum(1) / metric.top
            gap = quadratic.relative(gap, value, quadratic.slope(value))
            return value, gap, found.steps, found.value

        fixed = jax.lax.stop_gradient(quadratic.pull)

        def again(state) -> Array:
            _, gap, _, count = state
            return (gap > tol).any() & (count < 50) & (delta > 0)

        def proximal(state):
            value, _, steps, count = state
            value, gap, more, _ = jax.lax.stop_gradient(step(fixed, value))
            return value, gap, steps + more, count + 1

        value, gap, steps, _ = step(quadratic.pull, jnp.zeros_like(fixed))
        state: Any = (*jax.lax.stop_gradient((value, gap)), steps, jnp.array(1))
        near, gap, steps, _ = jax.lax.while_loop(again, proximal, state)
        if isinstance(metric.values, Tracer) or bool(delta > 0):
            value, gap, _, _ = step(quadratic.pull, near)
        return Solution(value, gap, steps)


def _linear_program(cost: np.ndarray, A: np.ndarray, b: np.ndarray) -> Any:
    from scipy.optimize import linprog  # takes longer to import than jax

    return linprog(cost, A_ub=A, b_ub=b, bounds=(None, None))
