"""The laboratory of *Synthetic experiments*: panel c at other sizes, units and heads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from w2s_jax.experiments.synthetic._settings import SyntheticConfig
from w2s_jax.experiments.synthetic._tasks import run_synthetic

_KEPT = ("seed", "strong_noise", "gain", "misfit", "weak_error", "epsilon")


@dataclass(frozen=True)
class Laboratory:
    """What is varied.

    Attributes:
        depths: of the truth's network, in the first part.
        widths: of all networks, in the first part.
        noises: strong noise, in the first part; the weak noise is 0.3.
        tasks: of each setting of the first part.
        sigmas: standard deviations of the inputs, in the second part.
        heads: exact, or by AdamW for 20 epochs, in the second part.
        seeds: of the second part's networks.
        bench_tasks: of each setting of the second part.

    Example:
        >>> len(Laboratory().widths)
        3
    """

    depths: tuple[int, ...] = (2, 5)
    widths: tuple[int, ...] = (8, 16, 32)
    noises: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3)
    tasks: int = 50
    sigmas: tuple[float, ...] = (1.0, 500.0, 5000.0)
    heads: tuple[str, ...] = ("exact", "adamw")
    seeds: tuple[int, ...] = (0, 1)
    bench_tasks: int = 20


def run_laboratory(config: Laboratory) -> list[dict[str, Any]]:
    """Run both parts.

    Args:
        config: what to vary.

    Returns:
        A row for each task: `part` "sizes" with depth and width, or "units" with sigma and heads;
        seed, strong noise, and gain, misfit, weak error and ε on fresh inputs, squared label units.

    Example:
        >>> small = Laboratory((2,), (8,), (0.1,), 2, (1.0,), ("exact",), (0,), 2)
        >>> [row["part"] for row in run_laboratory(small)]
        ['sizes', 'sizes', 'units', 'units']
    """
    rows = []
    for about, settings in _settings(config):
        found = run_synthetic(SyntheticConfig(panels=("c",), **settings), progress=False)
        rows += [about | {key: row[key] for key in _KEPT} for row in found]
    return rows


def _settings(config: Laboratory) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    pairs = tuple((noise, 0.3) for noise in config.noises)
    for depth in config.depths:
        for width in config.widths:
            about = {"part": "sizes", "depth": depth, "width": width}
            yield about, {
                "seeds": (1,), "tasks": config.tasks, "depths": (depth, 8, 2),
                "widths": (width, width, width), "noises": pairs, "cut": 1e-3,
            }  # fmt: skip
    how: dict[str, dict[str, Any]] = {
        "exact": {"cut": 1e-3},
        "adamw": {"heads": "adamw", "head_epochs": 20},
    }
    for heads in config.heads:
        for sigma in config.sigmas:
            shared = {"seeds": config.seeds, "tasks": config.bench_tasks, "sigma": sigma}
            yield {"part": "units", "sigma": sigma, "heads": heads}, shared | how[heads]
