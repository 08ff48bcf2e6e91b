"""The one door: whatever a user brings becomes an array of finite numbers, or a sentence."""

from w2s_jax.arrays.door import numbers
from w2s_jax.arrays.rows import same_rows

__all__ = ["numbers", "same_rows"]
