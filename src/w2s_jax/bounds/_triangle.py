r"""Theorem 1: the truth lies in a convex class, and gain is at least the misfit."""

from typing import Any

import equinox as eqx
from jax import Array

from w2s_jax.arrays._host import namespace, to_host, to_jax
from w2s_jax.bounds._reading import Given, predictions, tested
from w2s_jax.bounds._stated import Stated
from w2s_jax.checks import Check
from w2s_jax.report import Report, evaluate
from w2s_jax.sets._base import convex_set_or_none

_ASSUMED = ("projection", "variational", "realizable")


class Pythagorean(Stated):
    """What Theorem 1 says of a weak model and its student; `()` or `(tasks,)`, squared label units.

    Attributes:
        misfit: d(student, weak).
        gain: what the gain is at least, the misfit.
        weak_error: what the weak error is at least, the misfit; needs no true label.
        student_error: what the student error is at most, weak error − misfit; None without truth.
        slack: the measured gain − misfit, 2⟨w − s, s − f⟩; None without truth.
        angle: the angle at the student between weak model and truth, degrees: 90 where gain equals
            misfit, more where it exceeds it; None without truth.
        assumptions: the checks of those assumptions that could be tested, by name.
        untested: the names of those that could not.

    Example:
        >>> pythagorean([3.0, 0.0], [1.5, 1.5]).untested
        ('projection', 'variational', 'realizable', 'convex')
    """

    misfit: Array
    gain: Array
    weak_error: Array
    student_error: Any
    slack: Any
    angle: Any
    assumptions: dict[str, Check]
    untested: tuple[str, ...] = eqx.field(static=True)


def pythagorean(
    weak: Given,
    student: Given,
    truth: Given = None,
    *,
    features: Given = None,
    bias: bool = True,
    within: Any = None,
) -> Pythagorean:
    r"""State Theorem 1 of Charikar et al. (2024) for these predictions.

    For a convex class that holds the truth $f$, and the student $s$, the projection of the weak
    model $w$ onto it,

    $$\text{gain} \ge \text{misfit}, \qquad d(s, f) \le d(w, f) - d(s, w), \qquad
    d(w, f) \ge d(s, w),$$

    because $d(w, f) = d(s, w) + d(s, f) + 2\langle w - s, s - f\rangle$ for any three functions and
    the last term is not negative for a projection.

    Args:
        weak: predictions of the weak model, `(n,)` or `(n, tasks)`, label units.
        student: predictions of the student, same shape.
        truth: true labels, same shape, where known.
        features: `(n, d)` or `(tasks, n, d)`, the student's: lets the assumptions be tested.
        bias: whether the student's head has a constant.
        within: the set that the head's weights are confined to, where they are.

    Returns:
        A `Pythagorean`. That the class is convex follows from `features` and `within`; from
        predictions alone it cannot be tested.

    Raises:
        ValueError: as `w2s_jax.report.evaluate`.

    Example:
        >>> bound = pythagorean([3.0, 0.0], [1.5, 1.5], [2.0, 2.0])
        >>> print(bound.gain, bound.student_error, bound.angle)
        2.25 0.25 90.0
    """
    w, s, f, x = predictions(weak, student, truth, features)
    report = evaluate(w, s, f, features=x, bias=bias, within=convex_set_or_none(within))
    found = tested(report, _ASSUMED)
    untested = tuple(name for name in _ASSUMED if name not in found)
    untested += ("convex",) if x is None else ()
    report = to_host(report)
    at_most = None if f is None else report.weak_error - report.misfit
    bounds = {
        "misfit": report.misfit,
        "gain": report.misfit,
        "weak_error": report.misfit,
        "student_error": at_most,
        "slack": report.slack,
        "angle": None if f is None else _angle(report),
        "assumptions": found,
        "untested": untested,
    }
    return Pythagorean(**to_jax(bounds))


def _angle(report: Report) -> Any:
    xp = namespace(report.slack)
    sides = xp.sqrt(report.misfit * report.student_error)
    cosine = xp.where(sides > 0, -report.slack / xp.where(sides > 0, 2 * sides, 1.0), 0.0)
    return xp.degrees(xp.arccos(xp.clip(cosine, -1.0, 1.0)))
