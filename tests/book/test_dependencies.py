"""What a chapter's outputs depend on: what its runs used, each file of it noted by the kernel."""

import functools
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_cache import get_cache
from visits import ROOT

import dependencies
import kernels
import keyed_cache
import pair

CHAPTERS = [p for p in sorted((ROOT / "book").rglob("*.md")) if pair.has_code(p)]
NAMES = [p.relative_to(ROOT).with_suffix("").as_posix() for p in CHAPTERS]
IMPORT = re.compile(r"^ *(?:from|import) (w2s_jax[\w.]*)", re.M)
RECORD = re.compile(r"\brecorded\(\"([\w-]+)\"\)")
FILES = {
    "src/toy/__init__.py": "from toy import heads",
    "src/toy/heads.py": "from pathlib import Path\nSTYLE = Path(__file__).with_name('a.mplstyle')",
    "src/toy/other.py": "",
    "src/toy/a.mplstyle": "one",
    "src/toy/drag.js": "one",
    "results/figure.json": "{}",
    "results/other.json": "{}",
    "requirements.txt": "jax==1",
}
CELLS = """import sys
sys.path.insert(0, "../src")
import toy
toy.heads.STYLE.read_text(), toy.heads.STYLE.with_name("drag.js").read_text()
open("../results/figure.json").close()
"""
USED = ["results/figure.json", "src/toy/__init__.py", "src/toy/a.mplstyle", "src/toy/heads.py"]


@pytest.fixture
def small(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "book").mkdir()
    return tmp_path


def chapter(cell: str) -> str:
    head = "---\nkernelspec: {name: python3, display_name: Python 3}\n---"
    return f"{head}\n# T\n\n```{{code-cell}}\n{cell}\n```\n"


def noted(root: Path, cells: str = CELLS, data: tuple = ()) -> Path:
    return dependencies.notes(root, chapter(cells), data)


def key(root: Path, cells: str = CELLS, data: tuple = ()) -> str:
    """The key in another process, which finds the files as they are now."""
    dependencies.snapshot.cache_clear()
    dependencies.stubs.cache_clear()
    return dependencies.key(root, noted(root, cells, data))


def used(root: Path, cells: str) -> set[str]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cells)])
    spent = kernels.execute(notebook, root / "book", root, 60, None)
    return set(spent["used"]) & set(dependencies.snapshot(root))


def test_a_kernel_notes_modules_and_files(small):
    assert used(small, CELLS) == set(USED)
    assert used(small, CELLS) == set(USED)  # from what Python compiled before
    look = "from pathlib import Path\nlist(Path('../results').glob('*.json'))"
    assert used(small, look) == {"results"}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("src/toy/__init__.py", True),
        ("src/toy/a.mplstyle", True),
        ("results/figure.json", True),
        ("requirements.txt", True),
        ("results/other.json", False),
        ("results/new.json", False),
        ("src/toy/other.py", False),
        ("src/toy/drag.js", False),
    ],
)
def test_a_chapter_has_another_key_when_what_it_used_changed(small, name, other):
    new = key(small)
    dependencies.note(small, noted(small), [*USED, "src/toy/drag.js"])
    before = key(small)
    assert before == key(small) != new  # and never twice
    text = (small / name).read_text() if (small / name).exists() else None
    (small / name).write_text("changed")
    assert (key(small) == before) is not other
    if text is not None:  # another branch, and back
        dependencies.note(small, noted(small), USED)
        (small / name).write_text(text)
        assert key(small) == before


@pytest.mark.parametrize(
    ("stub", "other"),
    [
        ("from .heads import (\n    fit as fit,\n)\nfrom .other import new as new\n", False),
        ("from .heads import (\n    fit as fit,\n)\n\n", False),
        ("from .other import fit as fit\n", True),
        ("from .heads import fit as fit, more as more\n", True),
        ("", True),
    ],
)
def test_a_stub_counts_as_far_as_it_names_what_was_used(small, stub, other):
    lazy = small / "src/toy/__init__.pyi"
    lazy.write_text("from .heads import (\n    fit as fit,\n)\n")
    key(small)
    dependencies.note(small, noted(small), [*USED, "src/toy/__init__.pyi"])
    before = key(small)
    lazy.write_text(stub)
    assert (key(small) != before) is other


def test_a_chapter_uses_its_own_pictures_alone():
    every = {f"src/w2s_jax/{p.parent.name}/{p.name}" for p in ROOT.glob("src/w2s_jax/plots/_*.py")}
    drawn = {name: every & set(executed(name)["used"]) for name in NAMES}
    assert max(map(len, drawn.values())) < len(every) / 2


def test_a_chapter_that_lists_the_records_has_another_key_with_one_more(small):
    new = key(small)
    dependencies.note(small, noted(small), ["results"])
    assert key(small) != new
    (small / "results/new.json").write_text("{}")
    assert key(small) == new


def test_other_cells_or_data_are_another_chapter(small):
    others = (CELLS + "1", ()), (CELLS, (("esol", True),)), (CELLS, (("esol", False),))
    before = [key(small), *(key(small, *other) for other in others)]
    assert len(set(before)) == 4
    dependencies.note(small, noted(small), USED)
    assert [key(small, *other) for other in others] == before[1:]
    assert key(small) != before[0]


def test_a_file_that_is_saved_during_a_run_is_noted_as_it_was(small):
    new = key(small)
    (small / "src/toy/heads.py").write_text("saved")
    dependencies.note(small, noted(small), USED)
    assert key(small) == new


@functools.cache
def all_runs() -> list:
    """Every run that is kept; the data base is closed again, as Python 3.13 asks."""
    cache = get_cache(ROOT / "_build" / "cache")
    try:
        return cache.list_cache_records()
    finally:
        cache.db.dispose()


def executed(name: str) -> dict:
    """What the run behind a built chapter's outputs used."""
    runs = [run for run in all_runs() if str(run.uri).endswith(f"{name}.md")]
    if not runs:
        pytest.fail(f"{name} was never run here: run make book.")
    latest: Any = max(runs, key=lambda run: str(run.created))
    return latest.data


def module(name: str) -> str:
    path = "src/" + name.replace(".", "/")
    return f"{path}/__init__.py" if (ROOT / path).is_dir() else f"{path}.py"


@pytest.mark.parametrize("name", NAMES)
def test_what_a_chapter_names_is_among_what_its_run_used(name):
    text = "\n".join(m[0] for m in dependencies.CELL.finditer((ROOT / f"{name}.md").read_text()))
    named = {module(each) for each in IMPORT.findall(text)}
    named |= {f"results/{each}.json" for each in RECORD.findall(text)}
    assert named <= set(executed(name)["used"])


def test_a_run_was_watched():
    spent = executed("book/geometry/what-is-weak-to-strong")
    assert spent["programs"] > 0
    assert spent["cpu_seconds"] > 1
    assert {module("w2s_jax.report"), "src/w2s_jax/plots/w2s.mplstyle"} <= set(spent["used"])


def test_a_key_keeps_the_lines_of_its_page():
    for path in CHAPTERS:
        text = path.read_text("utf8")
        marked = keyed_cache.mark(text, "0123")
        assert marked.count("(0123)") == 1
        assert len(marked.splitlines()) == len(text.splitlines())
