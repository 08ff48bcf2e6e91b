"""Every page of the built website, as a browser finds it."""

import re

import links
import matplotlib.pyplot as plt
import pytest
import yaml
from visits import BUILT, ROOT

import front_matter
from addresses import SITE, SOURCE
from colours import strangers
from pair import chapters
from selection import few

PAGES = links.pages(BUILT) if BUILT.is_dir() else ["book/index.html"]
LIMIT, LIMIT_WITH_WIDGETS = 600 * 1024, 650_000  # bytes, gzipped
LAUNCH = re.compile(r"https://(?:colab\.research\.google\.com/github|mybinder\.org/v2/gh)/\S+")


@pytest.mark.parametrize("path", PAGES)
def test_page_is_self_contained_light_and_accessible(visit, site, path):
    seen = visit(site, path)
    assert seen.outside == []
    assert seen.errors == []
    assert seen.formula_errors() == []
    assert seen.nameless_pictures() == []
    widgets = seen.page.locator(".w2s-mount").count()
    assert seen.weight() <= (LIMIT_WITH_WIDGETS if widgets else LIMIT)
    seen.unfold()
    assert seen.accessibility() == []


# Pages of the reference are made alike: the widest and the longest stand for the others.
WIDE = {"book/back/api/experiments.html", "book/back/api/plots.html"}
WRITTEN = [path for path in PAGES if "/api/" not in path or path in WIDE]


@pytest.mark.parametrize("path", few(PAGES, *WRITTEN))
def test_page_fits_a_phone_and_is_accessible_in_the_dark(visit, site, path):
    seen = visit(site, path, width=360, scheme="dark")
    seen.unfold()
    assert seen.page.locator("html").get_attribute("data-theme") == "dark"
    assert seen.sideways() == []
    assert seen.accessibility() == []


REPORTS = [path for path in PAGES if "w2s-report" in (BUILT / path).read_text("utf8")]


@pytest.mark.parametrize("path", REPORTS)
def test_a_phone_shows_every_column_of_a_report(visit, site, path):
    """A wide data frame may scroll in its box; the intervals of a report are never out of sight."""
    seen = visit(site, path, width=360, scheme="light")
    seen.unfold()
    assert seen.cut_reports() == []


@pytest.mark.parametrize("path", PAGES)
def test_no_picture_borrows_the_colour_of_an_object(built, path):
    drawn = links.soup(built / path).select(".w2s-figure svg, .w2s-mount svg")
    assert [line for svg in drawn for line in strangers(str(svg))] == []


@pytest.mark.parametrize("path", PAGES)
def test_links_lead_somewhere(built, path):
    assert links.dead(built, path) == []


@pytest.mark.parametrize("path", PAGES)
def test_page_describes_itself(built, path):
    page = built / path
    description = links.meta(page, name="description")
    assert len(description) > 10
    assert links.meta(page, property="og:description") == description
    assert links.meta(page, property="og:title")
    assert links.meta(page, property="og:url").startswith(SITE)
    assert len(links.soup(page).find_all("meta", attrs={"name": "viewport"})) == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_link_to_a_page_shows_a_card(built, path):
    card = links.meta(built / path, property="og:image")
    assert card.startswith(SITE)
    size = plt.imread(built / card.removeprefix(SITE)).shape
    told = [links.meta(built / path, property=f"og:image:{side}") for side in ("height", "width")]
    assert list(map(int, told)) == list(size[:2])
    assert links.meta(built / path, property="og:image:alt")
    assert links.meta(built / path, name="twitter:card") == "summary_large_image"


def test_titles_differ_and_only_pages_to_read_are_for_search_engines(built):
    titles = {path: str(links.soup(built / path).title) for path in [*PAGES, "404.html"]}
    assert len(set(titles.values())) == len(titles)
    assert "an executable textbook" in titles["book/index.html"]
    kept = {path for path in titles if "noindex" not in (built / path).read_text("utf8")}
    assert kept == {path for path in titles if path.startswith("book/")}


def test_the_root_leads_to_the_front_page(visit, site):
    seen = visit(site, "index.html")
    seen.page.wait_for_url(f"{site}/book/index.html")


def test_descriptions_differ(built):
    described = [p for p in PAGES if p.startswith("book/")]
    descriptions = [links.meta(built / p, name="description") for p in described]
    assert len(set(descriptions)) == len(described)


def test_launch_buttons_open_paired_notebooks(built):
    assert chapters()
    for chapter in chapters():
        name = chapter.relative_to(ROOT / "book").with_suffix("").as_posix()
        page = links.soup(built / "book" / f"{name}.html")
        hrefs = [str(a["href"]) for a in page.find_all("a", href=LAUNCH)]
        assert sorted(h.split("/")[2] for h in hrefs) == [
            "colab.research.google.com",
            "mybinder.org",
        ]
        assert all(h.endswith(f"notebooks/{name}.ipynb") for h in hrefs)
        assert all(f"/{SOURCE.removeprefix('https://github.com/')}/" in h for h in hrefs)
        assert (ROOT / "notebooks" / f"{name}.ipynb").is_file()


def test_pages_that_moved_send_their_readers_on(built):
    redirects = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))["sphinx"]["config"][
        "redirects"
    ]
    assert redirects
    for old, new in redirects.items():
        page = built / f"{old}.html"
        assert links.moved(page) == new
        assert (page.parent / new).resolve().relative_to(built.resolve()).as_posix() in PAGES


def test_the_map_for_search_engines_has_every_page(built):
    listed = re.findall(r"<loc>([^<]+)</loc>", (built / "sitemap.xml").read_text("utf8"))
    written = {f"{SITE}{page}" for page in PAGES if page.startswith("book/")}
    assert set(listed) == written


def test_a_lost_reader_finds_the_contents_from_any_depth(built):
    page = links.soup(built / "404.html")
    base = SITE.removeprefix("https://").partition("/")[2]
    sheets = [str(link["href"]) for link in page.find_all("link", rel="stylesheet")]
    assert sheets
    assert all(sheet.startswith(f"/{base}") for sheet in sheets)
    assert page.find("a", href=SITE)


def test_the_contents_say_a_sentence_and_minutes_for_each_chapter(built):
    front = links.soup(built / "book" / "index.html").find(id="contents")
    assert front
    entries = {str(li.a and li.a["href"]): li.get_text(" ") for li in front.select("li")}
    for chapter in (p for p in chapters() if p.stem != "index"):
        name = chapter.relative_to(ROOT / "book").with_suffix(".html").as_posix()
        matter, _ = front_matter.split(chapter.read_text("utf8"))
        said = entries[name].replace("’", "'")  # typeset by docutils
        assert matter["description"] in said
        assert re.search(r"\d+ minutes", entries[name])


def test_search_finds_chapters_before_the_reference(visit, site):
    for words in ("misfit", "projection", "ridge"):
        seen = visit(site, f"search.html?q={words}")
        found = seen.page.locator("ul.search li a")
        found.first.wait_for()
        assert "/api" not in (found.first.get_attribute("href") or "")
