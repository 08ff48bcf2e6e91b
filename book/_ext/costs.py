"""Record what each chapter costs: cold, and with the programs that it compiled the first time.

Usage: ``python book/_ext/costs.py [NAME ...]`` on a machine that does nothing else; one after
another, minutes. Writes results/chapters.json.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

import coursework
import kernels
from pair import ROOT, chapters
from w2s_jax.records import record


@dataclass(frozen=True)
class Config:
    """What was run.

    Attributes:
        threads: of linear algebra.
    """

    threads: int = 1


def cost(path: Path) -> dict[str, Any]:
    """Run a chapter twice, the second time with the programs of the first."""
    with tempfile.TemporaryDirectory() as folder:
        runs = []
        for _ in range(2):
            cells = jupytext.reads(coursework.as_read(path.read_text("utf8")), fmt="md:myst")
            anew = cells.metadata.get("compiles_anew", False)
            kept = None if anew else Path(folder)
            runs.append(kernels.execute(cells, path.parent, ROOT, 600, kept))
    cold, warm = runs
    return {
        "chapter": path.relative_to(ROOT).with_suffix("").as_posix(),
        "programs": cold.get("programs", 0),
        "cold_cpu_seconds": cold["cpu_seconds"],
        "warm_cpu_seconds": warm["cpu_seconds"],
    }


def main(arguments: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Record what each chapter costs.")
    parser.add_argument("names", nargs="*", help="chapters to print instead of recording all")
    names = parser.parse_args(arguments).names

    def rows(paths: list[Path]) -> list[dict[str, Any]]:
        found = []
        for path in paths:
            found.append(cost(path))
            print(found[-1], flush=True)
        return found

    if names:
        rows([path for path in chapters() if path.stem in names])
    else:
        record("chapters", Config(), lambda _: rows(chapters()), ROOT / "results")


if __name__ == "__main__":
    main(sys.argv[1:])
