"""The reference pages: all of the package is there, and what is read at build time is right."""

import doctest
import enum
import gzip
import importlib
import inspect
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from bs4 import BeautifulSoup
from links import soup
from test_site import LAUNCH
from visits import BUILT, ROOT

import api_names
import api_reference
import docstrings
import pair
import signatures
import w2s_jax

HELPERS = (api_names, api_reference, docstrings, signatures)


PAGES = ("api", *(f"api/{room.rpartition('.')[2]}" for room in api_names.rooms()))
LIMIT = 150_000  # bytes of a page, gzipped


def file_of(page: str) -> Path:
    path = BUILT / "book" / "back" / f"{page}.html"
    if not path.is_file():
        pytest.fail(f"There is no {page} in _build/html: give each room its page, and make book.")
    return path


def built(page: str) -> BeautifulSoup:
    return soup(file_of(page))


def anchors() -> list[str]:
    return [str(e["id"]) for page in PAGES for e in built(page).select("article [id]")]


def absent(names: set[str], found: set[str]) -> list[str]:
    return sorted(names - found)


def test_every_room_has_a_page_and_every_page_a_room():
    pages = {f"api/{path.stem}" for path in (ROOT / "book" / "back" / "api").glob("*.md")}
    assert pages == set(PAGES) - {"api"}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_reference_is_light(page):
    assert len(gzip.compress(file_of(page).read_bytes())) <= LIMIT


def test_every_public_name_has_its_place_in_the_reference():
    modules = {f"module-{m.__name__}" for each in api_names.rooms().values() for m in each}
    found = anchors()
    assert absent(set(api_names.public()) | modules, set(found)) == []
    ours = [name for name in found if "w2s_jax." in name]
    assert sorted(set(ours)) == sorted(ours)


def test_a_missing_name_is_noticed():
    assert absent({"w2s_jax.heads.fit_head", "w2s_jax.heads.joy"}, {"w2s_jax.heads.fit_head"}) == [
        "w2s_jax.heads.joy"
    ]


def test_the_reference_shows_what_a_room_exports_and_nothing_else():
    shown = {name for name in api_names.public() if name.startswith("w2s_jax.sets.")}
    assert shown == {f"w2s_jax.sets.{name}" for name in w2s_jax.sets.__all__}
    of_others = {"__main__", "_host"}
    assert not {name for name in api_names.public() if of_others & set(name.split("."))}


def test_what_the_package_exports_can_be_imported_from_where_the_reference_says():
    for path, thing in api_names.public().items():
        module, _, name = path.rpartition(".")
        assert getattr(importlib.import_module(module), name) is thing
    assert api_names.path_of(w2s_jax.fit_head) == "w2s_jax.heads.fit_head"


def test_signatures_on_the_page_name_every_parameter():
    documented = [line for page in PAGES for line in built(page).select("dt[id]")]
    for path, thing in api_names.public().items():
        if inspect.isclass(thing) and (
            issubclass(thing, Exception | enum.Enum) or hasattr(thing, "class_own_traits")
        ):
            continue
        lines = [line for line in documented if line["id"] == path]
        assert len(lines) == 1, path
        shown = [p.get_text().lstrip("*") for p in lines[0].select(".sig-param")]
        words = [re.split(r"[:=]", text)[0].strip() for text in shown]
        parameters = inspect.signature(thing).parameters
        names = [name for name in parameters if not name.startswith("_")]  # what it keeps to itself
        assert [word for word in words if word not in ("", "/")] == names, path


def test_formulas_and_examples_of_docstrings_are_drawn():
    articles = [article for page in PAGES for article in built(page).select("article")]
    written = [inspect.getdoc(thing) or "" for thing in api_names.public().values()]
    drawn = sum(len(article.select(".katex-display")) for article in articles)
    assert drawn >= sum(text.count("$$") // 2 for text in written) > 0
    assert not [line for a in articles for line in a.get_text().splitlines() if "$" in line]
    examples = sum(len(article.select("div.doctest")) for article in articles)
    assert examples >= sum(">>> " in text for text in written) > 0


def test_every_notation_leads_to_the_reference():
    page = built("notation").select_one("article")
    assert page is not None
    loose = [code.get_text() for code in page.select("td code") if code.find_parent("a") is None]
    assert loose == []
    assert len(page.select("td a[href*='api/'][href*='#w2s_jax']")) > 25


@pytest.mark.parametrize("helper", HELPERS, ids=lambda module: module.__name__)
def test_the_examples_of_the_extensions_hold(helper):
    assert doctest.testmod(helper).failed == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("of `x` and $a_1$.", "of ``x`` and :math:`a_1`\\ ."),
        (
            "see `fit_head`, `joy`",
            "see :py:obj:`fit_head <w2s_jax.heads.fit_head>`\\ , ``joy``",
        ),
        ("|L| and (*batch, d) and x_ and 2**3", r"\|L\| and (\*batch, d) and x\_ and 2\*\*3"),
        ("the *student* and **bold**", "the *student* and **bold**"),
        ("``x`` and :math:`y`", "``x`` and :math:`y`"),
        ("±`limit`", "±\\ ``limit``"),
        ("a $x\n    y$ b", "a :math:`x y` b"),
        ("`$HOME`", "``$HOME``"),
    ],
)
def test_docstrings_become_restructured_text(given, expected):
    assert docstrings.prose(given, api_reference.link) == expected


def test_bare_words_are_linked_only_where_they_mean_the_package():
    assert api_reference.link("rows") is None  # of an experiment, but most often of a matrix
    assert api_reference.link("roles.rows", own=["roles.rows"]) is None
    assert api_reference.link("w2s_jax.report") == "w2s_jax.report"
    assert api_reference.link("joy") is None


def test_a_displayed_formula_keeps_the_indentation_of_its_section():
    lines = ["Args:", "    x: with", "        $$x", "        = 1$$", "    y: one."]
    made = "\n".join(docstrings.convert(lines))
    assert "\n        .. math::\n\n           x = 1\n" in made
    assert "\n    y: one." in made


def test_examples_in_docstrings_stay_as_they_are():
    example = [">>> print(`x`, $y$, *z)", "|a| b_", "", "After `x`."]
    assert docstrings.convert(example)[:2] == example[:2]
    assert docstrings.convert(example)[3] == "After ``x``\\ ."


EITHER = "~jaxtyping.{0}[jaxlib._jax.Array, '{1}'] | ~jaxtyping.{0}[ndarray, '{1}']"
KEY = "~jaxtyping.Key[jaxlib._jax.Array, '']" + "".join(
    f" | ~jaxtyping.UInt32[jaxlib._jax.Array, '{size}']" for size in (2, 4)
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            f"(x: {EITHER.format('Float', ' n d')}) -> None",
            "(x: ~jaxtyping.Float[Array, ' n d']) -> None",
        ),
        (f"(a: {EITHER.format('Int', 'n')} | None)", "(a: ~jaxtyping.Int[Array, 'n'] | None)"),
        (f"(*, key: {KEY}, seed: int)", "(*, key: PRNGKeyArray, seed: int)"),
        ("~collections.abc.Callable[[...], str]", "~collections.abc.Callable[..., str]"),
        ("~w2s_jax.heads._least_squares.LinearHead", "~w2s_jax.heads.LinearHead"),
        ("~w2s_jax.heads._sums.Sums", "Sums"),
    ],
)
def test_signatures_are_short_and_lead_to_the_package(given, expected):
    assert signatures.short(given) == expected


@dataclass
class Thing:
    a: int
    b: tuple = tuple(range(50))
    c: dict = field(default_factory=dict)
    d: str = "short"


def signed(what: str, thing: object) -> tuple[str, str | None]:
    return signatures.sign(cast(Any, None), what, "", thing, None, "(x)", "None")


def test_a_default_that_nobody_would_read_is_left_out():
    assert signed("class", Thing) == (
        "(a: int, b: tuple = ..., c: dict = ..., d: str = 'short')",
        None,
    )
    assert signed("exception", ValueError) == signed("class", w2s_jax.Status) == ("", None)
    assert signed("function", min) == ("(x)", None)
    made, _ = signed("class", w2s_jax.widgets.ProjectionPlayground)
    assert made.startswith("(*, ")
    assert "Undefined" not in made


def test_the_status_page_shows_every_chapter_and_every_record():
    page = built("status")
    assert page.find("a", href=LAUNCH) is None  # it is no notebook
    cells = [cell.get_text() for cell in page.select("td")]
    for path in (ROOT / "results").glob("*.json"):
        assert path.stem in cells
    chapters = {p for p in (ROOT / "book").rglob("*.md") if pair.has_code(p)}
    assert {p.relative_to(ROOT).with_suffix("").as_posix() for p in chapters} <= set(cells)
    heads = [[cell.get_text() for cell in t.select("th")] for t in page.select("table")]
    assert ["chapter", "cold", "warm", "programs"] in heads
    assert "–" in cells  # what a row of a record lacks
    assert not {"nan", "None"} & set(cells)
    assert not [c for c in cells if re.search(r"/(?:home|root|usr)\b|localhost", c)]
