"""Bregman divergences of predictions from labels: value, gradient, Hessian, domain, conjugate."""

from w2s_jax.divergences._bregman import KL, Bregman, ItakuraSaito, Logistic, Squared
from w2s_jax.divergences._domain import Domain
from w2s_jax.divergences._entropies import (
    BinaryEntropy,
    BurgEntropy,
    NegativeEntropy,
    SquaredNorm,
)
from w2s_jax.divergences._potentials import Potential, Smooth

__all__ = [
    "KL",
    "BinaryEntropy",
    "Bregman",
    "BurgEntropy",
    "Domain",
    "ItakuraSaito",
    "Logistic",
    "NegativeEntropy",
    "Potential",
    "Smooth",
    "Squared",
    "SquaredNorm",
]
