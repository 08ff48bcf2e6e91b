"""What the outputs of a chapter depend on: what its runs used, as their kernels noted it.

A run would end as an earlier one of the same cells did where every module, record and other file
of the checkout that the earlier one used is as it was, and so are Python, the lock and the data.
A room's stub counts as far as it names modules that the run used.
"""

import ast
import functools
import hashlib
import json
import platform
import re
from collections.abc import Iterable
from pathlib import Path

CELL = re.compile(r"^(`{3,}|:{3,})\{code-cell\}.*?^\1\s*$", re.DOTALL | re.MULTILINE)
LOCK = "requirements.txt"
ON_THE_PAGE = (".js", ".css")  # a page loads them itself, so that no output changes with them
KEPT = 40  # runs of the same cells


def digest(*parts: object) -> str:
    """Return a short name for anything that prints the same every time."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@functools.cache
def snapshot(root: Path) -> dict[str, str]:
    """Return a digest of each file of the package and the records, as this process found them."""
    files = (p for folder in ("src", "results") for p in sorted((root / folder).rglob("*")))
    kept = [p for p in files if p.is_file() and p.suffix not in (".pyc", *ON_THE_PAGE)]
    found = {p.relative_to(root).as_posix(): digest(p.read_bytes()) for p in kept}
    return found | {"results": digest([name for name in found if name.startswith("results/")])}


@functools.cache
def stubs(root: Path) -> dict[str, list[tuple[str, str]]]:
    """Return, for each stub of names imported on first use, the names and whose file each is in."""

    def exports(stub: Path) -> list[tuple[str, str]]:
        lines = [n for n in ast.parse(stub.read_text("utf8")).body if isinstance(n, ast.ImportFrom)]
        named = [(alias.name, line.module or alias.name) for line in lines for alias in line.names]
        return [(name, file(stub.parent / module.replace(".", "/"))) for name, module in named]

    def file(module: Path) -> str:
        path = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
        return path.relative_to(root).as_posix()

    found = sorted((root / "src").rglob("*.pyi"))
    return {stub.relative_to(root).as_posix(): exports(stub) for stub in found}


def _now(root: Path, used: Iterable[str]) -> dict[str, str | None]:
    """Return the digests of files as they were found, those of stubs of what else is among them."""
    files, among = snapshot(root), set(used)
    named = {
        stub: digest(sorted(export for export in exports if export[1] in among))
        for stub, exports in stubs(root).items()
    }
    return {name: (files | named).get(name) for name in among}


def notes(root: Path, chapter: str, reachable: Iterable[tuple[str, bool]]) -> Path:
    """Return the file that lists what the runs of a chapter's cells used.

    Args:
        root: of the checkout.
        chapter: its text.
        reachable: the data sets that it names, and whether each can be had.
    """
    cells = [match[0] for match in CELL.finditer(chapter)]
    here = platform.python_version(), platform.machine(), (root / LOCK).read_bytes()
    return root / "_build" / "runs" / f"{digest(cells, here, sorted(reachable))}.json"


def _runs(path: Path) -> list[dict[str, str]]:
    return json.loads(path.read_text("utf8")) if path.is_file() else []


def key(root: Path, path: Path) -> str:
    """Return the name of the noted run that would end as one now, or of a new one."""
    _now(root, ())  # files are noted as they are before the first run
    same = (run for run in _runs(path) if _now(root, run) == run)
    return digest(path.stem, next(same, "new"))


def note(root: Path, path: Path, used: Iterable[str]) -> None:
    """Note what a run used, as it was when this process began."""
    run = {name: had for name, had in sorted(_now(root, used).items()) if had}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([run, *_runs(path)][:KEPT], indent=1), "utf8")
