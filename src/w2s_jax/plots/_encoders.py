"""What an encoder guesses, where its heads look, and what its width is worth."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from w2s_jax.plots._series import MARKERS, drawn_into
from w2s_jax.plots._style import INK, in_colour_of

SIZES = {0.03: 2.0, 0.06: 3.0, 0.12: 4.5, 0.25: 6.5, 0.5: 9.0}
"""Least share ↦ size of its dot, in points; smaller shares get none."""


def guesses(
    shares: Float[np.ndarray, " symbols"],
    symbols: Sequence[str],
    *,
    answer: int | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw the five likeliest symbols at a hidden place as bars, the likeliest first.

    Args:
        shares: of each symbol, between 0 and 1.
        symbols: their names, "–" for what is none.
        answer: position of the right one, printed in bold.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Raises:
        ValueError: not as many names as shares.

    Example:
        >>> axes = guesses(np.array([0.1, 0.7, 0.2]), ["C", "N", "O"], answer=1)
        >>> [label.get_text() for label in axes.get_xticklabels()]
        ['N', 'O', 'C']
    """
    if len(shares) != len(symbols):
        raise ValueError(f"need as many symbols ({len(symbols)}) as shares ({len(shares)})")
    axes = drawn_into(axes, (4.8, 2.2))
    best = np.argsort(-shares, kind="stable")[:5]
    axes.bar(range(len(best)), shares[best], color=INK, alpha=0.55)
    axes.set_xticks(range(len(best)), [symbols[int(k)] for k in best])
    for label, k in zip(axes.get_xticklabels(), best, strict=True):
        if k == answer:
            label.set(fontweight="bold")
    axes.set(ylim=(0, 1), ylabel="share")
    return axes


def attention(
    shares: Float[np.ndarray, "heads l"],
    symbols: Sequence[str],
    at: int,
    *,
    axes: Axes | None = None,
) -> Axes:
    r"""Draw what one symbol takes from each other: a row for a head, a larger dot for more.

    Args:
        shares: $A_{ij}$ of the symbol i, for each head and each symbol j; rows sum to 1.
        symbols: the l names.
        at: i, marked by a bar.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Raises:
        ValueError: not as many names as columns, `at` outside of them.

    Example:
        >>> axes = attention(np.array([[0.9, 0.1, 0.0]]), ["C", "C", "O"], at=1)
        >>> axes.get_ylabel()
        'head'
    """
    heads, length = shares.shape
    if length != len(symbols) or at not in range(length):
        raise ValueError(
            f"need a name for each of {length} symbols and `at` among them, got {len(symbols)} "
            f"names and at={at}"
        )
    axes = drawn_into(axes, (4.8, 2.6))
    axes.axvline(at, color=INK, lw=6, alpha=0.15)
    ends = [*SIZES, np.inf]
    for (least, size), below in zip(SIZES.items(), ends[1:], strict=True):
        head, place = np.nonzero((shares >= least) & (shares < below))
        axes.plot(place, head + 1, "o", ms=size, mew=0, color=INK)
    axes.set_xticks(range(length), symbols, fontsize=9)
    axes.set(ylim=(heads + 0.6, 0.4), yticks=range(1, heads + 1), xlim=(-0.7, length - 0.3))
    axes.set_ylabel("head")
    axes.tick_params(length=0)
    return axes


def by_width(
    widths: Sequence[int],
    weak: Mapping[str, Sequence[float]],
    *,
    strong: tuple[int, Mapping[str, float]] | None = None,
    beside: Mapping[str, Mapping[str, float]] | None = None,
    level: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Draw a number of encoders of growing width, a line for each data set.

    The strong encoder follows at its own width, in the student's color; what has no width stands
    in columns at the right, in open markers.

    Args:
        widths: of the weak encoders.
        weak: data set ↦ one number for each of them.
        strong: the width and, for each data set, the number of the strong one.
        beside: name of a column ↦ data set ↦ number.
        level: what the line at 1 stands for; no line without it.
        axes: to draw into; new ones by default.

    Returns:
        The axes, their width on a logarithmic scale.

    Raises:
        ValueError: a line that has not one number for each width.

    Example:
        >>> axes = by_width([8, 16], {"ESOL": [2.0, 1.5]}, strong=(256, {"ESOL": 1.0}))
        >>> axes.get_xscale()
        'log'
    """
    weak = {name: list(line) for name, line in weak.items()}
    if any(len(line) != len(widths) for line in weak.values()):
        raise ValueError(f"need {len(widths)} numbers for each data set, one for each width")
    axes = drawn_into(axes)
    ticks: dict[float, str] = {float(w): str(w) for w in widths if w & (w - 1) == 0}
    for (name, line), marker in zip(weak.items(), itertools.cycle(MARKERS)):
        axes.plot(widths, line, f"{marker}-", lw=1, label=name, **in_colour_of("weak"))
        if strong is not None:
            width, own = strong
            look = in_colour_of("student")
            axes.plot([widths[-1], width], [line[-1], own[name]], ":", lw=1, **look)
            axes.plot(width, own[name], marker, ms=8, **look)
            ticks[float(width)] = str(width)
        last = max(widths[-1], strong[0] if strong else 0)
        for k, (column, values) in enumerate((beside or {}).items(), 1):
            place = last * 1.9**k
            axes.plot(place, values[name], marker, color=INK, mfc="none")
            ticks[place] = column
    if level:
        axes.axhline(1, color=INK, lw=0.8)
        axes.annotate(level, (widths[0], 1), (0, -12), textcoords="offset points", fontsize=10)
    axes.set(xscale="log", xlabel="width")
    axes.set_xticks(list(ticks), list(ticks.values()), rotation=45)
    axes.minorticks_off()
    axes.legend(fontsize=10)
    return axes
