r"""What a panel shows, in a few numbers for each seed."""

import numpy as np
from jaxtyping import Float

from w2s_jax.records._records import Rows

_GROUP = ("panel", "preset", "heads", "cut", "inputs", "strong_noise", "weak_noise", "seed")
_MEANS = (
    "weak_error",
    "student_error",
    "misfit",
    "gain",
    "ceiling",
    "epsilon",
    "correction",
    "misfit_apart",
    "rank",
    "epsilon_insample",
    "weak_error_insample",
    "student_error_insample",
    "misfit_insample",
)


def r_squared(gain: Float[np.ndarray, " tasks"], misfit: Float[np.ndarray, " tasks"]) -> float:
    r"""Measure how well the line gain = misfit describes the points.

    $R^2 = 1 - \sum_t (\text{gain}_t - \text{misfit}_t)^2 / \sum_t (\text{gain}_t -
    \overline{\text{gain}})^2$, at most 1, and below 0 where the mean gain does better.

    Example:
        >>> r_squared(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.5])).__round__(3)
        0.875
    """
    return float(1 - ((gain - misfit) ** 2).sum() / ((gain - gain.mean()) ** 2).sum())


def summarize(rows: Rows) -> Rows:
    """Summarize the tasks of each panel, noise, setting and seed.

    Args:
        rows: as `run_synthetic` returns them, at least two tasks a seed.

    Returns:
        One row for each: means over tasks, `correction` in absolute value; `r_squared` about the
        line gain = misfit and `slope` of gain on misfit, the same in-sample; `violations`, the
        share of tasks whose gain falls short of the misfit by over 1 % of the weak error; and
        `identity`, the largest |gain − misfit + correction| / weak error in-sample.

    Example:
        >>> from w2s_jax.experiments.synthetic import SyntheticConfig, run_synthetic
        >>> config = SyntheticConfig(panels=("c",), seeds=(0,), tasks=5)
        >>> rows = run_synthetic(config, progress=False)
        >>> [row["identity"] < 1e-10 for row in summarize(rows)]
        [True]
    """
    groups: dict[tuple, Rows] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in _GROUP), []).append(row)
    return [_summary(group) for group in groups.values()]


def _summary(rows: Rows) -> dict:
    def column(name: str) -> np.ndarray:
        return np.array([row[name] for row in rows])

    about = {name: rows[0][name] for name in _GROUP if name in rows[0]} | {"tasks": len(rows)}
    means = {name: float(np.abs(column(name)).mean()) for name in _MEANS if name != "gain"}
    means["gain"] = float(column("gain").mean())
    lines = {}
    for end in ("", "_insample"):
        gain, misfit = column(f"gain{end}"), column(f"misfit{end}")
        lines[f"r_squared{end}"] = r_squared(gain, misfit)
        lines[f"slope{end}"] = float(np.polyfit(misfit, gain, 1)[0])
        short = column(f"slack{end}") < -0.01 * column(f"weak_error{end}")
        lines[f"violations{end}"] = float(short.mean())
    off = column("slack_insample") + column("correction_insample")
    lines["identity"] = float((abs(off) / column("weak_error_insample")).max())
    return about | lines | means
