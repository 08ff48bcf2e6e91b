"""Write questions for learning platforms: GIFT, which Moodle reads, and QTI, which Canvas reads.

Usage: ``python book/_ext/quiz_files.py [CHAPTER ...] [--out FOLDER]``; all chapters by default.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

import gift
import labels
import plain
import qti
import quiz
from addresses import ROOT, SITE


@dataclass(frozen=True)
class Choice:
    """An answer and what a student is told who chooses it, both HTML."""

    says: str
    why: str
    right: bool


@dataclass(frozen=True)
class Item:
    """A question as platforms have it: a name, and HTML whose formulas stand as TeX in brackets."""

    name: str
    asks: str
    choices: tuple[Choice, ...]
    more: str


def _formula(left: str, right: str):
    def render(self, tokens, at, options, env) -> str:
        return left + tokens[at].content.strip().replace("&", "&amp;").replace("<", "&lt;") + right

    return render


MARKDOWN = MarkdownIt("commonmark", {"html": False}).use(dollarmath_plugin)
MARKDOWN.add_render_rule("math_inline", _formula(r"\(", r"\)"))
MARKDOWN.add_render_rule("math_block", _formula(r"\[", r"\]"))


def html(text: str, chapter: plain.Chapter) -> str:
    r"""Return MyST as HTML: links lead to the website, macros are spelled out.

    >>> html("Is $a < \\R$ *so*?", plain.Chapter(Path("a.md"), Path(), {}, {}, {}))
    'Is \\(a &lt; \\mathbb{R}\\) <em>so</em>?'
    """
    made = MARKDOWN.render(plain.convert(text, chapter)).strip()
    alone = made.startswith("<p>") and made.endswith("</p>") and made.count("<p>") == 1
    return made.removeprefix("<p>").removesuffix("</p>") if alone else made


def items(page: Path, path: Path) -> tuple[str, list[Item]]:
    """Return a chapter's title, and its questions as platforms have them."""
    book = ROOT / "book"
    text = page.read_text("utf8")
    targets, works = labels.index(book), labels.citations(book / "references.bib")
    number = labels.chapter_numbers(ROOT).get(page)
    chapter = plain.Chapter(page, book, targets, works, labels.equations(text, number))
    title = targets[page.relative_to(book).as_posix()].words
    found, made = quiz.places(text, ""), []
    for count, question in enumerate(quiz.read(path), 1):
        place = quiz.place(question, found, f"{path.name}, question {count}")
        address = f"{SITE}{labels.page(page, book)}#{place.ident}"
        choices = [
            Choice(html(each.says, chapter), html(each.why, chapter), each.right)
            for each in question.answers
        ]
        more = html(f"{title}: [{place.words}]({address})", chapter)
        name = f"{page.stem} {count}"
        made.append(Item(name, html(question.asks, chapter), tuple(choices), more))
    return title, made


def write(page: Path, path: Path, folder: Path) -> list[Path]:
    """Write a chapter's two files; return their paths."""
    title, made = items(page, path)
    folder.mkdir(parents=True, exist_ok=True)
    (text := folder / f"{page.stem}.gift").write_text(gift.document(title, made), "utf8")
    (package := folder / f"{page.stem}.zip").write_bytes(qti.package(page.stem, title, made))
    return [text, package]


def main(arguments: list[str]) -> int:
    """Run the command."""
    known = {page.stem: (page, path) for page, path in quiz.asked().items()}
    parser = argparse.ArgumentParser(description="Write questions for learning platforms.")
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="all without")
    parser.add_argument("--out", type=Path, default=ROOT / "course" / "quiz", help="folder")
    given = parser.parse_args(arguments)
    if strange := sorted(set(given.chapters) - set(known)):
        parser.error(f"no questions for {', '.join(strange)}; there are {', '.join(known)}")
    for name in given.chapters or known:
        for path in write(*known[name], given.out):
            print(f"wrote {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
