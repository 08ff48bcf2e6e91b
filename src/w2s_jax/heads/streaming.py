r"""Heads from sums: features stream past in chunks, and only their Gram matrix is kept.

With $\bar x$ the mean feature and $\bar y$ the mean label,

$$S = \sum_i (x_i - \bar x)(x_i - \bar x)^\top, \qquad
c = \sum_i (x_i - \bar x)(y_i - \bar y)^\top$$

and the squares of the labels are all that heads, misfit and errors need.
"""

from collections.abc import Iterable
from functools import reduce
from typing import Any, Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jaxtyping import Float

from w2s_jax.checks import Check
from w2s_jax.heads.eigen import Spectrum
from w2s_jax.heads.least_squares import LinearHead
from w2s_jax.heads.sums import Scalar, Sums

Features = Float[Array | np.ndarray, "n d"]
Labels = Float[Array | np.ndarray, "labelled *tasks"]
Truth = Float[Array | np.ndarray, "true *own"]
Products = Literal["float64", "float32"]
_BLOCK = 8192  # rows: products stay in the processor's cache, and float32 sums stay short


class Gram(eqx.Module):
    """Sums over inputs from which heads, misfit and errors follow; of constant size.

    Arrays of numpy are summed by numpy, block by block, and stay in float64 even where JAX has it
    switched off; arrays of JAX are summed where they live, sharded or not, in JAX's own precision.

    Attributes:
        sums: S, c and the squares, of features against labels and truth.
        tasks: shape of one input's labels, `()` or `(tasks,)`.
        paired: whether the truth is in the sums.
        unit: rounding unit of the products that were summed.

    Example:
        >>> features = np.random.default_rng(0).normal(size=(100, 3)) + 1e6
        >>> labels = features @ np.array([1.0, 2.0, 3.0])
        >>> gram = Gram.of(features[:30], labels[:30]).update(features[30:], labels[30:])
        >>> print(gram.solve().weights.round(6), gram.check().holds)
        [1. 2. 3.] True
    """

    sums: Sums
    tasks: tuple[int, ...] = eqx.field(static=True)
    paired: bool = eqx.field(static=True)
    unit: float = eqx.field(static=True)

    @classmethod
    def of(
        cls,
        features: Features,
        labels: Labels,
        truth: Truth | None = None,
        *,
        products: Products = "float64",
    ) -> "Gram":
        """Sum up these inputs.

        Args:
            features: `(n, d)`; may be a memory map: numpy reads it in blocks of 8,192 rows.
            labels: `(n,)` or `(n, tasks)`, what heads are to be fitted to: for a student, the weak
                model's.
            truth: same shape, for weak and student error.
            products: "float32" halves the time of float32 arrays in numpy: products are rounded,
                sums over blocks still float64. `check` knows.

        Returns:
            The sums.

        Raises:
            ValueError: no inputs, lengths or shapes that differ, NaN or infinity.
        """
        for name, array in (("labels", labels), ("truth", truth)):
            if array is not None and len(array) != len(features):
                raise ValueError(f"features hold {len(features)} inputs, but {name} {len(array)}")
        if truth is not None and truth.shape != labels.shape:
            raise ValueError(f"truth has shape {truth.shape}, but labels have {labels.shape}")
        if 0 in features.shape or 0 in labels.shape:
            raise ValueError(f"nothing to sum: features {features.shape}, labels {labels.shape}")
        given = [features, labels] if truth is None else [features, labels, truth]
        on_host = all(isinstance(array, np.ndarray) for array in given)
        columns = [array.reshape(len(array), -1) for array in given]
        dtype = jnp.zeros(()).dtype
        if on_host:
            rounded = products == "float32" and features.dtype == np.float32
            dtype = np.dtype("float32" if rounded else "float64")
        sums = _by_blocks(columns, dtype) if on_host else Sums.of(columns, dtype, jnp)
        unit = float(jnp.finfo(dtype).eps) / 2
        return cls(_finite(sums), tuple(labels.shape[1:]), truth is not None, unit)

    @classmethod
    def stream(cls, chunks: Iterable[tuple], *, products: Products = "float64") -> "Gram":
        """Sum up chunks, `(features, labels)` or `(features, labels, truth)`, as they come.

        Raises:
            ValueError: as `of`; no chunk.

        Example:
            >>> chunks = ((np.eye(2) * k, np.ones(2)) for k in (1.0, 2.0, 3.0))
            >>> print(Gram.stream(chunks).count)
            6.0
        """
        total = None
        for chunk in chunks:
            part = cls.of(*chunk, products=products)
            total = part if total is None else total.merge(part)
        if total is None:
            raise ValueError("nothing to sum: the stream held no chunk")
        return total

    def update(self, features: Features, labels: Labels, truth: Truth | None = None) -> "Gram":
        """Add a chunk, with the products that the sums so far were made of.

        Raises:
            ValueError: as `of` and `merge`.
        """
        products = "float32" if self.unit > 1e-10 else "float64"
        return self.merge(type(self).of(features, labels, truth, products=products))

    def merge(self, other: "Gram") -> "Gram":
        """Add the sums of other inputs; in any order and grouping the same up to rounding.

        Raises:
            ValueError: another width, other tasks, truth in one only.
        """
        mine, theirs = self._kind, other._kind
        if mine != theirs:
            raise ValueError(
                f"cannot merge sums of (width, tasks, truth) {mine} with those of {theirs}"
            )
        unit = max(self.unit, other.unit)
        return Gram(self.sums.merge(other.sums), self.tasks, self.paired, unit)

    def psum(self, axis: str) -> "Gram":
        """Merge over a named axis, inside `jax.shard_map` or `jax.vmap`: one sum for all devices.

        Example:
            >>> import jax
            >>> def share(x):
            ...     return Gram.of(x, x[:, 0]).psum("device").count
            >>> print(jax.vmap(share, axis_name="device")(jnp.ones((4, 10, 2))))
            [40. 40. 40. 40.]
        """
        return Gram(self.sums.psum(axis), self.tasks, self.paired, self.unit)

    def solve(
        self,
        *,
        ridge: float | Float[Array | np.ndarray, " tasks"] = 0.0,
        bias: bool = True,
        cut: float = 1e-10,
        of: Literal["labels", "truth"] = "labels",
    ) -> LinearHead:
        """Fit the heads that `fit_heads` would fit on all inputs, as far as sums can tell.

        The policy is that of `fit_heads`: singular values below `cut` times the largest count as
        zero. But sums hold their squares: below about 1e-7 of the largest (1e-3 with float32
        products) a direction is lost in rounding and left out too, unless it is small only because
        its feature's unit is. `check` says so.

        Args:
            ridge: as in `fit_heads`.
            bias: fit an unpenalised constant.
            cut: as in `fit_heads`.
            of: fit heads to the labels, or to the truth.

        Returns:
            The heads, weights `(d,)` or `(d, tasks)`.

        Raises:
            ValueError: a negative ridge, or one of another shape; a cut outside [0, 1); heads of
                the truth from sums that hold none.
        """
        if not isinstance(ridge, Tracer) and not np.all(np.asarray(ridge) >= 0):
            raise ValueError(f"ridge must be at least 0, got {ridge}")
        if np.ndim(ridge) and np.shape(ridge) != self.tasks:
            raise ValueError(f"ridge must be one number or {self.tasks}, got {np.shape(ridge)}")
        part, d = self._part(of), self._width
        scatter, cross = self.sums.about(bias)
        penalty = self.sums.count * ridge + 0 * self.sums.squares[part]
        weights, rank = self._spectrum(scatter, cut).solve(cross[:, part], penalty, cut)
        middle, centre = self.sums.mean[d:][part], self.sums.mean[:d]
        constant = middle - centre @ weights if bias else 0 * middle
        return LinearHead(
            jnp.asarray(weights.reshape(d, *self.tasks)),
            jnp.asarray(constant.reshape(self.tasks)),
            jnp.asarray(rank),
        )

    def check(
        self, *, bias: bool = True, cut: float = 1e-10, accuracy: float | None = None
    ) -> Check:
        """Say whether `solve` can be trusted; its value is the error that rounding may leave.

        Args:
            bias: as in `solve`.
            cut: as in `solve`.
            accuracy: the error of predictions to allow, relative to the labels' spread; by default
                1e-6, or 1e-3 with float32 products.

        Returns:
            A check, failed too where directions were left out that may be real.
        """
        allowed = accuracy or (1e-6 if self.unit < 1e-10 else 1e-3)
        return self._spectrum(self.sums.about(bias)[0], cut).check(cut, allowed)

    def misfit(self, head: LinearHead) -> Float[Array | np.ndarray, "*tasks"]:
        """Return d(head, labels), resolved to rounding of the labels' variance, `()` or `(tasks,)`.

        Example:
            >>> gram = Gram.of(np.array([[0.0], [1.0], [2.0]]), np.array([0.0, 2.0, 1.0]))
            >>> print(gram.misfit(gram.solve()).round(6))
            0.5
        """
        return self._distance(head, "labels")

    def student_error(self, head: LinearHead) -> Float[Array | np.ndarray, "*tasks"]:
        """Return d(head, truth), `()` or `(tasks,)`.

        Raises:
            ValueError: the sums hold no truth.
        """
        return self._distance(head, "truth")

    def weak_error(self) -> Float[Array | np.ndarray, "*tasks"]:
        """Return d(labels, truth), `()` or `(tasks,)`.

        Raises:
            ValueError: the sums hold no truth.
        """
        self._part("truth")
        return (self.sums.apart / self.sums.count).reshape(self.tasks)

    @property
    def count(self) -> Scalar:
        """The number of inputs."""
        return self.sums.count

    @property
    def _width(self) -> int:
        return len(self.sums.scatter)

    @property
    def _kind(self) -> tuple:
        return self._width, self.tasks, self.paired

    def _part(self, of: str) -> slice:
        if of == "truth" and not self.paired:
            raise ValueError("these sums hold no truth: give it to Gram.of beside the labels")
        one = len(self.sums.squares) // (2 if self.paired else 1)
        return slice(one, None) if of == "truth" else slice(0, one)

    def _spectrum(self, gram, cut: float) -> Spectrum:
        if not 0 <= cut < 1:
            raise ValueError(f"cut must lie in [0, 1), got {cut}")
        return Spectrum.of(gram, self.unit)

    def _distance(self, head: LinearHead, of: str):
        part, d, sums = self._part(of), self._width, self.sums
        xp: Any = np if isinstance(sums.scatter, np.ndarray) else jnp
        weights = xp.asarray(head.weights, sums.scatter.dtype).reshape(d, -1)
        constant = xp.asarray(head.bias, sums.scatter.dtype).reshape(-1)
        inner = (weights * (sums.scatter @ weights - 2 * sums.cross[:, part])).sum(0)
        offset = sums.mean[:d] @ weights + constant - sums.mean[d:][part]
        found = (inner + sums.squares[part]) / sums.count + offset**2
        return xp.maximum(found, 0.0).reshape(self.tasks)


def _by_blocks(columns: list, dtype: np.dtype) -> Sums:
    def block(start: int) -> Sums:
        rows = [np.asarray(array[start : start + _BLOCK]) for array in columns]
        return Sums.of(rows, dtype, np)

    with np.errstate(invalid="ignore", over="ignore"):  # _finite will say it in words
        return reduce(Sums.merge, map(block, range(0, len(columns[0]), _BLOCK)))


def _finite(sums: Sums) -> Sums:
    if isinstance(sums.scatter, Tracer):
        return sums
    # Squares of what is not finite are not finite either.
    total = np.trace(np.asarray(sums.scatter)) + np.sum(np.asarray(sums.squares))
    if not np.isfinite(total + np.sum(np.asarray(sums.apart))):
        raise ValueError("features, labels or truth hold NaN or infinity, or their squares do")
    return sums
