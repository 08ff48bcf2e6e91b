"""Launch and download buttons lead to the paired notebook in notebooks/."""

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

LOG = logging.getLogger(__name__)


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
    """Point a page's launch buttons to its notebook."""
    notebook = notebook_of(pagename)
    for group in context.get("header_buttons", []):
        if group.get("label") != "launch-buttons":
            continue
        if not Path(app.srcdir, notebook).is_file():
            LOG.warning("%s is missing: run make notebooks", notebook, location=pagename)
        for button in group["buttons"]:
            button["url"] = button["url"].replace(f"{pagename}.md", notebook)


def offer(app: Sphinx, error: Exception | None) -> None:
    """Put the paired notebook behind the download button."""
    sources = Path(app.outdir, "_sources")
    if error:
        return
    for built in sources.rglob("*.ipynb"):
        pagename = built.relative_to(sources).with_suffix("").as_posix()
        shutil.copy(Path(app.srcdir, notebook_of(pagename)), built)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("doctree-read", keep_page, priority=900)
    app.connect("html-page-context", relink, priority=900)
    app.connect("build-finished", offer)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
