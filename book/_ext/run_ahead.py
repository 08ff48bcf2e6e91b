"""Run the chapters that the cache lacks side by side, before Sphinx reads them one by one.

Sphinx would run them in turn, on one core, and stop at the first that fails.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

import compiled
import kernels
import keyed_cache

LOG = logging.getLogger(__name__)


def notebook(app: Sphinx, env: Any, docname: str) -> NotebookNode | None:
    """Read a page as Sphinx will, or return None where it holds no cells."""
    path = env.doc2path(docname)
    source = [Path(path).read_text("utf8")]
    app.emit("source-read", docname, source)
    reader = create_nb_reader(path, env.myst_config, env.mystnb_config, source[0])
    return reader.read(source[0]) if reader else None


def lacking(app: Sphinx, env: Any, docnames: list[str]) -> dict[str, NotebookNode]:
    """Return the chapters among some pages that no cached run answers for."""
    cache = get_cache(app.config.nb_execution_cache_path)
    found = {}
    for docname in docnames:
        cells = notebook(app, env, docname)
        if cells is not None:
            with suppress(KeyError):
                cache.match_cache_notebook(cells)
                continue
            found[docname] = cells
    return found


def narrow(app: Sphinx, env: Any, docnames: list[str]) -> list[str]:
    """Leave the pages that one chapter's build needs; return those whose cells are not to run.

    The others stay as they were last read; a page that never was gives its title and labels.
    """
    chapter = app.config.w2s_chapter
    if not chapter:
        return []
    docnames[:] = [name for name in docnames if name == chapter or name not in env.all_docs]
    unrun = list(lacking(app, env, [name for name in docnames if name != chapter]))
    paths = [Path(env.doc2path(name)).as_posix() for name in unrun]
    env.mystnb_config = env.mystnb_config.copy(execution_excludepatterns=paths)
    app.config.suppress_warnings.append("myst-nb.lexer")  # a language is known from the run
    return unrun


def run(app: Sphinx, env: Any, docnames: list[str]) -> None:
    """Run what is missing and put it into the cache."""
    unrun = narrow(app, env, docnames)
    keyed_cache.unrun(env)[:] = unrun
    missing = lacking(app, env, [name for name in docnames if name not in unrun])
    cache = get_cache(app.config.nb_execution_cache_path)

    def execute(docname: str) -> dict[str, Any] | Exception:
        cells = missing[docname]
        root = Path(app.srcdir)
        # A chapter that shows how long compiling takes must compile.
        anew = cells.metadata.get("compiles_anew", False)
        kept = None if anew else compiled.compilation_cache(root)
        folder = Path(env.doc2path(docname)).parent
        timeout = app.config.nb_execution_timeout
        try:
            return kernels.execute(cells, folder, root, timeout, kept)
        except (CellExecutionError, CellTimeoutError) as error:
            return error

    if missing:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # waiting threads would fight for cores
        LOG.info("running %d chapters: %s", len(missing), ", ".join(missing))
    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for docname, spent in zip(missing, pool.map(execute, missing), strict=True):
            if isinstance(spent, Exception):
                LOG.error("a cell failed:\n%s", spent, location=docname)
                failed.append(docname)
                continue
            LOG.info("ran %s in %.0f CPU seconds", docname, spent["cpu_seconds"])
            ran = missing[docname]
            keyed_cache.note(app, docname, spent["used"])
            again = notebook(app, env, docname)  # by the key that is known now
            assert again is not None
            ran.metadata["kernelspec"] = again.metadata["kernelspec"]
            bundle = CacheBundleIn(ran, env.doc2path(docname), data=spent)
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    if failed:
        raise ExtensionError(f"{len(failed)} chapters failed: {', '.join(failed)}")


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_config_value("w2s_chapter", "", "", str)
    app.connect("env-before-read-docs", run)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
