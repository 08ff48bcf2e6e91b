"""Least-squares heads on frozen features: solved exactly, or from sums that stream and merge."""

from w2s_jax.heads._least_squares import LinearHead, fit_head, fit_heads
from w2s_jax.heads._probes import RIDGES, choose_ridge, fit_probes
from w2s_jax.heads._rank import Rank, numerical_rank
from w2s_jax.heads._streaming import Gram

__all__ = [
    "RIDGES",
    "Gram",
    "LinearHead",
    "Rank",
    "choose_ridge",
    "fit_head",
    "fit_heads",
    "fit_probes",
    "numerical_rank",
]
