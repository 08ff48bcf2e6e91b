r"""The student of a head whose weights are confined to a convex set.

With $G = H^\top H / n$ the distance between two heads' functions is the distance between their
weights in the metric $G$, so that projecting the weak model onto the functions of heads within $C$
(Charikar et al. 2024) is a projection of weights. $G$ is never decomposed: with $H / \sqrt n = Q R$
all products go through $R$, whose condition number is that of $H$ and not its square.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.projections._known import solve_known
from w2s_jax.projections._outcomes import Projection, as_projection, certain
from w2s_jax.projections._settings import options
from w2s_jax.quadratics import Metric, Quadratic
from w2s_jax.sets._base import ConvexSet, convex_set, traced


def project_functions(
    features: Any,
    weak: Any,
    onto: ConvexSet,
    *,
    bias: bool = True,
    tol: float | None = None,
    max_steps: int = 1000,
    throw: bool = True,
) -> Projection:
    r"""Project a weak model onto the functions of heads whose weights lie in a set: the student.

    $$\arg\min_{s = H\theta + b,\ \theta \in C} \frac1n \sum_i (s_i - w_i)^2$$

    Args:
        features: $H$, the strong model's, `(n, d)`.
        weak: predictions of the weak model, `(n,)` or `(n, tasks)`, label units.
        onto: $C$, the weights that are allowed.
        bias: whether a free constant $b$ is added, as in `fit_head`.
        tol: relative gap at which to stop, as in `project`; by default 1e-10, and 1e-5 where traced
            numbers are float32 (known ones are computed in float64).
        max_steps: rounds after which to stop.
        throw: raise where a projection is not certified; False hands back what was found.

    Returns:
        A `Projection` whose `value` holds the student's predictions, shaped like `weak`; gap,
        steps and status are `()` or `(tasks,)`.

    Raises:
        ValueError: shapes that do not fit, NaN or infinity; unless `throw` is False, a projection
            that could not be certified.

    Example:
        >>> from w2s_jax.sets import NonNegative
        >>> features, weak = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([2.0, -1.0])
        >>> print(project_functions(features, weak, NonNegative(), bias=False).value)
        [2. 0.]
    """
    x, y = _read(features, weak, onto, "weak")
    found, _, value = _weights(x, y, onto, 0.0, bias, tol, max_steps)
    found = eqx.tree_at(lambda p: p.value, found, value)
    return certain(found, "project_functions") if throw else found


def constrained_weights(
    features: Any,
    labels: Any,
    onto: ConvexSet,
    *,
    ridge: Any = 0.0,
    bias: bool = True,
    tol: float | None = None,
    max_steps: int = 1000,
    throw: bool = True,
) -> tuple[Projection, Float[Array | np.ndarray, "*tasks"]]:
    """Find the weights, `(d,)` or `(tasks, d)`, behind `project_functions`, and the constants.

    Args:
        features: `(n, d)`.
        labels: `(n,)` or `(n, tasks)`.
        onto: the weights that are allowed.
        ridge: λ ≥ 0 of λ ‖θ‖² added to the mean squared error.
        bias: whether a free constant is added, as in `fit_head`.
        tol: as in `project_functions`.
        max_steps: as in `project_functions`.
        throw: as in `project_functions`.

    Returns:
        A `Projection` with the weights as its value, and the constants, `()` or `(tasks,)`.

    Raises:
        ValueError: as `project_functions`.

    Example:
        >>> from w2s_jax.sets import Ball
        >>> features, labels = np.array([[0.0], [1.0]]), np.array([3.0, 5.0])
        >>> found, constant = constrained_weights(features, labels, Ball(radius=1.0))
        >>> print(found.value.round(6), constant.round(6))
        [1.] 3.5
    """
    x, y = _read(features, labels, onto, "labels")
    found, constant, _ = _weights(x, y, onto, ridge, bias, tol, max_steps)
    return (certain(found, "constrained_weights") if throw else found), constant


def _read(features, labels, onto: ConvexSet, name: str) -> tuple[Any, Any]:
    if np.ndim(features) == 1 and np.ndim(labels) == 2:
        raise ValueError(
            f"features must be (n, d) and come before {name}, got shapes {np.shape(features)} and "
            f"{np.shape(labels)}"
        )
    x = numbers("features", features, "n d")
    y = numbers(name, labels, "n", "n tasks")
    if y.shape[0] != x.shape[0]:
        raise ValueError(
            f"features have {x.shape[0]} rows and {name} {y.shape[0]}: features come first, "
            "and both hold one row an input"
        )
    same_rows(**{"features": features, name: labels})
    if convex_set("onto", onto).dimension not in (None, x.shape[1]):
        raise ValueError(f"features have width {x.shape[1]}, but the set has {onto.dimension}")
    return x, y


def _weights(x, y, onto, ridge, bias: bool, tol, max_steps: int):
    """Return the projection of weights, the constants and the functions' values."""
    if traced(x, y, onto, ridge):
        dtype = jnp.result_type(x, y, float)
        tol = options(tol, max_steps, dtype)
        many = jnp.asarray(y, dtype).reshape(len(y), -1)
        limits = np.asarray(tol, dtype), np.asarray(max_steps)
        found, constant, value = _fit(
            jnp.asarray(x, dtype), many, onto, jnp.asarray(ridge, dtype), *limits, bias=bias
        )
        found = as_projection(found, tol, (*y.shape[1:], x.shape[1]))
        return found, constant.reshape(y.shape[1:]), value.reshape(y.shape)
    options(tol, max_steps, np.dtype(np.float64))
    return solve_known(np.asarray(x), np.asarray(y), onto, ridge, bias, tol, max_steps)


@eqx.filter_jit
def _fit(x, y, onto, ridge, tol, max_steps, *, bias: bool):
    with jax.default_matmul_precision("highest"):
        center, middle = (a.mean(0) if bias else a[0] * 0 for a in (x, y))
        inner, labels = x - center[None], y - middle[None]
        eye = jnp.eye(x.shape[1], dtype=x.dtype)
        gram = inner.T @ inner / len(x) + ridge * eye
        stacked = jnp.concatenate([inner / len(x) ** 0.5, jnp.sqrt(ridge) * eye])
        q, root = jnp.linalg.qr(jax.lax.stop_gradient(stacked))
        goal = (jax.lax.stop_gradient(labels) / len(x) ** 0.5).T @ q[: len(x)]
        metric = Metric.from_root(root, (gram + gram.T) / 2)
        quadratic = Quadratic(metric, labels.T @ inner / len(x), goal)
        found = onto.minimise(quadratic, tol=tol, max_steps=max_steps)
        constant = middle - found.value @ center
        return found, constant, inner @ found.value.T + middle[None]
