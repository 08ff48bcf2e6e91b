"""The oldest and the newest versions: Colab's images, which nothing may change, and the latest."""

import functools
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from visits import ROOT

import front_matter
import pair
from addresses import ORIGIN, PROJECT
from first_cells import first_cells
from notebook_runs import COLAB, NO_CHEMISTRY, Run, cells, execute, profile
from selection import FULL

ALL = sorted(p.relative_to(ROOT / "notebooks").as_posix() for p in pair.paired())
NEED = [n for n in ALL if "skip_without(" in (ROOT / "notebooks" / n).read_text("utf8")]
FEW = ["index.ipynb", "language/reviews-as-inputs.ipynb", "molecules/molecules-as-inputs.ipynb"]
NAMES = ALL if FULL else FEW
IMAGES = ["floor", "older"] if FULL else ["floor"]
ABSENT = "import sys; sys.modules['w2s_jax'] = None\n"
OFFLINE = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}


def environment(name: str) -> Path:
    """Return an environment's Python; the image before Colab's present one may be missing."""
    home = ROOT / f".venv-{name}"
    if not (home / "key").is_file():
        (pytest.skip if name == "older" else pytest.fail)(
            f"There is no environment in {home.name}: run make {name}."
        )
    return home / "bin" / "python"


def first_cell(wheel: Path) -> str:
    """Return the cell that every notebook begins with, to install a local file."""
    (cell,) = first_cells(["import rdkit"])
    assert ORIGIN in cell
    return cell.replace(ORIGIN, wheel.as_uri())


def try_cells(python: Path, folder: Path, startup: str, *sources: str) -> Run:
    """Run cells in a new kernel, where pip has no network."""
    made = [pair.cell("code", source, [], set()) for source in sources]
    notebook = {"cells": made, "metadata": pair.METADATA, "nbformat": 4, "nbformat_minor": 5}
    path = folder / "cells.ipynb"
    path.write_text(json.dumps(notebook), "utf8")
    home = str(profile(folder / "ipython", startup))
    return execute(python, path, IPYTHONDIR=home, PIP_NO_INDEX="1")


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """Return a way to bring this checkout into an environment, by the notebooks' first cell."""

    @functools.cache
    def install(name: str) -> Run:
        python, folder = environment(name), tmp_path_factory.mktemp(name)
        pip = [python, "-m", "pip", "--no-input", "--disable-pip-version-check"]
        subprocess.run([*pip, "uninstall", "-y", "w2s-jax"], check=True, capture_output=True)
        check = "import jax, w2s_jax.widgets\nprint(w2s_jax.__version__, jax.__version__)"
        run = try_cells(python, folder, COLAB, first_cell(wheel), check)
        assert run.rc == 0, run.stderr[-4000:]
        return run

    return install


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A copy of what a reader of notebooks has."""
    copied = tmp_path_factory.mktemp("colab")
    shutil.copytree(ROOT / "notebooks", copied / "notebooks")
    return copied


@pytest.mark.parametrize("python", ["3.12", "3.13"])
def test_colab_s_image_satisfies_the_floors(python):
    lines = (ROOT / "binder" / "colab.txt").read_text("utf8").splitlines()
    made = [Requirement(line) for line in lines if not line.startswith("#")]
    held: dict[str, str] = {
        canonicalize_name(each.name): next(iter(each.specifier)).version
        for each in made
        if each.marker is None or each.marker.evaluate({"python_version": python})
    }
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *extras["plots"], *extras["widgets"]]
    wanted += [*extras["data"], *extras["tables"], *extras["text"]]
    floors = [Requirement(each) for each in wanted if not each.startswith("w2s-jax")]
    added = {f.name for f in floors if canonicalize_name(f.name) not in held}
    assert added == {"equinox", "jaxtyping", "lazy-loader"}
    assert [f for f in floors if f.name in held and held[f.name] not in f.specifier] == []


@pytest.mark.parametrize("name", IMAGES)
def test_installing_the_package_only_adds_packages(name):
    home = environment(name).parents[1]
    before, after = [
        set((home / f"{moment}.txt").read_text("utf8").splitlines())
        for moment in ("before", "after")
    ]
    assert any(line.startswith("jax==0.7.2") for line in before)
    assert before - after == set()
    assert {line.split("==")[0] for line in after - before} >= {"equinox", "rdkit"}


@pytest.mark.parametrize("name", IMAGES)
def test_the_first_cell_installs_and_the_next_one_works_without_a_restart(name, installed):
    run = installed(name)
    assert run.errors == []
    assert "Successfully installed w2s-jax" in run.said("stdout")
    assert run.said("stdout").endswith(" 0.7.2\n")


def test_the_first_cell_stops_with_one_sentence(wheel, tmp_path):
    lost = first_cell(wheel.with_name("w2s_jax-9-py3-none-any.whl"))
    elsewhere = ["del sys.modules['google.colab']", lost]
    run = try_cells(environment("floor"), tmp_path, COLAB + ABSENT, lost, *elsewhere)
    assert [each["ename"] for each in run.errors] == ["SystemExit", "SystemExit"]
    failed, missing = [each["evalue"] for each in run.errors]
    assert failed.startswith("The package could not be installed; the lines above say why.")
    assert "ERROR" in run.said("stdout") + run.said("stderr")
    assert missing.startswith(
        'First install the package: pip install "w2s-jax[reader,molecules] @ '
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("notebook", NAMES)
@pytest.mark.parametrize("name", [*IMAGES, "newest"] if FULL else IMAGES)
def test_a_notebook_runs_on_the_oldest_and_the_newest_versions(name, notebook, folder, installed):
    assert installed(name).errors == []
    path = folder / "notebooks" / notebook
    chemistry = "rdkit" in "".join(cells(path)[0]["source"])
    startup = COLAB if chemistry else COLAB + NO_CHEMISTRY
    home = profile(folder / f"ipython-{name}-{chemistry}", startup)
    run = execute(environment(name), path, IPYTHONDIR=str(home))
    assert run.rc == 0, run.stderr[-4000:]
    assert len(run.ran) > 1
    assert run.errors == []
    assert run.said("stderr") == ""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("notebook", NEED if FULL else ["molecules/qsar-experiments.ipynb"])
def test_a_notebook_without_its_data_comes_to_its_end(notebook, folder, installed, tmp_path):
    assert installed("floor").errors == []
    path = folder / "notebooks" / notebook
    home = profile(tmp_path / "ipython", COLAB)
    nowhere = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "W2S_DATA_DIR": ""}
    run = execute(environment("floor"), path, IPYTHONDIR=str(home), **nowhere, **OFFLINE)
    assert run.rc == 0, run.stderr[-4000:]
    assert run.errors == []
    matter, _ = front_matter.split((ROOT / "book" / notebook).with_suffix(".md").read_text("utf8"))
    need = [c for c in run.ran if "needs-data" in c["metadata"].get("tags", [])]
    assert need
    missing = ", ".join(matter["data"])
    sentence = f"Skipped, for {missing} could not be had; the recorded results below stand.\n"
    said = ["".join("".join(o["text"]) for o in c["outputs"]) for c in need]
    assert said == [sentence] * len(need)
    assert run.said("stdout").startswith(f"{missing} could not be had, so the cells")
