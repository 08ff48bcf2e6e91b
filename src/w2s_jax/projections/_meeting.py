"""How a set lies to the domain of a divergence: where it reaches, and whether they meet."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np

from w2s_jax.arrays._host import on_host
from w2s_jax.divergences import Bregman, Domain
from w2s_jax.sets import Box, Intersection
from w2s_jax.sets._base import ConvexSet

_ROUNDING = 1e-9


class Meeting(NamedTuple):
    """A set and a domain that have members in common.

    Example:
        >>> from w2s_jax.sets import Simplex
        >>> meet(Simplex(), Domain(0.0), 2).crosses
        False
    """

    fixed: np.ndarray  # coordinates that lie at an end of the domain in all members, (d,)
    crosses: bool  # whether some members lie outside of the domain
    onto: ConvexSet  # the members within


def meet(onto: ConvexSet, domain: Domain, d: int) -> Meeting:
    """Compare a set with a domain, by its support function.

    Args:
        onto: the set.
        domain: of a divergence.
        d: coordinates.

    Raises:
        ValueError: no member lies in the domain, or members have other sums.

    Example:
        >>> from w2s_jax.sets import Ball
        >>> meet(Ball(), Domain(0.0, np.inf, 1.0), 2)
        Traceback (most recent call last):
            ...
        ValueError: members of onto sum to numbers from -1.41421 to 1.41421, but the divergence's \
predictions to 1: pass Intersection((Simplex(), ...)), or total=None to the divergence
    """
    free = np.isinf([domain.lower, domain.upper]).all() and domain.total is None
    if free or not on_host(*jax.tree.leaves(eqx.filter(onto, eqx.is_array))):
        return Meeting(np.zeros(d, bool), False, onto)
    with jax.ensure_compile_time_eval():
        low, high = reach(onto, np.eye(d))
        if domain.total is not None:
            _demand_sum(onto, domain.total, d)
    size = max(
        [1e-300, *abs(np.concatenate([low, high]))[np.isfinite(np.concatenate([low, high]))]]
    )
    apart = (high < domain.lower - _ROUNDING * size) | (low > domain.upper + _ROUNDING * size)
    if apart.any():
        k = int(apart.argmax())
        raise ValueError(
            f"onto and the domain of the divergence do not meet: coordinate {k} of members is from "
            f"{low[k]:.6g} to {high[k]:.6g}, expected from {domain.lower:g} to {domain.upper:g}"
        )
    least = _ROUNDING * size
    fixed = (high <= domain.lower + least) | (low >= domain.upper - least)
    crosses = bool(((low < domain.lower - least) | (high > domain.upper + least)).any())
    inner = Intersection((onto, Box(domain.lower, domain.upper))) if crosses else onto
    return Meeting(fixed, crosses, inner)


def _demand_sum(onto: ConvexSet, total: float, d: int) -> None:
    low, high = (float(end[0]) for end in reach(onto, np.ones((1, d))))
    if max(abs(low - total), abs(high - total)) > 1e-6 * total:
        raise ValueError(
            f"members of onto sum to numbers from {low:.6g} to {high:.6g}, but the divergence's "
            f"predictions to {total:g}: pass Intersection((Simplex(), ...)), or total=None to the "
            "divergence"
        )


def reach(onto: ConvexSet, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bound where members lie along directions; of an intersection as its closest members do.

    Args:
        onto: the set.
        directions: `(m, d)`.

    Returns:
        The least and the greatest products, `(m,)` each, infinite where there is no end.

    Example:
        >>> from w2s_jax.sets import NonNegative
        >>> print(*reach(NonNegative(), np.eye(2)))
        [0. 0.] [inf inf]
    """
    if isinstance(onto, Intersection):
        ends = [reach(member, directions) for member in onto.members]
        return np.max([low for low, _ in ends], 0), np.min([high for _, high in ends], 0)
    both = np.asarray(onto.support(np.concatenate([directions, -directions])), np.float64)
    return 0.0 - both[len(directions) :], both[: len(directions)]


def demand_finite(divergence: Bregman, points: Any, fixed: np.ndarray) -> None:
    """Refuse points whose divergence is infinite on all of the set, or nearly all of it.

    Args:
        divergence: of predictions from points.
        points: known labels, `(n, d)`.
        fixed: as of `Meeting`.

    Raises:
        ValueError: names the entry and what to do.

    Example:
        >>> from w2s_jax.divergences import KL
        >>> demand_finite(KL(), np.array([[0.5, 0.5]]), np.zeros(2, bool))
    """
    domain = divergence.domain
    ends = (points == domain.lower) | (points == domain.upper)
    first = divergence.first == "prediction"
    where = (ends & ~fixed) if first else (~ends & fixed)
    place = np.argwhere(where)
    if not len(place) or np.isinf([domain.lower, domain.upper]).all():
        return
    at = tuple(place[0].tolist())
    if first:
        raise ValueError(
            f"point holds {points[at]:g} at index {at}, where the divergence of most members is "
            "infinite: leave such coordinates out of point and onto, or put the label first"
        )
    raise ValueError(
        f"coordinate {at[1]} of all members is at the end of the domain and that of the point is "
        f"{points[at]:g}: the divergence is infinite on all of onto; leave the coordinate out"
    )
