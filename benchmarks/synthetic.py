"""Time the synthetic experiment against the same experiment as a PyTorch loop, in one run.

Run: `python benchmarks/synthetic.py` (or `--quick`), with torch installed (extra `parity`). Times
are CPU seconds on one thread. Steps are measured, runs of millions of steps extrapolated from
them, with the arithmetic printed. The loop does what the paper's does and no more: batches by
indexing (no DataLoader), heads on features computed beforehand.
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
from dataclasses import replace

import jax
import jax.numpy as jnp
import torch  # pyright: ignore[reportMissingImports]

from w2s_jax.experiments import synthetic
from w2s_jax.experiments.synthetic import SyntheticConfig
from w2s_jax.experiments.synthetic._models import Models, TaskSetting
from w2s_jax.experiments.synthetic._panels import measure
from w2s_jax.representations import MLP, PRESETS, pretrain

jax.config.update("jax_enable_x64", True)
torch.set_num_threads(1)

PAPER = PRESETS["paper"]
DEPTHS = {"strong": 8, "weak": 2}
TASKS = 100
HEADS = {"weak": 2, "student": 8, "strong": 8}  # heads of a task, each on a network of this depth
HEAD_STEPS = PAPER.epochs * PAPER.batches


def seconds(run: Callable[[], object], repeats: int) -> float:
    """Return the median CPU seconds of a run, after one that is not counted."""
    run()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return statistics.median(times)


def once(run: Callable[[], object]) -> float:
    """Return the CPU seconds of a first run, compilation included."""
    start = time.process_time()
    run()
    return time.process_time() - start


def loop(model: torch.nn.Module, head: torch.nn.Module, x, y, trained, epochs: int) -> None:
    """Train as the paper does: AdamW on the mean squared error, batches of 32, reshuffled."""
    optimizer = torch.optim.AdamW(trained, lr=PAPER.rate, weight_decay=PAPER.decay)
    for _ in range(epochs):
        for own in torch.randperm(len(x)).split(PAPER.batch):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(head(model(x[own])), y[own]).backward()
            optimizer.step()


def torch_network(depth: int) -> torch.nn.Module:
    layers = []
    for k in range(depth):
        layers += [torch.nn.Linear(16 if k else 8, 16), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


def torch_step(depth: int, repeats: int, *, frozen: bool = False) -> float:
    """CPU seconds of a step of pretraining; where frozen, of a head on a network of that depth."""
    x = 500 * torch.randn(PAPER.inputs, 8 if depth else 16)
    head, y = torch.nn.Linear(16, 1), torch.randn(PAPER.inputs, 1)
    model = torch_network(depth) if depth else torch.nn.Identity()
    head.requires_grad_(frozen)
    model.requires_grad_(not frozen)
    trained = list((head if frozen else model).parameters())
    epochs = 8
    took = seconds(lambda: loop(model, head, x, y, trained, epochs), repeats)
    return took / (epochs * PAPER.batches)


def networks(depth: int, seeds: int) -> tuple[MLP, jax.Array]:
    keys = jax.random.split(jax.random.key(depth), seeds)
    return jax.vmap(lambda k: MLP(8, 16, depth, dtype=jnp.float32, key=k))(keys), keys


def our_step(depth: int, seeds: int, repeats: int) -> float:
    """CPU seconds of one step of pretraining for one of so many seeds."""
    recipe = replace(PAPER, epochs=20)
    (start, keys), (truth, _) = networks(depth, seeds), networks(5, seeds)
    took = seconds(lambda: pretrain(start, truth, preset=recipe, key=keys), repeats)
    return took / recipe.steps / seeds


def our_heads(repeats: int) -> float:
    """CPU seconds to fit and measure all heads of 100 tasks, on three samples of 2,000 inputs."""
    h = {depth: networks(depth, 1)[0] for depth in (5, 8, 2)}
    double = {d: jax.tree.map(lambda leaf: leaf.astype(jnp.float64), h[d]) for d in h}
    models = Models(truth=double[5], strong=double[8], weak=double[2])
    keys = jax.random.split(jax.random.key(0), (1, TASKS))
    return seconds(lambda: measure(TaskSetting(), models, 500.0, keys), repeats)


def line(words: str, theirs: float, ours: float, target: float, unit: str, scale: float) -> None:
    print(
        f"{words:54}{theirs * scale:12.1f}{ours * scale:12.2f} {unit:3}"
        f"{theirs / ours:9.0f}x (target {target:g}x)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few repeats, no run of a minute")
    quick = parser.parse_args().quick
    repeats = 2 if quick else 5
    print(f"jax {jax.__version__}, torch {torch.__version__}, one thread, CPU seconds")
    print(f"{'':54}{'PyTorch':>12}{'w2s_jax':>12}")
    torch_steps = {role: torch_step(depth, repeats) for role, depth in DEPTHS.items()}
    our_steps = {}
    for role, depth in DEPTHS.items():
        our_steps[role] = our_step(depth, 1, repeats)
        line(f"a step of pretraining, {role}", torch_steps[role], our_steps[role], 12, "µs", 1e6)
    for role, depth in DEPTHS.items():
        batched = our_step(depth, 16, repeats)
        line(f"the same per model, 16 seeds, {role}", torch_steps[role], batched, 35, "µs", 1e6)
    heads, steps = our_heads(repeats), {d: torch_step(d, repeats, frozen=True) for d in (0, 2, 8)}
    torch_heads = TASKS * HEAD_STEPS * sum(steps[depth] for depth in HEADS.values())
    line("heads of 100 tasks, fitted and measured", torch_heads, heads, 9000, "s", 1)
    print(
        f"    PyTorch: {TASKS} tasks x {HEAD_STEPS:,} steps x ("
        + " + ".join(f"{steps[depth] * 1e6:.0f}" for depth in HEADS.values())
        + f" µs for {', '.join(HEADS)}); w2s_jax: measured"
    )
    ready = TASKS * HEAD_STEPS * len(HEADS) * steps[0]
    print(
        f"    on features computed beforehand: {len(HEADS)} x {steps[0] * 1e6:.0f} µs a step, "
        f"{ready:.0f} s, {ready / heads:.0f}x"
    )
    torch_pretraining = PAPER.steps * sum(torch_steps.values())
    whole = torch_pretraining + torch_heads
    print(
        f"    panel b as a PyTorch loop: {PAPER.steps:,} steps x "
        f"({torch_steps['strong'] * 1e6:.0f} + {torch_steps['weak'] * 1e6:.0f} µs) "
        f"+ {torch_heads:.0f} s = {whole:.0f} s"
    )
    config = SyntheticConfig(panels=("b",), seeds=(0,))
    jax.clear_caches()
    reader = once(lambda: synthetic.run_synthetic(replace(config, preset="reader"), progress=False))
    line("panel b, reader preset, compilation included", whole, reader, 400, "s", 1)
    if not quick:
        jax.clear_caches()
        paper = once(lambda: synthetic.run_synthetic(config, progress=False))
        line("panel b, paper preset, compilation included", whole, paper, 65, "s", 1)
    jax.clear_caches()
    start = time.perf_counter()
    took = once(lambda: synthetic.three_panels(progress=False))
    wall = time.perf_counter() - start
    print(f"three panels, reader preset, one seed: {took:.1f} s of CPU, {wall:.1f} s (target 20)")


if __name__ == "__main__":
    main()
