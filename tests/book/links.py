"""Links of built pages and where they lead."""

import posixpath
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from bs4 import BeautifulSoup


@cache
def soup(path: Path) -> BeautifulSoup:
    """Parse a page."""
    return BeautifulSoup(path.read_text("utf8"), "html.parser")


def pages(folder: Path) -> list[str]:
    """List a site's pages, without templates, redirects and the page for lost readers."""
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*.html")}
    left = {"index.html", "404.html"} | {name for name, path in found.items() if moved(path)}
    return sorted(name for name in found if not name.startswith("_") and name not in left)


def moved(path: Path) -> str | None:
    """Return where a page sends its readers on, None where it does not."""
    found = re.search(r'http-equiv="refresh" content="0; *url=([^"]+)"', path.read_text("utf8"))
    return found[1] if found else None


@cache
def ids(path: Path) -> set[str]:
    """Return a page's anchors."""
    return {str(e["id"]) for e in soup(path).find_all(id=True)}


def leads_nowhere(folder: Path, page: str, link: str) -> bool:
    """Say whether a link within the site has no page or no anchor at its end."""
    target, fragment = urldefrag(link)
    target = target.partition("?")[0]
    here = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(target)))
    path = folder / (here if target else page)
    if path.is_dir():
        path = path / "index.html"
    if not path.is_file():
        return True
    return bool(fragment) and path.suffix == ".html" and unquote(fragment) not in ids(path)


def dead(folder: Path, page: str) -> list[str]:
    """List a page's links and sources within the site that lead nowhere."""
    elements = soup(folder / page).find_all(["a", "link", "script", "img"])
    found = [str(e.get("href") or e.get("src") or "") for e in elements]
    inside = [f for f in found if f and not urlsplit(f).scheme and not f.startswith("//")]
    return sorted({f for f in inside if leads_nowhere(folder, page, f)})


def meta(path: Path, **names: str) -> str:
    """Return the content of one meta element, empty where there is none."""
    element = soup(path).find("meta", attrs=dict(names))
    return str(element.get("content") or "") if element else ""
