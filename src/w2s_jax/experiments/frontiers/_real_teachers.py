"""Teachers of molecules and of reviews, with students on each one's strong features."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from w2s_jax.data import Split, chembench_split
from w2s_jax.experiments.molecules import QsarConfig, Setting
from w2s_jax.experiments.molecules._choices import LOADERS
from w2s_jax.experiments.molecules._teaching import outcomes
from w2s_jax.experiments.reviews._choices import Teacher
from w2s_jax.experiments.reviews._inputs import Inputs, read_inputs
from w2s_jax.heads import choose_ridge, fit_heads, fit_probes
from w2s_jax.molecules import descriptors, flatten, morgan_fingerprints
from w2s_jax.representations import standardized
from w2s_jax.text import load_reviews

MOLECULES = ("esol", "freesolv", "lipop")
COPIED = "reviews, one copied"
FILES = (*MOLECULES, "reviews", COPIED)
REVIEWERS = (
    "lexicon/1600/exact", "lexicon/100/exact", "characters-16/1600/ridge",
    "characters-64/1600/ridge", "characters-256/1600/ridge", "characters-64/200/exact",
    "characters-64/400/exact",
)  # fmt: skip
_WITHIN = "words-32/200/exact"  # reads what the student reads too: its misfit is 0
_STUDENT, _LABELED, _MEASURED = "words-512", 1600, "150"


class Lesson(NamedTuple):
    """What teachers and students say of all n inputs of a file."""

    names: tuple[str, ...]
    weak: Float[np.ndarray, "n teachers"]
    students: Float[np.ndarray, "n teachers"]  # ridge heads
    projected: Float[np.ndarray, "n teachers"]  # exact heads
    truth: Float[np.ndarray, " n"]
    features: Float[np.ndarray, "n d"]
    pool: Int[np.ndarray, " _"]  # whose weak labels the students saw, and no teacher a label
    split: Split


def lessons(name: str, seeds: tuple[int, ...]) -> Iterator[tuple[int, Lesson]]:
    """Teach one file's students, split by split.

    Args:
        name: of `FILES`; to those of "reviews", "reviews, one copied" adds a poor teacher on some
            of the student's own features.
        seeds: of the splits.

    Raises:
        w2s_jax.data.Unavailable: the file cannot be had.
    """
    more = (_WITHIN,) if name == COPIED else ()
    yield from _molecules(name, seeds) if name in MOLECULES else _reviews(REVIEWERS + more, seeds)


def _molecules(name: str, seeds: tuple[int, ...]) -> Iterator[tuple[int, Lesson]]:
    table = LOADERS[name]()
    flat = flatten(table.smiles)
    chemical = {"descriptors": descriptors(flat), "fingerprints": morgan_fingerprints(flat)}
    setting = Setting("probe", _MEASURED, "rest", "last")
    config = QsarConfig(datasets=(name,), seeds=seeds, settings=(setting,), corpus=0)
    for outcome in outcomes(config, (), progress=False):
        n, split, pool, seed = len(table), outcome.split, outcome.pool, outcome.seed
        measured = np.setdiff1d(split.train, pool)
        own = [outcome.weak[:n]]
        for inputs in chemical.values():
            h = standardized(inputs, split.train)
            heads, _ = fit_probes(h[measured], table.labels[measured, None], seed=seed)
            own.append(np.asarray(heads(h)))
        names = (*(f"weak-{width}" for width in config.widths), *chemical)
        weak, h = np.concatenate(own, axis=1), outcome.features[:n]
        yield seed, _taught(names, weak, table.labels, h, pool, split, seed)


def _reviews(names: tuple[str, ...], seeds: tuple[int, ...]) -> Iterator[tuple[int, Lesson]]:
    reviews = load_reviews()
    inputs: Inputs = read_inputs(reviews, {"lexicon"}, layers_of=lambda _: {})
    truth = np.asarray(reviews.ratings)
    teachers = [Teacher.named(each) for each in names]
    for seed in seeds:
        split = chembench_split(len(reviews), seed)
        order = np.random.RandomState(seed).permutation(split.train)
        found = inputs.of_split(split.train, {_STUDENT, *(each.inputs for each in teachers)})
        own = []
        for teacher in teachers:
            h, rated = found[teacher.inputs], order[: teacher.labels]
            ridge = 0.0
            if teacher.head == "ridge":
                ridge = choose_ridge(h[rated], truth[rated, None], seed=seed)
            own.append(np.asarray(fit_heads(h[rated], truth[rated, None], ridge=ridge)(h)))
        pool = np.sort(order[_LABELED:])
        weak = np.concatenate(own, axis=1)
        yield seed, _taught(names, weak, truth, found[_STUDENT], pool, split, seed)


def _taught(names, weak, truth, h, pool, split: Split, seed: int) -> Lesson:
    heads, _ = fit_probes(h[pool], weak[pool], seed=seed)
    exact = fit_heads(h[pool], weak[pool])
    students, projected = np.asarray(heads(h)), np.asarray(exact(h))
    return Lesson(names, weak, students, projected, truth, h, pool, split)
