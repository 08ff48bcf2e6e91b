"""Many experiments at once: a panel a task, marks in rows, intervals, courses."""

import itertools

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.figure import Figure

from w2s_jax.plots._panels import Names, columns, grid, legend, markers
from w2s_jax.plots._style import COLOURS, INK, in_colour_of, style

Vector = Float[np.ndarray, " n"]
LINES = ("-", "--", ":", "-.")


def gain_by_task(
    misfit: Vector, gain: Vector, panels: Names, *, marks: Names | None = None
) -> Figure:
    """Scatter gain against misfit in a panel for each task, with the line gain = misfit.

    Args:
        misfit: one value a point, in the units of `gain`.
        gain: one value a point.
        panels: the task of each point.
        marks: a name for each point; each name has a marker of its own.

    Returns:
        The figure.

    Raises:
        ValueError: lengths that differ, no points.

    Example:
        >>> tasks = ["ESOL", "ESOL", "Lipop"]
        >>> figure = gain_by_task(np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.1, 0.4]), tasks)
        >>> [axes.get_title("left") for axes in figure.axes]
        ['ESOL', 'Lipop']
    """
    x, y, tasks, names = columns(misfit, gain, panels, marks)
    with style():
        figure, found = grid(tasks, height=2.4)
        for task, axes in found.items():
            for name, marker in markers(names):
                own = (tasks == task) & (names == name)
                look = {"marker": marker, "label": name} | in_colour_of("gain")
                axes.scatter(x[own], y[own], s=20, **look)
            both = np.concatenate([x[tasks == task], y[tasks == task], [0.0]])
            axes.plot([both.min(), both.max()], [both.min(), both.max()], color=INK, lw=1)
            axes.axhline(0, color=INK, lw=0.8, ls=":")
            axes.set_xlabel("misfit")
            axes.locator_params(nbins=3)
        for axes in list(found.values())[::2]:  # those on the left
            axes.set_ylabel("gain")
        legend(figure, found)
    return figure


def strips(
    values: Vector,
    rows: Names,
    *,
    panels: Names | None = None,
    marks: Names | None = None,
    chosen: Bool[np.ndarray, " n"] | None = None,
    ends: tuple[float | int, float | int] | None = None,
    of: str | None = None,
    xlabel: str = "",
) -> Figure:
    """Draw numbers as marks in named rows, with a bar at the median of each row.

    Args:
        values: one number a mark.
        rows: the row of each; rows stand in the order of their first mark, from the top.
        panels: the panel of each; by default there is one.
        marks: a name for each; each name has a marker of its own.
        chosen: which marks get a ring.
        ends: of the axis; marks beyond it are drawn at its end. By default all marks are within.
        of: the object of `COLOURS` that the numbers are of; they are ink by default.
        xlabel: what the numbers are.

    Returns:
        The figure.

    Raises:
        ValueError: lengths that differ, no marks.

    Example:
        >>> figure = strips(np.array([0.1, 0.3, -0.2]), ["near", "near", "far"], xlabel="gain")
        >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
        ['near', 'far']
    """
    x, y, tasks, names = columns(values, rows, panels, marks)
    ringed = np.zeros(x.size, bool) if chosen is None else np.asarray(chosen)
    shown = np.clip(x, *ends) if ends else x
    lines, kinds = list(dict.fromkeys(y)), markers(names)
    row = np.array([lines.index(each) for each in y])
    kind = np.array([[name for name, _ in kinds].index(str(each)) for each in names])
    place = row + 0.6 * ((kind + 0.5) / len(kinds) - 0.5)  # marks of one name side by side
    with style():
        figure, found = grid(
            tasks, height=0.8 + (0.16 + 0.12 * len(kinds)) * len(lines), share=True
        )
        for task, axes in found.items():
            for nth, (name, marker) in enumerate(kinds):
                own = (tasks == task) & (kind == nth)
                look = {"marker": marker, "alpha": 0.75, "clip_on": False} | in_colour_of(of)
                axes.scatter(shown[own], place[own], s=18, label=name, **look)
            own = (tasks == task) & ringed
            axes.scatter(shown[own], place[own], s=90, fc="none", ec=INK, clip_on=False)
            for nth in set(row[tasks == task]):
                middle = np.median(x[(tasks == task) & (row == nth)])
                axes.vlines(middle, nth - 0.35, nth + 0.35, color=INK, lw=2)
            axes.axvline(0, color=INK, lw=0.8, ls=":")
            axes.set_yticks(range(len(lines)), lines)
            axes.set(ylim=(len(lines) - 0.4, -0.6), xlabel=xlabel, xlim=ends)
            axes.locator_params(axis="x", nbins=3)
        legend(figure, found)
    return figure


def intervals(
    values: Vector,
    low: Vector,
    high: Vector,
    *,
    panels: Names | None = None,
    marks: Names | None = None,
    of: str | None = None,
    xlabel: str = "",
) -> Figure:
    """Draw dots with intervals, sorted; a dot is full if its interval leaves 0 out.

    Few dots with names are a matter for `dots`.

    Args:
        values: one number a dot.
        low: lower ends.
        high: upper ends.
        panels: the panel of each; by default there is one.
        marks: a name for each; each name has a marker of its own.
        of: as in `strips`.
        xlabel: what the numbers are.

    Returns:
        The figure.

    Raises:
        ValueError: lengths that differ, no dots.

    Example:
        >>> middle = np.array([0.2, 0.1])
        >>> figure = intervals(middle, middle - 0.15, middle + 0.15, xlabel="gain")
        >>> hollow, full = figure.axes[0].collections[1:]
        >>> full.get_offsets().tolist()
        [[0.2, 0.0]]
    """
    x, left, tasks, names = columns(values, low, panels, marks)
    _, right, *_ = columns(x, high, None, None)
    sure = (left > 0) | (right < 0)
    kinds, color = markers(names), in_colour_of(of)
    most = max(int((tasks == task).sum()) for task in tasks)
    with style():
        figure, found = grid(tasks, height=0.9 + 0.1 * most)
        for task, axes in found.items():
            own = np.flatnonzero(tasks == task)
            own = own[np.argsort(-x[own], kind="stable")]
            axes.hlines(range(own.size), left[own], right[own], lw=1, **color)
            for (name, marker), full in itertools.product(kinds, (False, True)):
                at = np.flatnonzero((names[own] == name) & (sure[own] == full))
                look = {"marker": marker, **color} | ({} if full else {"facecolor": "none"})
                axes.scatter(x[own][at], at, s=20, zorder=3, label=name, **look)
            axes.axvline(0, color=INK, lw=0.8, ls=":")
            axes.set(yticks=[], ylim=(own.size - 0.4, -0.6), xlabel=xlabel)
            axes.locator_params(axis="x", nbins=3)
        legend(figure, found)
    return figure


def courses(
    values: Vector, positions: Names, lines: Names, panels: Names, *, xlabel: str, ylabel: str
) -> Figure:
    """Follow numbers from one position to the next, a line for each name: a slope chart.

    A line named after an object of the book (`COLOURS`) has its color; the others are ink.

    Args:
        values: one number a mark.
        positions: where it stands; positions are in the order of their first mark, evenly spaced.
        lines: the line of each mark.
        panels: the panel of each mark.
        xlabel: what the positions are.
        ylabel: what the numbers are.

    Returns:
        The figure.

    Raises:
        ValueError: lengths that differ, no marks.

    Example:
        >>> before_after = ["few", "many"]
        >>> figure = courses(np.array([0.3, 0.1]), before_after, ["gain"] * 2, ["ESOL"] * 2,
        ...                  xlabel="weak labels", ylabel="share")
        >>> figure.axes[0].lines[0].get_ydata().tolist()
        [0.3, 0.1]
    """
    y, where, tasks, names = columns(values, positions, panels, lines)
    order = list(dict.fromkeys(where))
    at = np.array([order.index(each) for each in where])
    with style():
        figure, found = grid(tasks, height=2.4, share=True)
        for task, axes in found.items():
            for (name, marker), dashes in zip(markers(names), LINES * len(y), strict=False):
                own = (tasks == task) & (names == name)
                own = np.flatnonzero(own)[np.argsort(at[own], kind="stable")]
                look = in_colour_of(name if name in COLOURS else None)
                axes.plot(at[own], y[own], marker=marker, ls=dashes, ms=5, label=name, **look)
            axes.axhline(0, color=INK, lw=0.8, ls=":")
            axes.set_xticks(range(len(order)), order)
            axes.set(xlim=(-0.3, len(order) - 0.7), xlabel=xlabel)
        next(iter(found.values())).set_ylabel(ylabel)
        legend(figure, found)
    return figure
