"""Run a chapter's cells in a kernel, and count what that took.

A script that the kernel runs before the first cell writes at its end how many programs the cells
asked for, how many of them the folder of compiled programs held, and what else they used.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbformat import NotebookNode

import compiled

WATCH = Path(__file__).parent / "watch_kernel.py"


@contextmanager
def watched(root: Path) -> Iterator[tuple[dict[str, str], Path]]:
    """Give the environment of a kernel that is watched, and the file that it will write."""
    with tempfile.TemporaryDirectory() as folder:
        startup = Path(folder, "profile_default", "startup")
        startup.mkdir(parents=True)
        (startup / WATCH.name).write_text(WATCH.read_text("utf8"), "utf8")
        spent = Path(folder, "spent.json")
        yield {"IPYTHONDIR": folder, "W2S_SPENT": str(spent), "W2S_ROOT": str(root)}, spent


def execute(
    notebook: NotebookNode, folder: Path, root: Path, timeout: int, cache: Path | None
) -> dict[str, Any]:
    """Run a notebook's cells in place.

    Args:
        notebook: gets its outputs.
        folder: where the kernel runs.
        root: of the checkout.
        timeout: seconds that a cell may take.
        cache: the folder of compiled programs; None to compile all of them.

    Returns:
        Seconds by the clock and of the processor, programs asked for and found, files of
        the checkout used, those of modules among them.

    Raises:
        CellExecutionError: a cell failed.
        CellTimeoutError: a cell took too long.
    """
    with watched(root) as (watching, spent):
        environment = os.environ | watching | (compiled.environment(cache) if cache else {})
        client = NotebookClient(
            notebook,
            timeout=timeout,
            record_timing=False,  # else the cells are others to the cache
            store_widget_state=False,  # no page of this book uses it
            resources={"metadata": {"path": str(folder)}},
            extra_arguments=["--IPKernelApp.log_level=ERROR"],  # it warns of every local kernel
        )
        start = time.perf_counter()
        client.execute(env=environment)
        seconds = round(time.perf_counter() - start, 2)
        return {"execution_seconds": seconds} | json.loads(spent.read_text("utf8"))
