"""Print the book, or one chapter, as a PDF from its built pages.

Usage: ``python publish/paper.py [CHAPTER] [--solutions]``

The pages are gathered in one document, which Chromium prints, so that links lead from page to page.
It is printed twice: the first print tells on which page a chapter begins.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from addresses import ROOT
from browser import FLAGS, HELP, chromium, served
from leaves import Leaves, cover, named, parts
from outline import Entry, outlined, places
from website import chapter_of

BUILD = ROOT / "_build"
STYLE = ROOT / "publish" / "paper.css"
LONG = 600_000  # milliseconds that a whole book may take


def print_out(browser: Browser, folder: Path, document: str, target: Path, tagged: bool) -> bytes:
    """Print a document that asks for files below /html/; without scripts figures are solved.

    Tags for screen readers are two fifths of a file. Chromium draws its outline from them; where
    they are left out, `outlined` writes one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    whole = target.with_suffix(".html")
    whole.write_text(document, "utf8")
    with served(folder) as origin:
        page = browser.new_page(java_script_enabled=False)
        page.set_default_timeout(LONG)
        page.goto(f"{origin}/{whole.relative_to(folder)}", wait_until="load", timeout=LONG)
        made = page.pdf(
            path=target,
            prefer_css_page_size=True,
            print_background=True,
            outline=tagged,
            tagged=tagged,
        )
        page.close()
    whole.unlink()
    return made


def numbers(pdf: bytes, pages: list[str]) -> dict[str, int]:
    """Read off a print on which of its pages each chapter begins."""
    known = places(pdf)
    return {page: known[named(page)].page for page in pages if named(page) in known}


def entries(leaves: Leaves, toc: dict[str, list[str]]) -> list[Entry]:
    """Return the outline: parts, their chapters, and the sections of these."""
    found = []
    for part, pages in toc.items():
        chapters = []
        for page in pages:
            below = tuple(Entry(title, name) for name, title in leaves.sections(page))
            chapters.append(Entry(leaves.titles[page], named(page), below))
        found.append(Entry(part, chapters[0].place, tuple(chapters)))
    return found


def main(arguments: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Print the book, or one chapter.")
    parser.add_argument("chapter", nargs="?", default="", help="its name; the whole book without")
    parser.add_argument("--solutions", action="store_true", help="print solutions and answers too")
    options = parser.parse_args(arguments)
    toc = parts((ROOT / "_toc.yml").read_text("utf8"))
    alone = chapter_of(options.chapter) if options.chapter else ""
    pages = [alone] if alone else [page for listed in toc.values() for page in listed]
    path = chromium()
    if path is None:
        sys.exit(HELP)
    name = alone.rpartition("/")[2] or "weak-to-strong"
    target = BUILD / "print" / f"{name}{'-solutions' if options.solutions else ''}.pdf"
    leaves = Leaves(BUILD / "html", solutions=options.solutions)
    for page in pages:
        leaves.add(page)
    leaves.gather("/html/")
    style = STYLE.read_text("utf8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        front = "" if alone else cover(leaves, toc, {})
        made = print_out(browser, BUILD, leaves.bound(front, style), target, tagged=bool(alone))
        if front:
            front = cover(leaves, toc, numbers(made, pages))
            made = print_out(browser, BUILD, leaves.bound(front, style), target, tagged=False)
            made = outlined(made, entries(leaves, toc))
            target.write_bytes(made)
        browser.close()
    print(f"{target.relative_to(ROOT)}, {len(made) / 2**20:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
