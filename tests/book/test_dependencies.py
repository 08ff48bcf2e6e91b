"""What a chapter's outputs depend on, and that nothing which a run used is missing from it."""

import ast
from pathlib import Path
from typing import Any

import pytest
from jupyter_cache import get_cache
from visits import ROOT

import dependencies
import keyed_cache
import pair

CHAPTERS = [p for p in sorted((ROOT / "book").rglob("*.md")) if pair.has_code(p)]
NAMES = [p.relative_to(ROOT).with_suffix("").as_posix() for p in CHAPTERS]
FACE = """if TYPE_CHECKING:
    from w2s_jax import rooms
    from w2s_jax.heads import fit
"""
FILES = {
    "src/w2s_jax/__init__.py": FACE,
    "src/w2s_jax/heads/__init__.py": "from w2s_jax.heads.exact import fit",
    "src/w2s_jax/heads/exact.py": "from w2s_jax import sums",
    "src/w2s_jax/sums.py": "def late():\n    import w2s_jax.rooms",
    "src/w2s_jax/rooms.py": "STYLE = Path(__file__).parent / 'plain.mplstyle'",
    "src/w2s_jax/plain.mplstyle": "one",
    "src/w2s_jax/other.py": "from .sums import late",
    "src/w2s_jax/typed.py": "if TYPE_CHECKING:\n    from w2s_jax import other\nelse:\n    x = 1",
    "src/w2s_jax/widgets/__init__.py": "MODULES = Path(__file__).parent / 'modules'",
    "src/w2s_jax/widgets/modules/drag.js": "one",
    "src/w2s_jax/tables.py": "def rows():\n    return recorded('figure')",
    "results/figure.json": "{}",
    "results/other.json": "{}",
    "requirements.txt": "jax==1",
}
ROOMS = {"w2s_jax", "w2s_jax.rooms", "w2s_jax.sums"}
HEADS = ROOMS | {"w2s_jax.heads", "w2s_jax.heads.exact"}


@pytest.fixture
def small(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def package(root: Path) -> dependencies.Package:
    return dependencies.Package(root / "src", root / "results")


def chapter(cell: str) -> str:
    head = "---\nkernelspec: {name: python3, display_name: Python 3}\n---"
    return f"{head}\n# T\n\n```{{code-cell}}\n{cell}\n```\n"


@pytest.mark.parametrize(
    ("cell", "modules"),
    [
        ("import numpy", set()),
        ("from w2s_jax import fit", HEADS),
        ("from w2s_jax.heads.exact import fit", HEADS),
        ("from w2s_jax import rooms as r", {"w2s_jax", "w2s_jax.rooms"}),
        ("from w2s_jax.other import late", ROOMS | {"w2s_jax.other"}),
        ("def f():\n    from w2s_jax import sums", ROOMS),
        ("from w2s_jax import typed", {"w2s_jax", "w2s_jax.typed"}),
        ("%matplotlib inline\nimport w2s_jax.sums", ROOMS),
    ],
)
def test_a_chapter_depends_on_what_it_imports_and_what_that_imports(small, cell, modules):
    tree = ast.parse(dependencies.code(chapter(cell)))
    assert package(small).closure(tree) == modules


def test_a_chapter_that_takes_the_whole_package_depends_on_all_of_it(small):
    whole = package(small).closure(ast.parse("import w2s_jax"))
    assert whole == set(package(small).modules)


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("recorded('figure')", {"figure.json"}),
        ("for name in ('figure',):\n    recorded(name)", {"figure.json"}),
        ("recorded(f'fig{x}')", {"figure.json", "other.json"}),
        ("from w2s_jax import tables", {"figure.json"}),
        ("from w2s_jax import rooms", {"plain.mplstyle"}),
        ("from w2s_jax import widgets", set()),
    ],
)
def test_a_chapter_depends_on_the_files_that_are_named(small, cell, names):
    found = package(small).files(ast.parse(cell))
    assert {path.name for path in found if path.suffix != ".py"} == names


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("src/w2s_jax/sums.py", True),
        ("src/w2s_jax/rooms.py", True),
        ("src/w2s_jax/plain.mplstyle", True),
        ("requirements.txt", True),
        ("results/figure.json", True),
        ("results/other.json", False),
        ("src/w2s_jax/other.py", False),
        ("src/w2s_jax/tables.py", False),
        ("src/w2s_jax/widgets/modules/drag.js", False),
    ],
)
def test_a_chapter_has_another_key_when_what_it_depends_on_changed(small, name, other):
    text = chapter("from w2s_jax import fit, widgets\nrecorded('figure')")

    def key() -> str:
        return dependencies.key(text, package(small), [], small / "requirements.txt")

    before = key()
    assert key() == before
    with (small / name).open("a") as stream:
        stream.write("\n# changed")
    assert (key() != before) is other


def test_a_chapter_has_another_key_where_its_data_cannot_be_had(small):
    found = {
        dependencies.key(chapter("x"), package(small), data, small / "requirements.txt")
        for data in ([], [("esol", True)], [("esol", False)])
    }
    assert len(found) == 3


def executed(name: str) -> dict:
    """What the run behind a built chapter's outputs used."""
    cache = get_cache(ROOT / "_build" / "cache")
    runs = [r for r in cache.list_cache_records() if str(r.uri).endswith(f"{name}.md")]
    if not runs:
        pytest.fail(f"{name} was never run here: run make book.")
    latest: Any = max(runs, key=lambda run: str(run.created))
    return latest.data


@pytest.mark.parametrize("name", NAMES)
def test_a_run_used_nothing_that_its_key_leaves_out(name):
    text = (ROOT / f"{name}.md").read_text("utf8")
    tree = ast.parse(dependencies.code(text))
    known = package(ROOT)
    spent = executed(name)
    assert set(spent["modules"]) <= known.closure(tree)
    files = {path.relative_to(ROOT).as_posix() for path in known.files(tree)}
    used = {file for file in spent["files"] if file.startswith(("src/", "results/"))}
    ignored = (".pyc", *dependencies.ON_THE_PAGE)
    assert {file for file in used if not file.endswith(ignored)} <= files


def test_a_run_was_watched():
    spent = executed("book/geometry/what-is-weak-to-strong")
    assert spent["programs"] > 0
    assert spent["cpu_seconds"] > 1
    assert {"w2s_jax", "w2s_jax.report"} <= set(spent["modules"])
    assert "src/w2s_jax/w2s.mplstyle" in spent["files"]


def test_a_widgets_script_and_style_sheet_are_in_no_key():
    beside = {path.suffix for path in package(ROOT).files(ast.parse("from w2s_jax import widgets"))}
    assert not beside & {".js", ".css"}


def test_a_key_keeps_the_lines_of_its_page():
    for path in CHAPTERS:
        text = path.read_text("utf8")
        marked = keyed_cache.mark(text, "0123")
        assert marked.count("(0123)") == 1
        assert len(marked.splitlines()) == len(text.splitlines())
