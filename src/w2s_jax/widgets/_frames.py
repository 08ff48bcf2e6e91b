"""The frames of `explore`: what a function returned as HTML, without what frames share."""

import html
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from w2s_jax.widgets._controls import is_number, read

MARK = "w2s@"
"""Stands in a frame for what makes its ids differ from those of other figures on the page."""

_SERIAL = re.compile(r'((?:\bid="|href="#|url\(#))w2s(\d+)-')
_DRAWN = re.compile(r'\b(?:d|x|y|points)="[^"]*"|\btranslate\([^)]*\)')
_MARKER = r'data-of="{}">\s*<defs>.*?</defs>.*?<use [^>]*?x="([-\d.]+)" y="([-\d.]+)"'
_ROW = "display: grid; gap: 0.5rem; "
_ROW += "grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr))"
_LONG = re.compile(r"-?\d+\.\d{3,}")


def draw(result: Any) -> str:
    """Return what a function returned as HTML whose ids and decimals do not tell frames apart.

    Args:
        result: a `plots.Picture`, anything else with `_repr_html_`, a string or a number; or a
            tuple of these, side by side.

    Raises:
        ValueError: none of these, or a bare matplotlib figure, which has no alternative text.

    Example:
        >>> draw(-0.5)
        '<p class="w2s-ex-words">−0.5</p>'
    """
    if isinstance(result, tuple):
        views = "\n".join(f"<div>{_shown(each)}</div>" for each in result)
        return _alike(f'<div class="w2s-ex-views" style="{_ROW}">{views}</div>')
    return _alike(_shown(result))


def _shown(result: Any) -> str:
    form = None if hasattr(result, "savefig") else getattr(result, "_repr_html_", None)
    if form is None:
        if not isinstance(result, str) and not is_number(result):
            raise ValueError(
                "the function must return plots.show(figure, alt=...), anything else with "
                f"_repr_html_, a string or a number; got {type(result).__name__}"
            )
        words = result if isinstance(result, str) else read(result)
        return f'<p class="w2s-ex-words">{html.escape(words)}</p>'
    return form()


def _alike(text: str) -> str:
    """Count the pictures of a frame from 0, and round what they draw."""
    serials: dict[str, int] = {}

    def rename(found: re.Match[str]) -> str:
        return f"{found[1]}{MARK}{serials.setdefault(found[2], len(serials))}-"

    text = _SERIAL.sub(rename, text)
    return _DRAWN.sub(lambda found: _LONG.sub(_round, found[0]), text) if "<svg" in text else text


def _round(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")  # a hundredth of a point is not seen


def marker(frame: str, name: str) -> list[float | int] | None:
    """Find the marker of an object in a frame: the number of its picture, its x and its y.

    Args:
        frame: of `draw`.
        name: of `plots.COLOURS`.

    Example:
        >>> import numpy as np
        >>> from w2s_jax import plots
        >>> axes = plots.gain_along(np.array([0.1, 0.3]), np.array([0.0, 0.2]), at=1)
        >>> picture, x, y = marker(draw(plots.show(axes, alt="One point.")), "gain")
        >>> picture, x > y
        (0, True)
    """
    found = re.search(_MARKER.format(name), frame, re.DOTALL)
    if found is None:
        return None
    return [frame[: found.start()].count("<svg") - 1, float(found[1]), float(found[2])]


def pack(frames: Sequence[str | None]) -> tuple[list[str], list[list[int]]]:
    r"""Share the lines of all frames: a frame is a list of runs, first line and how many.

    Args:
        frames: texts; `None` for one that is not known.

    Returns:
        The lines, and for each frame its runs, one after the other.

    Example:
        >>> pack(["a\nb", None, "a\nc"])
        (['a', 'b', 'c'], [[0, 2], [], [0, 1, 2, 1]])
    """
    known: dict[tuple[str, int], int] = {}  # the n-th of equal lines is a line of its own
    packed: list[list[int]] = []
    for frame in frames:
        times, runs = Counter(), []
        for line in [] if frame is None else frame.split("\n"):
            place = known.setdefault((line, times[line]), len(known))
            times[line] += 1
            if runs and runs[-2] + runs[-1] == place:
                runs[-1] += 1
            else:
                runs += [place, 1]
        packed.append(runs)
    return [line for line, _ in known], packed
