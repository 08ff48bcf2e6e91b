r"""What a student in a bounded class can gain, at least and at most, without a true label."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax import Array

from w2s_jax.arrays import numbers
from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds._reading import Given, known, predictions
from w2s_jax.sets import Intersection, Polytope
from w2s_jax.sets._base import ConvexSet, convex_set_or_none

_ROUNDING = 1e3 * np.finfo(np.float64).eps


class GainInterval(eqx.Module):
    """Between what the gain must lie; `()` or `(tasks,)`, squared label units.

    Attributes:
        low: what the gain is at least, misfit − 2·excess − 2√(misfit·ε).
        high: what it is at most; `inf` where the class is unbounded in the direction s − w.
        misfit: d(student, weak).
        excess: how far the student may be from the projection, max over v in the class of
            ⟨w − s, v − s⟩: 0 for the projection, up to rounding; negative only outside the class.
        untested: the name of the assumption, which no unlabeled input can test.

    Example:
        >>> from w2s_jax import sets
        >>> found = gain_interval([2.0], [1.0], features=[[1.0]], within=sets.Ball(1.0), bias=False)
        >>> print(found.low, found.high, found.untested)
        1.0 5.0 ('realizable',)
    """

    low: Array
    high: Array
    misfit: Array
    excess: Array
    untested: tuple[str, ...] = eqx.field(static=True)


def gain_interval(
    weak: Given,
    student: Given,
    *,
    features: Given,
    within: Any,
    bias: bool = True,
    epsilon: Given = 0.0,
) -> GainInterval:
    r"""Enclose the gain on these inputs, for a truth within $\sqrt\varepsilon$ of a convex class.

    With $\langle g, k \rangle$ the mean of products over the $n$ inputs, the class $V$ of heads
    $h \mapsto \langle \theta, h \rangle$ with $\theta$ in `within`, and its support function
    $\sigma_V(k) = \sup_{v \in V} \langle k, v \rangle$, the projection $s$ of $w$ onto $V$ obeys

    $$\text{misfit} \le \text{gain} \le \text{misfit} + 2\bigl(\langle w - s, s \rangle
    + \sigma_V(s - w)\bigr)$$

    for every truth in $V$, and truths in a bounded $V$ attain both ends: $s$ itself the lower, the
    member farthest in the direction $s - w$ the upper one. A truth at the squared distance
    $\varepsilon$ moves both outwards by $2\sqrt{\text{misfit} \cdot \varepsilon}$.

    A student need not be the exact projection, nor in $V$. As $\text{gain} = \text{misfit} +
    2\langle w - s, s - f \rangle$ for any three functions, the lower end is taken as misfit − 2
    excess, with excess $\sigma_V(w - s) - \langle w - s, s \rangle$: what Frank and Wolfe (1956)
    stop at, 0 for the projection. So the interval holds for the student given, of whatever solver.

    Args:
        weak: predictions of the weak model, `(n,)` or `(n, tasks)`, label units.
        student: predictions of the student, same shape, on the same inputs.
        features: `(n, d)`, the student's on these inputs. For the hull of k fixed functions their
            predictions, `(n, k)`, with `within=sets.Simplex()` and `bias=False`.
        within: the set from `w2s_jax.sets` that holds the weights; `sets.Hull` for the hull of
            heads.
        bias: whether the heads have a constant; it is free.
        epsilon: ε, the realizability gap to allow, one number or one a task, squared label units.

    Returns:
        A `GainInterval`. Assumed, and never testable here: the truth in the class (realizable), or
        within √ε of it (epsilon).

    Raises:
        ValueError: as `w2s_jax.arrays.numbers`; shapes that differ; a negative ε; no set; a
            support function that could not be certified.

    Fails when:
        the class is unbounded in a direction that the student has left by more than rounding: an
        end is infinite there, and with a constant both are unless $w - s$ has the mean 0. Supports
        that are iterated (of `Intersection` and `Polytope`) are raised by 1e-6 of the set's width.

    Example:
        >>> from w2s_jax import sets
        >>> features, weak, student = [[1.0], [0.0]], [2.0, 1.0], [1.0, 0.0]
        >>> ball = sets.Ball(1.0)
        >>> found = gain_interval(weak, student, features=features, within=ball, bias=False)
        >>> print(found.low, found.high)
        1.0 3.0
    """
    read = predictions(weak, student, None, features)
    w, s, x = known(weak=read[0], student=read[1], features=read[3])
    onto = convex_set_or_none(within)
    if onto is None:
        raise ValueError("within is None: a linear class is unbounded, see nonrealizable")
    if x.ndim == 3:
        raise ValueError(f"features has shape {x.shape}, expected (n, d): call once for each task")
    misfit, left = ((w - s) ** 2).mean(0), w - s
    gap = _gap(epsilon, misfit.shape)
    loose = np.zeros(misfit.shape, bool)
    if bias:  # the constant is free: it cancels where the residuals have the mean 0
        x, s = x - x.mean(0), s - s.mean(0)
        loose = abs(left.mean(0)) > 1e-8 * np.sqrt(misfit)
    up, down = (np.where(loose, np.inf, h.reshape(misfit.shape)) for h in _heights(onto, left, x))
    inner, outside = (left * s).mean(0), 2 * np.sqrt(misfit * gap)
    found = {
        "low": misfit - 2 * (up - inner) - outside,
        "high": misfit + 2 * (inner + down) + outside,
        "misfit": misfit,
        "excess": up - inner,
    }
    assumed = "epsilon" if gap.any() else "realizable"
    arrays = {name: np.asarray(value) for name, value in found.items()}
    return GainInterval(**to_jax(arrays), untested=(assumed,))


def _heights(onto: ConvexSet, left: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return σ_V(w − s) and σ_V(s − w), `(2, tasks)`, in any case no lower than they are."""
    flat = left.reshape(len(x), -1).T
    direction = flat @ x / len(x)
    # What rounding leaves of a product that is 0 would be infinite in an unbounded set.
    direction[abs(direction) <= _ROUNDING * (abs(flat) @ abs(x)) / len(x)] = 0.0
    heights = np.array([onto.support(sign * direction) for sign in (1.0, -1.0)], np.float64)
    iterated = (Intersection, Polytope)
    parts = jax.tree.leaves(onto, is_leaf=lambda part: isinstance(part, iterated))
    if any(isinstance(part, iterated) for part in parts):
        heights += 1e-6 * (abs(heights).sum(0) + np.linalg.norm(direction, axis=1))
    return heights


def _gap(epsilon: Given, shape: tuple[int, ...]) -> np.ndarray:
    (gap,) = known(epsilon=numbers("epsilon", epsilon, "", "tasks"))
    if gap.shape not in ((), shape) or (gap < 0).any():
        raise ValueError(
            f"epsilon must be one number, or {shape}, one a task, and at least 0, got shape "
            f"{gap.shape} with the least entry {gap.min():g}"
        )
    return gap
