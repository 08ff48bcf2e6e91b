"""After the build: take out what no page of this book uses."""

import re
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
        after = slim(before)
        if after != before:
            page.write_text(after, "utf8")


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
