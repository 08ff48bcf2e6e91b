"""Time `fit_heads` against its peers, on one thread, in one run, at known accuracy.

Run: `python benchmarks/heads.py` (or `--quick`). Times are CPU seconds, contestants interleaved;
ratios divide a contestant's median by that of `fit_heads` on JAX arrays in the same run.
"""

# ruff: noqa: E402, the thread counts must be set before the imports
import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from sklearn.linear_model import LinearRegression

from w2s_jax import fit_heads

jax.config.update("jax_enable_x64", True)

Fit = Callable[[], np.ndarray]
OURS = "w2s_jax, JAX arrays"


def ours(features, labels) -> np.ndarray:
    head = fit_heads(features, labels)
    return np.vstack([np.asarray(head.bias)[None], np.asarray(head.weights)])


def scikit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    model = LinearRegression().fit(x, y)
    return np.append(model.intercept_, model.coef_)


def centered(x: np.ndarray, y: np.ndarray, solve: Callable) -> np.ndarray:
    center, middle = x.mean(0), y.mean(0)
    weights = solve(x - center, y - middle)
    return np.concatenate([(middle - center @ weights)[None], weights])


def lstsq(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return centered(x, y, lambda x, y: np.linalg.lstsq(x, y)[0])


def lapack(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    def solve(x, y):
        q, r = np.linalg.qr(x)
        u, s, vt = np.linalg.svd(r, full_matrices=False)
        return vt.T @ ((u.T @ (q.T @ y)).T / s).T

    return centered(x, y, solve)


def gram(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    def solve(x, y):
        # as long as it is positive definite in floating point; beyond, nothing comes back
        try:
            factor = scipy.linalg.cho_factor(x.T @ x, check_finite=False)
        except np.linalg.LinAlgError:
            return np.full((x.shape[1], *y.shape[1:]), np.nan)
        return scipy.linalg.cho_solve(factor, x.T @ y, check_finite=False)

    return centered(x, y, solve)


def loop(fit: Callable, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    own = x.ndim == 3
    return np.stack([fit(x[t] if own else x, y[:, t]) for t in range(y.shape[1])], axis=1)


def draw(n: int, d: int, tasks: int, *, own: bool, condition: float, seed: int = 0):
    """Gaussian features whose singular values fall from 1 to 1 / condition, and noisy labels."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(tasks, n, d) if own else (n, d))
    if condition > 1:
        mix = np.linalg.qr(rng.normal(size=(d, d)))[0]
        x = x @ (np.geomspace(1, 1 / condition, d)[:, None] * mix)
    weights = rng.normal(size=(d, tasks))
    signal = np.einsum("tnd,dt->nt", x, weights) if own else x @ weights
    return x, signal + 0.5 * rng.normal(size=(n, tasks))


def measure(contestants: dict[str, Fit], repeats: int) -> dict[str, list[tuple[float, float]]]:
    """CPU and wall seconds of every contestant, one round after another."""
    times = {name: [] for name in contestants}
    for fit in contestants.values():
        fit()
    for _ in range(repeats):
        for name, fit in contestants.items():
            wall, cpu = time.perf_counter(), time.process_time()
            fit()
            times[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return times


def error(x: np.ndarray, y: np.ndarray, found: np.ndarray, tasks: int = 3) -> float:
    """Largest error of predictions against scipy's lstsq, relative to the task's largest label."""
    worst = 0.0
    for t in range(min(tasks, found.shape[1])):
        own = x[t] if x.ndim == 3 else x
        design = np.column_stack([np.ones(len(own)), own])
        found_by_scipy: Any = scipy.linalg.lstsq(design, y[:, t], lapack_driver="gelsd")
        exact = design @ found_by_scipy[0]
        off = abs(design @ found[:, t] - exact).max() / abs(y[:, t]).max()
        worst = float(np.maximum(worst, off))  # NaN stays NaN
    return worst


def contestants(x: np.ndarray, y: np.ndarray, sample: int) -> dict[str, tuple[Fit, float]]:
    """What to time, with the factor that its time has to be multiplied by."""
    jx, jy = jnp.asarray(x), jnp.asarray(y)
    fits: dict[str, tuple[Fit, float]] = {
        OURS: (lambda: ours(jx, jy), 1.0),
        "w2s_jax, numpy arrays": (lambda: ours(x, y), 1.0),
        "scikit-learn loop": (lambda: loop(scikit, x, y[:, :sample]), y.shape[1] / sample),
    }
    for name, fit in (
        ("numpy lstsq", lstsq),
        ("plain LAPACK QR + SVD", lapack),
        ("plain BLAS Gram", gram),
    ):
        if x.ndim == 3:
            fits[f"{name} loop"] = (lambda fit=fit: loop(fit, x, y), 1.0)
        else:
            fits[name] = (lambda fit=fit: fit(x, y), 1.0)
    return fits


def report(title: str, shape: dict, sample: int, repeats: int) -> dict[str, float]:
    x, y = draw(**shape, condition=1.0)
    fits = contestants(x, y, sample)
    errors = {name: error(x, y, fit()) for name, (fit, _) in fits.items()}
    hard_x, hard_y = draw(**(shape | {"tasks": min(sample, 20)}), condition=1e8)
    hard = {
        name: error(hard_x, hard_y, fit())
        for name, (fit, _) in contestants(hard_x, hard_y, hard_y.shape[1]).items()
    }
    times = measure({name: fit for name, (fit, _) in fits.items()}, repeats)
    base = statistics.median(cpu for cpu, _ in times[OURS])
    print(f"\n{title}")
    if sample < shape["tasks"]:
        print(f"(scikit-learn timed on {sample} tasks and scaled by {shape['tasks'] / sample:g})")
    print(
        f"{'':26}{'CPU median':>11}{'CPU min':>10}{'wall median':>13}{'ratio':>9}"
        f"{'error':>10}{'cond 1e8':>10}"
    )
    ratios = {}
    for name, (_, factor) in fits.items():
        cpu, wall = zip(*times[name], strict=True)
        middle = factor * statistics.median(cpu)
        ratios[name] = middle / base
        print(
            f"{name:26}{middle * 1e3:9.1f}ms{factor * min(cpu) * 1e3:8.1f}ms"
            f"{factor * statistics.median(wall) * 1e3:11.1f}ms{ratios[name]:9.2f}"
            f"{errors[name]:10.1e}{hard[name]:10.1e}"
        )
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    quick = parser.parse_args().quick
    own = {"n": 200 if quick else 2000, "d": 16, "tasks": 10 if quick else 100, "own": True}
    shared = {"n": 400 if quick else 2000, "d": 64 if quick else 256, "own": False}
    shared["tasks"] = 100 if quick else 10_000
    print(f"jax {jax.__version__}, numpy {np.__version__}, one thread, float64")
    print("error: largest error of predictions against scipy lstsq / largest label, first tasks;")
    print("cond 1e8: the same where the features' condition number is 1e8 (fewer tasks)")
    a = report(
        f"A. {own['tasks']} tasks of {own['n']} x {own['d']}, each on features of its own",
        own,
        own["tasks"],
        3 if quick else 9,
    )
    b = report(
        f"B. {shared['tasks']} tasks on one shared {shared['n']} x {shared['d']} matrix",
        shared,
        20,
        3 if quick else 5,
    )
    print(
        f"\nscikit-learn / w2s_jax: {a['scikit-learn loop']:.1f} (own; target 10), "
        f"{b['scikit-learn loop']:.0f} (shared; target 200)"
        f"\nw2s_jax / plain code on the same factorization: "
        f"{1 / a['plain BLAS Gram loop']:.2f} (own, Gram), "
        f"{1 / b['plain LAPACK QR + SVD']:.2f} (shared, QR + SVD); target at most 2"
    )


if __name__ == "__main__":
    main()
