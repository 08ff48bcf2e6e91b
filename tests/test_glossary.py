"""The glossary: plain words, then a place of definition; it has every definition of the book."""

import re

import pytest
from visits import ROOT

import labels
import pair
import plain
import results

BOOK = ROOT / "book"
PAGE = (BOOK / "back" / "glossary.md").read_text("utf8")
TARGETS = labels.index(BOOK)
ENTRIES = [entry for block in labels.GLOSSARY.findall(PAGE) for entry in labels.entries(block)]
# The paper's words, as they stand in the notation too.
WORDS = (
    "representation, head, weak model, weak labels, student, weak-to-strong model, weak error, "
    "student error, misfit, gain, slack, realizability gap, ceiling, performance gap recovered, PGR"
)


def test_the_glossary_has_the_field_s_words():
    terms = {term for terms, _ in ENTRIES for term in terms}
    assert [word for word in WORDS.split(", ") if word not in terms] == []
    assert len(terms) > 60
    assert len(terms) == sum(len(terms) for terms, _ in ENTRIES)


@pytest.mark.parametrize(("terms", "paragraphs"), ENTRIES, ids=lambda value: str(value[0])[:30])
def test_an_entry_has_plain_words_and_leads_to_a_definition(terms, paragraphs):
    words, places = paragraphs
    assert not re.search(r"[$`{\[*]", words), "the first paragraph is shown without markup"
    assert 3 < len(words.split()) < 45
    assert words.endswith(".")
    assert re.search(r"\{(?:doc|prf:ref|eq|ref)\}`", places)


def undefined(pages: list[str], terms: set[str]) -> list[str]:
    """List the words in bold in definitions that no entry begins."""
    bodies = [
        body for page in pages for _, kind, body in results.blocks(page) if kind == "definition"
    ]
    bold = [word for body in bodies for word in results.NAME.findall(body)]
    return [word for word in bold if not word.startswith(tuple(terms))]


def test_every_word_that_a_definition_defines_has_an_entry():
    terms = {term for terms, _ in ENTRIES for term in terms}
    pages = [path.read_text("utf8") for path in sorted(BOOK.rglob("*.md"))]
    assert undefined(pages, terms) == [], "defined in bold, and not in book/back/glossary.md"
    one = (
        ":::{prf:definition} Round\n:label: a\nIt is **round** or **rounder**, and **not**.\n:::\n"
    )
    assert undefined([one], {"round"}) == ["not"]


def test_a_notebook_links_a_term_to_the_glossary():
    chapter = plain.Chapter(BOOK / "a.md", BOOK, TARGETS, {}, {})
    made = plain.inline("{term}`Misfit`, {term}`weak models <weak model>`, {term}`PGR`", chapter)
    address = f"{pair.SITE}book/back/glossary.html#term-"
    assert made == (
        f"[Misfit]({address}misfit), [weak models]({address}weak-model), [PGR]({address}PGR)"
    )


def test_a_term_that_the_glossary_lacks_stays_words():
    chapter = plain.Chapter(BOOK / "a.md", BOOK, TARGETS, {}, {})
    assert plain.inline("{term}`mistfi`", chapter) == "mistfi"
