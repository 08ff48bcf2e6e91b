"""Time `project` against its peers, on one thread, in one run, at known accuracy.

Run: `pip install -e .[benchmark]`, then `python benchmarks/projections.py` (`--quick`, `--write`).
Times are CPU milliseconds for all points, contestants interleaved; what is slow is timed on a
sample and scaled. Peers are set up once, and their set-up is not timed; ours is. A peer that is
not installed is left out and named.
"""

# ruff: noqa: E402, the thread counts must be set before the imports
import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize

from peers import PEERS, Array, Solve
from w2s_jax import sets
from w2s_jax.projections import project
from w2s_jax.records import record

jax.config.update("jax_enable_x64", True)

OURS, FLOOR = "w2s_jax", "one product"
ENOUGH = 1e-9
WIDTHS = (14, 9, 10, 10, 10, 7)


@dataclass(frozen=True)
class Config:
    """What is timed: points, dimensions, condition, and repeats of the shortest."""

    points: int = 1000
    dimensions: tuple[int, ...] = (16, 256)
    condition: float = 100.0
    length: int = 1000
    sequences: int = 100
    repeats: int = 7
    seconds: float = 0.5  # a contestant's sample is cut to about this
    seed: int = 0
    peers: tuple[str, ...] = ()  # with their versions


def ball(points: Array) -> Array:
    return points / np.maximum(1, np.linalg.norm(points, axis=1, keepdims=True))


def simplex(points: Array) -> Array:
    falling = -np.sort(-points, axis=1)
    thresholds = (np.cumsum(falling, 1) - 1) / np.arange(1, points.shape[1] + 1)
    last = (falling > thresholds).sum(1, keepdims=True) - 1
    return np.maximum(points - np.take_along_axis(thresholds, last, 1), 0)


def cross(points: Array) -> Array:
    size = abs(points)
    inside = size.sum(1, keepdims=True) <= 1
    return np.where(inside, points, np.sign(points) * simplex(size))


@dataclass(frozen=True)
class Contest:
    """A set of radius 1, its exact Euclidean projection, its targets.

    Points are standard normal times a / dᵇ for (a, b) = `spread`, which leaves about half of the
    coordinates in the Euclidean projection; unscaled points would leave two, whatever d is.
    """

    onto: Any
    nearest: Callable[[Array], Array]
    spread: tuple[float, float]
    cvxpy: float  # at least so many times faster
    limit: dict[int, float]  # at most so many ms
    direct: dict[int, float]  # at least so many times faster than the best direct solver


LENGTHS = {
    "L2 ball": lambda g: np.linalg.norm(g, axis=1),
    "simplex": lambda g: g.max(1),
    "L1 ball": lambda g: abs(g).max(1),
}
CONTESTS = {
    "L2 ball": Contest(sets.Ball(), ball, (2, 0.5), 50, {16: 1, 256: 15}, {16: 4, 256: 12}),
    "simplex": Contest(sets.Simplex(), simplex, (2.5, 1), 50, {16: 10, 256: 400}, {16: 4, 256: 12}),
    "L1 ball": Contest(sets.L1Ball(), cross, (3.35, 1), 15, {16: 12, 256: 500}, {}),
}


def metric(d: int, condition: float, rng: np.random.Generator) -> Array:
    vectors = np.linalg.qr(rng.normal(size=(d, d)))[0]
    G = (vectors * np.geomspace(1, 1 / condition, d)) @ vectors.T
    return (G + G.T) / 2


def accuracy(name: str, G: Array, points: Array, found: Array) -> dict[str, float]:
    """Worst relative gap, of what was found once it is made feasible, and how far it was off."""
    value = CONTESTS[name].nearest(found)
    g = (value - points) @ G
    gap = (g * value).sum(1) + LENGTHS[name](-g)
    size = ((points @ G) * points).sum(1) + ((value @ G) * value).sum(1)
    return {
        "gap": float(np.max(gap / size)),
        "infeasible": float(abs(value - found).max()),
        "support": float((abs(value) > 1e-10).sum(1).mean()),
    }


def measure(fits: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median CPU seconds of every contestant, one round after another."""
    times: dict[str, list[float]] = {name: [] for name in fits}
    for _ in range(repeats):
        for name, fit in fits.items():
            start = time.process_time()
            fit()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(some) for name, some in times.items()}


def sample_size(solve: Solve, points: Array, seconds: float) -> int:
    solve(points[2:7])  # and compile
    start = time.process_time()
    solve(points[2:7])
    each = (time.process_time() - start) / 5
    return int(np.clip(seconds / max(each, 1e-9), 5, len(points)))


def ours(onto: Any, metric: jax.Array | None = None) -> Solve:
    # tol bounds the squared distance to the projection, peers stop by duality gaps, of its root's
    # size. Next to rounding not all bounds get there, and `accuracy` measures every gap.
    asked = {"tol": 1e-15, "max_steps": 30, "throw": False}
    return lambda points: np.asarray(project(jnp.asarray(points), onto, metric, **asked).value)


def run_contest(name: str, d: int, config: Config, missing: set[str]) -> list[dict[str, Any]]:
    contest, rng = CONTESTS[name], np.random.default_rng(config.seed)
    G = metric(d, config.condition, rng)
    size, power = contest.spread
    points = size / d**power * rng.normal(size=(config.points, d))
    solves: dict[str, Solve] = {OURS: ours(contest.onto, jnp.asarray(G))}
    for label, build in PEERS[name].items():
        try:
            solves[label] = build(G)
        except ModuleNotFoundError as absent:
            missing.add(str(absent.name))
    n = {key: config.points if key == OURS else 0 for key in solves}
    for key, solve in solves.items():
        n[key] = n[key] or sample_size(solve, points, config.seconds)
    fits = {key: partial(solve, points[: n[key]]) for key, solve in solves.items()}
    good = {key: accuracy(name, G, points[: n[key]], fit()) for key, fit in fits.items()}
    fits[FLOOR] = partial(np.matmul, points, G)
    times = measure(fits, config.repeats)
    scale = {key: config.points / n.get(key, config.points) for key in times}
    return [
        {
            "set": name,
            "d": d,
            "contestant": key,
            "ms": seconds * scale[key] * 1e3,
            "ratio": seconds * scale[key] / times[OURS],
            "products": seconds * scale[key] / times[FLOOR],
            "timed": n.get(key, config.points),
            **good.get(key, {}),
        }
        for key, seconds in times.items()
    ]


def run_isotonic(config: Config) -> list[dict[str, Any]]:
    """Sequences with a weak trend, so that blocks are long; ours and a loop over scipy's C++."""
    rng = np.random.default_rng(config.seed)
    shape = config.sequences, config.length
    many = np.linspace(0, 1, config.length) + rng.normal(size=shape)
    fits: dict[str, Callable[[], Array]] = {
        OURS: partial(ours(sets.Monotone()), many),
        "scipy loop": lambda: np.stack([scipy.optimize.isotonic_regression(y).x for y in many]),
    }
    found = {key: fit() for key, fit in fits.items()}
    times = measure(fits, config.repeats)
    return [
        {
            "set": "monotone",
            "d": config.length,
            "contestant": key,
            "ms": seconds * 1e3,
            "ratio": seconds / times[OURS],
            "timed": config.sequences,
            "error": float(abs(found[key] - found["scipy loop"]).max()),
        }
        for key, seconds in times.items()
    ]


def run(config: Config) -> list[dict[str, Any]]:
    missing: set[str] = set()
    rows = []
    for name in CONTESTS:
        for d in config.dimensions:
            rows += show(run_contest(name, d, config, missing), config)
            verdict(name, d, rows)
    rows += show(run_isotonic(config), config)
    own = next(row for row in rows if row["set"] == "monotone" and row["contestant"] == OURS)
    peer = next(row for row in rows if row["contestant"] == "scipy loop")
    print(f"  ours / scipy {own['ms'] / peer['ms']:.2f} (target at most 2)")
    if missing:
        print(f"\nnot installed, so left out: {', '.join(sorted(missing))}")
    return rows


def show(rows: list[dict[str, Any]], config: Config) -> list[dict[str, Any]]:
    first = rows[0]
    count = first["timed"]
    print(f"\n{first['set']}, {count} x {first['d']}", end="")
    print(f", support {first['support']:.1f}" if "support" in first else "")
    heads = zip(("CPU median", "ratio", "products", "gap", "outside", "timed"), WIDTHS, strict=True)
    print(f"{'':26}" + "".join(f"{word:>{width}}" for word, width in heads))
    for row in rows:
        line = f"{row['contestant']:26}{row['ms']:12.2f}ms{row['ratio']:9.2f}"
        line += f"{row['products']:10.1f}" if "products" in row else f"{'':10}"
        if "gap" in row:
            line += f"{row['gap']:10.1e}{row['infeasible']:10.1e}{row['timed']:7d}"
            line += "" if row["gap"] <= ENOUGH else f"  misses {ENOUGH:g}"
        elif "error" in row:
            line += f"{row['error']:10.1e}{'':10}{row['timed']:7d}  (error against scipy)"
        print(line, flush=True)
    return rows


def verdict(name: str, d: int, rows: list[dict[str, Any]]) -> None:
    """Ratios to the fastest of each kind that is accurate enough."""
    contest = CONTESTS[name]
    here = [row for row in rows if row["set"] == name and row["d"] == d and "gap" in row]
    accurate = [row for row in here if row["gap"] <= ENOUGH and row["contestant"] != OURS]
    own = next(row["ms"] for row in here if row["contestant"] == OURS)
    limit = f" (target at most {contest.limit[d]:g})" if d in contest.limit else ""
    print(f"  ours {own:.2f} ms{limit}")
    for kind, aim in (("cvxpy", contest.cvxpy), ("direct", contest.direct.get(d))):
        some = [
            row for row in accurate if row["contestant"].startswith("cvxpy") == (kind == "cvxpy")
        ]
        if some:
            best = min(some, key=lambda row: row["ms"])
            target = f" (target {aim:g})" if aim else ""
            print(f"  {best['contestant']} / ours {best['ratio']:.1f}{target}")


def installed() -> Iterator[str]:
    direct = ("clarabel", "cvxpy-base", "daqp", "osqp", "piqp", "proxsuite", "quadprog")
    for package in (*direct, "jaxopt", "optax", "qpax"):
        with suppress(PackageNotFoundError):
            yield f"{package} {version(package)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--write", type=Path, metavar="FILE", help="record the table as JSON")
    asked = parser.parse_args()
    config = Config(peers=tuple(installed()))
    if asked.quick:
        quick = {"points": 60, "dimensions": (4, 16), "length": 50, "sequences": 10}
        config = replace(config, **quick, repeats=3, seconds=0.02)
    print(f"jax {jax.__version__}, numpy {np.__version__}, {', '.join(config.peers)}")
    print(f"one thread, float64, condition {config.condition:g}")
    print("gap: worst relative duality gap once made feasible; outside: how far it was from that;")
    print(f"products: times the {config.points} x d by d x d product that one iteration costs")
    if asked.write:
        record(asked.write.stem, config, run, asked.write.parent)
    else:
        run(config)


if __name__ == "__main__":
    main()
