"""The arguments of `evaluate`: one shape, one dtype, and the digits that they came with."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from w2s_jax.arrays import numbers, same_rows

_LARGEST, _SMALLEST = 1e150, 1e-150  # beyond them squares overflow or vanish in float64
_LABELS = ("n", "n tasks")
_SHAPES = {
    "weak": _LABELS,
    "student": _LABELS,
    "truth": _LABELS,
    "ceiling": (),
    "features": ("n d", "tasks n d"),
}
_HALF = {"bfloat16": 2.0**-7, "float16": 2.0**-10, "half": 2.0**-10}


class Compared(NamedTuple):
    """What is compared: arrays of one kind, and how finely each was written down.

    Attributes:
        weak: `(n,)` or `(n, tasks)`; as are the next.
        student: predictions.
        truth: labels, or None.
        strong: predictions of the strong model fitted on truth, or None.
        ceiling: its error where that was given, `()` or `(tasks,)`; else None.
        features: `(n, d)`, `(tasks, n, d)` or None.
        digits: the machine epsilon of each argument as given, by name.

    Example:
        >>> read([1, 2], [1, 1], None, None, None).digits["weak"]
        2.220446049250313e-16
    """

    weak: Any
    student: Any
    truth: Any
    strong: Any
    ceiling: Any
    features: Any
    digits: dict[str, float]


def read(weak: Any, student: Any, truth: Any, ceiling: Any, features: Any, *more: Any) -> Compared:
    """Read all arrays: numpy's in float64 if every number is known, else JAX's as they came.

    Args:
        weak: of `evaluate`, as are the next.
        student: predictions.
        truth: labels or None.
        ceiling: a number, one a task, predictions, or None.
        features: or None.
        more: arrays that decide with these whether all is known.

    Raises:
        ValueError: what the door refuses, shapes that differ, a ceiling that is neither error nor
            predictions, labels whose squares float64 cannot hold.

    Example:
        >>> read([1, 2], [1, 1], None, None, None).weak
        array([1., 2.])
    """
    given = {"weak": weak, "student": student, "truth": truth, "ceiling": ceiling}
    given = {n: v for n, v in (given | {"features": features}).items() if v is not None}
    known = not any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves((given, more)))
    if known:  # by numpy, which compiles nothing
        given = {n: np.asarray(v) if isinstance(v, Array) else v for n, v in given.items()}
    arrays = {name: numbers(name, value, *_SHAPES[name]) for name, value in given.items()}
    shape = arrays["weak"].shape
    for name in ("student", "truth"):
        _same_shape(name, arrays, shape)
    _demand_rows(given, arrays)
    digits = {name: digits_of(value, arrays[name]) for name, value in given.items()}
    arrays = _on_host(arrays) if known else _in_jax(arrays)
    if known:
        _demand_size({name: arrays[name] for name in ("weak", "student", "truth") if name in given})
        student_ = arrays["student"]
        with np.errstate(over="ignore"):
            if (student_ == student_.astype(np.float32)).all():  # it cannot be better than this
                digits["student"] = max(digits["student"], float(np.finfo(np.float32).eps))
    strong, number = _ceiling(arrays)
    return Compared(
        arrays["weak"],
        arrays["student"],
        arrays.get("truth"),
        strong,
        number,
        arrays.get("features"),
        digits,
    )


def _on_host(arrays: dict) -> dict:
    return {name: np.asarray(array, np.float64) for name, array in arrays.items()}


def _in_jax(arrays: dict) -> dict:
    kinds = [a.dtype for name, a in arrays.items() if a.ndim or name != "ceiling"]
    wide = jax.dtypes.canonicalize_dtype(max(kinds, key=lambda kind: kind.itemsize))
    return {name: jnp.asarray(array, wide) for name, array in arrays.items()}


def digits_of(given: Any, array: Any) -> float:
    """Return the machine epsilon of an argument as given: half precision is wide by now.

    Example:
        >>> given = np.ones(2, np.float16)
        >>> digits_of(given, given.astype(np.float32)) == 2.0**-10
        True
    """
    name = str(getattr(given, "dtype", "")).rpartition(".")[2]
    return _HALF.get(name, float(jnp.finfo(array.dtype).eps))


def _same_shape(name: str, arrays: dict, shape: tuple) -> None:
    if name in arrays and arrays[name].shape != shape:
        raise ValueError(
            f"{name} has shape {arrays[name].shape}, but weak has shape {shape}: "
            "pass predictions for the same inputs and tasks, one task as (n,)"
        )


def _demand_rows(given: dict, arrays: dict) -> None:
    inputs = len(arrays["weak"])
    rows = {
        name: value
        for name, value in given.items()
        if name not in ("ceiling", "features") or arrays[name].shape[:1] == (inputs,)
    }
    same_rows(**rows)
    if "features" in arrays and arrays["features"].shape[-2] != inputs:
        raise ValueError(
            f"features hold {arrays['features'].shape[-2]} inputs, but weak {inputs}: "
            "pass the same inputs in the same order"
        )


def _demand_size(arrays: dict) -> None:
    sizes = np.max([np.abs(array).max(0) for array in arrays.values()], axis=0)
    bad = sizes[(sizes > _LARGEST) | ((sizes > 0) & (sizes < _SMALLEST))]
    if bad.size:
        raise ValueError(
            f"the largest of {', '.join(arrays)} is {bad.flat[0]:.3g}, and float64 does not hold "
            "its square: divide all of them by a common unit"
        )


def _ceiling(arrays: dict) -> tuple[Any, Any]:
    """Tell predictions of the strong model from its error."""
    if "ceiling" not in arrays:
        return None, None
    if "truth" not in arrays:
        raise ValueError("a ceiling needs truth: PGR is gain / (weak error − ceiling)")
    found, shape = arrays["ceiling"], arrays["weak"].shape
    if found.shape == shape:
        return found, None
    tasks = shape[1:]
    if found.ndim and (found.shape != tasks or tasks == shape[:1]):
        each = f", one error a task {tasks}" if tasks and tasks != shape[:1] else ""
        raise ValueError(
            f"ceiling has shape {found.shape}, expected an error (one number{each}) or the strong "
            f"model's predictions, of shape {shape} like weak"
        )
    sentence = "ceiling must be a mean squared error, at least 0, or predictions"
    if isinstance(found, Tracer):
        return None, eqx.error_if(found, (found < 0).any(), sentence)
    if (np.asarray(found) < 0).any():
        raise ValueError(f"{sentence}; got {np.asarray(found).min():.4g}")
    return None, found
