"""Models as points of the plane: two inputs, a class of functions, and the sides between models."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from w2s_jax.plots._style import INK, in_colour_of

_POINTS = {"w": "weak", "s": "student", "f": "truth"}
_SIDES = {"wf": "weak", "ws": "misfit", "sf": "student", "fg": "truth", "ft": "gain"}
_TURN = np.linspace(0, 2 * np.pi, 73)


def plane(
    points: Mapping[str, Float[np.ndarray, "2"]],
    *,
    sides: Mapping[str, str] | None = None,
    region: Float[np.ndarray, "corners 2"] | None = None,
    line: Float[np.ndarray, "2"] | None = None,
    circle: str = "",
    support: str = "",
    axes: Axes | None = None,
) -> Axes:
    r"""Draw models as points of the plane, one coordinate for the prediction on each of two inputs.

    Points have the letters of the text: $w$, $s$ and $f$ are weak model, student and truth in their
    colors, any other is ink. With equally likely inputs the squared distance of two models is half
    the squared length between them.

    Args:
        points: by letter, label units.
        sides: segments to draw, by the letters of their ends, and what stands beside each: `"wf"`
            has the weak model's color, `"ws"` that of the misfit, `"sf"` the student's.
        region: corners of the class of functions, filled.
        line: a vector; the class is the line of its multiples.
        circle: two letters, as `"ws"`: a dotted circle about the first through the second.
        support: two letters, as `"ws"`: a dotted line through the second, across the segment.
        axes: to draw into; new ones by default.

    Returns:
        The axes, without ticks, one unit as long both ways.

    Raises:
        KeyError: a side, circle or support between letters that are not among the points.

    Example:
        >>> from w2s_jax.plots import style
        >>> corners = {"w": np.array([0.0, 2.0]), "s": np.array([0.0, 1.0])}
        >>> with style():
        ...     axes = plane(corners, sides={"ws": "B"}, line=np.array([0.0, 1.0]))
        >>> [text.get_text() for text in axes.texts]
        ['B', 'w', 's']
    """
    axes = plt.subplots(figsize=(4.8, 4.2))[1] if axes is None else axes
    middle = np.mean(list(points.values()), axis=0)
    if region is not None:
        axes.fill(*region.T, facecolor=INK, alpha=0.1, lw=0)
        axes.plot(*np.vstack([region, region[:1]]).T, color=INK, lw=1, alpha=0.6)
    if line is not None:
        axes.axline((0, 0), tuple(line), color=INK, lw=1, alpha=0.6)
    if circle:
        centre, rim = (points[letter] for letter in circle)
        round_it = np.linalg.norm(rim - centre) * np.array([np.cos(_TURN), np.sin(_TURN)])
        axes.plot(*(centre[:, None] + round_it), ":", color=INK, lw=1)
    if support:
        start, foot = (points[letter] for letter in support)
        across = np.array([[0, -1], [1, 0]]) @ (start - foot)
        axes.axline(tuple(foot), tuple(foot + across), color=INK, lw=1.3, ls=":")
    for ends, words in (sides or {}).items():
        start, end = (points[letter] for letter in ends)
        _side(axes, start, end, words, _SIDES.get(ends), middle)
    for letter, point in points.items():
        own = in_colour_of(_POINTS.get(letter))
        axes.scatter(*point, s=60, zorder=5, **own)
        _beside(axes, letter, point, point - middle, own)
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(False)
    return axes


def _side(axes: Axes, start, end, words: str, name: str | None, middle) -> None:
    own = in_colour_of(name)
    axes.plot(*np.transpose([start, end]), lw=2.2, **own)
    if words:
        half = (start + end) / 2
        normal = np.array([[0, -1], [1, 0]]) @ (end - start)
        outwards = normal if normal @ (half - middle) >= 0 else -normal
        _beside(axes, words, half, outwards, own)


def _beside(axes: Axes, words: str, point, direction, own: dict[str, Any]) -> None:
    length = np.linalg.norm(direction)
    shift = 13 * direction / length if length else np.array([9.0, 9.0])
    axes.annotate(
        words,
        tuple(point),
        xytext=tuple(shift),
        textcoords="offset points",
        ha="center",
        va="center",
        **own,
    )
