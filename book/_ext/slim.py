"""After the build: take out what no page of this book uses, and name the present style sheets."""

import re
import zlib
from pathlib import Path

from sphinx.application import Sphinx

# The style sheet's web font draws every icon; the script (530 KB) draws them a second time.
ICONS = re.compile(r"\s*<(?:script|link)\b[^>]*scripts/fontawesome\.js[^>]*>(?:</script>)?")
WIDGET_STATE = re.compile(
    r'\s*<script type="application/vnd\.jupyter\.widget-state\+json">.*?</script>', re.DOTALL
)
VIEWPORT = re.compile(r'\s*<meta name="viewport"[^>]*>')
# A list whose items have another role is no list to a screen reader.
ROLES = re.compile(r'(?<=<div) role="list"(?= class="citation-list")| role="doc-biblioentry"')

STATIC = re.compile(r"(?<=_static/)([\w./-]+)\?v=[0-9a-f]{8}")


def stamped(html: str, static: Path) -> str:
    """Return the page asking for the static files that there are, by a checksum of each.

    A page that was written before a style sheet changed asks for the old one, which a browser has.
    """

    def ask(match: re.Match[str]) -> str:
        file = static / match[1]
        return f"{match[1]}?v={zlib.crc32(file.read_bytes()):08x}" if file.is_file() else match[0]

    return STATIC.sub(ask, html)


def slim(html: str) -> str:
    """Return the page without icon script, widget states, wrong roles and second viewport."""
    html = ROLES.sub("", WIDGET_STATE.sub("", ICONS.sub("", html)))
    first = VIEWPORT.search(html)
    if first is None:
        return html
    return html[: first.end()] + VIEWPORT.sub("", html[first.end() :])


def finish(app: Sphinx, error: Exception | None) -> None:
    """Rewrite every page of a finished build."""
    if error or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        before = page.read_text("utf8")
        after = stamped(slim(before), Path(app.outdir, "_static"))
        if after != before:
            page.write_text(after, "utf8")


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
