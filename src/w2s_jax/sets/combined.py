"""Sets moved and stretched."""

from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics import Metric, Quadratic, Solution
from w2s_jax.quadratics.form import Scalar
from w2s_jax.sets.base import ConvexSet, array_of, held, insist, number


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

    def gap(self, rows, slope, top):
        """Ask the base, at the point moved back."""
        return self.base.gap(rows - self._shift(rows), slope, top)


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
        c, metric = self.factor.astype(quadratic.pull.dtype), quadratic.metric
        square = c**2
        stretched = Metric(
            metric.matrix * square, metric.values * square, metric.vectors, metric.smallest
        )
        inner = Quadratic(stretched, quadratic.pull * c, quadratic.energy, quadratic.origin * c)
        found = self.base.minimise(inner, tol=tol, max_steps=max_steps)
        return Solution(found.value * c, found.gap, found.steps)

    def gap(self, rows, slope, top):
        """Ask the base, in its own coordinates."""
        factor = self.factor.astype(rows.dtype)
        return self.base.gap(rows / factor, slope * factor, top * factor**2)
