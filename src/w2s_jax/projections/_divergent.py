"""Projections in a divergence: what has a closed form, where to start, point by point."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from w2s_jax.arrays._host import on_host, to_jax, wide
from w2s_jax.divergences import Bregman, Domain, NegativeEntropy
from w2s_jax.divergences._bregman import demand_convex
from w2s_jax.projections._descent import Task, descend
from w2s_jax.projections._meeting import demand_finite, meet
from w2s_jax.projections._outcomes import Projection, Status
from w2s_jax.projections._settings import options, padded
from w2s_jax.quadratics._metric import accuracy, positive
from w2s_jax.sets import Box, Simplex
from w2s_jax.sets._base import ConvexSet, members

_DEEP = 1e-3  # of the depth of a member inside, below which a start moves toward it


def nearest_by(
    divergence: Any, point: Any, onto: ConvexSet, tol: float | None, max_steps: int
) -> Projection:
    """Project as `project` does with a divergence; its arguments, read.

    Raises:
        ValueError: as `project`, but for what is not certified.

    Example:
        >>> from w2s_jax.divergences import KL
        >>> print(nearest_by(KL(), np.array([0.25, 0.75]), Simplex(), None, 50).value)
        [0.25 0.75]
    """
    demand_convex(divergence)
    if not on_host(point, *jax.tree.leaves(onto)):
        raise ValueError(
            "point and onto must be known with a divergence, and are traced: call project outside "
            "of jit, grad and vmap"
        )
    tol = options(tol, max_steps, np.dtype(float))
    dtype, shape = point.dtype, point.shape
    rows = np.asarray(divergence.domain.read("point", point), np.float64).reshape(-1, shape[-1])
    with wide(), np.errstate(all="ignore"):
        value = _closed(divergence, rows, onto)
        if value is None:
            found = _descended(divergence, rows, onto, tol, max_steps)
        else:
            found = (value, np.zeros(len(rows)), np.zeros(len(rows), int), np.zeros(len(rows), int))
    value, gap, steps, status = found
    batch, exact, value = shape[:-1], value, value.astype(dtype)
    with np.errstate(all="ignore"):  # what float32 rounds away is far more than a closed gap
        rounded = (divergence._value(np, np.asarray(v, float), rows) for v in (value, exact))
        gap = gap + np.maximum(np.subtract(*rounded), 0.0)
    parts = (value.reshape(shape), gap.astype(dtype).reshape(batch))
    return Projection(*to_jax((*parts, steps.reshape(batch), status.reshape(batch))))


def _closed(divergence: Bregman, rows: np.ndarray, onto: ConvexSet) -> np.ndarray | None:
    """Clip to a box, coordinate by coordinate; divide by the sum for KL and a simplex."""
    potential = divergence.potential
    if isinstance(onto, Box) and potential.separable and potential.domain.total is None:
        meet(onto, potential.domain, rows.shape[1])
        return np.clip(rows, np.asarray(onto.lower), np.asarray(onto.upper))
    if isinstance(onto, Simplex) and isinstance(potential, NegativeEntropy):
        meet(onto, potential.domain, rows.shape[1])
        sums = rows.sum(1, keepdims=True)
        return rows / sums * np.asarray(onto.total) if (sums > 0).all() else None
    return None


def _descended(divergence, rows: np.ndarray, onto: ConvexSet, tol: float, max_steps: int):
    meeting = meet(onto, divergence.domain, rows.shape[1])
    demand_finite(divergence, rows, meeting.fixed)
    # Where the label stands first, an edge without mass is no wall: the set is cut there.
    edge = (rows == divergence.domain.lower) | (rows == divergence.domain.upper)
    cut = meeting.crosses and divergence.first == "label" and bool(edge.any())
    onto = meeting.onto if cut else onto
    starts = np.asarray(_inside(meeting.onto, divergence.domain, padded(rows)))
    found = [
        _one(Task(onto, divergence, row, meeting.fixed), start, tol, max_steps)
        for row, start in zip(rows, starts[: len(rows)], strict=True)
    ]
    value, gap, allowed, steps = (np.array(part) for part in zip(*found, strict=True))
    gap = np.where(np.asarray(_members(onto, padded(value)))[: len(rows)], gap, np.inf)
    status = np.where(gap <= allowed, int(Status.certified), int(Status.max_steps))
    status = np.where(np.isfinite(value).all(1), status, int(Status.not_finite))
    return value, gap, steps, status


def _one(task: Task, start: np.ndarray, tol: float, max_steps: int):
    if np.asarray(_same(task.onto, task.point)):
        return task.point, 0.0, 0.0, 0
    return descend(task, start, tol, max_steps)


@eqx.filter_jit
def _same(onto: ConvexSet, point: Any) -> Any:
    return onto._contains(point[None], 16 * float(jnp.finfo(point.dtype).eps))[0]


@eqx.filter_jit
def _members(onto: ConvexSet, rows: Any) -> Any:
    return members(onto, rows)


@eqx.filter_jit
def _inside(within: ConvexSet, domain: Domain, rows: Any) -> Any:
    return inside(within, domain, rows)


def inside(within: ConvexSet, domain: Domain, rows: Array) -> Array:
    """Find members next to rows that lie inside of the domain, not at its end.

    Args:
        within: the part of the set in the domain.
        domain: of the divergence.
        rows: points, `(n, d)`.

    Example:
        >>> print(inside(Simplex(), Domain(0.0), jnp.array([[0.9, -0.9], [0.5, 0.5]])))
        [[0.8125 0.1875]
         [0.5    0.5   ]]
    """
    tol = accuracy(rows.dtype)
    near = within.nearest(rows, tol=tol, max_steps=10_000).value
    ends = [(domain.lower, 1.0), (domain.upper, -1.0)]
    sides = [sign for end, sign in ends if np.isfinite(end)]
    if not sides:
        return near
    # A step along a coordinate raises it, as far as any member is higher: their mean is inside.
    middle = near.mean(0)
    unit = positive(abs(near).max())
    eye = unit * jnp.eye(rows.shape[1], dtype=rows.dtype)
    ahead = jnp.concatenate([middle[None] + sign * eye for sign in sides])
    deep = within.nearest(ahead, tol=tol, max_steps=10_000).value.mean(0)

    def depth(v: Array) -> Array:
        return jnp.minimum(v - domain.lower, domain.upper - v)

    shallow = (depth(near) < _DEEP * depth(deep)[None]).any(1)
    return jnp.where(shallow[:, None], (near + deep[None]) / 2, near)
