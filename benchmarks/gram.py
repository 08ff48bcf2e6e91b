"""Time `Gram` on a memory-mapped file against reading it once and multiplying.

Run: `python benchmarks/gram.py --rows 10000000` (15.4 GB in a temporary folder) or `--quick`.
Both sides map, read and use the same chunks of the same float32 file, by turns and taking turns
at being first, so that what else the machine does is shared. The floor multiplies each block by
itself, `x.T @ x`, once in float32 and once in float64 after a cast, and adds the products up: no
means, no labels, no float64 sums, no solution. `Gram` does all of that and is compared with the
floor of its own precision. Memory is the growth of the process's peak resident set, the floor's
included.
"""

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import numpy as np

from w2s_jax.heads import Gram

WIDTH, CHUNK = 384, 65_536
RESERVE = 20e9  # bytes of the disk to leave alone

Chunk = tuple[np.ndarray, np.ndarray, np.ndarray]


def write(folder: Path, rows: int) -> None:
    """Correlated features with means of their own, weak labels and truth from known heads."""
    rng = np.random.default_rng(0)
    mix = 0.5 * rng.normal(size=(WIDTH, WIDTH)) / np.sqrt(WIDTH) + np.eye(WIDTH)
    block = (rng.normal(size=(CHUNK, WIDTH)) @ mix + 5 * rng.normal(size=WIDTH)).astype("float32")
    head = rng.normal(size=(WIDTH, 1)).astype("float32")
    with (folder / "features").open("wb") as features, (folder / "labels").open("wb") as labels:
        for start in range(0, rows, CHUNK):
            size = min(CHUNK, rows - start)
            # One block is drawn and then shifted a little: a drawing of each would take an hour.
            chunk = block[:size] + np.float32(0.1 * rng.normal())
            truth = chunk @ head
            features.write(chunk.data)
            labels.write(np.concatenate([truth + np.sign(truth), truth], axis=1).data)


def chunk(folder: Path, first: int, size: int) -> Chunk:
    """Map one chunk with its labels, so that pages already read do not stay resident."""
    shape, start = (size, WIDTH), 4 * WIDTH * first
    x = np.memmap(folder / "features", "float32", "r", offset=start, shape=shape)
    both = np.memmap(folder / "labels", "float32", "r", offset=8 * first, shape=(size, 2))
    return x, both[:, :1], both[:, 1:]


class Floor:
    """Read and multiply, nothing else."""

    def __init__(self, dtype: str) -> None:
        self.dtype, self.total = dtype, np.zeros((WIDTH, WIDTH), dtype)

    def take(self, x: np.ndarray, *_) -> None:
        for start in range(0, len(x), 8192):
            block = np.asarray(x[start : start + 8192]).astype(self.dtype, copy=False)
            self.total += block.T @ block


class Streamed:
    """What a user runs."""

    def __init__(self, products: Literal["float32", "float64"]) -> None:
        self.products: Literal["float32", "float64"] = products
        self.gram: Gram | None = None

    def take(self, *chunk: np.ndarray) -> None:
        part = Gram.of(*chunk, products=self.products)
        self.gram = part if self.gram is None else self.gram.merge(part)

    def finish(self) -> tuple[float, float, bool]:
        assert self.gram is not None
        student = self.gram.solve()
        gain = self.gram.weak_error() - self.gram.student_error(student)
        return float(gain[0]), float(self.gram.misfit(student)[0]), self.gram.check().holds


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--quick", action="store_true", help="200,000 rows, to see that it runs")
    chosen = parser.parse_args()
    rows = 200_000 if chosen.quick else chosen.rows
    with tempfile.TemporaryDirectory() as name:
        fits = int((shutil.disk_usage(name).free - RESERVE) / (4 * WIDTH))
        if rows > fits:
            print(f"{rows:,} rows do not fit on this disk; taking {fits:,}")
            rows = fits
        # In a process of its own, so that its memory is not ours.
        writer = get_context("spawn").Process(target=write, args=(Path(name), rows))
        writer.start()
        writer.join()
        assert writer.exitcode == 0
        measure(Path(name), rows)


def measure(folder: Path, rows: int) -> None:
    print(f"{rows:,} x {WIDTH} float32, {rows * WIDTH * 4 / 1e9:.1f} GB, numpy {np.__version__}")
    start = peak()
    for kind in ("float32", "float64"):
        sides = {"floor": Floor(kind), "Gram": Streamed(kind)}
        for side in (Floor(kind), Streamed(kind)):  # start threads
            side.take(*chunk(folder, 0, min(rows, CHUNK)))
        seconds = {name: np.zeros(2) for name in sides}

        def timed(name: str, work: Callable[[], Any], seconds=seconds) -> Any:
            before = np.array([time.perf_counter(), time.process_time()])
            found = work()
            seconds[name] += np.array([time.perf_counter(), time.process_time()]) - before
            return found

        for k, first in enumerate(range(0, rows, CHUNK)):
            for name in sorted(sides, reverse=k % 2 == 1):

                def work(side=sides[name], first=first) -> None:
                    side.take(*chunk(folder, first, min(CHUNK, rows - first)))

                timed(name, work)
        streamed = seconds["Gram"].copy()
        gain, misfit, trusted = timed("Gram", sides["Gram"].finish)
        print(f"head, check, errors: {(seconds['Gram'] - streamed)[0]:.1f} s of the following")
        for name, (wall, cpu) in seconds.items():
            print(f"{name:6}{kind:8} {wall:8.1f} s wall {cpu:8.1f} s CPU", flush=True)
        wall, cpu = seconds["Gram"] / seconds["floor"]
        print(f"ratio {kind:8} {wall:8.2f}   wall {cpu:8.2f}   CPU (target 1.5)")
        print(f"gain {gain:.6f}, misfit {misfit:.6f}, trusted: {trusted}")
        same = np.allclose(gain, misfit, rtol=1e-3)  # the truth is in the class
        assert same
        assert trusted
    print(f"peak resident memory grew by {peak() - start:.2f} GB (target at most 1)")


if __name__ == "__main__":
    main()
