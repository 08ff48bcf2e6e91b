"""Flat sets: subspaces, affine subspaces, half-spaces."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics import Quadratic, Solution
from w2s_jax.quadratics._metric import Scalar, hypot, positive
from w2s_jax.sets._base import ConvexSet, held, traced
from w2s_jax.sets._parameters import array_of, insist, number, unit_rows


class AffineSubspace(ConvexSet):
    r"""$\{a + B c : c \in \mathbb R^k\}$.

    Args:
        point: $a$, `(d,)`.
        basis: $B$, `(d, k)`; columns need be neither orthonormal nor independent.

    Raises:
        ValueError: shapes that do not fit, NaN or infinity.

    Example:
        >>> line = AffineSubspace(point=jnp.array([0.0, 1.0]), basis=jnp.array([[1.0], [0.0]]))
        >>> print(line.project(jnp.array([3.0, 5.0])), line.support(jnp.array([0.0, 2.0])))
        [3. 1.] 2.0
    """

    point: Float[Array, " d"]
    frame: Float[Array, "d k"]  # orthonormal columns, or columns of 0 where the rank is short

    def __init__(self, point, basis) -> None:
        point, basis = array_of("point", point, 1), array_of("basis", basis, 2)
        self.point = held(point)
        if basis.shape[0] != self.point.shape[0]:
            raise ValueError(
                f"basis must have one row a coordinate of point, {self.point.shape[0]}, "
                f"got shape {basis.shape}"
            )
        xp: Any = jnp if traced(basis) else np
        columns, _ = unit_rows(basis.T, xp.zeros_like(basis[0]))  # so that no unit hides one
        u, s, _ = xp.linalg.svd(columns.T, full_matrices=False)
        keep = s > max(basis.shape) * float(jnp.finfo(s.dtype).eps) * s[0]
        self.frame = held(xp.where(keep[None], u, 0.0))

    @property
    def dimension(self) -> int:
        """D."""
        return self.point.shape[0]

    def _parts(self, rows: Array) -> tuple[Array, Array]:
        return self.point.astype(rows.dtype)[None], self.frame.astype(rows.dtype)

    def _project(self, points):
        point, frame = self._parts(points)
        return point + ((points - point) @ frame) @ frame.T

    def _support(self, directions):
        point, frame = self._parts(directions)
        along = hypot(directions @ frame)
        level = along <= 1e3 * float(jnp.finfo(along.dtype).eps) * hypot(directions)
        return jnp.where(level, (directions * point).sum(1), jnp.inf)

    def _contains(self, rows, tol):
        point, _ = self._parts(rows)
        size = hypot(rows - point) + hypot(point)
        return hypot(rows - self._project(rows)) <= tol * positive(size)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Solve for the coordinates in the frame."""
        point, frame = self._parts(quadratic.pull)
        inner = quadratic.moved(point[0]).through(frame)
        value = point + inner.free() @ frame.T
        still, slope, fixed, own = jax.lax.stop_gradient(
            (value, quadratic.slope(value), quadratic, inner)
        )
        # In the subspace nothing bounds the way: what is left of the slope there is all there is.
        bound = own.metric.dual(slope @ jax.lax.stop_gradient(frame))
        gap = fixed.relative(bound, still, slope)
        return self.kept(Solution(value, gap, jnp.ones(len(gap), int)))

    def stretched(self, sizes):
        """Stretch point and basis."""
        point, frame = np.asarray(self.point, float), np.asarray(self.frame, float)
        return AffineSubspace(point * sizes, frame * sizes[:, None])

    def normals(self, rows, slope):
        """Take what is orthogonal to the subspace."""
        frame = self.frame.astype(rows.dtype)
        return [(slope - (slope @ frame) @ frame.T, jnp.zeros_like(rows[:, 0]))]


class Subspace(AffineSubspace):
    r"""$\{B c : c \in \mathbb R^k\}$, the span of the columns of `basis`.

    Args:
        basis: $B$, `(d, k)`; columns need be neither orthonormal nor independent.

    Raises:
        ValueError: not a matrix, NaN or infinity.

    Example:
        >>> print(Subspace(jnp.array([[1.0], [1.0]])).project(jnp.array([2.0, 0.0])).round(6))
        [1. 1.]
    """

    def __init__(self, basis) -> None:
        basis = array_of("basis", basis, 2)
        super().__init__(np.zeros(basis.shape[0], basis.dtype), basis)


class HalfSpace(ConvexSet):
    r"""$\{v : \langle n, v \rangle \le b\}$.

    Args:
        normal: $n$, `(d,)`, not 0.
        offset: $b$.

    Raises:
        ValueError: a normal of 0, NaN or infinity.

    Example:
        >>> half = HalfSpace(normal=jnp.array([1.0, 0.0]), offset=1.0)
        >>> print(half.project(jnp.array([[3.0, 2.0], [0.0, 2.0]])))
        [[1. 2.]
         [0. 2.]]
    """

    normal: Float[Array, " d"]  # of length 1
    offset: Float[Array, ""]

    def __init__(self, normal, offset) -> None:
        normal, offset = array_of("normal", normal, 1), number("offset", offset)
        normal = insist(normal, (normal != 0).any(), "normal must not be 0")
        xp: Any = jnp if traced(normal, offset) else np
        normal, offset = unit_rows(normal[None], xp.atleast_1d(offset))
        self.normal, self.offset = held(normal[0]), held(offset[0])

    @property
    def dimension(self) -> int:
        """D."""
        return self.normal.shape[0]

    def _parts(self, rows: Array) -> tuple[Array, Array]:
        return self.normal.astype(rows.dtype)[None], self.offset.astype(rows.dtype)

    def _excess(self, rows: Array) -> Array:
        normal, offset = self._parts(rows)
        return (rows * normal).sum(1) - offset

    def _project(self, points):
        normal, _ = self._parts(points)
        over = jnp.maximum(self._excess(points), 0.0) / (normal**2).sum()
        return points - over[:, None] * normal

    def _support(self, directions):
        normal, offset = self._parts(directions)
        share = (directions * normal).sum(1) / (normal**2).sum()
        off = hypot(directions - share[:, None] * normal)
        slack = 1e3 * float(jnp.finfo(off.dtype).eps) * hypot(directions)
        along = (off <= slack) & (share >= -slack)
        return jnp.where(along, share * offset, jnp.inf)

    def _contains(self, rows, tol):
        normal, offset = self._parts(rows)
        size = abs(offset) + (abs(normal) * abs(rows)).sum(1)
        rounding = 64 * float(jnp.finfo(rows.dtype).eps) * hypot(rows)
        return self._excess(rows) <= tol * size + rounding

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Go from the free minimum to the boundary, where it costs nothing if that can be."""
        metric = quadratic.metric
        normal, _ = self._parts(quadratic.pull)
        idle = jnp.where((metric.values > 0)[None], 0.0, normal @ metric.vectors)
        idle = idle @ metric.vectors.T
        way = metric.solve(normal)
        costless = (idle**2).sum() > 1e-16 * (normal**2).sum()
        way = jnp.where(costless, jax.lax.stop_gradient(idle), way)
        free = quadratic.free()
        over = jnp.maximum(self._excess(free), 0.0) / positive((way * normal).sum())
        value = free - over[:, None] * way
        fixed, still = jax.lax.stop_gradient((quadratic, value))
        slope = fixed.slope(still)
        gap = fixed.gap(still, slope, self.normals(still, slope))
        return self.kept(Solution(value, gap, jnp.ones(len(gap), int)))

    def stretched(self, sizes):
        """Shrink the normal."""
        return HalfSpace(np.asarray(self.normal, float) / sizes, self.offset)

    def normals(self, rows, slope):
        """Take what points straight in, and the room that it meets."""
        normal, _ = self._parts(rows)
        inward = jnp.maximum(-(slope * normal).sum(1), 0.0) / (normal**2).sum()
        return [(-inward[:, None] * normal, inward * abs(self._excess(rows)))]
