"""Recorded rows as tables of a page."""

import itertools
from collections.abc import Sequence
from typing import Any

from docutils import nodes

DASH = "–"


def shown(value: Any) -> str:
    """Return one recorded value as a reader wants it.

    >>> shown(0.000123456), shown(12345.6), shown(True), shown(None), shown([2, 3])
    ('1.23e-04', '12,346', 'yes', '–', '2, 3')
    """
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if value and not 1e-3 <= abs(value) < 1e6:
            return f"{value:.2e}"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    if isinstance(value, dict):
        return "; ".join(f"{key} {shown(each)}" for key, each in value.items())
    return ", ".join(map(shown, value)) if isinstance(value, list | tuple) else str(value)


def split(
    rows: Sequence[dict[str, Any]], by: Sequence[str] = ()
) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return title, header and cells of a table for each run of rows that agree in some columns.

    >>> split([{"set": "Ball", "d": 2, "ms": 1.5}, {"set": "Ball", "d": 2, "cpu_ms": 2}], ["set"])
    [('Ball', ['d', 'ms', 'cpu ms'], [['2', '1.5', '–'], ['2', '–', '2']])]
    """
    found = []
    for _, run in itertools.groupby(rows, lambda row: [row.get(key) for key in by]):
        group = list(run)
        shared = [(key, group[0][key]) for key in by if key in group[0]]
        title = ", ".join(v if isinstance(v, str) else f"{k} = {shown(v)}" for k, v in shared)
        keys = [key for key in dict.fromkeys(itertools.chain(*group)) if key not in by]
        head = [key.replace("_", " ") for key in keys]
        found.append((title, head, [[shown(row.get(key)) for key in keys] for row in group]))
    return found


def is_number(text: str) -> bool:
    """Say whether a cell stands to the right of its column.

    >>> is_number("1.5e-03"), is_number("12,346"), is_number("–"), is_number("Ball")
    (True, True, True, False)
    """
    try:
        float(text.replace(",", ""))
    except ValueError:
        return text == DASH
    return True


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> nodes.table:
    """Return a table; a cell is text or a node, and columns of numbers stand to the right."""
    right = [all(is_number(str(row[k])) for row in rows) for k in range(len(head))]

    def cells(values: Sequence[Any]) -> nodes.row:
        line = nodes.row()
        for k, value in enumerate(values):
            inner = nodes.Text(value) if isinstance(value, str) else value
            classes = ["text-right" if right[k] else "text-left"]
            classes += ["w2s-whole"] if " " not in inner.astext() else []
            line += nodes.entry("", nodes.paragraph("", "", inner), classes=classes)
        return line

    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += nodes.thead("", cells(head))
    group += nodes.tbody("", *map(cells, rows))
    return nodes.table("", group, classes=["colwidths-auto"])
