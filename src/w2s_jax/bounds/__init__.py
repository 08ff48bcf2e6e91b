"""The book's theorems as functions: what they promise, and which assumptions could be tested."""

from w2s_jax.bounds.gap import NonRealizable, nonrealizable
from w2s_jax.bounds.sample import FiniteSample, finite_sample
from w2s_jax.bounds.triangle import Pythagorean, pythagorean

__all__ = [
    "FiniteSample",
    "NonRealizable",
    "Pythagorean",
    "finite_sample",
    "nonrealizable",
    "pythagorean",
]
