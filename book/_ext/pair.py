"""Write the chapters that have code as notebooks without outputs, or check them for drift.

Usage: ``python book/_ext/pair.py`` writes notebooks/; ``--check`` fails where it would change.
"""

import hashlib
import json
import sys
from pathlib import Path

import jupytext
from nbformat import NotebookNode

import front_matter
import labels
import plain
from addresses import ROOT, SITE
from first_cells import first_cells, marked

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def has_code(path: Path) -> bool:
    """Say whether a page is a chapter with code; `notebook: false` is for the reader of a page."""
    matter, text = front_matter.split(path.read_text("utf8"))
    return "{code-cell}" in text and matter.get("notebook", True)


def chapters(book: Path = ROOT / "book") -> list[Path]:
    """List the chapters with code."""
    return [path for path in sorted(book.rglob("*.md")) if has_code(path)]


def is_claim(source: NotebookNode) -> bool:
    """Say whether a cell is there for the build alone, which checks by it what the text says."""
    return "remove-cell" in source.metadata.get("tags", [])


def digest(text: str) -> str:
    """Return a short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def cell(kind: str, source: str, tags: list[str], seen: set[str]) -> dict:
    """Return one cell, its id derived from what it says."""
    count = 0
    while (ident := digest(f"{kind}\n{source}\n{count}")) in seen:
        count += 1
    seen.add(ident)
    metadata: dict = {"tags": tags} if tags else {}
    if {"hide-input", "remove-input"} & set(tags):
        metadata["jupyter"] = {"source_hidden": True}
    made = {"cell_type": kind, "id": ident, "metadata": metadata}
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return made | {"source": source.splitlines(keepends=True)}


def notebook(path: Path, book: Path, targets: dict, works: dict) -> str:
    """Return one chapter as the text of its notebook."""
    text = path.read_text("utf8")
    number = labels.chapter_numbers(book.parent).get(path)
    chapter = plain.Chapter(path, book, targets, works, labels.equations(text, number))
    site = f"{SITE}{labels.page(path, book)}"
    seen: set[str] = set()
    sources = [x for x in jupytext.reads(text, fmt="md:myst").cells if not is_claim(x)]
    code = [source.source for source in sources if source.cell_type == "code"]
    matter, _ = front_matter.split(text)
    data, record = matter.get("data", []), matter.get("results", "supervisors")
    cells = [cell("code", each, ["hide-input"], seen) for each in first_cells(code, data, record)]
    titled = False
    for source in sources:
        kind, body = source.cell_type, source.source
        tags = list(source.metadata.get("tags", []))
        if kind == "markdown":
            body = plain.convert(body, chapter)
            if not titled and (title := labels.TITLE.search(body)):
                note = f"{title[0]}\n\n*The notebook of [this chapter]({site}) of Weak to Strong.*"
                body = body.replace(title[0], note, 1)
                titled = True
        if "needs-data" in tags:
            body = marked(body, data)
        if body.strip():
            cells.append(cell(kind, body, tags, seen))
    made = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def notebooks(root: Path = ROOT) -> dict[Path, str]:
    """Return every notebook's path and text."""
    book = root / "book"
    targets, works = labels.index(book), labels.citations(book / "references.bib")
    return {
        root / "notebooks" / path.relative_to(book).with_suffix(".ipynb"): notebook(
            path, book, targets, works
        )
        for path in chapters(book)
    }


def drift(root: Path = ROOT, made: dict[Path, str] | None = None) -> list[str]:
    """List the notebooks that are missing, out of step or without a chapter."""
    made = notebooks(root) if made is None else made
    stale = [p for p, text in made.items() if not p.is_file() or p.read_text("utf8") != text]
    stray = [p for p in (root / "notebooks").rglob("*.ipynb") if p not in made]
    return sorted(p.relative_to(root).as_posix() for p in [*stale, *stray])


def write(root: Path = ROOT) -> list[str]:
    """Bring notebooks/ into step; return what changed."""
    made = notebooks(root)
    changed = drift(root, made)
    for name in changed:
        path = root / name
        if path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], "utf8")
        else:
            path.unlink()
    return changed


def main(arguments: list[str]) -> int:
    """Run the command."""
    if arguments == ["--check"]:
        stale = drift()
        for name in stale:
            print(f"{name} is out of step with its chapter: run make notebooks")
        return int(bool(stale))
    for name in write():
        print(f"wrote {name}" if (ROOT / name).is_file() else f"removed {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
