"""Polyhedra: by their inequalities, or by the points that they are the hull of."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics import Quadratic, Solution
from w2s_jax.quadratics._faces import nearest_on_faces
from w2s_jax.quadratics._inequalities import nearest_in_polytope, pushed_back
from w2s_jax.quadratics._metric import Scalar, accuracy, hypot, identity_metric, positive
from w2s_jax.quadratics._regions import Total
from w2s_jax.sets._base import IteratedSet, held, traced
from w2s_jax.sets._parameters import array_of, unit_rows
from w2s_jax.sets._simplices import Simplex


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
        found = self.nearest(rows, tol=accuracy(rows.dtype), max_steps=10_000)
        return hypot(rows - found.value) <= tol * (self._reach(rows) + hypot(rows))

    def _reach(self, like: Array) -> Array:
        return hypot(self.points.astype(like.dtype)).max()

    def stretched(self, sizes):
        """Stretch the points."""
        return Hull(np.asarray(self.points, float) * sizes)

    def kept(self, found: Solution) -> Solution:
        """Keep all: mixtures of the points are members."""
        return found

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Minimize over the weights, which lie in a simplex."""
        points = self.points.astype(quadratic.pull.dtype)
        center = jax.lax.stop_gradient(points.mean(0))  # so that a hull far from 0 loses no digits
        around = points - center[None]
        inner = quadratic.moved(center).mixed(around.T)
        region = Total(jnp.ones((), points.dtype))
        found = nearest_on_faces(inner, region, tol=tol, max_steps=max_steps)
        # The weights are a member of the simplex, or certify nothing.
        found = Simplex().kept(found)
        return Solution(found.value @ around + center[None], found.gap, found.steps)


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

    A: Float[Array, "m d"]  # rows of length 1
    b: Float[Array, " m"]

    def __init__(self, A, b) -> None:
        A, b = array_of("A", A, 2), array_of("b", b, 1)
        if A.shape[0] != b.shape[0]:
            raise ValueError(f"A has {A.shape[0]} rows, but b has {b.shape[0]}")
        A, b = unit_rows(A, b)
        self.A, self.b = held(A), held(b)
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
            A, b = np.asarray(A, float), np.asarray(b, float)
            heights = [_farthest(np.asarray(g, float), A, b) for g in np.asarray(directions)]
            return np.asarray(heights, directions.dtype)

        shape = jax.ShapeDtypeStruct(directions.shape[:1], directions.dtype)
        rows = self._rows(directions)
        return jax.pure_callback(solve, shape, directions, *rows, vmap_method="sequential")

    def _contains(self, rows, tol):
        A, b = self._rows(rows)
        size = abs(b)[None] + (abs(A)[None] * abs(rows)[:, None]).sum(2)
        rounding = 64 * float(jnp.finfo(rows.dtype).eps) * hypot(rows)[:, None]
        return (rows @ A.T - b[None] <= tol * size + rounding).all(1)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Follow the central path, then solve on the inequalities that hold with equality."""
        A, b = self._rows(quadratic.pull)
        return self.kept(nearest_in_polytope(quadratic, A, b, tol=tol, max_steps=max_steps))

    def sure_normals(self, rows, slope):
        """Take the forces that hold back a step against the slope: a linear program's end early."""
        rows, slope = jax.lax.stop_gradient((rows, slope))
        A, b = jax.lax.stop_gradient(self._rows(rows))
        unit = positive(hypot(rows)) / positive(hypot(slope))
        eye = identity_metric(rows.shape[1], rows.dtype)
        ahead = Quadratic(eye, rows - unit[:, None] * slope)
        force = pushed_back(ahead, A, b, tol=accuracy(rows.dtype)) / unit[:, None]
        return [(-force @ A, (force * abs(b[None] - rows @ A.T)).sum(1))]

    def stretched(self, sizes):
        """Shrink the rows."""
        return Polytope(np.asarray(self.A, float) / sizes, self.b)


def _empty(A: np.ndarray, b: np.ndarray) -> bool:
    return _linear_program(np.zeros(A.shape[1]), A, b)[0].status == 2


def _farthest(direction: np.ndarray, A: np.ndarray, b: np.ndarray) -> float:
    """Maximize over A v ≤ b, in units of the direction and of b: HiGHS has absolute tolerances."""
    size = float(abs(direction).max())
    if size == 0 or not np.isfinite(size):
        return 0.0 * size
    found, unit = _linear_program(-direction / size, A, b)
    if found.status == 0:
        return -found.fun * unit * size
    return np.inf if found.status == 3 else np.nan


def _linear_program(cost: np.ndarray, A: np.ndarray, b: np.ndarray) -> tuple[Any, float]:
    from scipy.optimize import linprog  # takes longer to import than jax

    unit = float(abs(b).max()) or 1.0
    return linprog(cost, A_ub=A, b_ub=b / unit, bounds=(None, None)), unit
