"""Hold the audit's powered interval against ppi-python's, and time an audit of a file on disk.

Run: `python benchmarks/audit.py oracle` (`pip install ppi-python` first) or
`python benchmarks/audit.py size --rows 1000000` (1.5 GB in a temporary folder).

The oracle gets the same gains and the same guesses, with λ = 1 and with
our λ = N/n; it uses the normal quantile and divides variances by m, we use Student's and m − 1.
The floor of the second reads the features once and multiplies each block by itself, in float64.
"""

import argparse
import resource
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from w2s_jax.audit import audit, estimate_gain
from w2s_jax.experiments.frontiers._audits import SETTINGS, made
from w2s_jax.heads import Gram

WIDTH, BLOCK = 384, 8192


def oracle(draws: int) -> None:
    """Print how far values and ends are apart."""
    from ppi_py import ppi_mean_ci, ppi_mean_pointestimate  # pyright: ignore[reportMissingImports]

    print("setting         m    value apart   ends apart, ours corrected   width ours / λ = 1")
    for name, setting in SETTINGS.items():
        for m in (20, 50, 200):
            apart, off, ratio = [], [], []
            for k in range(draws):
                p = made(setting, 2000, m, np.random.default_rng([k, m]))
                given: dict[str, Any] = {"labelled": p.rows, "features": p.features}
                found = estimate_gain(p.weak, p.student, p.labels, **given)
                rest = np.ones(2000, bool)
                rest[p.rows] = False
                theirs = found.measured, found.labeled, found.every[rest]
                share = rest.mean()
                mean = found.powered()
                assert mean is not None
                value = float(np.squeeze(ppi_mean_pointestimate(*theirs, lam=share)))
                ends = np.squeeze(ppi_mean_ci(*theirs, alpha=0.05, lam=share))
                plain = np.squeeze(ppi_mean_ci(*theirs, alpha=0.05, lam=1))
                parts = [(found.measured - share * found.labeled).var() / m]
                parts.append(share**2 * found.every[rest].var() / rest.sum())
                ours = mean.value + stats.norm.ppf([0.025, 0.975]) * sum(parts) ** 0.5
                low, high = mean.interval(0.95)
                apart.append(abs(value - mean.value))
                off.append(abs(ends - ours).max())
                ratio.append((high - low) / (plain[1] - plain[0]))
            print(f"{name:14} {m:3d} {max(apart):12.1e} {max(off):18.1e} {np.median(ratio):24.3f}")


def write(folder: Path, rows: int) -> None:
    """Write correlated features, a teacher's labels and the truth."""
    rng = np.random.default_rng(0)
    shape = (rows, WIDTH)
    x = np.lib.format.open_memmap(folder / "x.npy", "w+", "float32", shape)
    mix = 0.5 * rng.normal(size=(WIDTH, WIDTH)) / WIDTH**0.5 + np.eye(WIDTH)
    block = (rng.normal(size=(65_536, WIDTH)) @ mix).astype("float32")
    head = rng.normal(size=WIDTH) / 20
    weak, truth = np.empty((2, rows))
    for start in range(0, rows, len(block)):
        here = slice(start, min(start + len(block), rows))
        x[here] = block[: here.stop - start] + np.float32(0.1 * rng.normal())
        truth[here] = x[here] @ head
        noise = 0.3 * rng.normal(size=here.stop - start)
        weak[here] = truth[here] + 0.5 * np.sign(x[here, 0]) + noise
    x.flush()
    np.save(folder / "weak.npy", weak)
    np.save(folder / "truth.npy", truth)


def size(rows: int) -> None:
    """Time both and print the growth of the peak resident set."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own, so that its memory is not ours.
        writer = get_context("spawn").Process(target=write, args=(folder, rows))
        writer.start()
        writer.join()
        assert writer.exitcode == 0
        x = np.load(folder / "x.npy", mmap_mode="r")
        weak, truth = np.load(folder / "weak.npy"), np.load(folder / "truth.npy")
        some = np.random.default_rng(0).choice(rows, 500, replace=False)
        audit(weak[:900], features=np.asarray(x[:900]))  # start threads, import
        start, begun = peak(), time.process_time()
        found = audit(weak, features=x, labels=truth[some], labelled=some)
        own, grown, begun = time.process_time() - begun, peak() - start, time.process_time()
        gram = time.process_time()
        Gram.of(x, weak)
        gram, begun = time.process_time() - gram, time.process_time()
        total = np.zeros((WIDTH, WIDTH))
        for first in range(0, rows, BLOCK):
            part = np.asarray(x[first : first + BLOCK]).astype(np.float64)
            total += part.T @ part
        floor = time.process_time() - begun
        print(
            f"{rows:,} x {WIDTH} float32: audit {own:.1f}, Gram {gram:.1f}, floor {floor:.1f} s CPU"
        )
        print(f"{own / gram:.2f} times Gram, {own / floor:.2f} times the floor")
        print(f"memory grew by {grown:.2f} GB (target 1)")
        print(found.verdict.sentence)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["oracle", "size"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--draws", type=int, default=20)
    chosen = parser.parse_args()
    if chosen.what == "oracle":
        oracle(chosen.draws)
    else:
        size(chosen.rows)


if __name__ == "__main__":
    main()
