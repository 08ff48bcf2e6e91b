r"""Least squares from the eigenvalues of a Gram matrix, whose condition number is the square."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float, Int

from w2s_jax.checks import Check


class Spectrum(eqx.Module):
    """Eigenvalues of a centred Gram matrix, as it stands and with its columns scaled to length 1.

    Attributes:
        lengths: of the columns, `(d,)`; 1 for a column of zeros.
        dead: which columns are zero.
        scaled: ascending eigenvalues of the scaled matrix, `(d,)`, and its eigenvectors.
        plain: those of the matrix as it stands: squared singular values of the features.
        floor: eigenvalues below this part of the largest cannot be told from rounding.

    Example:
        >>> spectrum = Spectrum.of(np.diag([4.0, 1.0]), unit=1e-16)
        >>> print(spectrum.plain[0], spectrum.scaled[0])
        [1. 4.] [1. 1.]
    """

    lengths: Float[Array | np.ndarray, " d"]
    dead: Bool[Array | np.ndarray, " d"]
    scaled: tuple[Float[Array | np.ndarray, " d"], Float[Array | np.ndarray, "d d"]]
    plain: tuple[Float[Array | np.ndarray, " d"], Float[Array | np.ndarray, "d d"]]
    floor: float = eqx.field(static=True)

    @classmethod
    def of(cls, gram: Float[Array | np.ndarray, "d d"], unit: float) -> "Spectrum":
        """Decompose.

        Args:
            gram: `(d, d)`, symmetric.
            unit: rounding unit of the products it was summed from.
        """
        xp: Any = np if isinstance(gram, np.ndarray) else jnp
        zero = xp.diag(gram) <= 0
        lengths = xp.sqrt(xp.where(zero, 1.0, xp.diag(gram)))
        # Measured at widths 16 to 384: products move eigenvalues by under 4 units of the largest;
        # four times that, and the rounding of the decomposition itself.
        floor = 16 * unit + 4 * gram.shape[0] ** 0.5 * float(jnp.finfo(gram.dtype).eps) / 2
        scaled = xp.linalg.eigh(
            gram / xp.outer(lengths, lengths) + xp.diag(xp.where(zero, lengths, 0.0))
        )
        return cls(lengths, zero, tuple(scaled), tuple(xp.linalg.eigh(gram)), floor)

    def solve(
        self,
        cross: Float[Array | np.ndarray, "d targets"],
        penalty: Float[Array | np.ndarray, " targets"],
        cut: float,
    ) -> tuple[Float[Array | np.ndarray, "d targets"], Int[Array | np.ndarray, ""] | np.integer]:
        """Return weights and rank; singular values below `cut` times the largest count as zero.

        Where the scaled matrix proves that nothing but columns of zeros lies below the cut, and
        there is no ridge, it is the scaled one that is solved: units of the features are free.

        Args:
            cross: features against targets.
            penalty: what is added to every eigenvalue, n·λ, for each target.
            cut: relative, of singular values.

        Example:
            >>> spectrum = Spectrum.of(np.diag([4.0, 1.0]), unit=1e-16)
            >>> weights, rank = spectrum.solve(np.array([[4.0], [1.0]]), np.zeros(1), 1e-10)
            >>> print(weights[:, 0], rank)
            [1. 1.] 2
        """
        xp: Any = np if isinstance(self.lengths, np.ndarray) else jnp
        values, vectors = self.scaled
        whole = self._whole(cut) & (penalty == 0).all()
        inverse = 1 / xp.where(values > 0, values, 1.0)[:, None]
        size = self.lengths[:, None]
        by_scaled = vectors @ (inverse * (vectors.T @ (cross / size))) / size
        values, vectors = self.plain
        keep = self._kept(cut)
        shrink = 1 / (xp.where(keep, values, 1.0)[:, None] + penalty[None])
        by_plain = vectors @ (xp.where(keep[:, None], shrink, 0.0) * (vectors.T @ cross))
        rank = xp.where(whole, (~self.dead).sum(), keep.sum())
        return xp.where(whole, by_scaled, by_plain), rank

    def check(self, cut: float, accuracy: float) -> Check:
        """Say whether a head solved from this matrix can be trusted, whatever the labels.

        Args:
            cut: as in `solve`.
            accuracy: the error of predictions to allow, relative to the labels' spread.

        Example:
            >>> Spectrum.of(np.diag([4.0, 1.0]), unit=1e-16).check(1e-10, 1e-6).holds
            True
            >>> Spectrum.of(np.ones((2, 2)), unit=1e-16).check(1e-10, 1e-6).holds
            False
        """
        least, lost = np.asarray(self.scaled[0])[0] / np.asarray(self.scaled[0])[-1], 0
        if not self._whole(cut):
            values, keep = np.asarray(self.plain[0]), np.asarray(self._kept(cut))
            least = values[keep].min() / values[-1] if keep.any() else 1.0
            # Above its own resolution the cut decides; below it only a column of zeros is sure.
            lost = int((~keep).sum() - np.sum(self.dead)) if cut**2 < self.floor else 0
        value = np.inf if lost else self.floor / float(least)
        sentence = _sentence(value, lost, accuracy)
        return Check(bool(value <= accuracy), float(value), accuracy, sentence)

    def _whole(self, cut: float) -> Any:
        xp: Any = np if isinstance(self.lengths, np.ndarray) else jnp
        values = self.scaled[0]
        seen = values[0] > self.floor * values[-1]
        longest = xp.where(self.dead, 0.0, self.lengths).max()
        shortest = xp.where(self.dead, xp.inf, self.lengths).min()
        # The condition number of the matrix as it stands is at most that of both factors.
        condition = xp.sqrt(values[-1] / xp.where(seen, values[0], 1.0)) * longest / shortest
        return seen & (condition * cut < 1) & ~self.dead.all()

    def _kept(self, cut: float) -> Any:
        values = self.plain[0]
        return values > max(cut**2, self.floor) * values[-1]


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
