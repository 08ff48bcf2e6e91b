"""The cells that a notebook has before its chapter's own: get the package, ask for the data."""

import re
from collections.abc import Sequence

from addresses import requirement

INSTALL = """# On Colab, install the book's package; elsewhere, see that it is there.
import sys
from importlib.util import find_spec

package = "{package}"
modules = [{modules}]
missing = [name for name in modules if find_spec(name) is None]
if missing and "google.colab" in sys.modules:
    %pip install "$package"
    if _exit_code:
        raise SystemExit(
            "The package could not be installed; the lines above say why. "
            "Run this cell again, or first Runtime > Disconnect and "
            "delete runtime."
        )
elif missing:
    raise SystemExit(
        f'First install the package: pip install "{{package}}"'
    )"""
DATA = """# Where a data set cannot be had, the cells that need it say so,
# and the record stands.
from w2s_jax.data import skip_without

skip_without({names}, record="results/{record}.json")"""
# Extra of the package: what a chapter imports that needs it, and a module by which to see it there.
EXTRAS = {
    "molecules": (re.compile(r"\b(?:w2s_jax\.molecules|rdkit)\b"), "rdkit"),
    "text": (re.compile(r"\bw2s_jax\.text\b"), "tokenizers"),
}


def first_cells(code: Sequence[str], data: Sequence[str] = (), record: str = "") -> list[str]:
    """Return the first cells of a notebook.

    Args:
        code: the sources of the chapter's cells; an extra is installed only where they need it.
        data: the data sets that the chapter names.
        record: the name of the record that stands in for them.

    >>> (install,) = first_cells(["from w2s_jax.heads import fit_head"])
    >>> "rdkit" in install
    False
    >>> "tokenizers" in first_cells(["from w2s_jax.text import fit_tfidf"])[0]
    True
    >>> len(first_cells(["from w2s_jax.molecules import flatten"], ["esol"], "qsar"))
    2
    """
    extras = [name for name, (needs, _) in EXTRAS.items() if any(map(needs.search, code))]
    modules = ["w2s_jax", "anywidget", *(EXTRAS[name][1] for name in extras)]
    named = ", ".join(f'"{name}"' for name in modules)
    cells = [INSTALL.format(package=requirement("reader", *extras), modules=named)]
    if data:
        names = ", ".join(f'"{name}"' for name in data)
        cells.append(DATA.format(names=names, record=record))
    return cells


def marked(source: str, data: Sequence[str]) -> str:
    r"""Return a cell that is skipped without its data sets.

    >>> marked("load()", ["esol", "lipop"])
    '# needs data: esol, lipop\nload()'
    """
    return f"# needs data: {', '.join(data)}\n{source}"
