"""Turn an argument into an array with the shape, the digits and the finite values it must have."""

from numbers import Number
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from w2s_jax.arrays._foreign import as_numpy


def numbers(name: str, value: Any, *shapes: str, finite: bool = True) -> Any:
    r"""Read an argument as floating-point numbers.

    JAX's arrays stay JAX's, traced ones too; everything else becomes numpy's, in the machine's
    byte order. float32 and float64 keep their digits, half precision is widened to float32, and
    integers, booleans and long doubles become float64 (in JAX: its default).

    Args:
        name: what the sentence calls the argument.
        value: anything with numbers: lists, numpy, JAX, pandas, polars, torch on the CPU.
        shapes: the shapes that will do, axes by name: `"n"`, `"n tasks"`; `""` is a number. None
            given: any.
        finite: refuse NaN and infinity; in traced arrays when they run.

    Returns:
        An array of numpy or JAX.

    Raises:
        ValueError: text, objects, complex numbers, missing or masked entries, no entries, another
            number of axes, NaN or infinity; one sentence that names argument, place and remedy.

    Example:
        >>> numbers("labels", [1, 2, 3], "n")
        array([1., 2., 3.])
        >>> numbers("labels", [[1, 2, 3]], "n")
        Traceback (most recent call last):
            ...
        ValueError: labels has shape (1, 3), expected (n,): pass it with .reshape(-1)
    """
    found = value if isinstance(value, Array) else as_numpy(name, value)
    found = _floating(name, found)
    _demand_shape(name, found.shape, shapes)
    return _finite(name, found) if finite else found


def _floating(name: str, array: Any) -> Any:
    known = isinstance(array, np.ndarray)
    kind = array.dtype
    if jnp.issubdtype(kind, jnp.complexfloating):
        raise ValueError(f"{name} holds complex numbers ({kind}): pass its real part, .real")
    if known and kind == np.dtype(object):
        array = _from_objects(name, array)
    elif jnp.issubdtype(kind, np.timedelta64) or not any(
        jnp.issubdtype(kind, family) for family in (np.number, np.bool_)
    ):
        what = "text" if getattr(kind, "kind", "") in "USaT" and known else f"{kind}"[:60]
        raise ValueError(f"{name} holds {what}, expected numbers: convert it to float")
    wide = _wide(array.dtype)
    if not known:
        return array if array.dtype == wide else jnp.asarray(array, wide)
    return np.asarray(array, np.float64 if wide is float else wide)


def _wide(kind: Any) -> Any:
    """Name the dtype to compute in, in native byte order; float stands for the widest at hand."""
    if not jnp.issubdtype(kind, jnp.floating) or kind.itemsize > 8:
        return float
    return np.dtype(np.float32 if kind.itemsize < 4 else f"f{kind.itemsize}")


def _from_objects(name: str, array: np.ndarray) -> np.ndarray:
    for place, item in np.ndenumerate(array):
        number = isinstance(item, Number) or (getattr(item, "ndim", None) == 0)
        if not number or isinstance(item, complex | np.complexfloating):
            where = f"at index {place}" if place else "in place of an array"
            raise ValueError(
                f"{name} holds {repr(item)[:60]} of type {type(item).__name__} {where}, "
                "expected a number: drop these rows from all arguments, or fill them"
            )
    return array.astype(float)


def _demand_shape(name: str, shape: tuple[int, ...], shapes: tuple[str, ...]) -> None:
    axes = [text.split() for text in shapes]
    if axes and len(shape) not in map(len, axes):
        wanted = " or ".join(
            f"({', '.join(a)}{',' * (len(a) == 1)})" if a else "a number" for a in axes
        )
        remedy = ""
        if shape and any(len(a) == 1 for a in axes) and np.prod(shape) == max(shape):
            remedy = ": pass it with .reshape(-1)"
        elif len(shape) == 1 and any(len(a) == 2 for a in axes):
            remedy = ": pass it with .reshape(-1, 1) if it is one column"
        raise ValueError(f"{name} has shape {shape}, expected {wanted}{remedy}")
    if 0 in shape:
        raise ValueError(f"{name} has shape {shape} and holds no number: pass at least one row")
    if axes and len(shape) == 2 and shape[0] == 1 and ["n", "tasks"] in axes and ["n"] in axes:
        raise ValueError(
            f"{name} has shape {shape}, one input with {shape[1]} tasks: for one task over "
            f"{shape[1]} inputs pass it with .reshape(-1)"
        )


def _finite(name: str, array: Any) -> Any:
    xp = np if isinstance(array, np.ndarray) else jnp
    fine = xp.isfinite(array)
    if isinstance(fine, Tracer):
        return eqx.error_if(array, ~fine.all(), f"{name} holds NaN or infinity")
    if fine.all():
        return array
    places = np.argwhere(~np.asarray(fine))
    place = tuple(places[0].tolist())
    at = f"at index {place}" if place else "in place of a number"
    count = f", {len(places)} in all" if len(places) > 1 else ""
    raise ValueError(
        f"{name} holds {'NaN' if np.isnan(np.asarray(array)[place]) else 'infinity'} {at}{count}: "
        "drop these rows from all arguments, or fill them"
    )
