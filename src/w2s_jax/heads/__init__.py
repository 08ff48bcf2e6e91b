"""Heads on frozen features, solved exactly or from sums that stream, and mixtures of experts."""

from w2s_jax.heads._least_squares import LinearHead, fit_head, fit_heads
from w2s_jax.heads._mixtures import MixtureHead, fit_mixture
from w2s_jax.heads._probes import RIDGES, choose_ridge, fit_probes
from w2s_jax.heads._rank import Rank, numerical_rank
from w2s_jax.heads._streaming import Gram

__all__ = [
    "RIDGES",
    "Gram",
    "LinearHead",
    "MixtureHead",
    "Rank",
    "choose_ridge",
    "fit_head",
    "fit_heads",
    "fit_mixture",
    "fit_probes",
    "numerical_rank",
]
