r"""Projections of points, many at a time, each with its certificate.

$$\arg\min_{v \in C} (v - p)^\top G (v - p)$$

With $g = G(v - p)$ a member $v$ satisfies $\lVert v - v^\star \rVert_G^2 \le \langle g, v \rangle
+ \sigma_C(-g)$; where the set is unbounded, $\lambda$ with a finite minimum over it stands for
$g$, and $\rho^2 = (g - \lambda)^\top G^+ (g - \lambda)$ pays for the rest. That bound is what the
solvers stop at, and together with membership, tested last, it is the certificate.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool

from w2s_jax.arrays import numbers
from w2s_jax.arrays._host import on_host, to_jax, wide
from w2s_jax.projections._divergent import nearest_by
from w2s_jax.projections._outcomes import Projection, as_projection, certain
from w2s_jax.projections._settings import compiled_soon, options, padded
from w2s_jax.quadratics import Metric, Quadratic, Solution
from w2s_jax.sets._base import ConvexSet, convex_set, finite_rows


def project(
    point: Any,
    onto: ConvexSet,
    metric: Any = None,
    *,
    divergence: Any = None,
    tol: float | None = None,
    max_steps: int = 1000,
    throw: bool = True,
) -> Projection:
    r"""Project points onto a convex set: $\arg\min_{v \in C} (v - p)^\top G (v - p)$.

    With a divergence, $\arg\min_{v \in C} D(v, p)$ of predictions $v$ from the label $p$: Newton
    steps, each a projection in the Hessian's metric, certified by a bound on $D(v, p) - \min D$
    (Frank and Wolfe 1956, Fenchel's inequality).

    In the Euclidean metric most sets have a closed form. In others the ball and the ellipsoid take
    one eigendecomposition, flat sets one linear system, and sets with faces accelerated gradient
    steps until the face is found and conjugate gradients on it; polytopes are solved along the
    central path, and intersections alternate between their members. Differentiable in `point`,
    `metric` and the set's own numbers, by the equations that hold at the solution. A first call
    compiles a program for the set, d and the number of points; up to 64 points are filled up to the
    next power of 2, more to a multiple of a 16th of it, so that similar batches share one.

    Args:
        point: $p$, `(…, d)`; any leading axes are a batch.
        onto: $C$, from `w2s_jax.sets`.
        metric: $G$, `(d, d)`, symmetric and positive semi-definite; the identity if None. Where it
            is singular, several members may be nearest; one of them is returned. Eigenvalues that
            rounding in its dtype made negative count as 0.
        divergence: $D$, from `w2s_jax.divergences`, in place of a metric; convex in the prediction.
        tol: relative gap at which to stop; by default 1e-10, and 1e-5 where traced numbers are
            float32 (known ones are computed in float64). With a divergence relative to $D(v, p) +
            \tfrac12 v^\top \nabla^2 D\, v$, and the gap that is returned is in units of $D$,
            with what rounding to float32 adds.
        max_steps: rounds after which to stop.
        throw: raise where a projection is not certified; False hands back what was found, and its
            status.

    Returns:
        A `Projection`. Certified means: the value is a member, to 1e-8 of the set's and its own
        size (1e-4 where one of them is float32), and the gap bounds its distance to the nearest
        member.

    Raises:
        ValueError: shapes that do not fit, NaN or infinity, a metric that is not symmetric or has
            a negative eigenvalue, tol ≤ 0, max_steps < 1; a metric and a divergence, one that may
            not be convex, a point outside of its domain, a set that does not meet it; and, unless
            `throw` is False, a projection that could not be certified. What is traced raises when
            it runs.

    Fails when:
        members of an intersection touch in a point or at a small angle, or the metric's condition
        is beyond the digits of the dtype: no gap closes, and it raises.

    Example:
        >>> from w2s_jax.projections import Status
        >>> from w2s_jax.sets import Simplex
        >>> metric = jnp.diag(jnp.array([1.0, 3.0]))
        >>> found = project(jnp.array([1.0, 1.0]), Simplex(), metric)
        >>> print(found.value.round(6), Status(int(found.status)).name)
        [0.25 0.75] certified
        >>> from w2s_jax.divergences import KL
        >>> from w2s_jax.sets import Hull
        >>> experts = Hull(jnp.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]))
        >>> print(project(jnp.array([0.2, 0.4, 0.4]), experts, divergence=KL()).value.round(3))
        [0.3 0.1 0.6]
    """
    if divergence is not None and metric is not None:
        raise ValueError("metric and divergence exclude each other: pass one of them")
    onto, point = convex_set("onto", onto), numbers("point", point, finite=False)
    if point.ndim < 1 or point.shape[-1] == 0:
        raise ValueError(f"point must be (…, d) with d ≥ 1, got shape {point.shape}")
    d = point.shape[-1]
    if onto.dimension not in (None, d):
        raise ValueError(f"point has {d} coordinates, but the set has {onto.dimension}")
    if divergence is not None:
        found = nearest_by(divergence, point, onto, tol, max_steps)
        return certain(found, "project") if throw else found
    if metric is not None:
        metric = numbers("metric", metric, finite=False)
        if np.shape(metric) != (d, d):
            got = np.shape(metric)
            raise ValueError(f"metric must be ({d}, {d}), as point has {d}, got {got}")
    given = point if metric is None else metric
    eps = max(float(jnp.finfo(given.dtype).eps), float(jnp.finfo(point.dtype).eps))
    if on_host(point, metric, *jax.tree.leaves(onto)):
        found = _known(
            point, onto, metric, options(tol, max_steps, np.dtype(float)), max_steps, eps
        )
    else:
        dtype = jnp.result_type(point, float)
        point, metric = (
            jnp.asarray(point, dtype),
            None if metric is None else jnp.asarray(metric, dtype),
        )
        limits = np.asarray(options(tol, max_steps, dtype), dtype), np.asarray(max_steps)
        found, broken = _run(point, onto, metric, *limits, eps)
        for sentence, one in zip(_BROKEN, broken, strict=True):
            found = eqx.error_if(found, one, f"project: {sentence}")
    return certain(found, "project") if throw else found


def _known(point, onto, metric, tol: float, max_steps: int, eps: float) -> Projection:
    """Compute in float64, whatever the dtype: metrics have more digits than points need."""
    with wide():
        limits = np.asarray(tol, np.float64), np.asarray(max_steps)
        rows = np.asarray(point, np.float64).reshape(-1, point.shape[-1])
        G = None if metric is None else np.asarray(metric, np.float64)
        found, broken = jax.tree.map(np.asarray, _run_known(padded(rows), onto, G, *limits, eps))
        found = jax.tree.map(lambda a: a[: len(rows)], found)
    if broken.any():
        numbers("point", point)  # which says where it holds NaN or infinity
        if metric is not None:
            numbers("metric", metric)
        worst = np.array2string(np.asarray(metric), threshold=9)[:160]
        raise ValueError(f"{_BROKEN[int(broken.argmax())]}, got {worst}")
    dtype, batch = point.dtype, point.shape[:-1]
    rest = (a.reshape(batch) for a in (found.gap.astype(dtype), found.steps, found.status))
    return Projection(*to_jax((found.value.astype(dtype, copy=False).reshape(point.shape), *rest)))


_BROKEN = (
    "point holds NaN or infinity",
    "metric holds NaN or infinity",
    "metric must be symmetric",
    "metric must have no negative eigenvalue",
)


def _solve(point, onto, metric, tol, max_steps, eps) -> tuple[Projection, Bool[Array, " reasons"]]:
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
            slack = 1e3 * eps * abs(matrix).max()
            even = abs(matrix - matrix.T).max() <= slack
            own = Metric.of((matrix + matrix.T) / 2)
            above = own.smallest >= -slack
            found = onto.minimise(Quadratic.at(rows, own), tol=tol, max_steps=max_steps)
        found = _members_stay(rows, onto, found)
    return as_projection(found, tol, point.shape), ~jnp.stack([fine, whole, even, above])


_run, _run_known = eqx.filter_jit(_solve), compiled_soon(_solve)


def _members_stay(rows: Array, onto: ConvexSet, found: Solution) -> Solution:
    # A singular metric would leave others at no distance; what rounding put outside has to move.
    inside = onto._contains(rows, 16 * float(jnp.finfo(rows.dtype).eps)) & finite_rows(rows)
    return Solution(
        jnp.where(inside[:, None], rows, found.value),
        jnp.where(inside, 0.0, found.gap),
        found.steps,
    )
