"""The still picture behind `points`: panels as SVG, legible on any page and without a style."""

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.ticker import MaxNLocator

from w2s_jax.plots._style import PAGE_INK, in_words, paint
from w2s_jax.widgets._controls import read

SIZE = 220, 212
"""Width and height of a panel, in its own units."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 212, 28, 172
_LINE = f'fill="none" stroke="{PAGE_INK}"'
_COLOUR = paint("gain")
_GRID = "display: grid; gap: 0.75rem 1rem; justify-items: center; "
_GRID += "grid-template-columns: repeat(auto-fit, minmax(min(12.25rem, 100%), 1fr))"


def picture(panels: Sequence[Any], *, xlabel: str, ylabel: str, alt: str, group: str) -> str:
    """Draw panels of points with the lines $y = x$ and $y = 0$, and a legend of the groups.

    Args:
        panels: each with `title`, `x`, `y`, `groups` and `unit`, as `points.Panel`.
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
    drawn = "".join(_panel(panel, place, xlabel, ylabel) for panel in panels)
    legend = "".join(
        '<span style="white-space: nowrap"><svg aria-hidden="true" width="14" height="14" '
        f'viewBox="-7 -7 14 14" style="display: inline; vertical-align: -2px">{_mark(0, 0, share)}'
        f"</svg> {read(value)}</span> "
        for value, share in place.items()
    )
    if group and len(place) > 1:
        shape = "display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; margin: 0 0 0.75rem"
        legend = f"<b>{html.escape(group)}</b> {legend}"
        legend = f'<p class="w2s-pt-legend" style="{shape}">{legend}</p>'
    else:
        legend = ""
    box = f'<div class="w2s-pt-panels" role="group" aria-label="{in_words(alt)}" style="{_GRID}">'
    return f'<div class="w2s-pt-picture">{legend}{box}{drawn}</div></div>'


def _mark(x: float | int, y: float | int, share: float, more: str = "") -> str:
    """Draw the mark of a group that is `share` of the way from the first to the last."""
    shape = f'cx="{x:.4g}" cy="{y:.4g}" r="{3.2 + 2.3 * share:.3g}"'
    fill = f'fill-opacity="{0.1 + 0.75 * share:.2g}"'
    return f'<circle{more} {shape} {fill} style="fill: {_COLOUR}; stroke: {_COLOUR}"/>'


def _ends(values: Float[np.ndarray, " n"], least: float) -> tuple[float, float]:
    """Choose the ends of an axis that has 0, reaches `least` and leaves room for the marks."""
    low, high = min(values.min(), 0.0), max(values.max(), least)
    room = 0.06 * (high - low) or 1.0
    return low - room * (low < 0), high + room


def _text(x: float | int, y: float | int, words: str, more: str = "") -> str:
    return f'<text x="{x:.4g}" y="{y:.4g}" {more}>{html.escape(words)}</text>'


def _panel(panel: Any, place: dict[float, float], xlabel: str, ylabel: str) -> str:
    x0, x1 = _ends(panel.x, 0.0)
    y0, y1 = _ends(panel.y, 0.2 * x1)  # so that the line y = x is seen where all gains are negative
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
    turn = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    along = f"translate({end[0]:.4g} {end[1]:.4g}) rotate({turn:.4g}) translate(-2 -6)"
    parts.append(_text(0, 0, f"{ylabel} = {xlabel}", f'text-anchor="end" transform="{along}"'))
    parts.append(f'<path d="{lines}" {_LINE}/>')
    order = np.argsort(panel.x, kind="stable")
    rank = {int(point): number for number, point in enumerate(order)}
    for point in np.argsort(-panel.groups, kind="stable"):  # the small ones lie on top
        x, y = at(panel.x[point], panel.y[point])
        share = place[float(panel.groups[point])]
        parts.append(_mark(x, y, share, f' data-at="{rank[int(point)]}"'))
    count = f"{len(order)} points" if len(order) > 1 else "one point"
    label = in_words(f"{panel.title}: {ylabel} against {xlabel}, {count}.")
    style = "display: block; width: 100%; max-width: 21rem; height: auto; font-size: 11.5px"
    box = f'viewBox="0 0 {SIZE[0]} {SIZE[1]}" fill="{PAGE_INK}" style="{style}"'
    return f'<svg role="img" aria-label="{label}" {box}>{"".join(parts)}</svg>'
