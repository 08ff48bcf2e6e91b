"""The two leftovers of the non-realizable case, and where they make gain negative."""

import numpy as np
from matplotlib.axes import Axes

from w2s_jax.plots._series import drawn_into
from w2s_jax.plots._style import COLOURS, INK, style


@style()
def disc_of_leftovers(*, axes: Axes | None = None) -> Axes:
    """Draw where the student's leftover w − s makes the gain negative, small or large.

    In a linear class gain = ‖(w − s) − (f − g)‖² − ε, with ε = ‖f − g‖²: it is negative inside the
    disc of radius √ε about f − g, above the misfit left of the line through the origin, and surely
    positive outside the circle misfit = 4ε. Lengths are in units of √ε.

    Args:
        axes: to draw into; new ones by default.

    Returns:
        The axes: along f − g, and across it.

    Example:
        >>> disc_of_leftovers().get_aspect()
        1.0
    """
    axes = drawn_into(axes, (4.8, 4.2))
    turn = np.linspace(0, 2 * np.pi, 121)
    ring = np.array([np.cos(turn), np.sin(turn)])
    axes.axvspan(-2.3, 0, color=COLOURS["gain"], alpha=0.12, lw=0)
    axes.fill(1 + ring[0], ring[1], color=INK, alpha=0.18, lw=0)
    axes.plot(*(2 * ring), ":", color=INK, lw=1.2)
    axes.axvline(0, color=INK, lw=1)
    arrow = {"arrowstyle": "->", "color": COLOURS["truth"], "lw": 2.2}
    axes.annotate("", (1, 0), (0, 0), arrowprops=arrow)
    axes.text(0.5, -0.2, "f − g", color=COLOURS["truth"], ha="center", va="top")
    for x, y, words, where in (
        (1, 0.45, "gain < 0", "center"),
        (-1.05, -0.1, "gain > misfit", "center"),
        (1.85, 2.1, "0 < gain < misfit", "center"),
        (1.4, -1.75, "misfit = 4ε", "left"),
    ):
        axes.text(x, y, words, ha=where, fontsize=10)
    axes.set(xlim=(-2.3, 2.9), ylim=(-2.3, 2.5), xticks=[], yticks=[], aspect="equal")
    axes.set(xlabel="w − s along f − g, the size of f − g being 1", ylabel="and across it")
    return axes
