"""Every page of the built website, as a browser finds it."""

import re

import links
import pytest
from visits import BUILT, ROOT

from addresses import SITE, SOURCE
from pair import has_code

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


@pytest.mark.parametrize("path", PAGES)
def test_page_fits_a_phone_and_is_accessible_in_the_dark(visit, site, path):
    seen = visit(site, path, width=360, scheme="dark")
    seen.unfold()
    assert seen.page.locator("html").get_attribute("data-theme") == "dark"
    assert seen.sideways() == []
    assert seen.accessibility() == []


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


def test_the_root_leads_to_the_front_page(visit, site):
    seen = visit(site, "index.html")
    seen.page.wait_for_url(f"{site}/book/index.html")


def test_descriptions_differ(built):
    chapters = [p for p in PAGES if p.startswith("book/")]
    descriptions = [links.meta(built / p, name="description") for p in chapters]
    assert len(set(descriptions)) == len(chapters)


def test_launch_buttons_open_paired_notebooks(built):
    chapters = [p for p in (ROOT / "book").rglob("*.md") if has_code(p)]
    assert chapters
    for chapter in chapters:
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
