"""The one door: what a user brings becomes arrays with names, shapes and digits, or a sentence."""

from w2s_jax.arrays._counts import check_count
from w2s_jax.arrays._digits import Digits, unit_of
from w2s_jax.arrays._door import numbers
from w2s_jax.arrays._rows import same_rows

__all__ = ["Digits", "check_count", "numbers", "same_rows", "unit_of"]
