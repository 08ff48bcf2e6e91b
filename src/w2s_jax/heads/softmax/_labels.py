"""Labels of softmax heads: class numbers or probabilities, read or refused."""

from typing import Any

import numpy as np
from jax import Array
from jax.core import Tracer

from w2s_jax.arrays import numbers
from w2s_jax.arrays._counts import check_count
from w2s_jax.arrays._foreign import as_numpy


def known(name: str, value: Any) -> Any:
    """Return JAX's known arrays as numpy's; what others bring as it came.

    Raises:
        ValueError: traced arrays.

    Example:
        >>> import jax
        >>> known("features", jax.numpy.ones(2)).astype(float)
        array([1., 1.])
    """
    if isinstance(value, Tracer):
        raise ValueError(
            f"{name} is traced: softmax heads are fitted by numpy, on known numbers; fit outside "
            "jit, vmap and grad (the fitted head may be called inside)"
        )
    return np.asarray(value) if isinstance(value, Array) else value


def probabilities(value: Any, axes: str, classes: int | None) -> np.ndarray:
    """Return labels as probabilities, `(…, classes)`, float64.

    Args:
        value: class numbers or booleans with these axes, or probabilities with one more.
        axes: `"n"` or `"n tasks"`.
        classes: how many, for class numbers; None: up to the largest.

    Raises:
        ValueError: what is neither, one sentence.

    Example:
        >>> probabilities([2, 0], "n", None)
        array([[0., 0., 1.],
               [1., 0., 0.]])
    """
    raw = as_numpy("labels", known("labels", value))
    found = numbers("labels", raw, axes, f"{axes} classes")
    if found.ndim > len(axes.split()):
        return _soft(raw, found.astype(float), classes)
    if classes is not None:
        check_count("classes", classes, 1)
    odd = np.argwhere((found != np.round(found)) | (found < 0))
    if len(odd):
        place = tuple(odd[0].tolist())
        remedy = "for probabilities of two classes pass np.stack([1 - p, p], axis=-1)"
        if found[place] < 0:
            remedy = "for signs pass labels > 0"
        raise ValueError(
            f"labels holds {found[place]:g} at index {place}, expected class numbers 0, 1, …: "
            f"{remedy}"
        )
    most = int(found.max()) + 1
    count = classes or max(most, 2 if raw.dtype == bool else 1)
    if most > (classes or len(found) + 1):
        place = tuple(np.argwhere(found == found.max())[0].tolist())
        limit = f"classes={classes}" if classes else f"there are {len(found)} inputs"
        raise ValueError(
            f"labels holds class number {most - 1} at index {place}, but {limit}: number classes "
            "from 0, as np.unique(labels, return_inverse=True)[1] does"
        )
    return np.eye(count)[found.astype(int)]


def _soft(raw: np.ndarray, found: np.ndarray, classes: int | None) -> np.ndarray:
    if classes is not None and classes != found.shape[-1]:
        raise ValueError(
            f"classes is {classes}, but labels of shape {found.shape} have {found.shape[-1]}: "
            "leave it out"
        )
    if (found < 0).any():
        place = tuple(np.argwhere(found < 0)[0].tolist())
        raise ValueError(
            f"labels holds {found[place]:.3g} at index {place}, expected probabilities: of logits "
            "pass the softmax"
        )
    total = found.sum(-1, keepdims=True)
    eps = np.finfo(raw.dtype).eps if raw.dtype.kind == "f" else np.finfo(float).eps
    off = abs(total - 1)[..., 0] > 8 * float(eps) * found.shape[-1]
    if off.any():
        place = tuple(np.argwhere(off)[0].tolist())
        raise ValueError(
            f"labels at index {place} sum to {total[place][0]:.9g}, expected probabilities that "
            "sum to 1: divide each row by its sum, or pass class numbers"
        )
    return found / total
