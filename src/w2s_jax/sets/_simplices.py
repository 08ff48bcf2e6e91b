"""Sets whose coordinates compete: the simplex, the L1 ball, monotone sequences."""

from typing import Any

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics import Quadratic, Solution
from w2s_jax.quadratics._faces import nearest_on_faces
from w2s_jax.quadratics._metric import Scalar, hypot
from w2s_jax.quadratics._order import Ordered, isotonic
from w2s_jax.quadratics._regions import Absolute, Total
from w2s_jax.sets._base import ConvexSet, held
from w2s_jax.sets._parameters import number


class Simplex(ConvexSet):
    r"""$\{v : v \ge 0, \sum_i v_i = t\}$.

    Args:
        total: $t > 0$.

    Raises:
        ValueError: a total that is not above 0.

    Example:
        >>> print(Simplex().project(jnp.array([2.0, 1.5, 0.0])))
        [0.75 0.25 0.  ]
    """

    total: Float[Array, ""]

    def __init__(self, total: Any = 1.0) -> None:
        self.total = held(number("total", total, least=0.0))

    def _region(self, rows: Array) -> Total:
        return Total(self.total.astype(rows.dtype))

    def _project(self, points):
        return self._region(points).clip(points)

    def _support(self, directions):
        return self.total.astype(directions.dtype) * directions.max(1)

    def _contains(self, rows, tol):
        total = self.total.astype(rows.dtype)
        return (rows >= -tol * total).all(1) & (abs(rows.sum(1) - total) <= tol * total)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Find the coordinates that are not 0."""
        region = self._region(quadratic.pull)
        return self.kept(nearest_on_faces(quadratic, region, tol=tol, max_steps=max_steps))

    def stretched(self, sizes):
        """Stay a simplex where all sizes are one."""
        return Simplex(self.total * sizes[0]) if (sizes == sizes[0]).all() else None

    def normals(self, rows, slope):
        """All of the slope."""
        return self._region(rows).normals(rows, slope)

    def sure_normals(self, rows, slope):
        """Raise to the mean what is steeper: coordinates next to 0 would decide on the minimum."""
        total = self.total.astype(rows.dtype)
        level = (rows * slope).sum(1, keepdims=True) / total
        raised = jnp.maximum(slope, level)
        slack = (rows * raised).sum(1) - total * raised.min(1)
        return [*self.normals(rows, slope), (raised, slack)]


class L1Ball(ConvexSet):
    r"""$\{v : \sum_i |v_i| \le r\}$.

    Args:
        radius: $r > 0$.

    Raises:
        ValueError: a radius that is not above 0.

    Example:
        >>> print(L1Ball(radius=1.0).project(jnp.array([[2.0, -1.5], [0.2, 0.1]])))
        [[ 0.75 -0.25]
         [ 0.2   0.1 ]]
    """

    radius: Float[Array, ""]

    def __init__(self, radius: Any = 1.0) -> None:
        self.radius = held(number("radius", radius, least=0.0))

    def _region(self, rows: Array) -> Absolute:
        return Absolute(self.radius.astype(rows.dtype))

    def _project(self, points):
        region = self._region(points)
        inside = abs(points).sum(1, keepdims=True) <= region.radius
        return jnp.where(inside, points, region.clip(points))

    def _support(self, directions):
        return self.radius.astype(directions.dtype) * abs(directions).max(1)

    def _contains(self, rows, tol):
        return abs(rows).sum(1) <= self.radius.astype(rows.dtype) * (1 + tol)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Take the free minimum where it is inside; else find the signs on the surface."""
        region = self._region(quadratic.pull)
        free = quadratic.free()
        inside = abs(free).sum(1) <= region.radius
        found = nearest_on_faces(quadratic, region, tol=tol, max_steps=max_steps)
        value = jnp.where(inside[:, None], free, found.value)
        return self.kept(Solution(value, jnp.where(inside, 0.0, found.gap), found.steps))

    def stretched(self, sizes):
        """Stay a ball where all sizes are one."""
        return L1Ball(self.radius * sizes[0]) if (sizes == sizes[0]).all() else None

    def normals(self, rows, slope):
        """All of the slope."""
        return self._region(rows).normals(rows, slope)


class Monotone(ConvexSet):
    r"""$\{v : v_1 \le v_2 \le \dots \le v_d\}$; projecting onto it is isotonic regression.

    Example:
        >>> print(Monotone().project(jnp.array([3.0, 1.0, 2.0, 4.0])))
        [2. 2. 2. 4.]
    """

    def _project(self, points):
        return isotonic(points)

    def _support(self, directions):
        # A direction is in the polar cone when no tail of it has a positive sum, and all has none.
        tails = jnp.cumsum(directions[:, ::-1], axis=1)[:, ::-1]
        slack = 1e3 * float(jnp.finfo(tails.dtype).eps) * abs(directions).sum(1)
        polar = (tails.max(1) <= slack) & (abs(tails[:, 0]) <= slack)
        return jnp.where(polar, 0.0, jnp.inf).astype(directions.dtype)

    def _contains(self, rows, tol):
        return (jnp.diff(rows, axis=1) >= -tol * hypot(rows)[:, None]).all(1)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Find which neighbors are pooled."""
        return self.kept(nearest_on_faces(quadratic, Ordered(), tol=tol, max_steps=max_steps))

    def stretched(self, sizes):
        """Stay itself where all sizes are one."""
        return self if (sizes == sizes[0]).all() else None

    def normals(self, rows, slope):
        """Tail by tail."""
        return Ordered().normals(rows, slope)
