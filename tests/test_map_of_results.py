"""The map of results: every statement of the book is in it once, where it says, with real names."""

import re
from collections import Counter
from pathlib import Path

import pytest
from visits import ROOT

import api_names
import results
import results_graph

BOOK = ROOT / "book"
PAGE = (BOOK / results.MAP).read_text("utf8")
ROWS = results.results(PAGE)
KNOWN = results.statements(BOOK)
CODE = re.compile(r"(\{[\w:]+\})?(?<!`)`([^`\n]+)`")
DOC = re.compile(r"\{doc\}`([^`]+)`")
TWO = """:::{prf:lemma} First
:label: first
Because.

$$
1 = 1
$$ (unit)
:::

:::{prf:theorem} Second
:label: second
So.
:::

:::{prf:proof}
By {eq}`unit`; see {prf:ref}`the other <third>`.
:::

After that, {prf:ref}`first` is mentioned.
"""


def missing(rows: list[results.Result], known: dict[str, results.Statement]) -> list[str]:
    """Say of each statement that is not in the map once what to do."""
    count = Counter(label for row in rows for label in row.labels)
    found = []
    for label, each in known.items():
        where = each.path.name
        if each.kind != "definition" and count[label] != 1:
            found.append(
                f"{where} states the {each.kind} {label}, which stands {count[label]} times in the "
                "first column of book/back/map-of-results.md: give it one row, or a place in a row"
            )
    return found + [
        f"the map names {label}, which no page states" for label in count - known.keys()
    ]


def astray(row: results.Result, known: dict[str, results.Statement]) -> list[str]:
    """List the pages of a row that do not state its results, and those that it should name."""
    named = {(BOOK / "back" / f"{doc}.md").resolve() for doc in DOC.findall(row.cells[0])}
    right = {known[label].path for label in row.labels}
    return sorted(f"{row.name}: {path.name}" for path in named ^ right)


def test_every_statement_stands_in_the_map_once():
    assert missing(ROWS, KNOWN) == []


def test_a_statement_that_is_missing_is_told_in_a_sentence():
    known = {"first": results.Statement("theorem", Path("chapter.md"))}
    row = results.Result("A", ("",), ("first",))
    assert missing([row], known) == []
    assert [line[:40] for line in missing([], known)] == [
        "chapter.md states the theorem first, whi"
    ]
    assert len(missing([row, row], known)) == 1
    assert missing([row], {}) == ["the map names first, which no page states"]


def test_rows_lead_to_the_pages_that_state_them():
    assert [line for row in ROWS for line in astray(row, KNOWN)] == []
    moved = results.Result("A", ("{doc}`proofs`",), ("what-theorem",))
    assert astray(moved, KNOWN) == ["A: proofs.md", "A: what-is-weak-to-strong.md"]


def test_every_row_fills_every_column():
    assert len(ROWS) > 35
    head = next(line for line in PAGE.splitlines() if line.startswith("| Result |"))
    assert {len(row.cells) for row in ROWS} == {head.count("|") - 1}
    assert [row.name for row in ROWS if "" in row.cells] == []


def test_names_fit_the_drawing():
    assert [row.name for row in ROWS if len(row.name) > 42] == []


@pytest.mark.parametrize("name", sorted({code for role, code in CODE.findall(PAGE) if not role}))
def test_every_name_is_in_the_package(name):
    assert api_names.resolve(name)


def test_what_a_statement_rests_on_is_what_it_and_its_proof_cite(tmp_path):
    (tmp_path / "page.md").write_text(TWO, "utf8")
    known = results.statements(tmp_path)
    assert results.rests_on(known) == {"first": set(), "second": {"first"}}
    rows = [results.Result(label, (label,), (label,)) for label in ("first", "second")]
    assert results.arrows(rows, known) == [(1, 0)]


def test_the_drawing_follows_the_references():
    places = {label: at for at, row in enumerate(ROWS) for label in row.labels}
    arrows = results.arrows(ROWS, KNOWN)
    assert (places["proofs-bracket"], places["proofs-facts"]) in arrows
    assert (places["sets-certificate"], places["sets-theorem"]) in arrows
    drawn = results_graph.draw(BOOK, "book/back/map-of-results")
    assert drawn.count('<path d="M1') == len(arrows) > 20
    assert drawn.count("<a href=") == len(ROWS)
    assert 'href="proofs.html#proofs-bracket"' in drawn
