import ast
import doctest
import importlib
import inspect
import pkgutil
import statistics
import subprocess
import sys
from pathlib import Path

import jaxtyping
import numpy as np
import pytest

import w2s_jax

ROOT = Path(w2s_jax.__file__).parent
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(w2s_jax.__path__, prefix="w2s_jax.")
)
FILES = sorted(ROOT.rglob("*.py"))

# Each room imports only rooms to its left: what a room may take from the package.
LOWEST = {"_arguments", "_host", "arrays"}  # who computes, and the door: all rooms stand on them
ROOMS = {
    "_arguments": set(),
    "_host": set(),
    "arrays": {"arrays"},
    "representations": {"representations"},
    "quadratics": {"quadratics"},
    "sets": {"sets", "quadratics"},
    "projections": {"projections", "sets", "quadratics"},
    "checks": set(),
    "heads": {"heads", "projections", "sets", "checks"},
    "report": {"report", "heads", "checks", "sets"},
    "bounds": {"bounds", "report", "heads", "checks", "sets"},
    "data": {"data"},
    "molecules": {"molecules", "representations", "data"},
    "plots": set(),
    "widgets": {"widgets", "heads", "report", "sets", "projections"},
    "experiments": {
        "experiments",
        "representations",
        "heads",
        "report",
        "data",
        "molecules",
    },
}
# Abstract classes, errors, the reader of one file format behind the loaders, runs of minutes.
NO_EXAMPLE = {
    "w2s_jax.quadratics.regions.Region",
    "w2s_jax.sets.base.ConvexSet",
    "w2s_jax.sets.base.IteratedSet",
    "w2s_jax.data.reading.Columns",
    "w2s_jax.data.reading.read_columns",
    "w2s_jax.data.sources.Malformed",
    "w2s_jax.data.sources.Unavailable",
    "w2s_jax.experiments.__main__.main",
    "w2s_jax.experiments.figure2.run",
    "w2s_jax.experiments.inputs.run",  # needs the data sets
    "w2s_jax.experiments.probing.run",  # needs the data sets
    "w2s_jax.experiments.qsar.run",  # needs the data sets
    "w2s_jax.experiments.choosing.run",  # needs the data sets
    "w2s_jax.experiments.teaching.outcomes",  # needs the data sets
    "w2s_jax.experiments.supervisors.run",  # needs the data sets
    "w2s_jax.molecules.__main__.main",
}


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
        "heads.least_squares.fit_head",
        "report.comparing.evaluate",
        "representations.maps.represent",
        "plots.style",
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
                yield w2s_jax._HOME.get(word, word)


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path != ROOT / "__init__.py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_rooms_import_only_rooms_to_their_left(path):
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert set(imported(path)) <= ROOMS[room] | LOWEST


def test_the_import_walk_sees_imports():
    found = set(imported(ROOT / "report" / "projecting.py"))
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
    for name in w2s_jax.__all__:
        assert getattr(w2s_jax, name) is not None
    assert dir(w2s_jax) == sorted(w2s_jax.__all__)
    with pytest.raises(AttributeError, match="no attribute 'joy'"):
        w2s_jax.joy  # noqa: B018


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
