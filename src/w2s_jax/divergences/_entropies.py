"""The potentials with names: sums over coordinates, each with its formulas and their limits."""

from typing import Any

import equinox as eqx
import numpy as np

from w2s_jax.divergences._domain import Domain
from w2s_jax.divergences._separable import Separable
from w2s_jax.divergences._terms import barrier, entropic, log_ratio, quotient, spectral


class SquaredNorm(Separable):
    r"""$\phi(p) = \lVert p \rVert^2$, whose divergence is $\lVert p - q \rVert^2$.

    Example:
        >>> print(SquaredNorm().value([1.0, 2.0]), SquaredNorm().conjugate([2.0, 4.0]))
        5.0 5.0
    """

    @property
    def domain(self) -> Domain:
        """Everywhere."""
        return Domain()

    def _value(self, xp, p):
        return (p**2).sum(-1)

    def _gradient(self, xp, p):
        return 2 * p

    def _curvature(self, xp, p):
        return 2 * xp.ones_like(p)

    def _entry(self, xp, p, q):
        return (p - q) ** 2

    def _rise(self, xp, p, q):
        return 2 * (p - q)

    def _pull(self, xp, p, q):
        return 2 * (q - p)

    def _stiffness(self, xp, p, q):
        return 2 * xp.ones_like(p - q)

    def _lift(self, xp, p, tilt):
        return tilt**2 / 4

    def _lift_second(self, xp, p, q, tilt):
        return tilt**2 / 4

    def _conjugate(self, xp, y):
        return (y**2).sum(-1) / 4

    def _conjugate_gradient(self, xp, y):
        return y / 2


class NegativeEntropy(Separable):
    r"""$\phi(p) = \sum_i p_i \log p_i$ for $p \ge 0$, with $0 \log 0 = 0$.

    Its divergence is Kullback and Leibler's. On rows that sum to $t$ its conjugate is
    $t \log \sum_i e^{y_i} - t \log t$, whose gradient is $t$ times softmax; without a sum it is
    $\sum_i e^{y_i - 1}$.

    Args:
        total: $t > 0$, what a row sums to; None for any sum.

    Raises:
        ValueError: a total that is not above 0.

    Example:
        >>> entropy = NegativeEntropy()
        >>> print(entropy.value([[0.5, 0.5]]).round(3), entropy.conjugate_gradient([3.0, 3.0]))
        [-0.693] [0.5 0.5]
    """

    total: float | None = eqx.field(static=True)

    def __init__(self, total: float | None = 1.0) -> None:
        if total is not None and not 0 < total < np.inf:
            raise ValueError(f"total must be above 0, or None for any sum, got {total}")
        self.total = None if total is None else float(total)

    @property
    def domain(self) -> Domain:
        """At least 0, in rows of one sum."""
        return Domain(0.0, np.inf, self.total)

    def _value(self, xp, p):
        return (p * xp.log(xp.where(p > 0, p, 1.0))).sum(-1)

    def _gradient(self, xp, p):
        return xp.log(p) + 1

    def _curvature(self, xp, p):
        return 1 / p

    def _entry(self, xp, p, q):
        return entropic(xp, p, q)

    def _rise(self, xp, p, q):
        return log_ratio(xp, p, q)

    def _pull(self, xp, p, q):
        some = q > 0
        inside = xp.where(some, q - p, 0.0) / xp.where(some, q, 1.0)
        return xp.where(some, inside, xp.where(p > 0, -xp.inf, 1.0))

    def _stiffness(self, xp, p, q):
        return quotient(xp, quotient(xp, p, q), q)

    def _lift(self, xp, p, tilt):
        return xp.where(p > 0, p, 0.0) * (xp.expm1(tilt) - tilt)

    def _lift_second(self, xp, p, q, tilt):
        # without a label's mass it is linear, and finite where its slope falls
        linear = xp.where(tilt <= 0, -tilt * q, xp.inf)
        some = p > 0
        mass = xp.where(some, p, 1.0)
        return xp.where(some, mass * barrier(xp, tilt * q / mass), linear)

    def _conjugate(self, xp, y):
        if self.total is None:
            return xp.exp(y - 1).sum(-1)
        top, powers = _powers(xp, y)
        return self.total * (xp.log(powers.sum(-1)) + top[..., 0] - np.log(self.total))

    def _conjugate_gradient(self, xp, y):
        if self.total is None:
            return xp.exp(y - 1)
        powers = _powers(xp, y)[1]
        return self.total * powers / powers.sum(-1, keepdims=True)


class BurgEntropy(Separable):
    r"""$\phi(p) = -\sum_i \log p_i$ for $p > 0$, whose divergence is Itakura and Saito's.

    Example:
        >>> burg = BurgEntropy()
        >>> print(burg.gradient([0.5, 2.0]), burg.conjugate_gradient([-2.0, -0.5]))
        [-2.  -0.5] [0.5 2. ]
    """

    @property
    def domain(self) -> Domain:
        """At least 0, where it is infinite."""
        return Domain(0.0)

    @property
    def convex_in_second(self) -> bool:
        """It is not."""
        return False

    def _value(self, xp, p):
        return -xp.log(p).sum(-1)

    def _gradient(self, xp, p):
        return -1 / p

    def _curvature(self, xp, p):
        return 1 / p / p

    def _entry(self, xp, p, q):
        return spectral(xp, p, q)

    def _rise(self, xp, p, q):
        return quotient(xp, quotient(xp, p - q, p), q)

    def _pull(self, xp, p, q):
        return quotient(xp, quotient(xp, q - p, q), q)

    def _stiffness(self, xp, p, q):
        edge = q == 0
        b = xp.where(edge, 1.0, q)
        return xp.where(edge, xp.inf, (2 * p - q) / b / b / b)

    def _lift(self, xp, p, tilt):
        return barrier(xp, tilt * p)

    def _lift_second(self, xp, p, q, tilt):
        return xp.where(tilt == 0, 0.0, xp.inf)  # it is not convex

    def _conjugate(self, xp, y):
        inside = y < 0
        each = -1 - xp.log(xp.where(inside, -y, 1.0))
        return xp.where(inside, each, xp.inf).sum(-1)

    def _conjugate_gradient(self, xp, y):
        return xp.where(y < 0, -1 / xp.where(y < 0, y, 1.0), xp.inf)


class BinaryEntropy(Separable):
    r"""$\phi(p) = \sum_i p_i \log p_i + (1 - p_i) \log(1 - p_i)$ for $0 \le p \le 1$.

    Each coordinate is the probability of a yes; its gradient is the logit, and the conjugate's the
    logistic function.

    Example:
        >>> print(BinaryEntropy().gradient([0.5]), BinaryEntropy().conjugate_gradient([0.0]))
        [0.] [0.5]
    """

    @property
    def domain(self) -> Domain:
        """From 0 to 1."""
        return Domain(0.0, 1.0)

    def _value(self, xp, p):
        return sum((a * xp.log(xp.where(a > 0, a, 1.0))).sum(-1) for a in (p, 1 - p))

    def _gradient(self, xp, p):
        return log_ratio(xp, p, 1 - p)

    def _curvature(self, xp, p):
        return 1 / p / (1 - p)

    def _entry(self, xp, p, q):
        # 1 − p has lost digits of a small p, and p − q has them
        return entropic(xp, p, q) + entropic(xp, 1 - p, 1 - q, q - p)

    def _rise(self, xp, p, q):
        return log_ratio(xp, p, q) - log_ratio(xp, 1 - p, 1 - q, q - p)

    def _pull(self, xp, p, q):
        edge = (q == 0) | (q == 1)
        b = xp.where(edge, 0.5, q)
        limit = quotient(xp, 1 - p, 1 - q) - quotient(xp, p, q)
        return xp.where(edge, limit, (b - p) / b / (1 - b))

    def _stiffness(self, xp, p, q):
        return sum(quotient(xp, quotient(xp, a, b), b) for a, b in ((p, q), (1 - p, 1 - q)))

    def _lift(self, xp, p, tilt):
        return xp.log1p(p * xp.expm1(tilt)) - p * tilt

    def _lift_second(self, xp, p, q, tilt):
        # The root s of λ s² + (1 − λ) s = p is where the slope is λ.
        slope = self._pull(xp, p, q) + tilt
        half = (1 - slope) / 2
        root = xp.sqrt(xp.maximum(half**2 + slope * p, 0.0))
        s = xp.where(half > 0, p, root - half) / xp.where(half > 0, half + root, slope)
        s = xp.clip(s, 0.0, 1.0)
        return slope * (s - q) - (self._entry(xp, p, s) - self._entry(xp, p, q))

    def _conjugate(self, xp, y):
        return xp.logaddexp(0.0, y).sum(-1)

    def _conjugate_gradient(self, xp, y):
        small = xp.exp(-abs(y))
        return xp.where(y > 0, 1.0, small) / (1 + small)


def _powers(xp: Any, y: Any) -> tuple[Any, Any]:
    top = y.max(-1, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0.0)
    return top, xp.exp(y - top)
