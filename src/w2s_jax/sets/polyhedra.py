"""Polyhedra: by their inequalities, or by the points that they are the hull of."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics import (
    Quadratic,
    Solution,
    Total,
    nearest_in_polytope,
    nearest_on_faces,
)
from w2s_jax.quadratics.form import Scalar
from w2s_jax.sets.base import IteratedSet, array_of, held, norm, traced


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
        self.points = held(array_of("points", points, 2))

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

    Example:
        >>> square = Polytope(A=jnp.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]), b=jnp.ones(4))
        >>> print(square.project(jnp.array([3.0, 0.5])).round(6), square.support(jnp.ones(2)))
        [1.  0.5] 2.0
    """

    A: Float[Array, "m d"]
    b: Float[Array, " m"]

    def __init__(self, A, b) -> None:
        A, b = array_of("A", A, 2), array_of("b", b, 1)
        self.A, self.b = held(A), held(b)
        if self.A.shape[0] != self.b.shape[0]:
            raise ValueError(f"A has {self.A.shape[0]} rows, but b has {self.b.shape[0]}")
        if not traced(A, b) and _empty(np.asarray(A), np.asarray(b)):
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
        """Follow the central path, then solve on the inequalities that hold with equality."""
        A, b = self._rows(quadratic.pull)
        return nearest_in_polytope(quadratic, A, b, tol=tol, max_steps=max_steps)


def _empty(A: np.ndarray, b: np.ndarray) -> bool:
    return _linear_program(np.zeros(A.shape[1]), A, b).status == 2


def _linear_program(cost: np.ndarray, A: np.ndarray, b: np.ndarray) -> Any:
    from scipy.optimize import linprog  # takes longer to import than jax

    return linprog(cost, A_ub=A, b_ub=b, bounds=(None, None))
