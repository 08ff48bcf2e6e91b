r"""Heads from sums: features stream past in chunks, and only their Gram matrix is kept.

With $\bar x$ the mean feature and $\bar y$ the mean label,

$$S = \sum_i (x_i - \bar x)(x_i - \bar x)^\top, \qquad
c = \sum_i (x_i - \bar x)(y_i - \bar y)^\top$$

and the squares of the labels are all that heads, misfit and errors need.
"""

from collections.abc import Iterable
from typing import Any, Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jaxtyping import Float

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.arrays._digits import Digits
from w2s_jax.arrays._host import on_host, to_jax
from w2s_jax.checks import Check
from w2s_jax.heads._blocks import by_blocks, finite, read
from w2s_jax.heads._eigen import Spectrum
from w2s_jax.heads._least_squares import LinearHead
from w2s_jax.heads._sums import Scalar, Sums

Products = Literal["float64", "float32"]


class Gram(eqx.Module):
    """Sums over inputs from which heads, misfit and errors follow; of constant size.

    Arrays of numpy are summed by numpy, block by block, and stay in float64 even where JAX has it
    switched off; arrays of JAX are summed where they live, sharded or not, in JAX's own precision.

    Attributes:
        sums: S, c and the squares, of features against labels and truth.
        tasks: shape of one input's labels, `()` or `(tasks,)`.
        paired: whether the truth is in the sums.
        unit: rounding unit of the products that were summed.
        digits: what the features show of their own; None where they were never known, as in a
            traced program: then their dtype's are taken.

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
    digits: Digits | None = None

    @classmethod
    def of(
        cls,
        features: Any,
        labels: Any,
        truth: Any = None,
        *,
        products: Products = "float64",
    ) -> "Gram":
        """Sum up these inputs.

        Args:
            features: `(n, d)`, whatever `fit_head` reads; may be a memory map: numpy reads it in
                blocks of 8,192 rows.
            labels: `(n,)` or `(n, tasks)`, what heads are to be fitted to: for a student, the weak
                model's.
            truth: same shape, for weak and student error.
            products: "float32" halves the time of float32 arrays in numpy: products are rounded,
                sums over blocks still float64. `check` knows.

        Returns:
            The sums.

        Raises:
            ValueError: what `arrays.numbers` refuses, rows or shapes that differ.
        """
        same_rows(features=features, labels=labels, truth=truth)
        x = read(features)
        wanted = "n tasks" if np.ndim(labels) == 2 else "n"
        y = numbers("labels", labels, wanted, finite=False)
        given = [x, y]
        if truth is not None:
            given.append(numbers("truth", truth, wanted, finite=False))
            if given[2].shape != y.shape:
                raise ValueError(f"truth has shape {given[2].shape}, but labels have {y.shape}")
        here = all(isinstance(array, np.ndarray) for array in given)
        columns = [array.reshape(len(array), -1) for array in given]
        dtype, digits = jnp.zeros(()).dtype, None
        if here:
            rounded = products == "float32" and x.dtype == np.float32
            dtype = np.dtype("float32" if rounded else "float64")
            sums, digits = by_blocks(columns, dtype)
        else:
            sums = Sums.of(columns, dtype, jnp)
        unit = float(jnp.finfo(dtype).eps) / 2
        return cls(finite(sums, given), tuple(y.shape[1:]), truth is not None, unit, digits)

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

    def update(self, features: Any, labels: Any, truth: Any = None) -> "Gram":
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
        unit, digits = max(self.unit, other.unit), None
        if self.digits is not None and other.digits is not None:
            digits = self.digits.merge(other.digits)
        return Gram(self.sums.merge(other.sums), self.tasks, self.paired, unit, digits)

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
        cut: float | None = None,
        of: Literal["labels", "truth"] = "labels",
    ) -> LinearHead:
        """Fit the heads that `fit_heads` would fit on all inputs, as far as sums can tell.

        The policy of rank is that of `fit_heads`. But sums hold squares: of features in units of
        their own spread, what is below about 1e-7 of the largest (1e-3 with float32 products) is
        lost in rounding and left out too. `check` says so.

        Args:
            ridge: as in `fit_heads`.
            bias: fit an unpenalized constant.
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
        units, part, d = self.sums.divisor, self._part(of), len(self.sums.scatter)
        largest: Any = units[:d].max()
        if not isinstance(largest, Tracer) and (units[:d] / largest == 0).any():
            raise ValueError("features differ by more than floats can: rescale their columns")
        xp: Any = np if isinstance(largest, np.ndarray | np.generic) and on_host(ridge) else jnp
        penalty = xp.asarray(ridge) + 0 * self.sums.squares[part]
        penalty = xp.where(penalty > 0, penalty / largest / largest, 0.0)
        cross = self.sums.about(bias)[1][:, part] / self.sums.count
        with np.errstate(all="ignore"):
            weights, rank = self._spectrum(bias, cut).solve(cross, penalty)
            weights: Any = weights / largest * units[d:][part][None]
        level, center = (float(bias) * m for m in (self.sums.mean[d:][part], self.sums.mean[:d]))
        with np.errstate(all="ignore"):
            constant = level - center @ weights
        if isinstance(weights, np.ndarray) and not np.isfinite(np.sum(weights) + constant).all():
            raise ValueError("the head overflowed: rescale the features or the labels")
        found = (weights.reshape(d, *self.tasks), constant.reshape(self.tasks), rank)
        return LinearHead(*to_jax((*found, center, level.reshape(self.tasks))), cut=cut)

    def check(
        self, *, bias: bool = True, cut: float | None = None, accuracy: float | None = None
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
        return self._spectrum(bias, cut).check(allowed)

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
    def _kind(self) -> tuple:
        return len(self.sums.scatter), self.tasks, self.paired

    def _part(self, of: str) -> slice:
        if of == "truth" and not self.paired:
            raise ValueError("these sums hold no truth: give it to Gram.of beside the labels")
        one = len(self.sums.squares) // (2 if self.paired else 1)
        return slice(one, None) if of == "truth" else slice(0, one)

    def _spectrum(self, bias: bool, cut: float | None) -> Spectrum:
        if cut is not None and not 0 <= cut < 1:
            raise ValueError(f"cut must lie in [0, 1), got {cut}")
        sums, d = self.sums, len(self.sums.scatter)
        xp: Any = np if isinstance(sums.scatter, np.ndarray) else jnp
        units = sums.divisor[:d]
        means = sums.mean[:d] / units if bias else 0 * units
        rounding = xp.full(d, float(jnp.finfo(sums.scatter.dtype).eps) / 2, sums.scatter.dtype)
        if self.digits is not None:
            rounding = xp.asarray(self.digits.unit(), sums.scatter.dtype)
        scatter = sums.about(bias)[0] / sums.count
        return Spectrum.of(scatter, means, rounding, self.unit, cut, units / units.max())

    def _distance(self, head: LinearHead, of: str):
        part, d, sums = self._part(of), len(self.sums.scatter), self.sums
        xp: Any = np if isinstance(sums.scatter, np.ndarray) else jnp
        kind, units = sums.scatter.dtype, sums.divisor
        own = units[d:][part]
        weights, center, level = (
            xp.asarray(each, kind) for each in (head.weights, head.center, head.level)
        )
        weights = weights.reshape(d, -1)
        offset = (sums.mean[:d] - center) @ weights + level.reshape(-1) - sums.mean[d:][part]
        weights = weights * units[:d, None] / own[None]
        inner = (weights * (sums.scatter @ weights - 2 * sums.cross[:, part])).sum(0)
        found = (inner + sums.squares[part]) / sums.count + (offset / own) ** 2
        return (xp.maximum(found, 0.0) * own**2).reshape(self.tasks)
