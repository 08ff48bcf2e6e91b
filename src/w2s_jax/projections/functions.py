r"""The student of a head whose weights are confined to a convex set.

With $G = H^\top H / n$ the distance between two heads' functions is the distance between their
weights in the metric $G$, so that projecting the weak model onto the functions of heads within $C$
(Charikar et al. 2024) is a projection of weights.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.projections.points import Projection, as_projection, finite, options
from w2s_jax.quadratics import Metric, Quadratic
from w2s_jax.sets.base import ConvexSet, held, traced


def project_functions(
    weak: Float[Array | np.ndarray, "n *tasks"],
    features: Float[Array | np.ndarray, "n d"],
    onto: ConvexSet,
    *,
    bias: bool = False,
    tol: float | None = None,
    max_steps: int = 1000,
) -> Projection:
    r"""Project a weak model onto the functions of heads whose weights lie in a set: the student.

    $$\arg\min_{s = H\theta + b,\ \theta \in C} \frac1n \sum_i (s_i - w_i)^2$$

    Args:
        weak: predictions of the weak model, `(n,)` or `(n, tasks)`, label units.
        features: $H$, the strong model's, `(n, d)`.
        onto: $C$, the weights that are allowed.
        bias: whether a free constant $b$ is added.
        tol: relative gap at which to stop, relative to the mean squared weak label; by default
            1e-10, and 1e-5 in float32.
        max_steps: rounds after which to stop and say so.

    Returns:
        A `Projection` whose `value` holds the student's predictions, shaped like `weak`; gap,
        steps and status are `()` or `(tasks,)`.

    Raises:
        ValueError: shapes that do not fit, NaN or infinity.

    Example:
        >>> from w2s_jax.sets import NonNegative
        >>> features = np.array([[1.0, 0.0], [0.0, 1.0]])
        >>> print(project_functions(np.array([2.0, -1.0]), features, NonNegative()).value)
        [2. 0.]
    """
    found, constant = constrained_weights(
        weak, features, onto, bias=bias, tol=tol, max_steps=max_steps
    )
    xp: Any = jnp if traced(features, found, constant) else np
    with jax.default_matmul_precision("highest"):
        value = xp.asarray(features, found.value.dtype) @ xp.asarray(found.value).T
    value = value + xp.broadcast_to(xp.asarray(constant), value.shape)
    return eqx.tree_at(lambda p: p.value, found, held(value))


def constrained_weights(
    labels: Float[Array | np.ndarray, "n *tasks"],
    features: Float[Array | np.ndarray, "n d"],
    onto: ConvexSet,
    *,
    ridge: float = 0.0,
    bias: bool = False,
    tol: float | None = None,
    max_steps: int = 1000,
) -> tuple[Projection, Float[Array, "*tasks"]]:
    """Find the weights, `(d,)` or `(tasks, d)`, behind `project_functions`, and the constants.

    Args:
        labels: `(n,)` or `(n, tasks)`.
        features: `(n, d)`.
        onto: the weights that are allowed.
        ridge: λ ≥ 0 of λ ‖θ‖² added to the mean squared error.
        bias: whether a free constant is added.
        tol: as in `project_functions`.
        max_steps: as in `project_functions`.

    Returns:
        A `Projection` with the weights as its value, and the constants, `()` or `(tasks,)`.

    Raises:
        ValueError: as `project_functions`.

    Example:
        >>> from w2s_jax.sets import Ball
        >>> labels, features = np.array([3.0, 5.0]), np.array([[0.0], [1.0]])
        >>> found, constant = constrained_weights(labels, features, Ball(radius=1.0), bias=True)
        >>> print(found.value.round(6), constant.round(6))
        [1.] 3.5
    """
    dtype = jnp.result_type(labels, features, float)
    look = traced(labels, features, onto, ridge)
    xp: Any = jnp if look else np
    y, x = finite("labels", xp.asarray(labels, dtype)), xp.asarray(features, dtype)
    if x.ndim != 2 or y.ndim not in (1, 2):
        raise ValueError(
            f"features must be (n, d) and labels (n,) or (n, tasks), got {x.shape} and {y.shape}"
        )
    if y.shape[0] != x.shape[0] or 0 in y.shape or 0 in x.shape:
        raise ValueError(f"features {x.shape} and labels {y.shape} must hold as many inputs")
    if onto.dimension not in (None, x.shape[1]):
        raise ValueError(f"features have width {x.shape[1]}, but the set has {onto.dimension}")
    tol = options(tol, max_steps, dtype)
    many = y.reshape(y.shape[0], -1)
    x = finite("features", x)
    ridge = xp.asarray(ridge, dtype)
    limits = np.asarray(tol, dtype), np.asarray(max_steps)
    if look:
        found, constant = _fit(x, many, onto, ridge, *limits, bias=bias)
        projection = as_projection(found, tol, (*y.shape[1:], x.shape[1]))
        return projection, constant.reshape(y.shape[1:])
    (matrix, pull, energy), centre, middle = _sums(x, many, ridge, bias, np)
    found = _project(matrix, _padded(pull), _padded(energy), onto, *limits)
    # Not before here is a shape known that no other number of inputs or tasks shares.
    parts = jax.tree.map(lambda a: np.asarray(a)[: many.shape[1]], found)
    constant = middle - parts.value @ centre
    projection = jax.tree.map(lambda a: held(a.reshape((*y.shape[1:], *a.shape[1:]))), parts)
    return projection, held(constant.reshape(y.shape[1:]))


_FEW = 8  # tasks up to which solving for a power of two costs no time that one would notice


def _padded(rows: np.ndarray) -> np.ndarray:
    """Repeat the last of a few tasks, so that one program serves one task and two."""
    tasks = len(rows)
    wanted = max(2, 1 << (tasks - 1).bit_length()) if tasks <= _FEW else tasks
    return rows[np.minimum(np.arange(wanted), tasks - 1)]


@eqx.filter_jit
def _project(matrix, pull, energy, onto, tol, max_steps) -> Projection:
    return as_projection(_minimise(matrix, pull, energy, onto, tol, max_steps), tol, pull.shape)


@eqx.filter_jit
def _fit(x, y, onto, ridge, tol, max_steps, *, bias: bool):
    with jax.default_matmul_precision("highest"):
        sums, centre, middle = _sums(x, y, ridge, bias, jnp)
        found = _minimise(*sums, onto, tol, max_steps)
        return found, middle - found.value @ centre


def _sums(x, y, ridge, bias: bool, xp: Any):
    """Gram matrix, right-hand sides and energies of the centred problem; what centred it."""
    centre, middle = (_mean(a) if bias else a[0] * 0 for a in (x, y))
    x, y = x - centre[None], y - middle[None]
    gram = x.T @ x / len(x) + ridge * xp.eye(x.shape[1], dtype=x.dtype)
    return ((gram + gram.T) / 2, y.T @ x / len(x), _mean(y**2)), centre, middle


def _mean(a):
    if isinstance(a, np.ndarray):  # which would add up float32 one by one
        return a.mean(0, dtype=np.float64).astype(a.dtype)
    return a.mean(0)


def _minimise(matrix, pull, energy, onto, tol, max_steps):
    with jax.default_matmul_precision("highest"):
        quadratic = Quadratic(Metric.of(matrix), pull, energy, jnp.zeros_like(pull[0]))
        return onto.minimise(quadratic, tol=tol, max_steps=max_steps)
