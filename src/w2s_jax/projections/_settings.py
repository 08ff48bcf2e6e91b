"""What all projections share: their tolerance, and batches that share a program."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import numpy as np

from w2s_jax.arrays._counts import check_count
from w2s_jax.quadratics._metric import accuracy

_ALIKE = 64  # rows up to which the next power of 2 costs no time that one would notice


def compiled_soon(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile for numbers that are known: a quarter sooner, and what comes out is no slower.

    What is traced belongs to a program of its caller, who chooses how that is compiled.

    Example:
        >>> print(compiled_soon(lambda x: 2 * x)(np.ones(2)))
        [2. 2.]
    """
    options: Any = {"compiler_options": {"xla_backend_optimization_level": 1}}
    return eqx.filter_jit(function, **options)


def padded(rows: np.ndarray) -> np.ndarray:
    """Repeat the last row, so that batches of similar length share a program: by an 8th at most.

    Example:
        >>> padded(np.ones((5, 2))).shape, padded(np.ones((10_000, 2))).shape
        ((8, 2), (10240, 2))
    """
    octave = max(2, 1 << (len(rows) - 1).bit_length())
    unit = octave if len(rows) <= _ALIKE else octave // 16
    wanted = -(-len(rows) // unit) * unit
    missing = wanted - len(rows)
    return np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows


def options(tol: float | None, max_steps: int, dtype) -> float:
    """Check tol and max_steps; return the tolerance.

    Raises:
        ValueError: tol ≤ 0, max_steps < 1.

    Example:
        >>> options(None, 10, np.dtype("float64"))
        1e-10
    """
    tol = accuracy(dtype) if tol is None else tol
    if not tol > 0:
        raise ValueError(f"tol must be above 0, got {tol}")
    check_count("max_steps", max_steps, 1)
    return tol
