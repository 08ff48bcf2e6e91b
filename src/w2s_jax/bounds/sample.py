r"""Finite samples: what a student fitted on n inputs keeps of the theorems on all the others."""

import math
from collections.abc import Iterator
from typing import Any

import equinox as eqx
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax._host import namespace, to_host, to_jax
from w2s_jax.bounds.gap import nonrealizable
from w2s_jax.checks import Check
from w2s_jax.sets import Ball

Predictions = Float[Array | np.ndarray, "n *tasks"]
_UNTESTABLE = ("independent", "minimiser", "population")


class FiniteSample(eqx.Module):
    """What Theorem 2 says with its constants; `()` or `(tasks,)`, squared label units.

    Attributes:
        misfit: d(student, weak) on fresh inputs, standing for the population.
        epsilon: ε, the realizability gap.
        gap: what ε costs at most, 2√(misfit·ε).
        capacity: what the class costs at most, 2B(2B + M)/√n.
        confidence: what being sure costs at most, ½(B + M)(9B + M)·√(ln(1/δ)/(2n)).
        quarter_capacity: the same by the paper's route, 2(B + M)·√(B(B + 2M))/n^¼.
        quarter_confidence: the same by the paper's route, 2(B + M)²·(2 ln(1/δ)/n)^¼.
        gain: what the gain is at least, misfit − gap − capacity − confidence.
        weak_error: what the weak error is at least, (√misfit − √ε)² − capacity − confidence, or
            0; needs no true label where ε is given.
        student_error: what the student error is at most, weak error − gain; None without truth.
        student_error_quarter: the same by the paper's route.
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
        """Whether no tested assumption failed."""
        return all(check.holds for check in self.assumptions.values())


def finite_sample(
    weak: Predictions,
    student: Predictions,
    truth: Predictions | None = None,
    *,
    fitted_on: int,
    weight_norm: float,
    feature_norm: float,
    label_bound: float,
    features: Float[Array | np.ndarray, "n d"] | None = None,
    epsilon: float | Float[Array | np.ndarray, "*given"] | None = None,
    delta: float = 0.05,
) -> FiniteSample:
    r"""State Theorem 2 of Charikar et al. (2024) with every constant written out.

    The class holds heads $x \mapsto \theta^\top h(x)$ with weights from a convex set,
    $\lVert \theta \rVert \le R$; features obey $\lVert h(x) \rVert \le H$, so that predictions
    are at most $B = RH$; labels $w$ and $f$ are at most $M$. The student minimises $d$ to the weak
    labels over the class on $n$ independent inputs. With probability at least $1 - \delta$, in the
    mean over all inputs,

    $$d(s, f) \le d(w, f) - d(s, w) + 2\sqrt{d(s, w)\,\varepsilon} + \frac{2B(2B + M)}{\sqrt n} +
    \frac{(B + M)(9B + M)}{2} \sqrt{\frac{\ln(1/\delta)}{2n}} .$$

    The paper's last terms are of order $n^{-1/4}$; both versions are proved in the back matter. On
    the student's own n inputs no sampling term is due: see `nonrealizable`.

    Args:
        weak: predictions of the weak model on many *fresh* inputs, `(m,)` or `(m, tasks)`.
        student: predictions of the student there, same shape.
        truth: true labels there, same shape, where known.
        fitted_on: n, the number of weakly labelled inputs that the student was fitted on.
        weight_norm: R, label units per feature unit; a constant counts as a feature.
        feature_norm: H, feature units.
        label_bound: M, label units.
        features: `(m, d)`, the student's on the fresh inputs; with truth, ε is measured.
        epsilon: the realizability gap to assume, at most; by default the measured one.
        delta: δ in (0, 1), the probability with which the bounds may fail.

    Returns:
        A `FiniteSample`. Never testable: that the inputs are independent, that the student is the
        minimiser on its sample, and that means over the fresh inputs are the population's.

    Raises:
        ValueError: as `nonrealizable`; `fitted_on` < 1, a norm or bound that is not positive,
            δ outside (0, 1).

    Fails when:
        n is not in the thousands: honest, and loose by one to two orders of magnitude.

    Example:
        >>> x = np.linspace(-1, 1, 101)
        >>> bound = finite_sample(
        ...     x**3, 0.6 * x, x, features=x[:, None], fitted_on=10_000, weight_norm=1.0,
        ...     feature_norm=1.0, label_bound=1.0,
        ... )
        >>> print(bound.holds, bound.untested)
        True ('independent', 'minimiser', 'population')
    """
    for name, value in _positive(fitted_on, weight_norm, feature_norm, label_bound):
        if not value > 0 or not math.isfinite(value):
            raise ValueError(f"{name} must be positive and finite, got {value}")
    if not 0 < delta < 1:
        raise ValueError(f"delta must lie in (0, 1), got {delta}")
    fresh = nonrealizable(
        weak,
        student,
        truth,
        features=features,
        bias=False,
        within=Ball(weight_norm),
        epsilon=epsilon,
    )
    fresh = to_host(fresh)
    xp = namespace(fresh.misfit)
    reach = weight_norm * feature_norm
    assumptions = {
        "labels": _bound_check("Labels", [weak] if truth is None else [weak, truth], label_bound),
        "student": _bound_check("The student's predictions", [student], reach),
    } | {name: check for name, check in fresh.assumptions.items() if name == "epsilon"}
    if features is not None:
        norms = namespace(features).linalg.norm(features, axis=-1)
        assumptions["features"] = _bound_check("Norms of the features", [norms], feature_norm)
    capacity, confidence, slow_capacity, slow_confidence = (
        xp.full(fresh.misfit.shape, term, fresh.misfit.dtype)
        for term in _terms(fitted_on, reach, label_bound, math.log(1 / delta))
    )
    root, quarter = capacity + confidence, slow_capacity + slow_confidence
    at_most = fresh.student_error
    found = {
        "misfit": fresh.misfit,
        "epsilon": fresh.epsilon,
        "gap": fresh.misfit - fresh.gain,
        "capacity": capacity,
        "confidence": confidence,
        "quarter_capacity": slow_capacity,
        "quarter_confidence": slow_confidence,
        "gain": fresh.gain - root,
        "weak_error": xp.maximum(fresh.weak_error - root, 0),
        "student_error": None if at_most is None else at_most + root,
        "student_error_quarter": None if at_most is None else at_most + quarter,
        "assumptions": assumptions,
        "untested": _UNTESTABLE
        + (("features",) if features is None else ())
        + (("epsilon",) if "epsilon" in fresh.untested else ()),
    }
    return FiniteSample(**to_jax(found))


def _positive(fitted_on, weight_norm, feature_norm, label_bound) -> Iterator[tuple[str, float]]:
    yield "fitted_on", fitted_on
    yield "weight_norm", weight_norm
    yield "feature_norm", feature_norm
    yield "label_bound", label_bound


def _terms(n: int, reach: float, label: float, sure: float) -> tuple[float, float, float, float]:
    both = reach + label
    return (
        2 * reach * (2 * reach + label) / n**0.5,
        both * (9 * reach + label) / 2 * (sure / (2 * n)) ** 0.5,
        2 * both * (reach * (reach + 2 * label)) ** 0.5 / n**0.25,
        2 * both**2 * (2 * sure / n) ** 0.25,
    )


def _bound_check(what: str, values, limit: float) -> Check:
    found = max(float(np.abs(np.asarray(value)).max()) for value in values)
    allowed = limit * (1 + 1e-9)  # a projection onto the ball rounds
    holds = found <= allowed
    verb = "stay within" if holds else "exceed"
    return Check(holds, found, allowed, f"{what} {verb} the bound {limit:g} on these inputs.")
