"""Series with bands, and rows of dots with intervals: what most recorded results come to."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from w2s_jax.plots._style import INK, in_colour_of, style

MARKERS, DASHES = "os^Dv", ("-", "--", ":", "-.")
Numbers = np.ndarray | Sequence[Any]


def drawn_into(axes: Axes | None, size: tuple[float, float] | None = None) -> Axes:
    """Return the axes given, or new ones in the book's style.

    Example:
        >>> axes = drawn_into(None, (2.0, 1.0))
        >>> drawn_into(axes) is axes, float(axes.figure.get_figwidth())
        (True, 2.0)
    """
    if axes is not None:
        return axes
    with style():
        return plt.subplots(figsize=size)[1]


def _bands(series: Mapping[str, Numbers], count: int) -> dict[str, np.ndarray]:
    """Return each series as (low, middle, high); one without a band has all three alike."""
    made = {}
    for name, given in series.items():
        values = np.asarray(given, float)
        if values.shape not in ((count,), (3, count)):
            raise ValueError(
                f"series {name!r} must have {count} values, or 3 × {count} (low, middle, high); "
                f"got shape {values.shape}"
            )
        made[name] = np.broadcast_to(values, (3, count))
    if not made:
        raise ValueError("need at least one series; got none")
    return made


def _looks(series: Mapping[str, np.ndarray], of: Mapping[str, str]) -> list[tuple[Any, str, str]]:
    """Return color, marker and dash of each series; what is no object of the book is ink."""
    return [
        (in_colour_of(of.get(name)), MARKERS[n % 5], DASHES[n % 4]) for n, name in enumerate(series)
    ]


def lines(
    x: Numbers,
    series: Mapping[str, Numbers],
    *,
    of: Mapping[str, str] | None = None,
    log: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Draw series over x, each with its own marker and dashes, with bands where they are given.

    Args:
        x: shape (points,).
        series: for each name in the legend an array of shape (points,), or (3, points) for low,
            middle and high.
        of: the object of `COLOURS` that a series shows; others are drawn in ink.
        log: the logarithmic axes: "", "x", "y" or "xy".
        axes: to draw into; new ones by default.

    Returns:
        The axes, without labels.

    Raises:
        ValueError: no series, or one whose length is not that of x.
        KeyError: an object that `COLOURS` does not know.

    Example:
        >>> error = np.array([[0.8, 0.4], [1.0, 0.5], [1.2, 0.6]])
        >>> axes = lines([100, 400], {"student": error}, of={"student": "student"}, log="xy")
        >>> axes.get_xscale(), len(axes.lines)
        ('log', 1)
    """
    x = np.asarray(x, float)
    made = _bands(series, len(x))
    axes = drawn_into(axes)
    for (name, (low, middle, high)), (own, marker, dash) in zip(
        made.items(), _looks(made, of or {}), strict=True
    ):
        axes.plot(x, middle, dash, marker=marker, ms=4, label=name, **own)
        if (low != high).any():
            axes.fill_between(x, low, high, alpha=0.2, lw=0, **own)
    axes.set(xscale="log" if "x" in log else "linear", yscale="log" if "y" in log else "linear")
    if len(made) > 1:
        axes.legend(fontsize=10)
    return axes


def dots(
    rows: Sequence[str],
    series: Mapping[str, Numbers],
    *,
    of: Mapping[str, str] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw one row a name, with a dot for each series and its interval where one is given.

    Args:
        rows: their names, from top to bottom.
        series: for each name in the legend an array of shape (rows,), or (3, rows) for low,
            middle and high.
        of: the object of `COLOURS` that a series shows; others are drawn in ink.
        axes: to draw into; new ones by default.

    Returns:
        The axes, with a line at zero where it is in sight.

    Raises:
        ValueError: no series, or one that has not as many values as there are rows.
        KeyError: an object that `COLOURS` does not know.

    Example:
        >>> axes = dots(["ESOL", "Lipop"], {"gain": [0.1, -0.2]}, of={"gain": "gain"})
        >>> [label.get_text() for label in axes.get_yticklabels()]
        ['ESOL', 'Lipop']
    """
    made = _bands(series, len(rows))
    axes = drawn_into(axes, (4.8, 0.9 + 0.32 * len(rows)))
    height = np.arange(len(rows), dtype=float)
    spread = np.linspace(-0.16, 0.16, len(made)) if len(made) > 1 else [0.0]
    for shift, (name, (low, middle, high)), (own, marker, _) in zip(
        spread, made.items(), _looks(made, of or {}), strict=True
    ):
        axes.hlines(height + shift, low, high, lw=1.5, alpha=0.6, **own)
        axes.plot(middle, height + shift, marker, ms=5, label=name, **own)
    axes.set_yticks(height, rows)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    left, right = axes.get_xlim()
    if left < 0 < right:
        axes.axvline(0, color=INK, lw=0.8, ls=":")
    if len(made) > 1:
        axes.legend(fontsize=10)
    return axes
