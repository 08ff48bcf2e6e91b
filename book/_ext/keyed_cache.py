"""A notebook cache that knows more than the cells, and pages that are read again when they must.

jupyter-cache compares the cells and the kernel's name alone. A key of everything else that a
chapter's outputs depend on (`dependencies`) is therefore written into the kernel's name, where the
cache meets it. Other states of the checkout stay in the cache: switching branches runs nothing.
"""

import re
from pathlib import Path

from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import coursework
import dependencies
import front_matter
from data_needed import unreachable

KEPT = 600  # executed chapters, about forty states of the book
KERNEL = re.compile(r"(\bdisplay_name: )[\"']?(Python 3)[\"']?", re.M)
# These read the package and the records while the page is read.
LIVE = re.compile(r"^```\{api-reference\}|^api_links: true", re.M)


def mark(text: str, key: str) -> str:
    r"""Write a key into the front matter, on a line that is there.

    >>> mark("---\nkernelspec: {name: python3, display_name: Python 3}\n---\n# Text\n", "ab")
    '---\nkernelspec: {name: python3, display_name: "Python 3 (ab)"}\n---\n# Text\n'
    """
    matter = front_matter.BLOCK.match(text)
    if matter is None:
        return text
    return KERNEL.sub(rf'\1"\2 ({key})"', text[: matter.end()], count=1) + text[matter.end() :]


def notes(root: Path, text: str) -> Path:
    """Return the file that lists what the runs of a page's cells used."""
    named = front_matter.split(text)[0].get("data", [])
    text = coursework.as_read(text)  # what a page does not run changes no run
    return dependencies.notes(root, text, [(name, unreachable(name) is None) for name in named])


def key(root: Path, text: str) -> str:
    """Return what a page depends on beside its text, or "" where that is nothing."""
    if LIVE.search(text):
        return dependencies.digest(dependencies.snapshot(root))
    return dependencies.key(root, notes(root, text)) if "{code-cell}" in text else ""


def note(app: Sphinx, docname: str, used: list[str]) -> None:
    """Note what the run of a page used."""
    text = Path(app.env.doc2path(docname)).read_text("utf8")
    dependencies.note(root := Path(app.srcdir), notes(root, text), used)


def read(app: Sphinx, docname: str, source: list[str]) -> None:
    """Mark a page as it is read, and remember its key."""
    found = key(Path(app.srcdir), source[0])
    known(app.env)[docname] = "not run" if docname in unrun(app.env) else found
    source[0] = mark(source[0], found)


def known(env: BuildEnvironment) -> dict[str, str]:
    """Return the keys of the pages as they were last read."""
    return vars(env).setdefault("w2s_keys", {})


def unrun(env: BuildEnvironment) -> list[str]:
    """Return the pages that this build reads without running their cells."""
    return vars(env).setdefault("w2s_unrun", [])


def labels(env: BuildEnvironment) -> str:
    """Return a digest of what pages can refer to on one another."""
    titles = {name: title.astext() for name, title in env.titles.items()}
    standard, python = env.get_domain("std").data, env.get_domain("py").data
    known = (*(standard[part] for part in ("labels", "anonlabels", "objects")), python["objects"])
    return dependencies.digest(*(sorted(each.items(), key=repr) for each in (titles, *known)))


def rewritten(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """List the pages to write again: all of them, checked, where a label came, went or moved."""
    before, now = vars(env).get("w2s_labels"), labels(env)
    vars(env)["w2s_labels"] = now
    return [] if before == now else sorted(env.found_docs)


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """List the pages whose text stayed while what it depends on changed."""

    def now(docname: str) -> str:
        return key(Path(app.srcdir), Path(env.doc2path(docname)).read_text("utf8"))

    old = sorted(env.found_docs - added - changed)
    return [docname for docname in old if known(env).get(docname) != now(docname)]


def prepare(app: Sphinx, config) -> None:
    """Set the cache's folder and how much it keeps."""
    config.nb_execution_cache_path = str(Path(app.srcdir, "_build", "cache"))
    get_cache(config.nb_execution_cache_path).change_cache_limit(KEPT)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("config-inited", prepare)
    app.connect("env-get-outdated", outdated)
    app.connect("env-updated", rewritten)
    app.connect("source-read", read, priority=100)  # of the page as it was written
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
