r"""Bregman divergences of a prediction from a label, and which of the two stands first.

$$D_\phi(p, q) = \phi(p) - \phi(q) - \langle \nabla \phi(q), p - q \rangle$$

Predictions that minimize it over a convex set obey a Pythagorean inequality when they stand first
(Bregman 1967, Csiszár 1975), and when they stand second if their gradients form the convex set.
"""

from typing import Any, Literal

import equinox as eqx
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.divergences._domain import Domain
from w2s_jax.divergences._entropies import (
    BinaryEntropy,
    BurgEntropy,
    NegativeEntropy,
    SquaredNorm,
)
from w2s_jax.divergences._potentials import Potential, Smooth, computed
from w2s_jax.divergences._separable import diagonal

Known = Array | np.ndarray
Side = Literal["prediction", "label"]


class Bregman(eqx.Module):
    r"""The divergence of a potential $\phi$, of predictions from labels, row by row.

    Args:
        potential: $\phi$, from this room, or a convex function of one row, `(c,)` ↦ `()`, written
            with `jax.numpy`.
        first: whether the `"prediction"` or the `"label"` is the $p$ of $D_\phi(p, q)$.

    Attributes:
        potential: as above.
        first: as above.

    Raises:
        ValueError: another word for `first`, no potential.

    Example:
        >>> fourth = Bregman(lambda p: (p**4).sum())
        >>> print(fourth([1.0, 2.0], [1.0, 1.0]))
        11.0
    """

    potential: Potential
    first: Side = eqx.field(static=True)

    def __init__(self, potential: Any, first: Any = "prediction") -> None:
        if first not in ("prediction", "label"):
            raise ValueError(f'first must be "prediction" or "label", got {repr(first)[:60]}')
        if not callable(potential) and not isinstance(potential, Potential):
            raise ValueError(
                "potential must be one of w2s_jax.divergences or a function of a row, "
                f"got {type(potential).__name__}"
            )
        self.potential = potential if isinstance(potential, Potential) else Smooth(potential)
        self.first = first

    @property
    def domain(self) -> Domain:
        """Where predictions and labels must lie."""
        return self.potential.domain

    @property
    def convex(self) -> bool:
        """Whether it is known to be convex in the prediction."""
        return self.first == "prediction" or self.potential.convex_in_second

    def __call__(self, prediction: Any, label: Any) -> Float[Known, "*batch"]:
        r"""Return $D_\phi$, one number a row, `(…,)`; at least 0, infinite where it is.

        Args:
            prediction: `(…, c)`; the last axis holds the classes or coordinates.
            label: `(…, c)`; leading axes are broadcast.

        Raises:
            ValueError: shapes that do not fit, NaN, rows outside of the domain.
        """
        return computed(self._value, *self._read(prediction, label))

    def gradient(self, prediction: Any, label: Any) -> Float[Known, "*batch c"]:
        """Return the derivative in the prediction, `(…, c)`.

        Args:
            prediction: `(…, c)`.
            label: `(…, c)`.
        """
        return computed(self._slope, *self._read(prediction, label))

    def hessian(self, prediction: Any, label: Any) -> Float[Known, "*batch c c"]:
        """Return the second derivative in the prediction, `(…, c, c)`.

        Args:
            prediction: `(…, c)`.
            label: `(…, c)`.
        """

        def whole(xp: Any, s: Any, y: Any) -> Any:
            bend = self._bend(xp, s, y)
            return diagonal(xp, bend) if self.potential.separable else bend

        return computed(whole, *self._read(prediction, label))

    def _read(self, prediction: Any, label: Any) -> tuple[Any, Any]:
        s, y = self.domain.read("prediction", prediction), self.domain.read("label", label)
        fits = s.shape[-1] == y.shape[-1] and all(
            a == b or 1 in (a, b) for a, b in zip(s.shape[-2::-1], y.shape[-2::-1], strict=False)
        )
        if not fits:
            raise ValueError(
                f"prediction has shape {s.shape} and label {y.shape}: both hold one row an input "
                "and one column a class; class numbers become rows by np.eye(classes)[numbers]"
            )
        return s, y

    def _value(self, xp: Any, s: Any, y: Any) -> Any:
        return self.potential._between(xp, *((s, y) if self.first == "prediction" else (y, s)))

    def _slope(self, xp: Any, s: Any, y: Any) -> Any:
        if self.first == "prediction":
            return self.potential._slope(xp, s, y, True)
        return self.potential._slope(xp, y, s, False)

    def _bend(self, xp: Any, s: Any, y: Any) -> Any:
        if self.first == "prediction":
            return self.potential._bend(xp, s, y, True)
        return self.potential._bend(xp, y, s, False)


class Squared(Bregman):
    r"""$\lVert p - q \rVert^2$, the book's squared distance; either may stand first.

    Example:
        >>> print(Squared()([[1.0], [3.0]], [[2.0], [0.0]]))
        [1. 9.]
    """

    def __init__(self) -> None:
        super().__init__(SquaredNorm())


class KL(Bregman):
    r"""Kullback and Leibler's $\sum_i p_i \log(p_i / q_i) - p_i + q_i$ of probabilities.

    With the prediction first it is the literature's *reverse* KL; with the label first the
    *forward* one, cross-entropy less the label's entropy. Where rows have one sum, the last two
    terms are 0 but for rounding, and the gradient is $\log(p / q)$, or $1 - p / q$ with the label
    first, up to a constant. Limits are exact: $0 \log 0 = 0$, infinity where $q_i = 0 < p_i$, and
    slope 0 at $\log(0 / 0)$.

    Args:
        first: `"prediction"` or `"label"`.
        total: what rows sum to; None for non-negative numbers of any sum.

    Raises:
        ValueError: another word for `first`, a total that is not above 0.

    Example:
        >>> p, q = [0.5, 0.5, 0.0], [0.25, 0.25, 0.5]
        >>> print(f"{KL(first='prediction')(p, q):.3f} {KL(first='label')(p, q):.3f}")
        0.693 inf
    """

    def __init__(self, first: Any = "prediction", total: float | None = 1.0) -> None:
        super().__init__(NegativeEntropy(total), first)


class ItakuraSaito(Bregman):
    r"""Itakura and Saito's $\sum_i p_i / q_i - \log(p_i / q_i) - 1$ of positive numbers.

    It counts ratios: scaling both leaves it as it is. With the label first it is not convex in the
    prediction. Infinite where one of both is 0; where both are, 0.

    Args:
        first: `"prediction"` or `"label"`.

    Raises:
        ValueError: another word for `first`.

    Example:
        >>> print(ItakuraSaito()([[2.0], [2e9]], [[1.0], [1e9]]).round(4))
        [0.3069 0.3069]
    """

    def __init__(self, first: Any = "prediction") -> None:
        super().__init__(BurgEntropy(), first)


class Logistic(Bregman):
    r"""KL of yes and no, each by itself.

    $$\sum_i p_i \log \frac{p_i}{q_i} + (1 - p_i) \log \frac{1 - p_i}{1 - q_i}$$

    Each coordinate is the probability of a yes, and none has to do with the others. The last axis
    is summed, as everywhere: n probabilities, one an input, are `(n, 1)`.

    Args:
        first: `"prediction"` or `"label"`.

    Raises:
        ValueError: another word for `first`.

    Example:
        >>> yes = np.array([0.2, 0.9])
        >>> both = np.column_stack([yes, 1 - yes])
        >>> print(Logistic()(yes[:, None], [[0.5]]).round(6), KL()(both, [0.5, 0.5]).round(6))
        [0.192745 0.368064] [0.192745 0.368064]
    """

    def __init__(self, first: Any = "prediction") -> None:
        super().__init__(BinaryEntropy(), first)


def demand_convex(divergence: Any) -> None:
    """Refuse what is no divergence of this room, or not known to be convex in the prediction.

    Raises:
        ValueError: saying which of the two, and what to do.

    Example:
        >>> demand_convex("kl")
        Traceback (most recent call last):
        ValueError: divergence must be one of w2s_jax.divergences such as KL(), got str
    """
    if not isinstance(divergence, Bregman):
        raise ValueError(
            "divergence must be one of w2s_jax.divergences such as KL(), "
            f"got {type(divergence).__name__}"
        )
    if not divergence.convex:
        raise ValueError(
            "divergence is not known to be convex in the prediction, and has no certificate: "
            'put the prediction first, first="prediction"'
        )
