"""Every test runs in float64, keeps what it compiles, and is the full run's where it says so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import compiled
from selection import FULL

MAPS = Path("/proc/self/maps")
MOST_MAPS = 10_000  # after a module; the largest adds 50,000 in the full run

# before JAX is imported, and for the processes that tests start
os.environ |= compiled.environment(compiled.compilation_cache(Path(__file__).parent))

import jax  # noqa: E402

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

LEFT = pytest.StashKey[int]()


@pytest.fixture(autouse=True, scope="module")
def forget_programs():
    """Linux gives a process 65,530 memory maps, and compiled programs would use them up."""
    yield
    if MAPS.is_file() and MAPS.read_bytes().count(b"\n") > MOST_MAPS:
        jax.clear_caches()


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Build the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    root = Path(__file__).parent
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(autouse=True)
def close_figures():
    """Matplotlib keeps every figure until it is closed, and warns after twenty."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Ask for one process more than there are cores: tests of pages wait for a browser."""
    cores = getattr(os, "sched_getaffinity", None)
    return 1 + (len(cores(0)) if cores else os.cpu_count() or 1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests marked `full` out, unless W2S_FULL=1 asks for all."""
    if FULL:
        return
    left = [item for item in items if item.get_closest_marker("full")]
    items[:] = [item for item in items if not item.get_closest_marker("full")]
    config.stash[LEFT] = len(left)
    config.hook.pytest_deselected(items=left)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that reports, where xdist collects in others, how many were left out."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left"] = session.config.stash.get(LEFT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error) -> None:
    """Take the number from a worker: each collects the same tests."""
    node.config.stash[LEFT] = getattr(node, "workeroutput", {}).get("left", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not run, in one line."""
    left = terminalreporter.config.stash.get(LEFT, 0)
    if left:
        terminalreporter.write_line(f"{left} tests are left to the full run: W2S_FULL=1")
