"""A solution stands on the chapter, not on what an earlier solution left behind.

A reader may open any solution alone. Where an earlier solution rebinds a name of the chapter, a
later one that reads the name computes with the wrong thing and nothing fails.
"""

import ast
import builtins
import re
from pathlib import Path

import pytest

import coursework

BOOK = Path(__file__).parents[1] / "book"
FENCE = re.compile(
    r"^`{3,}\{(?P<kind>solution-start|solution-end|code-cell)\}[^\n]*\n(?P<body>.*?)^`{3,}\s*$",
    re.MULTILINE | re.DOTALL,
)


def cells(text):
    """Yield (number of the solution, or 0 in the chapter, and the cell's code)."""
    number, inside = 0, False
    for found in FENCE.finditer(text):
        kind = found["kind"]
        if kind == "code-cell":
            code = "\n".join(x for x in found["body"].splitlines() if not x.startswith(":"))
            yield (number if inside else 0), code
        elif kind == "solution-start":
            number, inside = number + 1, True
        else:
            inside = False


def reads_and_binds(code):
    """Names that a cell reads before it binds them, roughly, and those it binds at top level."""
    tree, bound, read = ast.parse(code), set(), set()
    for statement in tree.body:
        own = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)
               and isinstance(n.ctx, ast.Load)}  # fmt: skip
        local = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)
                 and isinstance(n.ctx, ast.Store)}  # fmt: skip
        plain = isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr)
        inner = set() if plain else local  # a loop or a function binds what it reads
        arguments = {n.arg for n in ast.walk(statement) if isinstance(n, ast.arg)}
        arguments |= {n.name for n in ast.walk(statement) if isinstance(n, ast.FunctionDef)}
        for comprehension in (n for n in ast.walk(statement) if isinstance(n, ast.comprehension)):
            inner |= {n.id for n in ast.walk(comprehension.target) if isinstance(n, ast.Name)}
        read |= own - bound - inner - arguments
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            bound.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            bound |= {(a.asname or a.name).split(".")[0] for a in statement.names}
        else:
            comprehended = {
                n.id for c in ast.walk(statement) if isinstance(c, ast.comprehension)
                for n in ast.walk(c.target) if isinstance(n, ast.Name)
            }  # fmt: skip
            bound |= local - comprehended
    return read - set(dir(builtins)), bound


def strays(text):
    """Find (solution, name) where the name was last bound by another solution, not the chapter."""
    owner, found = {}, []
    for number, code in cells(text):
        read, bound = reads_and_binds(code)
        if number:
            found += [
                (number, name) for name in sorted(read) if owner.get(name, 0) not in (0, number)
            ]
        owner |= dict.fromkeys(bound, number)
    return found


CHAPTERS = [path for path in sorted(BOOK.rglob("*.md")) if "{solution-start}" in path.read_text()]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_solution_reads_nothing_that_another_left(path):
    assert strays(coursework.as_read(path.read_text(encoding="utf8"))) == []


def test_a_name_that_another_solution_rebound_is_found():
    one = "```{code-cell} ipython3\nstudent, h = 1, 2\n```\n"
    rebinds = "```{solution-start} a\n```\n```{code-cell} ipython3\nstudent = 3\n```\n"
    reads = "```{solution-start} b\n```\n```{code-cell} ipython3\nprint(student, h)\n```\n"
    end = "```{solution-end}\n```\n"
    assert strays(one + rebinds + end + reads + end) == [(2, "student")]
    assert strays(one + reads + end) == []
