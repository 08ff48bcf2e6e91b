"""The verdict, and how many more labels would settle it."""

import math

from scipy.special import ndtri

from w2s_jax.audit._estimates import Finding, Verdict
from w2s_jax.audit._gains import ENOUGH, Gains
from w2s_jax.audit._reading import LEAST
from w2s_jax.audit._unlabeled import imitates
from w2s_jax.audit._words import DRAWN, said, too_few, with_ends
from w2s_jax.report._tables import counted, figure

Found = dict[str, Finding]
_POWER = 0.8
_FEW = 6  # gains of one sign, and none of the other, that settle it at 95 %


def more_labels(gain: Finding, gains: Gains, confidence: float) -> int | None:
    r"""Return how many more labels would settle the sign four times out of five.

    If gain and scatter are as estimated, an interval without 0 has the probability 0.8 where its
    standard error is $|\text{gain}| / (q_{(1+c)/2} + q_{0.8})$; `Gains.labels_for` counts.

    Args:
        gain: with an interval.
        gains: of the labeled inputs.
        confidence: of the interval.

    Returns:
        A whole number with two digits; 0 where the labels would do; None for a gain of 0.

    Example:
        >>> import numpy as np
        >>> gains = Gains(np.array([-0.92, 1.12] * 50), None, None, np.arange(100))
        >>> gain = Finding("gain", 0.1, -0.1, 0.3, 100, "naive", (), "", "")
        >>> more_labels(gain, gains, 0.95)
        720
    """
    if gain.value is None or gain.low is None or gain.high is None or gain.value == 0:
        return None
    if gain.high == gain.low:
        return 0
    sure, likely = float(ndtri((1 + confidence) / 2)), float(ndtri(_POWER))
    half = (gain.high - gain.low) / 2
    shorter = abs(gain.value) * sure / (half * (sure + likely))
    if shorter < 1e-7:
        return None
    more = gains.labels_for(shorter) - gain.labels
    if not more > 0:
        return 0
    unit = 10 ** max(0, math.floor(math.log10(more)) - 1)
    return int(math.ceil(more / unit) * unit)


def needed(gain: Finding, gains: Gains, confidence: float) -> Finding:
    """Say how many more labels the sign of the gain needs.

    Example:
        >>> import numpy as np
        >>> gains = Gains(np.array([-0.92, 1.12] * 50), None, None, np.arange(100))
        >>> gain = Finding("gain", 0.1, -0.1, 0.3, 100, "naive", (), "", "")
        >>> print(needed(gain, gains, 0.95).value)
        720.0
    """
    settled = None not in (gain.low, gain.high) and not gain.low <= 0 <= gain.high
    more = 0 if settled else more_labels(gain, gains, confidence)
    if settled:
        sentence = "None: the interval of the gain does not hold 0."
    elif more is None:
        sentence = "No number of labels can be named: the estimate of the gain is 0."
    elif more == 0:
        sentence = "No more labels are needed, if the gain is as estimated."
    else:
        sentence = (
            f"About {counted(more, 'more label')} would settle the sign four times out of five, if "
            "the gain is as estimated."
        )
    assumes = (DRAWN, "the gain is as large as estimated")
    return said("labels_needed", more, sentence, labels=gain.labels, assumes=assumes)


def verdict(
    found: Found, gains: Gains | None, labels: int, inputs: int, confidence: float
) -> Verdict:
    """Judge by the interval of "gain" alone.

    Args:
        found: all estimates.
        gains: of the labeled inputs, where they are enough.
        labels: how many there are.
        inputs: how many inputs.
        confidence: of the interval.

    Example:
        >>> verdict({}, None, 0, 100, 0.95).kind
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
    if labels < LEAST or gains is None:
        more = LEAST - labels
        return Verdict(
            "not settled",
            f"{too_few(labels)} to estimate anything: label {more} more, drawn at random.",
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
    return _unsettled(gain, gains, more_labels(gain, gains, confidence), inputs - labels)


def _unsettled(gain: Finding, gains: Gains, more: int | None, others: int) -> Verdict:
    so = f"The gain may be anything from {figure(gain.low)} to {figure(gain.high)}"
    if gains.added and gains.telling < _FEW:
        told = counted(gains.telling, "labeled input")
        tell = {0: "no labeled input tells", 1: f"only {told} tells"}
        so += f", for {tell.get(gains.telling, f'only {told} tell')} the two apart"
    if not more:
        return Verdict("not settled", f"{so}, and no number of labels can be named.", None)
    beyond = ", more than there are inputs" if more > others else ""
    return Verdict("not settled", f"{so}: label about {more:,} more{beyond}.", more)
