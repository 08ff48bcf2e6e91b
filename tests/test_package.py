import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import statistics
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import jaxtyping
import numpy as np
import pytest

import rooms
import w2s_jax

ROOT = Path(w2s_jax.__file__).parent
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(w2s_jax.__path__, prefix="w2s_jax.")
)
FILES = sorted(ROOT.rglob("*.py"))

# Each room imports only rooms to its left: what a room may take from the package.
# command lines, the door, what is missing: all rooms stand on them
LOWEST = {"_arguments", "_extras", "arrays"}
ROOMS = {
    "_arguments": set(),
    "_extras": set(),
    "arrays": {"arrays"},
    "files": {"files"},
    "representations": {"representations", "files"},
    "divergences": {"divergences"},
    "quadratics": {"quadratics"},
    "sets": {"sets", "quadratics"},
    "projections": {"projections", "sets", "quadratics", "divergences"},
    "checks": {"checks"},
    "heads": {"heads", "projections", "sets", "checks", "divergences"},
    "report": {"report", "heads", "checks", "sets", "divergences"},
    "bounds": {"bounds", "report", "heads", "checks", "sets", "divergences"},
    "teachers": {"teachers", "bounds", "report", "heads", "projections", "sets", "checks"},
    "audit": {"audit", "teachers", "bounds", "report", "heads", "sets", "checks", "files", "plots"},
    "data": {"data", "files"},
    "encoders": {"encoders", "data", "files"},
    "molecules": {"molecules", "encoders", "data", "files"},
    "text": {"text", "encoders", "data", "files"},
    "records": {"records", "files"},
    "plots": {"plots"},
    "widgets": {"widgets", "heads", "report", "sets", "projections", "plots", "divergences"},
    "experiments": {
        "experiments",
        "divergences",
        "representations",
        "heads",
        "report",
        "data",
        "encoders",
        "molecules",
        "text",
        "bounds",
        "teachers",
        "audit",
        "files",
        "records",
    },
}
# Abstract classes, errors, the reader of one file format behind the loaders, runs of minutes.
NO_EXAMPLE = {
    "w2s_jax.divergences._potentials.Potential",
    "w2s_jax.divergences._separable.Separable",
    "w2s_jax.quadratics._regions.Region",
    "w2s_jax.sets._base.ConvexSet",
    "w2s_jax.sets._base.IteratedSet",
    "w2s_jax.data._reading.Columns",
    "w2s_jax.data._reading.read_columns",
    "w2s_jax.data._sources.Malformed",
    "w2s_jax.data._sources.Unavailable",
    "w2s_jax.experiments.__main__.main",
    "w2s_jax.experiments.synthetic._figure2.run_figure2",
    "w2s_jax.experiments.frontiers._classrooms.molecule_rooms",  # needs the data sets
    "w2s_jax.experiments.frontiers._classrooms.review_rooms",  # needs the data sets
    "w2s_jax.experiments.frontiers._real_teachers.Lesson",  # made from the data sets
    "w2s_jax.experiments.frontiers._real_teachers.lessons",  # needs the data sets
    "w2s_jax.experiments.losses._files.of_file",  # needs the data sets
    "w2s_jax.experiments.molecules._inputs.run_inputs",  # needs the data sets
    "w2s_jax.experiments.molecules._probing.run_probing",  # needs the data sets
    "w2s_jax.experiments.molecules._qsar.run_qsar",  # needs the data sets
    "w2s_jax.experiments.molecules._choosing.run_choosing",  # needs the data sets
    "w2s_jax.experiments.molecules._teaching.outcomes",  # needs the data sets
    "w2s_jax.experiments.molecules._supervisors.run_supervisors",  # needs the data sets
    "w2s_jax.experiments.reviews._inputs.read_inputs",  # needs the data sets
    "w2s_jax.experiments.reviews._made.run_made_reviews",  # needs the weights of e5
    "w2s_jax.experiments.reviews._probes.run_review_probes",  # needs the data sets
    "w2s_jax.experiments.reviews._reviews.run_reviews",  # needs the data sets
    "w2s_jax.experiments.reviews._teaching.lessons",  # needs the data sets
    "w2s_jax.molecules.__main__.main",
}


def exported(stub):
    """The names that a room's stub exports, each with the module that it comes from."""
    nodes = ast.parse(stub.read_text()).body
    lines = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module for node in lines for alias in node.names}


HOME = {name: home for name, home in exported(ROOT / "__init__.pyi").items() if home}


def public_objects():
    for name in MODULES:
        module = importlib.import_module(name)
        for word, thing in vars(module).items():
            if word.startswith("_") or getattr(thing, "__module__", None) != name:
                continue
            if inspect.isclass(thing) or inspect.isfunction(inspect.unwrap(thing)):
                yield f"{name}.{word}", thing


PUBLIC = dict(public_objects())


def test_the_walk_finds_the_package():
    for name in (
        "heads._least_squares.fit_head",
        "report._comparing.evaluate",
        "representations._maps.represent",
        "plots._style.style",
    ):
        assert f"w2s_jax.{name}" in PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_docstring_has_an_example_that_runs(name):
    thing = PUBLIC[name]
    assert inspect.getdoc(thing), f"{name} has no docstring"
    if name not in NO_EXAMPLE:
        examples = doctest.DocTestParser().get_examples(inspect.getdoc(thing) or "")
        assert examples, f"{name} has no example"


def test_the_exceptions_exist():
    assert set(PUBLIC) >= NO_EXAMPLE


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_small(path):
    assert len(path.read_text().splitlines()) <= 300


def imported(path):
    """Rooms of the package that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            names = [node.module or ""]
            if node.module == "w2s_jax":
                names = [f"w2s_jax.{alias.name}" for alias in node.names]
        for name in names:
            package, _, rest = name.partition(".")
            if package == "w2s_jax":
                word = rest.split(".")[0]
                yield HOME.get(word, word)


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path != ROOT / "__init__.py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_rooms_import_only_rooms_to_their_left(path):
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert set(imported(path)) <= ROOMS[room] | LOWEST


def test_the_import_walk_sees_imports():
    found = set(imported(ROOT / "report" / "_projecting.py"))
    assert found - LOWEST == {"report", "heads", "sets"}


def run(program):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout


def test_importing_the_package_brings_in_nothing_heavy():
    heavy = {"jupyter_book", "rdkit", "matplotlib", "anywidget", "ipywidgets", "pooch", "sphinx"}
    loaded = set(run("import w2s_jax, sys; print(*sys.modules)").split())
    assert "w2s_jax" in loaded
    assert not heavy & loaded


def test_the_package_s_heads_and_reports_need_no_plotting():
    loaded = set(run("from w2s_jax import evaluate, MLP; import sys; print(*sys.modules)").split())
    assert "w2s_jax.report" in loaded
    assert not {"rdkit", "matplotlib", "anywidget", "pooch"} & loaded


COSTS = """
import time
start = time.process_time()
import jax
between = time.process_time()
import w2s_jax
print((time.process_time() - start) / (between - start))
"""


def test_importing_costs_at_most_half_as_much_again_as_jax():
    assert statistics.median(float(run(COSTS)) for _ in range(3)) <= 1.5


def test_names_are_found_on_first_use():
    names = dir(w2s_jax)
    assert {*HOME, *(ROOMS.keys() - {"_arguments", "_extras"})} == set(names)
    for name in names:
        assert getattr(w2s_jax, name) is not None
    with pytest.raises(AttributeError, match="attribute joy"):
        getattr(w2s_jax, "joy")  # noqa: B009


@pytest.mark.parametrize(
    ("misfit", "gain"),
    [
        (np.ones(2), np.ones(3)),
        (np.ones((2, 2)), np.ones((2, 2))),
        (np.ones(2, int), np.ones(2)),
        ([1.0, 2.0], np.ones(2)),
    ],
)
def test_shapes_and_types_are_enforced_in_the_tests(misfit, gain):
    """Where no door reads what users bring."""
    with pytest.raises(jaxtyping.TypeCheckError):
        w2s_jax.plots.gain_against_misfit(misfit, gain)


def test_every_room_is_enforced():
    with pytest.raises(jaxtyping.TypeCheckError):
        w2s_jax.evaluate(np.ones(4), np.ones(4), bias="yes")  # pyright: ignore[reportArgumentType]
    with pytest.raises(jaxtyping.TypeCheckError):
        w2s_jax.fit_head(np.ones((4, 2)), np.ones(4), bias="yes")  # pyright: ignore[reportArgumentType]


ROOM_NAMES = sorted(room for room in ROOMS if room != "checks" and room[0] != "_")
ROOM_NAMES = [*(room for room in ROOM_NAMES if room != "experiments")]
ROOM_NAMES += ["experiments.synthetic", "experiments.molecules", "experiments.reviews"]


def test_one_word_means_one_thing():
    """No two rooms export a name, unless it is the same thing."""
    found: dict[str, set[int]] = {}
    for room in ROOM_NAMES:
        shown = importlib.import_module(f"w2s_jax.{room}")
        for name in shown.__all__:
            found.setdefault(name, set()).add(id(getattr(shown, name)))
    assert [name for name, things in found.items() if len(things) > 1] == []


PRIVATE = re.compile(
    r"^\s*(?:>>> )?(?:from|import) w2s_jax[\w.]*(?:\._(?!_)| import (?:.*, )?_(?!_))"
)


@pytest.mark.parametrize("folder", ["tests", "book"])
def test_no_chapter_and_no_test_imports_a_private_module(folder):
    top = ROOT.parents[1] / folder
    files = [path for kind in ("*.py", "*.md") for path in top.rglob(kind)]
    assert files
    found = [
        f"{path.name}: {line}"
        for path in files
        for line in path.read_text(encoding="utf8").splitlines()
        if PRIVATE.match(line)
    ]
    assert found == []


def test_private_imports_are_seen():
    assert PRIVATE.match("from w2s_jax.heads._rank import cut_of")
    assert PRIVATE.match("from w2s_jax.heads import Gram, _rank")
    assert not PRIVATE.match("from w2s_jax.heads import Gram")
    assert not PRIVATE.match("from w2s_jax.experiments import __main__ as command")


def test_the_picture_of_the_rooms_is_true():
    assert rooms.drawn() in rooms.PAGE.read_text(encoding="utf8")


def test_no_room_stands_on_itself_and_none_is_too_large():
    graph = rooms.rooms()
    assert {*graph} >= {"encoders", "experiments.molecules", "files", "records"}
    tuple(TopologicalSorter(graph).static_order())  # raises where there is a circle
    lines = dict.fromkeys(graph, 0)
    for path in FILES:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if rooms.room_of(module) in lines:
            lines[rooms.room_of(module)] += len(path.read_text(encoding="utf8").splitlines())
    assert max(lines.values()) <= 2_500


def test_every_path_of_the_architecture_exists():
    """The page's table names files of the package, of tests and of book/_ext."""
    table = rooms.PAGE.read_text(encoding="utf8").split("## Where is")[1].split("## Decisions")[0]
    paths = re.findall(r"`([\w/]+(?:/|\.py))`", table)
    assert len(paths) > 10
    for path in paths:
        assert (ROOT / path).exists() or (rooms.TOP / path).exists(), path
