"""Teachers and students of molecules and of reviews, and what all of them say."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from w2s_jax.arrays._kinds import Matrix, Places, Vector
from w2s_jax.data import chembench_split
from w2s_jax.encoders import load_encoder
from w2s_jax.experiments.molecules._choices import LOADERS
from w2s_jax.experiments.reviews._inputs import standard
from w2s_jax.heads import fit_heads
from w2s_jax.heads._probes import probed
from w2s_jax.molecules import features, flatten, tokenize
from w2s_jax.text import fit_tfidf, lexicon_counts, load_reviews

if TYPE_CHECKING:
    from w2s_jax.experiments.frontiers._disagreement import DisagreementConfig

_RIDGES = tuple(round(10 ** (k / 2), 6) for k in range(-6, 7))


@dataclass(frozen=True)
class Classroom:
    """What all models of one split say of all n inputs.

    Attributes:
        seed: of the split.
        teachers: their names.
        own: the inputs whose weak labels the students saw.
        fresh: the test part.
        features: `(n, d)`, of the students.
        truth: `(n,)`, label units.
        weak: `(n, teachers)`.
        student: `(n, teachers)`.
        strong: `(n,)`, the student's class fitted to the truth of `own`.

    Example:
        >>> at, one = np.arange(2), np.zeros((2, 1))
        >>> Classroom(0, ("weak-8",), at, at, one, one[:, 0], one, one, one[:, 0])
        Classroom(seed=0, teachers=('weak-8',))
    """

    seed: int
    teachers: tuple[str, ...]
    own: Places = field(repr=False)
    fresh: Places = field(repr=False)
    features: Matrix = field(repr=False)
    truth: Vector = field(repr=False)
    weak: Matrix = field(repr=False)
    student: Matrix = field(repr=False)
    strong: Vector = field(repr=False)


def molecule_rooms(config: "DisagreementConfig", name: str) -> Iterator[Classroom]:
    """Let small encoders, with few measurements, teach the large one; heads are ridge.

    Args:
        config: which encoders, how many measurements, which splits.
        name: of the data set.

    Raises:
        w2s_jax.data.Unavailable: it cannot be had.
    """
    table = LOADERS[name]()
    smiles, truth = flatten(table.smiles), np.asarray(table.labels)
    names = tuple(f"weak-{width}" for width in config.widths)
    said = {
        own: features(smiles, load_encoder(own), codes=tokenize, cache=True)
        for own in (*names, "strong")
    }
    for seed in config.seeds:
        split = chembench_split(len(truth), seed)
        order = np.random.RandomState(seed).permutation(split.train)
        seen, own = order[: config.labels], np.sort(order[config.labels :])
        inputs = {each: standard(h, split.train) for each, h in said.items()}
        weak = [_probed(inputs[each], truth[:, None], seen, seed) for each in names]
        yield _taught(seed, names, own, split.test, inputs["strong"], truth, np.hstack(weak))


def review_rooms(config: "DisagreementConfig") -> Iterator[Classroom]:
    """Let a lexicon and narrow TF-IDF teach a wide TF-IDF.

    Teachers are exact heads on few ratings, as poor ones are in *French reviews*, and ridge ones on
    all that are set apart.

    Raises:
        w2s_jax.data.Unavailable: the reviews cannot be had.
    """
    reviews = load_reviews()
    texts, truth = list(reviews.texts), np.asarray(reviews.ratings)
    for seed in config.seeds:
        split = chembench_split(len(texts), seed)
        order = np.random.RandomState(seed).permutation(split.train)
        own, training = np.sort(order[config.rated :]), [texts[row] for row in split.train]
        found = {"lexicon": standard(lexicon_counts(texts), split.train)}
        for units in ("words", "characters"):
            width = config.width if units == "words" else 256
            found[units] = fit_tfidf(training, units=units, width=width)(texts)
        weak = []
        for teacher in config.teachers:
            inputs, labels = teacher.split("/")
            units, _, width = inputs.partition("-")
            h, seen = found[units][:, : int(width or 2)], order[: int(labels)]
            if seen.size < config.rated:
                head = fit_heads(h[seen], truth[seen, None])
                weak.append(np.asarray(head(h)))
            else:
                weak.append(_probed(h, truth[:, None], seen, seed))
        yield _taught(
            seed, config.teachers, own, split.test, found["words"], truth, np.hstack(weak)
        )


def _taught(seed: int, teachers, own: Places, fresh: Places, h, truth, weak) -> Classroom:
    """Fit a student to each teacher, and the ceiling, with ridge."""
    said = _probed(h, np.column_stack([weak, truth]), own, seed)
    return Classroom(seed, teachers, own, fresh, h, truth, weak, said[:, :-1], said[:, -1])


def _probed(h: Matrix, labels: Matrix, seen: Places, seed: int) -> Matrix:
    """Predict everywhere by heads fitted on some rows, with λ chosen there."""
    return probed(h, labels, seen, ridges=_RIDGES, seed=seed)[0]
