"""What the outputs of a chapter depend on: modules, the files beside them, records, data, the lock.

Everything is read from the sources, nothing is imported. A chapter depends on the modules that its
cells import, on those that they import in turn, and on the files that any of them names.
"""

import ast
import functools
import hashlib
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import jupytext

PACKAGE = "w2s_jax"
MAGIC = re.compile(r"^\s*[%!].*$", re.M)
ON_THE_PAGE = (".js", ".css")  # a page loads them itself, so that no output changes with them
LOCK = "requirements.txt"
READERS = ("recorded", "recorded_rows", "provenance")


def code(chapter: str) -> str:
    r"""Return the code of a chapter's cells.

    >>> code("Text\n\n```{code-cell}\n:tags: [x]\n%matplotlib inline\ny = 1\n```\n")
    '\ny = 1'
    """
    cells = jupytext.reads(chapter, fmt="md:myst").cells
    return "\n".join(MAGIC.sub("", cell.source) for cell in cells if cell.cell_type == "code")


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs, leaving out imports for the type checker alone."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            yield from (each for other in child.orelse for each in (other, *running(other)))
            continue
        yield child
        yield from running(child)


@dataclass(frozen=True)
class Package:
    """The modules of a package's source tree.

    Attributes:
        root: the folder that holds the package, `src`.
        results: the folder of recorded results.
    """

    root: Path
    results: Path

    @functools.cached_property
    def modules(self) -> dict[str, Path]:
        """Every module's file, by its full name."""
        found = {}
        for path in sorted((self.root / PACKAGE).rglob("*.py")):
            parts = path.relative_to(self.root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found

    @functools.cached_property
    def exports(self) -> dict[str, str]:
        """Where the names live that the package's face imports on first use."""
        tree = ast.parse(self.modules[PACKAGE].read_text("utf8"))
        lines = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        return {a.name: node.module or "" for node in lines for a in node.names}

    def named(self, tree: ast.AST, inside: str = "") -> set[str]:
        """Return the modules that some code imports; all of them where it takes the whole face."""
        found: set[str] = set()
        for node in running(tree):
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names if _is_ours(alias.name)}
                found |= set(self.modules) if PACKAGE in names else names
            elif isinstance(node, ast.ImportFrom):
                found |= self._imported(node, inside)
        return {name for each in found for name in _upward(each) if name in self.modules}

    def _imported(self, node: ast.ImportFrom, inside: str) -> set[str]:
        home = node.module or ""
        if node.level:
            above = inside.split(".")[: len(inside.split(".")) - node.level + 1]
            home = ".".join([*above, *([node.module] if node.module else [])])
        if not _is_ours(home):
            return set()
        if any(alias.name == "*" for alias in node.names):
            return set(self.modules) if home == PACKAGE else {home}
        parts = (f"{home}.{alias.name}" for alias in node.names)
        if home != PACKAGE:
            return {home, *(part for part in parts if part in self.modules)}
        lazy = (self.exports.get(alias.name, home) for alias in node.names)
        return {
            part if part in self.modules else other for part, other in zip(parts, lazy, strict=True)
        }

    def closure(self, tree: ast.AST) -> set[str]:
        """Return the modules that some code imports, and those that they import, and so on."""
        found, new = set(), self.named(tree)
        while new:
            found |= new
            new = {name for each in new for name in self._imports[each]} - found
        return found

    @functools.cached_property
    def _imports(self) -> dict[str, set[str]]:
        # The face imports on first use, what is asked of it.
        return {
            name: set() if name == PACKAGE else self.named(self._trees[name], _room(name, path))
            for name, path in self.modules.items()
        }

    @functools.cached_property
    def _trees(self) -> dict[str, ast.Module]:
        return {name: ast.parse(path.read_text("utf8")) for name, path in self.modules.items()}

    def files(self, tree: ast.AST) -> set[Path]:
        """Return all files of the checkout that the outputs of some code depend on."""
        modules = self.closure(tree)
        found = {self.modules[name] for name in modules}
        for name in modules:
            found |= self._beside(self.modules[name], self._trees[name])
            found |= self._records(self._trees[name], calls_only=True)
        return found | self._records(tree, calls_only=False)

    def _beside(self, path: Path, tree: ast.AST) -> set[Path]:
        found: set[Path] = set()
        for text in _strings(tree):
            if re.fullmatch(r"[\w.-]*\w[\w.-]*", text) and (path.parent / text).exists():
                place = path.parent / text
                if not (place / "__init__.py").is_file():  # a folder of modules is no file of one
                    found |= set(place.rglob("*")) if place.is_dir() else {place}
        code_or_page = (".py", ".pyc", *ON_THE_PAGE)
        return {each for each in found if each.is_file() and each.suffix not in code_or_page}

    def _records(self, tree: ast.AST, *, calls_only: bool) -> set[Path]:
        """Return the records that code names; all of them where it puts a name together."""
        known = {path.stem: path for path in self.results.glob("*.json")}
        nodes = list(running(tree))
        calls = [n for n in nodes if isinstance(n, ast.Call) and _last(n.func) in READERS]
        asked = [argument for call in calls for argument in call.args]
        if any(isinstance(argument, ast.JoinedStr | ast.BinOp) for argument in asked):
            return set(known.values())
        places = asked if calls_only else [tree]
        return {known[text] for place in places for text in _strings(place) if text in known}


def key(chapter: str, package: Package, reachable: Iterable[tuple[str, bool]], lock: Path) -> str:
    """Return a digest of everything but the cells that a chapter's outputs depend on.

    Args:
        chapter: its text.
        package: what it imports from.
        reachable: the data sets that it names, and whether each can be had.
        lock: the file of pinned versions.
    """
    digest = hashlib.sha256(repr((platform.python_version(), platform.machine())).encode())
    digest.update(repr(sorted(reachable)).encode())
    top = package.root.parent
    for path in sorted({*package.files(ast.parse(code(chapter))), lock}):
        digest.update(path.relative_to(top).as_posix().encode() + b"\0")
        digest.update(_content(path, path.stat().st_mtime_ns))
    return digest.hexdigest()[:16]


@functools.cache
def _content(path: Path, changed: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _is_ours(name: str) -> bool:
    return name.split(".")[0] == PACKAGE


def _upward(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _room(name: str, path: Path) -> str:
    return name if path.name == "__init__.py" else name.rpartition(".")[0]


def _last(call: ast.expr) -> str:
    return ast.unparse(call).rpartition(".")[2]


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
