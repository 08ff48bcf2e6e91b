"""The book's pictures: one function for one idea, one colour for one object.

Figures follow `w2s.mplstyle`; `show` turns them into inline SVG whose text takes the page's colour,
so that they read on light and dark pages alike.
"""

import html
import io
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = {
    "truth": "#0f8a63",
    "weak": "#d9600f",
    "student": "#6c6fd0",
    "misfit": "#d6337c",
    "gain": "#2a86c8",
}
"""One colour for each object, the same on every page; each has a contrast of at least 3 : 1 against
white and against the dark page."""

STYLE = Path(__file__).parent / "w2s.mplstyle"
PAGE_INK = "currentColor"
"""Lines and letters of an SVG take the page's own colour."""

_INK = "#010203"  # stands for it until `show`
_serial = itertools.count()


@contextmanager
def style() -> Iterator[None]:
    """Draw inside this context with the book's style, leaving matplotlib's own settings alone.

    Example:
        >>> with style():
        ...     bool(plt.rcParams["axes.spines.top"])
        False
    """
    with plt.style.context(STYLE):
        yield


def paint(name: str) -> str:
    """Return the colour of an object as CSS, which a page may change by its variable.

    Args:
        name: of `COLOURS`.

    Raises:
        KeyError: no such object.

    Example:
        >>> paint("gain")
        'var(--w2s-gain, #2a86c8)'
    """
    return f"var(--w2s-{name}, {COLOURS[name]})"


def in_words(alt: str) -> str:
    """Return an alternative text as the value of an HTML attribute, in one line.

    Args:
        alt: what a picture shows.

    Raises:
        ValueError: it is empty.

    Example:
        >>> in_words("Gain > 0,   misfit > 0.")
        'Gain &gt; 0, misfit &gt; 0.'
    """
    if not alt.strip():
        raise ValueError("alt must say what the picture shows")
    return html.escape(" ".join(alt.split()), quote=True)


class Picture:
    """A figure as inline SVG with authored alternative text.

    Example:
        >>> with style():
        ...     figure, axes = plt.subplots()
        >>> "A blank pair of axes" in show(figure, alt="A blank pair of axes.")._repr_html_()
        True
    """

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_html_(self) -> str:
        return f'<div class="w2s-figure">{self.svg}</div>'


def show(figure: Figure, *, alt: str) -> Picture:
    """Close a matplotlib figure and return it as theme-aware inline SVG.

    Args:
        figure: drawn inside `style()`.
        alt: what the picture shows, in a sentence or two, for readers who cannot see it.

    Raises:
        ValueError: an empty `alt`.

    Example:
        >>> with style():
        ...     axes = triangle(np.array([1.0, 2.0]), np.array([1.5, 1.5]), np.array([3.0, 3.0]))
        >>> show(axes.get_figure(), alt="The weak model above the line.").svg[:15]
        '<svg role="img"'
    """
    label = in_words(alt)
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    svg = buffer.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    prefix = f"w2s{next(_serial)}-"
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', svg)
    svg = re.sub(r'(href="|url\()#([^")]+)', rf"\1#{prefix}\2", svg)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return Picture(svg.replace(_INK, PAGE_INK).strip())


def gain_against_misfit(
    misfit: Float[np.ndarray, " points"],
    gain: Float[np.ndarray, " points"],
    *,
    groups: list[str] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Scatter gain against misfit with the diagonal of the realizable theory (the paper's Fig. 2).

    Points on the line obey gain = misfit; points above have more gain than Theorem 1 promises;
    below the line, in the shaded part, an assumption fails; below zero the teacher was better.

    Args:
        misfit: one value a point, squared label units.
        gain: the same.
        groups: a name for each point; each name gets a marker and an entry in the legend.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Raises:
        ValueError: lengths that differ, no points.

    Example:
        >>> with style():
        ...     axes = gain_against_misfit(np.array([0.1, 0.2]), np.array([0.1, 0.15]))
        >>> axes.get_xlabel()
        'misfit'
    """
    names = np.asarray(groups if groups is not None else [""] * len(misfit))
    if not len(misfit) == len(gain) == len(names) > 0:
        raise ValueError(
            f"need as many gains ({len(gain)}) and groups ({len(names)}) as misfits "
            f"({len(misfit)}), and at least one"
        )
    axes = plt.subplots()[1] if axes is None else axes
    high = 1.08 * max(np.max(misfit), np.max(gain), 0.0) or 1.0
    low = min(1.08 * np.min(gain), 0.0)
    axes.plot([0, high], [0, high], color=_INK, lw=1)
    axes.annotate("gain = misfit", (0.72 * high, 0.78 * high), ha="right", fontsize=10)
    axes.fill_between([0, high], [0, high], [low, low], color=_INK, alpha=0.07, lw=0)
    axes.axhline(0, color=_INK, lw=0.8, ls=":")
    for name, marker in zip(dict.fromkeys(names), itertools.cycle("os^Dv")):
        chosen = names == name
        axes.scatter(
            misfit[chosen],
            gain[chosen],
            marker=marker,
            s=34,
            color=COLOURS["gain"],
            alpha=0.85,
            label=name or None,
        )
    if groups is not None:
        axes.legend(fontsize=10)
    axes.set(xlabel="misfit", ylabel="gain", xlim=(0, high), ylim=(low, high))
    return axes


def triangle(
    weak: Float[np.ndarray, "2"],
    student: Float[np.ndarray, "2"],
    truth: Float[np.ndarray, "2"],
    *,
    axes: Axes | None = None,
) -> Axes:
    """Draw the triangle of weak model, student and truth over a line of strong functions.

    The paper's Fig. 1 for two inputs: a function is the point of its two predictions, and the
    strong class is the line through the origin and the student.

    Args:
        weak: predictions on the two inputs, label units.
        student: the projection of `weak` onto the line.
        truth: predictions of the truth.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Example:
        >>> with style():
        ...     axes = triangle(np.array([1.0, 2.0]), np.array([1.5, 1.5]), np.array([3.0, 3.0]))
        >>> axes.get_aspect()
        1.0
    """
    axes = plt.subplots()[1] if axes is None else axes
    points = {"weak": weak, "student": student, "truth": truth}
    if np.any(student):
        axes.axline((0, 0), tuple(student), color=_INK, lw=1, alpha=0.5)
    for start, end, colour in (
        ("weak", "truth", COLOURS["weak"]),
        ("student", "truth", COLOURS["student"]),
        ("weak", "student", COLOURS["misfit"]),
    ):
        axes.plot(*np.transpose([points[start], points[end]]), color=colour, zorder=2)
    for name, point in points.items():
        axes.scatter(*point, color=COLOURS[name], s=60, zorder=3)
        axes.annotate(
            name, tuple(point), xytext=(7, 7), textcoords="offset points", color=COLOURS[name]
        )
    axes.set(xlabel="prediction on the first input", ylabel="prediction on the second")
    axes.set_aspect("equal")
    return axes
