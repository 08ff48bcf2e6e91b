"""Draw what rests on what among the results of the book, as a column of links with arcs.

``{results-graph}`` in a page becomes the drawing, made from the map and from the references in
statements and proofs whenever a page of the book changes.
"""

import html
import os
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import labels
import results

ROW, WIDTH, EDGE = 20, 400, 112  # height of a row, width of all, right end of the arcs
HEAD = (
    '<defs><marker id="w2s-arrow" viewBox="0 0 8 8" refX="11" refY="4" '
    'markerUnits="userSpaceOnUse" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8"/></marker></defs>'
)


def arc(first: int, second: int) -> str:
    """Return the path of an arc between two rows, the wider the farther they are apart."""
    y, to = (ROW * (row + 0.5) for row in (first, second))
    reach = EDGE - 8 - min(100, 10 + 4 * abs(first - second))
    return f'<path d="M{EDGE} {y}C{reach} {y} {reach} {to} {EDGE} {to}"/>'


def row(at: int, result: results.Result, address: str, below: list[int], names: list[str]) -> str:
    """Return one result: its link, and the arcs to what it rests on."""
    y = ROW * (at + 0.5)
    rests = "; ".join(names[to] for to in below)
    title = f"{result.name} rests on: {rests}." if rests else f"{result.name} rests on none."
    arcs = "".join(arc(at, to) for to in below)
    return (
        f'<g><title>{html.escape(title)}</title>{arcs}<a href="{html.escape(address)}">'
        f'<text x="{EDGE + 10}" y="{y + 4}">{html.escape(result.name)}</text></a>'
        f'<circle cx="{EDGE}" cy="{y}" r="3"/></g>'
    )


def draw(book: Path, page: str) -> str:
    """Return the drawing, its links as seen from a page."""
    rows = results.results((book / results.MAP).read_text("utf8"))
    arrows = results.arrows(rows, results.statements(book))
    where, names = labels.index(book), [each.name for each in rows]
    lines = []
    for at, each in enumerate(rows):
        address = os.path.relpath(where[each.labels[0]].address, os.path.dirname(page))
        below = [second for first, second in arrows if first == at]
        lines.append(row(at, each, address, below, names))
    alt = (
        f"{len(rows)} results of the book one below another, and {len(arrows)} arrows on their "
        "left: each leads from a result to one that its statement or its proof cites."
    )
    size = f'viewBox="0 0 {WIDTH} {ROW * len(rows)}" width="{WIDTH}"'
    label = f'role="group" aria-label="{alt}"'
    return f'<svg class="w2s-results" {size} {label}>{HEAD}{"".join(lines)}</svg>'


class ResultsGraph(SphinxDirective):
    """The directive."""

    def run(self) -> list[nodes.Node]:
        """Draw, and ask for a new drawing whenever a page changes."""
        book = Path(self.env.srcdir, "book")
        for path in book.rglob("*.md"):
            self.env.note_dependency(str(path))
        return [nodes.raw("", draw(book, self.env.docname), format="html")]


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_directive("results-graph", ResultsGraph)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
