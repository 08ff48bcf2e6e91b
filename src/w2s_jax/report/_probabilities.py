"""Rows of probabilities, as many digits as they were written with; logits are refused."""

from typing import Any

import numpy as np

_LOOSE = 1e-3  # of a row's sum: probabilities that were written with four decimals


def distributions(arrays: dict, digits: dict) -> tuple[dict, dict]:
    """Divide rows of probabilities by their sums, which only rounding may have moved.

    Args:
        arrays: `(…, classes)` by name; `(n,)` class numbers stay what they are.
        digits: the machine epsilon of each as given.

    Returns:
        The rows, and how far a sum was from 1 beside what rounding may do.

    Raises:
        ValueError: a negative number, a sum that is off by more than four decimals leave.

    Example:
        >>> rows, told = distributions({"weak": np.array([[0.3333, 0.6666]])}, {"weak": 2.0**-52})
        >>> print(rows["weak"].sum(), round(told["sums"], 6))
        1.0 0.0001
    """
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


def are_distributions(arrays: Any) -> bool:
    """Say whether all rows of all arrays are probabilities of two classes or more.

    Example:
        >>> are_distributions([np.array([[0.5, 0.5]]), np.array([2.0])])
        True
    """
    wide = [array for array in arrays if array.ndim == 2]
    return bool(wide) and all(
        array.shape[1] > 1 and (array >= 0).all() and np.allclose(array.sum(1), 1, atol=1e-6)
        for array in wide
    )


def tied(array: np.ndarray) -> np.ndarray:
    """Say for each row whether classes share its largest number.

    Example:
        >>> tied(np.array([[0.4, 0.4, 0.2], [0.2, 0.5, 0.3]]))
        array([ True, False])
    """
    return (array == array.max(1, keepdims=True)).sum(1) > 1
