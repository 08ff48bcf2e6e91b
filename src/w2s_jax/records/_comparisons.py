r"""Compare recorded rows honestly: paired over splits, over all settings, in both directions.

A mean over three splits hides that both sides of a comparison moved together; a setting that was
selected hides the others; one regression slope hides which side is noisy.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import norm, rankdata, t

from w2s_jax.records._records import Rows

Vector = Float[np.ndarray, " n"]


class Estimate(NamedTuple):
    """A mean with its 95 % interval; `low` and `high` are infinite for a single value.

    Example:
        >>> f"{Estimate(0.5, -0.25, 1.25):.2f}"
        '0.50 (−0.25 to 1.25)'
    """

    mean: float
    low: float
    high: float

    def __format__(self, form: str) -> str:
        numbers = (format(number, form or ".3f").strip() for number in self)
        return "{} ({} to {})".format(*numbers).replace("-", "−")


class Slopes(NamedTuple):
    r"""The two least-squares slopes between a truth f and a prediction w.

    Attributes:
        prediction: of w on f, $\operatorname{Cov}(w, f) / \operatorname{Var} f$: 1 if w is f plus
            noise that is uncorrelated with f, more if w is stretched, less if it is compressed.
        truth: of f on w, $\operatorname{Cov}(w, f) / \operatorname{Var} w$: the factor by which
            deviations of w should be multiplied to predict f.
        noise_alone: what `truth` would be if w − f were uncorrelated with f,
            $\operatorname{Var} f / (\operatorname{Var} f + \operatorname{Var}(w - f))$.

    Example:
        >>> Slopes(prediction=1.25, truth=0.8, noise_alone=0.94).prediction  # stretched
        1.25
    """

    prediction: float
    truth: float
    noise_alone: float


def column(rows: Rows, name: str, share: str | None = None) -> Vector:
    """Take one number of each row, as a share of another one if that is named.

    Example:
        >>> column([{"gain": 1.0, "weak_error": 4.0}], "gain", "weak_error").tolist()
        [0.25]
    """
    values = np.array([row[name] for row in rows], float)
    return values if share is None else values / column(rows, share)


def grouped(rows: Rows, *names: str) -> dict[tuple, Rows]:
    """Collect the rows that agree in these columns, in the order of their first row.

    Example:
        >>> rows = [{"seed": 1, "x": 3}, {"seed": 2, "x": 4}, {"seed": 1, "x": 5}]
        >>> {key: len(own) for key, own in grouped(rows, "seed").items()}
        {(1,): 2, (2,): 1}
    """
    found: dict[tuple, Rows] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def over_splits(values: Sequence[float] | Vector) -> Estimate:
    r"""Average one number a split: mean ± $t_{k-1} s / \sqrt k$ for k splits.

    Splits of one data set share molecules, so that the interval is rather too short.

    Example:
        >>> f"{over_splits([1.0, 2.0, 3.0]):.2f}"
        '2.00 (−0.48 to 4.48)'
    """
    found = np.asarray(values, float)
    if found.ndim != 1 or not found.size or not np.isfinite(found).all():
        raise ValueError(
            f"values must be finite, one for each split, got {found.tolist()}: "
            "average over the models of a split first"
        )
    mean = float(found.mean())
    if found.size == 1:
        return Estimate(mean, -np.inf, np.inf)
    reach = float(t.ppf(0.975, found.size - 1) * found.std(ddof=1) / np.sqrt(found.size))
    return Estimate(mean, mean - reach, mean + reach)


def paired(first: Mapping[Any, float], second: Mapping[Any, float]) -> Estimate:
    """Average first − second over the splits, which both must have.

    What a split does to both sides cancels.

    Args:
        first: split ↦ number.
        second: likewise.

    Raises:
        ValueError: the splits differ, or there are none.

    Example:
        >>> f"{paired({1: 5.0, 2: 7.0, 3: 9.0}, {1: 4.0, 2: 6.0, 3: 8.0}):.1f}"
        '1.0 (1.0 to 1.0)'
    """
    if set(first) != set(second):
        raise ValueError(
            f"splits must be the same, got {sorted(map(str, first))} and "
            f"{sorted(map(str, second))}: compare what both sides were tried on"
        )
    return over_splits([first[key] - second[key] for key in first])


def per_split(rows: Rows, number: Callable[[Rows], float]) -> dict[int, float]:
    """Compute a number from the rows of each split.

    Example:
        >>> rows = [{"seed": 122, "gain": 1.0}, {"seed": 122, "gain": 3.0}]
        >>> per_split(rows, lambda own: column(own, "gain").mean())
        {122: 2.0}
    """
    splits = grouped(rows, "seed")
    return {seed: float(number(splits[seed,])) for (seed,) in sorted(splits)}


def correlations(rows: Rows) -> dict[tuple[str, str], float]:
    """Correlate misfit and gain over the pairs of each setting and data set.

    Example:
        >>> same = {"setting": "a", "dataset": "esol"}
        >>> rows = [same | {"misfit": x, "gain": 2 - x} for x in (0.0, 1.0, 2.0)]
        >>> round(correlations(rows)["a", "esol"], 6)
        -1.0
    """
    return {
        key: float(np.corrcoef(column(own, "misfit"), column(own, "gain"))[0, 1])
        for key, own in grouped(rows, "setting", "dataset").items()
    }


def rank(values: Mapping[Any, float], key: object) -> int:
    """Say at which place a key stands when the largest value comes first.

    Example:
        >>> rank({"a": 0.3, "b": 0.9, "c": 0.5}, "c")
        2
    """
    return 1 + sum(value > values[key] for value in values.values())


def slopes(truth: Vector, prediction: Vector) -> Slopes:
    """Regress each of the two on the other.

    Example:
        >>> f = np.array([-1.0, 1.0, -1.0, 1.0])
        >>> slopes(f, f + np.array([0.5, 0.5, -0.5, -0.5]))
        Slopes(prediction=1.0, truth=0.8, noise_alone=0.8)
    """
    both = np.cov(truth, prediction, bias=True)
    noise = float(np.var(prediction - truth))
    across, spread = float(both[0, 1]), float(both[0, 0])
    return Slopes(across / spread, across / float(both[1, 1]), spread / (spread + noise))


def area(score: Vector, event: Bool[np.ndarray, " n"]) -> float:
    """Ask how often a row with the event has a higher score than one without; ½ is chance.

    The area under the receiver operating characteristic (Mann and Whitney 1947), ties counted half.

    Raises:
        ValueError: all rows have the event, or none.

    Example:
        >>> area(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]))
        0.75
    """
    many, few = int(event.sum()), int((~event).sum())
    if not many or not few:
        raise ValueError(f"event must be true of some rows and false of others, got {many} true")
    return float((rankdata(score)[event].sum() - many * (many + 1) / 2) / (many * few))


def adjusted(end: Vector, middle: Vector, count: int) -> Vector:
    r"""Widen the ends of 95 % intervals so that all `count` hold at once with 95 % (Bonferroni).

    The distance from the middle grows by $z_{1 - 0.025 / \text{count}} / z_{0.975}$, as if
    estimates were normal.

    Example:
        >>> adjusted(np.array([0.04]), np.array([1.0]), 72).round(2).tolist()
        [-0.66]
    """
    return middle + (end - middle) * (norm.ppf(1 - 0.025 / count) / norm.ppf(0.975))
