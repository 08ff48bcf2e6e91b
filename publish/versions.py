"""Lay a built website out beside its other versions: stable/, dev/, preview/N/.

Usage: ``python publish/versions.py TREE dev _build/html`` puts it there, and
``python publish/versions.py TREE preview/12 --remove`` takes a version away.

The build knows nothing of versions, and links in notebooks and papers lead to the site's root.
There stands, for each page of the readers' version, a page that sends them on, query and all.
Search engines are told of that version alone: the other versions' pages say so themselves, for a
robots.txt is read at the root of a host only.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path

from addresses import SITE

WANTED = ("stable", "dev")  # the first of these that is there is the readers'
NAME = re.compile(r"stable|dev|preview/\d+")
TAG = re.compile(r"<(?:link|meta)\b[^>]*>")
CANONICAL = re.compile(r'(<link rel="canonical" href=")[^"]*(")')
HIDDEN = '<meta name="robots" content="noindex">'
MOVED = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Weak to Strong</title>
<link rel="canonical" href="{there}">
<meta http-equiv="refresh" content="1; url={there}">
<script>location.replace("{there}" + location.search + location.hash)</script>
</head>
<body><a href="{there}">The page is here.</a></body>
</html>
"""


def readers(tree: Path) -> str:
    """Return the version that readers are sent to: the released one, before that the branch's."""
    return next((name for name in WANTED if (tree / name).is_dir()), "")


def addressed(html: str, name: str, canonical: str, wanted: bool) -> str:
    """Return a page whose head names its address in the tree, and the one that search engines keep.

    >>> link = f'<link rel="canonical" href="{SITE}a.html">'
    >>> addressed(link, "dev", f"{SITE}stable/a.html", wanted=True).replace(SITE, "")
    '<link rel="canonical" href="stable/a.html">'
    """
    html = TAG.sub(lambda tag: tag[0].replace(f'"{SITE}', f'"{SITE}{name}/'), html)
    html = CANONICAL.sub(rf"\g<1>{canonical}\2", html)
    return html if wanted else html.replace("</head>", f"{HIDDEN}</head>", 1)


def place(built: Path, tree: Path, name: str) -> None:
    """Put a built website into the tree in place of what stood there under its name."""
    target = tree / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(built, target)
    wanted = readers(tree)
    for path in target.rglob("*.html"):
        page = path.relative_to(target).as_posix()
        kept = wanted if wanted and (tree / wanted / page).is_file() else name
        html = addressed(path.read_text("utf8"), name, f"{SITE}{kept}/{page}", name == wanted)
        path.write_text(html, "utf8")


def pages(folder: Path) -> list[Path]:
    """List the pages of a website, without what the theme keeps among its files."""
    own = [path for name in ("book", "slides") for path in (folder / name).rglob("*.html")]
    return [*folder.glob("*.html"), *own]


def finish(tree: Path) -> None:
    """Write what stands at the root: ways to the readers' version, its map, a page for the lost."""
    for path in pages(tree):
        path.unlink()
    (tree / ".nojekyll").touch()
    version = readers(tree)
    home = tree / version
    for path in pages(home) if version else []:
        page = path.relative_to(home)
        if page.name == "404.html":
            continue
        (tree / page).parent.mkdir(parents=True, exist_ok=True)
        (tree / page).write_text(MOVED.format(there=f"{SITE}{version}/{page.as_posix()}"), "utf8")
    if (home / "404.html").is_file():
        base = "/" + SITE.split("/", 3)[3]
        lost = (home / "404.html").read_text("utf8")
        (tree / "404.html").write_text(lost.replace(f'="{base}', f'="{base}{version}/'), "utf8")
    if (home / "sitemap.xml").is_file():
        listed = (home / "sitemap.xml").read_text("utf8")
        told = listed.replace(f"<loc>{SITE}", f"<loc>{SITE}{version}/")
        (tree / "sitemap.xml").write_text(told, "utf8")


def main(arguments: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Lay out the website's versions.")
    parser.add_argument("tree", type=Path, help="the folder that is published")
    parser.add_argument("name", help="stable, dev or preview/ and a number")
    parser.add_argument("built", type=Path, nargs="?", help="the built website")
    parser.add_argument("--remove", action="store_true", help="take the version away")
    options = parser.parse_args(arguments)
    if not NAME.fullmatch(options.name):
        sys.exit(f"The version must be stable, dev or preview/NUMBER, got {options.name!r}.")
    if options.remove:
        shutil.rmtree(options.tree / options.name, ignore_errors=True)
    elif options.built is None or not (options.built / "index.html").is_file():
        sys.exit(f"There is no built website in {options.built}: run make book first.")
    else:
        place(options.built, options.tree, options.name)
    finish(options.tree)


if __name__ == "__main__":
    main(sys.argv[1:])
