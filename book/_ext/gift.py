"""GIFT, Moodle's format of questions in plain text: one paragraph a question, feedback after #."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quiz_files import Item

SPECIAL = "\\~=#{}:"  # the backslash too: Moodle reads \n, as in \nu, as the end of a line


def escaped(text: str) -> str:
    r"""Return a text as GIFT has it.

    >>> print(escaped("a = {\\nu}: b"))
    a \= \{\\nu\}\: b
    """
    marked = "".join(f"\\{each}" if each in SPECIAL else each for each in text)
    return marked.replace("\n", "\\n")


def question(item: Item) -> str:
    """Return one question: its name, what it asks, its answers each with a reason, a place."""
    lines = [f"::{escaped(item.name)}::[html]{escaped(item.asks)} {{"]
    for choice in item.choices:
        mark = "=" if choice.right else "~"
        lines.append(f"\t{mark}[html]{escaped(choice.says)}#[html]{escaped(choice.why)}")
    return "\n".join([*lines, f"\t####[html]{escaped(item.more)}", "}"])


def document(title: str, items: Iterable[Item]) -> str:
    """Return a chapter's file; its questions go into a category of its own."""
    category = f"$CATEGORY: Weak to Strong/{title.replace('/', '//')}"
    return "\n\n".join([category, *map(question, items)]) + "\n"
