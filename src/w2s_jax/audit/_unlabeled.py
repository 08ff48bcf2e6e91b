"""What an audit says without a label."""

import numpy as np

from w2s_jax.audit._counts import share_ends
from w2s_jax.audit._estimates import Finding
from w2s_jax.audit._taught import Taught
from w2s_jax.audit._words import ALIKE, UNITS, said, with_ends
from w2s_jax.bounds import FreshGain
from w2s_jax.checks import Check
from w2s_jax.report import Report
from w2s_jax.report._resampling import mean_interval
from w2s_jax.report._tables import figure

Found = dict[str, Finding]
_NEARLY = 0.99  # of the teacher copied: a warning
_COPIED = 1 - 1e-6  # a verdict

FRESH = (
    ALIKE,
    "teacher and features are fixed before the sample",
    "the truth is in the student's class",
    "what the student drops is noise, independent of the features",
    "the features are about Gaussian",
)


def of_predictions(
    report: Report,
    checks: dict[str, Check],
    weak: np.ndarray,
    student: np.ndarray,
    confidence: float,
) -> Found:
    """Say how far the two are apart, what that certifies, and whether the student only copies.

    Args:
        report: on all inputs, without labels.
        checks: what could be tested there.
        weak: `(n,)` or `(n, classes)`; as is the next.
        student: predictions.
        confidence: of the interval.

    Example:
        >>> from w2s_jax import evaluate
        >>> w, s = np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 2.0, 3.0, 4.0])
        >>> found = of_predictions(evaluate(w, s), evaluate(w, s).checks, w, s, 0.95)
        >>> print(found["misfit"].sentence)
        Student and teacher differ by 1 (0 to 4.182) in the mean, in squared label units.
    """
    units = UNITS.get(report.loss, f"the units of {report.loss}")
    misfit = float(report.misfit)
    counts = report.loss == "zero-one"
    if counts:
        ends = share_ends(report.terms["misfit"], confidence)
    else:
        low, high = map(float, mean_interval(report.terms["misfit"], confidence))
        ends = max(low, 0.0), high
    known = np.isfinite(misfit)
    found = {
        "misfit": said(
            "misfit",
            misfit if known else None,
            f"Student and teacher differ by {with_ends(misfit, ends)} in the mean, in {units}."
            if not counts
            else f"Student and teacher differ on {100 * misfit:.3g} % of the inputs.",
            ends=ends if known and np.isfinite(ends).all() else None,
            method="score" if counts else "naive",
            assumes=(ALIKE,),
        )
    }
    if report.certificate is not None:
        found["certificate"] = _certificate(checks, misfit if known else None, units)
    share = copied(report, weak, student)
    if share is not None:
        found["imitation"] = _imitation(share, report.loss)
    return found


def _certificate(checks: dict[str, Check], misfit: float | None, units: str) -> Finding:
    fails = "certificate" not in checks or not checks["certificate"].holds
    broken = [name for name in ("inputs", "projection", "variational") if name in checks]
    broken = [name for name in broken if not checks[name].holds]
    if fails or broken or misfit is None:
        return said(
            "certificate",
            None,
            "None: the student is not the nearest member of its class to the teacher here, so "
            "that its misfit certifies nothing.",
        )
    return said(
        "certificate",
        misfit,
        f"The teacher is wrong by at least {figure(misfit)}, in {units}, on these inputs, if the "
        "student's class holds the truth.",
        assumes=("the student's class holds the truth", "the student is its nearest member"),
    )


def copied(report: Report, weak: np.ndarray, student: np.ndarray) -> float | None:
    """Return which share of the teacher the student copies: of its variance, or of its classes.

    Returns:
        1 − misfit / variance of the teacher; with zero-one loss, and hard classes, the share of
        inputs on which both agree; None where the teacher does not vary.

    Example:
        >>> from w2s_jax import evaluate
        >>> w, s = np.array([0.0, 2.0]), np.array([0.5, 1.5])
        >>> copied(evaluate(w, s), w, s)
        0.75
    """
    if report.loss == "zero-one" or weak.shape != student.shape or weak.dtype.kind != "f":
        return None if report.agreement is None else float(report.agreement)
    variance = weak.var(0).sum()
    if variance == 0:
        return None
    return float(1 - ((weak - student) ** 2).mean(0).sum() / variance)


def _imitation(share: float, loss: str) -> Finding:
    of = "the teacher's predictions"
    of = of if loss == "zero-one" else f"how {of} vary"
    sentence = f"The student copies {100 * share:.4g} % of {of}."
    if share >= _NEARLY:
        sentence += (
            " That is nearly all: a student that repeats its teacher repeats the mistakes too, and "
            "can hardly gain or lose."
        )
    return said("imitation", share, sentence)


def imitates(found: Found) -> bool:
    """Say whether the student is its teacher, up to rounding.

    Example:
        >>> imitates({"imitation": _imitation(1.0, "squared")})
        True
    """
    share = found["imitation"].value if "imitation" in found else None
    return share is not None and share >= _COPIED


def of_features(given: Taught, k: int, inputs: int) -> tuple[Found, dict[str, Check]]:
    """Say what is left over by least squares, and what the law makes of it.

    Args:
        given: of the features.
        k: the teacher's number.
        inputs: n.

    Returns:
        Estimates, and the check of enough inputs: at least twice as many as directions.

    Example:
        >>> from w2s_jax.audit._features import read_features
        >>> from w2s_jax.audit._taught import taught
        >>> rng = np.random.default_rng(0)
        >>> x, weak = rng.normal(size=(60, 5)), rng.normal(size=(60, 1))
        >>> found, checks = of_features(taught(read_features(x), weak), 0, 60)
        >>> print(found["predicted_gain"].value.__round__(2), checks["twice"].holds)
        0.85 True
    """
    own, left_out = float(given.own[k]), float(given.left_out[k])
    looked = "" if given.looked_at == inputs else f" (a mean over {given.looked_at:,} of them)"
    found = {
        "rank": said("rank", given.rank, f"The features span {given.rank:,} directions."),
        "own_misfit": said(
            "own_misfit",
            own,
            f"The least-squares student of these inputs leaves {figure(own)} of its teacher there: "
            "on average less than on fresh inputs.",
            assumes=(ALIKE,),
        ),
        "leave_one_out_misfit": said(
            "leave_one_out_misfit",
            left_out if np.isfinite(left_out) else None,
            f"Each input left out in turn{looked}, it leaves {figure(left_out)}: on average more "
            "than the best student of all inputs would.",
            assumes=(ALIKE,),
        ),
    }
    return found | _law(given, own, inputs), {"twice": _twice(given.rank, inputs)}


def _law(given: Taught, own: float, inputs: int) -> Found:
    try:
        law = FreshGain.of(own, inputs=inputs, rank=given.rank)
    except ValueError:  # the mean cost is infinite
        sentence = f"{inputs:,} inputs are too few for {given.rank:,} directions: the law is mute."
        return {
            name: said(name, None, sentence, method="law") for name in ("rho", "predicted_gain")
        }
    rho, gain = float(law.cost), float(law.gain)
    return {
        "rho": said(
            "rho",
            rho,
            f"Learning from {inputs:,} inputs adds {figure(rho)} times the least misfit; above 1 "
            "it costs more than the student can gain.",
            method="law",
            assumes=FRESH[:2] + FRESH[4:],
        ),
        "predicted_gain": said(
            "predicted_gain",
            gain,
            f"If what the student drops is noise, a least-squares student of these inputs gains "
            f"{figure(gain)} on fresh ones. Of a teacher who knows what the student cannot say, "
            "that is too much.",
            method="law",
            assumes=FRESH,
        ),
    }


def _twice(rank: int, inputs: int) -> Check:
    """Hold twice the directions against the inputs: below, the law's gain is negative."""
    value, limit = float(2 * (rank + 1)), float(inputs)
    good = "There are at least twice as many inputs as directions: learning need not cost the gain."
    bad = (
        "There are fewer than twice as many inputs as directions: on fresh inputs a least-squares "
        "student then loses more by learning than it gains. Take more inputs, or fewer features."
    )
    return Check(value <= limit, value, limit, good if value <= limit else bad)
