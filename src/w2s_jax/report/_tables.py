"""A report as text, as HTML and as plain numbers."""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from w2s_jax.checks import Check

UNDEFINED = "undefined"
_MARKS = {True: "✓", False: "✗"}


def mark(check: Check) -> str:
    """Return ✓ or ✗, and ? for a statement that rests on something untested.

    Example:
        >>> mark(Check(True, 0.0, 1.0, "Fine."))
        '✓'
    """
    return "?" if check.holds and check.untested else _MARKS[check.holds]


def figure(value: Any) -> str:
    """Write a number with four digits and a true minus sign.

    Example:
        >>> figure(-0.123456), figure(np.inf), figure(np.nan)
        ('−0.1235', '∞', 'undefined')
    """
    if np.isnan(value):
        return UNDEFINED
    return f"{value:.4g}".replace("-", "−").replace("inf", "∞")


def counted(number: int, noun: str) -> str:
    """Write how many there are.

    Example:
        >>> counted(1, "label"), counted(1500, "input")
        ('1 label', '1,500 inputs')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def chance(p: float) -> str:
    """Write a p-value, of which no more digits are told than a thousandth.

    Example:
        >>> chance(0.0123), chance(3e-13)
        ('0.0123', '< 0.001')
    """
    return "< 0.001" if p < 0.001 else figure(p)


def span(ends: Any) -> str:
    """Write an interval, or that there is none.

    Example:
        >>> span((0.1, 0.2)), span((-np.inf, np.inf)), span(())
        ('0.1 … 0.2', 'undefined', '')
    """
    if len(ends) and not np.isfinite(ends).all():
        return UNDEFINED
    return " … ".join(map(figure, ends))


def as_text(title: str, rows: Sequence[Sequence[str]], checks: Mapping[str, Check]) -> str:
    """Return a title, a table in columns of equal width, and the checks.

    Example:
        >>> print(as_text("2 inputs", [("measure", "value"), ("misfit", "0.5")], {}))
        2 inputs
        measure  value
        misfit     0.5
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [title]
    for first, *cells in rows:
        line = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        lines.append(f"{first.ljust(widths[0])}  {line}".rstrip())
    return "\n".join([*lines, *check_lines(checks)])


def check_lines(checks: Mapping[str, Check]) -> list[str]:
    """Write each check in a line.

    Example:
        >>> check_lines({"digits": Check(True, 0.0, 1.0, "Fine.")})
        ['✓ digits: Fine.']
    """
    return [f"{mark(check)} {name}: {check.sentence}" for name, check in checks.items()]


def as_html(title: str, rows: Sequence[Sequence[str]], checks: Mapping[str, Check]) -> str:
    """Return the same as HTML.

    Example:
        >>> as_html("2 inputs", [("measure", "value"), ("misfit", "0.5")], {})[:38]
        "<div class='w2s-report'><p>2 inputs</p"
    """
    head, *body = rows
    table = _row("col", *head) + "".join(_row("row", *row) for row in body)
    marks = "".join(
        f"<li><b>{mark(check)} {name}</b>: {html.escape(check.sentence)}</li>"
        for name, check in checks.items()
    )
    return (
        f"<div class='w2s-report'><p>{html.escape(title)}</p>"
        f"<table>{table}</table><ul>{marks}</ul></div>"
    )


def _row(scope: str, word: str, *cells: str) -> str:
    # Styled in place: Colab and JupyterLab have no style sheet of ours.
    tag = "th scope='col'" if scope == "col" else "td"
    style = "style='text-align: right; padding: 0.15em 0.7em'"
    row = "".join(f"<{tag} {style}>{cell}</{tag[:2]}>" for cell in cells)
    left = "style='text-align: left; padding: 0.15em 0'"
    return f"<tr><th scope='{scope}' {left}>{word}</th>{row}</tr>"


def plain(value: Any) -> Any:
    """Turn arrays into numbers and lists; what is not finite, which JSON lacks, into None.

    Example:
        >>> plain(np.array([1.0, np.inf])), plain(np.float64(2.0)), plain(None)
        ([1.0, None], 2.0, None)
    """
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if hasattr(value, "tolist"):
        return plain(np.asarray(value).tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
