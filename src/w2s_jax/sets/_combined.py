"""Sets moved and stretched."""

import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics import Quadratic, Solution
from w2s_jax.quadratics._metric import Scalar
from w2s_jax.sets._base import ConvexSet, held
from w2s_jax.sets._parameters import array_of, insist, number


class Translated(ConvexSet):
    r"""$\{v + t : v \in C\}$.

    Args:
        base: $C$.
        offset: $t$, `(d,)`.

    Raises:
        ValueError: an offset of another dimension than the set's, NaN or infinity.

    Example:
        >>> import jax.numpy as jnp
        >>> from w2s_jax.sets import Ball
        >>> ball = Translated(Ball(radius=1.0), offset=jnp.array([2.0, 0.0]))
        >>> print(ball.project(jnp.zeros(2)), ball.support(jnp.array([1.0, 0.0])))
        [1. 0.] 3.0
    """

    base: ConvexSet
    offset: Float[Array, " d"]

    def __init__(self, base: ConvexSet, offset) -> None:
        self.base, self.offset = base, held(array_of("offset", offset, 1))
        if base.dimension not in (None, self.offset.shape[0]):
            raise ValueError(
                f"offset must have {base.dimension} coordinates, as the set has, "
                f"got shape {self.offset.shape}"
            )

    @property
    def dimension(self) -> int:
        """D."""
        return self.offset.shape[0]

    def _shift(self, rows: Array) -> Array:
        return self.offset.astype(rows.dtype)[None]

    def _project(self, points):
        shift = self._shift(points)
        return self.base._project(points - shift) + shift

    def _support(self, directions):
        return self.base._support(directions) + (directions * self._shift(directions)).sum(1)

    def _contains(self, rows, tol):
        return self.base._contains(rows - self._shift(rows), tol)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Move the quadratic instead."""
        shift = self._shift(quadratic.pull)
        found = self.base.minimise(quadratic.moved(shift[0]), tol=tol, max_steps=max_steps)
        return Solution(found.value + shift, found.gap, found.steps)

    def nearest(self, points, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Move the points instead."""
        shift = self._shift(points)
        found = self.base.nearest(points - shift, tol=tol, max_steps=max_steps)
        return Solution(found.value + shift, found.gap, found.steps)

    def _alone(self, points):
        shift = self._shift(points)
        value, fine = self.base._alone(points - shift)
        return value + shift, fine

    def _supported(self, directions):
        height, fine = self.base._supported(directions)
        return height + (directions * self._shift(directions)).sum(1), fine

    def stretched(self, sizes):
        """Stretch base and offset."""
        base = self.base.stretched(sizes)
        return None if base is None else Translated(base, np.asarray(self.offset, float) * sizes)

    def normals(self, rows, slope):
        """Ask the base, at the point moved back."""
        return self.base.normals(rows - self._shift(rows), slope)

    def sure_normals(self, rows, slope):
        """Ask the base, at the point moved back."""
        return self.base.sure_normals(rows - self._shift(rows), slope)


class Scaled(ConvexSet):
    r"""$\{c\,v : v \in C\}$.

    Args:
        base: $C$.
        factor: $c$, not 0; negative mirrors the set.

    Raises:
        ValueError: a factor of 0, NaN or infinity.

    Example:
        >>> import jax.numpy as jnp
        >>> from w2s_jax.sets import Simplex
        >>> print(Scaled(Simplex(), factor=-2.0).project(jnp.array([-3.0, -1.0])))
        [-2. -0.]
    """

    base: ConvexSet
    factor: Float[Array, ""]

    def __init__(self, base: ConvexSet, factor) -> None:
        factor = number("factor", factor)
        factor = insist(factor, factor != 0, "factor must not be 0")
        self.base, self.factor = base, held(factor)

    @property
    def dimension(self) -> int | None:
        """That of the base."""
        return self.base.dimension

    def _project(self, points):
        factor = self.factor.astype(points.dtype)
        return self.base._project(points / factor) * factor

    def _support(self, directions):
        return self.base._support(directions * self.factor.astype(directions.dtype))

    def _contains(self, rows, tol):
        return self.base._contains(rows / self.factor.astype(rows.dtype), tol)

    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Stretch the quadratic instead."""
        factor = self.factor.astype(quadratic.pull.dtype)
        found = self.base.minimise(quadratic.scaled(factor), tol=tol, max_steps=max_steps)
        return Solution(found.value * factor, found.gap, found.steps)

    def nearest(self, points, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Scale the points instead."""
        factor = self.factor.astype(points.dtype)
        found = self.base.nearest(points / factor, tol=tol, max_steps=max_steps)
        return Solution(found.value * factor, found.gap, found.steps)

    def _alone(self, points):
        factor = self.factor.astype(points.dtype)
        value, fine = self.base._alone(points / factor)
        return value * factor, fine

    def _supported(self, directions):
        return self.base._supported(directions * self.factor.astype(directions.dtype))

    def stretched(self, sizes):
        """Stretch the base."""
        base = self.base.stretched(sizes)
        return None if base is None else Scaled(base, self.factor)

    def normals(self, rows, slope):
        """Ask the base, in its own coordinates."""
        return self._asked(self.base.normals, rows, slope)

    def sure_normals(self, rows, slope):
        """Ask the base, in its own coordinates."""
        return self._asked(self.base.sure_normals, rows, slope)

    def _asked(self, ask, rows, slope):
        factor = self.factor.astype(rows.dtype)
        return [(normal / factor, slack) for normal, slack in ask(rows / factor, slope * factor)]
