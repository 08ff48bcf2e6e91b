"""The book on paper: what is left out, where links lead, and that nothing is cut off."""

import doctest
import re
import unicodedata
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader
from visits import ROOT

import leaves
import outline
import paper
from addresses import SITE
from selection import few

TOC = leaves.parts((ROOT / "_toc.yml").read_text("utf8"))
PAGES = [page for listed in TOC.values() for page in listed]
FEW = ["book/geometry/pythagorean-bound", "book/geometry/when-convexity-fails"]
WIDTH = 658  # A4 less its margins
CUT = """() => {
  const limit = document.documentElement.clientWidth + 1;
  const out = (e) => e.checkVisibility() && e.getBoundingClientRect().right > limit;
  const all = [...document.querySelectorAll("main *")].filter((e) => !e.closest("svg, .katex"));
  return all.filter(out).map((e) => e.outerHTML.slice(0, 160));
}"""


def gathered(built: Path, pages: list[str], *, solutions: bool = False) -> leaves.Leaves:
    made = leaves.Leaves(built, solutions=solutions)
    for page in pages:
        made.add(page)
    made.gather("/html/")
    return made


def of(made: leaves.Leaves) -> BeautifulSoup:
    return BeautifulSoup(made.bound(), "html.parser")


def test_only_the_reference_and_the_status_are_left_to_the_website():
    assert "book/preface" in PAGES
    assert len(PAGES) > 30
    assert not [page for page in PAGES if "api" in page or "status" in page]


def test_without_solutions_exercises_and_questions_stay_open(built):
    one = of(gathered(built, FEW))
    both = of(gathered(built, FEW, solutions=True))
    assert len(both.select(".exercise")) == len(one.select(".exercise")) > 5
    assert one.select(".solution") == []
    assert len(both.select(".solution")) == len(both.select(".exercise"))
    asked = [box.get_text() for box in one.select(".dropdown") if "quick" in box.get_text()]
    told = [box.get_text() for box in both.select(".dropdown") if "quick" in box.get_text()]
    assert len(asked) == 2
    assert "For which classes does gain equal misfit" in asked[0]
    assert "linear and affine ones alone" not in asked[0]
    assert "linear and affine ones alone" in told[0]
    assert all(text.count("?") >= 3 for text in asked)
    assert "—" not in asked[1]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("pages", few([FEW, PAGES], FEW), ids=lambda pages: f"{len(pages)} pages")
def test_links_lead_within_the_document_or_to_the_website(built, pages):
    soup = of(gathered(built, pages, solutions=True))
    counted = Counter(str(e["id"]) for e in soup.find_all(id=True) if not e.find_parent("svg"))
    assert [name for name, count in counted.items() if count > 1] == []
    names = {str(e["id"]) for e in soup.find_all(id=True)}
    hrefs = {str(a["href"]) for a in soup.select("main a[href]")}
    assert [h for h in hrefs if h.startswith("#") and h[1:] not in names] == []
    assert [h for h in hrefs if not re.match(r"#|https?:|mailto:", h)] == []
    within = {h for h in hrefs if h.startswith(SITE)}
    assert not [h for h in within for page in pages if h.startswith(f"{SITE}{page}.html")]
    sources = [str(img["src"]) for img in soup.select("img[src]")]
    files = [s.removeprefix("/html/") for s in sources if not s.startswith("data:")]
    assert [name for name in files if not (built / name).is_file()] == []
    assert soup.select("script, details.above-input, .headerlink") == []


@pytest.mark.parametrize("page", few(PAGES, *FEW))
def test_nothing_is_wider_than_the_paper(browser, built, page):
    target = built.parent / "print" / f"{page.replace('/', '-')}-test.html"
    target.parent.mkdir(exist_ok=True)
    style = paper.STYLE.read_text("utf8")
    target.write_text(gathered(built, [page], solutions=True).bound(style=style), "utf8")
    with paper.served(built.parent) as origin:
        context = browser.new_context(
            java_script_enabled=False, viewport={"width": WIDTH, "height": 960}
        )
        opened = context.new_page()
        opened.emulate_media(media="print")
        opened.goto(f"{origin}/print/{target.name}")
        found = opened.evaluate(CUT)
        context.close()
    target.unlink()
    assert found == []


def test_a_print_tells_on_which_page_a_chapter_begins(browser, tmp_path):
    body = '<a href="#book-a">a</a><a href="#book-b">b</a>'
    for name, pages in (("book-a", 3), ("book-b", 1)):
        inside = '<p style="break-after: page">text</p>' * (pages - 1) + "<p>text</p>"
        body += f'<section id="{name}" style="break-before: page">{inside}</section>'
    made = paper.print_out(browser, tmp_path, body, tmp_path / "print" / "a.pdf", tagged=False)
    assert made.startswith(b"%PDF")
    assert paper.numbers(made, ["book/a", "book/b", "book/c"]) == {"book/a": 2, "book/b": 5}
    assert (tmp_path / "print" / "a.pdf").read_bytes() == made
    assert outline.places(made)["book-b"].top > 700  # points from below: the head of its page


def lines(found: list, reader: PdfReader, depth: int = 0) -> list[tuple[int, str, int]]:
    """List an outline: depth, title, page counted from 1."""
    listed = []
    for each in found:
        if isinstance(each, list):
            listed += lines(each, reader, depth + 1)
        else:
            page = reader.get_destination_page_number(each)
            listed.append((depth, each.title, page + 1 if page is not None else 0))
    return listed


def letters(text: str) -> str:
    """Leave out spaces, and part letters that are printed as one."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def test_a_printed_book_has_an_outline_of_parts_chapters_and_sections(browser, built):
    made = gathered(built, FEW)
    toc = {"Geometry": FEW}
    front = leaves.cover(made, toc, {})
    target = built.parent / "print" / "outline-test.pdf"
    style = paper.STYLE.read_text("utf8")
    printed = paper.print_out(browser, built.parent, made.bound(front, style), target, tagged=False)
    target.unlink()
    assert PdfReader(BytesIO(printed)).outline == []
    finished = PdfReader(BytesIO(outline.outlined(printed, paper.entries(made, toc))))
    found = lines(finished.outline, finished)
    begins = paper.numbers(printed, FEW)
    assert begins[FEW[0]] < begins[FEW[1]]
    assert found[0] == (0, "Geometry", begins[FEW[0]])
    chapters = [line for line in found if line[0] == 1]
    assert chapters == [(1, made.titles[page], begins[page]) for page in FEW]
    for _, title, page in found[1:]:
        assert letters(title) in letters(finished.pages[page - 1].extract_text())
    heads = [h.get_text() for h in of(made).select("article > section > section > h2")]
    assert [title for depth, title, _ in found if depth == 2] == heads
    assert len(heads) > 12
    assert len(finished.pages) == len(PdfReader(BytesIO(printed)).pages)
    with pytest.raises(ValueError, match="no place 'nowhere' for 'Lost'"):
        outline.outlined(printed, [outline.Entry("Lost", "nowhere")])


def test_the_contents_name_each_chapter_and_its_page(built):
    made = gathered(built, FEW)
    front = leaves.cover(made, {"Geometry": FEW}, {FEW[0]: 4, FEW[1]: 17})
    rows = [row.get_text(" ") for row in BeautifulSoup(front, "html.parser").select("a span")]
    assert rows == ["3. The Pythagorean bound", "4", "4. When convexity fails", "17"]
    assert "without solutions" in front


def test_a_page_that_was_not_built_is_named(built):
    with pytest.raises(FileNotFoundError, match=r"nothing\.html is to be printed"):
        gathered(built, ["book/nothing"])


def test_the_examples_run():
    assert doctest.testmod(leaves).failed == 0
