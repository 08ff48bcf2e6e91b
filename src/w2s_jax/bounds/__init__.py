"""The book's theorems as functions: what they promise, and which assumptions could be tested."""

from w2s_jax.bounds._bracket import MisfitBracket, misfit_bracket
from w2s_jax.bounds._fresh import FreshGain, fresh_gain
from w2s_jax.bounds._gap import NonRealizable, nonrealizable
from w2s_jax.bounds._interval import GainInterval, gain_interval
from w2s_jax.bounds._near import LinearSample, linear_sample
from w2s_jax.bounds._overlap import Overlap, OverlapGain, overlap, overlap_gain
from w2s_jax.bounds._regret import Regret, regret
from w2s_jax.bounds._sample import FiniteSample, finite_sample
from w2s_jax.bounds._surrogate import SurrogateRisk, best_surrogate, surrogate_risk
from w2s_jax.bounds._triangle import Pythagorean, pythagorean

__all__ = [
    "FiniteSample",
    "FreshGain",
    "GainInterval",
    "LinearSample",
    "MisfitBracket",
    "NonRealizable",
    "Overlap",
    "OverlapGain",
    "Pythagorean",
    "Regret",
    "SurrogateRisk",
    "best_surrogate",
    "finite_sample",
    "fresh_gain",
    "gain_interval",
    "linear_sample",
    "misfit_bracket",
    "nonrealizable",
    "overlap",
    "overlap_gain",
    "pythagorean",
    "regret",
    "surrogate_risk",
]
