"""What the book states, what each statement rests on, and the map that lists them.

A statement rests on another where its text or its proof cites it, or one of its equations.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import labels

BLOCK = re.compile(
    r"^(?P<fence>[`:]{3,})\{prf:(?P<kind>\w+)\}.*\n(?P<body>[\s\S]*?)^(?P=fence) *$", re.M
)
CITED = re.compile(r"\{(prf:ref|eq)\}`(?:[^`<]*<)?([\w-]+)>?`")
NAME = re.compile(r"\*\*(.+?)\*\*")
MAP = "back/map-of-results.md"


@dataclass
class Statement:
    """A theorem, a proposition or another of its kind, or a definition."""

    kind: str
    path: Path
    cites: set[tuple[str, str]] = field(default_factory=set)
    equations: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Result:
    """One row of the map: a result, which may be stated more than once."""

    name: str
    cells: tuple[str, ...]
    labels: tuple[str, ...]


def blocks(text: str) -> Iterator[tuple[str, str, str]]:
    r"""List label, kind and text of all statements, a proof under the label that it proves.

    >>> list(blocks(":::{prf:lemma} One\n:label: one\nA.\n:::\n\n:::{prf:proof}\nB.\n:::\n"))
    [('one', 'lemma', ':label: one\nA.\n'), ('one', 'proof', 'B.\n')]
    """
    label = ""
    for block in BLOCK.finditer(text):
        if block["kind"] != "proof":
            named = labels.OPTION.search(block["body"])
            label = named[1] if named else ""
        yield label, block["kind"], block["body"]


def statements(book: Path) -> dict[str, Statement]:
    """Return all labeled statements, in the order of the files."""
    found: dict[str, Statement] = {}
    for path in sorted(book.rglob("*.md")):
        for label, kind, body in blocks(path.read_text("utf8")):
            if kind != "proof":
                found[label] = Statement(kind, path)
            if label in found:
                found[label].cites |= set(CITED.findall(body))
                found[label].equations |= set(labels.EQUATION.findall(body))
    return found


def rests_on(known: dict[str, Statement]) -> dict[str, set[str]]:
    """Return for each label those that its statement or proof cites."""
    owner = {equation: label for label, each in known.items() for equation in each.equations}
    found = {}
    for label, each in known.items():
        cited = {owner.get(to, "") if kind == "eq" else to for kind, to in each.cites}
        found[label] = (cited & known.keys()) - {label}
    return found


def results(text: str) -> list[Result]:
    """Read the rows of the map."""
    rows = []
    for line in text.splitlines():
        cells = tuple(cell.strip() for cell in line.strip("| ").split(" | "))
        name = NAME.match(cells[0])
        cited = tuple(to for kind, to in CITED.findall(cells[0]) if kind == "prf:ref")
        if line.startswith("| ") and name and cited:
            rows.append(Result(name[1], cells, cited))
    return rows


def arrows(rows: list[Result], known: dict[str, Statement]) -> list[tuple[int, int]]:
    """Return which row rests on which, by their places in the map."""
    place = {label: at for at, row in enumerate(rows) for label in row.labels}
    pairs = {
        (place[label], place[to])
        for label, below in rests_on(known).items()
        for to in below
        if label in place and to in place
    }
    return sorted((first, second) for first, second in pairs if first != second)
