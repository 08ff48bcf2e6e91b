"""How long a chapter takes, by one rule, and the line that says so.

`make notebooks` writes the line **Time** of every chapter, and the check of the notebooks reads it.

Reading: 150 words a minute, half a minute for each displayed formula, 15 lines of shown code a
minute, two minutes for each figure to take hold of, rounded up to five. Exercises: 10, 20 or 30
minutes, by their stars.
"""

import math
import re

import jupytext

from cell_tags import is_claim, is_folded

EXERCISES = re.compile(r"^`{3,}\{(exercise|solution)-start\}.*?\{\1-end\}\n`{3,}", re.S | re.M)
STARS = re.compile(r"\{exercise-start\}[^★]*?(★+)")
FORMULA = re.compile(r"^\$\$.*?\$\$", re.S | re.M)
HELD = re.compile(
    r"^(?:\w+ = )?(?:explore|points|ProjectionPlayground|Leftovers|Ring|ThreeClasses)\(", re.M
)
SAID = re.compile(r"(\{[\w:-]+\}`[^`<]*?)\s*<[^`>]*>`")  # of a role what it shows
LINE = re.compile(r"\*\*Time\*\*: [^*\n]*?\.(?=\s)")
PACE = {"words": 150, "code": 15, "formula": 0.5, "figure": 2, "star": 10}


def rounded(minutes: float) -> int:
    """Round up to five minutes.

    >>> rounded(31.2), rounded(0)
    (35, 0)
    """
    return 5 * math.ceil(minutes / 5)


def shown(text: str) -> list:
    """Return the cells of a chapter that a reader meets outside the exercises."""
    cells = jupytext.reads(EXERCISES.sub("", text), fmt="md:myst").cells
    return [c for c in cells if c.cell_type == "markdown" or not is_claim(c)]


def prose(cells: list) -> str:
    """Return what is written in cells, without code."""
    return "\n".join(c.source for c in cells if c.cell_type == "markdown")


def words(text: str) -> int:
    r"""Count a chapter's words without code, displayed formulas and exercises.

    >>> words("Two {term}`words <word>`.\n\n$$\na + b\n$$\n")
    2
    """
    return len(SAID.sub(r"\1`", FORMULA.sub("", prose(shown(text)))).split())


def counted(text: str) -> tuple[int, int]:
    r"""Return the minutes that a chapter's text takes to read, and its exercises on top.

    >>> counted("word " * 300)
    (5, 0)
    >>> counted("```{exercise-start} Two lines ★★\nShow it.\n```{exercise-end}\n```\n")
    (0, 20)
    """
    cells = shown(text)
    code = [c for c in cells if c.cell_type == "code"]
    lines = sum(len(c.source.splitlines()) for c in code if not is_folded(c))
    formulas = FORMULA.findall(prose(cells))
    reading = words(text) / PACE["words"] + PACE["formula"] * len(formulas) + lines / PACE["code"]
    reading += PACE["figure"] * sum(len(HELD.findall(c.source)) for c in code)
    return rounded(reading), PACE["star"] * sum(len(stars) for stars in STARS.findall(text))


def said(text: str) -> str:
    """Return the words for a chapter's minutes."""
    reading, exercises = counted(text)
    more = f"; with the exercises {reading + exercises}" if exercises else ""
    return f"**Time**: {reading} minutes of reading{more}."


def corrected(text: str) -> str:
    r"""Return a chapter with its line on time made true.

    >>> corrected("**Time**: 90 minutes.\n")
    '**Time**: 5 minutes of reading.\n'
    """
    return LINE.sub(said(text), text, count=1)
