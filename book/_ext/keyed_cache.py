"""A notebook cache that knows more than the cells.

jupyter-cache compares cells alone. The cache folder is therefore named after everything else that
an output depends on: the package, the recorded results, the lock, Python and the reachable data.
"""

import hashlib
import os
import platform
import shutil
from pathlib import Path

from sphinx.application import Sphinx

import front_matter
from data_needed import unreachable

INPUTS = ("src/w2s_jax", "results", "requirements.txt")


def files(root: Path) -> list[Path]:
    """List the files that every output depends on."""
    found = [root / name for name in INPUTS if (root / name).is_file()]
    for name in INPUTS:
        found += [p for p in (root / name).rglob("*") if p.is_file() and p.suffix != ".pyc"]
    return sorted(found)


def data_names(root: Path) -> list[str]:
    """List the data sets that the chapters name."""
    chapters = sorted((root / "book").rglob("*.md"))
    matters = [front_matter.split(p.read_text("utf8"))[0] for p in chapters]
    return sorted({name for matter in matters for name in matter.get("data", [])})


def key(root: Path, reachable: list[str]) -> str:
    """Return the name of the cache folder for this state of the checkout."""
    digest = hashlib.sha256(repr((platform.python_version(), platform.machine())).encode())
    digest.update(repr((reachable, os.environ.get("W2S_DATA_DIR"))).encode())
    for path in files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def choose(app: Sphinx, config) -> None:
    """Set the cache folder and remove those of other states."""
    root = Path(app.srcdir)
    caches = root / "_build" / "cache"
    reachable = [name for name in data_names(root) if unreachable(name) is None]
    chosen = caches / key(root, reachable)
    for old in caches.glob("*"):
        if old != chosen:
            shutil.rmtree(old, ignore_errors=True)
    config.nb_execution_cache_path = str(chosen)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("config-inited", choose)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
