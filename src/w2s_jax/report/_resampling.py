r"""Intervals: a paired bootstrap of means in little memory, and Fieller's interval of a ratio.

Up to 2,500 inputs every resample counts every input. Beyond, the thousand inputs that are most
unlike the others in any term are counted one by one, and the sum of the rest, of which no one
matters, is drawn from its normal limit: the same law up to the skewness of that rest.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import stdtrit

_ALL, _SOME = 2_500, 1_000  # inputs that are counted one by one
_BLOCK = 2_000_000  # counts held at a time


def resampled_means(terms: Mapping[str, Any], resamples: int, seed: int) -> dict[str, np.ndarray]:
    """Draw means of all terms over inputs taken with replacement, the same inputs for all.

    Args:
        terms: `(n,)` or `(n, tasks)` arrays by name.
        resamples: how many to draw.
        seed: same seed, same inputs.

    Returns:
        `(resamples,)` or `(resamples, tasks)` by name.

    Example:
        >>> means = resampled_means({"misfit": np.array([0.0, 1.0])}, resamples=500, seed=0)
        >>> bool(0.4 < means["misfit"].mean() < 0.6)
        True
    """
    rng = np.random.default_rng(seed)
    arrays = {name: np.asarray(term, float) for name, term in terms.items()}
    inputs = len(next(iter(arrays.values())))
    if inputs <= _ALL:
        return _counted(arrays, inputs, resamples, rng)
    unlike = _unlikeness(arrays)
    some = np.argpartition(unlike, -_SOME)[-_SOME:]
    rest = np.ones(inputs, bool)
    rest[some] = False
    shares = np.append(np.full(_SOME, 1 / inputs), 1 - _SOME / inputs)
    counts = rng.multinomial(inputs, shares, resamples)
    limit = _normal_sums(arrays, rest, counts[:, -1], rng)
    return {
        name: (np.tensordot(counts[:, :-1].astype(float), term[some], 1) + limit[name]) / inputs
        for name, term in arrays.items()
    }


def _counted(arrays: dict, inputs: int, resamples: int, rng) -> dict[str, np.ndarray]:
    shares = np.full(inputs, 1 / inputs)
    parts: dict[str, list] = {name: [] for name in arrays}
    step = max(1, _BLOCK // inputs)
    for start in range(0, resamples, step):
        counts = rng.multinomial(inputs, shares, min(step, resamples - start)) / inputs
        for name, term in arrays.items():
            parts[name].append(np.tensordot(counts, term, 1))
    return {name: np.concatenate(part) for name, part in parts.items()}


def _unlikeness(arrays: dict) -> np.ndarray:
    """Return for each input its largest distance from a mean, in standard deviations."""
    found = np.zeros(len(next(iter(arrays.values()))))
    for term in arrays.values():
        for own in term.reshape(len(term), -1).T:
            away, spread = abs(own - own.mean()), own.std()
            if spread > 0:
                np.maximum(found, away / spread, out=found)
    return found


def _normal_sums(arrays: dict, rest: np.ndarray, counts: np.ndarray, rng) -> dict[str, Any]:
    """Draw sums of so many of the rest, jointly normal over terms, task by task."""
    columns = {name: term.reshape(len(term), -1) for name, term in arrays.items()}
    sums = {name: np.empty((len(counts), own.shape[1])) for name, own in columns.items()}
    for task in range(next(iter(columns.values())).shape[1]):
        own = np.stack([column[rest, task] for column in columns.values()])
        middle = own.mean(1)
        own -= middle[:, None]
        scale = np.maximum(abs(own).max(1), np.finfo(float).tiny)
        own /= scale[:, None]
        values, vectors = np.linalg.eigh(own @ own.T / own.shape[1])
        root = vectors * np.sqrt(np.maximum(values, 0))
        drawn = rng.normal(size=(len(counts), len(scale))) @ root.T * scale
        total = counts[:, None] * middle + np.sqrt(counts)[:, None] * drawn
        for k, name in enumerate(columns):
            sums[name][:, task] = total[:, k]
    return {name: own.reshape(len(counts), *arrays[name].shape[1:]) for name, own in sums.items()}


def mean_interval(term: Any, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return Student's interval of a mean over the first axis; the whole line for one input.

    Example:
        >>> low, high = mean_interval(np.array([1.0, 2.0, 3.0]), 0.95)
        >>> print(low.round(3), high.round(3))
        -0.484 4.484
    """
    term = np.asarray(term, float)
    if len(term) < 2:
        return np.full(term.shape[1:], -np.inf), np.full(term.shape[1:], np.inf)
    unit = _unit(term)
    quantile = stdtrit(len(term) - 1, (1 + confidence) / 2)
    half = quantile * (term / unit).std(0, ddof=1) * unit / np.sqrt(len(term))
    return np.asarray(term.mean(0) - half), np.asarray(term.mean(0) + half)


def ratio_interval(above: Any, below: Any, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return Fieller's interval of mean(above) / mean(below), inputs paired.

    It holds the ratios ρ for which mean(above − ρ·below) is 0 within Student's interval. Where the
    interval of mean(below) holds 0, ratios of any size and sign stay possible: the whole line.

    Args:
        above: `(n,)` or `(n, tasks)`.
        below: same shape.
        confidence: in (0, 1).

    Returns:
        Lower and upper ends, `()` or `(tasks,)`.

    Reference:
        Fieller, "Some problems in interval estimation", J. R. Stat. Soc. B 16 (1954) 175–185.

    Example:
        >>> low, high = ratio_interval(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]), 0.9)
        >>> print(low.round(6), high.round(6))
        0.5 0.5
    """
    above, below = np.asarray(above, float), np.asarray(below, float)
    line = np.full(above.shape[1:], -np.inf), np.full(above.shape[1:], np.inf)
    if len(above) < 2:
        return line
    tall, unit = _unit(above), _unit(below)
    x, y = above / tall, below / unit
    factor = stdtrit(len(x) - 1, (1 + confidence) / 2) ** 2 / (len(x) * (len(x) - 1))
    a, b = x.mean(0), y.mean(0)
    square = b**2 - factor * ((y - b) ** 2).sum(0)
    cross = a * b - factor * ((x - a) * (y - b)).sum(0)
    rest = a**2 - factor * ((x - a) ** 2).sum(0)
    low, high = mean_interval(below, confidence)
    known = (square > 0) & ((low > 0) | (high < 0))
    root = np.sqrt(np.maximum(cross**2 - square * rest, 0))
    divisor = np.where(known, square, 1.0)
    with np.errstate(over="ignore"):
        ends = (cross - root) / divisor * (tall / unit), (cross + root) / divisor * (tall / unit)
    return np.where(known, ends[0], line[0]), np.where(known, ends[1], line[1])


def _unit(terms: np.ndarray) -> np.ndarray:
    """Return what terms are divided by before they are squared."""
    largest = abs(terms).max(0)
    return np.where(largest > 0, largest, 1.0)
