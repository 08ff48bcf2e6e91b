"""Run a notebook as a reader would, in an environment of her own."""

import json
import os
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path

# What Colab's kernel has done before the first cell: google.colab imports these.
COLAB = """
import sys, types
import ipywidgets, matplotlib, numpy

colab = types.ModuleType("google.colab")
colab.output = types.SimpleNamespace(enable_custom_widget_manager=lambda: None)
sys.modules["google"] = types.ModuleType("google")
sys.modules["google"].colab = sys.modules["google.colab"] = colab
"""
NO_CHEMISTRY = "sys.modules['rdkit'] = None\n"


@dataclass(frozen=True)
class Run:
    """What became of a notebook."""

    rc: int
    stderr: str
    cells: list[dict]
    seconds: float

    @property
    def ran(self) -> list[dict]:
        return [c for c in self.cells if c["cell_type"] == "code" and c["execution_count"]]

    @property
    def errors(self) -> list[dict]:
        return [o for c in self.ran for o in c["outputs"] if o["output_type"] == "error"]

    def said(self, stream: str) -> str:
        """Return what the cells wrote to stdout or stderr."""
        outputs = [o for c in self.ran for o in c["outputs"] if o.get("name") == stream]
        return "".join("".join(o["text"]) for o in outputs)


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text("utf8"))["cells"]


def profile(folder: Path, startup: str) -> Path:
    """Make IPython run some lines in every kernel; return the folder to name in IPYTHONDIR."""
    scripts = folder / "profile_default" / "startup"
    scripts.mkdir(parents=True, exist_ok=True)
    (scripts / "first.py").write_text(startup, "utf8")
    return folder


def execute(python: Path, path: Path, **settings: str) -> Run:
    """Run a notebook where it lies, without what this process's Python and Jupyter are told."""
    command = [python, "-m", "jupyter", "execute", "--inplace", "--allow-errors"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JUPYTER"))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command, "--timeout=300", path.name],
        cwd=path.parent,
        env=kept | settings,
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(done.returncode, done.stderr, cells(path), seconds)
