"""Coordinates in which the features of softmax heads have spread 1 and nothing is redundant."""

from typing import Any, NamedTuple

import numpy as np

from w2s_jax.arrays._digits import unit_of
from w2s_jax.heads._singular import factorize
from w2s_jax.heads._streaming import Gram

_SURE = 1e-8  # of squares: below, sums may have lost a direction


class Basis(NamedTuple):
    """Rows (features − center) · turn, and a 1 where a bias is fitted.

    Attributes:
        center: `(d,)`.
        turn: `(d, rank)`; orthogonal columns where a ridge is asked for.
        bias: whether a bias is fitted.

    Example:
        >>> basis = Basis.of(np.array([[0.0, 0.0], [2.0, 4.0]]), bias=True, ridge=False)
        >>> print(abs(basis.rows(np.array([[2.0, 4.0]]))), basis.rank)
        [[1. 1.]] 1
    """

    center: Any
    turn: Any
    bias: bool

    @classmethod
    def of(cls, x: np.ndarray, *, bias: bool, ridge: bool) -> "Basis":
        """Find them for features `(n, d)` of numpy: by sums where these are sure, else by QR."""
        if len(x) > x.shape[1]:
            found = cls.of_sums(Gram.of(x, np.zeros(len(x))), bias=bias, ridge=ridge, sure=True)
            if found is not None:
                return found
        with np.errstate(all="ignore"):
            factors = factorize(x.astype(float), unit_of(x), bias, ridge=ridge or None)
        columns = factors.columns
        part = factors.plain if ridge or factors.rank < columns.live.sum() else factors.scaled
        assert part is not None
        turn = len(x) ** 0.5 * part.dual[:, part.keep] / part.values[part.keep] / columns.unit
        return cls(columns.center, np.where(columns.live[:, None], turn, 0.0), bias)

    @classmethod
    def of_sums(cls, gram: Gram, *, bias: bool, ridge: bool, sure: bool = False) -> "Basis | None":
        """Find them from sums; None where these must be `sure`, and may have lost a direction."""
        spectrum, d = gram._spectrum(bias, None), len(gram.sums.scatter)
        live, values = spectrum.live, spectrum.values
        if sure and not (values[len(live) - live.sum() :] > _SURE * values[-1]).all():
            return None
        scaled, plain, _, rank = spectrum._parts()
        if sure and rank < live.sum():
            return None
        part = plain if ridge or rank < live.sum() else scaled
        turn = part.dual[:, part.keep] / part.values[part.keep] / gram.sums.divisor[:d].max()
        center = gram.sums.mean[:d] * float(bias)
        return cls(center, np.where(live[:, None], turn, 0.0), bias)

    @property
    def rank(self) -> int:
        """How many directions the features have."""
        return self.turn.shape[1]

    @property
    def units(self) -> Any:
        """Length of the weights that each column of the rows stands for; 0 for the bias."""
        return np.append(np.linalg.norm(self.turn, axis=0), [0.0] * self.bias)

    def rows(self, x: Any) -> Any:
        """Return the rows of features `(n, d)`: `(n, rank)`, or one more with a bias."""
        found = (x - self.center) @ self.turn
        return np.concatenate([found, np.ones((len(x), 1))], axis=1) if self.bias else found

    def weights(self, theta: Any) -> tuple[Any, Any, Any]:
        """Return weights `(d, tasks, classes)`, biases and levels `(tasks, classes)`.

        Args:
            theta: of the pinned classes, `(tasks, classes − 1, p)`.
        """
        whole = np.pad(theta, ((0, 0), (1, 0), (0, 0)))
        whole = whole - whole.mean(1, keepdims=True)
        level = whole[..., -1] if self.bias else np.zeros(whole.shape[:2])
        weights = np.moveaxis(whole[..., : self.rank] @ self.turn.T, 2, 0)
        return weights, level - np.tensordot(self.center, weights, 1), level
