"""The pictures of an audit's page: intervals of the gain, beside the misfit and zero."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from w2s_jax.audit.page._short import short
from w2s_jax.plots import INK, dots, show
from w2s_jax.report._tables import figure, span

MOST = 24  # rows; tables hold the others
_ROWS = {  # estimate: its row, and the object of the book that it is
    "gain_powered": ("gain, powered", "gain"),
    "gain_naive": ("gain, naive", "gain"),
    "gain": ("gain", "gain"),
    "predicted_gain": ("gain, predicted", "gain"),
    "misfit": ("misfit", "misfit"),
}


class Drawing(NamedTuple):
    """An SVG and the words below it.

    Example:
        >>> Drawing("<svg></svg>", "Nothing.").caption
        'Nothing.'
    """

    svg: str
    caption: str


def gain_picture(estimates: Mapping[str, Any], percent: str, units: str) -> Drawing | None:
    """Draw the gain's intervals, naive and powered, above the misfit; None where neither is known.

    Args:
        estimates: of the audit, by name.
        percent: how sure the intervals are.
        units: of both.

    Example:
        >>> misfit = {"value": 0.4, "low": 0.3, "high": 0.5}
        >>> gain_picture({"misfit": misfit}, "95 %", "nats").caption[:6]
        'Misfit'
    """
    known = {name: estimates[name] for name in _ROWS if _known(estimates.get(name))}
    if "gain_naive" in known or "gain_powered" in known:
        known.pop("gain", None)  # one of the two
    if not known:
        return None
    rows = [_ROWS[name][0] for name in known]
    axes = _drawn(rows, _series(known.values()), [_ROWS[name][1] for name in known])
    axes.set_xlabel(f"in {units}")
    said = [f"{_ROWS[name][0]} {_told(one)}" for name, one in known.items()]
    alt = f"Dots with intervals beside a line at zero: {'; '.join(said)}."
    subject = "Gain and misfit" if len({*rows} - {"misfit"}) else "Misfit"
    caption = f"{subject}; lines are {percent} intervals, and the dotted one stands at zero."
    if len(rows) > 1 and "misfit" in rows:
        caption += (
            " Where the student is a projection and its class holds the truth, gain = misfit."
        )
    with _any_script():
        return Drawing(show(axes, alt=alt).svg, caption)


def rows_picture(rows: Sequence[tuple[str, Any]], of: str, percent: str) -> Drawing | None:
    """Draw the gain of each group, or each student; None where fewer than two are known.

    Args:
        rows: names, and their estimate of the gain.
        of: what they are, "groups" or "students".
        percent: how sure the intervals are.

    Example:
        >>> gain = {"value": 0.4, "low": 0.3, "high": 0.5}
        >>> rows_picture([("a", gain), ("b", gain)], "groups", "95 %").caption
        'The gain of 2 groups; lines are 95 % intervals, and the dotted one stands at zero.'
    """
    known = [(name, gain) for name, gain in rows if _known(gain)][:MOST]
    if len(known) < 2:
        return None
    names = [_plain(name) for name, _ in known]
    axes = _drawn(names, _series([gain for _, gain in known]), ["gain"] * len(known))
    axes.set_xlabel("gain")
    said = "; ".join(f"{name}, {_told(gain)}" for name, gain in known)
    shown = f"{len(known)} {of}" if len(known) == len(rows) else f"the first {len(known)} {of}"
    caption = f"The gain of {shown}; lines are {percent} intervals, and the dotted one stands at"
    with _any_script():
        return Drawing(show(axes, alt=f"The gain of {shown}: {said}.").svg, f"{caption} zero.")


def _drawn(rows: Sequence[str], values: np.ndarray, colours: Sequence[str]) -> Axes:
    """Draw rows, each in its own object's color, and have zero in sight."""
    axes = None
    with _any_script():
        for own in dict.fromkeys(colours):
            mine = np.where([each == own for each in colours], values, np.nan)
            axes = dots(rows, {own: mine}, of={own: own}, axes=axes)
    assert axes is not None
    for line in [line for line in axes.lines if line.get_linestyle() == ":"]:
        line.remove()  # dots draws one where it sees zero
    axes.axvline(0, color=INK, lw=1, ls=":")
    low, high = min(values.min(), 0.0), max(values.max(), 0.0)
    room = 0.06 * (high - low) or 1.0
    axes.set_xlim(low - room, high + room)
    return axes


def _series(found: Any) -> np.ndarray:
    """Return (low, middle, high); what has no interval is its own end."""
    ends = ("low", "value", "high")
    return np.array(
        [[one["value"] if one.get(end) is None else one[end] for one in found] for end in ends]
    )


def _known(one: Any) -> bool:
    return bool(one) and one.get("value") is not None


def _told(one: Mapping[str, Any]) -> str:
    sure = one.get("low") is not None and one.get("high") is not None
    return figure(one["value"]) + (f" from {span((one['low'], one['high']))}" if sure else "")


def _plain(name: str) -> str:
    """Make a name that matplotlib draws as it stands: short, in one line, no mathematics."""
    return short(" ".join(str(name).split()), 24).replace("$", r"\$")


@contextmanager
def _any_script() -> Iterator[None]:
    """Draw names in scripts that the font lacks as boxes, without a word: tables spell them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield
