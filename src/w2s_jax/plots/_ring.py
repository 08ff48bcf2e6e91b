"""A ring of inputs: where its teacher is wrong, where its student is, and where they differ."""

from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Patch, Wedge

from w2s_jax.plots._style import INK, in_colour_of, style

_RINGS = {
    "weak": (1.0, 0.13, "outside: teacher wrong"),
    "misfit": (0.83, 0.07, "between: they differ"),
    "student": (0.72, 0.13, "inside: student wrong"),
}


def ring(
    weak: Bool[np.ndarray, " n"],
    student: Bool[np.ndarray, " _"],
    *,
    reach: int | None = None,
    middle: float = 0.0,
    axes: Axes | None = None,
) -> Axes:
    """Draw n inputs on a ring of two classes, the mistakes on them and the disagreements.

    Three rings about one center: outside where the teacher is wrong, inside where the student is,
    and between them where the two differ, the misfit: of two classes, where one of them alone is
    wrong.

    Args:
        weak: where the teacher is wrong, clockwise from the top.
        student: where the student is wrong.
        reach: half the window k that the student votes over, drawn as a shade of 2k + 1 inputs; no
            window if None.
        middle: which input stands at the top, a half between two, and the window about the one
            there, or the one before it.
        axes: to draw into; new ones by default.

    Returns:
        The axes, without ticks.

    Raises:
        ValueError: of unlike lengths; a window that is wider than the ring.

    Example:
        >>> wrong = np.arange(12) < 3
        >>> axes = ring(wrong, np.roll(wrong, 1), reach=2, middle=1.0)
        >>> [text.get_text() for text in axes.get_legend().get_texts()][1]
        'between: they differ'
    """
    n = len(weak)
    if len(student) != n:
        raise ValueError(f"student must be as long as weak, {n}; got {len(student)}")
    if reach is not None and not 0 <= 2 * reach + 1 <= n:
        raise ValueError(f"reach must be from 0 to {(n - 1) // 2} on {n} inputs; got {reach}")
    if axes is None:
        with style():
            axes = plt.subplots(figsize=(4.4, 4.4))[1]

    def arc(first: int, last: int, radius: float, width: float, **look: Any) -> None:
        ends = (90 - 360 * (at - middle) / n for at in (last + 0.5, first - 0.5))
        axes.add_patch(Wedge((0, 0), radius, *ends, width=width, **look))

    if reach is not None:
        center = int(middle)
        arc(center - reach, center + reach, 1.06, 0.58, color=INK, alpha=0.12, lw=0)
    wrong = {"weak": weak, "misfit": weak != student, "student": student}
    for name, (radius, width, _) in _RINGS.items():
        for edge in (radius, radius - width):
            axes.add_patch(Circle((0, 0), edge, fill=False, color=INK, lw=0.5, alpha=0.35))
        for first, last in runs(np.asarray(wrong[name], bool)):
            arc(first, last, radius, width, lw=0, **in_colour_of(name))
    keys = [Patch(label=words, **in_colour_of(name)) for name, (*_, words) in _RINGS.items()]
    axes.legend(handles=keys, loc="center", frameon=False, fontsize=9, handlelength=1)
    axes.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(False)
    return axes


def runs(wrong: Bool[np.ndarray, " n"]) -> list[tuple[int, int]]:
    """Return the first and the last place of each run of true values, not joined across the end.

    Example:
        >>> runs(np.array([True, False, True, True]))
        [(0, 0), (2, 3)]
    """
    edges = np.flatnonzero(np.diff(np.r_[False, wrong, False].astype(int))).tolist()
    return [(first, last - 1) for first, last in list(pairwise(edges))[::2]]
