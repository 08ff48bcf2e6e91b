"""Round sets: balls and ellipsoids."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics import Quadratic, Solution
from w2s_jax.quadratics._metric import Scalar, hypot, positive
from w2s_jax.quadratics._secular import nearest_in_ball
from w2s_jax.sets._base import ConvexSet, IteratedSet, held, traced
from w2s_jax.sets._parameters import array_of, insist, number


class Ball(ConvexSet):
    r"""$\{v : \lVert v \rVert \le r\}$.

    Args:
        radius: $r > 0$.

    Raises:
        ValueError: a radius that is not above 0.

    Example:
        >>> print(Ball(radius=5.0).project(jnp.array([6.0, 8.0])))
        [3. 4.]
    """

    radius: Float[Array, ""]

    def __init__(self, radius: Any = 1.0) -> None:
        self.radius = held(number("radius", radius, least=0.0))

    def _project(self, points):
        size = hypot(points)
        radius = self.radius.astype(points.dtype)
        return points * jnp.where(size > radius, radius / positive(size), 1.0)[:, None]

    def _support(self, directions):
        return self.radius.astype(directions.dtype) * hypot(directions)

    def _contains(self, rows, tol):
        return hypot(rows) <= self.radius.astype(rows.dtype) * (1 + tol)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Newton's method on the secular equation."""
        radius = self.radius.astype(quadratic.pull.dtype)
        return self.kept(nearest_in_ball(quadratic, radius, tol=tol, max_steps=max_steps))

    def stretched(self, sizes):
        """Stay a ball where all sizes are one."""
        return Ball(self.radius * sizes[0]) if (sizes == sizes[0]).all() else None


def _factored(shape: Any, units: Any, xp: Any) -> tuple[Any, Any]:
    """Return L with L Lᵀ = S, and its inverse on its range."""
    eps = float(jnp.finfo(shape.dtype).eps)
    values, vectors = xp.linalg.eigh(shape / units[:, None] / units[None])
    fine = values[0] >= -1e3 * eps * abs(values).max()
    values = insist(values, fine, "shape must have no negative eigenvalue")
    roots = xp.sqrt(xp.where(values > len(values) * eps * values[-1], values, 0.0))
    inverse = xp.where(roots > 0, 1 / xp.where(roots > 0, roots, 1.0), 0.0)
    return units[:, None] * vectors * roots[None], (vectors * inverse[None] / units[:, None]).T


@jax.custom_jvp
def _turned(shape: Array, units: Array) -> tuple[Array, Array]:
    """Differentiate a factor with no division by gaps between eigenvalues, which may be 0.

    Any dL with dL Lᵀ + L dLᵀ = dS will do, for the ellipsoid is the same: dS L⁻ᵀ / 2 is one.
    """
    return _factored(shape, units, jnp)


@_turned.defjvp
def _(primals, tangents):
    factor, inverse = _turned(*primals)
    moved = (tangents[0] + tangents[0].T) @ inverse.T / 4
    return (factor, inverse), (moved, -inverse @ moved @ inverse)


class Ellipsoid(IteratedSet):
    r"""$\{L u : \lVert u \rVert \le 1\}$ with $L L^\top = S$.

    For invertible $S$ these are the $v$ with $v^\top S^{-1} v \le 1$.

    Args:
        shape: $S$, `(d, d)`, symmetric and positive semi-definite; semi-axes are the square roots
            of its eigenvalues.

    Raises:
        ValueError: not square, not symmetric, a negative eigenvalue, NaN or infinity.

    Example:
        >>> ellipsoid = Ellipsoid(shape=jnp.diag(jnp.array([4.0, 1.0])))
        >>> print(ellipsoid.project(jnp.array([5.0, 0.0])).round(6))
        [2. 0.]
    """

    factor: Float[Array, "d d"]
    inverse: Float[Array, "d d"]  # of the factor, on its range
    axes: Float[Array, " d"]  # the farthest that each coordinate goes

    def __init__(self, shape) -> None:
        shape = array_of("shape", shape, 2)
        if shape.shape[0] != shape.shape[1]:
            raise ValueError(f"shape must be (d, d), got {shape.shape}")
        eps = float(jnp.finfo(shape.dtype).eps)
        even = abs(shape - shape.T).max() <= 1e3 * eps * abs(shape).max()
        shape = insist(shape, even, "shape must be symmetric")
        xp: Any = jnp if traced(shape) else np
        fine = xp.diag(shape).min() >= -1e3 * eps * abs(shape).max()
        shape = insist(shape, fine, "shape must have no negative eigenvalue")
        # In units of its own reach no coordinate is lost beside a longer one.
        axes = xp.sqrt(xp.maximum(xp.diag(shape), 0.0))
        units = xp.where(axes > 0, axes, 1.0)
        factor, inverse = _turned(shape, units) if xp is jnp else _factored(shape, units, xp)
        self.factor, self.inverse = held(factor), held(inverse)
        self.axes = held(axes)

    @property
    def dimension(self) -> int:
        """D."""
        return self.factor.shape[0]

    def _support(self, directions):
        return hypot(directions @ self.factor.astype(directions.dtype))

    def _contains(self, rows, tol):
        inside = rows @ self.inverse.astype(rows.dtype).T
        off = abs(rows - inside @ self.factor.astype(rows.dtype).T)
        eps = max(float(jnp.finfo(a.dtype).eps) for a in (rows, self.factor))
        slack = tol + 64 * eps  # factor and inverse fit to the digits that they have
        size = self.axes.astype(rows.dtype)[None] + abs(rows)
        return (hypot(inside) <= 1 + slack) & (off <= slack * positive(size)).all(1)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Turn the ellipsoid into the unit ball."""
        factor = self.factor.astype(quadratic.pull.dtype)
        one = jnp.ones((), factor.dtype)
        found = nearest_in_ball(quadratic.through(factor), one, tol=tol, max_steps=max_steps)
        return self.kept(Solution(found.value @ factor.T, found.gap, found.steps))

    def stretched(self, sizes):
        """Stretch the factor."""
        factor = np.asarray(self.factor, float) * sizes[:, None]
        return Ellipsoid(factor @ factor.T)
