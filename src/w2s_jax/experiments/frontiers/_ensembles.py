"""Ensembles of teachers: which weights, with labels and without, on made and on real teachers."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from w2s_jax.experiments.frontiers._made_teachers import KINDS, Teachers, draw
from w2s_jax.experiments.frontiers._mixing import blind, costs, mean_costs, parts
from w2s_jax.experiments.frontiers._real_teachers import FILES, Lesson, lessons
from w2s_jax.records._records import Rows
from w2s_jax.teachers import misfit_matrix, select


@dataclass(frozen=True)
class EnsemblesConfig:
    """What to run.

    Attributes:
        draws: problems of made teachers, for each way in which they err.
        inputs: of each.
        teachers: of each.
        width: number of the students' features.
        counts: numbers of labels that rules see.
        noise: standard deviation of a made label about the truth.
        files: of "esol", "freesolv", "lipop", "reviews" and "reviews, one copied".
        seeds: of their splits.
        counts_of_files: numbers of labels there.
        samples: draws of these labels.
        seed: of everything else.

    Raises:
        ValueError: a number below 1, too few inputs, an unknown file.

    Example:
        >>> EnsemblesConfig(files=()).teachers
        10
    """

    draws: int = 100
    inputs: int = 1500
    teachers: int = 10
    width: int = 30
    counts: tuple[int, ...] = (10, 30, 100)
    noise: float = 0.5
    files: tuple[str, ...] = FILES
    seeds: tuple[int, ...] = (122, 123, 124, 125, 126)
    counts_of_files: tuple[int, ...] = (10, 30)
    samples: int = 40
    seed: int = 0

    def __post_init__(self) -> None:
        least = min(self.draws, self.teachers, self.width, self.samples, *self.counts)
        if least < 1 or self.inputs < max(4 * self.width, *self.counts):
            raise ValueError(
                "need counts of at least 1, and inputs four times the width and as many as labels, "
                f"got the least {least} and {self.inputs} inputs"
            )
        if not set(self.files) <= set(FILES):
            raise ValueError(f"files must be of {FILES}, got {self.files}")


def run_ensembles(config: EnsemblesConfig, *, progress: bool = True) -> Rows:
    """Let rules mix teachers, or choose one, and measure the student error.

    Returns:
        Rows of three kinds by `kind`. "made": a problem of a `setting`; the student error by rule,
        `uniform`, `least` (least aᵀMa), `nearest`, `largest misfit`, and with m labels `mixed m`,
        `direct m`, `paper m`; in hindsight `best mixture`, `best single`, `mean single`; the parts
        of the mean weak error of uniform weights; `chosen` and its `bound`, regret and certificate
        of the paper's rule with known weak errors; `residual`, the largest |C − (E − M)|. "file":
        the same of molecules and reviews for a `seed`, `where` "own" (exact heads, on the inputs
        they were fitted on) or "fresh" (ridge heads, on the test part; labels and misfits from the
        valid part); errors in squared label units. "teacher": each one's misfit, errors and
        weights.

    Raises:
        w2s_jax.data.Unavailable: a file cannot be had.

    Example:
        >>> small = EnsemblesConfig(draws=1, inputs=200, counts=(30,), files=())
        >>> rows = run_ensembles(small, progress=False)
        >>> [row["setting"] for row in rows][:2], rows[0]["residual"] < 1e-12
        (['unequal', 'unequal, shared'], True)
    """
    return list(tqdm(_rows(config), disable=not progress, desc="ensembles"))


def _rows(config: EnsemblesConfig) -> Iterator[dict]:
    for k, (name, kind) in enumerate(KINDS.items()):
        for problem in range(config.draws):
            rng = np.random.default_rng([config.seed, k, problem])
            drawn = draw(kind, config.inputs, config.teachers, config.width, rng)
            found = _digits(_of_made(drawn, config, rng))
            yield {"kind": "made", "setting": name, "problem": problem} | found
    for name in config.files:
        for seed, lesson in lessons(name, config.seeds):
            yield from _of_file(name, seed, lesson, config)


def _of_made(drawn: Teachers, config: EnsemblesConfig, rng: np.random.Generator) -> dict:
    w, s, f = drawn.weak, drawn.students, drawn.truth
    at = np.arange(len(f))
    weights = blind(w, s)
    found = costs(weights, s, f)
    found |= mean_costs(
        w, s, f, counts=config.counts, draws=1, seen=at, judged=at, rng=rng, noise=config.noise
    )
    return found | parts(weights["uniform"], w, s, f) | _certified(w, s, f, drawn.features, False)


def _certified(w, s, f, h, bias: bool) -> dict[str, float]:
    """Measure C − (E − M), and the paper's rule with known weak errors beside its certificate."""
    matrix = misfit_matrix(w, students=s, labels=f)
    rule = select(w, students=s, features=h, labels=f, rule="paper", bias=bias).regret
    assert rule is not None  # all labels and the features are given
    return {
        "residual": float(abs(np.asarray(matrix.residual)).max()),
        "epsilon": float(rule.epsilon),
        "chosen": float(rule.measured),
        "bound": float(rule.regret),
    }


def _of_file(name: str, seed: int, lesson: Lesson, config: EnsemblesConfig) -> Iterator[dict]:
    pool, split = lesson.pool, lesson.split
    places = {
        "own": (lesson.projected, pool, pool),
        "fresh": (lesson.students, split.valid, split.test),
    }
    for where, (students, seen, judged) in places.items():
        rng = np.random.default_rng([config.seed, seed])
        weights = blind(lesson.weak[seen], students[seen])
        w, s, f = lesson.weak[judged], students[judged], lesson.truth[judged]
        found = costs(weights, s, f)
        drawn = {"counts": config.counts_of_files, "draws": config.samples}
        found |= mean_costs(
            lesson.weak, students, lesson.truth, **drawn, seen=seen, judged=judged, rng=rng
        )
        found |= parts(weights["uniform"], w, s, f)
        if where == "own":
            found |= _certified(w, s, f, lesson.features[pool], True)
        about = {"file": name, "seed": seed, "where": where}
        yield {"kind": "file"} | about | {"inputs": len(judged)} | _digits(found)
        for k, teacher in enumerate(lesson.names):
            own = {
                "weak_error": ((w[:, k] - f) ** 2).mean(),
                "student_error": ((s[:, k] - f) ** 2).mean(),
                "misfit": ((w[:, k] - s[:, k]) ** 2).mean(),
                "least": weights["least"][k],
            }
            yield {"kind": "teacher"} | about | {"teacher": teacher} | _digits(own)


def _digits(found: dict) -> dict[str, float]:
    return {name: float(f"{value:.7g}") for name, value in found.items()}
