r"""Centred sums of squares and products that merge exactly.

Chan, Golub and LeVeque (1983): with counts $n_k$ and means $m_k$ of two parts, the scatter of the
whole is $S_1 + S_2 + \frac{n_1 n_2}{n_1 + n_2} (m_1 - m_2)(m_1 - m_2)^\top$.
"""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax import Array
from jaxtyping import Float

Scalar = Float[Array | np.ndarray, ""] | np.floating  # numpy turns sums of () arrays into scalars

_FIRST = 128


class Sums(eqx.Module):
    """Sums over inputs, features against themselves and against targets, about their means.

    Attributes:
        count: n.
        mean: mean of features and targets side by side, `(d + targets,)`.
        scatter: features against features, `(d, d)`.
        cross: features against targets, `(d, targets)`.
        squares: squares of the targets, `(targets,)`.
        apart: squares of label − truth, not centred, `(pairs,)`.

    Example:
        >>> block = Sums.of([np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]])], np.float64, np)
        >>> print(block.mean, block.scatter, block.cross)
        [2.  0.5] [[2.]] [[1.]]
    """

    count: Scalar
    mean: Float[Array | np.ndarray, " columns"]
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
        d, ones = features.shape[1], xp.ones((1, len(features)), dtype)
        x_origin, y_origin = _near(features, dtype), _near(targets, wide)
        x = xp.asarray(features, dtype) - x_origin
        y = xp.asarray(xp.asarray(targets, wide) - y_origin, dtype)
        with jax.default_matmul_precision("highest"):  # GPUs would round float32 to TF32
            total = xp.concatenate([ones @ x, ones @ y], axis=1)[0].astype(wide)
            scatter, cross = (x.T @ x).astype(wide), (x.T @ y).astype(wide)
        mean = total / len(x)
        apart = xp.zeros(0, wide)
        if len(columns) == 3:
            apart = ((columns[1].astype(wide) - columns[2].astype(wide)) ** 2).sum(0)
        return cls(
            count=xp.asarray(float(len(x)), wide),
            mean=xp.concatenate([x_origin.astype(wide), y_origin], axis=1)[0] + mean,
            scatter=scatter - _outer(total[:d], mean[:d]),
            cross=cross - _outer(total[:d], mean[d:]),
            squares=(y.astype(wide) ** 2).sum(0) - total[d:] * mean[d:],
            apart=apart,
        )

    def merge(self, other: "Sums") -> "Sums":
        """Add the sums of other inputs."""
        total, step = self.count + other.count, other.mean - self.mean
        extra = self._moved(step, self.count * other.count / total)
        parts = (each + more for each, more in zip(extra, other._sums, strict=True))
        return Sums(total, self.mean + other.count / total * step, *parts)

    def psum(self, axis: str) -> "Sums":
        """Add the sums of all devices along a named axis."""
        total = jax.lax.psum(self.count, axis)
        mean = jax.lax.psum(self.mean * (self.count / total), axis)
        moved = self._moved(self.mean - mean, self.count)
        return Sums(total, mean, *(jax.lax.psum(each, axis) for each in moved))

    def about(self, centred: bool) -> tuple[Any, Any]:
        """Return scatter and cross about the means, or about zero."""
        return self._sums[:2] if centred else self._moved(self.mean, self.count)[:2]

    @property
    def _sums(self) -> tuple:
        return self.scatter, self.cross, self.squares, self.apart

    def _moved(self, step: Any, weight: Any) -> tuple:
        d = len(self.scatter)
        return (
            self.scatter + weight * _outer(step[:d], step[:d]),
            self.cross + weight * _outer(step[:d], step[d:]),
            self.squares + weight * step[d:] ** 2,
            self.apart,
        )


def _near(block: Any, dtype: Any) -> Any:
    """Mean of the first rows: any origin will do, and near it squares are as large as the spread.

    A constant column is its own mean to the last digit, so that its sum of squares is zero.
    """
    first = block[:1].astype(dtype)
    return first + (block[:_FIRST].astype(dtype) - first).mean(0, keepdims=True)


def _outer(left: Any, right: Any) -> Any:
    return left[:, None] * right[None, :]
