"""The assumptions and conclusions that a report can test on its own numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Numbers = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """One checked statement: what was measured, the limit it is held to, and a sentence.

    Attributes:
        holds: whether `value` is at most `limit`, in every task.
        value: the worst task's figure, without units.
        limit: the largest figure that passes.
        sentence: what the outcome means.

    Example:
        >>> Check(holds=True, value=0.0, limit=1e-12, sentence="Realizable.").holds
        True
    """

    holds: bool
    value: float
    limit: float
    sentence: str


class _Rule(NamedTuple):
    measure: Callable[[Numbers], Any]
    needs: tuple[str, ...]
    good: str
    bad: str
    limit: float | None = None
    power: float = 0.75  # without a limit: eps^power, above rounding and far below any effect


def _ratio(part, whole) -> np.ndarray:
    part, whole = np.asarray(part), np.asarray(whole)
    return np.divide(part, whole, out=np.where(part > 0, np.inf, 0.0), where=whole > 0)


def _beyond(distance, m: Numbers) -> np.ndarray:
    # A constrained projection is known up to its gap.
    known = np.asarray(m["uncertainty"]) * np.asarray(m["weak_scale"])
    return _ratio(np.maximum(np.asarray(distance) - known, 0.0), m["weak_scale"])


def _rounding_scale(errors, labels):
    # Labels far larger than their errors round the errors too.
    return np.sqrt(np.asarray(errors) * (np.asarray(errors) + np.asarray(labels)))


_RULES = {
    "inputs": _Rule(
        lambda m: _ratio(np.asarray(m["directions"]) + 1.0, m["inputs"]),
        ("directions",),
        "There are more inputs than directions to fit them with.",
        "The features have as many directions as there are inputs: a head on them reproduces any "
        "labels, and misfit says nothing.",
        limit=1.0,
    ),
    "projection": _Rule(
        lambda m: _beyond(m["distance_to_projection"], m),
        ("distance_to_projection",),
        "The student is the projection of the weak model onto the class.",
        "The student is not the projection of the weak model on these inputs: it was fitted on "
        "others, with ridge, or not to convergence. The identity need not hold.",
        power=1.25,
    ),
    "variational": _Rule(
        lambda m: _beyond(m["competition"], m),
        ("competition",),
        "The variational inequality holds at v = Pw: 2⟨w − s, v − s⟩ ≤ 0, which no other member of "
        "the class passes. No true label was needed.",
        "2⟨w − s, v − s⟩ > 0 at v = Pw: a step towards Pw brings the student nearer to the weak "
        "model, so it is not the projection. No true label was needed.",
    ),
    "realizable": _Rule(
        lambda m: _ratio(
            np.maximum(np.asarray(m["epsilon"]) - m["uncertainty"] * m["truth_scale"], 0.0),
            m["truth_scale"],
        ),
        ("epsilon",),
        "The truth lies in the class (ε = 0): gain is at least the misfit for a projection, and "
        "equal to it if the class is linear.",
        "The truth lies outside the class (ε > 0): gain may differ from misfit by the correction, "
        "either way.",
        power=1.25,
    ),
    "identity": _Rule(
        lambda m: _ratio(
            abs(m["gain"] - m["misfit"] + m["correction"]),
            _rounding_scale(m["weak_error"] + m["student_error"] + m["misfit"], m["weak_scale"]),
        ),
        ("gain", "correction"),
        "gain = misfit − correction.",
        "gain differs from misfit − correction: the student is not the projection here.",
    ),
    "inequality": _Rule(
        lambda m: _ratio(-m["slack"], m["weak_error"] + m["misfit"]),
        ("slack",),
        "gain ≥ misfit, as Theorem 1 says of a realizable, convex class.",
        "gain < misfit: an assumption of Theorem 1 fails (realizability, convexity, or a student "
        "that is the projection on these inputs).",
    ),
    "certificate": _Rule(
        lambda m: _ratio(m["misfit"] - m["weak_error"], m["weak_error"] + m["misfit"]),
        ("weak_error",),
        "The weak error is at least the misfit, as certified without labels.",
        "The weak error is below the misfit: the certificate's assumptions fail.",
    ),
    "ceiling": _Rule(
        lambda m: 1 - _ratio(m["weak_error"] - m["ceiling"], m["weak_error"]),
        ("ceiling",),
        "The ceiling lies clearly below the weak error, so that PGR means something.",
        "The ceiling lies within 5 % of the weak error or above it: PGR divides by almost nothing.",
        limit=0.95,
    ),
}


def check_all(numbers: Numbers, eps: float) -> dict[str, Check]:
    """Run every check whose numbers are there.

    Args:
        numbers: scalars or `(tasks,)` arrays by name; None or absent means not known.
        eps: machine epsilon of the numbers' dtype.

    Returns:
        Checks by name; the worst task decides.

    Example:
        >>> check_all({"weak_error": 0.2, "misfit": 0.3}, 2e-16)["certificate"].holds
        False
    """
    numbers = {name: None if v is None else np.asarray(v) for name, v in numbers.items()}
    found = {}
    for name, rule in _RULES.items():
        if any(numbers.get(key) is None for key in rule.needs):
            continue
        value = float(np.max(rule.measure(numbers)))
        limit = eps**rule.power if rule.limit is None else rule.limit
        holds = value <= limit
        found[name] = Check(holds, value, limit, rule.good if holds else rule.bad)
    return found
