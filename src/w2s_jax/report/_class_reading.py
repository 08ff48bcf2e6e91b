"""Predictions of classes: probabilities, class numbers or words become rows of one kind."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from jax.core import Tracer

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.report._loss import Loss
from w2s_jax.report._reading import digits_of

_LOOSE = 1e-3  # of a row's sum: probabilities that were written with four decimals


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
    arrays = _coded(models) if loss.name == "zero-one" else None
    arrays = arrays or {n: numbers(n, v, "n", "n classes") for n, v in models.items()}
    digits = {name: digits_of(models[name], array) for name, array in arrays.items()}
    more = _more(given, len(arrays["weak"]), digits)
    arrays = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
    count = _classes(arrays, more.get("experts"))
    if loss.of_classes:
        rows, told = _distributions(arrays | _experts(more), digits)
    elif _are_distributions(arrays.values()):
        rows, told = dict(arrays) | _experts(more), {}
    else:
        return _raw(arrays, more, number, loss, digits)
    labels = _predicted(rows, count, loss)
    experts = rows.pop("experts", None)
    tied = [_tied(array) for array in rows.values() if array.ndim == 2]
    told |= {"tied": np.mean(np.any(tied, axis=0))} if tied else {}
    rows = labels if loss.name == "zero-one" else _one_hot(rows, labels, count)
    return Classes(
        rows["weak"],
        rows["student"],
        rows.get("truth"),
        rows.get("ceiling"),
        number,
        more.get("features"),
        experts,
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


def _experts(more: dict) -> dict:
    return {"experts": more["experts"]} if "experts" in more else {}


def _coded(models: dict) -> dict | None:
    """Give numbers to classes whose labels all are words, or all whole numbers."""
    texts = {name: _words(value) for name, value in models.items()}
    worded = [name for name, text in texts.items() if text is not None]
    if worded and len(worded) < len(texts):
        other = next(name for name, text in texts.items() if text is None)
        raise ValueError(
            f"{worded[0]} holds words and {other} does not: pass class labels of one kind, (n,)"
        )
    if not worded:
        arrays = {name: numbers(name, value, "n", "n classes") for name, value in models.items()}
        if any(array.ndim == 2 for array in arrays.values()):
            return arrays
        texts = {name: np.asarray(array, float) for name, array in arrays.items()}
        for name, array in texts.items():
            _demand_whole(name, array)
    codes = np.unique(np.concatenate([*texts.values()]), return_inverse=True)[1]
    ends = np.cumsum([len(text) for text in texts.values()])[:-1]
    return dict(zip(texts, np.split(codes.reshape(-1).astype(float), ends), strict=True))


def _words(value: Any) -> Any:
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if not isinstance(value, list | tuple | np.ndarray):
        return None
    found = value if isinstance(value, np.ndarray) else np.asarray(value, object)
    text = found.dtype.kind in "UT" or (
        found.dtype == object and found.size and all(isinstance(word, str) for word in found.flat)
    )
    return found.astype(str) if text and found.ndim == 1 else None


def _classes(arrays: dict, experts: Any) -> int | None:
    counts = {name: array.shape[1] for name, array in arrays.items() if array.ndim == 2}
    counts |= {} if experts is None else {"experts": experts.shape[2]}
    for name, count in counts.items():
        first = next(iter(counts))
        if count != counts[first]:
            raise ValueError(
                f"{name} has {count} classes, but {first} has {counts[first]}: pass probabilities "
                "of the same classes in the same order"
            )
    return next(iter(counts.values()), None)


def _distributions(arrays: dict, digits: dict) -> tuple[dict, dict]:
    """Divide rows of probabilities by their sums, which only rounding may have moved."""
    rows, told = {}, {}
    for name, array in arrays.items():
        if array.ndim == 1:
            rows[name] = array
            continue
        sums, allowed = array.sum(-1), 4 * array.shape[-1] * digits[name]
        bad = (array.min(-1) < 0) | (abs(sums - 1) > max(_LOOSE, allowed))
        if bad.any():
            _refuse(name, array, np.argwhere(bad)[0])
        worst = float(abs(sums - 1).max())
        if not told or worst / allowed > told["sums"] / told["sums_limit"]:
            told = {"sums": worst, "sums_limit": allowed}
        rows[name] = array / sums[..., None]
    return rows, told


def _refuse(name: str, array: np.ndarray, place: np.ndarray) -> None:
    row = array[tuple(place)]
    at = place[0] if len(place) == 1 else tuple(place.tolist())
    sum_ = f"sums to {row.sum():.6g}" + (f" and holds {row.min():.4g}" if row.min() < 0 else "")
    remedy = "or if it holds weights, divide each row by its sum"
    if array.min() < 0:
        remedy = f"and log-probabilities by np.exp({name})"
    raise ValueError(
        f"{name} is no probability in row {at}, which {sum_}: turn logits into probabilities by "
        f"scipy.special.softmax({name}, axis=-1), {remedy}"
    )


def _are_distributions(arrays: Any) -> bool:
    wide = [array for array in arrays if array.ndim == 2]
    return bool(wide) and all(
        array.shape[1] > 1 and (array >= 0).all() and np.allclose(array.sum(1), 1, atol=1e-6)
        for array in wide
    )


def _raw(arrays: dict, more: dict, number: Any, loss: Loss, digits: dict) -> Classes:
    """Take rows that are no probabilities, or one number a row, as the divergence does."""
    shape = arrays["weak"].shape
    for name, array in arrays.items():
        if array.shape != shape:
            raise ValueError(
                f"{name} has shape {array.shape} and weak {shape}: pass rows of the same length"
            )
        loss.divergence.domain.read(name, array[:, None] if array.ndim == 1 else array)
    rows = {name: array[:, None] if array.ndim == 1 else array for name, array in arrays.items()}
    return Classes(
        rows["weak"],
        rows["student"],
        rows.get("truth"),
        rows.get("ceiling"),
        number,
        None,
        more.get("experts"),
        {},
        digits,
        {},
    )


def _predicted(rows: dict, count: int | None, loss: Loss) -> dict[str, np.ndarray]:
    found = {}
    for name, array in rows.items():
        if name == "experts":
            continue
        if array.ndim == 2:
            found[name] = array.argmax(1)
            continue
        if count is None and loss.name != "zero-one":
            raise ValueError(
                f"{name} has shape {array.shape}: pass probabilities, (n, classes), of weak model "
                f"or student; of two classes np.stack([1 - {name}, {name}], axis=1)"
            )
        _demand_whole(name, array)
        least, most = array.min(), array.max()
        if count is not None and not 0 <= least <= most < count:
            raise ValueError(
                f"{name} holds the class {least if least < 0 else most:g}, but there are {count} "
                "classes, numbered from 0"
            )
        found[name] = array.astype(int)
    return found


def _demand_whole(name: str, array: np.ndarray) -> None:
    if array.ndim == 1 and (array != np.round(array)).any():
        place = int(np.argmax(array != np.round(array)))
        raise ValueError(
            f"{name} holds {array[place]:.4g} at index {place}, no class number: pass the numbers "
            f"of the classes, or of two classes np.stack([1 - {name}, {name}], axis=1)"
        )


def _one_hot(rows: dict, labels: dict, count: int | None) -> dict:
    classes = np.arange(count or 0)
    return {
        name: (labels[name][:, None] == classes).astype(float) if array.ndim == 1 else array
        for name, array in rows.items()
    }


def _tied(array: np.ndarray) -> np.ndarray:
    return (array == array.max(1, keepdims=True)).sum(1) > 1
