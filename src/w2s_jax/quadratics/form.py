r"""The quadratic that every projection minimises, and what its solvers return.

$$q(v) = \tfrac12 v^\top G v - b^\top v, \qquad b = G p \text{ for the projection of } p .$$

Stating it by $b$ and not by $p$ lets translations, scalings and linear images of a set hand the
problem on without inverting $G$, which may be singular.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float, Int

Scalar = ArrayLike


class Metric(eqx.Module):
    r"""A symmetric positive semi-definite matrix $G$ with its eigenvectors.

    Attributes:
        matrix: $G$, `(d, d)`.
        values: eigenvalues, ascending, those below rounding set to 0, `(d,)`; no gradient.
        vectors: eigenvectors in columns, `(d, d)`; no gradient.
        smallest: the smallest eigenvalue as computed, which tells an indefinite matrix.

    Example:
        >>> metric = Metric.of(jnp.diag(jnp.array([4.0, 0.0])))
        >>> print(metric.values, metric.top)
        [0. 4.] 4.0
    """

    matrix: Float[Array, "d d"]
    values: Float[Array, " d"]
    vectors: Float[Array, "d d"]
    smallest: Float[Array, ""]

    @classmethod
    def of(cls, matrix: Float[Array, "d d"]) -> "Metric":
        """Decompose `matrix`, once for all points that are projected in it."""
        with jax.default_matmul_precision("highest"):
            values, vectors = jnp.linalg.eigh(jax.lax.stop_gradient(matrix))
        cut = matrix.shape[0] * float(jnp.finfo(matrix.dtype).eps) * values[-1]
        return cls(matrix, jnp.where(values > cut, values, 0.0), vectors, values[0])

    @property
    def top(self) -> Float[Array, ""]:
        """The largest eigenvalue; 1 for the zero matrix, so that it can divide."""
        return jnp.where(self.values[-1] > 0, self.values[-1], 1.0)

    def solve(self, pull: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Apply the pseudo-inverse, with the implicit derivative in `pull` and `matrix`."""
        return _pseudo_solve(self.matrix, self.values, self.vectors, pull)

    def dual(self, rows: Float[Array, "n d"]) -> Float[Array, " n"]:
        r"""Return $r^\top G^+ r$, and what the metric does not see of $r$ squared over `top`."""
        turned = rows @ self.vectors
        divide = jnp.where(self.values > 0, self.values, self.top)
        return (turned**2 / divide[None]).sum(1)


@jax.custom_jvp
def _pseudo_solve(matrix: Array, values: Array, vectors: Array, pull: Array) -> Array:
    inverse = jnp.where(values > 0, 1 / jnp.where(values > 0, values, 1.0), 0.0)
    return ((pull @ vectors) * inverse[None]) @ vectors.T


@_pseudo_solve.defjvp
def _(primals, tangents):
    matrix, values, vectors, _ = primals
    solved = _pseudo_solve(*primals)
    pull_dot = tangents[3] - solved @ tangents[0]
    return solved, _pseudo_solve(matrix, values, vectors, pull_dot)


def identity_metric(dimension: int, dtype: jnp.dtype) -> Metric:
    """Return the Euclidean metric.

    Example:
        >>> print(identity_metric(2, jnp.dtype("float64")).matrix)
        [[1. 0.]
         [0. 1.]]
    """
    eye = jnp.eye(dimension, dtype=dtype)
    return Metric(eye, jnp.ones(dimension, dtype), eye, jnp.ones((), dtype))


class Quadratic(eqx.Module):
    r"""Many quadratics with one metric.

    Attributes:
        metric: $G$.
        pull: $b$, one row a problem, `(n, d)`; in the range of $G$.
        energy: a size that gaps are relative to, such as $p^\top G p$, `(n,)`.
        origin: $G t$ where v is measured from t, so that a moved set's gap is relative to the
            size that v has in the end, `(d,)`; 0 without a move.

    Example:
        >>> quadratic = Quadratic.at(jnp.ones((1, 2)), identity_metric(2, jnp.dtype("float64")))
        >>> print(quadratic.pull, quadratic.energy)
        [[1. 1.]] [2.]
    """

    metric: Metric
    pull: Float[Array, "n d"]
    energy: Float[Array, " n"]
    origin: Float[Array, " d"]

    @classmethod
    def at(cls, points: Float[Array, "n d"], metric: Metric) -> "Quadratic":
        """State the projection of `points`, `(n, d)`."""
        pull = points @ metric.matrix
        energy = jax.lax.stop_gradient((pull * points).sum(1))
        return cls(metric, pull, energy, jnp.zeros_like(points[0]))

    def slope(self, value: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Return the gradient $G v - b$."""
        return value @ self.metric.matrix - self.pull

    def relative(
        self,
        gap: Float[Array, " n"],
        value: Float[Array, "n d"],
        slope: Float[Array, "n d"],
        reach: Float[Array, ""] | float = 0.0,
    ) -> Float[Array, " n"]:
        r"""Divide a gap by energy $+\, v^\top G v$.

        Where both all but vanish, as they may in a singular metric, rounding is all that is left
        of the gap; it is then held to $\varepsilon^{0.3}$ of what $v$ could weigh, of which a few
        $\varepsilon$ are less than the tolerance; a $v$ well inside a set is measured against the
        set's `reach`, as the rounding of the gap is.
        """
        own = (value * (slope + self.pull + 2 * self.origin[None])).sum(1)
        size = jnp.maximum(self.energy + own, 0.0)
        least = float(jnp.finfo(value.dtype).eps) ** 0.3
        length = jnp.sqrt((value**2).sum(1))
        size = jnp.maximum(size, least * self.metric.top * length * jnp.maximum(length, reach))
        return jnp.where(size > 0, gap / jnp.where(size > 0, size, 1.0), gap)

    def moved(self, offset: Float[Array, " d"]) -> "Quadratic":
        """Return the same quadratic in v − offset."""
        bent = offset @ self.metric.matrix
        energy = self.energy + jax.lax.stop_gradient(offset @ (bent + 2 * self.origin))
        return Quadratic(self.metric, self.pull - bent[None], energy, self.origin + bent)

    def through(self, linear: Float[Array, "d k"], metric: Metric | None = None) -> "Quadratic":
        """Return the same quadratic in u, for v = linear u.

        Args:
            linear: the map, `(d, k)`.
            metric: the metric in u where the caller has it.
        """
        if metric is None:
            inner = linear.T @ self.metric.matrix @ linear
            metric = Metric.of((inner + inner.T) / 2)
        return Quadratic(metric, self.pull @ linear, self.energy, self.origin @ linear)


class Solution(eqx.Module):
    """What a solver found for `(n,)` problems.

    Attributes:
        value: the minimisers, `(n, d)`.
        gap: the relative gap that certifies each, `(n,)`.
        steps: iterations spent on each, `(n,)`.

    Example:
        >>> Solution(jnp.ones((1, 2)), jnp.zeros(1), jnp.zeros(1, int)).value.shape
        (1, 2)
    """

    value: Float[Array, "n d"]
    gap: Float[Array, " n"]
    steps: Int[Array, " n"]


def positive(size: ArrayLike) -> Array:
    """Replace what is not above 0 by 1, so that it can divide.

    Example:
        >>> print(positive(jnp.array([2.0, 0.0])))
        [2. 1.]
    """
    return jnp.where(jnp.asarray(size) > 0, size, 1.0)
