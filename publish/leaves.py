"""Built pages as one document to print: no buttons, no second copy, links that lead within it."""

import copy
import re
from html import escape
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

from addresses import PROJECT, SITE

LEFT = {"book/back/api", "book/back/status"}  # read where the links lead
GONE = (
    "script:not(.w2s-kept), .headerlink, .toggle-button, details.above-input, nav, "
    ".prev-next-area, template"
)
QUESTIONS = re.compile(r"quick questions", re.I)
SCHEME = re.compile(r"^[a-z]+:", re.I)


def parts(toc: str) -> dict[str, list[str]]:
    """Return the pages to print, part by part.

    >>> parts("parts: [{caption: One, chapters: [{file: book/a}, {file: book/back/api}]}]")
    {'One': ['book/a']}
    """
    made = yaml.safe_load(toc)["parts"]
    listed = {p["caption"]: [c["file"] for c in p["chapters"]] for p in made}
    return {part: [page for page in pages if page not in LEFT] for part, pages in listed.items()}


class Leaves:
    """Articles of built pages, gathered in one document.

    Args:
        built: the built website's folder.
        solutions: whether solutions and the answers to quick questions are printed.
        models: whether widgets keep their models, from which other pictures can be drawn.
    """

    def __init__(self, built: Path, *, solutions: bool, models: bool = False):
        self.built, self.solutions, self.models = built, solutions, models
        self.articles: dict[str, Tag] = {}
        self.titles: dict[str, str] = {}
        self.sheets: list[str] = []
        self._names: dict[tuple[str, str], str] = {}
        self._styles: set[str] = set()

    def add(self, page: str) -> None:
        """Take a page in."""
        path = self.built / f"{page}.html"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is to be printed, and is not there: run make book")
        soup = BeautifulSoup(path.read_text("utf8"), "html.parser")
        article = soup.select_one("article.bd-article")
        if article is None:
            raise ValueError(f"{page}.html must hold an article, and has none: run make book")
        if not self.articles:
            self.sheets = [str(s["href"]) for s in soup.find_all("link", rel="stylesheet")]
        self._clean(article)
        self._name(page, article)
        self.articles[page] = article
        head = article.find("h1")
        self.titles[page] = head.get_text().strip() if head else page

    def _clean(self, article: Tag) -> None:
        if self.models:
            for model in article.select(".w2s-mount > script"):
                model["class"] = "w2s-kept"
        for each in article.select(GONE if self.solutions else f"{GONE}, .solution, .w2s-answer"):
            each.decompose()
        for fold in article.select("details.w2s-answer"):
            fold["open"] = ""  # paper shows no fold that is shut
        for style in article.find_all("style"):
            if (text := style.get_text()) in self._styles:
                style.decompose()
            self._styles.add(text)
        if not self.solutions:
            for box in article.select(".admonition.dropdown"):
                head = box.select_one(".admonition-title")
                if head and QUESTIONS.search(head.get_text()):
                    unanswer(box)
        for table in article.select("#map-of-results table"):
            heads = [cell.get_text() for cell in table.select("thead th")]
            for row in table.select("tbody tr"):
                for cell, head in list(zip(row.find_all("td"), heads, strict=False))[1:]:
                    cell["data-column"] = head

    def _name(self, page: str, article: Tag) -> None:
        """Give an identifier that another page has too a name of its own; pictures keep theirs."""
        taken = set(self._names.values())
        for each in article.find_all(id=True):
            old, drawn = str(each["id"]), each.find_parent("svg")
            if (page, old) in self._names and not drawn:
                del each["id"]  # a directive's boxes share one: links find the first
                continue
            if old in taken and not drawn:
                each["id"] = f"{named(page)}-{old}"
            self._names[page, old] = str(each["id"])
        article["id"] = self._names[page, ""] = named(page)
        # a section may begin at the foot of a page, where its heading has no room
        for section in article.select(":scope > section > section[id]"):
            if head := section.find(["h2", "h3"]):
                head["id"] = f"{section['id']}-head"

    def _link(self, page: str, link: str) -> str:
        """Return a link within the document, or to the website where it leads out of it."""
        if SCHEME.match(link):
            return link
        whole, fragment = urldefrag(urljoin(f"{SITE}{page}.html", link))
        other = whole.removeprefix(SITE).removesuffix(".html")
        if other not in self.articles:
            return f"{whole}#{fragment}" if fragment else whole
        return "#" + self._names.get((other, fragment), self._names[other, ""])

    def sections(self, page: str) -> list[tuple[str, str]]:
        """Return the name and the title of each section's heading on a page."""
        found = []
        for head in self.articles[page].select(":scope > section > section > :is(h2, h3)[id]"):
            said = copy.copy(head)
            for twice in said.select(".katex-mathml"):
                twice.decompose()
            found.append((str(head["id"]), " ".join(said.get_text().split())))
        return found

    def gather(self, address: str) -> None:
        """Turn links to what they lead to, when every page is in; files lie below an address."""
        for page, article in self.articles.items():
            for each in article.select("a[href]"):
                each["href"] = self._link(page, str(each["href"]))
            for each in article.select("img[src]"):
                if not SCHEME.match(str(each["src"])):
                    each["src"] = urljoin(f"{address}{page}.html", str(each["src"]))
        base = f"{address}{next(iter(self.articles))}.html"
        self.sheets = [urljoin(base, sheet) for sheet in self.sheets]

    def bound(self, cover: str = "", style: str = "") -> str:
        """Return the document, after a cover."""
        sheets = "".join(f'<link rel="stylesheet" href="{escape(sheet)}">' for sheet in self.sheets)
        inside = "".join(map(str, self.articles.values()))
        return f"""<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light">
<head><meta charset="utf-8"><title>{escape(self.title())}</title>{sheets}
<style>{style}
{self.style()}</style></head>
<body>{cover}
<main class="bd-main"><div class="bd-content"><div class="bd-article-container">{inside}</div>
</div></main></body></html>"""

    def title(self) -> str:
        """Return the document's title: the book's, after that of its only chapter."""
        alone = list(self.titles.values()) if len(self.titles) == 1 else []
        return " — ".join([*alone, "Weak to Strong"])

    def style(self) -> str:
        """Return each article's running head."""
        rules = []
        for page, title in self.titles.items():
            said = title.replace("\\", "").replace('"', "”")
            rules.append(f"#{named(page)} {{ page: {named(page)}; }}")
            rules.append(f'@page {named(page)} {{ @top-left {{ content: "{said}"; }} }}')
        return "\n".join(rules)


def named(page: str) -> str:
    """Return what a page is called within the document.

    >>> named("book/back/proofs")
    'book-back-proofs'
    """
    return page.replace("/", "-")


def unanswer(box: Tag) -> None:
    """Leave the questions of a box, which stand in italics or before a dash, without answers.

    >>> one, other = "<p><em>Why?</em> So.</p>", "<p><b>1.</b> How? — <em>So.</em></p>"
    >>> soup = BeautifulSoup(one + other, "html.parser")
    >>> unanswer(soup)
    >>> print(soup)
    <p><em>Why?</em></p><p><b>1.</b> How?</p>
    """
    for line in box.find_all("p"):
        if "admonition-title" in (line.get("class") or []):
            continue
        first = next(iter(line.children), None)
        if isinstance(first, Tag) and first.name == "em":
            for rest in list(first.next_siblings):
                rest.extract()
            continue
        for answer in line.find_all("em"):
            asked = answer.previous_sibling
            if asked is not None and str(asked).rstrip().endswith("—"):
                asked.replace_with(str(asked).rstrip().removesuffix("—").rstrip())
                for rest in [answer, *answer.next_siblings]:
                    rest.extract()


def cover(leaves: Leaves, toc: dict[str, list[str]], numbers: dict[str, int]) -> str:
    """Return the title page and the contents, with the number of each chapter's first page.

    Links to all sections, which nobody sees, make Chromium note the place of each.
    """
    picture = (leaves.built / "_static" / "triangle.svg").read_text("utf8")
    rows = []
    for part, pages in toc.items():
        rows.append(f"<p class='w2s-part'>{escape(part)}</p>")
        for page in pages:
            words = (
                f"<span>{escape(leaves.titles[page])}</span><span>{numbers.get(page, '')}</span>"
            )
            rows.append(f'<p><a href="#{named(page)}">{words}</a></p>')
    listed = [name for pages in toc.values() for page in pages for name, _ in leaves.sections(page)]
    links = "".join(f'<a href="#{name}"></a>' for name in listed)
    answers = "with solutions" if leaves.solutions else "without solutions"
    host = urlsplit(SITE)
    return f"""<section class="w2s-cover"><p class="w2s-name">Weak to Strong</p>
<p>An executable textbook on weak-to-strong generalization</p>{picture}
<p>The Weak to Strong authors</p>
<p>Version {PROJECT["version"]}, {answers}<br><a href="{SITE}">{host.netloc}{host.path}</a></p>
<p class="w2s-terms">Text and figures are under CC BY 4.0, code is under the Apache License 2.0.</p>
</section><section class="w2s-contents"><p class="w2s-name">Contents</p>{"".join(rows)}</section>
<nav hidden>{links}</nav>"""
