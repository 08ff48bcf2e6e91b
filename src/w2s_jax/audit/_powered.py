r"""The gain from few labels and many inputs without one.

Let $z_i(f) = a_i + \langle b_i, f_i - s_i \rangle$ be what input i gains, linear in the truth f
(`_linear`), $n$ inputs of which $m$ are labeled, drawn at random, and $\hat f_i$ any guess of
$f_i$ that was made without its label. Then

$$\hat g = \frac1n \sum_{i=1}^n z_i(\hat f) + \frac1m \sum_{i \text{ labeled}}
\bigl( z_i(f) - z_i(\hat f) \bigr)$$

is right on average, whatever the guess, and the better the guess the less it scatters: the method
is prediction-powered inference (Angelopoulos et al. 2023), cross-fitted (Zrnic and Candès 2024).
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from w2s_jax.audit._features import Features
from w2s_jax.audit._linear import Linear
from w2s_jax.heads._probes import ridge_path

RIDGES = tuple(10.0 ** (k / 2) for k in range(-6, 7))  # of columns in units of their spread
_SHARES = np.linspace(0, 1, 5)  # of a guess that is used
_FOLDS = 5
_MOST = 2**26  # numbers of the head's columns, labeled inputs only


class Guess(NamedTuple):
    """What each input is guessed to gain: never from its own label.

    Attributes:
        every: `(n,)`, the mean of the folds' guesses.
        labeled: `(m,)`, that of the fold which left the label out.

    Example:
        >>> Guess(np.zeros(3), np.zeros(2)).labeled
        array([0., 0.])
    """

    every: np.ndarray
    labeled: np.ndarray


class Mean(NamedTuple):
    """A mean with its standard error and Student's degrees of freedom.

    Attributes:
        value: the mean.
        error: its standard error.
        freedom: degrees of freedom.
        shift: from the mean to the middle of its interval.

    Example:
        >>> found = Mean(1.0, 0.5, 9)
        >>> print([round(end, 3) for end in found.interval(0.95)], round(found.p_value, 3))
        [-0.131, 2.131] 0.077
    """

    value: float
    error: float
    freedom: int
    shift: float = 0.0

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return both ends of Student's interval."""
        half = float(stdtrit(self.freedom, (1 + confidence) / 2)) * self.error
        middle = self.value + self.shift
        return middle - half, middle + half

    @property
    def p_value(self) -> float:
        """Of the mean 0, two-sided; 1 where nothing varies about 0."""
        middle = self.value + self.shift
        if self.error == 0:
            return float(middle == 0)
        return float(2 * stdtr(self.freedom, -abs(middle) / self.error))


def guess(parts: Linear, rows: np.ndarray, features: Features | None) -> Guess:
    """Guess every input's gain by ridge heads on features and predictions, five folds.

    Each fold's labels are guessed by a head fitted to truth − student on the others, and how much
    of the guess is used, from none to all, is chosen there too, with λ: by five folds within, for
    the least scatter of what labels would have to correct. Nothing is chosen by a label that it is
    used for, so that the estimate stays right on average.

    Args:
        parts: of the gain.
        rows: `(m,)`, the labeled inputs.
        features: of all inputs, or None.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(400, 3))
        >>> left = rng.normal(size=400)
        >>> goal = x[:100].sum(1, keepdims=True)  # a truth that the head can learn
        >>> parts = Linear(left**2, -2 * left[:, None], goal, left[:, None])
        >>> found = guess(parts, np.arange(100), Features((x,), x))
        >>> bool(abs(found.every - (left**2 - 2 * left * x.sum(1))).max() < 0.1)
        True
    """
    m, width = len(rows), 0 if features is None else features.shape[1]
    if features is not None and m * width > _MOST:
        features, width = None, 0
    columns = parts.signal[rows]
    if features is not None:
        columns = np.hstack([features.rows(rows), columns])
    scale = columns.std(0)
    scale = np.where(scale > 0, scale, 1.0)
    own = parts._replace(base=parts.base[rows], slope=parts.slope[rows], signal=columns / scale)
    fold = np.random.default_rng(0).permutation(m) % _FOLDS
    labeled = np.empty(m)
    used, constant = 0.0, np.zeros(own.goal.shape[1])
    weights = np.zeros((columns.shape[1], len(constant)))
    for k in range(_FOLDS):
        out = fold == k
        part, w, c = _head(_some(own, ~out))
        labeled[out] = part * _sum(_some(own, out), own.signal[out] @ w + c)
        used += out.mean() * part
        weights += out.mean() * part * w / scale[:, None]
        constant += out.mean() * part * c
    reached = parts.signal @ weights[width:] + constant
    if features is not None:
        reached += features.predict(weights[:width], 0.0)
    return Guess(used * parts.base + (parts.slope * reached).sum(1), labeled)


def _some(parts: Linear, rows: np.ndarray) -> Linear:
    return Linear(*(part[rows] for part in parts))


def _sum(parts: Linear, goal: np.ndarray) -> np.ndarray:
    """Return what inputs gain for a truth that is off the student by `goal`."""
    return parts.base + (parts.slope * goal).sum(-1)


def _head(parts: Linear) -> tuple[float, np.ndarray, np.ndarray]:
    """Choose λ and the share that is used, then fit weights and constant."""
    n, goal, columns = len(parts.goal), parts.goal, parts.signal
    gain = _sum(parts, goal)
    fold = np.random.default_rng(1).permutation(n) % _FOLDS
    guessed = np.empty((len(RIDGES), n))
    for k in range(_FOLDS):
        out = fold == k
        guessed[:, out] = _sum(_some(parts, out), _path(_some(parts, ~out), columns[out]))
    ridge, share = np.unravel_index(_scatter(gain, guessed).argmin(), (len(RIDGES), len(_SHARES)))
    some = _matters(parts)
    if not columns.shape[1] or some.sum() < 2:
        return float(_SHARES[share]), np.zeros((columns.shape[1], goal.shape[1])), _level(parts)
    steps = np.vstack([np.zeros(columns.shape[1]), np.eye(columns.shape[1])])
    told = ridge_path(columns[some], goal[some], steps, RIDGES[ridge : ridge + 1])[0]
    return float(_SHARES[share]), told[1:] - told[0], told[0]


def _scatter(gain: np.ndarray, guessed: np.ndarray) -> np.ndarray:
    """Return how much gain − share · guess varies, `(ridges, shares)`, but for a factor."""
    gain, guessed = gain - gain.mean(), guessed - guessed.mean(1, keepdims=True)
    both, square = guessed @ gain, (guessed**2).sum(1)
    return gain @ gain - 2 * _SHARES * both[:, None] + _SHARES**2 * square[:, None]


def _path(parts: Linear, new: np.ndarray) -> np.ndarray:
    """Guess the goals of other inputs with every λ, `(ridges, inputs, c)`."""
    some = _matters(parts)
    if not new.shape[1] or some.sum() < 2:
        return np.broadcast_to(_level(parts), (len(RIDGES), len(new), parts.goal.shape[1]))
    return ridge_path(parts.signal[some], parts.goal[some], new, RIDGES)


def _matters(parts: Linear) -> np.ndarray:
    """Say on which inputs the truth matters: student and teacher differ."""
    return (parts.slope != 0).any(1)


def _level(parts: Linear) -> np.ndarray:
    some = _matters(parts)
    return parts.goal[some].mean(0) if some.any() else np.zeros(parts.goal.shape[1])


def naive(gains: np.ndarray, *, added: tuple[float, ...] = ()) -> Mean:
    """Return the mean of the labeled inputs' gains: the paired t.

    Args:
        gains: `(m,)`.
        added: values that the interval, not the mean, takes for inputs more (`_counts`).

    Example:
        >>> print(naive(np.array([1.0, 3.0])).error)
        1.0
        >>> even = naive(np.zeros(20), added=(1.0, -1.0))
        >>> print([round(end, 2) for end in even.interval(0.95)])
        [-0.14, 0.14]
    """
    m = len(gains) + len(added)
    if not np.isfinite(gains).all():  # a probability of 0
        return Mean(np.nan, np.nan, m - 1)
    every, value = np.append(gains, added), float(gains.mean())
    return Mean(value, float(every.std(ddof=1) / m**0.5), m - 1, float(every.mean()) - value)


def powered(
    gains: np.ndarray, guessed: Any, elsewhere: np.ndarray, *, added: tuple[float, ...] = ()
) -> Mean:
    r"""Combine labels and guesses.

    With the N inputs without a label and λ = N/n, known before any label, the estimate above is
    mean(g − λ z) over the labeled inputs plus λ mean(z) over the others; its variance is the sum of
    the two, as if guesses were independent of each other. They are not, for the folds' heads share
    labels; half as many degrees of freedom, m/2 − 1, make up for it (`experiments audits` says how
    well). Without others it is the naive mean.

    Args:
        gains: `(m,)`, of the labeled inputs.
        guessed: `(m,)`, their guesses.
        elsewhere: `(N,)`, the guesses of the others.
        added: as in `naive`; their guess is the mean of all that are not 0.

    Example:
        >>> gains = np.array([1.0, 2.0, 4.0, 5.0])
        >>> round(powered(gains, gains, np.array([3.0, 3.0, 3.0, 3.0])).error, 3)
        0.456
    """
    m, others = len(gains), len(elsewhere)
    if others < 2:
        return naive(gains, added=added)
    share = others / (m + others)
    more = tuple(gain - share * typical(elsewhere) for gain in added)
    left = naive(gains - share * guessed, added=more)
    variance = left.error**2 + share**2 * elsewhere.var(ddof=1) / others
    value = left.value + share * elsewhere.mean()
    return Mean(float(value), float(variance**0.5), m // 2 - 1, left.shift)


def typical(guessed: np.ndarray) -> float:
    """Return the mean guess of inputs that are guessed to gain or lose; 0 if none is.

    Example:
        >>> typical(np.array([0.0, 0.5, 0.0, 1.0]))
        0.75
    """
    some = guessed[guessed != 0]
    return float(some.mean()) if some.size else 0.0
