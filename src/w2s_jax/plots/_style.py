"""The look of the book's pictures: one color for one object, SVG for light and dark.

Figures follow `w2s.mplstyle`; `show` turns them into inline SVG whose text takes the page's color,
so that they read on light and dark pages alike.
"""

import html
import io
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure, SubFigure
from matplotlib.legend import Legend
from matplotlib.text import Text

COLOURS = {
    "truth": "#0f8a63",
    "weak": "#d9600f",
    "student": "#6c6fd0",
    "misfit": "#d6337c",
    "gain": "#2a86c8",
}
"""One color for each object, the same on every page; each has a contrast of at least 3 : 1 against
white and against the dark page."""

STYLE = Path(__file__).parent / "w2s.mplstyle"
PAGE_INK = "currentColor"
"""Lines and letters of an SVG take the page's own color."""

INK = "#010203"
"""What stands for the page's own text color, which `show` puts in its place."""

_SHEET = re.compile(r'<defs>\s*<style type="text/css">\*\{([^}]*)\}</style>\s*</defs>\s*')

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


def in_colour_of(name: str | None) -> dict[str, Any]:
    """Return what draws an artist of matplotlib in an object's color and says so in the SVG.

    Args:
        name: of `COLOURS`; none for ink.

    Raises:
        KeyError: no such object.

    Example:
        >>> in_colour_of("gain")
        {'color': '#2a86c8', 'gid': 'of-gain'}
    """
    return {"color": INK} if name is None else {"color": COLOURS[name], "gid": f"of-{name}"}


def painted(name: str, *kinds: str) -> str:
    """Return attributes that draw an SVG element in an object's color, which a page may change.

    Args:
        name: of `COLOURS`.
        kinds: what gets the color, "fill" or "stroke".

    Raises:
        KeyError: no such object.

    Example:
        >>> painted("gain", "fill")
        'data-of="gain" style="fill: var(--w2s-gain, #2a86c8)"'
    """
    look = "; ".join(f"{kind}: var(--w2s-{name}, {COLOURS[name]})" for kind in kinds)
    return f'data-of="{name}" style="{look}"'


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


def show(figure: Figure | Axes, *, alt: str) -> Picture:
    """Close a matplotlib figure and return it as theme-aware inline SVG.

    Args:
        figure: drawn inside `style()`, or axes of it.
        alt: what the picture shows, in a sentence or two, for readers who cannot see it.

    Raises:
        ValueError: an empty `alt`.

    Example:
        >>> import numpy as np
        >>> from w2s_jax.plots import triangle
        >>> with style():
        ...     axes = triangle(np.array([1.0, 2.0]), np.array([1.5, 1.5]), np.array([3.0, 3.0]))
        >>> show(axes, alt="The weak model above the line.").svg[:15]
        '<svg role="img"'
    """
    label = in_words(alt)
    drawn = figure.figure if isinstance(figure, Axes) else figure
    drawn = drawn.figure if isinstance(drawn, SubFigure) else drawn
    for text in drawn.findobj(Text):  # what was written outside `style()`
        if to_hex(text.get_color()) == "#000000":
            text.set_color(INK)
    for legend in drawn.findobj(Legend):  # a white box would stand out in the dark
        legend.get_frame().set_visible(False)
    buffer = io.StringIO()
    with style():
        drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(drawn)
    svg = buffer.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'\bid="of-(\w+)"', r'data-of="\1"', svg)  # of an object there may be several
    prefix = f"w2s{next(_serial)}-"
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', svg)
    svg = re.sub(r'(href="|url\()#([^")]+)', rf"\1#{prefix}\2", svg)
    # A sheet would hold for the whole page, whose styles are then found anew with every picture.
    look, svg = _SHEET.search(svg), _SHEET.sub("", svg)
    own = f'role="img" aria-label="{label}"' + (f' style="{look[1]}"' if look else "")
    svg = svg.replace("<svg ", f"<svg {own} ", 1)
    return Picture(svg.replace(INK, PAGE_INK).strip())
