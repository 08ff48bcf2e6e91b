"""Make slides of chapters' built pages: a file for the browser and a PDF.

Usage: ``python publish/slides.py [CHAPTER]``

A deck is one file, with reveal.js and all fonts within it. Chromium lays it out once: each slide is
given the largest letters at which nothing leaves it, and what no size can hold goes on on the next.
"""

import argparse
import base64
import re
import sys
from dataclasses import replace
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import deck
from addresses import ROOT, SITE
from browser import FLAGS, HELP, chromium
from deck import Deck, Slide
from figures import width_by_height
from leaves import Leaves, parts
from website import chapter_of

BUILT, TARGET = ROOT / "_build" / "html", ROOT / "_build" / "slides"
OWN = ROOT / "publish"
REVEAL = ROOT / "node_modules" / "reveal.js" / "dist"
ROUNDS = 6
FONT = re.compile(r"src:url\((fonts/[\w-]+\.woff2)\) format\(.woff2.\)[^;}]*")
OWNED = ('<div class="w2s-', '<p class="w2s-')
COLOURS = re.compile(r":root \{[^}]*\}")


def chapters() -> dict[str, str]:
    """Return the pages that have slides, those with a notebook, and the part of each."""
    listed = parts((ROOT / "_toc.yml").read_text("utf8"))
    return {
        page: part
        for part, pages in listed.items()
        for page in pages
        if (ROOT / "notebooks" / f"{page.removeprefix('book/')}.ipynb").is_file()
    }


def sheets() -> str:
    """Return the style of a slide: the formulas' with its fonts, the book's colours, its own."""
    static = BUILT / "_static"

    def inlined(found: re.Match[str]) -> str:
        font = base64.b64encode((static / "katex" / found[1]).read_bytes()).decode()
        return f"src:url(data:font/woff2;base64,{font}) format('woff2')"

    formulas = FONT.sub(inlined, (static / "katex" / "katex.min.css").read_text("utf8"))
    colours = COLOURS.search((static / "book.css").read_text("utf8"))
    if colours is None or "url(fonts" in formulas:
        raise ValueError("book.css must name its colours, and KaTeX's sheet its fonts as woff2")
    return f"{formulas}\n{colours[0]}\n{(OWN / 'slides.css').read_text('utf8')}"


def drawn(slide: Slide, number: int, count: int, title: str, page: str) -> str:
    """Return a slide's element."""
    kind = "w2s-said" if slide.kind in ("statement", "takeaway") else "w2s-block"
    words = "".join(
        block if block.startswith(OWNED) else f'<div class="{kind}">{block}</div>'
        for block in slide.blocks
    )
    layout = ""
    if slide.picture:
        ratio = width_by_height(slide.picture)
        beside = ratio < deck.WIDE and slide.blocks
        layout = " w2s-beside" if beside else ""
        words = f'<div class="w2s-words">{words}</div>' if words else ""
        words += f'<div class="w2s-picture" data-ratio="{ratio:.2f}">{slide.picture}</div>'
    level = "h1" if slide.kind == "title" else "h2"
    above = f"<p>{slide.above}</p>" if slide.above else ""
    foot = f'<a href="{SITE}{page}.html">Weak to Strong · {title}</a>'
    foot = "" if slide.kind == "title" else f"<span>{foot}</span><span>{number} / {count}</span>"
    return (
        f'<section id="{slide.name}" class="{slide.kind}"><header>{above}'
        f'<{level}>{slide.head}</{level}></header><div class="w2s-body{layout}">{words}</div>'
        f"<footer>{foot}</footer></section>\n"
    )


def bound(slides: str, title: str, page: str) -> str:
    """Return a deck as one file: reveal.js takes its place only where scripts run."""
    script = (REVEAL / "reveal.js").read_text("utf8").replace("</script", r"<\/script")
    style = (REVEAL / "reveal.css").read_text("utf8")
    start = (OWN / "slides.js").read_text("utf8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · slides · Weak to Strong</title>
<link rel="canonical" href="{SITE}slides/{page.rpartition("/")[2]}.html">
<style id="w2s-deck" media="not all">{style}</style>
<style>{sheets()}</style>
</head>
<body><main class="reveal"><div class="slides">
{slides}</div></main>
<script>{script}</script>
<script>{start}</script>
</body></html>
"""


def parted(slide: Slide, stay: int) -> list[Slide]:
    """Take off what a full slide can do without, else part it: its picture, so many blocks."""
    for spare in (deck.TOLD, deck.LED) if slide.kind in ("table", "figure") else ():
        kept = tuple(block for block in slide.blocks if not block.startswith(spare))
        if kept != slide.blocks and (kept or slide.picture):
            return [replace(slide, blocks=kept)]
    go_on = f"{slide.head} <small>(continued)</small>"
    name = f"{slide.name}-continued"
    if slide.picture and slide.blocks:
        return [replace(slide, picture=""), replace(slide, blocks=(), head=go_on, name=name)]
    stay = min(max(stay, 1), len(slide.blocks) - 1)
    if stay < 1:
        raise ValueError(f"slide {slide.name} holds one block that no size fits: {slide.head}")
    rest = replace(slide, blocks=slide.blocks[stay:], head=go_on, name=name)
    return [replace(slide, blocks=slide.blocks[:stay]), rest]


def laid_out(slides: list[Slide], title: str, page: str, tab: Page) -> str:
    """Return slides in letters that fit, parted where none do; the tab is 1280 by 720."""
    for _ in range(ROUNDS):
        count = len(slides)
        pieces = (drawn(s, i, count, title, page) for i, s in enumerate(slides, 1))
        document = bound("".join(pieces), title, page)
        tab.set_content(re.sub(r"<script>.*?</script>", "", document, flags=re.S))
        tab.evaluate("document.fonts.ready")
        tab.add_script_tag(path=OWN / "fit.js")
        stays: list[int] = tab.evaluate("fit()")
        if max(stays) < 0:
            return bound(tab.locator(".slides").inner_html(), title, page)
        slides = [
            each
            for slide, stay in zip(slides, stays, strict=True)
            for each in ([slide] if stay < 0 else parted(slide, stay))
        ]
    raise ValueError(f"{page}: slides still overflow after {ROUNDS} rounds")


def make(page: str, part: str, browser: Browser, target: Path) -> Path:
    """Write a page's deck and its PDF into a folder; return the deck's file."""
    leaves = Leaves(BUILT, solutions=True, models=True)
    leaves.add(page)
    leaves.gather(SITE)
    title = escape(leaves.titles[page])
    slides = Deck(leaves, page, part).slides()
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    document = laid_out(slides, title, page, tab)
    tab.close()
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"{page.rpartition('/')[2]}.html"
    path.write_text(document, "utf8")
    still = browser.new_page(java_script_enabled=False)
    still.goto(path.as_uri())
    still.pdf(
        path=path.with_suffix(".pdf"),
        prefer_css_page_size=True,
        print_background=True,
        tagged=True,
        outline=True,
    )
    still.close()
    return path


def title_of(page: str) -> str:
    """Return a deck's title, HTML."""
    made = (TARGET / f"{page.rpartition('/')[2]}.html").read_text("utf8")
    return made.partition("<title>")[2].partition(" · slides")[0]


def contents(listed: dict[str, str], titles: dict[str, str]) -> str:
    """Return the page that lists all decks."""
    rows, last = [], ""
    for page, part in listed.items():
        if part != last:
            rows.append(f"</ul><h2>{escape(part)}</h2><ul>")
            last = part
        name = page.rpartition("/")[2]
        files = f'<a href="{name}.html">{titles[page]}</a> (<a href="{name}.pdf">PDF</a>)'
        rows.append(f"<li>{files}</li>")
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slides · Weak to Strong</title><style>:root {{ color-scheme: light dark }}
body {{ font: 1.1rem/1.5 sans-serif; margin: 2rem auto; max-width: 42rem; padding: 0 1rem }}
a {{ color: light-dark(#0f56b8, #79b1ff) }}</style></head>
<body><main><h1>Slides</h1>
<p>For lectures with <a href="{SITE}">Weak to Strong</a>, one deck a chapter, made from its page.
Arrow keys turn them, O shows all, D swaps light and dark. Text and figures are under
<a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>.</p>
<ul>{"".join(rows)}</ul></main></body></html>
""".replace("<ul></ul>", "")


def main(arguments: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Make slides of chapters.")
    parser.add_argument("chapter", nargs="?", default="", help="its name; all without")
    options = parser.parse_args(arguments)
    listed = chapters()
    wanted = listed
    if options.chapter:
        page = chapter_of(options.chapter)
        if page not in listed:
            sys.exit(f"{page} has no notebook, and so no slides.")
        wanted = {page: listed[page]}
    found = chromium()
    if found is None:
        sys.exit(HELP)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=FLAGS)
        for page, part in wanted.items():
            path = make(page, part, browser, TARGET)
            sizes = [f.stat().st_size / 2**20 for f in (path, path.with_suffix(".pdf"))]
            print(f"{path.relative_to(ROOT)}, {sizes[0]:.1f} MB; PDF {sizes[1]:.1f} MB")
        browser.close()
    if wanted == listed:
        titles = {page: title_of(page) for page in listed}
        (TARGET / "index.html").write_text(contents(listed, titles), "utf8")


if __name__ == "__main__":
    main(sys.argv[1:])
