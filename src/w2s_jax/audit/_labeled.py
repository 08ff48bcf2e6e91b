"""What labels add: errors, the gain in two ways, and the verdict that one of them decides."""

import math
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from w2s_jax.audit._linear import LINEAR, linear
from w2s_jax.audit._powered import Mean, guess, naive, powered
from w2s_jax.audit._reading import LEAST, Asked
from w2s_jax.audit._result import Estimate, Verdict
from w2s_jax.audit._unlabeled import imitates
from w2s_jax.audit._words import DRAWN, UNITS, said, with_ends
from w2s_jax.report import Report
from w2s_jax.report._tables import figure

Found = dict[str, Estimate]
ENOUGH = 50  # labels from which on the powered interval decides
_POWER = 0.8


class Gains(NamedTuple):
    """The gains of the labeled inputs, and what all inputs are guessed to gain.

    Attributes:
        measured: `(m,)`.
        labeled: `(m,)`, their guesses, or None where the loss has none.
        every: `(n,)`, those of all inputs, or None.
        rows: `(m,)`, the labeled inputs.

    Example:
        >>> Gains(np.array([1.0, 3.0]), None, None, np.array([4, 5])).naive().value
        2.0
    """

    measured: np.ndarray
    labeled: Any
    every: Any
    rows: np.ndarray

    def naive(self, among: Any = None) -> Mean:
        """Return the mean of the labeled inputs, or of those of them in a mask of all."""
        return naive(self.measured if among is None else self.measured[among[self.rows]])

    def powered(self, among: Any = None) -> Mean | None:
        """Return labels and guesses combined; None where there is nothing to guess."""
        if self.every is None or len(self.rows) == len(self.every):
            return None
        others = np.ones(len(self.every), bool) if among is None else among.copy()
        inside = slice(None) if among is None else among[self.rows]
        others[self.rows] = False
        return powered(self.measured[inside], self.labeled[inside], self.every[others])

    def decisive(self, among: Any = None) -> tuple[Mean, str]:
        """Return the mean that decides and its method, named by the number of labels alone."""
        inside = slice(None) if among is None else among[self.rows]
        if len(self.measured[inside]) >= ENOUGH:
            found = self.powered(among)
            if found is not None:
                return found, "powered"
        return self.naive(among), "naive"


def gains(asked: Asked, report: Report, weak: np.ndarray, student: np.ndarray) -> Gains:
    """Measure the gains of the labeled inputs and guess all others.

    Args:
        asked: of the audit.
        report: on the labeled inputs.
        weak: on all inputs; as is the next.
        student: predictions.

    Example:
        >>> from w2s_jax import evaluate
        >>> from w2s_jax.audit._reading import read_asked
        >>> w, s = np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0])
        >>> asked = read_asked(w, s, labels=[1.0, 2.0], labelled=[0, 1])
        >>> gains(asked, evaluate(w[:2], s[:2], [1.0, 2.0]), w, s).measured
        array([ 0., -1.])
    """
    terms = report.terms
    with np.errstate(invalid="ignore"):
        measured = np.asarray(terms["weak_error"], float) - np.asarray(terms["student_error"])
    if report.loss == "squared":  # differences before squares keep digits
        w, s, f = weak[asked.rows], student[asked.rows], asked.labels
        measured = (w - s) * ((w - f) + (s - f))
    none = Gains(measured, None, None, asked.rows)
    if len(asked.rows) == asked.inputs or not np.isfinite(measured).all():
        return none
    parts = linear(report.loss, weak, student, asked.labels, asked.rows, measured)
    if parts is None:
        return none
    found = guess(parts, asked.rows, asked.features)
    return Gains(measured, found.labeled, found.every, asked.rows)


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
    own = {}
    for name, who in (("weak_error", "teacher"), ("student_error", "student")):
        sentence = f"The {who} errs by {{}}, in {units}."
        own[name] = _mean(name, naive(terms[name]), m, "naive", confidence, sentence)
    deciding, method = found.decisive()
    plain, both = found.naive(), found.powered()
    sentence = f"The student's error is less than the teacher's by {{}}, in {units}."
    own["gain"] = _mean("gain", deciding, m, method, confidence, sentence)
    sentence = "By the labeled inputs alone the gain is {}."
    own["gain_naive"] = _mean("gain_naive", plain, m, "naive", confidence, sentence)
    own["gain_powered"] = _powered(both, plain, m, confidence, report.loss)
    if report.slack is not None and "misfit" in terms:
        slack = naive(found.measured - terms["misfit"])
        sentence = "Gain less misfit is {}: what the misfit alone would have got wrong."
        own["slack"] = _mean("slack", slack, m, "naive", confidence, sentence)
    p = plain.p_value
    own["p_value"] = said(
        "p_value",
        p if np.isfinite(p) else None,
        f"Were there no gain, labels would differ as much in {100 * p:.3g} % of all draws "
        "(paired t test).",
        labels=m,
        method="naive",
        assumes=(DRAWN,),
    )
    return own


def _mean(
    name: str, mean: Mean, labels: int, method: str, confidence: float, sentence: str
) -> Estimate:
    if not np.isfinite([mean.value, mean.error]).all():
        return said(
            name, None, "Undefined: a probability of 0 makes a loss infinite.", labels=labels
        )
    ends = mean.interval(confidence)
    if name in ("weak_error", "student_error"):
        ends = max(ends[0], 0.0), ends[1]
    words = sentence.format(with_ends(mean.value, ends))
    return said(name, mean.value, words, ends=ends, labels=labels, method=method, assumes=(DRAWN,))


def _powered(both: Mean | None, plain: Mean, labels: int, confidence: float, loss: str) -> Estimate:
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
    if not np.isfinite([low, high]).all():
        sentence = "Undefined: the ceiling is not clearly below the weak error."
        return {"pgr": said("pgr", None, sentence, labels=m, method="fieller", assumes=(DRAWN,))}
    value, ends = float(report.pgr), (float(low), float(high))
    sentence = f"The student went {with_ends(value, ends)} of the way from teacher to ceiling."
    return {
        "pgr": said("pgr", value, sentence, ends=ends, labels=m, method="fieller", assumes=(DRAWN,))
    }


def more_labels(gain: Estimate, confidence: float) -> int | None:
    r"""Return how many more labels would settle the sign four times out of five.

    If gain and scatter are as estimated, m labels in all give an interval without 0 with the
    probability 0.8 at $\sqrt m = (q_{(1+c)/2} + q_{0.8})\, \sigma / |\text{gain}|$.

    Args:
        gain: with an interval.
        confidence: of the interval.

    Returns:
        A whole number with two digits; 0 where the labels would do; None for a gain of 0.

    Example:
        >>> gain = Estimate("gain", 0.1, -0.1, 0.3, 100, "naive", (), "", "")
        >>> more_labels(gain, 0.95)
        720
    """
    if gain.value is None or gain.low is None or gain.high is None or gain.value == 0:
        return None
    sure, likely = float(ndtri((1 + confidence) / 2)), float(ndtri(_POWER))
    half = (gain.high - gain.low) / 2
    wanted = gain.labels * (half / abs(gain.value) * (sure + likely) / sure) ** 2
    more = wanted - gain.labels
    if not more > 0:
        return 0
    if more > 1e15:
        return None
    unit = 10 ** max(0, math.floor(math.log10(more)) - 1)
    return int(math.ceil(more / unit) * unit)


def needed(gain: Estimate, confidence: float) -> Estimate:
    """Say how many more labels the sign of the gain needs.

    Example:
        >>> gain = Estimate("gain", 0.1, -0.1, 0.3, 100, "naive", (), "", "")
        >>> print(needed(gain, 0.95).value)
        720.0
    """
    more = more_labels(gain, confidence)
    if more is None:
        sentence = "No number of labels can be named: the estimate of the gain is 0."
    elif more == 0:
        sentence = "No more labels are needed, if the gain is as estimated."
    else:
        sentence = (
            f"About {more:,} more labels would settle the sign four times out of five, if the gain "
            "is as estimated."
        )
    assumes = (DRAWN, "the gain is as large as estimated")
    return said("labels_needed", more, sentence, labels=gain.labels, assumes=assumes)


def verdict(found: Found, labels: int, inputs: int, confidence: float) -> Verdict:
    """Judge by the interval of "gain" alone.

    Args:
        found: all estimates.
        labels: how many there are.
        inputs: how many inputs.
        confidence: of the interval.

    Example:
        >>> verdict({}, 0, 100, 0.95).kind
        'no labels'
    """
    if imitates(found):
        return Verdict(
            "imitation",
            "The student repeats its teacher: there is neither gain nor harm to speak of.",
            None,
        )
    if labels == 0:
        return Verdict(
            "no labels",
            f"Without a label nobody can tell gain from harm: label {ENOUGH} inputs drawn at "
            f"random, at least {LEAST}.",
            ENOUGH,
        )
    if labels < LEAST:
        more = LEAST - labels
        return Verdict(
            "not settled",
            f"{labels} labels are too few to estimate anything: label {more} more, drawn at "
            "random.",
            more,
        )
    gain = found["gain"]
    if gain.low is None or gain.high is None or gain.value is None:
        return Verdict("not settled", f"The gain is undefined. {gain.sentence}", None)
    ends = with_ends(abs(gain.value), (gain.low, gain.high))
    if gain.low > 0:
        return Verdict("gain shown", f"The student is better than its teacher, by {ends}.", None)
    if gain.high < 0:
        ends = with_ends(-gain.value, (-gain.high, -gain.low))
        return Verdict("harm shown", f"The student is worse than its teacher, by {ends}.", None)
    return _unsettled(gain, more_labels(gain, confidence), inputs - labels)


def _unsettled(gain: Estimate, more: int | None, others: int) -> Verdict:
    assert gain.low is not None
    assert gain.high is not None
    so = f"The gain may be anything from {figure(gain.low)} to {figure(gain.high)}"
    if not more:
        return Verdict("not settled", f"{so}, and no number of labels can be named.", None)
    beyond = ", more than there are inputs" if more > others else ""
    return Verdict("not settled", f"{so}: label about {more:,} more{beyond}.", more)
