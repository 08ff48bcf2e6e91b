"""Chapters that list data sets in their front matter build without them, and say so.

A chapter with ``data: [esol]`` in its front matter has its code cells tagged ``needs-data`` run
only where ``w2s_jax.data.fetch("esol")`` finds the file.
"""

import functools
import json
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

import front_matter
from dependencies import CELL

LOG = logging.getLogger(__name__)
BOX = """
:::{{warning}}
The data sets could not be reached when this page was built: {missing}.
The numbers below are recorded results{recorded}; cells that need the data are shown but were not
run.
:::
"""


@functools.cache
def unreachable(name: str) -> str | None:
    """Return why a data set cannot be had, or None where it can."""
    from w2s_jax import data

    try:
        data.fetch(name)
    except data.Unavailable as error:
        LOG.info("%s cannot be reached: %s", name, error)
        return str(error)
    return None


def skip_cells(text: str) -> str:
    r"""Tag every ``needs-data`` cell to be skipped.

    >>> skip_cells("```{code-cell}\n:tags: [needs-data]\nload()\n```")
    '```{code-cell}\n:tags: [needs-data, skip-execution]\nload()\n```'
    """
    return CELL.sub(lambda m: _tag(m[0]), text)


def _tag(cell: str) -> str:
    cell = re.sub(r"^( *- )needs-data$", r"\1needs-data\n\1skip-execution", cell, flags=re.M)
    flow = re.compile(r"^(:?tags: *\[[^\]\n]*\bneeds-data\b)", re.M)
    return flow.sub(r"\1, skip-execution", cell, count=1)


def recorded(results: Path) -> str:
    """Return where recorded results come from, as words within the box."""
    if not results.is_file():
        return ""
    made = json.loads(results.read_text("utf8"))["provenance"]
    return f" (`results/{results.name}`, {made['date']}, commit `{str(made['commit'])[:9]}`)"


def box_below_title(text: str, box: str) -> str:
    r"""Insert the box below the chapter's title.

    >>> box_below_title("# Title\nText\n", "BOX")
    '# Title\nBOX\nText\n'
    """
    return re.sub(r"^# .*$", lambda m: f"{m[0]}\n{box}", text, count=1, flags=re.M)


def read(app: Sphinx, docname: str, source: list[str]) -> None:
    """Adapt a chapter whose data cannot be reached."""
    matter, _ = front_matter.split(source[0])
    missing = [name for name in matter.get("data", []) if unreachable(name)]
    if not missing:
        return
    results = Path(app.srcdir, "results", f"{matter.get('results', 'supervisors')}.json")
    box = BOX.format(missing=", ".join(missing), recorded=recorded(results))
    source[0] = box_below_title(skip_cells(source[0]), box)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("source-read", read)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
