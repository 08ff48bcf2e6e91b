"""What labels add: errors, the gain in two ways, slack and PGR."""

import numpy as np

from w2s_jax.audit._counts import share_ends
from w2s_jax.audit._estimates import Finding
from w2s_jax.audit._gains import Gains
from w2s_jax.audit._linear import LINEAR
from w2s_jax.audit._powered import Mean, naive
from w2s_jax.audit._words import DRAWN, UNITS, said, with_ends
from w2s_jax.report import Report
from w2s_jax.report._tables import counted

Found = dict[str, Finding]


def of_labels(report: Report, found: Gains, confidence: float) -> Found:
    """Say what errors and gain are, and how sure.

    Args:
        report: on the labeled inputs.
        found: their gains.
        confidence: of the intervals.

    Example:
        >>> from w2s_jax import evaluate
        >>> report = evaluate([1.0, 3.0, 2.0], [1.0, 2.0, 2.0], [1.0, 1.0, 2.0])
        >>> measured = report.terms["weak_error"] - report.terms["student_error"]
        >>> own = of_labels(report, Gains(measured, None, None, np.arange(3)), 0.95)
        >>> own["gain"].value, own["gain"].method, own["gain_powered"].value
        (1.0, 'naive', None)
    """
    m, units = len(found.rows), UNITS.get(report.loss, f"the units of {report.loss}")
    terms = {name: np.asarray(term, float) for name, term in report.terms.items()}
    counts, own = bool(found.added), {}
    for name, who in (("weak_error", "teacher"), ("student_error", "student")):
        if counts:
            own[name] = _share(name, who, terms[name], confidence)
            continue
        sentence = f"The {who} errs by {{}}, in {units}."
        own[name] = _mean(name, naive(terms[name]), m, "naive", confidence, sentence)
    deciding, method = found.decisive()
    plain, both = found.naive(), found.powered()
    sentence = f"The student's error is less than the teacher's by {{}}, in {units}."
    if counts:
        told = counted(found.telling, "labeled input")
        sentence += f" One of the two alone is right on {told}."
    own["gain"] = _mean("gain", deciding, m, method, confidence, sentence)
    sentence = "By the labeled inputs alone the gain is {}."
    own["gain_naive"] = _mean("gain_naive", plain, m, "naive", confidence, sentence)
    own["gain_powered"] = _powered(both, plain, m, confidence, report.loss)
    if report.slack is not None and "misfit" in terms:
        more = tuple(gain - 1 for gain in found.added)  # on inputs where the two differ
        slack = naive(found.measured - terms["misfit"], added=more)
        sentence = (
            "On the labeled inputs gain less misfit is {}: what the misfit alone would have got "
            "wrong there."
        )
        own["slack"] = _mean("slack", slack, m, "naive", confidence, sentence)
    p = plain.p_value
    test = "paired t test, one input of either kind added" if counts else "paired t test"
    often = "less than 0.1 %" if p < 0.001 else f"{100 * p:.3g} %"
    own["p_value"] = said(
        "p_value",
        p if np.isfinite(p) else None,
        f"Were there no gain, labels would differ as much in {often} of all draws ({test}).",
        labels=m,
        method="naive",
        assumes=(DRAWN,),
    )
    return own


def _mean(
    name: str, mean: Mean, labels: int, method: str, confidence: float, sentence: str
) -> Finding:
    if not np.isfinite([mean.value, mean.error]).all():
        return said(
            name, None, "Undefined: a probability of 0 makes a loss infinite.", labels=labels
        )
    ends = mean.interval(confidence)
    if name in ("weak_error", "student_error"):
        ends = max(ends[0], 0.0), ends[1]
    words = sentence.format(with_ends(mean.value, ends))
    return said(name, mean.value, words, ends=ends, labels=labels, method=method, assumes=(DRAWN,))


def _share(name: str, who: str, wrong: np.ndarray, confidence: float) -> Finding:
    value, ends = float(wrong.mean()), share_ends(wrong, confidence)
    words = f"The {who} is wrong on {with_ends(value, ends)} of the inputs, as a share."
    more = {"ends": ends, "labels": len(wrong), "method": "score", "assumes": (DRAWN,)}
    return said(name, value, words, **more)


def _powered(both: Mean | None, plain: Mean, labels: int, confidence: float, loss: str) -> Finding:
    if both is not None:
        shorter = both.error / plain.error if plain.error > 0 else 1.0
        sentence = f"With guesses of the other inputs it is {{}}: {shorter:.2f} times as wide."
        return _mean("gain_powered", both, labels, "powered", confidence, sentence)
    reason = "every input has a label" + (", or a probability is 0" if loss == "kl" else "")
    if loss not in LINEAR:
        reason = "errors of this loss are not linear in the truth"
    return said("gain_powered", None, f"None: {reason}.", labels=labels, method="powered")


def pgr(report: Report, confidence: float) -> Found:
    """Say which share of the way to the ceiling the student went, by Fieller's interval.

    Args:
        report: on the labeled inputs, with a ceiling.
        confidence: of the interval.

    Example:
        >>> from w2s_jax import evaluate
        >>> report = evaluate([1.0, 3.0], [1.0, 2.0], [1.0, 1.0], ceiling=0.5)
        >>> print(pgr(report, 0.95)["pgr"].sentence)
        Undefined: the ceiling is not clearly below the weak error.
    """
    low, high = report.interval("pgr", confidence=confidence)
    m = len(report.terms["misfit"])
    clear = report.checks["ceiling"].holds if "ceiling" in report.checks else False
    if not clear or not np.isfinite([low, high]).all():
        sentence = "Undefined: the ceiling is not clearly below the weak error."
        return {"pgr": said("pgr", None, sentence, labels=m, method="fieller", assumes=(DRAWN,))}
    value, ends = float(report.pgr), (float(low), float(high))
    sentence = f"The student went {with_ends(value, ends)} of the way from teacher to ceiling."
    return {
        "pgr": said("pgr", value, sentence, ends=ends, labels=m, method="fieller", assumes=(DRAWN,))
    }
