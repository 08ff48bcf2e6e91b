"""Run chapters with what they claim, in a kernel, and say how many claims hold.

Usage: ``python book/_ext/claims.py [NAME ...]``; all chapters by default. Claims are cells tagged
`remove-cell`: the build runs them, and neither the page nor the notebook shows them.
"""

import argparse
import ast
import sys

import jupytext
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

import compiled
import coursework
import data_needed
import front_matter
import kernels
from cell_tags import is_claim
from pair import ROOT, chapters


def claims(cells: list[NotebookNode]) -> int:
    r"""Count the assertions among cells.

    >>> claims([NotebookNode(cell_type="code", source="x = 1\nassert x\nassert x > 0")])
    2
    """
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    nodes = [node for source in code for node in ast.walk(ast.parse(source))]
    return sum(isinstance(node, ast.Assert) for node in nodes)


def runnable(text: str) -> str:
    """Return a chapter's cells without coursework's, and tag what lacks its data set."""
    text = coursework.as_read(text)
    matter, _ = front_matter.split(text)
    missing = [name for name in matter.get("data", []) if data_needed.unreachable(name)]
    return data_needed.skip_cells(text) if missing else text


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Check what chapters claim.")
    parser.add_argument("names", nargs="*", help="such as finite-samples; all by default")
    names = parser.parse_args(arguments).names
    known = {path.stem: path for path in chapters()}
    if strange := sorted(set(names) - set(known)):
        parser.error(f"no chapter {', '.join(strange)}; there are {', '.join(known)}")
    failed = []
    for name in names or known:
        book = jupytext.reads(runnable(known[name].read_text("utf8")), fmt="md:myst")
        cache = compiled.compilation_cache(ROOT)
        try:
            spent = kernels.execute(book, known[name].parent, ROOT, 600, cache)
        except CellExecutionError as error:
            print(f"{name}: a claim or a cell fails\n{error}", flush=True)
            failed.append(name)
            continue
        ran = [c for c in book.cells if is_claim(c) and c.get("execution_count")]
        print(f"{name}: {claims(ran)} claims hold ({spent['cpu_seconds']:.0f} s)", flush=True)
    return len(failed) > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
