"""The glossary: plain words, then a place of definition; it has every definition of the book."""

import re
from collections.abc import Iterable

import pytest
from visits import ROOT

import labels
import pair
import plain
import results
from prose import CELLS, FENCED, MATH

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


# Words that a reader must have: linked where a chapter first uses them, or defined there in bold.
MAIN: str = (
    "weak model, weak labels, student, truth, strong class, weak error, student error, misfit, "
    "gain, correction, ceiling, certificate, realizability gap, representation, head"
)
PARTS = ("geometry", "statistics", "molecules")
CHAPTERS = [path for part in PARTS for path in sorted((BOOK / part).glob("*.md"))]
# What is no running text: promises, titles, options, tables, formulas, code, other links.
ASIDE = re.compile(
    r"(?P<link>\{term\}`[^`]+`)|\A---\n[\s\S]*?\n---\n"
    r"|^:{3,}\{admonition\} Objectives[\s\S]*?^:{3,}$"
    rf"|^[:#|(][^\n]*$|{MATH.pattern}|\{{[\w:-]+\}}`[^`]+`|`[^`\n]+`|\[[^\]\n]*\]\([^)\n]*\)",
    re.M | re.S,
)


def unlinked(text: str, terms: Iterable[str]) -> list[str]:
    """List the terms whose first use in a text is neither a link nor a definition in bold."""
    kept = FENCED.sub(lambda block: "" if block["name"] in CELLS else block["body"], text)
    body, found = ASIDE.sub(lambda aside: aside["link"] or "", kept), []
    for term in sorted(terms, key=len, reverse=True):  # "student" is not met in "student error"
        form = rf"(?<![\w-]){term.removesuffix('s')}s?(?![\w-])"
        link = rf"\{{term\}}`(?:[^`<]+<)?{term}>?`"
        bold = rf"\*\*[^*\n]*?{form}[^*\n]*?\*\*"
        verb = r"(?<![Ii]n )" if term == "truth" else ""
        first = re.search(rf"(?P<known>{link}|{bold})|{verb}{form}", body, re.I)
        if first and not first["known"]:
            found.append(f"{term}: …{body[max(0, first.start() - 40) : first.end() + 20]}…")
        body = re.sub(rf"{link}|{form}", "…", body, flags=re.I)
    return sorted(found)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_links_the_main_words_where_it_first_uses_them(path):
    assert unlinked(path.read_text("utf8"), MAIN.split(", ")) == []


def test_a_word_that_is_not_linked_is_noticed():
    text = "# Misfit\n{term}`Weak errors <weak error>`, and a misfit.\nThe **student** gains.\n"
    assert [each[:7] for each in unlinked(text, MAIN.split(", "))] == ["gain: …", "misfit:"]


def test_a_term_that_the_glossary_lacks_stays_words():
    chapter = plain.Chapter(BOOK / "a.md", BOOK, TARGETS, {}, {})
    assert plain.inline("{term}`mistfi`", chapter) == "mistfi"
