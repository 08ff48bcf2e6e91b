r"""The non-realizable case: the truth lies a distance √ε outside the class."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from w2s_jax.arrays import numbers
from w2s_jax.arrays._host import namespace, on_host, to_host, to_jax
from w2s_jax.bounds._reading import Given, predictions, tested
from w2s_jax.bounds._stated import Stated
from w2s_jax.checks import Check
from w2s_jax.report import Report, evaluate
from w2s_jax.sets import AffineSubspace
from w2s_jax.sets._base import accuracy, convex_set_or_none

_ASSUMED = ("projection", "variational")


class NonRealizable(Stated):
    """What the non-realizable theorem says; `()` or `(tasks,)`, squared label units.

    Attributes:
        misfit: d(student, weak).
        epsilon: ε, the realizability gap d(truth, its projection): given, or measured.
        gain: what the gain is at least, misfit − 2√(misfit·ε); never below −ε.
        gain_at_most: what it is at most, misfit + 2√(misfit·ε), in a linear span; None in other
            classes, where `w2s_jax.bounds.gain_interval` may say more.
        correction: the exact difference, gain = misfit − correction for a projection: in a span
            2⟨w − Pw, f − Pf⟩; None without truth and features.
        cosine: of the angle between the two residuals in a span, correction / (2√(misfit·ε)) for
            the measured ε; 0 where one of them vanishes; None as the correction is, and in other
            classes.
        weak_error: what the weak error is at least, (√misfit − √ε)², or 0 where a given ε exceeds
            the misfit; needs no true label where ε is given.
        student_error: what the student error is at most, weak error − gain; None without truth.
        slack: the measured gain − misfit; None without truth.
        assumptions: the checks of those assumptions that could be tested, by name.
        untested: the names of those that could not.

    Example:
        >>> print(nonrealizable(np.array([5.0, 0.0]), np.array([1.0, 0.0]), epsilon=2.0).gain)
        0.0
    """

    misfit: Array
    epsilon: Array
    gain: Array
    gain_at_most: Any
    correction: Any
    cosine: Any
    weak_error: Array
    student_error: Any
    slack: Any
    assumptions: dict[str, Check]
    untested: tuple[str, ...] = eqx.field(static=True)


def nonrealizable(
    weak: Given,
    student: Given,
    truth: Given = None,
    *,
    features: Given = None,
    bias: bool = True,
    within: Any = None,
    epsilon: Given = None,
) -> NonRealizable:
    r"""State the non-realizable theorem, with its constants, for these predictions.

    For a convex class at the distance $\sqrt\varepsilon$ from the truth $f$, and the student
    $s = Pw$, the projection of the weak model $w$ onto it,

    $$\text{gain} \ge \text{misfit} - 2\sqrt{\text{misfit} \cdot \varepsilon}, \qquad
    d(w, f) \ge (\sqrt{\text{misfit}} - \sqrt\varepsilon)^2 .$$

    If the class is a linear span, $\text{gain} = \text{misfit} - 2\langle w - Pw, f - Pf \rangle$,
    and gain is at most $\text{misfit} + 2\sqrt{\text{misfit} \cdot \varepsilon}$ as well. All of
    this holds on the inputs given, without further terms, and is proved in the back matter: Theorem
    2 of Charikar et al. (2024) without the sample.

    Args:
        weak: predictions of the weak model, `(n,)` or `(n, tasks)`, label units.
        student: predictions of the student, same shape.
        truth: true labels, same shape, where known.
        features: `(n, d)` or `(tasks, n, d)`, the student's: with truth, ε is measured.
        bias: whether the student's head has a constant.
        within: the set that the head's weights are confined to, where they are.
        epsilon: the gap that you are willing to assume, at most; by default the measured one.

    Returns:
        A `NonRealizable`. Without `features` it cannot be tested that the class is linear or, with
        `within`, convex; without truth and features not that ε is at most what was given.

    Raises:
        ValueError: as `w2s_jax.report.evaluate`; no `epsilon` where it cannot be measured; a
            negative or infinite one, or one of another shape than the tasks.

    Example:
        >>> features, truth = np.array([[1.0], [0.0]]), np.array([1.0, 0.5])
        >>> weak, student = np.array([3.0, 1.5]), np.array([3.0, 0.0])
        >>> bound = nonrealizable(weak, student, truth, features=features, bias=False)
        >>> print(bound.misfit, bound.epsilon, bound.gain, bound.correction, bound.holds)
        1.125 0.125 0.375 0.75 True
    """
    w, s, f, x = predictions(weak, student, truth, features)
    report = evaluate(w, s, f, features=x, bias=bias, within=convex_set_or_none(within))
    if epsilon is None and report.epsilon is None:
        raise ValueError("ε is not known: give truth and features to measure it, or epsilon")
    gap = report.epsilon if epsilon is None else _clean(epsilon, report.misfit)
    report, gap = to_host((report, gap))
    xp = namespace(report.misfit, gap)
    cross = 2 * xp.sqrt(report.misfit * gap)
    apart = xp.sqrt(report.misfit) - xp.sqrt(gap)
    linear = within is None or isinstance(within, AffineSubspace)
    gain = report.misfit - cross
    assumptions, untested = _assumptions(report, features, linear, epsilon is not None, gap)
    found = {
        "misfit": report.misfit,
        "epsilon": gap,
        "gain": gain,
        "gain_at_most": report.misfit + cross if linear else None,
        "correction": report.correction,
        "cosine": _cosine(report) if linear else None,
        # A measured ε is the distance itself; a given one only bounds it.
        "weak_error": (apart if epsilon is None else xp.maximum(apart, 0)) ** 2,
        "student_error": None if truth is None else report.weak_error - gain,
        "slack": report.slack,
        "assumptions": assumptions,
        "untested": untested,
    }
    return NonRealizable(**to_jax(found))


def _assumptions(report: Report, features, linear: bool, given: bool, gap: Any):
    found = tested(report, _ASSUMED)
    untested = tuple(name for name in _ASSUMED if name not in found)
    if features is None:
        untested += ("linear" if linear else "convex",)
    check = _gap_check(report, gap) if given else None
    if check is not None:
        return found | {"epsilon": check}, untested
    return found, untested + (("epsilon",) if given else ())


def _gap_check(report: Report, gap: Any) -> Check | None:
    if report.epsilon is None:
        return None
    allowed = np.asarray(gap)
    # A measured gap is known up to the accuracy of the projection that measures it.
    blur = np.asarray(report.evidence["truth_scale"] * accuracy(report.misfit.dtype))
    if not np.isfinite(blur).all():  # nothing is known of where the truth's projection lies
        return None
    over = np.asarray(report.epsilon) - allowed - blur
    value = float(np.max(over / np.maximum(allowed + blur, np.finfo(allowed.dtype).tiny)))
    good = "The measured realizability gap is at most the given ε."
    bad = "The truth lies farther from the class than the given ε allows."
    return Check(value <= 0, value, 0.0, good if value <= 0 else bad)


def _cosine(report: Report) -> Any:
    if report.correction is None:
        return None
    xp = namespace(report.correction)
    lengths = 2 * xp.sqrt(report.misfit * report.epsilon)
    cosine = report.correction / xp.where(lengths > 0, lengths, 1.0)
    return xp.where(lengths > 0, xp.clip(cosine, -1.0, 1.0), 0.0)


def _clean(epsilon: Given, misfit: Any) -> Any:
    given = numbers("epsilon", epsilon, finite=False)
    if given.shape not in ((), misfit.shape):
        raise ValueError(
            f"epsilon must be one number or {misfit.shape}, one a task, got {given.shape}"
        )
    if not isinstance(given, Tracer):
        worst = np.asarray(given)[~(np.isfinite(given) & (np.asarray(given) >= 0))]
        if len(worst):
            raise ValueError(f"epsilon must be finite and at least 0, got {worst[0]:g}")
    if on_host(given, misfit):
        return np.array(np.broadcast_to(np.asarray(given, misfit.dtype), misfit.shape))
    gap = jnp.asarray(given, misfit.dtype)
    gap = eqx.error_if(gap, ~(gap >= 0), "nonrealizable: epsilon must be at least 0")
    return jnp.broadcast_to(gap, misfit.shape)
