"""Errors, misfit, gain and what follows from them, with intervals and checks."""

from w2s_jax.report._comparing import evaluate
from w2s_jax.report._influence import Influence, influence
from w2s_jax.report._result import Report

__all__ = ["Influence", "Report", "evaluate", "influence"]
