"""Time `fit_mixture` against exponentiated gradient, to the same Frank–Wolfe gap.

Run: `python benchmarks/mixtures.py` or `--quick`. Both sides get the same experts and labels, in
float64 on one core, by turns in one process; times are CPU seconds, the least of the repetitions,
and compilation, which happens once a number of experts, is told apart. Exponentiated gradient
(Kivinen and Warmuth 1997) doubles its step until a step stops being a descent by Bregman's test and
otherwise lets it grow by a tenth; it stops at the gap that `fit_mixture` is asked for, or at its
limit of steps, where the gap it has reached is printed.
"""

# ruff: noqa: E402, the thread counts must be set before the imports
import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import softmax

from w2s_jax.divergences import KL
from w2s_jax.heads import fit_mixture

GAP = 1e-9


def problem(seed: int, n: int, c: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw softmax experts on shared inputs, and a weak model that is none of their mixtures."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 8))
    experts = np.stack([softmax(0.8 * x @ rng.normal(size=(8, c)), axis=1) for _ in range(k)])
    truth = np.einsum("k,knc->nc", rng.dirichlet(np.ones(k)), experts)
    pull = 0.7 * x[:, :3] @ rng.normal(size=(3, c)) + 0.6 * rng.normal(size=(n, c))
    return experts, softmax(np.log(truth) + pull, axis=1)


def exponentiated_gradient(
    experts: np.ndarray, labels: np.ndarray, first: str, limit: int
) -> tuple[np.ndarray, float, int]:
    """Return weights, the gap and the steps."""
    flat, y, n = experts.reshape(len(experts), -1), labels.ravel(), len(labels)
    logs = np.log(y)

    def height(a: np.ndarray) -> tuple[float, np.ndarray]:
        s = a @ flat
        part = np.log(s) - logs
        return float((s @ part if first == "prediction" else -y @ part) / n), s

    def slope(s: np.ndarray) -> np.ndarray:
        return flat @ (np.log(s) - logs + 1 if first == "prediction" else -y / s) / n

    a, rate, gap, steps = np.full(len(flat), 1 / len(flat)), 1.0, np.inf, 0
    before, s = height(a)
    while steps < limit:
        g = slope(s)
        gap = float(g @ a - g.min())
        if gap <= GAP:
            break
        steps += 1
        while True:
            b = a * np.exp(-(g - g.min()) / rate)
            b /= b.sum()
            after, s = height(b)
            near = b @ (np.log(np.maximum(b, 1e-300)) - np.log(np.maximum(a, 1e-300)))
            if after <= before + g @ (b - a) + rate * near + 1e-15:
                break
            rate *= 2
        a, before, rate = b, after, 0.9 * rate
    return a, gap, steps


def timed(run: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """Return a result, and the least CPU seconds of some runs."""
    least, found = np.inf, None
    for _ in range(repeats):
        start = time.process_time()
        found = run()
        least = min(least, time.process_time() - start)
    return found, float(least)


def main() -> None:
    """Print a line a problem."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small problem each way")
    quick = parser.parse_args().quick
    sizes = [(400, 4, 6)] if quick else [(1500, 4, 6), (1500, 4, 20), (5000, 10, 12)]
    limit = 2_000 if quick else 20_000
    for n, c, k in sizes:
        for first in ("prediction", "label"):
            experts, labels = problem(1, n, c, k)
            one = KL(first)

            def ours(experts=experts, labels=labels, one=one):
                return fit_mixture(experts, labels, one, tol=GAP)

            _, cold = timed(ours, 1)
            head, mine = timed(ours, 1 if quick else 5)
            (a, gap, steps), theirs = timed(
                lambda e=experts, y=labels, f=first: exponentiated_gradient(e, y, f, limit), 1
            )
            apart = float(abs(np.asarray(head.weights) - a).max())
            print(
                f"n {n} c {c} k {k} {first:10s} first: fit_mixture {1e3 * mine:8.1f} ms "
                f"({cold:.1f} s with compilation), {int(head.steps):3d} steps, gap {head.gap:.1e}; "
                f"exponentiated gradient {1e3 * theirs:9.1f} ms, {steps:6d} steps, gap {gap:.1e}; "
                f"ratio {theirs / mine:6.1f}, weights apart {apart:.1e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
