r"""Finite samples: what a student fitted on n inputs keeps of the theorems on all the others."""

import math
from typing import Any

import equinox as eqx
import numpy as np
from jax import Array

from w2s_jax.arrays._host import namespace, to_host, to_jax
from w2s_jax.bounds._gap import nonrealizable
from w2s_jax.bounds._held_out import held_out_gap
from w2s_jax.bounds._reading import Given, count, positive, predictions, probability
from w2s_jax.bounds._stated import Stated
from w2s_jax.checks import Check
from w2s_jax.sets import Ball
from w2s_jax.sets._base import convex_set_or_none

_UNTESTABLE = ("independent", "fixed", "minimizer", "population")
_OLDER = "truth"  # only the paper's route asks it


class FiniteSample(Stated):
    """What Theorem 2 says with its constants; `()` or `(tasks,)`, squared label units.

    Attributes:
        misfit: d(student, weak) on fresh inputs, standing for the population.
        epsilon: ε, the realizability gap: given, or measured on held-out labels.
        gap: what ε costs at most, 2√(misfit·ε).
        capacity: what the class costs at most, 2B(2B + M)/√n.
        confidence: what being sure costs at most, ½(B + M)(9B + M)·√(ln(1/δ)/(2n)).
        quarter_capacity: the same by the paper's route, 2(B + M)·√(B(B + 2M))/n^¼.
        quarter_confidence: the same by the paper's route, 2(B + M)²·(2 ln(1/δ)/n)^¼.
        gain: what the gain is at least, misfit − gap − capacity − confidence.
        weak_error: what the weak error is at least, (√misfit − √ε)² − capacity − confidence, or
            0; needs no true label where ε is given.
        student_error: what the student error is at most, weak error − gain, or 0; None without
            truth.
        student_error_quarter: the same by the paper's route, which alone needs |f| ≤ M, tested as
            *truth*.
        assumptions: the checks of those assumptions that could be tested, by name.
        untested: the names of those that could not.

    Example:
        >>> bound = finite_sample(
        ...     np.array([1.0, -1.0]), np.array([0.5, 0.0]), fitted_on=10_000, weight_norm=1.0,
        ...     feature_norm=0.5, label_bound=1.0, epsilon=0.0,
        ... )
        >>> print(bound.misfit, bound.capacity, bound.confidence.round(4))
        0.625 0.02 0.0505
    """

    misfit: Array
    epsilon: Array
    gap: Array
    capacity: Array
    confidence: Array
    quarter_capacity: Array
    quarter_confidence: Array
    gain: Array
    weak_error: Array
    student_error: Any
    student_error_quarter: Any
    assumptions: dict[str, Check]
    untested: tuple[str, ...] = eqx.field(static=True)

    @property
    def holds(self) -> bool:
        """Whether no tested assumption failed; *truth* counts for the paper's route only."""
        return all(check.holds for name, check in self.assumptions.items() if name != _OLDER)


def finite_sample(
    weak: Given,
    student: Given,
    truth: Given = None,
    *,
    fitted_on: Given,
    weight_norm: Given,
    feature_norm: Given,
    label_bound: Given,
    features: Given = None,
    within: Any = None,
    epsilon: Given = None,
    delta: Given = 0.05,
) -> FiniteSample:
    r"""State Theorem 2 of Charikar et al. (2024) with every constant written out.

    The class holds heads $x \mapsto \theta^\top h(x)$ with weights from a closed convex set, not
    empty, $\lVert \theta \rVert \le R$; features obey $\lVert h(x) \rVert \le H$, so that
    predictions are at most $B = RH$; weak labels $w$ are at most $M$. Weak model and features are
    fixed, and then n independent inputs are drawn, on which the student minimizes $d$ to the weak
    labels over the class. With probability at least $1 - \delta$, in the mean over all inputs,

    $$d(s, f) \le d(w, f) - d(s, w) + 2\sqrt{d(s, w)\,\varepsilon} + \frac{2B(2B + M)}{\sqrt n} +
    \frac{(B + M)(9B + M)}{2} \sqrt{\frac{\ln(1/\delta)}{2n}} .$$

    The paper's last terms are of order $n^{-1/4}$; both versions are proved in the back matter. On
    the student's own n inputs no sampling term is due: see `nonrealizable`. For a linear class
    `linear_sample` promises far more, and needs no bound on labels or weights.

    Args:
        weak: predictions of the weak model on many *fresh* inputs, `(m,)` or `(m, tasks)`.
        student: predictions of the student there, same shape.
        truth: true labels there, same shape, where known.
        fitted_on: n, the number of weakly labeled inputs that the student was fitted on.
        weight_norm: R, label units per feature unit; a constant counts as a feature.
        feature_norm: H, feature units.
        label_bound: M, label units.
        features: `(m, d)`, the student's on the fresh inputs; with truth, ε is measured.
        within: the set of the class's weights, none longer than R; by default all of length ≤ R.
        epsilon: the realizability gap to assume, at most; by default it is measured: the error of
            heads on labels that they have not seen, which is at least ε on average.
        delta: δ in (0, 1), the probability with which the bounds may fail.

    Returns:
        A `FiniteSample`. Never testable: that the inputs are independent (independent), that weak
        model and features were fixed before the sample (fixed), that the student is the minimizer
        on its sample (minimizer), and that means over the fresh inputs are the population's
        (population); with `within` also that R bounds its weights (weights).

    Raises:
        ValueError: as `nonrealizable`; `fitted_on` no whole number above 0, a norm or bound that is
            not positive, δ outside (0, 1); ε to be measured on m ≤ d inputs.

    Fails when:
        n is not in the millions: honest, and loose. In the book's simulations the sampling terms
        were 40 to 9,000 times what a sample costs (root mean square).

    Example:
        >>> x = np.linspace(-1, 1, 101)
        >>> bound = finite_sample(
        ...     x**3, 0.6 * x, x, features=x[:, None], fitted_on=10_000, weight_norm=1.0,
        ...     feature_norm=1.0, label_bound=1.0,
        ... )
        >>> print(bound.holds, bound.untested)
        True ('independent', 'fixed', 'minimizer', 'population')
    """
    n, sure = count("fitted_on", fitted_on), -math.log(probability("delta", delta))
    length, size = positive("weight_norm", weight_norm), positive("feature_norm", feature_norm)
    most = positive("label_bound", label_bound)
    w, s, f, x = predictions(weak, student, truth, features)
    onto = convex_set_or_none(within) or Ball(length)
    assumptions = {
        "labels": _bound_check("Weak labels", w, most),
        "student": _bound_check("The student's predictions", s, length * size),
    }
    if f is not None:
        assumptions[_OLDER] = _bound_check("True labels", f, most)
    if x is not None:
        norms = namespace(x).linalg.norm(x, axis=-1)
        assumptions["features"] = _bound_check("Norms of the features", norms, size)
    gap = epsilon
    if epsilon is None and f is not None and x is not None:
        gap = held_out_gap(x, f, onto)
    elif f is not None and x is not None:
        # What no member undercuts on these inputs is no more than ε in the population.
        least = nonrealizable(w, s, f, features=x, bias=False, within=onto, epsilon=epsilon)
        assumptions |= {k: check for k, check in least.assumptions.items() if k == "epsilon"}
    fresh = to_host(nonrealizable(w, s, f, epsilon=gap))
    terms = _terms(n, length * size, most, sure)
    untested = _UNTESTABLE + (() if within is None else ("weights",))
    untested += ("features",) if x is None else ()
    untested += ("epsilon",) if epsilon is not None and "epsilon" not in assumptions else ()
    return FiniteSample(**to_jax(_bounds(fresh, terms)), assumptions=assumptions, untested=untested)


def _bounds(fresh: Any, terms: tuple[float, ...]) -> dict:
    xp = namespace(fresh.misfit)
    capacity, confidence, slow_capacity, slow_confidence = (
        xp.full(fresh.misfit.shape, term, fresh.misfit.dtype) for term in terms
    )
    root, quarter = capacity + confidence, slow_capacity + slow_confidence
    at_most = fresh.student_error
    return {
        "misfit": fresh.misfit,
        "epsilon": fresh.epsilon,
        "gap": fresh.misfit - fresh.gain,
        "capacity": capacity,
        "confidence": confidence,
        "quarter_capacity": slow_capacity,
        "quarter_confidence": slow_confidence,
        "gain": fresh.gain - root,
        "weak_error": xp.maximum(fresh.weak_error - root, 0),
        "student_error": None if at_most is None else xp.maximum(at_most + root, 0),
        "student_error_quarter": None if at_most is None else xp.maximum(at_most + quarter, 0),
    }


def _terms(n: int, reach: float, label: float, sure: float) -> tuple[float, float, float, float]:
    both = reach + label
    return (
        2 * reach * (2 * reach + label) / n**0.5,
        both * (9 * reach + label) / 2 * (sure / (2 * n)) ** 0.5,
        2 * both * (reach * (reach + 2 * label)) ** 0.5 / n**0.25,
        2 * both**2 * (2 * sure / n) ** 0.25,
    )


def _bound_check(what: str, values: Any, limit: float) -> Check:
    found = float(np.abs(np.asarray(values)).max())
    allowed = limit * (1 + 1e-9)  # a projection onto the ball rounds
    holds = found <= allowed
    verb = "stay within" if holds else "exceed"
    return Check(holds, found, allowed, f"{what} {verb} the bound {limit:g} on these inputs.")
