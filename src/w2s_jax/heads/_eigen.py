r"""Least squares from the eigenvalues of a Gram matrix, whose condition number is the square."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float, Int

from w2s_jax.arrays._columns import errors, levels
from w2s_jax.checks import Check
from w2s_jax.heads._singular import Part

Matrix = Float[Array | np.ndarray, "d d"]
Vector = Float[Array | np.ndarray, " d"]


class Spectrum(eqx.Module):
    """Eigenvalues of a centered Gram matrix, its columns scaled to length 1 or to their errors.

    Attributes:
        scale: what columns were divided by, `(d,)`; 1 for columns that do not vary.
        live: which columns vary, `(d,)`.
        values: ascending eigenvalues of the scaled matrix, `(d,)`.
        vectors: its eigenvectors.
        floor: eigenvalues below this part of the largest cannot be told from rounding in sums.
        cut: of singular values in the features' own units; None: what is not above 1 is rounding
            of the features.
        units: in which the matrix holds the features, relative to the largest, `(d,)`.

    Example:
        >>> spectrum = Spectrum.of(np.diag([4.0, 1.0]), np.zeros(2), np.full(2, 2.0**-53), 1e-16)
        >>> print(spectrum.kept, spectrum.live)
        [ True  True] [ True  True]
    """

    scale: Vector
    live: Bool[Array | np.ndarray, " d"]
    values: Vector
    vectors: Matrix
    floor: float = eqx.field(static=True)
    cut: float | None = eqx.field(static=True)
    units: Vector

    @classmethod
    def of(
        cls,
        gram: Matrix,
        means: Vector,
        rounding: Vector,
        unit: float,
        cut: float | None = None,
        units: Vector | None = None,
    ) -> "Spectrum":
        """Decompose.

        Args:
            gram: mean of products of the features about their means, or about 0, `(d, d)`.
            means: what they were centered by, `(d,)`.
            rounding: relative rounding error of each feature, `(d,)`.
            unit: rounding unit of the products it was summed from.
            cut: as in `fit_heads`.
            units: of the features in `gram` and `means`, the largest of them 1; by default all 1.
        """
        xp: Any = np if isinstance(gram, np.ndarray) else jnp
        lengths = xp.sqrt(xp.maximum(xp.diag(gram), 0.0))
        level, sizes = levels(rounding, len(gram)), xp.hypot(lengths, means)
        live = ~(lengths <= level * sizes)
        scale = xp.where(live, lengths, 1.0)
        if cut is None:
            scale = xp.where(live, errors(lengths, sizes, level), 1.0)
        both = live[:, None] & live[None]
        # One division after the other: the product of two scales may underflow.
        values, vectors = xp.linalg.eigh(xp.where(both, gram / scale[:, None] / scale[None], 0.0))
        # Measured at widths 16 to 384: products move eigenvalues by under 4 units of the largest;
        # four times that, and the rounding of the decomposition itself.
        floor = 16 * unit + 4 * gram.shape[0] ** 0.5 * float(jnp.finfo(gram.dtype).eps) / 2
        own: Any = xp.ones_like(scale) if units is None else units
        return cls(scale, live, values, vectors, floor, cut, own)

    @property
    def kept(self) -> Bool[Array | np.ndarray, " d"]:
        """Which directions of the scaled features are neither rounding nor lost in sums."""
        seen = (self.values > self.floor * self.values[-1]) & (self.values > 0)
        return seen if self.cut is not None else seen & (self.values > 1)

    def solve(
        self,
        cross: Float[Array | np.ndarray, "d targets"],
        penalty: Float[Array | np.ndarray, " targets"],
    ) -> tuple[Float[Array | np.ndarray, "d targets"], Int[Array | np.ndarray, ""] | np.integer]:
        """Return weights, for features in the largest of the units, and rank.

        Where all columns that vary count, and there is no ridge, it is the scaled ones that are
        solved: units of the features are free.

        Args:
            cross: mean of products of features and targets.
            penalty: λ of each target, for features in the largest of the units.

        Example:
            >>> digits = np.full(2, 2.0**-53)
            >>> spectrum = Spectrum.of(np.diag([4.0, 1.0]), np.zeros(2), digits, 1e-16)
            >>> weights, rank = spectrum.solve(np.array([[4.0], [1.0]]), np.zeros(1))
            >>> print(weights[:, 0], rank)
            [1. 1.] 2
        """
        xp: Any = np if isinstance(self.values, np.ndarray) else jnp
        scaled, plain, turn, rank = self._parts()
        along = self.vectors.T @ xp.where(self.live[:, None], cross / self.scale[:, None], 0.0)
        along = xp.where(self.kept[:, None], along / scaled.values[:, None], 0.0)
        weights = xp.where(
            ((rank == self.live.sum()) & (penalty == 0))[None],
            scaled.weights(along, None, 0 * penalty),
            plain.weights(turn.T @ along, None, penalty),
        )
        return xp.where(self.live[:, None], weights, 0.0), rank

    def _parts(self) -> tuple[Part, Part, Any, Any]:
        """Return what counts of features scaled and plain, the turn between them and the rank."""
        xp: Any = np if isinstance(self.values, np.ndarray) else jnp
        kept = self.kept
        roots = xp.sqrt(xp.where(kept, self.values, 1.0))
        own_size = self.scale * self.units
        scaled = Part(None, roots, self.vectors / own_size[:, None], kept)
        left = xp.where(kept, roots, 0.0)[:, None] * self.vectors.T * own_size[None]
        turn, own, rows = xp.linalg.svd(xp.where(self.live[None], left, 0.0))
        counts = (xp.arange(len(own)) < kept.sum()) & ~(own <= 0)
        if self.cut is not None:
            counts = counts & ~(own <= self.cut * own[0])
        return scaled, Part(None, own, rows.T, counts), turn, counts.sum()

    def check(self, accuracy: float) -> Check:
        """Say whether a head solved from this matrix can be trusted, whatever the labels.

        Args:
            accuracy: the error of predictions to allow, relative to the labels' spread.

        Example:
            >>> digits = np.full(2, 2.0**-53)
            >>> Spectrum.of(np.diag([4.0, 1.0]), np.zeros(2), digits, 1e-16).check(1e-6).holds
            True
            >>> Spectrum.of(np.ones((2, 2)), np.zeros(2), digits, 1e-16).check(1e-6).holds
            False
        """
        values, kept = np.asarray(self.values), np.asarray(self.kept)
        plain, rank = (np.asarray(part) for part in (self._parts()[1].values, self._parts()[3]))
        least = values[kept].min() / values[-1] if kept.any() else 1.0
        if 0 < rank < kept.sum():  # a plain cut left directions out
            least = (plain[int(rank) - 1] / plain[0]) ** 2
        lost = int(np.sum(self.live) - kept.sum())
        # Directions that sums cannot see are none that count where the cut is above what they see.
        unseen = self.floor * values[-1]
        lost = 0 if unseen <= (1 if self.cut is None else self.cut**2) else lost
        value = np.inf if lost else self.floor / float(least)
        return Check(
            bool(value <= accuracy), float(value), accuracy, _sentence(value, lost, accuracy)
        )


def _sentence(value: float, lost: int, accuracy: float) -> str:
    if lost:
        return (
            f"{lost} directions of the features cannot be told from rounding in sums of squares, "
            "and were left out. They may be real: fit_heads on the features would tell."
        )
    if value > accuracy:
        return (
            f"Sums of squares leave an error of up to {value:.0e} of the labels' spread: fit_heads "
            "on the features, float64 products or a larger cut do better."
        )
    return "The sums resolve every direction that the head uses."
