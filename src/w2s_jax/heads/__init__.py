"""Heads on frozen features: least squares exactly, softmax and mixtures of experts, certified."""

from w2s_jax.heads._least_squares import LinearHead, fit_head, fit_heads
from w2s_jax.heads._mixtures import MixtureHead, fit_mixture
from w2s_jax.heads._probes import RIDGES, choose_ridge, fit_probes
from w2s_jax.heads._rank import Rank, numerical_rank
from w2s_jax.heads._softmax import fit_softmax, fit_softmaxes
from w2s_jax.heads._softmax_stream import stream_softmax
from w2s_jax.heads._streaming import Gram
from w2s_jax.heads.softmax import SoftmaxHead, SoftmaxStatus

__all__ = [
    "RIDGES",
    "Gram",
    "LinearHead",
    "MixtureHead",
    "Rank",
    "SoftmaxHead",
    "SoftmaxStatus",
    "choose_ridge",
    "fit_head",
    "fit_heads",
    "fit_mixture",
    "fit_probes",
    "fit_softmax",
    "fit_softmaxes",
    "numerical_rank",
    "stream_softmax",
]
