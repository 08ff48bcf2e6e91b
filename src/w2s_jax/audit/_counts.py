r"""Intervals of counts: shares of inputs, and differences of two shares of the same inputs.

Of m labeled inputs let the student alone be right on b and the teacher alone on c. Student's
interval of the m gains, each 1, −1 or 0, breaks its promise where b + c is small: without any such
input it is 0 to 0. With one input of either kind added,

$$\frac{b - c}{m + 2} \pm t \sqrt{\frac1{m + 1} \Bigl( \frac{b + c + 2}{m + 2}
- \Bigl( \frac{b - c}{m + 2} \Bigr)^2 \Bigr)} ,$$

it holds the difference of the two shares often enough however rare these inputs are, and at 95 %
never settles a sign by fewer than six of them (Bonett and Price, "Adjusted Wald confidence interval
for a difference of binomial proportions based on paired data", Journal of Educational and
Behavioral Statistics 37 (2012) 479–488; Student's quantile is ours). Where the rest is guessed, the
two get the mean guess of the inputs on which teacher and student differ.
"""

import numpy as np
from scipy.stats import binomtest


def added(loss: str) -> tuple[float, ...]:
    """Return the gains of the inputs that an interval is given in addition.

    Example:
        >>> added("zero-one"), added("squared")
        ((1.0, -1.0), ())
    """
    return (1.0, -1.0) if loss == "zero-one" else ()


def share_ends(wrong: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return Wilson's interval of a share.

    Args:
        wrong: `(m,)`, 0 or 1.
        confidence: in (0, 1).

    Example:
        >>> [round(end, 3) for end in share_ends(np.zeros(20), 0.95)]
        [0.0, 0.161]
    """
    found = binomtest(round(float(np.sum(wrong))), len(wrong))
    ends = found.proportion_ci(confidence, method="wilson")
    return float(ends.low), float(ends.high)
