r"""Which disagreement helps: teachers and students of molecules and reviews, as two classes each.

Every model's values are cut at their own median: the upper half against the lower one. Of two
classes a disagreement is *mended* where the teacher was wrong and *spoiled* where it was right, so

$$\text{misfit} = P(\text{mended}) + P(\text{spoiled}), \qquad
\text{gain} = P(\text{mended}) - P(\text{spoiled}).$$
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from tqdm import tqdm

from w2s_jax.experiments.frontiers._classrooms import Classroom, molecule_rooms, review_rooms
from w2s_jax.experiments.frontiers._neighbors import neighbors_of, right_near, voted
from w2s_jax.records._records import Rows

DATASETS = ("esol", "freesolv", "lipop", "reviews")
TEACHERS = ("lexicon/100", "lexicon/1600", "characters-64/200", "characters-64/1600",
            "characters-256/1600", "words-16/100", "words-32/200", "words-128/400")  # fmt: skip


@dataclass(frozen=True)
class DisagreementConfig:
    """What to run.

    Attributes:
        datasets: of "esol", "freesolv", "lipop" and "reviews".
        seeds: of the splits.
        widths: of the encoders that carry the molecules' teachers.
        labels: measured molecules that a teacher is fitted on.
        teachers: of reviews, inputs and how many ratings: "lexicon", or directions of TF-IDF,
            "words-16" or "characters-64".
        rated: reviews set apart for the teachers; students see the weak labels of the rest.
        width: directions of TF-IDF, of words, that carry the reviews' students.
        neighbors: how many the share of right ones is taken over, an even number.
        shuffles: how often the teacher's mistakes are dealt out anew, for comparison.

    Raises:
        ValueError: an unknown data set; a number below 1; an odd number of neighbors.

    Example:
        >>> DisagreementConfig(datasets=("esol",)).neighbors
        10
    """

    datasets: tuple[str, ...] = DATASETS
    seeds: tuple[int, ...] = (122, 123, 124)
    widths: tuple[int, ...] = (8, 12, 16, 24, 32, 48, 64, 96)
    labels: int = 150
    teachers: tuple[str, ...] = TEACHERS
    rated: int = 1600
    width: int = 512
    neighbors: int = 10
    shuffles: int = 20

    def __post_init__(self) -> None:
        if not set(self.datasets) <= set(DATASETS):
            raise ValueError(f"datasets must be of {DATASETS}, got {self.datasets}")
        counts = (self.labels, self.rated, self.width, self.neighbors, self.shuffles)
        if min(counts) < 1:
            raise ValueError(
                f"labels, rated, width, neighbors and shuffles must be at least 1, got {counts}"
            )
        if self.neighbors % 2:
            raise ValueError(
                f"neighbors must be even, so that they and the input itself have a majority; got "
                f"{self.neighbors}"
            )


def run_disagreement(config: DisagreementConfig, *, progress: bool = True) -> Rows:
    """Measure how every teacher and its student differ, and where the teacher's mistakes stand.

    Returns:
        A row for each data set, split and teacher. Of the test part `where` "fresh", and of the
        student's own inputs `where` "own": 0-1 `weak_error`, `student_error`, `gain`, `misfit`,
        `mended`, `spoiled`; Cohen's `kappa` of the two models' classes, which takes no label;
        `consistency`, Cohen's kappa of where they are right. Of the student's own inputs too:
        among the `config.neighbors` nearest in the student's features, the share that the teacher
        has right, of a wrong input (`right_near_wrong`) and of a right one (`right_near_right`),
        and the least, the mean and the largest of the first after mistakes were shuffled; `reached`
        are the mistakes with more than half of their neighbors right, `reached_mended` those of
        them that the student mends; with `vote_` before it the same of a student as on the ring,
        the majority of each input's weak label and its neighbors'; squared
        `gain_squared` and `misfit_squared`. `ceiling` is the error of the student's class fitted to
        the truth of its own inputs, `consistency_ceiling` the teacher's consistency with it.

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.

    Example:
        >>> run_disagreement(DisagreementConfig(datasets=()), progress=False)
        []
    """
    return list(tqdm(_rows(config), disable=not progress, desc="disagreement", unit="row"))


def _rows(config: DisagreementConfig) -> Iterator[dict]:
    for name in config.datasets:
        rooms = review_rooms(config) if name == "reviews" else molecule_rooms(config, name)
        for room in rooms:
            near = neighbors_of(room.features[room.own], config.neighbors)
            for k, teacher in enumerate(room.teachers):
                about = {"dataset": name, "seed": room.seed, "teacher": teacher}
                yield from (about | row for row in _measured(config, room, k, near))


def _measured(config: DisagreementConfig, room: Classroom, k: int, near) -> Iterator[dict]:
    def upper(values) -> Bool[np.ndarray, " n"]:
        return values > np.median(values[room.own])

    truth, weak = upper(room.truth), upper(room.weak[:, k])
    student, strong = upper(room.student[:, k]), upper(room.strong)
    weak_values, said = room.weak[room.own, k], room.student[room.own, k]
    squares = {
        "misfit_squared": float(((weak_values - said) ** 2).mean()),
        "gain_squared": float(
            ((weak_values - room.truth[room.own]) ** 2 - (said - room.truth[room.own]) ** 2).mean()
        ),
    }
    for where, rows in (("own", room.own), ("fresh", room.fresh)):
        found = compared(truth[rows], weak[rows], student[rows])
        missed = (strong != truth)[rows]
        found["ceiling"] = float(missed.mean())
        found["consistency_ceiling"] = kappa((weak != truth)[rows], missed)
        if where == "own":
            wrong = (weak != truth)[rows]
            found |= squares | right_near(wrong, near, config.shuffles, room.seed)
            reached = wrong & ((~wrong)[near].mean(1) > 0.5)
            mended = reached & (student == truth)[rows]
            found |= {"reached": float(reached.mean()), "reached_mended": float(mended.mean())}
            vote = compared(truth[rows], weak[rows], voted(weak[rows], near))
            wanted = ("student_error", "gain", "misfit", "mended", "spoiled")
            found |= {f"vote_{name}": vote[name] for name in wanted}
        yield {"where": where, "inputs": len(rows)} | found


def compared(truth, weak, student) -> dict[str, float]:
    """Count the disagreements of two classifications, and which of them help.

    Args:
        truth: `(n,)`, two classes; so are the others.
        weak: the teacher's.
        student: the student's.

    Returns:
        Shares of the n inputs, and two kappas; a kappa is 0 where chance agrees always.

    Example:
        >>> truth = np.array([True, True, False, False])
        >>> found = compared(truth, truth ^ [0, 0, 0, 1], truth ^ [1, 0, 0, 0])
        >>> found["mended"], found["spoiled"], found["gain"], found["misfit"]
        (0.25, 0.25, 0.0, 0.5)
    """
    weak_wrong, student_wrong = weak != truth, student != truth
    mended, spoiled = weak_wrong & ~student_wrong, student_wrong & ~weak_wrong
    return {
        "weak_error": float(weak_wrong.mean()),
        "student_error": float(student_wrong.mean()),
        "gain": float(weak_wrong.mean() - student_wrong.mean()),
        "misfit": float((weak != student).mean()),
        "mended": float(mended.mean()),
        "spoiled": float(spoiled.mean()),
        "kappa": kappa(weak, student),
        "consistency": kappa(weak_wrong, student_wrong),
    }


def kappa(one, other) -> float:
    """Compute Cohen's kappa of two columns of two classes, 0 where chance alone agrees always.

    scikit-learn's `cohen_kappa_score`, which has no number for that last case.

    Example:
        >>> kappa(np.array([True, True, False, False]), np.array([True, False, False, False]))
        0.5
    """
    p, q = one.mean(), other.mean()
    chance = p * q + (1 - p) * (1 - q)
    return 0.0 if chance == 1 else float(((one == other).mean() - chance) / (1 - chance))
