r"""Shift: students taught on inputs of one kind, P, and used on those of another, Q.

All squares over Q are means over Q's own rows, so that the theorem of the chapter holds exactly:
gain = misfit − correction − drift. Errors that end in `fresh` are over half of these rows, and the
students that saw Q saw the other half, without labels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from tqdm import tqdm

from w2s_jax.experiments.frontiers._transfers import FILES, Transfer, transfers
from w2s_jax.heads import fit_head
from w2s_jax.records._records import Rows

Vector = Float[np.ndarray, " n"]
Places = Int[np.ndarray, " _"]
TRUTHS = ("planted", "measured")


@dataclass(frozen=True)
class ShiftConfig:
    """What to run.

    Attributes:
        files: of "esol", "freesolv" and "lipop", by random rows and by scaffold, and "reviews", by
            random rows, by title, and from one site to the other.
        truths: "measured" labels, which no head of the student's class can say, and "planted" ones:
            what the class says of them at best, so that the truth is in reach everywhere.
        directions: of the strong features, where those of P vary most; the student has a constant
            besides.
        seeds: of the splits.

    Raises:
        ValueError: an unknown file or truth, or no direction.

    Example:
        >>> ShiftConfig(files=("esol",)).directions
        16
    """

    files: tuple[str, ...] = tuple(FILES)
    truths: tuple[str, ...] = TRUTHS
    directions: int = 16
    seeds: tuple[int, ...] = tuple(range(122, 132))

    def __post_init__(self) -> None:
        if not set(self.files) <= set(FILES):
            raise ValueError(f"files must be of {tuple(FILES)}, got {self.files}")
        if not set(self.truths) <= set(TRUTHS):
            raise ValueError(f"truths must be of {TRUTHS}, got {self.truths}")
        if self.directions < 1:
            raise ValueError(f"directions must be at least 1, got {self.directions}")


def run_shift(config: ShiftConfig, *, progress: bool = True) -> Rows:
    """Teach on P, use on Q, and teach again on Q by the same teacher.

    Returns:
        A row for each file, kind of split, seed, truth and teacher, in squared label units. On the
        student's own inputs of P: `misfit_own`, `gain_own`. On Q: `weak_error`, `student_error`,
        `misfit`, `gain` of the student; `apart`, its squared distance from the student taught on Q;
        of the latter `again_error`, `again_misfit`, `again_gain`; `correction` and `drift`, with
        gain = misfit − correction − drift; `epsilon`, the realizability gap in Q. On the half of Q
        that nobody saw: `gain_fresh`, `again_fresh` of the student of the other half, and
        `both_fresh` of one taught on P's inputs and that half.

    Raises:
        w2s_jax.data.Unavailable: a file cannot be had.

    Example:
        >>> run_shift(ShiftConfig(files=()), progress=False)
        []
    """
    return list(tqdm(_rows(config), disable=not progress, desc="shift"))


def _rows(config: ShiftConfig) -> Iterator[dict]:
    for file in config.files:
        for transfer in transfers(file, config.directions, config.seeds):
            for truth in config.truths:
                labels = transfer.labels
                if truth == "planted":
                    labels = _taught(transfer.features, labels, np.arange(len(labels)))
                for teacher, weak in transfer.teach(labels).items():
                    about = {
                        "file": file,
                        "split": transfer.kind,
                        "seed": transfer.seed,
                        "truth": truth,
                    }
                    sizes = {"lessons": len(transfer.lessons), "uses": len(transfer.uses)}
                    found = shifted(transfer, weak, labels)
                    yield about | {"teacher": teacher} | sizes | found


class _Squares(NamedTuple):
    """Means over some rows."""

    rows: Places

    def of(self, one: Vector, other: Vector) -> float:
        return float(np.mean((one - other)[self.rows] ** 2))

    def product(self, one: Vector, other: Vector) -> float:
        return float(np.mean(one[self.rows] * other[self.rows]))


def shifted(transfer: Transfer, weak: Vector, truth: Vector) -> dict[str, float]:
    """Measure the student of P, and the one taught again on Q.

    Args:
        transfer: the strong features of all n rows, the lessons of P and the rows of Q.
        weak: the weak model's labels, all n.
        truth: the true ones.

    Example:
        >>> x = np.linspace(-1, 1, 12)[:, None]
        >>> transfer = Transfer("made", 0, x, x[:, 0], np.arange(6), np.arange(6, 12), dict)
        >>> found = shifted(transfer, x[:, 0] ** 2, x[:, 0])
        >>> print(round(found["gain"] - found["misfit"] + found["drift"], 12))
        0.0
    """
    h, own, q = transfer.features, _Squares(transfer.lessons), _Squares(transfer.uses)
    student, again = _taught(h, weak, transfer.lessons), _taught(h, weak, transfer.uses)
    best = _taught(h, truth, transfer.uses)
    seen, fresh = transfer.uses[::2], _Squares(transfer.uses[1::2])
    half = _taught(h, weak, seen)
    both = _taught(h, weak, np.concatenate([transfer.lessons, seen]))
    found = {
        "misfit_own": own.of(weak, student),
        "gain_own": own.of(weak, truth) - own.of(student, truth),
        "weak_error": q.of(weak, truth),
        "student_error": q.of(student, truth),
        "misfit": q.of(weak, student),
        "gain": q.of(weak, truth) - q.of(student, truth),
        "apart": q.of(again, student),
        "again_error": q.of(again, truth),
        "again_misfit": q.of(weak, again),
        "again_gain": q.of(weak, truth) - q.of(again, truth),
        "correction": 2 * q.product(weak - again, truth - best),
        "drift": 2 * q.product(again - student, best - student),
        "epsilon": q.of(best, truth),
    }
    for name, model in (("gain", student), ("again", half), ("both", both)):
        found[f"{name}_fresh"] = fresh.of(weak, truth) - fresh.of(model, truth)
    return {name: float(f"{value:.12g}") for name, value in found.items()}


def _taught(features: Float[np.ndarray, "n d"], labels: Vector, rows: Places) -> Vector:
    """Fit a head on some rows and predict all."""
    return np.asarray(fit_head(features[rows], labels[rows])(features))
