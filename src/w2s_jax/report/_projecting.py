"""What the student's features add: projections of weak model and truth, and how well known."""

from contextlib import nullcontext
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from w2s_jax import heads
from w2s_jax.heads import fit_heads
from w2s_jax.report._means import leftovers, mean
from w2s_jax.report._reading import Compared
from w2s_jax.sets._base import ConvexSet, accuracy

_x64 = (jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")).enable_x64
_SINGLE = float(np.finfo(np.float32).eps)
_ROUNDINGS = 4  # of a student's predictions: its weights, its products, their sum, its bias


def sizes(c: Compared, *, bias: bool) -> dict[str, Any]:
    """Return how large the labels are and how far rounding alone may move the models.

    Example:
        >>> from w2s_jax.report._reading import read
        >>> sorted(sizes(read([1.0, 2.0], [1.0, 1.5], None, None, None), bias=True))
        ['blur', 'inputs', 'rounding', 'spread', 'weak_scale']
    """
    xp: Any = np if isinstance(c.weak, np.ndarray) else jnp
    eps = max(c.digits["student"], c.digits["weak"])
    size, spread = xp.sqrt(mean(c.student**2)), _spread(c.weak, True)
    rounding = eps / 12**0.5 * size
    found = {
        "inputs": xp.asarray(len(c.weak)),
        "weak_scale": mean(c.weak**2),
        "spread": spread,
        # Models that agree to rounding are fine; labels that hardly vary beside their size are not.
        "rounding": xp.where((size > 10 * spread) & (rounding > 1e-5 * spread), rounding, 0.0),
        "blur": _blur(c.weak, xp.sqrt(mean(c.weak**2)), eps, bias),
    }
    if c.truth is not None:
        found["truth_scale"] = mean(c.truth**2)
        size = xp.sqrt(found["truth_scale"])
        found["blur_truth"] = _blur(c.truth, size, c.digits["truth"], bias)
    return found


def projected(
    c: Compared, *, bias: bool, within: ConvexSet | None, cut: float | None, test: bool
) -> tuple[dict, dict, Any]:
    """Project weak model and truth onto the class that the features span.

    Returns:
        Terms, evidence for the checks, and the rank of the features.

    Example:
        >>> from w2s_jax.report._reading import read
        >>> c = read([1.0, 2.0], [1.5, 1.5], None, None, [[0.0], [0.0]])
        >>> terms, evidence, rank = projected(c, bias=True, within=None, cut=None, test=False)
        >>> print(rank, evidence["distance_to_projection"])
        0 0.0
    """
    labels = [p for p in (c.weak, c.truth) if p is not None]
    if cut is None and within is None and isinstance(c.weak, np.ndarray):
        cut = _own_cut(c)
    (pw, reach), *rest, rank = _nearest(c, labels, bias, within, cut)
    xp: Any = np if isinstance(c.weak, np.ndarray) else jnp
    digits = max(c.digits[name] for name in ("student", "weak", "features"))
    loose = 0.0 if within is None else 4 * _accuracy(digits)
    evidence = {
        "directions": rank + int(bias),
        "distance_to_projection": mean((c.student - pw) ** 2),
        "competition": 2 * mean((c.weak - c.student) * (pw - c.student)),
        "uncertainty": xp.asarray(loose, c.weak.dtype),
        "blur": _blur(c.weak, reach, digits, bias, loose),
    }
    evidence |= _nearness(c, bias, cut) if within is None else {}
    if c.truth is None:
        return {}, evidence, rank
    pf, reach = rest[0]
    digits = max(c.digits["truth"], c.digits["features"])
    evidence["blur_truth"] = _blur(c.truth, reach, digits, bias, loose)
    terms = {"epsilon": (c.truth - pf) ** 2}
    if test:
        more = leftovers(c.weak, c.student, c.truth, pf) if c.strong is None else {}
        return terms | more, evidence, rank
    # In a subspace w - pw is orthogonal to pf - pw, and the two forms agree; pf rounds less.
    terms["correction"] = 2 * (c.weak - pw) * (c.truth - (pf if within is None else pw))
    return terms, evidence, rank


def _nearest(c: Compared, labels: list, bias: bool, within: Any, cut: float | None) -> list:
    """Return for each of the labels its projection and the reach of its head; last the rank."""
    known = isinstance(c.weak, np.ndarray)
    xp: Any = np if known else jnp
    flat = [p.reshape(len(p), -1) for p in labels]
    together = [xp.concatenate(flat, axis=1)] if c.features.ndim == 2 else flat
    largest = abs(c.features).max(-2)
    projections, reaches, rank = [], [], None
    for own in together:
        with _x64(True) if known else nullcontext():
            fitted = fit_heads(c.features, own, bias=bias, within=within, cut=cut)
            projections.append(xp.asarray(fitted(c.features)))
            weights = abs(xp.asarray(fitted.weights))
            rank = xp.asarray(fitted.rank) if rank is None else rank
        form = "d,dt->t" if largest.ndim == 1 else "td,dt->t"
        reaches.append(xp.einsum(form, largest, weights))
    p, reach = xp.concatenate(projections, axis=1), xp.concatenate(reaches)
    found = []
    for k, own in enumerate(labels):
        columns = slice(k * flat[0].shape[1], (k + 1) * flat[0].shape[1])
        own_reach = reach[columns].reshape(own.shape[1:]) + xp.sqrt(mean(own**2))
        found.append((p[:, columns].reshape(own.shape), own_reach))
    return [*found, rank]


def _spread(labels: Any, bias: bool) -> Any:
    xp: Any = np if isinstance(labels, np.ndarray) else jnp
    middle = mean(labels)[None] if bias else xp.zeros_like(labels[:1])
    return xp.sqrt(mean((labels - middle) ** 2))


def _blur(labels: Any, reach: Any, digits: float, bias: bool, loose: float = 0.0) -> Any:
    """Return how far from the exact projection of `labels` an honest computation may end.

    Features times weights round relative to their size, which an offset or canceling weights make
    large; what a solver leaves is relative to the spread of the labels.
    """
    xp: Any = np if isinstance(labels, np.ndarray) else jnp
    solved = _ROUNDINGS * digits * reach + digits**0.625 * _spread(labels, bias)
    return solved + loose**0.5 * xp.sqrt(mean(labels**2))


def _accuracy(digits: float) -> float:
    return accuracy(jnp.dtype("float32" if digits >= _SINGLE else "float64"))


def _own_cut(c: Compared) -> float | None:
    """Return the cut of `fit_heads` for features in single precision, which are float64 by now."""
    if c.digits["features"] < _SINGLE or hasattr(heads, "numerical_rank"):
        return None
    return max(c.features.shape[-2:]) * _SINGLE


def _nearness(c: Compared, bias: bool, cut: float | None) -> dict[str, Any]:
    """Return how far the nearest singular values are from the cut, where `heads` can say it."""
    numerical_rank = getattr(heads, "numerical_rank", None)
    if numerical_rank is None or c.features.ndim == 3:
        return {}
    found = numerical_rank(c.features, bias=bias, cut=cut)
    xp: Any = np if isinstance(c.weak, np.ndarray) else jnp
    return {name: xp.asarray(getattr(found, name)) for name in ("cut", "above", "below")}
