"""Measure and draw the pictures of the page "How to choose a set and a solver".

Run: `python benchmarks/choose.py` measures, records `results/choose.json` and draws into
`book/workshop/choose/`; `--draw` draws from the record alone, `--quick` tries small sizes and keeps
nothing. Times are CPU time on one thread, without compilation.
"""

from projections import metric  # first: it sets the threads before jax is imported

# isort: split
import argparse
import math
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from pictures import SOLVER, draw_precision, draw_rounds, draw_sets, draw_times
from w2s_jax import plots, sets
from w2s_jax.projections import project
from w2s_jax.records import Rows, record, recorded_rows

jax.config.update("jax_enable_x64", True)

ENOUGH = 5.0  # seconds of runs, after which none is added
PICTURES = Path(__file__).parents[1] / "book" / "workshop" / "choose"


@dataclass(frozen=True)
class Config:
    """What is measured."""

    points: int = 1000
    dimensions: tuple[int, ...] = (4, 16, 64, 256)
    time_condition: float = 100.0
    rounds_dimension: int = 64
    conditions: tuple[float, ...] = (1e2, 1e4)
    float_conditions: tuple[float, ...] = (1e0, 1e2, 1e4, 1e6, 1e8)
    rounds: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 30, 40)
    repeats: int = 5
    seed: int = 0


def problem(name: str, d: int, points: int, rng: np.random.Generator) -> tuple[Any, np.ndarray]:
    """A set of size 1 and points about it, spread so that about half of the bounds are active."""
    noise = rng.normal(size=(points, d))
    match name:
        case "ball":
            return sets.Ball(), 2 / math.sqrt(d) * noise
        case "box":
            return sets.LInfBall(), 1.5 * noise
        case "simplex":
            return sets.Simplex(), 2.5 / d * noise
        case "L1 ball":
            return sets.L1Ball(), 3.35 / d * noise
        case "hull":  # of 2 d points near the unit sphere
            return sets.Hull(rng.normal(size=(2 * d, d)) / math.sqrt(d)), 2 / math.sqrt(d) * noise
        case "monotone":
            return sets.Monotone(), np.linspace(0, 1, d) + noise
        case "polytope":  # 2 d random half-spaces at distance 1
            A = rng.normal(size=(2 * d, d))
            A /= np.linalg.norm(A, axis=1, keepdims=True)
            return sets.Polytope(A, np.ones(2 * d)), 1.5 * noise
    return sets.Intersection((sets.Ball(), sets.NonNegative())), 2 / math.sqrt(d) * noise


def cpu(run: Any, repeats: int) -> float:
    """Median CPU seconds after a first run that compiles; what is slow is run less often."""
    run()
    times: list[float] = []
    while len(times) < repeats and sum(times) < ENOUGH:
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return statistics.median(times)


def times(name: str, d: int, config: Config) -> dict[str, Any]:
    rng = np.random.default_rng(config.seed)
    G = metric(d, config.time_condition, rng)
    onto, points = problem(name, d, config.points, rng)
    found = project(points, onto, G)
    seconds = cpu(lambda: jax.block_until_ready(project(points, onto, G)), config.repeats)
    floor = cpu(lambda: [points @ G for _ in range(20)], config.repeats) / 20
    row = {"what": "time", "set": name, "d": d, "us": seconds / config.points * 1e6}
    row |= {"floor_us": floor / config.points * 1e6, "steps": float(found.steps.mean())}
    return row | {"gap": float(found.gap.max()), "certified": bool(found.certified.all())}


def rounds(name: str, condition: float, config: Config) -> Rows:
    rng = np.random.default_rng(config.seed)
    G = metric(config.rounds_dimension, condition, rng)
    onto, points = problem(name, config.rounds_dimension, config.points, rng)
    rows = []
    for count in config.rounds:
        gaps = np.asarray(project(points, onto, G, tol=1e-30, max_steps=count, throw=False).gap)
        bounded = np.isfinite(gaps)  # before the first bound there is no worst one
        sizes = {"worst": gaps.max(), "median": np.median(gaps)}
        some = {key: float(size) if np.isfinite(size) else None for key, size in sizes.items()}
        row = {"what": "rounds", "set": name, "condition": condition, "round": count}
        rows.append(row | some | {"unbounded": int((~bounded).sum())})
    return rows


def precision(condition: float, config: Config) -> dict[str, Any]:
    """How far certified answers in traced float32 are from those in float64, on the simplex."""
    rng, d = np.random.default_rng(config.seed), config.rounds_dimension
    G = metric(d, condition, rng)
    onto, points = problem("simplex", d, config.points, rng)
    exact = np.asarray(project(points, onto, G).value)
    traced = jax.jit(lambda points, G: project(points, onto, G))  # known numbers would be widened
    found = traced(points.astype(np.float32), G.astype(np.float32))
    off = np.asarray(found.value, np.float64) - exact
    row = {
        "what": "float32",
        "condition": condition,
        "weights": float(np.linalg.norm(off, axis=1).max()),
    }
    row["functions"] = float(np.sqrt(((off @ G) * off).sum(1)).max())
    return row | {"certified": int(found.certified.sum()), "gap": float(found.gap.max())}


def run(config: Config) -> Rows:
    rows = [precision(condition, config) for condition in config.float_conditions]
    for name in SOLVER:
        for d in config.dimensions:
            rows.append(times(name, d, config))
            print(rows[-1], flush=True)
        for condition in config.conditions:
            rows += rounds(name, condition, config)
            print(rows[-1], flush=True)
    return rows


def draw(rows: Rows, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with plots.style():
        pictures = {"times": draw_times(rows), "rounds": draw_rounds(rows), "sets": draw_sets()}
        pictures["precision"] = draw_precision(rows)
    for name, picture in pictures.items():
        (folder / f"{name}.svg").write_text(picture.svg + "\n", encoding="utf8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draw", action="store_true", help="draw from the record, measure nothing")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    asked = parser.parse_args()
    if asked.quick:
        small = Config(points=20, dimensions=(4, 8), rounds_dimension=8, rounds=(1, 3), repeats=2)
        with tempfile.TemporaryDirectory() as folder:
            draw(run(small), Path(folder))
        return
    if not asked.draw:
        record("choose", Config(), run, PICTURES.parents[2] / "results")
    draw(recorded_rows("choose"), PICTURES)


if __name__ == "__main__":
    main()
