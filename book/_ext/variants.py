"""Other numbers for another class: what a seed changes in an exercise's cells.

A line `count = 8  # or 5, 6, 9` takes one of the values after `or`; a line `worked = 0.75  #
= share(count)` is computed by the reference from what was drawn before it.
"""

import ast
import re
import zlib
from dataclasses import replace

from coursework import Exercise

CHOICE = re.compile(r"^(?P<name>\w+) = .+?  # or (?P<values>.+)$", re.M)
WORKED = re.compile(r"^(?P<name>\w+) = (?P<value>.+?)  # = (?P<formula>.+)$", re.M)
NOTE = re.compile(r"(?<=\S)  # or .+$", re.M)


def drawn(exercise: Exercise, seed: int | None) -> Exercise:
    """Return an exercise whose choices are drawn by a seed; None leaves the book's own.

    The worked numbers are still those of the book: see `worked`.
    """
    if seed is None:
        return exercise
    # in a turn of its own, so that two seeds in a row differ in every exercise
    start = zlib.crc32(exercise.label.encode())

    def choose(found: re.Match[str]) -> str:
        values = [ast.unparse(value) for value in _values(found["values"])]
        return f"{found['name']} = {values[(start + seed) % len(values)]}"

    cells = {tag: CHOICE.sub(choose, source) for tag, source in exercise.cells.items()}
    return replace(exercise, cells=cells)


def _values(listed: str) -> list[ast.expr]:
    """Return the expressions of a list without brackets."""
    made = ast.parse(f"[{listed}]", mode="eval").body
    assert isinstance(made, ast.List)
    return made.elts


def worked(exercise: Exercise, values: dict[str, str]) -> Exercise:
    """Return an exercise with worked numbers that were computed.

    Args:
        exercise: its choices drawn.
        values: what each worked name is, as Python.
    """

    def state(found: re.Match[str]) -> str:
        value = values.get(found["name"], found["value"])
        return f"{found['name']} = {value}  # = {found['formula']}"

    cells = {tag: WORKED.sub(state, source) for tag, source in exercise.cells.items()}
    return replace(exercise, cells=cells)


def stated(exercise: Exercise) -> dict[str, str]:
    """Return the worked numbers that an exercise's check states, as Python."""
    return {m["name"]: m["value"] for m in WORKED.finditer(exercise.cells.get("check", ""))}


def without_notes(exercise: Exercise) -> Exercise:
    """Return an exercise as students see it: numbers, not how they are drawn or computed."""

    def plain(source: str) -> str:
        return WORKED.sub(r"\g<name> = \g<value>", NOTE.sub("", source))

    return replace(exercise, cells={tag: plain(text) for tag, text in exercise.cells.items()})
