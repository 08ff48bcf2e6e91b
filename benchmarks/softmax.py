"""Time softmax heads against scikit-learn, on one thread, in one run, at equal optima.

Run: `python benchmarks/softmax.py` (or `--quick`). Times are CPU seconds, contestants interleaved.
Each solver of scikit-learn runs at the largest of its tolerances that brings the objective to
within 1e-9 of the least; soft labels are given to it as repeated rows with weights.
"""

# ruff: noqa: E402, the thread counts must be set before the imports
import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import jax
import numpy as np
import sklearn
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from w2s_jax.heads import fit_softmax, fit_softmaxes

jax.config.update("jax_enable_x64", True)

ALIKE = 1e-9
SOLVERS = ("lbfgs", "newton-cg", "newton-cholesky")
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)


def draw(n: int, d: int, classes: int, tasks: int, *, soft: bool):
    """Gaussian features; chances of noisy logits, and class numbers drawn from them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, d))
    logits = np.tensordot(x, 0.5 * rng.normal(size=(d, tasks, classes)), 1)
    chances = softmax(logits + rng.normal(size=logits.shape), axis=-1)
    if soft:
        return x, chances
    return x, (chances.cumsum(-1) < rng.random((n, tasks, 1))).sum(-1)


def objective(x, labels, weights, bias, ridge) -> float:
    logs = log_softmax(x @ weights + bias, axis=1)
    chances = labels if labels.ndim == 2 else np.eye(logs.shape[1])[labels]
    return float(-(chances * logs).sum(1).mean() + ridge * (weights**2).sum())


def peer(x, labels, ridge, solver: str, tol: float) -> LogisticRegression:
    n = len(x)
    C = 1 / (2 * n * ridge) if ridge else np.inf
    model = LogisticRegression(C=C, solver=solver, tol=tol, max_iter=5000)  # pyright: ignore
    if labels.ndim == 1:
        return model.fit(x, labels)
    classes = labels.shape[1]
    rows, numbers = np.tile(x, (classes, 1)), np.repeat(np.arange(classes), n)
    return model.fit(rows, numbers, sample_weight=labels.T.ravel())


def tolerance(x, labels, ridge, solver: str, least: float) -> float | None:
    for tol in TOLERANCES:
        model = peer(x, labels, ridge, solver, tol)
        weights = model.coef_.T - model.coef_.mean(0)[:, None]
        if objective(x, labels, weights, model.intercept_, ridge) - least <= ALIKE:
            return tol
    return None


def measure(contestants: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median CPU seconds of every contestant, one round after another."""
    times = {name: [] for name in contestants}
    for fit in contestants.values():
        fit()
    for _ in range(repeats):
        for name, fit in contestants.items():
            start = time.process_time()
            fit()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(each) for name, each in times.items()}


def report(sizes: tuple[int, int, int], tasks: int, *, soft: bool, ridge: float, repeats: int):
    x, labels = draw(*sizes, tasks, soft=soft)
    first = labels[:, 0]
    best = fit_softmax(x, first, ridge=ridge, tol=1e-16)
    least = objective(x, first, np.asarray(best.weights), np.asarray(best.bias), ridge)
    peers: dict[str, Callable[[], object]] = {}
    for solver in SOLVERS:
        tol = tolerance(x, first, ridge, solver, least)
        if tol is not None:
            peers[f"scikit-learn {solver}, tol {tol:g}"] = lambda s=solver, t=tol: peer(
                x, first, ridge, s, t
            )
    one, many = "w2s_jax, one task", f"w2s_jax, {tasks} tasks"
    ours = {
        one: lambda: fit_softmax(x, first, ridge=ridge, tol=ALIKE),
        many: lambda: fit_softmaxes(x, labels, ridge=ridge, tol=ALIKE),
    }
    gaps = {one: fit_softmax(x, first, ridge=ridge, tol=ALIKE).gap}
    gaps[many] = np.max(np.asarray(fit_softmaxes(x, labels, ridge=ridge, tol=ALIKE).gap))
    times = measure(ours | peers, repeats)
    base = min(times[name] for name in peers)
    kind = "soft labels" if soft else "class numbers"
    print(f"\n{sizes[0]} x {sizes[1]}, {sizes[2]} classes, {kind}, ridge {ridge:g}")
    for name, seconds in times.items():
        gap = f", gap at most {float(gaps[name]):.1e}" if name in gaps else ""
        print(f"  {name:42}{1e3 * seconds:9.1f} ms{gap}")
    print(
        f"  scikit-learn's best / ours: {base / times[one]:.1f} for one task (target 1), "
        f"{tasks * base / times[many]:.1f} for {tasks} (target 20; a loop of the same fit)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    quick = parser.parse_args().quick
    warnings.filterwarnings("ignore", category=FutureWarning)
    sizes, tasks = ((300, 8, 3), 5) if quick else ((2000, 33, 4), 100)
    print(f"numpy {np.__version__}, scikit-learn {sklearn.__version__}, one thread, float64")
    for soft in (True, False):
        for ridge in (1e-3, 0.0):
            report(sizes, tasks, soft=soft, ridge=ridge, repeats=3 if quick else 7)


if __name__ == "__main__":
    main()
