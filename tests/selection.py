"""What every change has to pass, and what the full run adds (W2S_FULL=1)."""

import os
from collections.abc import Iterable
from typing import Any

import pytest

FULL = bool(os.environ.get("W2S_FULL"))
full = pytest.mark.full


def few(values: Iterable[Any], *ordinary: Any) -> list[Any]:
    """Parameters of which only `ordinary` run for every change; the full run takes them all."""
    values = list(values)
    missing = [value for value in ordinary if value not in values]
    if missing:
        raise ValueError(f"ordinary must be among the values, got {missing}")
    return [value if value in ordinary else beyond(value) for value in values]


def beyond(value: Any) -> Any:
    """One parameter, or a tuple of several, that only the full run takes."""
    return pytest.param(*value if isinstance(value, tuple) else (value,), marks=full)
