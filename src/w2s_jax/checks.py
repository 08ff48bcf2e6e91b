"""The assumptions and conclusions that a report can test on its own numbers.

A check speaks only where it can be told and where what it assumes is not known to fail. What it
assumes and nobody could test stands in its `untested`. Tolerances follow from one number, the
`blur`: how far from the exact projection rounding and the solver may leave an honest student, so
that where the assumptions pass, the conclusions that are theorems pass too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Numbers = Mapping[str, Any]
Amount = tuple[Any, Any]


@dataclass(frozen=True)
class Check:
    """One checked statement: what was measured, the limit it is held to, and a sentence.

    Attributes:
        holds: whether `value` is at most `limit`, in every task.
        value: the worst task's figure, without units.
        limit: the largest figure that passes, for that task.
        sentence: what the outcome means.
        untested: the assumptions that the sentence names and that could not be tested.

    Example:
        >>> Check(holds=True, value=0.0, limit=1e-12, sentence="Realizable.").holds
        True
    """

    holds: bool
    value: float
    limit: float
    sentence: str
    untested: tuple[str, ...] = ()


class _Rule(NamedTuple):
    measure: Callable[[Numbers], Amount]
    needs: tuple[str, ...]
    good: str
    bad: str
    unless: tuple[str, ...] = ("digits",)  # checks that silence this one where they fail
    assumes: tuple[str, ...] = ()
    conditional: str = ""  # in place of `good`, where an assumption could not be tested
    in_test: bool = False  # speaks in test mode too


def _root(square: Any) -> Any:
    return np.sqrt(np.maximum(square, 0.0))


def _relative(amount: Any, limit: Any, scale: Any) -> Amount:
    """Divide by a scale; what has none is 0 or infinite."""
    amount, limit, scale = np.broadcast_arrays(*map(np.asarray, (amount, limit, scale)))
    known = scale > 0
    share = np.divide(amount, scale, out=np.where(amount > limit, np.inf, 0.0), where=known)
    return share, np.divide(limit, scale, out=np.zeros_like(share), where=known)


def _digits(m: Numbers) -> Amount:
    errors = [_root(m[name]) for name in ("misfit", "weak_error") if m.get(name) is not None]
    smallest = np.min([np.where(e > 0, e, np.inf) for e in errors], axis=0)
    least = np.where(np.isfinite(smallest), smallest, m["spread"])  # all equal: what varies at all
    share, _ = _relative(m["rounding"], 0.0, least)
    return np.where(least > 0, share, 0.0), np.full_like(share, 0.3)


def _inputs(m: Numbers) -> Amount:
    return (m["directions"] + 1.0) / m["inputs"], np.ones_like(m["directions"] + 1.0)


def _projection(m: Numbers) -> Amount:
    return _relative(_root(m["distance_to_projection"]), m["blur"], _root(m["weak_scale"]))


def _variational(m: Numbers) -> Amount:
    limit = 2 * (_root(m["misfit"]) + m["blur"]) * m["blur"]
    return _relative(m["competition"], limit, m["weak_scale"])


def _realizable(m: Numbers) -> Amount:
    return _relative(_root(m["epsilon"]), m["blur_truth"], _root(m["truth_scale"]))


def _short(m: Numbers) -> Any:
    """How far slack may fall below 0 if the student and the truth are off by their blurs.

    For s = p + δ and g the member nearest to f: slack = 2⟨w − p, p − g⟩ + 2⟨w − p, δ + g − f⟩
    − 2⟨δ, s − f⟩, the first not negative. The p that was computed is blurred as well: twice.
    """
    blur = 2 * m["blur"]
    left = _root(m["misfit"]) + blur
    return 2 * left * (blur + m["blur_truth"]) + 2 * blur * _root(m["student_error"])


def _identity(m: Numbers) -> Amount:
    missed = _root(m["epsilon"]) + m["blur_truth"]
    return _relative(
        abs(m["slack"] + m["correction"]),
        _short(m) + 4 * m["blur"] * missed,
        m["weak_error"] + m["student_error"] + m["misfit"],
    )


def _inequality(m: Numbers) -> Amount:
    return _relative(-m["slack"], _short(m), m["weak_error"] + m["misfit"])


def _certificate(m: Numbers) -> Amount:
    if m.get("weak_error") is None:  # nothing to test
        return np.zeros_like(m["misfit"]), np.zeros_like(m["misfit"])
    return _relative(m["misfit"] - m["weak_error"], _short(m), m["weak_error"] + m["misfit"])


def _ceiling(m: Numbers) -> Amount:
    """Compare the ceiling, moved up by half its gap's interval, with the weak error."""
    known = np.asarray(m["weak_error"] > 0)
    share = np.divide(m["gap_low"], m["weak_error"], out=np.zeros(known.shape), where=known)
    return 1 - share, np.full_like(share, np.nextafter(1.0, 0.0))


_FAILED = ("digits", "inputs", "projection", "realizable")
_RULES = {
    "digits": _Rule(
        _digits,
        ("rounding",),
        "The digits of the predictions resolve the errors.",
        "The labels are so large, or have so few digits, that rounding is about as large as the "
        "errors: subtract a common offset before fitting, or keep more digits. No other check of "
        "the student can be told.",
        unless=(),
        in_test=True,
    ),
    "inputs": _Rule(
        _inputs,
        ("directions",),
        "There are more inputs than directions to fit them with.",
        "The features have as many directions as there are inputs: a head on them reproduces any "
        "labels, and a misfit or ε measured by it says nothing.",
        unless=(),
        in_test=True,
    ),
    "projection": _Rule(
        _projection,
        ("distance_to_projection",),
        "The student is the projection of the weak model onto the class.",
        "The student is not the projection of the weak model on these inputs: it was fitted on "
        "others (then pass test=True), with ridge, in too few digits, or not to convergence. The "
        "theorems do not speak of it.",
    ),
    "variational": _Rule(
        _variational,
        ("competition",),
        "2⟨w − s, v − s⟩ ≤ 0 at v = Pw, as at every member v if the student is the projection. No "
        "true label was needed.",
        "2⟨w − s, v − s⟩ > 0 for v = Pw: a function of the class lies nearer to the weak model, "
        "so the student is not the projection. No true label was needed.",
    ),
    "realizable": _Rule(
        _realizable,
        ("epsilon",),
        "The truth lies in the class (ε = 0).",
        "The truth lies outside the class (ε > 0): the gain of a projection may fall short of the "
        "misfit by the correction.",
        unless=("digits", "inputs"),
    ),
    "identity": _Rule(
        _identity,
        ("slack", "correction"),
        "gain = misfit − correction.",
        "gain differs from misfit − correction: the student is not the projection here.",
    ),
    "inequality": _Rule(
        _inequality,
        ("slack",),
        "gain ≥ misfit, as Theorem 1 says of the projection onto a convex class that holds the "
        "truth.",
        "gain < misfit: an assumption of Theorem 1 fails (realizability, convexity, or a student "
        "that is the projection on these inputs).",
        unless=_FAILED,
        assumes=("convex", "projection", "realizable"),
        conditional="gain ≥ misfit. Theorem 1 promises it where the class is convex, the truth is "
        "in it and the student is its member nearest to the weak model; not all of this was "
        "tested.",
    ),
    "certificate": _Rule(
        _certificate,
        ("misfit",),
        "The weak error is at least the misfit, as it must be for the nearest member of a class "
        "that holds the truth.",
        "The weak error is below the misfit, so the certificate's assumptions fail: the truth is "
        "outside the class, or the student is not its member nearest to the weak model.",
        unless=_FAILED,
        assumes=("projection", "realizable"),
        conditional="The weak error is at least the misfit if, convex or not, the class holds the "
        "truth and the student is its member nearest to the weak model on these inputs; not all "
        "of this was tested.",
    ),
    "ceiling": _Rule(
        _ceiling,
        ("gap_low",),
        "The ceiling lies below the weak error by more than chance: the 95 % interval of the gap "
        "is above 0, and PGR is defined.",
        "The ceiling is not clearly below the weak error: the 95 % interval of the gap reaches 0 "
        "or less, and PGR means nothing.",
        unless=(),
        in_test=True,
    ),
}


def check_all(numbers: Numbers, *, test: bool = False, confined: bool = False) -> dict[str, Check]:
    """Run every check whose numbers are there and whose assumptions are not known to fail.

    Args:
        numbers: a report's quantities and evidence, scalars or `(tasks,)` arrays by name; None or
            absent means not known.
        test: the student was fitted on other inputs: no check of the projection speaks.
        confined: the heads are confined to a set, which many directions do not make trivial.

    Returns:
        Checks by name; the worst task decides.

    Example:
        >>> sizes = {"blur": 1e-9, "blur_truth": 1e-9, "student_error": 0.1}
        >>> check_all({"weak_error": 0.2, "misfit": 0.3} | sizes)["certificate"].holds
        False
    """
    known = {name: np.asarray(v) for name, v in numbers.items() if v is not None}
    found: dict[str, Check] = {}
    for name, rule in _RULES.items():
        if (test and not rule.in_test) or (confined and name == "inputs"):
            continue
        failed = any(other in found and not found[other].holds for other in rule.unless)
        if not failed and all(key in known for key in rule.needs):
            found[name] = _run(rule, known, found)
    return found


def _run(rule: _Rule, known: Numbers, found: dict[str, Check]) -> Check:
    with np.errstate(all="ignore"):
        value, limit = map(np.ravel, np.broadcast_arrays(*rule.measure(known)))
        share = np.where(limit > 0, value / limit, np.where(value > 0, np.inf, 0.0))
    worst = int(np.argmax(share))  # of a NaN too
    tested = {"convex"} if "distance_to_projection" in known else set()
    untested = tuple(a for a in rule.assumes if a not in tested and a not in found)
    holds = bool((value <= limit).all())
    good = rule.conditional if untested else rule.good
    return Check(
        holds,
        float(value[worst]),
        float(limit[worst]),
        good if holds else rule.bad,
        untested if holds else (),
    )
