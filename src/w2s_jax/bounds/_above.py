r"""How much a student can gain at most in a bounded class, without a true label."""

from typing import Any

import numpy as np
from jax import Array

from w2s_jax.arrays import numbers
from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds._reading import Given, known, predictions
from w2s_jax.sets._base import ConvexSet, convex_set_or_none


def gain_at_most(
    weak: Given,
    student: Given,
    *,
    features: Given,
    within: Any,
    bias: bool = True,
    epsilon: Given = 0.0,
) -> Array:
    r"""Bound the gain from above, for a truth at most $\sqrt\varepsilon$ outside a convex class.

    With the class $V$ of the heads with weights in `within`, and its support function
    $\sigma_V(k) = \sup_{v \in V} \langle k, v \rangle$,

    $$\text{gain} \le \text{misfit} + 2\bigl(\langle w - s, s \rangle + \sigma_V(s - w)\bigr)
    + 2\sqrt{\text{misfit} \cdot \varepsilon},$$

    because $\text{gain} = \text{misfit} + 2\langle w - s, s - f \rangle$ for any three functions.
    So any student will do, projection or not. Where ε = 0 the truth that attains the bound is the
    member of $V$ that goes farthest in the direction $s - w$.

    Args:
        weak: predictions of the weak model, `(n,)` or `(n, tasks)`, label units.
        student: predictions of the student, same shape.
        features: `(n, d)`, the student's on these inputs.
        within: the set from `w2s_jax.sets` that holds the weights.
        bias: whether the heads have a constant; it is free.
        epsilon: the realizability gap to allow, one number or one a task, squared label units.

    Returns:
        The bound, `()` or `(tasks,)`, squared label units; `inf` where the class is unbounded in
        the direction $s - w$, as it is with a constant unless $w - s$ has the mean 0.

    Raises:
        ValueError: as `w2s_jax.arrays.numbers`; shapes that differ; a negative ε; no set.

    Example:
        >>> from w2s_jax import sets
        >>> features, weak, student = [[1.0], [0.0]], [2.0, 1.0], [1.0, 0.0]
        >>> print(gain_at_most(weak, student, features=features, within=sets.Ball(1.0), bias=False))
        3.0
    """
    read = predictions(weak, student, None, features)
    w, s, x = known(weak=read[0], student=read[1], features=read[3])
    onto = convex_set_or_none(within)
    if onto is None:
        raise ValueError("within is None: a linear class is unbounded, see nonrealizable")
    if x.ndim == 3:
        raise ValueError(f"features has shape {x.shape}, expected (n, d): call once for each task")
    misfit = ((w - s) ** 2).mean(0)
    away = s - w
    if bias:  # the constant is free: it cancels where the residuals have the mean 0
        x, s = x - x.mean(0), s - s.mean(0)
    reach = _reach(onto, (away.reshape(len(x), -1).T @ x / len(x))).reshape(misfit.shape)
    if bias:
        loose = abs(away.mean(0)) > 1e-8 * np.sqrt((away**2).mean(0))
        reach = np.where(loose, np.inf, reach)
    outside = 2 * np.sqrt(misfit * _gap(epsilon, misfit.shape))
    return to_jax(np.asarray(misfit + 2 * (reach - (away * s).mean(0)) + outside))


def _reach(onto: ConvexSet, directions: np.ndarray) -> np.ndarray:
    return np.array(onto.support(directions), np.float64)


def _gap(epsilon: Given, shape: tuple[int, ...]) -> np.ndarray:
    (gap,) = known(epsilon=numbers("epsilon", epsilon, "", "tasks"))
    if gap.shape not in ((), shape) or (gap < 0).any():
        raise ValueError(
            f"epsilon must be one number, or {shape}, one a task, and at least 0, got shape "
            f"{gap.shape} with the least entry {gap.min():g}"
        )
    return gap
