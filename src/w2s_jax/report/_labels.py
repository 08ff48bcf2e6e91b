"""Class labels: words and numbers become numbers, numbers become rows."""

from typing import Any

import numpy as np

from w2s_jax.arrays import numbers
from w2s_jax.report._loss import Loss


def coded(models: dict) -> dict:
    """Give numbers to classes whose labels all are words, or all whole numbers.

    Args:
        models: what was given, by name.

    Returns:
        Arrays of class numbers, or of probabilities as given where one has classes.

    Raises:
        ValueError: words and numbers; numbers that are not whole.

    Example:
        >>> coded({"weak": ["no", "yes"], "student": ["yes", "yes"]})["student"]
        array([1., 1.])
    """
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


def predicted(rows: dict, count: int | None, loss: Loss) -> dict[str, np.ndarray]:
    """Return the class that each model predicts: the largest probability, the first of equals.

    Args:
        rows: `(n, classes)` or `(n,)` by name.
        count: of classes, if known.
        loss: zero-one loss needs no count.

    Raises:
        ValueError: class numbers that are not whole, or of no class; no count.

    Example:
        >>> from w2s_jax.report._loss import chosen
        >>> predicted({"weak": np.array([[0.5, 0.5], [0.1, 0.9]])}, 2, chosen("kl"))["weak"]
        array([0, 1])
    """
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


def one_hot(rows: dict, labels: dict, count: int | None) -> dict:
    """Turn class numbers into rows with a 1.

    Example:
        >>> one_hot({"truth": np.array([1.0])}, {"truth": np.array([1])}, 2)["truth"]
        array([[0., 1.]])
    """
    classes = np.arange(count or 0)
    return {
        name: (labels[name][:, None] == classes).astype(float) if array.ndim == 1 else array
        for name, array in rows.items()
    }
