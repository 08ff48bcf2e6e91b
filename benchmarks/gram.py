"""Time `Gram` on a memory-mapped file against reading it once and multiplying.

Run: `python benchmarks/gram.py --rows 10000000` (15.4 GB in a temporary folder) or `--quick`.
Both sides read the same float32 file in the same chunks. The floor multiplies each chunk by
itself, `x.T @ x`, once in float32 and once in float64 after a cast, and adds the products up: no
means, no labels, no float64 sums, no solution. `Gram` does all of that and is compared with the
floor of its own precision. Memory is the growth of the process's peak resident set.
"""

import argparse
import gc
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path

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


def chunks(folder: Path, rows: int) -> Iterator[np.ndarray]:
    """Map one chunk at a time, so that pages already read do not stay resident."""
    for start in range(0, rows, CHUNK):
        shape = (min(CHUNK, rows - start), WIDTH)
        yield np.memmap(folder / "features", "float32", "r", offset=4 * WIDTH * start, shape=shape)


def labelled(folder: Path, rows: int) -> Iterator[Chunk]:
    """The same chunks with weak labels and truth."""
    both = np.memmap(folder / "labels", "float32", "r", shape=(rows, 2))
    for k, x in enumerate(chunks(folder, rows)):
        y = both[k * CHUNK : k * CHUNK + len(x)]
        yield x, y[:, :1], y[:, 1:]


def floor(folder: Path, rows: int, dtype: str) -> np.ndarray:
    total = np.zeros((WIDTH, WIDTH), dtype)
    for x in chunks(folder, rows):
        for start in range(0, len(x), 8192):
            block = np.asarray(x[start : start + 8192]).astype(dtype, copy=False)
            total += block.T @ block
    return total


def reading(folder: Path, rows: int) -> int:
    return max(int(np.asarray(x).view("uint32").max()) for x in chunks(folder, rows))


def timed(work: Callable) -> tuple[float, float, object]:
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    found = work()
    return time.perf_counter() - wall, time.process_time() - cpu, found


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=1)
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
        measure(Path(name), rows, chosen.repeats)


def measure(folder: Path, rows: int, repeats: int) -> None:
    size = rows * WIDTH * 4 / 1e9
    print(f"{rows:,} x {WIDTH} float32, {size:.1f} GB, numpy {np.__version__}")
    start, times = peak(), {}
    for products in ("float32", "float64"):  # compile, start threads
        Gram.of(*next(labelled(folder, rows)), products=products).solve()
        floor(folder, min(rows, CHUNK), products)
    for _ in range(repeats):
        for name, work in {
            "read": lambda: reading(folder, rows),
            "floor float32": lambda: floor(folder, rows, "float32"),
            "Gram float32": lambda: sums(folder, rows, "float32"),
            "floor float64": lambda: floor(folder, rows, "float64"),
            "Gram float64": lambda: sums(folder, rows, "float64"),
        }.items():
            wall, cpu, _ = timed(work)
            times.setdefault(name, []).append((wall, cpu))
            print(f"{name:14} {wall:8.1f} s wall {cpu:8.1f} s CPU", flush=True)
    print(f"peak resident memory grew by {peak() - start:.2f} GB (target at most 1)")
    for kind in ("float32", "float64"):
        pairs = zip(times[f"Gram {kind}"], times[f"floor {kind}"], strict=True)
        ratios = [(ours[0] / least[0], ours[1] / least[1]) for ours, least in pairs]
        wall, cpu = (statistics.median(each) for each in zip(*ratios, strict=True))
        print(f"Gram / floor, {kind} against {kind}: {wall:.2f} wall, {cpu:.2f} CPU (target 1.5)")


def sums(folder: Path, rows: int, products) -> float:
    gram = Gram.stream(labelled(folder, rows), products=products)
    student = gram.solve()
    assert gram.check().holds
    assert gram.count == rows
    return float(gram.weak_error()[0] - gram.student_error(student)[0])


if __name__ == "__main__":
    main()
