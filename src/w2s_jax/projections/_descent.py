r"""Bregman projections by proximal Newton steps, each a projection in the Hessian's metric.

$$F(v) = D(v, p), \qquad v^+ = v + t\,(u - v), \qquad
u = \arg\min_{u \in C} \langle \nabla F(v), u - v \rangle
+ \tfrac12 \lVert u - v \rVert^2_{\nabla^2 F(v)}$$

For any $\lambda$ with finite $m = \min_{u \in C} \langle \lambda, u \rangle$, Fenchel and Young's
inequality bounds every member from below, $F(u) \ge m - F^*(\lambda)$, so that

$$F(v) - \min_C F \le \langle \lambda, v \rangle - m
+ \bigl( F(v) + F^*(\lambda) - \langle \lambda, v \rangle \bigr) .$$

At $\lambda = \nabla F(v)$ the bracket is 0 and the bound is Frank and Wolfe's gap, $\langle \nabla
F(v), v \rangle + \sigma_C(-\nabla F(v))$.

Points go one after another on the host: all that is compiled, one quadratic over the set and its
normals, is shared by all divergences, points and steps.
"""

from typing import Any, NamedTuple

import equinox as eqx
import numpy as np

from w2s_jax.divergences import Bregman, Domain
from w2s_jax.projections._settings import compiled_soon
from w2s_jax.quadratics import Metric, Quadratic
from w2s_jax.quadratics._metric import accuracy
from w2s_jax.sets._base import ConvexSet

_STIFFEST = 1e-10  # between the smallest and the largest curvature that a step sees
_INSIDE = 0.99  # of the way to the edge of the domain
_HALVINGS = 40
_PATIENCE = 4  # steps that lower neither F nor the gap, after which rounding is all that is left
_FURTHER = 1e-3  # a last step costs little, and brings the point and not only its value near
_EPS = float(np.finfo(np.float64).eps)


class Look(NamedTuple):
    """What is known of F at one member.

    Example:
        >>> Look(np.ones(1), 2.0, np.zeros(1), np.zeros((1, 1)), 2.0, 0.0).height
        2.0
    """

    v: np.ndarray  # (d,)
    height: float  # F(v)
    slope: np.ndarray  # (d,)
    bend: np.ndarray  # the Hessian, (d, d)
    size: float  # what a gap is compared with: F(v), and its curvature over the length of v
    gap: float  # a bound on F(v) − min F


class Task(NamedTuple):
    """What is minimized: the divergence of a member from one point.

    Example:
        >>> from w2s_jax.divergences import KL
        >>> from w2s_jax.sets import Simplex
        >>> half = np.array([0.5, 0.5])
        >>> print(Task(Simplex(), KL(), half, np.zeros(2, bool)).height(half))
        0.0
    """

    onto: ConvexSet
    divergence: Bregman
    point: np.ndarray  # (d,)
    fixed: np.ndarray  # coordinates that are the same, at the domain's edge, in all members

    def height(self, v: np.ndarray) -> float:
        """Return F(v)."""
        return float(self.divergence._value(np, v, self.point))

    def look(self, v: np.ndarray) -> Look:
        """Return all that a step needs; what is infinite at a fixed coordinate counts as 0."""
        height = self.height(v)
        slope = np.where(self.fixed, 0.0, self.divergence._slope(np, v, self.point))
        bend = np.asarray(self.divergence._bend(np, v, self.point))
        bend = bend if bend.ndim == 2 else np.diag(np.where(np.isfinite(bend), bend, 0.0))
        bend = np.where(self.fixed[:, None] | self.fixed[None], 0.0, bend)
        size = height + float(v @ bend @ v) / 2
        return Look(v, height, slope, bend, size, self._gap(v, slope))

    def _gap(self, v: np.ndarray, slope: np.ndarray) -> float:
        if not np.isfinite(slope).all():
            return np.inf
        first = self.divergence.first == "prediction"
        where = (v, self.point) if first else (self.point, v)
        best = np.inf
        for normal, slack in normals_at(self.onto, v, slope):
            tilt = np.where(self.fixed, 0.0, normal - slope)
            rest = self.divergence.potential._excess(np, *where, tilt, first)
            best = np.fmin(best, abs(slack) + float(rest))
        return float(best)

    def ahead(self, here: Look) -> np.ndarray:
        """Return where the Newton step aims."""
        return ahead(self.onto, here)

    def room(self, v: np.ndarray, way: np.ndarray) -> float:
        """Return how far to go: 1, or nearly to the edge of the domain."""
        free = ~self.fixed
        return share_inside(self.divergence.domain, v[free], way[free])


def share_inside(domain: Domain, v: np.ndarray, way: np.ndarray) -> float:
    """Return 1, or the part of a way that ends short of the edge of a domain.

    Args:
        domain: with v inside.
        v: `(d,)`.
        way: `(d,)`.

    Example:
        >>> share_inside(Domain(0.0), np.ones(2), np.array([-2.0, 1.0]))
        0.495
    """
    share = 1.0
    for end, toward in ((domain.lower, -way), (domain.upper, way)):
        nears = toward > 0
        if np.isfinite(end) and nears.any():
            to_edge = float((abs(end - v[nears]) / toward[nears]).min())
            share = share if to_edge > 1 else min(share, _INSIDE * to_edge)
    return share


def normals_at(onto: ConvexSet, v: np.ndarray, slope: np.ndarray) -> list[tuple[Any, float]]:
    """Return what `ConvexSet.sure_normals` does, of one member.

    Args:
        onto: the set.
        v: a member, `(d,)`.
        slope: `(d,)`.

    Example:
        >>> from w2s_jax.sets import Simplex
        >>> print(normals_at(Simplex(), np.array([0.5, 0.5]), np.array([1.0, 2.0]))[0])
        (array([1., 2.]), 0.5)
    """
    found = _normals(onto, v, slope)
    return [(np.asarray(normal)[0], float(slack[0])) for normal, slack in found]


def descend(task: Any, start: np.ndarray, tol: float, max_steps: int):
    """Minimize from a start inside of the domain.

    Args:
        task: what offers `height`, `look`, `ahead` and `room`, as `Task` does.
        start: a member, `(d,)`.
        tol: gap at which to stop, relative to the size of a `Look`.
        max_steps: Newton steps after which to stop.

    Returns:
        The best member, its gap in the units of F, the gap that was allowed, and steps.

    Example:
        >>> from w2s_jax.divergences import ItakuraSaito
        >>> from w2s_jax.sets import Simplex
        >>> task = Task(Simplex(), ItakuraSaito(), np.ones(2), np.zeros(2, bool))
        >>> print(descend(task, np.array([0.2, 0.8]), 1e-10, 50)[0].round(6))
        [0.5 0.5]
    """
    here = best = task.look(start)
    steps = idle = 0
    while steps < max_steps and idle < _PATIENCE and best.gap > _FURTHER * tol * best.size:
        after = task.look(_lower(task, here, task.ahead(here) - here.v))
        falls = after.height < here.height - 16 * _EPS * here.size
        better = after.gap < best.gap
        idle = 0 if falls or better else idle + 1  # on the way gaps may rise, but F has to fall
        here, best, steps = after, after if better else best, steps + 1
    return best.v, best.gap, tol * best.size, steps


def ahead(onto: ConvexSet, here: Look) -> np.ndarray:
    """Return the member that a Newton step aims at: a projection in the Hessian's metric.

    Args:
        onto: the set.
        here: at a member.

    Example:
        >>> from w2s_jax.sets import Simplex
        >>> here = Look(np.array([0.5, 0.5]), 1.0, np.array([0.5, 0.0]), np.eye(2), 1.0, 1.0)
        >>> print(ahead(Simplex(), here))
        [0.25 0.75]
    """
    matrix, values, vectors = _told_apart(here)
    pull = matrix @ here.v - here.slope
    tol = np.asarray(accuracy(here.v.dtype))
    return np.asarray(_aim(onto, matrix, values, vectors, pull, tol))


def _lower(task: Any, here: Look, way: np.ndarray) -> np.ndarray:
    """Go along the way as far as F falls by a part of what its slope promises."""
    promised, noise = float(here.slope @ way), 16 * _EPS * here.size
    share = task.room(here.v, way)
    for _ in range(_HALVINGS):
        if task.height(here.v + share * way) <= here.height + 1e-4 * share * promised + noise:
            break
        share /= 2
    return here.v + share * way


def _told_apart(here: Look) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the Hessian with curvatures that one metric can hold, its eigenvalues and vectors."""
    values, vectors = np.linalg.eigh(here.bend)
    # What bends the most next to nothing is cut down: it is worth little, and would hide the rest.
    usual = float(here.v @ here.bend @ here.v) / max(float(here.v @ here.v), 1e-300)
    most = min(float(values[-1]), usual / _STIFFEST) or 1.0
    values = np.clip(values, _STIFFEST * most, most)
    matrix = (vectors * values) @ vectors.T
    return (matrix + matrix.T) / 2, values, vectors


@compiled_soon
def _aim(onto: ConvexSet, matrix: Any, values: Any, vectors: Any, pull: Any, tol: Any) -> Any:
    metric = Metric(matrix, values, vectors, values[0])
    return onto.minimise(Quadratic(metric, pull[None]), tol=tol, max_steps=1000).value[0]


@eqx.filter_jit
def _normals(onto: ConvexSet, v: Any, slope: Any) -> Any:
    return onto.sure_normals(v[None], slope[None])
