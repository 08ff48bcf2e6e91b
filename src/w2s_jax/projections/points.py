r"""Projections of points, many at a time, each with its certificate.

$$\arg\min_{v \in C} (v - p)^\top G (v - p)$$

The gap $\langle g, v \rangle + \sigma_C(-g)$ with $g = G(v - p)$ bounds what could still be won,
$\lVert v - v^\star \rVert_G^2 \le$ gap, and it is what the solvers stop at.
"""

from enum import IntEnum
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jaxtyping import Bool, Float, Int

from w2s_jax.quadratics import Metric, Quadratic, Solution
from w2s_jax.quadratics.form import Scalar
from w2s_jax.sets.base import ConvexSet, accuracy


class Status(IntEnum):
    """How a projection ended; each member has a sentence.

    Example:
        >>> print(Status.certified.sentence)
        Certified: the value is the projection, within the relative gap asked for.
    """

    certified = 0
    max_steps = 1
    not_finite = 2

    @property
    def sentence(self) -> str:
        """What this outcome means, and what to do about it."""
        return _SENTENCES[self]


_SENTENCES = {
    Status.certified: "Certified: the value is the projection, within the relative gap asked for.",
    Status.max_steps: "Not certified: the steps ran out. The value is the best one found, and its "
    "gap says how good it is. Allow more max_steps or a larger tol. An intersection that is empty "
    "ends here too, whatever is allowed.",
    Status.not_finite: "Failed: the numbers overflowed, or hold NaN. Rescale point and metric.",
}


class Projection(eqx.Module):
    r"""What `project` found, for each point of the batch.

    Attributes:
        value: the projections, `(…, d)`.
        gap: relative gaps, `(…,)`: what the squared distance could still fall by, over
            $p^\top G p + v^\top G v$; where a set is unbounded, the variational residual instead.
            What a singular metric all but overlooks counts as $\varepsilon^{0.3} \lambda_{\max}
            \lVert v \rVert^2$ at least, with the dtype's $\varepsilon$.
        steps: rounds of the solver, `(…,)`.
        status: how each ended, `(…,)`: numbers of `Status`, whose members have sentences.

    Example:
        >>> from w2s_jax.sets import Ball
        >>> found = project(jnp.array([3.0, 4.0]), Ball(radius=1.0))
        >>> print(found.value, found.certified)
        [0.6 0.8] True
    """

    value: Float[Array, "*batch d"]
    gap: Float[Array, "*batch"]
    steps: Int[Array, "*batch"]
    status: Int[Array, "*batch"]

    @property
    def certified(self) -> Bool[Array, "*batch"]:
        """Whether the gap is at most the one asked for."""
        return self.status == Status.certified


def project(
    point: Float[Array | np.ndarray, "*batch d"],
    onto: ConvexSet,
    metric: Float[Array | np.ndarray, "d d"] | None = None,
    *,
    tol: float | None = None,
    max_steps: int = 1000,
) -> Projection:
    r"""Project points onto a convex set: $\arg\min_{v \in C} (v - p)^\top G (v - p)$.

    In the Euclidean metric most sets have a closed form. In others the ball and the ellipsoid take
    one eigendecomposition, flat sets one linear system, and sets with faces accelerated gradient
    steps until the face is found and conjugate gradients on it; polytopes are solved along the
    central path, and intersections alternate between their members. Differentiable in `point`,
    `metric` and the set's own numbers, by the equations that hold at the solution.

    Args:
        point: $p$, `(…, d)`; any leading axes are a batch.
        onto: $C$, from `w2s_jax.sets`.
        metric: $G$, `(d, d)`, symmetric and positive semi-definite; the identity if None. Where it
            is singular, several members may be nearest; one of them is returned.
        tol: relative gap at which to stop; by default 1e-10, and 1e-5 in float32.
        max_steps: rounds after which to stop and say so.

    Returns:
        A `Projection`; `certified` tells whether the gap was reached.

    Raises:
        ValueError: shapes that do not fit, NaN or infinity, a metric that is not symmetric or has
            a negative eigenvalue, tol ≤ 0, max_steps < 1.

    Fails when:
        a point and its projection are both nearer to 0 than a millionth of the set's size: the gap
        is relative to their size, and rounding keeps it open. The status says so.

    Example:
        >>> from w2s_jax.sets import Simplex
        >>> metric = jnp.diag(jnp.array([1.0, 3.0]))
        >>> found = project(jnp.array([1.0, 1.0]), Simplex(), metric)
        >>> print(found.value.round(6), Status(int(found.status)).name)
        [0.25 0.75] certified
    """
    point = jnp.asarray(point, jnp.result_type(point, float))
    if point.ndim < 1 or point.shape[-1] == 0:
        raise ValueError(f"point must be (…, d) with d ≥ 1, got shape {point.shape}")
    d = point.shape[-1]
    if onto.dimension not in (None, d):
        raise ValueError(f"point has {d} coordinates, but the set has {onto.dimension}")
    tol = options(tol, max_steps, point.dtype)
    if metric is not None:
        metric = jnp.asarray(metric, point.dtype)
        if metric.shape != (d, d):
            raise ValueError(f"metric must be ({d}, {d}), as point has {d}, got {metric.shape}")
    limits = np.asarray(tol, point.dtype), np.asarray(max_steps)  # traced: no new compilation
    found, broken = _run(point, onto, metric, *limits)
    if isinstance(broken, Tracer):
        for sentence, one in zip(_BROKEN, broken, strict=True):
            found = eqx.error_if(found, one, f"project: {sentence}")
    elif np.asarray(broken).any():
        finite("point", point)
        if metric is not None:
            finite("metric", metric)
        raise ValueError(f"{_BROKEN[int(broken.argmax())]}, got {np.asarray(metric)}")
    return found


_BROKEN = (
    "point holds NaN or infinity",
    "metric holds NaN or infinity",
    "metric must be symmetric",
    "metric must have no negative eigenvalue",
)


@eqx.filter_jit
def _run(point, onto, metric, tol, max_steps) -> tuple[Projection, Bool[Array, " reasons"]]:
    """Check and project in one program, as each call of a small one costs as much as 50 points."""
    rows = point.reshape(-1, point.shape[-1])
    fine = jnp.isfinite(rows).all()
    with jax.default_matmul_precision("highest"):  # GPUs would round float32 to TF32
        if metric is None:
            found = onto.nearest(rows, tol=tol, max_steps=max_steps)
            whole = even = above = jnp.array(True)
        else:
            whole = jnp.isfinite(metric).all()
            matrix = jnp.where(whole, metric, 0.0)
            slack = 1e3 * float(jnp.finfo(matrix.dtype).eps) * abs(matrix).max()
            even = abs(matrix - matrix.T).max() <= slack
            own = Metric.of((matrix + matrix.T) / 2)
            above = own.smallest >= -slack
            found = onto.minimise(Quadratic.at(rows, own), tol=tol, max_steps=max_steps)
            found = _members_stay(rows, onto, found)
    return as_projection(found, tol, point.shape), ~jnp.stack([fine, whole, even, above])


def _members_stay(rows: Array, onto: ConvexSet, found: Solution) -> Solution:
    # A singular metric would leave others at no distance.
    inside = onto._contains(rows, 0.0)
    return Solution(
        jnp.where(inside[:, None], rows, found.value),
        jnp.where(inside, 0.0, found.gap),
        found.steps,
    )


def as_projection(found: Solution, tol: Scalar, shape: tuple[int, ...]) -> Projection:
    """Give a solution its status, and its batch the shape it came in.

    Args:
        found: `(n, d)` minimisers.
        tol: the gap that was asked for.
        shape: `(…, d)`, with n points in all.

    Example:
        >>> found = Solution(jnp.ones((2, 3)), jnp.array([0.0, 1.0]), jnp.ones(2, int))
        >>> print(as_projection(found, 1e-10, (2, 3)).certified)
        [ True False]
    """
    gap = jax.lax.stop_gradient(found.gap)
    fine = jnp.isfinite(found.value).all(1) & jnp.isfinite(gap)
    ended = jnp.where(gap <= tol, Status.certified, Status.max_steps)
    status = jnp.where(fine, ended, Status.not_finite)
    parts = (a.reshape(shape[:-1]) for a in (gap, found.steps, status))
    return Projection(found.value.reshape(shape), *parts)


def options(tol: float | None, max_steps: int, dtype) -> float:
    """Check tol and max_steps; return the tolerance.

    Raises:
        ValueError: tol ≤ 0, max_steps < 1.

    Example:
        >>> options(None, 10, jnp.dtype("float64"))
        1e-10
    """
    tol = accuracy(dtype) if tol is None else tol
    if not tol > 0:
        raise ValueError(f"tol must be above 0, got {tol}")
    if max_steps < 1:
        raise ValueError(f"max_steps must be at least 1, got {max_steps}")
    return tol


def finite(name: str, array: Any) -> Any:
    """Return `array` if all its numbers are finite.

    Raises:
        ValueError: NaN or infinity, with the place of the first.

    Example:
        >>> print(finite("point", jnp.ones(2)))
        [1. 1.]
    """
    if isinstance(array, Tracer):
        fine = jnp.isfinite(array).all()
        return eqx.error_if(array, ~fine, f"project: {name} holds NaN or infinity")
    fine = np.isfinite(np.asarray(array))
    if not fine.all():
        where = tuple(np.argwhere(~fine)[0].tolist())
        raise ValueError(f"{name} holds NaN or infinity, first at index {where}")
    return array
