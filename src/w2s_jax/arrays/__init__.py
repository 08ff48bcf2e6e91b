"""The one door: what a user brings becomes arrays with names, shapes and digits, or a sentence."""

from w2s_jax.arrays._door import numbers
from w2s_jax.arrays._rows import same_rows

__all__ = ["numbers", "same_rows"]
