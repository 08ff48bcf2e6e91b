"""The status page: what the book was built with, how long its chapters took, what is recorded.

Everything is read when the page is built, so that nothing on it can go stale.
"""

import json
import os
import platform
import re
from collections.abc import Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from record_tables import DASH, shown, split, table
from run_ahead import spent_on

PACKAGES = ("w2s-jax", "jax", "jaxlib", "numpy", "equinox", "jaxtyping", "matplotlib", "anywidget")
PACKAGES += ("rdkit", "jupyter-book", "Sphinx", "myst-nb")


def versions() -> list[list[str]]:
    """Return what the book was built with."""
    found = [["Python", platform.python_version()]]
    for package in PACKAGES:
        try:
            found.append([package, version(package)])
        except PackageNotFoundError:
            found.append([package, "not installed"])
    return found


def machine() -> list[list[str]]:
    """Return the hardware in general words."""
    import jax

    count = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    kinds = sorted({device.device_kind for device in jax.devices()})
    return [
        ["operating system", platform.system()],
        ["processor", f"{platform.machine()}, {count} {'core' if count == 1 else 'cores'}"],
        ["device that JAX computes on", ", ".join(kinds)],
        ["date of this build", date.today().isoformat()],
    ]


def records(folder: Path) -> dict[str, dict[str, Any]]:
    """Read the recorded results by name."""
    return {path.stem: json.loads(path.read_text("utf8")) for path in sorted(folder.glob("*.json"))}


def commit_of(made: dict[str, Any]) -> str:
    """Return a record's commit, a whole hash cut short."""
    commit = str(made.get("commit") or DASH)
    return commit[:9] if re.fullmatch("[0-9a-f]{40}", commit) else commit


def summary(folder: Path) -> list[list[str]]:
    """Return one line for each record: name, date, commit, time, rows, versions."""
    found = []
    for name, record in records(folder).items():
        made = record["provenance"]
        used = made.get("versions", {})
        cells = [shown(made.get("date")), commit_of(made), shown(made.get("seconds"))]
        given = ", ".join(f"{each} {used[each]}" for each in ("jax", "numpy") if each in used)
        found.append([name, *cells, shown(len(record["rows"])), given or DASH])
    return found


class Timings(nodes.General, nodes.Element):
    """Stands for the table of execution times until every chapter was read."""


class Status(SphinxDirective):
    """``{status} versions``, ``machine``, ``timings``, ``records`` or ``record NAME``.

    A record has one table, or one for each value of the columns in ``:by:``.
    """

    required_arguments = 1
    optional_arguments = 1
    option_spec: ClassVar = {"by": str.split}

    def run(self) -> list[nodes.Node]:
        """Return the tables."""
        results, what = Path(self.env.srcdir, "results"), self.arguments[0]
        if what == "timings":
            return [Timings()]
        if what == "versions":
            return [table(("package", "version"), versions())]
        if what == "machine":
            return [table(("what", "which"), machine())]
        if what == "records":
            head = ("record", "date", "commit", "seconds", "rows", "made with")
            return [table(head, summary(results))]
        if what != "record" or len(self.arguments) < 2:
            raise self.error(f"status knows no {' '.join(self.arguments)!r}")
        return recorded(results, self.arguments[1], self.options.get("by", []))


def recorded(folder: Path, name: str, by: Sequence[str] = ()) -> list[nodes.Node]:
    """Return the tables of one record, and under which conditions it was made."""
    record = records(folder).get(name)
    if record is None:
        words = f"This checkout holds no record of them (results/{name}.json)."
        return [nodes.paragraph("", words)]
    made = record["provenance"]
    opening = nodes.paragraph("", f"Recorded on {made.get('date', 'an unknown date')} at commit ")
    opening += nodes.literal("", commit_of(made))
    opening += nodes.Text(f", with {shown(made.get('versions') or 'unknown versions')}.")
    found: list[nodes.Node] = [opening]
    if made.get("config"):
        found.append(nodes.paragraph("", f"Settings: {shown(made['config'])}."))
    for title, head, rows in split(record["rows"], by):
        if title:
            found.append(nodes.paragraph("", "", nodes.strong("", title)))
        found.append(table(head, rows))
    return found


def timings(env: Any, docname: str) -> nodes.table:
    """Return what each chapter costs: as recorded, cold and warm, and in its last run."""
    listed = records(Path(env.srcdir, "results")).get("chapters", {"rows": []})["rows"]
    known = {row["chapter"]: row for row in listed}
    rows = []
    for page in env.toctree_includes.get(env.config.root_doc, []):
        spent = spent_on(env).get(page)
        if spent is None:
            continue
        title = env.titles[page].astext()
        where = addnodes.pending_xref(
            "", nodes.inline("", title), refdomain="std", reftype="doc", reftarget=f"/{page}",
            refdoc=docname, refexplicit=True, refwarn=True,
        )  # fmt: skip
        row = known.get(page, {})
        recorded_costs = [shown(row.get(key)) for key in ("cold_cpu_seconds", "warm_cpu_seconds")]
        asked, found = spent.get("programs", 0), spent.get("found", 0)
        last = f"{spent['cpu_seconds']:.1f}"
        rows.append([where, *recorded_costs, shown(asked), last, shown(asked - found)])
    head = ("chapter", "cold", "warm", "programs", "last run", "of them compiled")
    return table(head, rows)


class FillTimings(SphinxPostTransform):
    """Put the execution times in, once every chapter was read."""

    default_priority = 8  # before references are resolved

    def run(self, **unused: Any) -> None:
        """Replace the placeholders."""
        for place in list(self.document.findall(Timings)):
            place.replace_self(timings(self.env, self.env.docname))


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_node(Timings)
    app.add_directive("status", Status)
    app.add_post_transform(FillTimings)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
