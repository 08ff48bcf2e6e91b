"""Slides of chapters: what is on them, that it fits, and that a browser and paper show them."""

import doctest
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import links
import pytest
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader
from visits import BUILT

import boxes
import figures
import sayings
import slides
from addresses import SITE
from deck import Slide
from selection import few

CHAPTERS = slides.chapters()
FEW = ["book/geometry/what-is-weak-to-strong", "book/statistics/finite-samples"]
FEW += ["book/frontiers/other-losses"]
BYTES = 3 * 2**20, 5 * 2**20  # a deck, its PDF
# Everything that can be seen stands within its slide and above its footer, and table cells within
# their box; of drawings and formulas the outermost element counts.
CUT = """() => [...document.querySelectorAll(".slides > section")].flatMap((slide) => {
  const own = slide.getBoundingClientRect();
  const foot = slide.querySelector(":scope > footer").getBoundingClientRect();
  const inner = [...slide.querySelectorAll("header *, .w2s-body *")].filter(
    (e) => !e.parentElement.closest("svg, .katex") && e.checkVisibility());
  const out = inner.filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width && (box.right > own.right + 1 || box.left < own.left - 1
      || box.bottom > foot.top + 1 || box.top < own.top - 1);
  });
  const wide = [...slide.querySelectorAll(".w2s-table, .katex-display")];
  const cut = wide.filter((e) => e.scrollWidth > e.clientWidth + 1);
  return [...out, ...cut].map((e) => `${slide.id}: ${e.outerHTML.slice(0, 90)}`);
})"""
SIZES = """(selector) => [...document.querySelectorAll(selector)].map(
  (e) => parseFloat(getComputedStyle(e).fontSize))"""
DRAWN = """() => [...document.querySelectorAll(".w2s-picture svg")].map((e) => {
  const { width, height } = e.getBoundingClientRect();
  return Math.min(width, height);
})"""


@dataclass(frozen=True)
class Made:
    """A deck that was made for the tests."""

    page: str
    path: Path
    soup: BeautifulSoup

    @property
    def slides(self) -> list[Tag]:
        return self.soup.select(".slides > section")


@pytest.fixture(scope="module")
def deck(browser, built, tmp_path_factory) -> Callable[[str], Made]:
    """Make a chapter's deck, once."""
    made: dict[str, Made] = {}

    def of(page: str) -> Made:
        if page not in made:
            folder = tmp_path_factory.mktemp("slides")
            path = slides.make(page, CHAPTERS[page], browser, folder)
            made[page] = Made(page, path, BeautifulSoup(path.read_text("utf8"), "html.parser"))
        return made[page]

    return of


def words(piece: Tag | BeautifulSoup) -> str:
    return " ".join(piece.get_text(" ").split())


def article(page: str) -> Tag:
    found = links.soup(BUILT / f"{page}.html").select_one("article.bd-article")
    assert found is not None
    return found


every = pytest.mark.parametrize("page", few(CHAPTERS, *FEW))


@every
def test_a_deck_goes_from_the_title_to_the_way_on(deck, page):
    made = deck(page)
    kinds = [str(slide["class"][0]) for slide in made.slides]
    assert 6 <= len(kinds) <= 40
    assert kinds[0] == "title"
    assert kinds[-1] == "end"
    first, last = made.slides[0], made.slides[-1]
    title = article(page).find("h1")
    assert title
    assert words(first.h1) == words(title).removesuffix("#").strip()
    assert "CC BY 4.0" in words(first)
    assert CHAPTERS[page] in words(first)
    hrefs = [str(a["href"]) for a in last.select(".w2s-body a")]
    assert hrefs[0] == f"{SITE}{page}.html"
    assert [h for h in hrefs if h.endswith(f"notebooks/{page.removeprefix('book/')}.ipynb")]
    numbers = [words(s.select("footer span")[-1]) for s in made.slides[1:]]
    assert numbers == [f"{i} / {len(kinds)}" for i in range(2, len(kinds) + 1)]
    assert len({str(slide["id"]) for slide in made.slides}) == len(kinds)


@every
def test_every_statement_is_on_a_slide_and_no_proof(deck, page):
    made = deck(page)
    inside = words(made.soup)
    proofs = [b for b in article(page).select(".proof") if not boxes.is_statement(b)]
    for box in article(page).select(".proof"):
        if not boxes.is_statement(box) or box.find_parent(class_="solution"):
            continue
        slide = made.soup.find(id=str(box["id"]))
        assert slide in made.slides
        whole = [slide, *slide.find_next_siblings(id=re.compile(f"^{slide['id']}-continued"))]
        shown = " ".join(words(each) for each in whole)
        first = box.select_one("section > p, section > div, section > ol")
        assert first is not None
        assert words(first) in shown
        after = box.find_next_sibling()
        if after is not None and words(after).startswith("In plain words"):
            assert words(after) in shown
    for proof in proofs:
        long = [words(line) for line in proof.find_all("p") if len(words(line)) > 60]
        assert [line for line in long if line in inside] == []
    assert "Proof." not in inside
    assert made.soup.select(".cell_input, .solution, .exercise") == []


@every
def test_pictures_tables_and_takeaways_of_the_page_are_there(deck, page):
    made, whole = deck(page), article(page)
    folded = {"solution", "exercise", "below-input"}
    shown = [e for e in whole.select(".w2s-mount, .w2s-figure") if "svg" in str(e)]
    alone = [e for e in shown if not e.find_parent(class_=["w2s-mount", *folded])]
    assert len(made.soup.select(".figure .w2s-picture")) >= len(alone) > 0
    takeaways = [words(p) for p in whole.select(".tip > p:not(.admonition-title)")]
    assert [t for t in takeaways if t not in words(made.soup)] == []
    tables = [t for t in whole.select("table") if not t.find_parent(class_=list(folded))]
    outside = [t for t in tables if not t.find_parent(class_=["w2s-mount", "dropdown"])]
    assert len(made.soup.select(".table .w2s-table")) >= len(outside)
    asked = [s for s in made.slides if "quick questions" in words(s).lower()]
    assert len(asked) in (0, 2)
    if asked:
        assert len(words(asked[0])) < len(words(asked[1]))
        assert words(asked[0]).count("?") >= 2


@every
def test_nothing_leaves_a_slide_and_letters_are_large(deck, browser, page):
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 1280, "height": 720}
    )
    opened = context.new_page()
    opened.goto(deck(page).path.as_uri())
    cut = opened.evaluate(CUT)
    statements = opened.evaluate(SIZES, ".w2s-said p, .w2s-plain p, .w2s-said li")
    told = opened.evaluate(SIZES, ".w2s-body p:not(.w2s-note, .w2s-terms, td p, th p)")
    cells = opened.evaluate(SIZES, ".w2s-table :is(td, th)")
    drawn = opened.evaluate(DRAWN)
    context.close()
    assert cut == []
    assert min(statements, default=24) >= 24
    assert min(told) >= 24
    assert min(cells, default=15) >= 15
    assert min(drawn) > 120


@every
def test_no_slide_is_empty(deck, page):
    for slide in deck(page).slides:
        body = slide.select_one(".w2s-body")
        assert body is not None
        assert body.find("svg") or len(words(body)) > 20, slide["id"]
        head = slide.find(["h1", "h2"])
        assert head is not None
        assert words(head)


@every
def test_links_lead_to_a_slide_to_a_page_or_out(deck, built, page):
    made = deck(page)
    hrefs = {str(a["href"]) for a in made.soup.select("a[href]")}
    names = {str(e["id"]) for e in made.soup.find_all(id=True)}
    assert [h for h in hrefs if h.startswith("#") and h[1:] not in names] == []
    assert [h for h in hrefs if not re.match(r"#|https://|mailto:", h)] == []
    within = [h.removeprefix(SITE) or "book/index.html" for h in hrefs if h.startswith(SITE)]
    assert within
    assert [h for h in within if links.leads_nowhere(built, "index.html", h)] == []


@every
def test_the_files_are_small_and_a_slide_is_a_page(deck, page):
    made = deck(page)
    pdf = made.path.with_suffix(".pdf")
    assert made.path.stat().st_size <= BYTES[0]
    assert pdf.stat().st_size <= BYTES[1]
    reader = PdfReader(pdf)
    assert len(reader.pages) == len(made.slides)
    assert {(round(p.mediabox.width), round(p.mediabox.height)) for p in reader.pages} == {
        (960, 540)
    }
    last = reader.pages[-1].get("/Annots") or []
    uris = [str(a.get_object().get("/A", {}).get("/URI", "")) for a in last]
    assert f"{SITE}{page}.html" in uris
    for slide, leaf in zip(made.slides, reader.pages, strict=True):
        head = slide.find(["h1", "h2"])
        assert head is not None
        assert words(head)[:12].split()[0] in leaf.extract_text()


@every
def test_a_phone_scrolls_through_what_is_accessible_in_light_and_dark(deck, serve, visit, page):
    made = deck(page)
    for scheme in ("light", "dark"):
        seen = visit(serve(made.path.parent), made.path.name, width=360, scheme=scheme)
        assert seen.outside == []
        assert seen.errors == []
        assert seen.sideways() == []
        assert seen.formula_errors() == []
        assert seen.nameless_pictures() == []
        assert seen.accessibility() == []
        assert seen.page.locator(".slides > section").last.is_visible()


def test_keys_and_addresses_turn_slides(deck, serve, visit):
    made = deck(FEW[0])
    seen = visit(serve(made.path.parent), made.path.name)
    shown = seen.page.locator("section.present")
    assert shown.get_attribute("class").startswith("title")
    assert seen.accessibility() == []
    seen.page.keyboard.press("ArrowRight")
    seen.page.wait_for_function("document.querySelector('section.present').matches('.guess')")
    link = f"{made.path.name}#what-theorem"
    seen.page.goto(f"{seen.origin}/{link}")
    seen.page.reload()
    seen.page.wait_for_function("document.querySelector('section.present').id === 'what-theorem'")
    before = seen.page.evaluate("getComputedStyle(document.body).color")
    seen.page.keyboard.press("d")
    assert seen.page.evaluate("getComputedStyle(document.body).color") != before
    assert seen.errors == []


def test_a_deck_that_is_shown_prints_whole(deck, serve, visit, tmp_path):
    made = deck(FEW[0])
    seen = visit(serve(made.path.parent), made.path.name)
    seen.page.pdf(path=tmp_path / "shown.pdf", prefer_css_page_size=True)
    pages = PdfReader(tmp_path / "shown.pdf").pages
    assert len(pages) == len(made.slides)
    for slide, leaf in zip(made.slides, pages, strict=True):
        head = slide.find(["h1", "h2"])
        assert head is not None
        assert words(head)[:12].split()[0] in leaf.extract_text()


def test_widgets_with_pictures_of_their_own_ask_their_question(built):
    asked = {}
    for page in CHAPTERS:
        leaf = links.soup(built / f"{page}.html").select_one(".w2s-mount")
        if leaf is not None and leaf["data-module"] not in ("explore", "points"):
            found = figures.figure(leaf, built / "_static").asked
            asked[leaf["data-module"]] = found and found.question
    assert set(asked) == {"playground", "leftovers", "ring", "three-classes"}
    assert all(question and question.endswith("?") for question in asked.values())


def test_a_figure_with_controls_shows_the_frame_that_answers(built):
    page = links.soup(built / f"{FEW[0]}.html")
    found = figures.figure(page.select(".w2s-mount")[1], built / "_static")
    assert "student" not in re.findall(r'data-of="(\w+)"', found.before)
    assert "student" in re.findall(r'data-of="(\w+)"', found.after)
    assert found.asked
    assert found.asked.choices == ("the same", "much smaller", "larger than the staircase&#x27;s")
    assert found.asked.answer.startswith("<strong>Answer: much smaller.</strong>")


def test_what_does_not_fit_goes_on_on_the_next_slide():
    full = Slide("statement", "Long", ("a", "b", "c"), name="long")
    first, rest = slides.parted(full, 2)
    assert (first.blocks, rest.blocks) == (("a", "b"), ("c",))
    assert "(continued)" in rest.head
    assert rest.name == "long-continued"
    told = '<p class="w2s-told">It shows.</p>'
    drawn = Slide("figure", "Figure", ("<p>a</p>", told), picture="<svg/>")
    (kept,) = slides.parted(drawn, 0)
    assert kept.blocks == ("<p>a</p>",)
    assert [bool(s.picture) for s in slides.parted(kept, 0)] == [False, True]
    with pytest.raises(ValueError, match="one block that no size fits"):
        slides.parted(Slide("statement", "Long", ("a",), name="x"), 0)


def test_the_list_of_decks_names_every_one():
    titles = dict.fromkeys(CHAPTERS, "Title")
    page = BeautifulSoup(slides.contents(CHAPTERS, titles), "html.parser")
    hrefs = [str(a["href"]) for a in page.select("li a")]
    names = [page.rpartition("/")[2] for page in CHAPTERS]
    assert hrefs == [f"{name}.{kind}" for name in names for kind in ("html", "pdf")]
    assert [h.get_text() for h in page.find_all("h2")] == list(dict.fromkeys(CHAPTERS.values()))


def test_the_examples_run():
    assert [doctest.testmod(module).failed for module in (figures, sayings)] == [0, 0]
