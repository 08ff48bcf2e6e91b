"""What every bound asks of its arguments: numbers through the door, of the same rows."""

from typing import Any

import numpy as np
from jax import Array
from jax.core import Tracer

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.arrays._host import to_host
from w2s_jax.checks import Check
from w2s_jax.report import Report

Given = Any  # whatever `w2s_jax.arrays.numbers` reads


def predictions(
    weak: Given, student: Given, truth: Given = None, features: Given = None
) -> tuple[Any, Any, Any, Any]:
    """Read weak model, student, truth and features on the same inputs.

    Args:
        weak: `(n,)` or `(n, tasks)`.
        student: same shape.
        truth: same shape, or None.
        features: `(n, d)` or `(tasks, n, d)`, or None.

    Returns:
        The four as arrays of numpy or JAX; None stays None.

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`; shapes that differ.

    Example:
        >>> weak, student, truth, _ = predictions([1, 2], [1, 1])
        >>> print(weak, truth)
        [1. 2.] None
    """
    given = {"weak": weak, "student": student, "truth": truth}
    read: dict[str, Any] = {
        name: None
        if value is None and name == "truth"
        else numbers(name, _at_hand(value), "n", "n tasks")
        for name, value in given.items()
    }
    x: Any = None
    if features is not None:
        x = numbers("features", _at_hand(features), "n d", "tasks n d")
    stacked = x is not None and x.ndim == 3
    same_rows(**given, features=None if stacked else features)
    shape = read["weak"].shape
    for name, array in read.items():
        if array is not None and array.shape != shape:
            raise ValueError(
                f"{name} has shape {array.shape} and weak {shape}: "
                "pass the same inputs and the same tasks"
            )
    if stacked and x.shape[:2] != (*shape[1:], shape[0])[-2:]:
        raise ValueError(
            f"features has shape {x.shape}, expected (tasks, n, d) for predictions of shape "
            f"{shape}: one matrix for each task, a row for each input"
        )
    return read["weak"], read["student"], read["truth"], x


def tested(report: Report, names: tuple[str, ...]) -> dict[str, Check]:
    """Return those of a report's checks that could have failed.

    Where nothing bounds how far a head within a set is from the projection, a check of it would
    pass whatever the student: it tests nothing.

    Args:
        report: of `evaluate`.
        names: of checks; those that the report lacks are left out.

    Example:
        >>> from w2s_jax.report import evaluate
        >>> report = evaluate(np.ones(3), np.zeros(3), np.ones(3), features=np.eye(3, 1))
        >>> tested(report, ("projection", "magic"))["projection"].holds
        False
    """
    if not np.isfinite(np.asarray(report.evidence.get("uncertainty", 0.0))).all():
        return {}
    found = report.checks
    return {name: found[name] for name in names if name in found}


def known(**arrays: Any) -> list:
    """Bring arrays to the host in float64; what is traced has no known rank, and is refused.

    Args:
        arrays: of numpy or JAX by name; None stays None.

    Raises:
        ValueError: a traced array.

    Example:
        >>> print(known(weak=np.ones(2, np.float32), truth=None))
        [array([1., 1.]), None]
    """
    for name, array in arrays.items():
        if isinstance(array, Tracer):
            raise ValueError(
                f"{name} is traced by JAX, and this bound needs known numbers: call it outside "
                "jit, vmap and grad"
            )
    return [None if array is None else np.asarray(array, np.float64) for array in arrays.values()]


def positive(name: str, value: Given) -> float:
    """Read one positive, finite number.

    Raises:
        ValueError: anything else.

    Example:
        >>> positive("weight_norm", 2)
        2.0
    """
    number = _one(name, value)
    if not (number > 0 and np.isfinite(number)):
        raise ValueError(f"{name} must be positive and finite, got {number:g}")
    return number


def count(name: str, value: Given) -> int:
    """Read a number of inputs: whole, at least 1.

    Raises:
        ValueError: anything else.

    Example:
        >>> count("fitted_on", 100)
        100
    """
    number = positive(name, value)
    if number != int(number):
        raise ValueError(f"{name} must be a whole number of inputs, got {number:g}")
    return int(number)


def probability(name: str, value: Given) -> float:
    """Read a probability strictly between 0 and 1.

    Raises:
        ValueError: anything else.

    Example:
        >>> probability("delta", 0.05)
        0.05
    """
    number = _one(name, value)
    if not 0 < number < 1:
        raise ValueError(f"{name} must lie in (0, 1), got {number:g}")
    return number


def _at_hand(value: Given) -> Given:
    return to_host(value) if isinstance(value, Array) else value  # numpy compiles nothing


def _one(name: str, value: Given) -> float:
    (array,) = known(**{name: numbers(name, value, "", finite=False)})
    return float(array)
