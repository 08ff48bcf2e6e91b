r"""Centered sums of squares and products that merge exactly.

Chan, Golub and LeVeque (1983): with counts $n_k$ and means $m_k$ of two parts, the scatter of the
whole is $S_1 + S_2 + \frac{n_1 n_2}{n_1 + n_2} (m_1 - m_2)(m_1 - m_2)^\top$.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.arrays._products import products

Scalar = Float[Array | np.ndarray, ""] | np.floating  # numpy turns sums of () arrays into scalars

_FIRST = 128


class Sums(eqx.Module):
    """Sums over inputs, features against themselves and against targets, about their means.

    Attributes:
        count: n.
        mean: mean of features and targets side by side, `(d + targets,)`.
        unit: what columns were divided by before they were multiplied, `(d + targets,)`: 1, or a
            power of two where squares would over- or underflow; 0 for columns that do not vary.
        scatter: features against features, `(d, d)`, in these units, as are the next.
        cross: features against targets, `(d, targets)`.
        squares: squares of the targets, `(targets,)`.
        apart: squares of label − truth, not centered, `(pairs,)`, in the unit of the labels.

    Example:
        >>> block = Sums.of([np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]])], np.float64, np)
        >>> print(block.mean, block.scatter, block.cross)
        [2.  0.5] [[2.]] [[1.]]
    """

    count: Scalar
    mean: Float[Array | np.ndarray, " columns"]
    unit: Float[Array | np.ndarray, " columns"]
    scatter: Float[Array | np.ndarray, "d d"]
    cross: Float[Array | np.ndarray, "d targets"]
    squares: Float[Array | np.ndarray, " targets"]
    apart: Float[Array | np.ndarray, " pairs"]

    @classmethod
    def of(cls, columns: list, dtype: Any, xp: Any) -> "Sums":
        """Sum up one block.

        Args:
            columns: features `(n, d)`, labels `(n, tasks)` and, where known, truth, same shape.
            dtype: of the products; sums in numpy are float64 all the same.
            xp: numpy or `jax.numpy`.
        """
        features, targets = columns[0], xp.concatenate(columns[1:], axis=1)
        wide = np.float64 if xp is np else dtype
        d = features.shape[1]
        x_origin, y_origin = _near(features, dtype), _near(targets, wide)
        y = xp.asarray(xp.asarray(targets, wide) - y_origin, dtype)
        own, pairs = _unit(y), xp.zeros((1, 0), wide)
        if len(columns) == 3:
            pairs = columns[1].astype(wide) - columns[2].astype(wide)
            # Labels and truth share their units, as errors mix them.
            both = xp.maximum(xp.maximum(*xp.split(own, 2)), _unit(pairs))
            own = xp.concatenate([both, both])
        y = y / _divisor(own)[None]
        unit, *parts = _multiplied(features, y, x_origin, xp)
        x_total, y_total, scatter, cross = (each.astype(wide) for each in parts)
        total, unit = xp.concatenate([x_total, y_total]), xp.concatenate([unit, own])
        mean, unit = total / len(y), unit.astype(wide)
        pairs = pairs / _divisor(unit[d : d + pairs.shape[1]])[None]
        return cls(
            count=xp.asarray(float(len(y)), wide),
            mean=xp.concatenate([x_origin.astype(wide), y_origin], axis=1)[0]
            + mean * _divisor(unit),
            unit=unit,
            scatter=scatter - _outer(total[:d], mean[:d]),
            cross=cross - _outer(total[:d], mean[d:]),
            squares=(y.astype(wide) ** 2).sum(0) - total[d:] * mean[d:],
            apart=(pairs**2).sum(0),
        )

    def merge(self, other: "Sums") -> "Sums":
        """Add the sums of other inputs."""
        xp: Any = np if isinstance(self.unit + other.unit, np.ndarray) else jnp
        unit = xp.maximum(self.unit, other.unit)
        mine, theirs = self._in(unit), other._in(unit)
        total, step = self.count + other.count, other.mean - self.mean
        extra = mine._moved(step, self.count * other.count / total)
        parts = (each + more for each, more in zip(extra, theirs._sums, strict=True))
        return Sums(total, self.mean + other.count / total * step, unit, *parts)

    def psum(self, axis: str) -> "Sums":
        """Add the sums of all devices along a named axis."""
        total = jax.lax.psum(self.count, axis)
        mean = jax.lax.psum(self.mean * (self.count / total), axis)
        mine = self._in(jax.lax.pmax(self.unit, axis))
        moved = mine._moved(self.mean - mean, self.count)
        return Sums(total, mean, mine.unit, *(jax.lax.psum(each, axis) for each in moved))

    def about(self, centered: bool) -> tuple[Any, Any]:
        """Return scatter and cross about the means, or about zero, in the units of `unit`."""
        return self._sums[:2] if centered else self._moved(self.mean, self.count)[:2]

    @property
    def divisor(self) -> Float[Array | np.ndarray, " columns"]:
        """The units, and 1 for columns that do not vary."""
        return _divisor(self.unit)

    @property
    def _sums(self) -> tuple:
        return self.scatter, self.cross, self.squares, self.apart

    def _in(self, unit: Any) -> "Sums":
        """Return the same sums in larger units."""
        if isinstance(unit, np.ndarray) and (self.unit == unit).all():
            return self
        ratio, d, pairs = self.unit / _divisor(unit), len(self.scatter), len(self.apart)
        x, y = ratio[:d], ratio[d:]
        parts = (
            self.scatter * _outer(x, x),
            self.cross * _outer(x, y),
            self.squares * y**2,
            self.apart * y[:pairs] ** 2,
        )
        return Sums(self.count, self.mean, unit, *parts)

    def _moved(self, step: Any, weight: Any) -> tuple:
        d, step = len(self.scatter), step / self.divisor
        return (
            self.scatter + weight * _outer(step[:d], step[:d]),
            self.cross + weight * _outer(step[:d], step[d:]),
            self.squares + weight * step[d:] ** 2,
            self.apart,
        )


def _multiplied(features: Any, y: Any, origin: Any, xp: Any) -> tuple:
    """Return units of the features, totals of both, and their products, in these units."""
    found = products(features, y, origin) if xp is np else None
    ones = xp.ones((1, len(y)), y.dtype)
    with jax.default_matmul_precision("highest"):  # GPUs would round float32 to TF32
        total = (ones @ y)[0]
        if found is not None:
            return found.varies.astype(y.dtype), found.total, total, found.scatter, found.cross
        x = xp.asarray(features, y.dtype) - origin
        unit = _unit(x)
        x = x / _divisor(unit)[None]
        return unit, (ones @ x)[0], total, x.T @ x, x.T @ y


def _near(block: Any, dtype: Any) -> Any:
    """Mean of the first rows: any origin will do, and near it squares are as large as the spread.

    A constant column is its own mean to the last digit, so that its sum of squares is zero.
    """
    first = block[:1].astype(dtype)
    return first + (block[:_FIRST].astype(dtype) - first).mean(0, keepdims=True)


def _unit(x: Any) -> Any:
    """1 for columns that can be squared, else a power of two near the largest; 0 for zeros."""
    xp: Any = np if isinstance(x, np.ndarray) else jnp
    size, far = abs(x).max(0, initial=0.0), int(jnp.finfo(x.dtype).maxexp) // 4
    exponent = xp.frexp(size)[1]
    power = xp.ldexp(xp.ones_like(size), xp.clip(exponent, -4 * far + 2, 4 * far - 2))
    return xp.where(size > 0, xp.where(abs(exponent) > far, power, 1.0), 0.0)


def _divisor(unit: Any) -> Any:
    xp: Any = np if isinstance(unit, np.ndarray) else jnp
    return xp.where(unit > 0, unit, 1.0)


def _outer(left: Any, right: Any) -> Any:
    return left[:, None] * right[None, :]
