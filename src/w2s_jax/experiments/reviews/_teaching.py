"""Weak models rate reviews, students learn from their ratings alone: the values of all models."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from w2s_jax.arrays._kinds import Matrix, Places, Vector
from w2s_jax.data import Split
from w2s_jax.experiments.reviews._choices import RIDGES, ReviewsConfig, Teacher, Teaching
from w2s_jax.experiments.reviews._inputs import Inputs, split_of
from w2s_jax.heads import Gram, LinearHead, choose_ridge, fit_heads


@dataclass(frozen=True)
class Lesson:
    """What all models of one split, teaching and truth say of all n reviews.

    Attributes:
        seed: of the split.
        teaching: how students learn.
        truth_name: "ratings" or "planted".
        split: train, valid and test rows.
        pool: the rows whose weak labels the students saw.
        truth: `(n,)`.
        weak: `(n, teachers)`.
        student: `(n, teachers)`.
        strong: `(n,)`, the student's features with a ridge head on the truth of its pool.
        projected: `(n,)`, the same with an exact head; None for ridge.
        ridge: each student's λ; None for exact heads.
        rank: directions that exact heads use; None for ridge.

    Example:
        >>> at, values = np.arange(2), np.zeros((2, 1))
        >>> split = Split(train=at, valid=at, test=at)
        >>> own = Lesson(0, Teaching(), "ratings", split, at, at / 2, values, values, at / 2,
        ...              None, at / 2, None)
        >>> own.teaching.name
        'e5-8, ridge, rest, rows'
    """

    seed: int
    teaching: Teaching
    truth_name: str
    split: Split = field(repr=False)
    pool: Places = field(repr=False)
    truth: Vector = field(repr=False)
    weak: Matrix = field(repr=False)
    student: Matrix = field(repr=False)
    strong: Vector = field(repr=False)
    projected: Vector | None = field(repr=False)
    ridge: Vector | None = field(repr=False)
    rank: int | None


@dataclass(frozen=True)
class _Classroom:
    """One split's inputs, truths and weak models."""

    seed: int
    split: Split
    order: Places  # training rows in the order in which they are rated
    inputs: dict[str, Matrix]
    truths: dict[str, Vector]
    weak: dict[str, Matrix]


def truths_of(config: ReviewsConfig, inputs: Inputs) -> dict[str, Vector]:
    """Return the truths that are taught, by name.

    Example:
        >>> from w2s_jax.text import Reviews
        >>> two = Reviews(["Un régal.", "Bof."], [5.0, 2.0], ["Candide", "Zadig"], ["babelio"] * 2)
        >>> truths_of(ReviewsConfig(truths=("ratings",)), Inputs(two, {}, None))
        {'ratings': array([5., 2.])}
    """
    makers = {"ratings": lambda: np.asarray(inputs.reviews.ratings), "planted": inputs.planted}
    return {name: makers[name]() for name in config.truths}


def lessons(
    config: ReviewsConfig, inputs: Inputs, truths: dict[str, Vector], kind: str, seed: int
) -> Iterator[Lesson]:
    """Fit one split's weak models and students, one teaching after the other.

    Args:
        config: what to run.
        inputs: of the reviews.
        truths: `(n,)` by name; on other splits than by rows, ratings alone are taught.
        kind: of the split, as in `Teaching`.
        seed: of the split.

    Raises:
        ValueError: a training part too small for `config.labelled` and ten weak labels.
    """
    own = [each for each in config.teachings if each.split == kind]
    truths = {name: f for name, f in truths.items() if name == "ratings" or kind == "rows"}
    if not truths:
        return
    split = split_of(inputs.reviews, kind, seed)
    order = np.random.RandomState(seed).permutation(split.train)
    if len(order) < config.labelled + 10:
        raise ValueError(f"labelled must leave weak labels: {config.labelled} of {len(order)}")
    named = [Teacher.named(name) for name in config.teachers]
    wanted = {each.inputs for each in named} | {each.student for each in own}
    found = inputs.of_split(split.train, wanted)
    room = _Classroom(seed, split, order, found, truths, _taught(named, found, order, truths, seed))
    for student, size in dict.fromkeys((each.student, each.pool) for each in own):
        heads = {each.head: each for each in own if (each.student, each.pool) == (student, size)}
        yield from _students(config, room, heads)


def _taught(teachers: list[Teacher], inputs, order, truths, seed: int) -> dict[str, Matrix]:
    """Fit the weak models on the first labels of the order, for all truths at once."""
    labels = np.stack(list(truths.values()), axis=1)
    values = []
    for teacher in teachers:
        h, seen = inputs[teacher.inputs], order[: teacher.labels]
        if teacher.head == "exact":
            head: LinearHead = fit_heads(h[seen], labels[seen])
        else:
            head, _ = _shrunk(h[seen], labels[seen], seed)
        values.append(np.asarray(head(h)))
    found = np.stack(values, axis=1)
    return {name: found[..., k] for k, name in enumerate(truths)}


def _shrunk(h: Matrix, labels: Matrix, seed: int) -> tuple[LinearHead, Vector]:
    """Fit ridge heads; from sums, since with λ ≥ 0.001 no direction is lost in their rounding."""
    ridge = choose_ridge(h, labels, ridges=RIDGES, seed=seed)
    return Gram.of(h, labels).solve(ridge=ridge), ridge


def _students(config: ReviewsConfig, room: _Classroom, heads) -> Iterator[Lesson]:
    """Fit students of all teachers, truths and heads on one pool."""
    first = next(iter(heads.values()))
    pool = room.order[config.labelled :]
    pool = np.sort(pool if first.pool == "rest" else pool[: int(first.pool)])
    h, count = room.inputs[first.student], len(config.teachers)
    labels = np.concatenate([*room.weak.values(), *(t[:, None] for t in room.truths.values())], 1)
    ridged, ridge = _shrunk(h[pool], labels[pool], room.seed)
    said = {"ridge": np.asarray(ridged(h))}
    rank = None
    if "exact" in heads:
        exact: LinearHead = fit_heads(h[pool], labels[pool])
        said["exact"], rank = np.asarray(exact(h)), int(exact.rank)
    for k, name in enumerate(room.truths):
        if name == "planted" and first.pool != "rest":
            continue  # one number of weak labels shows what a truth in reach does
        own, truth = slice(k * count, (k + 1) * count), len(room.truths) * count + k
        for head, teaching in heads.items():
            is_exact = head == "exact"
            yield Lesson(
                room.seed, teaching, name, room.split, pool, room.truths[name], room.weak[name],
                said[head][:, own], said["ridge"][:, truth],
                said["exact"][:, truth] if is_exact else None,
                None if is_exact else ridge[own], rank if is_exact else None,
            )  # fmt: skip
