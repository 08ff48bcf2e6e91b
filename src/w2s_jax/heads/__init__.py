"""Least-squares heads on frozen features: solved exactly, or from sums that stream and merge."""

from w2s_jax.heads.least_squares import LinearHead, fit_head, fit_heads
from w2s_jax.heads.streaming import Gram

__all__ = ["Gram", "LinearHead", "fit_head", "fit_heads"]
