"""Sets that bound each coordinate by itself."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics import Quadratic, Solution
from w2s_jax.quadratics._faces import nearest_on_faces
from w2s_jax.quadratics._metric import Scalar
from w2s_jax.quadratics._regions import Bounds
from w2s_jax.sets._base import ConvexSet, held, traced
from w2s_jax.sets._parameters import array_of, insist, number


class Box(ConvexSet):
    r"""$\{v : l \le v \le u\}$, coordinate by coordinate.

    Args:
        lower: $l$, a number or `(d,)`; minus infinity for none.
        upper: $u$, a number or `(d,)`; infinity for none.

    Raises:
        ValueError: a lower bound above its upper bound, NaN, lengths that differ.

    Example:
        >>> box = Box(lower=0.0, upper=jnp.array([1.0, jnp.inf]))
        >>> print(box.project(jnp.array([3.0, 3.0])), box.support(jnp.array([2.0, -1.0])))
        [1. 3.] 2.0
    """

    lower: Float[Array, "*d"]
    upper: Float[Array, "*d"]

    def __init__(self, lower, upper) -> None:
        bounds: list[Any] = []
        xp: Any = jnp if traced(lower, upper) else np
        for name, bound in (("lower", lower), ("upper", upper)):
            array = array_of(name, xp.atleast_1d(bound), 1, finite=False)
            bounds.append(array if np.ndim(bound) else array[0])
        shapes = {b.shape for b in bounds if b.ndim}
        if len(shapes) > 1:
            raise ValueError(
                f"lower has shape {bounds[0].shape}, but upper has shape {bounds[1].shape}"
            )
        fits = (bounds[0] <= bounds[1]) & (bounds[0] < jnp.inf) & (bounds[1] > -jnp.inf)
        self.lower = held(insist(bounds[0], fits.all(), "lower must not exceed upper"))
        self.upper = held(bounds[1])

    @property
    def dimension(self) -> int | None:
        """d, where a bound names it."""
        return next((b.shape[0] for b in (self.lower, self.upper) if b.ndim), None)

    def bounds(self, rows: Float[Array, "n d"]) -> Bounds:
        """Return the bounds of each coordinate, in the dtype of `rows`."""
        lower, upper = (
            jnp.broadcast_to(b.astype(rows.dtype), rows.shape[1:]) for b in self._ends()
        )
        return Bounds(lower, upper)

    def _ends(self) -> tuple[Array, Array]:
        return self.lower, self.upper

    def _project(self, points):
        return self.bounds(points).clip(points)

    def _support(self, directions):
        bounds = self.bounds(directions)
        ends = jnp.where(directions > 0, bounds.upper[None], bounds.lower[None])
        return jnp.where(directions != 0, directions * ends, 0.0).sum(1)

    def _contains(self, rows, tol):
        bounds = self.bounds(rows)
        ends = jnp.stack([bounds.lower, bounds.upper])
        unit = jnp.where(jnp.isfinite(ends), abs(ends), 0.0).max(0)[None]
        # A bound of 0 has no size: there the row's own tells rounding from a step outside.
        size = jnp.where(unit > 0, unit, abs(rows).max(1, keepdims=True))
        below, above = bounds.lower[None] - rows, rows - bounds.upper[None]
        return (jnp.maximum(below, above) <= tol * size).all(1)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Find the bounds that hold with equality."""
        region = self.bounds(quadratic.pull)
        return self.kept(nearest_on_faces(quadratic, region, tol=tol, max_steps=max_steps))

    def stretched(self, sizes):
        """Stretch the bounds."""
        lower, upper = (np.asarray(end, float) * sizes for end in self._ends())
        return Box(lower, upper)

    def normals(self, rows, slope):
        """Coordinate by coordinate, where there is a bound."""
        return self.bounds(rows).normals(rows, slope)


class NonNegative(Box):
    r"""$\{v : v \ge 0\}$.

    Example:
        >>> print(NonNegative().project(jnp.array([-1.0, 2.0])))
        [0. 2.]
    """

    def __init__(self) -> None:
        super().__init__(0.0, jnp.inf)


class LInfBall(Box):
    r"""$\{v : \max_i |v_i| \le r\}$.

    Args:
        radius: $r > 0$.

    Raises:
        ValueError: a radius that is not above 0.

    Example:
        >>> print(LInfBall(radius=1.0).project(jnp.array([-3.0, 0.5])))
        [-1.   0.5]
    """

    def __init__(self, radius: Any = 1.0) -> None:
        radius = number("radius", radius, least=0.0)
        super().__init__(-radius, radius)
