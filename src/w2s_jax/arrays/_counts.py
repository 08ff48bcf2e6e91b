"""Settings that must be whole numbers."""

from typing import Any

import numpy as np


def check_count(name: str, value: Any, least: int) -> None:
    """Refuse what is no integer of at least so much.

    Raises:
        ValueError: naming it.

    Example:
        >>> check_count("width", 8.5, 1)
        Traceback (most recent call last):
        ValueError: width must be an integer of at least 1, got 8.5
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:
        kind = "at least" if whole else "an integer of at least"
        raise ValueError(f"{name} must be {kind} {least}, got {value!r}")
