"""What can be told of squared errors."""

from typing import Any

import numpy as np

from w2s_jax.checks._rules import Amount, Numbers, Rule, relative, root


def _digits(m: Numbers) -> Amount:
    errors = [root(m[name]) for name in ("misfit", "weak_error") if m.get(name) is not None]
    smallest = np.min([np.where(e > 0, e, np.inf) for e in errors], axis=0)
    least = np.where(np.isfinite(smallest), smallest, m["spread"])  # all equal: what varies at all
    share, _ = relative(m["rounding"], 0.0, least)
    return np.where(least > 0, share, 0.0), np.full_like(share, 0.3)


def inputs(m: Numbers) -> Amount:
    """Compare the directions of the features, and one, with the number of inputs.

    Example:
        >>> print(inputs({"directions": np.array(4), "inputs": 10})[0])
        0.5
    """
    return (m["directions"] + 1.0) / m["inputs"], np.ones_like(m["directions"] + 1.0)


def _projection(m: Numbers) -> Amount:
    return relative(root(m["distance_to_projection"]), m["blur"], root(m["weak_scale"]))


def _variational(m: Numbers) -> Amount:
    limit = 2 * (root(m["misfit"]) + m["blur"]) * m["blur"]
    return relative(m["competition"], limit, m["weak_scale"])


def _realizable(m: Numbers) -> Amount:
    return relative(root(m["epsilon"]), m["blur_truth"], root(m["truth_scale"]))


def _short(m: Numbers) -> Any:
    """How far slack may fall below 0 if the student and the truth are off by their blurs.

    For s = p + δ and g the member nearest to f: slack = 2⟨w − p, p − g⟩ + 2⟨w − p, δ + g − f⟩
    − 2⟨δ, s − f⟩, the first not negative. The p that was computed is blurred as well: twice.
    """
    blur = 2 * m["blur"]
    left = root(m["misfit"]) + blur
    return 2 * left * (blur + m["blur_truth"]) + 2 * blur * root(m["student_error"])


def _identity(m: Numbers) -> Amount:
    missed = root(m["epsilon"]) + m["blur_truth"]
    return relative(
        abs(m["slack"] + m["correction"]),
        _short(m) + 4 * m["blur"] * missed,
        m["weak_error"] + m["student_error"] + m["misfit"],
    )


def _inequality(m: Numbers) -> Amount:
    return relative(-m["slack"], _short(m), m["weak_error"] + m["misfit"])


def _certificate(m: Numbers) -> Amount:
    if m.get("weak_error") is None:  # nothing to test
        return np.zeros_like(m["misfit"]), np.zeros_like(m["misfit"])
    return relative(m["misfit"] - m["weak_error"], _short(m), m["weak_error"] + m["misfit"])


def ceiling(m: Numbers) -> Amount:
    """Compare the ceiling, moved up by half its gap's interval, with the weak error.

    Example:
        >>> print(ceiling({"weak_error": np.array(0.4), "gap_low": 0.1})[0])
        0.75
    """
    known = np.asarray(m["weak_error"] > 0)
    share = np.divide(m["gap_low"], m["weak_error"], out=np.zeros(known.shape), where=known)
    return 1 - share, np.full_like(share, np.nextafter(1.0, 0.0))


_FAILED = ("digits", "inputs", "projection", "realizable")
RULES = {
    "digits": Rule(
        _digits,
        ("rounding",),
        "The digits of the predictions resolve the errors.",
        "The labels are so large, or have so few digits, that rounding is about as large as the "
        "errors: subtract a common offset before fitting, or keep more digits. No other check of "
        "the student can be told.",
        unless=(),
        in_test=True,
    ),
    "inputs": Rule(
        inputs,
        ("directions",),
        "There are more inputs than directions to fit them with.",
        "The features have as many directions as there are inputs: a head on them reproduces any "
        "labels, and a misfit or ε measured by it says nothing.",
        unless=(),
        in_test=True,
    ),
    "projection": Rule(
        _projection,
        ("distance_to_projection",),
        "The student is the projection of the weak model onto the class.",
        "The student is not the projection of the weak model on these inputs: it was fitted on "
        "others (then pass test=True), with ridge, in too few digits, or not to convergence. The "
        "theorems do not speak of it.",
    ),
    "variational": Rule(
        _variational,
        ("competition",),
        "2⟨w − s, v − s⟩ ≤ 0 at v = Pw, as at every member v if the student is the projection. No "
        "true label was needed.",
        "2⟨w − s, v − s⟩ > 0 for v = Pw: a function of the class lies nearer to the weak model, "
        "so the student is not the projection. No true label was needed.",
    ),
    "realizable": Rule(
        _realizable,
        ("epsilon",),
        "The truth lies in the class (ε = 0).",
        "The truth lies outside the class (ε > 0): the gain of a projection may fall short of the "
        "misfit by the correction.",
        unless=("digits", "inputs"),
    ),
    "identity": Rule(
        _identity,
        ("slack", "correction"),
        "gain = misfit − correction.",
        "gain differs from misfit − correction: the student is not the projection here.",
    ),
    "inequality": Rule(
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
    "certificate": Rule(
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
    "ceiling": Rule(
        ceiling,
        ("gap_low",),
        "The ceiling lies below the weak error by more than chance: the 95 % interval of the gap "
        "is above 0, and PGR is defined.",
        "The ceiling is not clearly below the weak error: the 95 % interval of the gap reaches 0 "
        "or less, and PGR means nothing.",
        unless=(),
        in_test=True,
    ),
}
