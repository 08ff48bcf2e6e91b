"""Run the chapters that the cache lacks side by side, before Sphinx reads them one by one.

Sphinx would run them in turn, on one core. A chapter that fails is left to Sphinx, which runs it
again and reports the cell.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util import logging

LOG = logging.getLogger(__name__)


def notebook(app: Sphinx, env: Any, docname: str) -> NotebookNode | None:
    """Read a page as Sphinx will, or return None where it holds no cells."""
    path = env.doc2path(docname)
    source = [Path(path).read_text("utf8")]
    app.emit("source-read", docname, source)
    reader = create_nb_reader(path, env.myst_config, env.mystnb_config, source[0])
    return reader.read(source[0]) if reader else None


def run(app: Sphinx, env: Any, docnames: list[str]) -> None:
    """Run what is missing and put it into the cache."""
    cache = get_cache(app.config.nb_execution_cache_path)
    missing = {}
    for docname in docnames:
        cells = notebook(app, env, docname)
        if cells is not None:
            with suppress(KeyError):
                cache.match_cache_notebook(cells)
                continue
            missing[docname] = cells

    def execute(docname: str) -> tuple[str, ExecutionResult]:
        folder = str(Path(env.doc2path(docname)).parent)
        timeout = app.config.nb_execution_timeout
        return docname, single_nb_execution(missing[docname], folder, timeout, False)

    if missing:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # waiting threads would fight for cores
        LOG.info("running %d chapters: %s", len(missing), ", ".join(missing))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for docname, result in pool.map(execute, missing):
            if result.err is None:
                LOG.info("ran %s in %.0f s", docname, result.time)
                data = {"execution_seconds": result.time}
                bundle = CacheBundleIn(result.nb, env.doc2path(docname), data=data)
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("env-before-read-docs", run)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
