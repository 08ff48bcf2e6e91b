"""A panel a task: how panels stand on a phone's width, and where the legend goes."""

import itertools
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Names = Sequence | np.ndarray
MARKERS = "os^Dv*"
WIDTH = 4.8  # inches: what a phone of 360 pixels shows without scaling text below 9 pixels


def columns(x: np.ndarray, y: Names, panels: Names | None, marks: Names | None) -> list[np.ndarray]:
    """Return four arrays of one length; one panel and one kind of mark unless they are named.

    Raises:
        ValueError: lengths that differ, or nothing to draw.

    Example:
        >>> [each.tolist() for each in columns(np.ones(2), [3, 4], None, ["a", "b"])]
        [[1.0, 1.0], [3, 4], ['', ''], ['a', 'b']]
    """
    same = [""] * len(x)
    found = [np.asarray(same if each is None else each) for each in (x, y, panels, marks)]
    sizes = [each.size for each in found]
    if len(set(sizes)) > 1 or not sizes[0]:
        raise ValueError(
            f"need as many values, rows, panels and marks, and at least one of each; got {sizes}"
        )
    return found


def grid(panels: np.ndarray, *, height: float, share: bool = False) -> tuple[Figure, dict]:
    """Return a figure and its axes by panel: one alone, two in a row, more in rows of two.

    Args:
        panels: the panel of each mark.
        height: of one panel, inches.
        share: whether panels share the vertical axis.

    Example:
        >>> figure, panels = grid(np.array(["ESOL", "Lipop", "FreeSolv"]), height=2.0)
        >>> len(figure.axes), list(map(str, panels))  # the fourth is free for a legend
        (4, ['ESOL', 'Lipop', 'FreeSolv'])
    """
    names = list(dict.fromkeys(panels))
    across = min(2, len(names))
    down = -(-len(names) // 2)
    figure, axes = plt.subplots(
        down, across, figsize=(WIDTH, height * down), sharey=share, squeeze=False
    )
    for name, own in zip(names, axes.flat, strict=False):
        own.set_title(name)
    for own in axes.flat[len(names) :]:
        own.axis("off")
    return figure, dict(zip(names, axes.flat, strict=False))


def markers(names: np.ndarray) -> list[tuple[str, str]]:
    """Return each name with the marker that stands for it.

    Example:
        >>> markers(np.array(["b", "a", "b"]))
        [('b', 'o'), ('a', 's')]
    """
    return list(zip(map(str, dict.fromkeys(names)), itertools.cycle(MARKERS)))


def legend(figure: Figure, panels: dict[str, Axes]) -> None:
    """Explain the marks in the free corner, or below where no corner is free; lay out the rest.

    Example:
        >>> figure, panels = grid(np.array(["ESOL", "Lipop", "FreeSolv"]), height=2.0)
        >>> dots = panels["ESOL"].scatter([1.0], [2.0], label="split 122")
        >>> legend(figure, panels)
        >>> figure.axes[3].get_legend().get_texts()[0].get_text()
        'split 122'
    """
    found = {}
    for axes in panels.values():
        handles, names = axes.get_legend_handles_labels()
        found |= dict(zip(names, handles, strict=True))
    free = [axes for axes in figure.axes if axes not in panels.values()]
    figure.tight_layout()
    if not found:
        return
    if free:
        free[0].legend(found.values(), found, loc="center", fontsize=10)
    else:
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "ncols": 3, "fontsize": 10}
        figure.legend(found.values(), found, **below)
