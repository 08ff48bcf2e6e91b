"""Traits of finite numbers, whose errors say what came and what was expected."""

import math
from typing import Any

import numpy as np
import traitlets


class _Numbers(traitlets.TraitType):
    """Finite numbers of one of some shapes, as nested lists or, of shape (), a float."""

    def __init__(self, shapes: tuple[tuple[int, ...], ...], words: str, **metadata: Any):
        self.shapes, self.words = shapes, words
        super().__init__(**metadata)

    def validate(self, obj: Any, value: Any) -> Any:
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            array = np.full(9, math.nan)
        if array.shape not in self.shapes or not np.isfinite(array).all():
            raise ValueError(f"{self.name} must be {self.words}; got {value!r}")
        return array.tolist()


def finite(shapes: tuple[tuple[int, ...], ...], words: str) -> Any:
    """Return a trait of finite numbers that is in step with the page.

    Args:
        shapes: what the numbers may be shaped like; `()` is one number.
        words: what the value must be, for errors.

    Example:
        >>> class Dot(traitlets.HasTraits):
        ...     place = finite(((2,),), "two finite numbers")
        >>> Dot(place=range(2)).place
        [0.0, 1.0]
    """
    return _Numbers(shapes, words).tag(sync=True)
