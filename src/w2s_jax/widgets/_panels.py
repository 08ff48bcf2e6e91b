"""The still picture behind `points`: panels as SVG, legible on any page and without a style."""

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.ticker import MaxNLocator

from w2s_jax.plots._style import PAGE_INK, in_words, painted
from w2s_jax.widgets._controls import read
from w2s_jax.widgets._page import svg

SHAPES = "circle", "square", "diamond", "cross"
"""What marks of different splits look like, so that color alone says nothing."""

SIZE = 220, 212
"""Width and height of a panel, in its own units."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 212, 28, 172
_ALONG = 100  # pixels of a line that has room for its name
_LINE = f'fill="none" stroke="{PAGE_INK}"'
_GRID = "display: grid; gap: 0.75rem 1rem; justify-items: center; "
_GRID += "grid-template-columns: repeat(auto-fit, minmax(min(12.25rem, 100%), 1fr))"


def picture(panels: Sequence[Any], *, xlabel: str, ylabel: str, alt: str, group: str) -> str:
    """Draw panels of points with the lines $y = x$ and $y = 0$, and a legend of the groups.

    Args:
        panels: each with `title`, `x`, `y`, `groups`, `unit`, `splits` and `intervals`, as
            `points.Panel`.
        xlabel: what stands below each.
        ylabel: what stands beside each.
        alt: what the whole picture shows.
        group: what the groups are; without a name, and for a single one, there is no legend.

    Returns:
        HTML. A mark's `data-at` is its place in the order of x.

    Example:
        >>> from w2s_jax.widgets import Card, Panel
        >>> panel = Panel("ESOL", [0.1, 0.2], [0.0, -0.1], [8, 16], [Card("One"), Card("Two")])
        >>> text = picture([panel], xlabel="misfit", ylabel="gain", alt="Two.", group="width")
        >>> text.count("data-at"), "gain = misfit" in text, ">−0.1<" in text
        (2, True, True)
    """
    values = sorted({value for panel in panels for value in panel.groups.tolist()})
    place = {value: at / max(len(values) - 1, 1) for at, value in enumerate(values)}
    names = list(dict.fromkeys(split for panel in panels for split in panel.splits))
    forms = {name: SHAPES[at] for at, name in enumerate(names)}
    drawn = "".join(_panel(panel, place, forms, xlabel, ylabel) for panel in panels)
    legend = ""
    if group and len(place) > 1:
        known = ((read(value), _mark(0, 0, share)) for value, share in place.items())
        legend += _legend(f"<b>{html.escape(group)}</b> ", known)
    if names:
        legend += _legend("", ((html.escape(n), _mark(0, 0, 0.5, "", forms[n])) for n in names))
    box = f'<div class="w2s-pt-panels" role="group" aria-label="{in_words(alt)}" style="{_GRID}">'
    return f'<div class="w2s-pt-picture">{legend}{box}{drawn}</div></div>'


def _legend(head: str, known: Iterable[tuple[str, str]]) -> str:
    shape = "display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; margin: 0 0 0.75rem"
    spans = "".join(
        '<span style="white-space: nowrap"><svg aria-hidden="true" width="14" height="14" '
        f'viewBox="-7 -7 14 14" style="display: inline; vertical-align: -2px">{mark}</svg> '
        f"{words}</span> "
        for words, mark in known
    )
    return f'<p class="w2s-pt-legend" style="{shape}">{head}{spans}</p>'


def _mark(
    x: float | int, y: float | int, share: float, more: str = "", shape: str = "circle"
) -> str:
    """Draw the mark of a group that is `share` of the way from the first to the last."""
    r = 3.2 + 2.3 * share
    where = f'cx="{x:.4g}" cy="{y:.4g}" r="{r:.3g}"'  # a path only carries them, for the script
    outline = {
        "circle": "",
        "square": f"M{x - r:.4g} {y - r:.4g}h{2 * r:.3g}v{2 * r:.3g}h{-2 * r:.3g}z",
        "diamond": f"M{x:.4g} {y - 1.3 * r:.4g}l{1.3 * r:.3g} {1.3 * r:.3g}"
        f"l{-1.3 * r:.3g} {1.3 * r:.3g}l{-1.3 * r:.3g} {-1.3 * r:.3g}z",
        "cross": f"M{x - r:.4g} {y - r:.4g}l{2 * r:.3g} {2 * r:.3g}"
        f"M{x - r:.4g} {y + r:.4g}l{2 * r:.3g} {-2 * r:.3g}",
    }[shape]
    tag = f'path d="{outline}"' if outline else "circle"
    fill = f'fill-opacity="{0.1 + 0.75 * share:.2g}"'
    return f"<{tag}{more} {where} {fill} {painted('gain', 'fill', 'stroke')}/>"


def _ends(values: Float[np.ndarray, " n"], least: float) -> tuple[float, float]:
    """Choose the ends of an axis that has 0, reaches `least` and leaves room for the marks."""
    low, high = min(values.min(), 0.0), max(values.max(), least)
    room = 0.06 * (high - low) or 1.0
    return low - room * (low < 0), high + room


def _named(words: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    """Write a line's name along it, or beside the end of a line that is too short for it.

    Example:
        >>> _named("y = x", (0.0, 9.0), (9.0, 0.0))
        '<text x="14" y="9" >y = x</text>'
    """
    right, down = end[0] - start[0], end[1] - start[1]
    if math.hypot(right, down) < _ALONG:
        return _text(end[0] + 5, end[1] + 9, words)
    turn = math.degrees(math.atan2(down, right))
    along = f"translate({end[0]:.4g} {end[1]:.4g}) rotate({turn:.4g}) translate(-2 -6)"
    return _text(0, 0, words, f'text-anchor="end" transform="{along}"')


def _text(x: float | int, y: float | int, words: str, more: str = "") -> str:
    return f'<text x="{x:.4g}" y="{y:.4g}" {more}>{html.escape(words)}</text>'


def _panel(
    panel: Any, place: dict[float, float], forms: dict[str, str], xlabel: str, ylabel: str
) -> str:
    x0, x1 = _ends(panel.x, 0.0)
    reached = np.concatenate([panel.y, np.ravel(panel.intervals)])
    y0, y1 = _ends(reached, 0.2 * x1)  # so that the line y = x is seen where all gains are negative
    scale_x, scale_y = (_RIGHT - _LEFT) / (x1 - x0), (_BOTTOM - _TOP) / (y1 - y0)

    def at(x: float | int, y: float | int) -> tuple[float, float]:
        return _LEFT + scale_x * (x - x0), _BOTTOM - scale_y * (y - y0)

    middle = 'text-anchor="middle"'
    parts = [_text(_LEFT, 14, panel.title, 'style="font-weight: 600; font-size: 13px"')]
    ticks = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10])
    lines = f"M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}"
    for value in ticks.tick_values(x0, x1):
        if x0 <= value <= x1:
            lines += f"M{at(value, 0)[0]:.4g} {_BOTTOM}v4"
            # A label at the right end would leave the picture.
            anchor = middle if at(value, 0)[0] < _RIGHT - 8 else 'text-anchor="end"'
            parts.append(_text(at(value, 0)[0], _BOTTOM + 16, read(value), anchor))
    for value in ticks.tick_values(y0, y1):
        if y0 <= value <= y1:
            lines += f"M{_LEFT} {at(0, value)[1]:.4g}h-4"
            parts.append(_text(_LEFT - 7, at(0, value)[1] + 4, read(value), 'text-anchor="end"'))
    unit = f", {panel.unit}" if panel.unit else ""
    beside = f'{middle} transform="translate(10 {(_TOP + _BOTTOM) / 2}) rotate(-90)"'
    parts.append(_text((_LEFT + _RIGHT) / 2, SIZE[1] - 6, xlabel + unit, middle))
    parts.append(_text(0, 0, ylabel + unit, beside))
    if y0 < 0:  # else it is the axis
        zero = f"M{_LEFT} {at(0, 0)[1]:.4g}H{_RIGHT}"
        parts.append(f'<path d="{zero}" stroke-dasharray="2 3" {_LINE}/>')
    start, end = at(*[max(x0, y0)] * 2), at(*[min(x1, y1)] * 2)
    lines += f"M{start[0]:.4g} {start[1]:.4g}L{end[0]:.4g} {end[1]:.4g}"
    parts.append(_named(f"{ylabel} = {xlabel}", start, end))
    parts.append(f'<path d="{lines}" {_LINE}/>')
    for where, (low, high) in zip(panel.x, panel.intervals, strict=False):  # none, or one a point
        (x, bottom), (_, top) = at(where, low), at(where, high)
        bar = f"M{x:.4g} {bottom:.4g}V{top:.4g}"
        parts.append(f'<path d="{bar}" stroke-opacity="0.5" {painted("gain", "stroke")}/>')
    order = np.argsort(panel.x, kind="stable")
    rank = {int(point): number for number, point in enumerate(order)}
    for point in np.argsort(-panel.groups, kind="stable"):  # the small ones lie on top
        x, y = at(panel.x[point], panel.y[point])
        share = place[float(panel.groups[point])]
        form = forms[panel.splits[point]] if panel.splits else "circle"
        parts.append(_mark(x, y, share, f' data-at="{rank[int(point)]}"', form))
    count = f"{len(order)} points" if len(order) > 1 else "one point"
    label = in_words(f"{panel.title}: {ylabel} against {xlabel}, {count}.")
    return svg(parts, label, *SIZE, widest="21rem", letters="11.5px")
