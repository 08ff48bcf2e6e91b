"""Statements and tables of a page, as a slide shows them."""

import copy
import re

from bs4 import Tag

ROWS = 13  # of a longer table the first ones are shown
SOURCES = re.compile(r"\s*(\((?:[^()]|\([^()]*\))*(?:\d{4}|this book)[^()]*\))$")


def titled(box: Tag) -> tuple[str, str]:
    """Part a statement's title into its number and its name, both HTML."""
    title = copy.copy(box.select_one(".admonition-title"))
    if title is None:
        raise ValueError(f"a statement must have a title, got {str(box)[:80]}")
    number = title.select_one(".caption-number")
    said = number.extract().get_text().strip() if number else ""
    name = title.decode_contents().strip().removeprefix("(").removesuffix(")")
    return said, SOURCES.sub(r" <small>\1</small>", name) or said


def is_statement(box: Tag) -> bool:
    """Say whether a box holds a definition, theorem or the like, and not a proof."""
    kinds = set(box.get("class") or [])
    return "proof" in kinds and bool(kinds - {"proof", "admonition"})


def table(found: Tag) -> str:
    """Return a table of results, or its first rows, without a style of its own."""
    one = copy.copy(found)
    for each in [one, *one.find_all(True)]:
        kept = ("colspan", "rowspan", "scope", "href", "class", "aria-hidden")
        if not each.find_parent(class_="math") and "math" not in (each.get("class") or []):
            each.attrs = {name: value for name, value in each.attrs.items() if name in kept}
    rows = one.select("tbody tr")
    note = ""
    if len(rows) > ROWS:
        for row in rows[ROWS - 1 :]:
            row.decompose()
        note = f"<p class='w2s-note'>and {len(rows) - ROWS + 1} more rows, on the page</p>"
    return f'<div class="w2s-table">{one}{note}</div>'
