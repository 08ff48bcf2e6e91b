"""The cells that an exercise becomes: in a notebook, and in a student's and a teacher's edition.

An edition is a function of an exercise and of its chapter that returns cells. The two of an
assignment carry nbgrader's metadata, so that nbgrader grades them and students need nothing.
"""

import textwrap
from collections.abc import Callable
from typing import Any

import jupytext

import addresses
import labels
import plain
from cell_tags import is_claim
from coursework import Exercise
from variants import without_notes

Cell = dict[str, Any]
Edition = Callable[[Exercise, plain.Chapter], list[Cell]]

WORDS = "*Your answer in words, or your proof.*"
CODE = "# Your code, if you need some."
MORE = "# Other cases are tried here when this is graded."
HIDE, SHOW = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
SOLVE, SOLVED = "### BEGIN SOLUTION", "### END SOLUTION"


def cell(kind: str, source: str, part: str = "", **nbgrader: Any) -> Cell:
    """Return one cell; `part` names it to nbgrader."""
    metadata: dict[str, Any] = {}
    if part:
        told = {"grade": False, "solution": False, "locked": False, "task": False}
        metadata["nbgrader"] = {"schema_version": 3, "grade_id": part, **told, **nbgrader}
    return {"cell_type": kind, "metadata": metadata, "source": source}


def check(exercise: Exercise, graded: bool) -> str:
    """Return the public check: an answer that is missing is reported, and stops nothing."""
    names = ", ".join(exercise.names)
    lines = [
        f"def check_{exercise.names[0]}():",
        textwrap.indent(exercise.cells["check"], "    "),
        "",
        "",
        "try:",
        f"    check_{exercise.names[0]}()",
        "except NotImplementedError:",
        f'    print("Not answered yet: {names}.")',
    ]
    if graded:
        lines += [f"    {HIDE}", "    raise", f"    {SHOW}"]
    return "\n".join([*lines, "else:", f'    print("The public check of {names} passes.")'])


def hidden(exercise: Exercise, seed: int) -> str:
    """Return the cell that tries other cases, drawn by a seed, against the reference."""
    found = ", ".join(f"{name}={name}" for name in exercise.names)
    return "\n".join(
        [
            MORE,
            HIDE,
            "def _reference():",
            "    from types import SimpleNamespace as Found",
            "",
            textwrap.indent(exercise.cells["reference"], "    "),
            f"    return Found({found})",
            "",
            "",
            "def _other_cases(SEED, reference):",
            textwrap.indent(exercise.cells["hidden"], "    "),
            "",
            "",
            f"_other_cases({seed}, _reference())",
            SHOW,
        ]
    )


def where(exercise: Exercise, chapter: plain.Chapter) -> str:
    """Return the line that leads to the solution on the website."""
    page = f"{addresses.SITE}{labels.page(chapter.path, chapter.book)}"
    return f"[A solution]({page}#{labels.anchor(exercise.anchor)}) is folded on the website."


def public(exercise: Exercise, chapter: plain.Chapter) -> list[Cell]:
    """Return the room to work that every notebook has, and the way to the solution."""
    if not exercise.gradable:
        room = [cell("code", CODE)]
    else:
        shown = without_notes(exercise)
        room = [cell("code", shown.cells["answer"]), cell("code", check(shown, False))]
    return [*room, cell("markdown", f"{WORDS}\n\n{where(exercise, chapter)}")]


def solution(exercise: Exercise, chapter: plain.Chapter) -> str:
    """Return a solution as one stretch of plain Markdown, code and all."""
    cells = [c for c in jupytext.reads(exercise.solution, fmt="md:myst").cells if not is_claim(c)]
    return "\n\n".join(
        plain.convert(c.source, chapter)
        if c.cell_type == "markdown"
        else f"```python\n{c.source}\n```"
        for c in cells
        if c.source.strip()
    )


def student(exercise: Exercise, chapter: plain.Chapter) -> list[Cell]:
    """Return what a student gets of an exercise that is graded."""
    made = []
    for each in teacher(exercise, chapter, 0):
        source, kind = each["source"], each["metadata"].get("nbgrader", {})
        for begin, end in ((HIDE, SHOW), (SOLVE, SOLVED)):
            source = cut(source, begin, end)
        if kind.get("solution") and each["cell_type"] == "markdown":
            source = WORDS
        made.append(each | {"source": source})
    return made


def cut(source: str, begin: str, end: str) -> str:
    r"""Return a source without what stands between two marks.

    >>> cut("a\n# (\nb\n# )\nc", "# (", "# )")
    'a\nc'
    """
    kept, inside = [], False
    for line in source.split("\n"):
        inside = inside or begin in line
        kept += [] if inside else [line]
        inside = inside and end not in line
    return "\n".join(kept)


def teacher(exercise: Exercise, chapter: plain.Chapter, seed: int) -> list[Cell]:
    """Return what a teacher gets, in the format of nbgrader's sources."""
    at, (public_points, hidden_points, words) = exercise.label, exercise.points
    made = []
    if not exercise.gradable:
        made.append(cell("code", CODE))
    else:
        shown = without_notes(exercise)
        wanted, found = shown.cells["answer"], shown.cells["reference"]
        answer = "\n".join([wanted, SOLVE, found, SOLVED])
        test = {"grade": True, "locked": True}
        made += [
            cell("code", answer, f"{at}-answer", solution=True),
            cell("code", check(shown, True), f"{at}-check", points=public_points, **test),
            cell("code", hidden(shown, seed), f"{at}-hidden", points=hidden_points, **test),
        ]
    if words:
        told = solution(exercise, chapter) or WORDS
        made.append(cell("markdown", told, f"{at}-words", grade=True, solution=True, points=words))
    return made
