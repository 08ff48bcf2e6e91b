r"""Students beside what needs no student: their teachers' measurements, or the teachers mended.

A student sees weak labels of the molecules that its teacher was measured on. Here the strong head
is fitted on these same measurements, `direct`, and both are compared on the test split, molecule by
molecule: a row's `difference` is student error − direct error, with its bootstrap interval. Two
controls see no strong feature: the teacher `shrunk` as its student shrinks it on those molecules,
and the teacher `clipped` to the range of the measurements.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from w2s_jax.experiments.molecules._choices import QsarConfig, settings
from w2s_jax.experiments.molecules._teaching import Outcome, outcomes
from w2s_jax.heads._probes import probed
from w2s_jax.records._records import Rows

_OWN = settings(
    weak=("probe",), labels=("half", "150", "50"), pool=("own",), strong=("last", "all")
)
BOOK = QsarConfig(settings=_OWN, corpus=0)


@dataclass(frozen=True)
class Direct:
    """What to run: settings in which the student's molecules are the measured ones.

    Attributes:
        config: data sets, splits, widths, settings and resamples.

    Raises:
        ValueError: a setting with another pool than "own", or with a student that is no head.

    Example:
        >>> len(Direct().config.settings)
        6
    """

    config: QsarConfig = BOOK

    def __post_init__(self) -> None:
        wrong = [own.name for own in self.config.settings
                 if own.pool != "own" or own.strong == "tuned"]  # fmt: skip
        if wrong:
            raise ValueError(
                f"settings must have the pool own and a linear student, got {wrong[0]!r}: "
                "elsewhere nobody measured the student's molecules"
            )


def run_direct(told: Direct, *, corpus: Sequence[str] = (), **where) -> Rows:
    """Fit every student and, on its molecules' measurements, the strong head.

    Args:
        told: what to run.
        corpus: unlabeled molecules, none needed.
        **where: `encoder_of`, `cache` and `progress`, as for `outcomes`.

    Returns:
        A row for each data set, seed, setting and weak width: `weak_error`, `student_error`,
        `direct_error`, `shrunk_error` and `clipped_error` on test and (ending `_valid`) on the
        valid split, squared label units, and `difference`, `difference_low`, `difference_high` on
        test.

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.

    Example:
        >>> run_direct(Direct(QsarConfig(datasets=("qm9",), settings=_OWN)))
        Traceback (most recent call last):
        ValueError: datasets must be of ['esol', 'freesolv', 'lipop'], got ('qm9',)
    """
    rows: Rows = []
    for outcome in outcomes(told.config, corpus, **where):
        rows.extend(_rows(outcome, told.config))
    return rows


def _rows(outcome: Outcome, config: QsarConfig) -> Iterator[dict]:
    truth, pool = outcome.truth[:, None], outcome.pool
    direct, ridge = probed(outcome.features, truth, pool, seed=outcome.seed)
    values = {"weak": outcome.weak, "student": outcome.student,
              "direct": direct} | _mended(outcome)  # fmt: skip
    squares = {name: (v - truth) ** 2 for name, v in values.items()}
    apart = (squares["student"] - squares["direct"])[outcome.split.test]
    ends = _interval(apart, config.resamples, outcome.seed)
    about = {
        "dataset": outcome.dataset,
        "seed": outcome.seed,
        "setting": outcome.setting.name,
        "inputs": len(pool),
        "direct_ridge": float(ridge[0]),
    }
    for k, width in enumerate(config.widths):
        row: dict = about | {"weak_width": width}
        for end, part in {"": outcome.split.test, "_valid": outcome.split.valid}.items():
            for name, own in squares.items():
                one = own[part].mean(0)
                row[f"{name}_error{end}"] = _digits(one[k if one.size > 1 else 0])
        row["difference"] = _digits(apart[:, k].mean())
        yield row | {f"difference_{name}": _digits(end[k]) for name, end in ends.items()}


def _mended(outcome: Outcome) -> dict[str, np.ndarray]:
    """Shrink each teacher along the line of its student's values on the pool, or clip it."""
    weak, student, pool = outcome.weak, outcome.student, outcome.pool
    lines = [np.polyfit(x, y, 1) for x, y in zip(weak[pool].T, student[pool].T, strict=True)]
    shrunk = [np.polyval(line, values) for line, values in zip(lines, weak.T, strict=True)]
    measured = outcome.truth[pool]
    clipped = np.clip(weak, measured.min(), measured.max())
    return {"shrunk": np.stack(shrunk, axis=1), "clipped": clipped}


def _interval(apart: np.ndarray, resamples: int, seed: int) -> dict[str, np.ndarray]:
    """Resample test molecules, the same ones for every student."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(apart), size=(resamples, len(apart)))
    means = np.stack([apart[rows].mean(0) for rows in drawn])
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    return {"low": low, "high": high}


def _digits(value: float) -> float:
    return float(f"{value:.13g}")
