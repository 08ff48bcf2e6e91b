"""Build the website: what changed, and all of it where only that can be trusted.

Usage: ``python book/_ext/website.py [--chapter NAME] [--fresh]``

Sphinx keeps what it read. It does not see a change in its extensions, and a warning is given once,
when the page is read. So the build starts afresh where the machinery changed or the last build did
not end without a warning; otherwise it reads the pages that changed, and nothing if none did.
"""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

import dependencies
import pair

ROOT = Path(__file__).resolve().parents[2]
HTML, TREES = ROOT / "_build" / "html", ROOT / "_build" / ".doctrees"
STATE = ROOT / "_build" / "state.json"
MACHINERY = (
    "_config.yml",
    "_toc.yml",
    "requirements.txt",
    "package-lock.json",
    "book/references.bib",
    "book/_ext",
)


def digest(*names: str) -> str:
    """Return a digest of files and folders, without what Python compiles."""
    paths = (p for name in names for p in (ROOT / name, *sorted((ROOT / name).rglob("*"))))
    files = [p for p in paths if p.is_file() and p.suffix != ".pyc"]
    return dependencies.digest([(str(p), dependencies.digest(p.read_bytes())) for p in files])


def state() -> dict[str, str]:
    """Return digests of the machinery and of all that a page can show.

    Of the reader's data files the names count; a download is seen by the next change.
    """
    folder = Path(os.environ.get("W2S_DATA_DIR") or os.devnull)
    names = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    return {
        "machinery": digest(*MACHINERY),
        "shown": digest("book", "src", "results", "notebooks"),
        "data": f"{folder} {names}",
        "python": sys.version,
    }


def chapter_of(name: str) -> str:
    """Return the page that a name stands for.

    Raises:
        SystemExit: no page has this name.
    """
    pages = {p.relative_to(ROOT).with_suffix("").as_posix() for p in (ROOT / "book").rglob("*.md")}
    found = [page for page in sorted(pages) if name in (page, page.rpartition("/")[2])]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(page.rpartition("/")[2] for page in pages))
    sys.exit(f"There is no chapter {name!r}. There are: {names}")


def build(chapter: str | None) -> int:
    """Run Sphinx with Jupyter Book's configuration; return its exit status."""
    from jupyter_book.sphinx import build_sphinx

    changed = {"nitpicky": True, "latex_individualpages": False, "w2s_chapter": chapter or ""}
    result = build_sphinx(
        ROOT,
        HTML,
        noconfig=True,
        path_config=ROOT / "_config.yml",
        confoverrides=changed | {"external_toc_path": (ROOT / "_toc.yml").as_posix()},
        warningiserror=True,
        keep_going=True,
    )
    if isinstance(result, Exception):
        print(f"{type(result).__name__}: {result}", file=sys.stderr)
        return 1
    return int(result or 0)


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Build the website.")
    parser.add_argument("--chapter", help="read and run this page only, and draw it")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier builds read")
    options = parser.parse_args(arguments)
    chapter = chapter_of(options.chapter) if options.chapter else None
    last = json.loads(STATE.read_text("utf8")) if STATE.is_file() else {}
    if state() == last and HTML.is_dir() and not options.fresh and chapter is None:
        print("Nothing has changed since the last build.")
        return 0
    pair.main([])
    now = state()
    afresh = any(now[each] != last.get(each) for each in ("machinery", "python"))
    if options.fresh or afresh or not TREES.is_dir():
        for folder in (HTML, TREES):
            shutil.rmtree(folder, ignore_errors=True)
    STATE.unlink(missing_ok=True)
    status = build(chapter)
    if status == 0:
        # Of one chapter alone nothing is known of the others.
        known = now if chapter is None else {name: now[name] for name in ("machinery", "python")}
        STATE.write_text(json.dumps(known), "utf8")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
