"""What the chapters' labels and citation keys stand for: words and an address on the website."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from pybtex.database import parse_file

import front_matter

HEADING = re.compile(r"^\(([^)\s]+)\)=\n+#+ (.+)$", re.M)
TITLE = re.compile(r"^# (.+)$", re.M)
DIRECTIVE = re.compile(r"^ *[`:]{3,}\{([\w:-]+)\} *(.*)\n((?: *:[\w-]+:.*\n)*)", re.M)
OPTION = re.compile(r"^ *:(?:label|name): *(\S+)", re.M)
EQUATION = re.compile(r"\$\$ *\(([^)\s]+)\) *$", re.M)
GLOSSARY = re.compile(r"^```\{glossary\}\n(?::.*\n)*([\s\S]*?)^```$", re.M)
SMALL = ("solution", "code-cell")


@dataclass(frozen=True)
class Target:
    """Where a label leads."""

    words: str
    address: str


def page(path: Path, book: Path) -> str:
    """Return a chapter's address on the website."""
    return f"{book.name}/{path.relative_to(book).with_suffix('.html').as_posix()}"


def anchor(label: str) -> str:
    """Return the id that the website gives to a label.

    >>> anchor("Two_Supervisors")
    'two-supervisors'
    """
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def name(kind: str, title: str) -> str:
    """Return a reader's words for a theorem, an exercise or a figure.

    >>> name("prf:theorem", "Pythagoras")
    'Theorem (Pythagoras)'
    >>> name("prf:theorem", "Near (this book)")
    'Theorem (Near (this book))'
    """
    kind = kind.removeprefix("prf:").removesuffix("-start").capitalize()
    title = re.sub(r"^\((.*)\)$", r"\1", title.strip())
    return f"{kind} ({title})" if title and kind != "Figure" else kind


def entries(glossary: str) -> list[tuple[list[str], list[str]]]:
    r"""Return terms and paragraphs of each entry of a glossary.

    >>> entries("\nmean\naverage\n  A sum, divided.\n\n  See there.\n")
    [(['mean', 'average'], ['A sum, divided.', 'See there.'])]
    """
    found = re.findall(r"((?:^\S.*\n)+)((?:^ +.*\n|^\n)+)", glossary, re.M)
    return [(terms.split("\n")[:-1], re.split(r"\n\s*", body.strip())) for terms, body in found]


def term(name: str) -> str:
    """Return the key under which the targets hold a term.

    >>> term("Weak model")
    'term weak model'
    """
    return f"term {' '.join(name.lower().split())}"


def chapter_numbers(root: Path) -> dict[Path, int]:
    """Return the number of every chapter in a numbered part of the table of contents."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf8"))
    parts = [part for part in toc["parts"] if part.get("numbered")]
    files = [root / f"{c['file']}.md" for part in parts for c in part["chapters"]]
    return {path: number for number, path in enumerate(files, 1)}


def equations(text: str, chapter: int | None) -> dict[str, str]:
    """Return the numbers of a chapter's labeled equations, as on the website."""
    before = f"{chapter}." if chapter else ""
    return {m[1]: f"{before}{number}" for number, m in enumerate(EQUATION.finditer(text), 1)}


def index(book: Path) -> dict[str, Target]:
    """Return the targets of all labels in all chapters, and of the chapters themselves."""
    targets = {}
    numbers = chapter_numbers(book.parent)
    for path in sorted(book.rglob("*.md")):
        _, text = front_matter.split(path.read_text("utf8"))
        address = page(path, book)
        title = TITLE.search(text)
        targets[path.relative_to(book).as_posix()] = Target(title[1] if title else "", address)
        for label, words in HEADING.findall(text):
            targets[label] = Target(words, f"{address}#{anchor(label)}")
        for kind, argument, options in DIRECTIVE.findall(text):
            label = OPTION.search(options)
            if label and not kind.startswith(SMALL):
                targets[label[1]] = Target(name(kind, argument), f"{address}#{anchor(label[1])}")
        for block in GLOSSARY.findall(text):
            for each in (name for terms, _ in entries(block) for name in terms):
                ident = re.sub(r"[^a-zA-Z0-9]+", "-", each)
                targets[term(each)] = Target(each, f"{address}#term-{ident}")
        for label, number in equations(text, numbers.get(path)).items():
            targets[label] = Target(f"({number})", f"{address}#equation-{anchor(label)}")
    return targets


def citations(bib: Path) -> dict[str, tuple[str, str]]:
    """Return authors and year of every work in the bibliography."""
    works = {}
    for key, entry in parse_file(str(bib)).entries.items():
        names = [" ".join(p.last_names) for p in entry.persons.get("author", [])]
        authors = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
        works[key] = (authors, entry.fields.get("year", "undated"))
    return works
