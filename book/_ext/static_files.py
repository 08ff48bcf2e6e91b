"""Static files that lie outside book/web: KaTeX's style and fonts, the interactives' modules."""

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.errors import ExtensionError


def prepare(app: Sphinx, config) -> None:
    """Add both to the static paths."""
    root = Path(app.srcdir)
    dist = root / "node_modules" / "katex" / "dist"
    if not dist.is_dir():
        raise ExtensionError("node_modules/katex is missing: run make book, which installs it.")
    static = root / "_build" / "static"  # always the same, or Sphinx would write every page anew
    (static / "katex" / "fonts").mkdir(parents=True, exist_ok=True)
    shutil.copy(dist / "katex.min.css", static / "katex")
    for font in sorted((dist / "fonts").glob("*.woff2")):
        shutil.copy(font, static / "katex" / "fonts")
    modules = root / "src" / "w2s_jax" / "widgets" / "modules"
    config.html_static_path += [str(p) for p in (static, modules) if p.is_dir()]


def refresh(app: Sphinx, error: Exception | None) -> None:
    """Copy them where no page changed, which is where Sphinx leaves them as they were."""
    builder = app.builder
    if error or not isinstance(builder, StandaloneHTMLBuilder):
        return
    if not hasattr(builder, "globalcontext"):  # nothing was written
        builder.prepare_writing(set())
        builder.copy_static_files()


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("config-inited", prepare)
    app.connect("build-finished", refresh, priority=100)  # before the pages are stamped
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
