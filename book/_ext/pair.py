"""Write the chapters that have code as notebooks without outputs, or check them for drift.

Usage: ``python book/_ext/pair.py`` writes notebooks/; ``--check`` fails where it would change.
"""

import hashlib
import json
import sys
from pathlib import Path

import jupytext

import coursework
import editions
import front_matter
import labels
import minutes
import plain
from addresses import ROOT, SITE
from cell_tags import is_claim
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


def room(made: list[editions.Cell], seen: set[str]) -> list[dict]:
    """Return an exercise's cells with ids."""
    found = []
    for each in made:
        numbered = cell(each["cell_type"], each["source"], [], seen)
        found.append(numbered | {"metadata": each["metadata"]})
    return found


def notebook(
    path: Path,
    book: Path,
    targets: dict,
    works: dict,
    edition: editions.Edition = editions.public,
    exercises: dict[str, coursework.Exercise] | None = None,
) -> str:
    """Return one chapter as the text of its notebook.

    Args:
        path: of the chapter.
        book: the folder of chapters.
        targets: where labels lead.
        works: what citation keys stand for.
        edition: which cells an exercise becomes.
        exercises: those of the chapter, if not as it has them.
    """
    text = minutes.corrected(path.read_text("utf8"))
    exercises = exercises or coursework.exercises(text)
    number = labels.chapter_numbers(book.parent).get(path)
    chapter = plain.Chapter(path, book, targets, works, labels.equations(text, number))
    site = f"{SITE}{labels.page(path, book)}"
    seen: set[str] = set()
    whole = jupytext.reads(coursework.as_read(text), fmt="md:myst").cells
    code = [each.source for each in whole if each.cell_type == "code" and not is_claim(each)]
    worked = jupytext.reads(coursework.without_solutions(text), fmt="md:myst").cells
    sources = [each for each in worked if not is_claim(each)]
    matter, _ = front_matter.split(text)
    data, record = matter.get("data", []), matter.get("results", "supervisors")
    cells = [cell("code", each, ["hide-input"], seen) for each in first_cells(code, data, record)]
    titled = False
    for source in sources:
        kind, body = source.cell_type, source.source
        tags = list(source.metadata.get("tags", []))
        if tags == ["room"]:
            if body not in exercises:
                raise ValueError(f"{path.name}: the solution of {body}, which is no exercise")
            cells += room(edition(exercises[body], chapter), seen)
            continue
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


def paired(root: Path = ROOT) -> dict[Path, Path]:
    """Return the chapter of every notebook, by the notebook's path."""
    book, home = root / "book", root / "notebooks"
    return {home / path.relative_to(book).with_suffix(".ipynb"): path for path in chapters(book)}


def notebooks(root: Path = ROOT) -> dict[Path, str]:
    """Return every notebook's path and text."""
    book = root / "book"
    targets, works = labels.index(book), labels.citations(book / "references.bib")
    return {path: notebook(chapter, book, targets, works) for path, chapter in paired(root).items()}


def drift(root: Path = ROOT, made: dict[Path, str] | None = None) -> list[str]:
    """List the notebooks that are missing, out of step or without a chapter."""
    made = notebooks(root) if made is None else made
    stale = [p for p, text in made.items() if not p.is_file() or p.read_text("utf8") != text]
    stray = [p for p in (root / "notebooks").rglob("*.ipynb") if p not in made]
    return sorted(p.relative_to(root).as_posix() for p in [*stale, *stray])


def mistimed(root: Path = ROOT) -> dict[Path, str]:
    """Return the chapters that state other minutes than their text takes, made true."""
    texts = {path: path.read_text("utf8") for path in chapters(root / "book")}
    return {p: new for p, text in texts.items() if (new := minutes.corrected(text)) != text}


def write(root: Path = ROOT) -> list[str]:
    """Bring notebooks/ and the chapters' minutes into step; return what changed."""
    timed = mistimed(root)
    for path, text in timed.items():
        path.write_text(text, "utf8")
    made = notebooks(root)
    changed = drift(root, made)
    for name in changed:
        path = root / name
        if path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], "utf8")
        else:
            path.unlink()
    return [*(p.relative_to(root).as_posix() for p in timed), *changed]


def main(arguments: list[str]) -> int:
    """Run the command."""
    if arguments == ["--check"]:
        stale = [*drift(), *(p.relative_to(ROOT).as_posix() for p in mistimed())]
        for name in stale:
            print(f"{name} is out of step with its chapter's text: run make notebooks")
        return int(bool(stale))
    for name in write():
        print(f"wrote {name}" if (ROOT / name).is_file() else f"removed {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
