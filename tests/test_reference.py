"""The reference pages: all of the package is there, and what is read at build time is right."""

import doctest
import enum
import importlib
import inspect
import re
import sys
from types import ModuleType

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
from test_package import PUBLIC

HELPERS = (api_names, api_reference, docstrings, signatures)


PAGES = ("api", "api-tools")


def built(page: str) -> BeautifulSoup:
    path = BUILT / "book" / "back" / f"{page}.html"
    if not path.is_file():
        pytest.fail("There is no built book in _build/html: run make book first.")
    return soup(path)


def anchors() -> list[str]:
    return [str(e["id"]) for page in PAGES for e in built(page).select("article [id]")]


def absent(names: set[str], found: set[str]) -> list[str]:
    return sorted(names - found)


def test_every_public_name_has_its_place_in_the_reference():
    homes = {each.home for each in api_names.public().values()}
    modules = {f"module-{name}" for name in api_names.modules()}
    found = anchors()
    assert absent(set(PUBLIC) | homes | modules, set(found)) == []
    ours = [name for name in found if "w2s_jax." in name]
    assert sorted(set(ours)) == sorted(ours)


def test_a_missing_name_is_noticed():
    assert absent(
        {"w2s_jax.heads.least_squares.fit_head", "w2s_jax.heads.joy"},
        {"w2s_jax.heads.least_squares.fit_head"},
    ) == ["w2s_jax.heads.joy"]


def test_the_reference_walks_as_the_tests_of_the_package_do():
    assert set(api_names.public()) == set(PUBLIC)


def test_what_the_package_exports_can_be_imported_from_where_the_reference_says():
    for each in api_names.public().values():
        module, _, name = each.home.rpartition(".")
        assert getattr(importlib.import_module(module), name) is each.thing
    assert api_names.public()["w2s_jax.heads.least_squares.fit_head"].home == "w2s_jax.fit_head"
    assert api_names.public()["w2s_jax.checks.Check"].home == "w2s_jax.checks.Check"


def test_signatures_on_the_page_name_every_parameter():
    for full, each in api_names.public().items():
        if inspect.isclass(each.thing) and (
            issubclass(each.thing, Exception | enum.Enum) or hasattr(each.thing, "class_own_traits")
        ):
            continue
        lines = [line for page in PAGES if (line := built(page).find("dt", id=full))]
        assert len(lines) == 1, full
        shown = [p.get_text().lstrip("*") for p in lines[0].select(".sig-param")]
        words = [re.split(r"[:=]", text)[0].strip() for text in shown]
        names = list(inspect.signature(each.thing).parameters)
        assert [word for word in words if word not in ("", "/")] == names, full


def test_formulas_and_examples_of_docstrings_are_drawn():
    articles = [article for page in PAGES for article in built(page).select("article")]
    written = [inspect.getdoc(each.thing) or "" for each in api_names.public().values()]
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
    assert len(page.select("td a[href*='api.html#w2s_jax']")) > 25


@pytest.mark.parametrize("helper", HELPERS, ids=lambda module: module.__name__)
def test_the_examples_of_the_extensions_hold(helper):
    assert doctest.testmod(helper).failed == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("of `x` and $a_1$.", "of ``x`` and :math:`a_1`\\ ."),
        (
            "see `fit_head`, `joy`",
            "see :py:obj:`fit_head <w2s_jax.heads.least_squares.fit_head>`\\ , ``joy``",
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


def made_module(source: str) -> ModuleType:
    module = ModuleType("w2s_jax.made_up")
    exec(compile(source, "made_up.py", "exec"), vars(module))
    return module


SOURCE = """
from collections.abc import Callable
from dataclasses import dataclass, field
import numpy as np
from jax import Array
from jaxtyping import Float
from w2s_jax.heads import LinearHead

Rows = list[dict[str, int]]
_WIDE = (1, 2)

def verb(x: Float[Array | np.ndarray, " n"], *rest: int, own: "LinearHead | None" = None) -> Rows:
    pass

@dataclass
class Thing:
    a: Float[np.ndarray, "n d"]
    b: tuple[int, ...] = (0, *_WIDE)
    c: dict[str, int] = field(default_factory=dict)

    def method(self, f: Callable[[Array], Array] = np.sin) -> None:
        pass

    @classmethod
    def made(cls, other: "Thing") -> "Thing":
        pass
"""


def test_signatures_are_short_and_lead_to_the_package(monkeypatch):
    module = made_module(SOURCE)
    monkeypatch.setitem(sys.modules, "w2s_jax.made_up", module)
    monkeypatch.setattr(inspect, "getsource", lambda thing: SOURCE)
    signed = {
        name: signatures.signature(name, thing)
        for name, thing in {
            "verb": module.verb,
            "Thing": module.Thing,
            "method": module.Thing.method,
            "made": module.Thing.made,
        }.items()
    }
    assert signed == {
        "verb": (
            "(x: Float[Array, 'n'], *rest: int, "
            "own: w2s_jax.heads.least_squares.LinearHead | None=None)",
            "list[dict[str, int]]",
        ),
        "Thing": (
            "(a: Float[ndarray, 'n d'], b: tuple[int, ...] = ..., c: dict[str, int] = dict())",
            None,
        ),
        "method": ("(f: Callable[[Array], Array]=np.sin)", None),
        "made": ("(other: w2s_jax.made_up.Thing)", "w2s_jax.made_up.Thing"),
    }


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
