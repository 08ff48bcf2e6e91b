"""Functions of one variable: models over their inputs, or what changes from step to step."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from w2s_jax.plots._series import drawn_into
from w2s_jax.plots._style import COLOURS, INK, in_colour_of

_DASHES = {"weak": "-", "student": "--", "truth": ":", "misfit": "-", "gain": "--"}
_OTHERS = ("-.", "-", "--", ":")


def curves(
    x: Float[np.ndarray, " points"],
    series: Mapping[str, Float[np.ndarray, " points"]],
    *,
    of: Mapping[str, str] | None = None,
    behind: Float[np.ndarray, "points features"] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw functions of x without markers, each object of the book with its color and its dashes.

    Args:
        x: where the functions are known, in increasing order.
        series: values by name; the name of an object of the book gives its color.
        of: the object that a series of another name shows; the rest is ink.
        behind: functions without names that are drawn thin behind these, one a column.
        axes: to draw into; new ones by default.

    Returns:
        The axes, with a legend above them and without labels.

    Raises:
        KeyError: an object that `COLOURS` does not know.

    Example:
        >>> x = np.linspace(0, 1, 5)
        >>> axes = curves(x, {"truth": x, "student": x**2}, behind=np.stack([1 - x, 0 * x], axis=1))
        >>> [line.get_linestyle() for line in axes.lines]
        ['-', '-', ':', '--']
    """
    axes = drawn_into(axes)
    if behind is not None:
        axes.plot(x, behind, color=INK, lw=0.8, alpha=0.4)
    shows = {name: name for name in series if name in COLOURS} | dict(of or {})
    drawn: list[str] = []
    for name, values in series.items():
        wanted = [_DASHES[shows[name]]] if name in shows else []
        drawn.append(min([*wanted, *_OTHERS], key=drawn.count))  # the first of the least used
        axes.plot(x, values, drawn[-1], label=name, **in_colour_of(shows.get(name)))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(series), borderaxespad=0.2)
    return axes
