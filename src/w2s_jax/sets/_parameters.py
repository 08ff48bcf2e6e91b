"""The checks that constructors make of their numbers, at once or, traced, when they are known."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from w2s_jax.arrays import numbers
from w2s_jax.sets._base import traced


def number(name: str, value, least: float | None = None) -> Array | np.ndarray:
    """Check a finite number, above `least` where that is given; numpy's unless it is traced.

    Raises:
        ValueError: anything else.

    Example:
        >>> print(number("radius", 2, least=0.0))
        2.0
    """
    array = _real(name, value)
    if array.ndim:
        raise ValueError(f"{name} must be one number, got shape {array.shape}")
    xp: Any = jnp if traced(array) else np
    fine = xp.isfinite(array) if least is None else xp.isfinite(array) & (array > least)
    wanted = "finite" if least is None else f"finite and above {least}"
    return insist(array, fine, f"{name} must be {wanted}")


def array_of(name: str, value, ndim: int, *, finite: bool = True) -> Array | np.ndarray:
    """Check an array of `ndim` axes, none empty; numpy's unless it is traced.

    Raises:
        ValueError: other shapes, NaN and, unless `finite` is False, infinity.

    Example:
        >>> print(array_of("points", [[1, 2]], 2))
        [[1. 2.]]
    """
    array = _real(name, value)
    axes = {1: "(d,)", 2: "(rows, columns)"}[ndim]
    if array.ndim != ndim or 0 in array.shape:
        raise ValueError(f"{name} must be {axes} and not empty, got shape {array.shape}")
    xp: Any = jnp if traced(array) else np
    fine = xp.isfinite(array) if finite else ~xp.isnan(array)
    return insist(array, fine.all(), f"{name} must not hold NaN" + " or infinity" * finite)


def _real(name: str, value) -> Any:
    array = jnp.asarray(value) if traced(value) else numbers(name, value, finite=False)
    dtype = array.dtype if jnp.issubdtype(array.dtype, jnp.floating) else np.dtype(float)
    dtype = jax.dtypes.canonicalize_dtype(dtype)
    return jnp.asarray(array, dtype) if traced(array) else np.asarray(array, dtype)


def unit_rows(rows: Any, ends: Any) -> tuple[Any, Any]:
    r"""Divide inequalities $a^\top v \le b$ by their lengths, rows of 0 by nothing.

    Example:
        >>> unit_rows(np.array([[3e200, 4e200]]), np.array([5e200]))
        (array([[0.6, 0.8]]), array([1.]))
    """
    xp: Any = jnp if traced(rows, ends) else np
    largest = abs(rows).max(1)
    largest = xp.where(largest > 0, largest, 1.0)
    rows, ends = rows / largest[:, None], ends / largest
    length = xp.sqrt((rows**2).sum(1))
    length = xp.where(length > 0, length, 1.0)
    return rows / length[:, None], ends / length


def insist(array: Any, fine: Any, sentence: str) -> Any:
    """Return `array` if `fine`; else raise, at once or, traced, when the numbers are known.

    Raises:
        ValueError: not fine.

    Example:
        >>> print(insist(jnp.ones(1), jnp.array(True), "never"))
        [1.]
    """
    if isinstance(fine, Tracer):
        return eqx.error_if(array, ~fine, sentence)
    if not fine:
        raise ValueError(f"{sentence}, got {np.array2string(np.asarray(array), threshold=9)[:120]}")
    return array
