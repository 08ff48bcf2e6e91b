"""Metrics with their eigenvectors, and the few numbers that all solvers share."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float

Scalar = ArrayLike


class Metric(eqx.Module):
    r"""A symmetric positive semi-definite matrix $G$ with its eigenvectors.

    Attributes:
        matrix: $G$, `(d, d)`.
        values: eigenvalues, ascending, those below rounding set to 0, `(d,)`; no gradient.
        vectors: eigenvectors in columns, `(d, d)`; no gradient.
        smallest: the smallest eigenvalue as computed, which tells an indefinite matrix.
        root: $R$ with $G = R^\top R$ where it is known, `(k, d)`: products through it do not square
            the condition number.
        left: left singular vectors of $R$, in columns that go with `vectors`, `(k, d)`.

    Example:
        >>> metric = Metric.of(jnp.diag(jnp.array([4.0, 0.0])))
        >>> print(metric.values, metric.top)
        [0. 4.] 4.0
    """

    matrix: Float[Array, "d d"]
    values: Float[Array, " d"]
    vectors: Float[Array, "d d"]
    smallest: Float[Array, ""]
    root: Float[Array, "k d"] | None = None
    left: Float[Array, "k d"] | None = None

    @classmethod
    def of(cls, matrix: Float[Array, "d d"]) -> "Metric":
        """Decompose `matrix`, once for all points that are projected in it."""
        with jax.default_matmul_precision("highest"):
            values, vectors = jnp.linalg.eigh(jax.lax.stop_gradient(matrix))
        cut = matrix.shape[0] * float(jnp.finfo(matrix.dtype).eps) * values[-1]
        kept = jnp.where(values > cut, values, 0.0)
        # A singular matrix in fewer digits than these has negative eigenvalues, and no minimum.
        least = jnp.where(values < -cut, values, 0.0)
        matrix = matrix - jnp.where(least[0] < 0, (vectors * least[None]) @ vectors.T, 0.0)
        return cls(matrix, kept, vectors, values[0])

    @classmethod
    def from_root(
        cls, root: Float[Array, "k d"], matrix: Float[Array, "d d"] | None = None
    ) -> "Metric":
        r"""Decompose $R$ in place of $G = R^\top R$: small eigenvalues keep their digits.

        Args:
            root: $R$, without a gradient.
            matrix: $G$ with its gradient, where the caller has it.
        """
        root = jax.lax.stop_gradient(root)
        with jax.default_matmul_precision("highest"):
            columns, sizes, rows = jnp.linalg.svd(root, full_matrices=True)
            matrix = root.T @ root if matrix is None else matrix
        cut = max(root.shape) * float(jnp.finfo(root.dtype).eps) * sizes[0]
        missing = root.shape[1] - len(sizes)
        values = jnp.pad(jnp.where(sizes > cut, sizes**2, 0.0), (0, missing))[::-1]
        left = jnp.pad(columns[:, : len(sizes)], ((0, 0), (0, missing)))[:, ::-1]
        return cls(matrix, values, rows[::-1].T, jnp.zeros((), root.dtype), root, left)

    @property
    def top(self) -> Float[Array, ""]:
        """The largest eigenvalue; 1 for the zero matrix, so that it can divide."""
        return jnp.where(self.values[-1] > 0, self.values[-1], 1.0)

    def times(self, rows: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Multiply rows by G."""
        return rows @ self.matrix if self.root is None else (rows @ self.root.T) @ self.root

    def length(self, rows: Float[Array, "n d"]) -> Float[Array, " n"]:
        """Return norms in the metric."""
        if self.root is not None:
            return hypot(rows @ self.root.T)
        return jnp.sqrt(jnp.maximum((rows * (rows @ self.matrix)).sum(1), 0.0))

    def scaled(self, factor: Scalar) -> "Metric":
        """Return the metric of v = factor u in u."""
        root = None if self.root is None else self.root * factor
        square = factor**2
        small = self.smallest * square
        turned = None if self.left is None else self.left * jnp.sign(factor)
        return Metric(self.matrix * square, self.values * square, self.vectors, small, root, turned)

    def solve(self, pull: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Apply the pseudo-inverse, with the implicit derivative in `pull` and `matrix`."""
        seen = self.values > 0
        inverse = jnp.where(seen, 1 / positive(self.values), 0.0)

        def divided(_, rows: Array) -> Array:
            return ((rows @ self.vectors) * inverse[None]) @ self.vectors.T

        return jax.lax.custom_linear_solve(
            lambda rows: rows @ self.matrix, pull, divided, symmetric=True
        )

    def dual(
        self, rows: Float[Array, "n d"], size: Float[Array, " n"] | None = None
    ) -> Float[Array, " n"]:
        r"""Return $r^\top G^+ r$, infinite where $r$ leaves the range of $G$.

        What the metric does not see of $r$ counts as rounding, over `top`, up to
        $10^3 \varepsilon$ of `size`; without a `size`, always.
        """
        turned = rows @ self.vectors
        seen = self.values > 0
        inside = (turned**2 / jnp.where(seen, self.values, self.top)[None]).sum(1)
        if size is None:
            return inside
        hidden = jnp.sqrt((jnp.where(seen[None], 0.0, turned) ** 2).sum(1))
        rounding = 1e3 * float(jnp.finfo(rows.dtype).eps) * size
        return jnp.where(hidden <= rounding, inside, jnp.inf)


class Euclidean(Metric):
    """The identity, by which nothing need be multiplied.

    Example:
        >>> print(identity_metric(2, jnp.dtype("float64")).dual(jnp.array([[3.0, 4.0]])))
        [25.]
    """

    def times(self, rows):
        """Return the rows."""
        return rows

    def solve(self, pull):
        """Return the pull."""
        return pull

    def dual(self, rows, size=None):
        """Return squared lengths: nothing leaves the range."""
        return (rows**2).sum(1)

    def length(self, rows):
        """Return Euclidean norms."""
        return hypot(rows)


def identity_metric(dimension: int, dtype: jnp.dtype) -> Euclidean:
    """Return the Euclidean metric.

    Example:
        >>> print(identity_metric(2, jnp.dtype("float64")).matrix)
        [[1. 0.]
         [0. 1.]]
    """
    eye = jnp.eye(dimension, dtype=dtype)
    return Euclidean(eye, jnp.ones(dimension, dtype), eye, jnp.ones((), dtype))


def positive(size: ArrayLike) -> Array:
    """Replace what is not above 0 by 1, so that it can divide.

    Example:
        >>> print(positive(jnp.array([2.0, 0.0])))
        [2. 1.]
    """
    return jnp.where(jnp.asarray(size) > 0, size, 1.0)


def hypot(rows: Float[Array, "n d"]) -> Float[Array, " n"]:
    """Euclidean norms of rows whose squares may over- or underflow, with derivative 0 at 0.

    Example:
        >>> print(hypot(jnp.array([[3e200, 4e200], [0.0, 0.0]])))
        [5.e+200 0.e+000]
    """
    unit = positive(jax.lax.stop_gradient(abs(rows).max(1)))
    squared = ((rows / unit[:, None]) ** 2).sum(1)
    return jnp.where(squared > 0, unit * jnp.sqrt(positive(squared)), 0.0)


def accuracy(dtype: jnp.dtype) -> float:
    """Return the relative gap that a projection aims at: 1e-10 in float64, 1e-5 in float32.

    Example:
        >>> accuracy(jnp.dtype("float64"))
        1e-10
    """
    return 1e-10 if dtype == jnp.float64 else 1e-5
