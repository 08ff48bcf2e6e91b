"""Predictions of classes: probabilities, class numbers or words become rows of one kind."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from jax.core import Tracer

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.report._labels import coded, one_hot, predicted
from w2s_jax.report._loss import Loss
from w2s_jax.report._probabilities import are_distributions, distributions, tied
from w2s_jax.report._reading import digits_of


class Classes(NamedTuple):
    """What is compared, on the host, in float64.

    Attributes:
        weak: `(n, classes)` rows, or `(n,)` class numbers for zero-one loss; as are the next.
        student: predictions.
        truth: labels, or None.
        strong: predictions of the strong model fitted on truth, or None.
        ceiling: its error where that was given, `()`; else None.
        features: `(n, d)` or None.
        experts: `(k, n, classes)` or None.
        predicted: the class that each of the four predicts, `(n,)`, by name; empty where rows are
            no probabilities.
        digits: the machine epsilon of each argument as given, by name.
        told: for the checks: how far sums of rows were from 1, which share of rows is tied.

    Example:
        >>> from w2s_jax.report._loss import chosen
        >>> read_classes(chosen("kl"), weak=[[0.5, 0.5]], student=[[0.2, 0.8]]).predicted
        {'weak': array([0]), 'student': array([1])}
    """

    weak: Any
    student: Any
    truth: Any
    strong: Any
    ceiling: Any
    features: Any
    experts: Any
    predicted: dict[str, np.ndarray]
    digits: dict[str, float]
    told: dict[str, Any]


def read_classes(loss: Loss, **arguments: Any) -> Classes:
    """Read the arguments of `evaluate` for a loss other than the squared one.

    Args:
        loss: decides what predictions may be.
        arguments: weak, student, truth, ceiling, features and experts, None or absent if not given.

    Raises:
        ValueError: what the door refuses; a traced array; shapes or numbers of classes that
            differ; rows that are no probabilities; class numbers out of range.

    Example:
        >>> from w2s_jax.report._loss import chosen
        >>> read_classes(chosen("zero-one"), weak=["cat", "dog"], student=["cat", "cat"]).student
        array([0, 0])
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    _demand_known(given)
    given = {n: np.asarray(v) if isinstance(v, Array) else v for n, v in given.items()}
    number = _error_given(given)
    models = {n: v for n, v in given.items() if n not in ("features", "experts")}
    same_rows(**models, features=given.get("features"))
    if loss.name == "zero-one":
        arrays = coded(models)
    else:
        arrays = {n: numbers(n, v, "n", "n classes") for n, v in models.items()}
    digits = {name: digits_of(models[name], array) for name, array in arrays.items()}
    more = _more(given, len(arrays["weak"]), digits)
    arrays = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
    count = _classes(arrays, more.get("experts"))
    experts = {"experts": more["experts"]} if "experts" in more else {}
    if loss.of_classes or are_distributions(arrays.values()):
        rows, labels, told = _probable(arrays | experts, count, loss, digits)
    else:
        rows, labels, told = _raw(arrays, loss) | experts, {}, {}
        more.pop("features", None)  # of which class such rows are is not checked
    return Classes(
        rows["weak"],
        rows["student"],
        rows.get("truth"),
        rows.get("ceiling"),
        number,
        more.get("features"),
        rows.get("experts"),
        labels,
        digits,
        told,
    )


def _demand_known(given: dict) -> None:
    for name, value in given.items():
        if any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(value)):
            raise ValueError(
                f"{name} is traced by JAX, and this loss is reported of known numbers: call "
                "evaluate outside jit, vmap and grad, and inside them the divergence itself"
            )


def _error_given(given: dict) -> Any:
    """Take the ceiling out of the arguments where it is an error and no predictions."""
    if "ceiling" not in given:
        return None
    if "truth" not in given:
        raise ValueError("a ceiling needs truth: PGR is gain / (weak error − ceiling)")
    if np.ndim(given["ceiling"]):
        return None
    found = float(numbers("ceiling", given.pop("ceiling"), ""))
    if found < 0:
        raise ValueError(f"ceiling must be a mean error, at least 0, or predictions; got {found}")
    return np.asarray(found)


def _more(given: dict, inputs: int, digits: dict) -> dict:
    more = {}
    if "features" in given:
        more["features"] = numbers("features", given["features"], "n d")
    if "experts" in given:
        more["experts"] = numbers("experts", given["experts"], "k n classes")
        if more["experts"].shape[1] != inputs:
            raise ValueError(
                f"experts have shape {more['experts'].shape}, but weak {inputs} inputs: pass "
                "(k, n, classes), each expert's probabilities of the same inputs"
            )
    for name, array in more.items():
        digits[name] = digits_of(given[name], array)
    return {name: np.asarray(array, np.float64) for name, array in more.items()}


def _classes(arrays: dict, experts: Any) -> int | None:
    counts = {name: array.shape[1] for name, array in arrays.items() if array.ndim == 2}
    counts |= {} if experts is None else {"experts": experts.shape[2]}
    for name, count in counts.items():
        first = next(iter(counts))
        if count == 1 < max(counts.values()):
            raise ValueError(
                f"{name} has shape {arrays[name].shape}, one column: pass class numbers, (n,), "
                "with .reshape(-1), or probabilities of all classes"
            )
        if count != counts[first]:
            raise ValueError(
                f"{name} has {count} classes, but {first} has {counts[first]}: pass probabilities "
                "of the same classes in the same order"
            )
    return next(iter(counts.values()), None)


def _probable(
    arrays: dict, count: int | None, loss: Loss, digits: dict
) -> tuple[dict, dict[str, np.ndarray], dict]:
    """Take probabilities, or class numbers: rows, the classes predicted, what checks are told."""
    rows, told = distributions(arrays, digits) if loss.of_classes else (dict(arrays), {})
    labels = predicted(rows, count, loss)
    models = {name: array for name, array in rows.items() if name != "experts"}
    shared = [tied(array) for array in models.values() if array.ndim == 2]
    told |= {"tied": np.mean(np.any(shared, axis=0))} if shared else {}
    models = labels if loss.name == "zero-one" else one_hot(models, labels, count)
    return rows | models, labels, told


def _raw(arrays: dict, loss: Loss) -> dict:
    """Take rows that are no probabilities, or one number a row, as the divergence does."""
    shape = arrays["weak"].shape
    for name, array in arrays.items():
        if array.shape != shape:
            raise ValueError(
                f"{name} has shape {array.shape} and weak {shape}: pass rows of the same length"
            )
        loss.divergence.domain.read(name, array[:, None] if array.ndim == 1 else array)
    return {name: array[:, None] if array.ndim == 1 else array for name, array in arrays.items()}
