"""What the theme would do otherwise: addresses, buttons, static files, what no page uses."""

import re
import shutil
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import matplotlib.pyplot as plt
import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform

from addresses import REF, SITE, SOURCE
from w2s_jax import plots

UNUSED = re.compile(
    # The style sheet's web font draws every icon; the script (530 KB) draws them a second time.
    r"\s*<(?:script|link)\b[^>]*scripts/fontawesome\.js[^>]*>(?:</script>)?"
    # A list whose items have another role is no list to a screen reader.
    r'|(?<=<div) role="list"(?= class="citation-list")| role="doc-biblioentry"'
)
# The theme gives the buttons that unfold the contents no name.
NAMELESS = '<summary><span class="toctree-toggle"'
NAMED = '<summary aria-label="Pages below"><span class="toctree-toggle"'
LOST = """
<h1>No such page</h1>
<p>It may have moved: the <a href="{home}">contents</a> list every chapter, and the search above
finds words in all of them.</p>
"""
STATIC = re.compile(r"(?<=_static/)([\w./-]+)\?v=[0-9a-f]{8}")
PERCENT = re.compile(r"(?<=\d) (?=%)")
VERBATIM = (nodes.literal, nodes.math, nodes.FixedTextElement)
CLOSING = re.compile(r"[.,;:!?)\]’”]+")
SHORT = 40  # characters of a formula's source: a line on a phone holds it whole


def prepare(app: Sphinx, config) -> None:
    """Tell the theme where the project lives, and add static files that lie elsewhere."""
    config.html_baseurl = SITE
    config.html_theme_options |= {"repository_url": SOURCE, "repository_branch": REF}
    config.notfound_urls_prefix = urlsplit(SITE).path
    config.notfound_context = {"title": "No such page", "body": LOST.format(home=SITE)}
    config.html_context["card"] = f"{SITE}_static/card.png"
    root = Path(app.srcdir)
    dist = root / "node_modules" / "katex" / "dist"
    if not dist.is_dir():
        raise ExtensionError("node_modules/katex is missing: run make book, which installs it.")
    static = root / "_build" / "static"  # always the same, or Sphinx would write every page anew
    (static / "katex" / "fonts").mkdir(parents=True, exist_ok=True)
    shutil.copy(dist / "katex.min.css", static / "katex")
    for font in sorted((dist / "fonts").glob("*.woff2")):
        shutil.copy(font, static / "katex" / "fonts")
    draw_card(static / "card.png")
    config.html_static_path += [str(static), str(root / "src/w2s_jax/widgets/modules")]


def draw_card(path: Path) -> None:
    """Draw the picture that goes with a link to the book."""
    if path.is_file():
        return
    # not tight: as large as the page says
    look: Any = {"font.size": 26, "lines.linewidth": 6, "savefig.bbox": "standard"}
    with plots.style(), plt.rc_context(look):
        figure, axes = plt.subplots(figsize=(12, 6.3))
        truth, student, weak = np.zeros(2), np.array([3.0, 0.0]), np.array([3.0, 1.4])
        plots.triangle(weak, student, truth, axes=axes)
        axes.set_title("Weak to Strong", fontsize=48, pad=24)
        axes.set_axis_off()
        figure.savefig(path, format="png", dpi=100, facecolor="white")
    plt.close(figure)


def map_site(app: Sphinx) -> None:
    """List the pages for search engines."""
    names = sorted(app.env.found_docs)
    lines = [f"<url><loc>{SITE}{name}.html</loc></url>" for name in names]
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    text = "\n".join([f'<urlset xmlns="{space}">', *lines, "</urlset>\n"])
    Path(app.outdir, "sitemap.xml").write_text(text, "utf8")


def notebook_of(pagename: str) -> str:
    """Return the paired notebook's path in the repository.

    >>> notebook_of("book/geometry/projections")
    'notebooks/geometry/projections.ipynb'
    """
    return "notebooks/" + pagename.removeprefix("book/") + ".ipynb"


def keep_page(app: Sphinx, doctree: object) -> None:
    """Let a page with cells that is no notebook for its readers be a page to the theme."""
    metadata = app.env.metadata[app.env.docname]
    if metadata.get("notebook") == "False":
        del metadata["kernelspec"]


def relink(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Point a page's launch and download buttons to its notebook."""
    notebook = notebook_of(pagename)
    offered = Path(app.outdir, "_sources", f"{pagename}.ipynb")
    for group in context.get("header_buttons", []):
        if group.get("label") == "launch-buttons":
            shutil.copy(Path(app.srcdir, notebook), offered)
            for button in group["buttons"]:
                button["url"] = button["url"].replace(f"{pagename}.md", notebook)


class HoldTogether(SphinxPostTransform):
    """Keep a short formula and what closes it on one line, and a number and its percent sign."""

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Put the former into an element without breaks, and such a space between the latter."""
        for math in list(self.document.findall(nodes.math)):
            after = math.next_node(descend=False, siblings=True)
            said = after.astext() if isinstance(after, nodes.Text) else ""
            closing = CLOSING.match(said)
            if closing and len(math.astext()) <= SHORT:
                around, where = math.parent, math.parent.index(math)
                held = nodes.inline("", "", math, nodes.Text(closing[0]), classes=["held"])
                around[where : where + 2] = [held, nodes.Text(said[closing.end() :])]
        for text in list(self.document.findall(nodes.Text)):
            if PERCENT.search(text) and not isinstance(text.parent, VERBATIM):
                text.parent.replace(text, nodes.Text(PERCENT.sub("\N{NO-BREAK SPACE}", text)))


def refresh(app: Sphinx, error: Exception | None) -> None:
    """Copy static files where no page changed, which is where Sphinx leaves them as they were."""
    builder = app.builder
    if error or not isinstance(builder, StandaloneHTMLBuilder):
        return
    if not hasattr(builder, "globalcontext"):  # nothing was written
        builder.prepare_writing(set())
        builder.copy_static_files()
    map_site(app)
    for page in Path(app.outdir).rglob("*.html"):
        before = page.read_text("utf8")
        after = UNUSED.sub("", before).replace(NAMELESS, NAMED)
        after = stamped(after, Path(app.outdir, "_static"))
        if after != before:
            page.write_text(after, "utf8")


def stamped(html: str, static: Path) -> str:
    """Return the page asking for the static files that there are, by a checksum of each.

    A page that was written before a style sheet changed asks for the old one, which a browser has.
    """

    def ask(match: re.Match[str]) -> str:
        file = static / match[1]
        return f"{match[1]}?v={zlib.crc32(file.read_bytes()):08x}" if file.is_file() else match[0]

    return STATIC.sub(ask, html)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_post_transform(HoldTogether)
    app.connect("config-inited", prepare)
    app.connect("doctree-read", keep_page, priority=900)
    app.connect("html-page-context", relink, priority=900)
    app.connect("build-finished", refresh)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
