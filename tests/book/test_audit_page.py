"""The page of an audit in a browser: no script, nothing loaded, every width, light, dark, paper."""

import re
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from visits import ROOT

from addresses import SITE
from selection import few
from w2s_jax.audit import audit
from w2s_jax.audit.command import main

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
EVIL = "<script>document.title='taken'</script>"
NAMES = [EVIL, "a & b", '"quoted" $x^2', "名前", "a rather long name of a group that nobody cut"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Pages of one student and of several, with names that a page must not believe."""
    folder = tmp_path_factory.mktemp("pages")
    assert main(["example", str(folder)]) == 0
    text = (folder / "models.csv").read_text().splitlines()
    head, *rows = [line.split(",") for line in text]
    named = [[*row[:3], '"' + NAMES[n % 5].replace('"', '""') + '"'] for n, row in enumerate(rows)]
    column = f'"{EVIL}"'
    lines = [[head[0], column, *head[2:]], *named]
    evil = folder / "models <b>.csv"
    evil.write_text("\n".join(",".join(line) for line in lines))
    labels = ["--labels", f"{folder}/labels.csv:y", "--id", "id"]
    require = ["--require", "gain.low > 0", "--require", "misfit > 9"]
    one = ["--weak", f"{evil}:{EVIL}", "--student", f"{evil}:student", "--groups", f"{evil}:group"]
    assert main(["audit", *one, *labels, *require, "--html", f"{folder}/one.html"]) == 1
    rng = np.random.default_rng(0)
    weak = np.array([float(row[1]) for row in rows])
    for name in ("b", "c"):
        np.save(folder / f"{name}.npy", weak + rng.normal(size=len(weak)))
    several = [
        *("--weak", f"{EVIL}={folder}/models.csv:weak", "--weak", f"b={folder}/b.npy"),
        *("--weak", f"c={folder}/c.npy", "--features", f"{folder}/features.npy"),
    ]
    assert main(["audit", *several, *labels, "--html", f"{folder}/several.html"]) == 0
    return folder


PAGES = ("one", "several")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_one_small_file_that_holds_and_loads_nothing_else(folder, name):
    text = (folder / f"{name}.html").read_text("utf8")
    assert len(text.encode()) <= 300_000
    page = BeautifulSoup(text, "html.parser")
    policy = page.select_one("meta[http-equiv=Content-Security-Policy]")
    assert policy is not None
    assert policy["content"] == POLICY
    assert page.find_all(["script", "iframe", "object", "embed", "base", "form"]) == []
    assert [a for tag in page.find_all(True) for a in tag.attrs if a.startswith("on")] == []
    loads = page.select("[src], link[href]")
    assert {str(tag.get("src") or tag.get("href")) for tag in loads} == {"data:,"}
    assert not re.findall(r"url\((?!#)|@import|@font-face", text)
    html = page.find("html")
    assert html is not None
    assert html["lang"] == "en"
    assert page.title is not None
    assert "audit" in page.title.text
    assert len(page.find_all("h1")) == 1


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", few([1280, 360], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "dark"))
def test_a_page_is_accessible_and_fits(visit, serve, folder, name, width, scheme):
    seen = visit(serve(folder), f"{name}.html", width=width, scheme=scheme)
    assert (seen.outside, seen.errors) == ([], [])
    assert seen.accessibility() == []
    assert seen.sideways() == []
    assert seen.nameless_pictures() == []


def test_a_page_in_the_light_is_accessible(visit, serve, folder):
    assert visit(serve(folder), "one.html").accessibility() == []


def test_the_policy_holds_against_what_a_name_might_smuggle_in(visit, serve, folder):
    page = visit(serve(folder), "one.html").page
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.taken = true";
          document.body.append(script);
        }"""
    )
    assert page.evaluate("window.taken") is None
    assert "taken" not in page.title()


def test_names_are_shown_as_they_are_written(visit, serve, folder):
    words = visit(serve(folder), "one.html").page.locator("main").inner_text()
    for name in [*NAMES, "models <b>.csv"]:
        assert name in words, name
    words = visit(serve(folder), "several.html").page.locator("main").inner_text()
    assert EVIL in words


def test_paper_is_white_and_wide_enough(visit, serve, folder):
    seen = visit(serve(folder), "one.html", scheme="dark")
    dark = "() => getComputedStyle(document.body).backgroundColor"
    assert seen.page.evaluate(dark) != "rgb(255, 255, 255)"
    seen.page.emulate_media(media="print")
    assert seen.page.evaluate(dark) == "rgb(255, 255, 255)"
    seen.page.set_viewport_size({"width": 680, "height": 900})  # A4 between its margins
    assert seen.sideways() == []
    assert seen.page.pdf(format="A4").startswith(b"%PDF")


def test_the_verdict_stands_first_in_plain_words(folder):
    page = BeautifulSoup((folder / "one.html").read_text("utf8"), "html.parser")
    first = page.select_one("main h2")
    assert first is not None
    assert first.text == "Gain shown"
    marks = [item.get_text(" ", strip=True) for item in page.select(".marks li")]
    assert marks[0].startswith("✓ Met: gain.low > 0")
    assert marks[1].startswith("✗ Not met: misfit > 9")


def test_a_page_names_its_models_units_and_colors_in_words(folder):
    page = BeautifulSoup((folder / "one.html").read_text("utf8"), "html.parser")
    about = page.select_one(".about")
    assert about is not None
    assert f"The student: {folder}/models <b>.csv:student." in about.text
    rows = [row.get_text(strip=True) for row in page.select("tbody th")]
    assert {"share copied", "labels still needed", "p-value"} <= {*rows}
    assert [row for row in rows if "_" in row] == []
    key = [each.text for each in page.select(".key")]
    assert key == ["misfit", "gain", "weak error", "student error"]
    assert "in squared label units" in page.text
    assert "Of the student." not in page.text
    several = BeautifulSoup((folder / "several.html").read_text("utf8"), "html.parser")
    caption = [each.text for each in several.select("caption") if each.select(".key")]
    assert len(caption) == 1
    assert caption[0].startswith("Of the student of ")


def test_on_paper_no_interval_breaks(visit, serve, folder):
    seen = visit(serve(folder), "one.html")
    seen.page.emulate_media(media="print")
    seen.page.set_viewport_size({"width": 680, "height": 900})
    broken = """() => [...document.querySelectorAll("tbody td.number")].filter((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1;
    }).length"""
    assert seen.page.evaluate(broken) == 0


def test_chapters_that_a_page_names_are_pages_of_the_book(folder):
    links = set()
    for name in PAGES:
        page = BeautifulSoup((folder / f"{name}.html").read_text("utf8"), "html.parser")
        links |= {str(a["href"]) for a in page.select("a[href]")}
    assert SITE in links
    below = [link.removeprefix(SITE) for link in links - {SITE}]
    assert len(below) >= 3
    for link in below:
        assert (ROOT / link).with_suffix(".md").is_file(), link


def test_the_verb_writes_the_page_too(tmp_path):
    rng = np.random.default_rng(0)
    weak = rng.normal(size=40)
    found = audit(weak, weak / 2, labels=weak / 2 + 0.1 * rng.normal(size=40))
    found.html(tmp_path / "mine.html")
    text = (tmp_path / "mine.html").read_text("utf8")
    assert '<h2 id="verdict">Gain shown</h2>' in text
    assert "SHA-256" not in text
