"""Feature spaces of small encoders and of a large one: how far they overlap, and what is gained."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from w2s_jax.bounds import overlap
from w2s_jax.data import chembench_split
from w2s_jax.encoders import load_encoder
from w2s_jax.experiments.frontiers._transfers import along
from w2s_jax.experiments.molecules._choices import LOADERS
from w2s_jax.experiments.reviews._inputs import standard
from w2s_jax.heads import fit_head
from w2s_jax.molecules import features, flatten
from w2s_jax.records._records import Rows

Vector = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class OverlapsConfig:
    """What to run.

    Attributes:
        datasets: of "esol", "freesolv" and "lipop".
        seeds: of the splits.
        widths: of the encoders that carry the teachers.
        labels: measured molecules that a teacher is fitted on.
        directions: of the large encoder's features, where they vary most; a student each.

    Raises:
        ValueError: an unknown data set; too few labels for the widest teacher; no direction.

    Example:
        >>> OverlapsConfig(datasets=("esol",)).directions
        (16, 32, 64)
    """

    datasets: tuple[str, ...] = ("esol", "freesolv", "lipop")
    seeds: tuple[int, ...] = (122, 123, 124, 125, 126)
    widths: tuple[int, ...] = (8, 12, 16, 24, 32, 48, 64, 96)
    labels: int = 150
    directions: tuple[int, ...] = (16, 32, 64)

    def __post_init__(self) -> None:
        if not set(self.datasets) <= set(LOADERS):
            raise ValueError(f"datasets must be of {tuple(LOADERS)}, got {self.datasets}")
        if self.labels < max(self.widths, default=0) + 3:
            raise ValueError(
                f"labels must be at least {max(self.widths) + 3} for teachers of "
                f"{max(self.widths)} features, got {self.labels}"
            )
        if min(self.directions, default=1) < 1:
            raise ValueError(f"directions must be at least 1, got {self.directions}")


def run_overlaps(config: OverlapsConfig, *, progress: bool = True) -> Rows:
    """Let heads on small encoders teach heads on a large one; all are exact, on measured labels.

    Returns:
        A row for each data set, split, teacher and student. `weak_rank`, `overlap` and `chance` are
        those of `bounds.overlap` on the student's own inputs, without a label. In squared label
        units, on these inputs `weak_error`, `misfit` and `gain`; on the test part the same with
        `_fresh` behind.

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.

    Example:
        >>> run_overlaps(OverlapsConfig(datasets=()), progress=False)
        []
    """
    return list(tqdm(_rows(config), disable=not progress, desc="overlaps", unit="row"))


def _rows(config: OverlapsConfig) -> Iterator[dict]:
    for name in config.datasets:
        table = LOADERS[name]()
        smiles, truth = flatten(table.smiles), np.asarray(table.labels, np.float64)
        strong = features(smiles, load_encoder("strong"))
        weak = {k: features(smiles, load_encoder(f"weak-{k}")) for k in config.widths}
        for seed in config.seeds:
            split = chembench_split(len(truth), seed)
            order = np.random.RandomState(seed).permutation(split.train)
            taught, own = order[: config.labels], order[config.labels :]
            students = {k: along(strong, split.train, k) for k in config.directions}
            for width, found in weak.items():
                h = standard(found, split.train)
                said = np.asarray(fit_head(h[taught], truth[taught])(h))
                for directions, features_ in students.items():
                    about = {"dataset": name, "seed": seed, "width": width}
                    measured = compared(h, features_, said, truth, own, split.test)
                    yield about | {"directions": directions, "lessons": len(own)} | measured


def compared(h, strong, weak: Vector, truth: Vector, own, fresh) -> dict:
    """Teach one student and say how its space lies to its teacher's.

    Args:
        h: `(n, d)`, the teacher's features.
        strong: `(n, k)`, the student's.
        weak: what the teacher says.
        truth: true labels.
        own: rows on which the student is taught.
        fresh: rows that it has not seen.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(40, 3))
        >>> half = np.arange(20)
        >>> found = compared(x[:, :2], x[:, 1:], x[:, 0] + x[:, 1], x[:, 1], half, half)
        >>> found["weak_rank"], round(found["misfit"] - found["gain"], 9)
        (2, 0.0)
    """
    student = np.asarray(fit_head(strong[own], weak[own])(strong))
    spaces = overlap(h[own], strong[own])
    found = {"overlap": spaces.overlap, "chance": spaces.chance}
    for rows, ending in ((own, ""), (fresh, "_fresh")):
        off, left = (weak - truth)[rows], (student - truth)[rows]
        found |= {
            f"weak_error{ending}": (off**2).mean(),
            f"misfit{ending}": ((weak - student)[rows] ** 2).mean(),
            f"gain{ending}": (off**2).mean() - (left**2).mean(),
        }
    digits = {name: float(f"{value:.9g}") for name, value in found.items()}
    return {"weak_rank": spaces.weak_rank} | digits
