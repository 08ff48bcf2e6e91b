"""The book's theorems as functions: what they promise, and which assumptions could be tested."""

from w2s_jax.bounds.gap import NonRealizable, nonrealizable
from w2s_jax.bounds.triangle import Pythagorean, pythagorean

__all__ = ["NonRealizable", "Pythagorean", "nonrealizable", "pythagorean"]
