"""The verdict, and how many more labels would settle it."""

import math

from scipy.special import ndtri

from w2s_jax.audit._estimates import Finding, Verdict
from w2s_jax.audit._gains import ENOUGH
from w2s_jax.audit._reading import LEAST
from w2s_jax.audit._unlabeled import imitates
from w2s_jax.audit._words import DRAWN, said, with_ends
from w2s_jax.report._tables import figure

Found = dict[str, Finding]
_POWER = 0.8


def more_labels(gain: Finding, confidence: float) -> int | None:
    r"""Return how many more labels would settle the sign four times out of five.

    If gain and scatter are as estimated, m labels in all give an interval without 0 with the
    probability 0.8 at $\sqrt m = (q_{(1+c)/2} + q_{0.8})\, \sigma / |\text{gain}|$.

    Args:
        gain: with an interval.
        confidence: of the interval.

    Returns:
        A whole number with two digits; 0 where the labels would do; None for a gain of 0.

    Example:
        >>> gain = Finding("gain", 0.1, -0.1, 0.3, 100, "naive", (), "", "")
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


def needed(gain: Finding, confidence: float) -> Finding:
    """Say how many more labels the sign of the gain needs.

    Example:
        >>> gain = Finding("gain", 0.1, -0.1, 0.3, 100, "naive", (), "", "")
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


def _unsettled(gain: Finding, more: int | None, others: int) -> Verdict:
    so = f"The gain may be anything from {figure(gain.low)} to {figure(gain.high)}"
    if not more:
        return Verdict("not settled", f"{so}, and no number of labels can be named.", None)
    beyond = ", more than there are inputs" if more > others else ""
    return Verdict("not settled", f"{so}: label about {more:,} more{beyond}.", more)
