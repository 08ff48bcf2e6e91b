"""What of each chapter's exercises a program grades: ``{gradable}`` on the page for teachers."""

from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import contents
import coursework

HEAD = ["Chapter", "Graded", "Exercises", "Points"]


@dataclass(frozen=True)
class Row:
    """A chapter's exercises, how many a program grades, which, and the points of both."""

    page: str
    exercises: int
    by_program: int
    which: str
    machine: int
    points: int

    @property
    def cells(self) -> list[str]:
        """The cells of the table."""
        graded = f"{self.by_program} of {self.exercises}"
        return [self.page, graded, self.which, f"{self.machine} of {self.points}"]


def row(name: str, text: str) -> Row:
    """Return a chapter's row."""
    found = list(coursework.exercises(text).values())
    by_program = [each for each in found if each.gradable]
    named = (f"{each.title}\N{NO-BREAK SPACE}{'★' * each.stars}" for each in by_program)
    which = "; ".join(named) or "none"
    machine = sum(sum(each.points[:2]) for each in by_program)
    points = sum(sum(each.points) for each in found)
    return Row(f"{{doc}}`/{name}`", len(found), len(by_program), which, machine, points)


def table(root: Path) -> list[Row]:
    """Return the rows of all chapters that have exercises, in the order of the book, and sums."""
    pages = [page for part in contents.contents(root).values() for page in part]
    named = [(page.relative_to(root).with_suffix("").as_posix(), page) for page in pages]
    made = [row(name, page.read_text("utf8")) for name, page in named]
    rows = [each for each in made if each.exercises]
    exercises, by_program = sum(r.exercises for r in rows), sum(r.by_program for r in rows)
    machine, points = sum(r.machine for r in rows), sum(r.points for r in rows)
    return [*rows, Row("All", exercises, by_program, "", machine, points)]


class Gradable(SphinxDirective):
    """Draw the table."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        root = Path(self.env.srcdir)
        for page in (page for part in contents.contents(root).values() for page in part):
            self.env.note_dependency(str(page))
        lines = ["```{list-table}", ":header-rows: 1", ""]
        for cells in [HEAD, *(each.cells for each in table(root))]:
            lines += [f"{'* -' if k == 0 else '  -'} {cell}" for k, cell in enumerate(cells)]
        return self.parse_text_to_nodes("\n".join([*lines, "```"]))


def setup(app: Sphinx) -> dict:
    """Register the directive."""
    app.add_directive("gradable", Gradable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
