"""Gain in units of the misfit, cell by cell, and what a gain in one loss says of another."""

import itertools
from textwrap import wrap
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from w2s_jax.plots._panels import MARKERS, grid
from w2s_jax.plots._series import drawn_into
from w2s_jax.plots._style import INK, in_colour_of, style

_COLUMNS = ("class", "fitted", "measured", "ratio")
_GOLDEN = (5**0.5 - 1) / 2  # its multiples spread evenly, whatever their number


def gain_ratios(frame: Any, *, ends: tuple[float | int, float | int] | None = None) -> Figure:
    r"""Draw gain / misfit in a panel for each class and direction fitted, a row each one measured.

    A row has a mark for each problem, a thin line from the least to the greatest ratio, a thick one
    from the tenth to the ninetieth percentile and a bar at the median; the dotted line is
    gain = misfit.

    Args:
        frame: a data frame, or a dict of columns: `class`, `fitted` and `measured`, names, and
            `ratio`, one number a problem. Panels and rows stand in the order of their first line.
        ends: of the axis; what lies beyond is drawn at its end, as a hollow mark. By default all is
            within.

    Returns:
        The figure.

    Raises:
        ValueError: a column that is missing, columns of different lengths or without a line.

    Example:
        >>> directions = ["prediction first", "label first"]
        >>> frame = {"class": ["mixtures"] * 4, "fitted": directions[:1] * 4,
        ...          "measured": directions * 2, "ratio": [1.0, 0.9, 1.1, 0.7]}
        >>> figure = gain_ratios(frame)
        >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
        ['prediction\nfirst', 'label first']
    """
    kinds, fitted, measured, ratio = _columns(frame)
    names = [
        f"{kind}\nfitted: {way}"
        for kind, way in itertools.product(dict.fromkeys(kinds), dict.fromkeys(fitted))
    ]
    panel = np.array([f"{kind}\nfitted: {way}" for kind, way in zip(kinds, fitted, strict=True)])
    rows = list(dict.fromkeys(measured))
    low, high = map(float, ends if ends else (ratio.min(), ratio.max()))
    room = 0.04 * (high - low) or 0.1
    with style():
        shown = np.array([name for name in names if (panel == name).any()])
        figure, found = grid(shown, height=0.95 + 0.6 * len(rows), share=True)
        for name, axes in found.items():
            axes.set_title(name, fontsize=10)
            axes.axvline(1, color=INK, lw=1, ls=":")
            for at, row in enumerate(rows):
                own = ratio[(panel == name) & (measured == row)]
                if own.size:
                    _strip(axes, at, own, low, high)
            axes.set_yticks(range(len(rows)), ["\n".join(wrap(row, 11)) for row in rows])
            axes.set(ylim=(len(rows) - 0.45, -0.55), xlim=(low - room, high + room))
            axes.locator_params(axis="x", nbins=4)
        for axes in list(found.values())[-2:]:
            axes.set_xlabel("gain / misfit")
        next(iter(found.values())).set_ylabel("measured")
        figure.tight_layout()
    return figure


def _columns(frame: Any) -> list[np.ndarray]:
    missing = [name for name in _COLUMNS if name not in frame]
    if missing:
        raise ValueError(f"frame must have the columns {', '.join(_COLUMNS)}; no {missing[0]!r}")
    *names, ratio = (np.asarray(frame[name]) for name in _COLUMNS)
    sizes = [column.size for column in (*names, ratio)]
    if len(set(sizes)) > 1 or not sizes[0]:
        raise ValueError(f"columns must be of one length, and have a line; got {sizes}")
    return [*(np.asarray(column, str) for column in names), np.asarray(ratio, float)]


def _strip(axes: Axes, at: int, ratio: np.ndarray, low: float, high: float) -> None:
    """Draw the marks of a row above their quantiles."""
    least, tenth, middle, ninetieth, most = np.clip(
        np.quantile(ratio, [0, 0.1, 0.5, 0.9, 1]), low, high
    )
    place = at - 0.12 + 0.34 * (_GOLDEN * np.arange(ratio.size) % 1 - 0.5)
    seen = np.clip(ratio, low, high)
    for beyond, look in ((False, {}), (True, {"mfc": "none"})):
        own = (seen != ratio) == beyond
        look |= {"ls": "", "marker": "o", "ms": 3, "mew": 0.5, "alpha": 0.6, "clip_on": False}
        if own.any():  # an empty line would count in the layout, at the figure's corner
            axes.plot(seen[own], place[own], **look, **in_colour_of("gain"))
    axes.hlines(at + 0.2, least, most, color=INK, lw=1)
    axes.hlines(at + 0.2, tenth, ninetieth, color=INK, lw=5, alpha=0.55)
    axes.vlines(middle, at + 0.08, at + 0.32, color=INK, lw=2)


def accuracy_against_kl(
    kl: Float[np.ndarray, " points"],
    accuracy: Float[np.ndarray, " points"],
    *,
    groups: list[str] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Scatter the gain in accuracy against the gain in Kullback-Leibler divergence.

    In the shaded quarters the two disagree: the student is better in one loss and worse in the
    other. No theorem joins them.

    Args:
        kl: weak error minus student error, nats, one value a point.
        accuracy: the student's accuracy minus the weak model's, the same.
        groups: a name for each point; each name gets a marker and an entry in the legend.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Raises:
        ValueError: lengths that differ, no points.

    Example:
        >>> axes = accuracy_against_kl(np.array([0.2, 0.1]), np.array([0.05, -0.01]))
        >>> axes.get_xlabel(), axes.get_ylabel()
        ('gain in KL, nats', 'gain in accuracy')
    """
    names = np.asarray(groups if groups is not None else [""] * len(kl))
    if not len(kl) == len(accuracy) == len(names) > 0:
        raise ValueError(
            f"need as many gains in accuracy ({len(accuracy)}) and groups ({len(names)}) as in KL "
            f"({len(kl)}), and at least one"
        )
    axes = drawn_into(axes)
    wide, tall = (1.08 * float(np.abs(gains).max()) or 1.0 for gains in (kl, accuracy))
    for left, right, bottom, top in ((-wide, 0, 0, tall), (0, wide, -tall, 0)):
        axes.fill_between([left, right], bottom, top, color=INK, alpha=0.07, lw=0)
    axes.axhline(0, color=INK, lw=0.8)
    axes.axvline(0, color=INK, lw=0.8)
    for name, marker in zip(dict.fromkeys(names), itertools.cycle(MARKERS)):
        own = names == name
        look = {"marker": marker, "alpha": 0.8, "label": name or None} | in_colour_of("gain")
        axes.scatter(np.asarray(kl)[own], np.asarray(accuracy)[own], s=26, **look)
    beside: dict[str, Any] = {"xycoords": "axes fraction", "fontsize": 9.5}
    axes.annotate("only accuracy gains", (0.02, 0.97), va="top", **beside)
    axes.annotate("only KL gains", (0.98, 0.03), ha="right", **beside)
    if groups is not None:
        # Above, where neither points nor the words of a quarter can be.
        axes.legend(
            fontsize=10, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False
        )
    axes.set(xlabel="gain in KL, nats", ylabel="gain in accuracy")
    axes.set(xlim=(-wide, wide), ylim=(-tall, tall))
    return axes
