"""Hold the audit's powered interval against other packages', and time an audit of a file on disk.

Run: `python benchmarks/audit.py oracle` (`pip install ppi-python glide-py` first; the second needs
Python 3.12) or `python benchmarks/audit.py size --rows 1000000` (1.5 GB in a temporary folder).

Both oracles get the same gains and the same guesses, with λ = 1 and with our λ = N/n, and use the
normal quantile, we Student's; ppi-python divides variances by m, glide-py, as we, by m − 1.
The floor of the second reads the features once and multiplies each block by itself, in float64.
Of 10 million inputs (15 GB) an audit took 61 seconds of one processor, Gram 47 and the floor 37:
1.29 times Gram, 1.66 times the floor, and memory grew by 0.81 GB. Both oracles agree with us on
values and standard errors to 6e-16 in 240 problems.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from w2s_jax.arrays._maps import let_go
from w2s_jax.audit import audit, estimate_gain
from w2s_jax.experiments.frontiers._audited import SETTINGS, Setting, made
from w2s_jax.heads import Gram

WIDTH, BLOCK = 384, 8192


def oracle(draws: int) -> None:
    """Print how far values and standard errors are apart."""
    for name, theirs in (("ppi-python", of_ppi), ("glide-py", of_glide)):
        try:
            theirs(np.arange(4.0), np.arange(4.0), np.arange(4.0), 1.0)
        except ImportError:
            print(f"{name} is not installed here, and not compared: pip install {name}")
            continue
        print(f"{name}\nsetting         m    values apart   errors apart   width ours / λ = 1")
        for kind, setting in SETTINGS.items():
            for m in (20, 50, 200):
                apart = [compared(setting, m, k, theirs) for k in range(draws)]
                value, error, width = np.array(apart).T
                told = f"{value.max():12.1e} {error.max():14.1e} {np.median(width):20.3f}"
                print(f"{kind:14} {m:3d} {told}")


def compared(setting: Setting, m: int, seed: int, theirs: Callable) -> tuple[float, float, float]:
    """Audit one problem, and return how far both are apart and the ratio of widths."""
    p = made(setting, 2000, m, np.random.default_rng([seed, m]))
    given: dict[str, Any] = {"labelled": p.rows, "features": p.features}
    found = estimate_gain(p.weak, p.student, p.labels, **given)
    mean, rest = found.powered(), np.delete(found.every, p.rows)
    assert mean is not None
    share = len(rest) / 2000
    value, error = theirs(found.measured, found.labeled, rest, share)
    low, high = mean.interval(0.95)
    plain = 2 * stats.norm.ppf(0.975) * theirs(found.measured, found.labeled, rest, 1.0)[1]
    return abs(value - mean.value), abs(error / mean.error - 1), (high - low) / plain


def of_ppi(gains: np.ndarray, labeled: np.ndarray, rest: np.ndarray, share: float) -> tuple:
    """Return value and standard error, the latter with m − 1 in place of m, N − 1 in place of N."""
    from ppi_py import ppi_mean_ci, ppi_mean_pointestimate  # pyright: ignore[reportMissingImports]

    value = float(np.squeeze(ppi_mean_pointestimate(gains, labeled, rest, lam=share)))
    low, high = np.squeeze(ppi_mean_ci(gains, labeled, rest, alpha=0.05, lam=share))
    m, others = len(gains), len(rest)
    error = (high - low) / 2 / stats.norm.ppf(0.975)
    part = share**2 * rest.var() / others
    return value, ((error**2 - part) * m / (m - 1) + part * others / (others - 1)) ** 0.5


def of_glide(gains: np.ndarray, labeled: np.ndarray, rest: np.ndarray, share: float) -> tuple:
    """Return value and standard error."""
    from glide.estimators import PPIMeanEstimator  # pyright: ignore[reportMissingImports]

    seen = np.append(gains, np.full(len(rest), np.nan))
    guessed = share * np.append(labeled, rest)
    found = PPIMeanEstimator().estimate(seen, guessed, power_tuning=False).confidence_interval
    return found.mean, found.std


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


def size(rows: int, kept: Path | None) -> None:
    """Time both and print the growth of the peak resident set."""
    with tempfile.TemporaryDirectory() as name:
        folder = kept or Path(name)
        if not (folder / "truth.npy").exists():
            # In a process of its own, so that its memory is not ours.
            writer = get_context("spawn").Process(target=write, args=(folder, rows))
            writer.start()
            writer.join()
            assert writer.exitcode == 0
        x = np.load(folder / "x.npy", mmap_mode="r")
        assert len(x) == rows
        weak, truth = np.load(folder / "weak.npy"), np.load(folder / "truth.npy")
        some = np.random.default_rng(0).choice(rows, 500, replace=False)
        audit(weak[:900], features=np.asarray(x[:900]))  # start threads, import
        start = peak()
        own, found = timed(lambda: audit(weak, features=x, labels=truth[some], labelled=some))
        grown = peak() - start
        gram, _ = timed(lambda: Gram.of(x, weak))
        floor, _ = timed(lambda: multiply(x))
        print(f"{rows:,} x {WIDTH} float32, seconds by the clock and of the processor:")
        for what, (clock, busy) in (("audit", own), ("Gram", gram), ("floor", floor)):
            print(f"  {what:6} {clock:7.1f} {busy:7.1f}")
        print(f"{own[1] / gram[1]:.2f} times Gram, {own[1] / floor[1]:.2f} times the floor")
        print(f"memory grew by {grown:.2f} GB (target 1)")
        print(found.verdict.sentence)


def multiply(x: np.ndarray) -> None:
    """Read once, and multiply each block by itself."""
    total = np.zeros((WIDTH, WIDTH))
    for first in range(0, len(x), BLOCK):
        part = np.asarray(x[first : first + BLOCK]).astype(np.float64)
        total += part.T @ part
        let_go(x)


def timed(work: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    clock, busy = time.perf_counter(), time.process_time()
    found = work()
    return (time.perf_counter() - clock, time.process_time() - busy), found


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["oracle", "size"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the files are kept for another run")
    parser.add_argument("--draws", type=int, default=20)
    chosen = parser.parse_args()
    if chosen.what == "oracle":
        oracle(chosen.draws)
    else:
        size(chosen.rows, chosen.folder)


if __name__ == "__main__":
    main()
