"""The exercises of a chapter, with what a notebook and a graded assignment need of each.

Inside an exercise stand cells that no page shows and no build runs, told by their tags: `answer`
names what is to be written, `reference` writes it, `check` is public, `hidden` tries other cases.
"""

import ast
import re
from dataclasses import dataclass
from functools import cached_property

from sphinx.application import Sphinx

STAR = re.compile("★+")
BLOCK = (
    r"^(?P<fence>`{{3,}})\{{{0}-start\}} *(?P<title>[^\n]*)\n"
    r"(?P<options>(?::[^\n]*\n)*)(?P<opening>.*?)^(?P=fence) *\n"
    r"(?P<body>.*?)^(?P=fence)\{{{0}-end\}}\n(?P=fence) *$"
)
EXERCISE = re.compile(BLOCK.format("exercise"), re.S | re.M)
SOLUTION = re.compile(BLOCK.format("solution"), re.S | re.M)
CELL = re.compile(
    r"^(?P<fence>`{3,})\{code-cell\}[^\n]*\n:tags: \[(?P<tag>answer|reference|check|hidden)\]\n"
    r"(?P<source>.*?)^(?P=fence) *$",
    re.S | re.M,
)
ABOVE = re.compile(r"^# = (?P<formula>.+)\n(?P<line>\w+ = .+)$", re.M)
POINTS = re.compile(r"^:points: *(\d+) +(\d+) +(\d+) *\n", re.M)
ROOM = "```{{code-cell}} ipython3\n:tags: [room]\n{0}\n```"


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        label: its name in the book.
        title: without stars.
        stars: how hard it is.
        points: for the public check, for hidden cases and for words; none where there is no cell.
        cells: the sources of its cells by tag; empty for one that a person grades.
        solution: MyST, as the page has it.
        anchor: the label of the solution.
    """

    label: str
    title: str
    stars: int
    points: tuple[int, int, int]
    cells: dict[str, str]
    solution: str
    anchor: str

    @property
    def gradable(self) -> bool:
        """Say whether a program grades some of it."""
        return bool(self.cells)

    @cached_property
    def names(self) -> list[str]:
        """The functions that an answer defines."""
        tree = ast.parse(self.cells.get("answer", ""))
        return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def option(options: str, name: str) -> str:
    r"""Return a directive's option, or "" where it has none.

    >>> option(":label: one\n:class: dropdown\n", "label")
    'one'
    """
    found = re.search(rf"^:{name}: *(.*?) *$", options, re.M)
    return found[1] if found else ""


def _joined(source: str) -> str:
    r"""Return a cell with the formula of a worked number behind it, where variants look for it.

    >>> _joined("# = share(n)\nworked = 0.75\n")
    'worked = 0.75  # = share(n)'
    """
    return ABOVE.sub(r"\g<line>  # = \g<formula>", source.strip())


def _points(options: str, stars: int, gradable: bool) -> tuple[int, int, int]:
    """Return the points: a star is three of them unless the exercise says otherwise."""
    if found := POINTS.search(options):
        check, hidden, words = map(int, found.groups())
        return check, hidden, words
    return (stars, stars, stars) if gradable else (0, 0, 3 * stars)


def exercises(text: str) -> dict[str, Exercise]:
    """Return the exercises of a chapter in their order.

    Raises:
        ValueError: an exercise has cells of some kinds only, or functions without a reference.
    """
    solutions = {found["title"].strip(): found for found in SOLUTION.finditer(text)}
    made = {}
    for found in EXERCISE.finditer(text):
        label = option(found["options"], "label")
        stars = STAR.search(found[0])
        cells = {cell["tag"]: _joined(cell["source"]) for cell in CELL.finditer(found["body"])}
        if cells and len(cells) < 4:
            raise ValueError(f"{label} has {', '.join(cells)} and must have all four or none")
        solved = solutions.get(label)
        level = len(stars[0]) if stars else 1
        made[label] = Exercise(
            label=label,
            title=STAR.sub("", found["title"]).strip(),
            stars=level,
            points=_points(found["options"], level, bool(cells)),
            cells=cells,
            solution=solved["body"].strip() if solved else "",
            anchor=(option(solved["options"], "label") or label) if solved else label,
        )
    return made


def without_solutions(text: str) -> str:
    """Return a chapter with a cell `room` for each solution, holding the exercise's label."""
    return SOLUTION.sub(lambda m: ROOM.format(m["title"].strip()), as_read(text))


def as_read(text: str) -> str:
    """Return a chapter as its page is made from it, line for line, without coursework's cells."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    def cut(found: re.Match[str]) -> str:
        body = CELL.sub(blank, found["body"])
        return POINTS.sub("", found[0].replace(found["body"], body))

    return EXERCISE.sub(cut, text)


def read(app: Sphinx, docname: str, source: list[str]) -> None:
    """Leave a page what is for readers."""
    source[0] = as_read(source[0])


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("source-read", read, priority=150)  # after the key of the page as it was written
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
