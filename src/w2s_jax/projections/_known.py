"""Heads within a set on numbers that are known: in float64 on the host, whatever JAX's flag."""

from typing import Any

import jax
import numpy as np

from w2s_jax.arrays._host import to_jax, wide
from w2s_jax.projections._outcomes import Projection, as_projection
from w2s_jax.projections._settings import compiled_soon, padded
from w2s_jax.quadratics import Metric, Quadratic
from w2s_jax.quadratics._metric import accuracy
from w2s_jax.sets import Scaled
from w2s_jax.sets._base import ConvexSet


def solve_known(
    x: np.ndarray,
    y: np.ndarray,
    onto: ConvexSet,
    ridge: float,
    bias: bool,
    tol: float | None,
    max_steps: int,
) -> tuple[Projection, Any, Any]:
    """Fit heads within `onto` by QR of the centered, scaled columns and a projection through R.

    Columns are brought to one size where the set can be stretched with them; powers of 2 cost no
    digit. Elsewhere features and labels are only brought within reach of their squares.

    Args:
        x: features, `(n, d)`, float32 or float64.
        y: labels, `(n,)` or `(n, tasks)`.
        onto: the set of weights.
        ridge: λ ≥ 0.
        bias: fit a constant.
        tol: relative gap; None for the default of float64.
        max_steps: rounds.

    Returns:
        The projection of weights, constants and functions, in the dtype of the features and labels.

    Example:
        >>> from w2s_jax.sets import Ball
        >>> x, y = np.array([[0.0], [1.0]]), np.array([3.0, 5.0])
        >>> found, constant, value = solve_known(x, y, Ball(radius=1.0), 0.0, True, None, 100)
        >>> print(found.value.round(6), value.round(6))
        [1.] [3.5 4.5]
    """
    dtype = np.result_type(x, y)
    exact, many = x.astype(np.float64), y.reshape(len(y), -1).astype(np.float64)
    center = exact.mean(0) if bias else np.zeros(exact.shape[1])
    middle = many.mean(0) if bias else np.zeros(many.shape[1])
    inner, labels = exact - center, many - middle
    tol = accuracy(np.dtype(np.float64)) if tol is None else tol
    with wide():
        columns, unit, within = _units(inner, labels, onto, bool(ridge))
        root, goal = _factored(inner / columns, labels / unit, np.sqrt(ridge) / columns)
        limits = np.asarray(tol, np.float64), np.asarray(max_steps)
        found = jax.tree.map(np.asarray, _project(root, padded(goal), within, *limits))
    found = jax.tree.map(lambda a: a[: many.shape[1]], found)
    weights = found.value * (unit / columns)
    constant, value = middle - weights @ center, inner @ weights.T + middle
    shapes = (*y.shape[1:], x.shape[1]), y.shape[1:], y.shape
    weights, constant, value = (
        to_jax(np.asarray(a, dtype).reshape(shape))
        for a, shape in zip((weights, constant, value), shapes, strict=True)
    )
    rest = (
        to_jax(a.reshape(y.shape[1:])) for a in (found.gap.astype(dtype), found.steps, found.status)
    )
    return Projection(weights, *rest), constant, value


def _units(inner: np.ndarray, labels: np.ndarray, onto: ConvexSet, ridge: bool):
    """Choose powers of 2 for the columns and the labels, and the set in these units."""
    largest = abs(inner).max(0)
    unit = _power(abs(labels).max())
    columns = _power(np.where(largest > 0, largest, largest.max()))
    spread = columns.max() / columns.min()
    far = not (1e-30 < columns.max() < 1e30 and 1e-30 < unit < 1e30)
    # A ridge counts weights in their own units.
    within = onto.stretched(columns / unit) if (spread > 100 or far) and not ridge else None
    if within is not None:
        return columns, unit, within
    columns = np.full_like(columns, columns.max())
    within = onto.stretched(columns / unit) if far else None
    if within is not None and not ridge:
        return columns, unit, within
    if far:
        return columns, unit, Scaled(onto, columns[0] / unit)
    return np.ones_like(columns), 1.0, onto


def _power(size: Any) -> Any:
    """Return powers of 2 next to sizes, which rescale without rounding; 1 for 0."""
    return np.exp2(np.floor(np.log2(np.where(size > 0, size, 1.0))))


def _factored(x: np.ndarray, y: np.ndarray, shrink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return square R and Qᵀy of the means' problem, with the ridge's rows where there is one."""
    n, d = x.shape
    rows = x / np.sqrt(n)
    if shrink.any():
        rows = np.vstack([rows, np.diag(shrink)])
    q, r = np.linalg.qr(rows)
    goal = (y / np.sqrt(n)).T @ q[:n]
    missing = max(d - len(r), 0)  # one program for a few inputs and for many
    return np.pad(r, ((0, missing), (0, 0))), np.pad(goal, ((0, 0), (0, missing)))


@compiled_soon
def _project(root, goal, onto: ConvexSet, tol, max_steps) -> Projection:
    with jax.default_matmul_precision("highest"):
        quadratic = Quadratic(Metric.from_root(root), goal @ root, goal)
        found = onto.minimise(quadratic, tol=tol, max_steps=max_steps)
        return as_projection(found, tol, found.value.shape)
