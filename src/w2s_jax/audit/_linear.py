r"""Gains that are linear in the truth: base + ⟨slope, truth − student⟩, input by input.

With $f = s$ the second term vanishes and the first is the misfit: the paper's estimate is the
special case in which the student itself stands for the truth.
"""

from typing import Any, NamedTuple

import numpy as np

from w2s_jax.report._class_reading import read_classes
from w2s_jax.report._loss import chosen

LINEAR = "squared", "zero-one", "kl"  # losses whose gain is linear in the truth


class Linear(NamedTuple):
    """What each input gains, as far as it is known without its label.

    Attributes:
        base: `(n,)`, the gain if the student were right: what each input adds to the misfit.
        slope: `(n, c)`; 0 where student and teacher agree and the truth does not matter.
        goal: `(m, c)`, truth − student on the labeled inputs.
        signal: `(n, q)`, what predictions alone say about the goal, for a head to use.

    Example:
        >>> found = linear("squared", np.array([3.0]), np.array([1.0]), np.array([0.0]), [0], None)
        >>> print(found.base, found.slope, found.goal)  # (3 − 0)² − (1 − 0)² = 4 + 4 · 1
        [4.] [[-4.]] [[-1.]]
    """

    base: np.ndarray
    slope: np.ndarray
    goal: np.ndarray
    signal: np.ndarray


def linear(loss: str, weak: Any, student: Any, truth: Any, rows: Any, gains: Any) -> Linear | None:
    """Split the gain of each input into what is known and what a label adds.

    Squared error: (w − s)² − 2(w − s)(f − s). "kl", errors KL(f‖·): ⟨s, l⟩ + ⟨l, f − s⟩ with
    l = log(s/w). Zero-one: 1 and 1[f = s] − 1[f = w] − 1 where the two differ, else 0.

    Args:
        loss: the name in a report.
        weak: `(n,)` or `(n, classes)`; as is the next.
        student: predictions.
        truth: labels of the inputs `rows`.
        rows: `(m,)`.
        gains: `(m,)`, their gains, for zero-one loss.

    Returns:
        The two parts; None for losses whose gain is not linear in the truth (cross-entropy and
        other divergences), and for "kl" where a probability is 0.

    Example:
        >>> gains = np.array([1.0])
        >>> linear("zero-one", ["a", "a"], ["b", "a"], ["b"], [0], gains).base
        array([1., 0.])
    """
    if loss == "squared":
        left = weak - student
        goal = (truth - student[rows])[:, None]
        return Linear(left**2, -2 * left[:, None], goal, np.stack([student, left], 1))
    if loss == "zero-one":
        own = read_classes(chosen(loss), weak=weak, student=student)
        differ = (own.weak != own.student).astype(float)
        return Linear(differ, differ[:, None], gains[:, None] - 1, np.empty((len(differ), 0)))
    if loss == "kl":
        own = read_classes(chosen(loss), weak=weak, student=student)
        with np.errstate(all="ignore"):
            slope = np.log(own.student) - np.log(own.weak)
        if not np.isfinite(slope).all():
            return None
        some = read_classes(chosen(loss), weak=weak[rows], student=student[rows], truth=truth)
        base = (own.student * slope).sum(1)
        return Linear(base, slope, some.truth - own.student[rows], slope)
    return None
