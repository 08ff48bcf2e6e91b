"""Static files that lie outside book/web: KaTeX's style and fonts, the interactives' modules."""

import shutil
import tempfile
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def prepare(app: Sphinx, config) -> None:
    """Add both to the static paths."""
    root = Path(app.srcdir)
    dist = root / "node_modules" / "katex" / "dist"
    if not dist.is_dir():
        raise ExtensionError("node_modules/katex is missing: run make book, which installs it.")
    static = Path(tempfile.mkdtemp())
    app.connect("build-finished", lambda *_: shutil.rmtree(static, ignore_errors=True))
    (static / "katex" / "fonts").mkdir(parents=True)
    shutil.copy(dist / "katex.min.css", static / "katex")
    for font in sorted((dist / "fonts").glob("*.woff2")):
        shutil.copy(font, static / "katex" / "fonts")
    modules = root / "src" / "w2s_jax" / "widgets" / "modules"
    config.html_static_path += [str(p) for p in (static, modules) if p.is_dir()]


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("config-inited", prepare)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
