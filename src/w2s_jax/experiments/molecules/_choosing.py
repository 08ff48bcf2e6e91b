r"""Which weak model makes the best student? Rules that see few measurements, and what they cost.

For each data set, split and setting, rules choose one of the weak models from a sample of m
measured molecules; the regret is the chosen student's error above the best student's. Once the
sample is a bootstrap from the validation molecules, and the test molecules judge; once, `redrawn`,
each sample divides both anew, as many to measure and to judge as before. Charikar, Pabbaraju and
Shiragur (2024) choose the smallest weak error − misfit. The scores are those of
`w2s_jax.teachers.select`, for thousands of samples at once.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from w2s_jax.experiments.molecules._choices import Contest
from w2s_jax.experiments.molecules._teaching import Outcome, outcomes
from w2s_jax.records._records import Rows

Errors = Float[np.ndarray, "draws widths"]


def run_choosing(contest: Contest, *, corpus: Sequence[str], **where) -> Rows:
    """Let all rules choose, on every data set, split and setting, from many bootstrap samples.

    Args:
        contest: what to run.
        corpus: flat SMILES of unlabeled molecules, at least `contest.config.corpus`.
        **where: `encoder_of`, `cache` and `progress`, as for `outcomes`.

    Returns:
        A row for each data set, seed, setting, `redrawn`, rule and number of measured molecules m
        (0 for a rule that needs none): `regret`, in squared label units, mean over the samples;
        `best`, the share of samples in which the chosen student is the best one; `wins`, the share
        in which none of weak error − misfit, weak error and student error has a smaller regret,
        ties split among these three; `noise`, the standard deviation over the samples of a
        student's score less that of the best student, root mean square over the other students.
        "the middle" is the student nearest to the mean of all, "the mean" averages them.

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.
        ValueError: the corpus is too short.
    """
    rows: Rows = []
    for outcome in outcomes(contest.config, corpus, **where):
        about = {
            "dataset": outcome.dataset,
            "seed": outcome.seed,
            "setting": outcome.setting.name,
        }
        rows.extend(about | row for row in _rows(outcome, contest))
    return rows


def scores(
    weak: Float[np.ndarray, "n widths"],
    student: Float[np.ndarray, "n widths"],
    truth: Float[np.ndarray, " n"],
    samples: np.ndarray,
    unlabeled: np.ndarray | None = None,
) -> dict[str, Errors]:
    """Score weak models by three rules on samples of measured molecules; the smallest is chosen.

    Misfit needs no measurement, so it is taken over more molecules than the sample.

    Args:
        weak: the teachers' values.
        student: their students'.
        truth: measured labels.
        samples: `(draws, m)`, which molecules are measured.
        unlabeled: `(draws, k)`, over which misfit and the students' distances from their mean are
            taken; by default over all n.

    Example:
        >>> weak, student = np.array([[1.0, 2.0]]), np.array([[0.0, 1.0]])
        >>> found = scores(weak, student, np.array([0.0]), np.array([[0]]))
        >>> for rule, values in found.items():
        ...     print(rule, values)
        weak error − misfit [[0. 3.]]
        weak error [[1. 4.]]
        student error [[0. 1.]]
        known moments [[-0.25  0.75]]
    """
    weak_error = ((weak - truth[:, None]) ** 2)[samples].mean(1)
    student_error = ((student - truth[:, None]) ** 2)[samples].mean(1)
    misfit = _over((weak - student) ** 2, unlabeled)
    middle = student.mean(1, keepdims=True)
    cross = (student - middle) * (middle - truth[:, None])
    return {
        "weak error − misfit": weak_error - misfit,
        "weak error": weak_error,
        "student error": student_error,
        "known moments": _over((student - middle) ** 2, unlabeled) + 2 * cross[samples].mean(1),
    }


def _over(values: Float[np.ndarray, "n widths"], rows: np.ndarray | None) -> np.ndarray:
    return values.mean(0) if rows is None else values[rows].mean(1)


def _rows(outcome: Outcome, contest: Contest) -> Iterator[dict]:
    split = outcome.split
    half, both = len(split.valid), np.concatenate([split.valid, split.test])
    weak, student, truth = outcome.weak[both], outcome.student[both], outcome.truth[both]
    # Behind the students, their mean.
    squares = (np.column_stack([student, student.mean(1)]) - truth[:, None]) ** 2
    apart = (student - student.mean(1, keepdims=True)) ** 2
    rng = np.random.default_rng(outcome.seed)
    for redrawn in (False, True):
        for count in (*contest.measured, half):
            if redrawn:
                rows = np.tile(np.arange(len(both)), (contest.draws, 1))
                order = rng.permuted(rows, axis=1)
                samples, judged = order[:, :count], squares[order[:, half:]].mean(1)
                found = scores(weak, student, truth, samples, order[:, :half])
                distances = apart[order[:, :half]].mean(1)
            else:
                samples = rng.integers(half, size=(contest.draws, count))
                judged = np.tile(squares[half:].mean(0), (contest.draws, 1))
                found = scores(weak[:half], student[:half], truth[:half], samples)
                distances = np.tile(apart[:half].mean(0), (contest.draws, 1))
            regret = judged - judged[:, :-1].min(1, keepdims=True)
            about = {"redrawn": redrawn, "measured": count, "whole": count == half}
            yield from (about | row for row in _rules(found, regret[:, :-1]))
            if count == half:
                yield from ({"redrawn": redrawn} | row for row in _blind(regret, distances))


def _blind(regret: Float[np.ndarray, "draws _"], distances: Errors) -> Iterator[dict]:
    costs = {
        "the widest": regret[:, -2],
        "the middle": regret[np.arange(len(regret)), distances.argmin(1)],
        "any": regret[:, :-1].mean(1),
        "the mean": regret[:, -1],
    }
    for rule, cost in costs.items():
        yield {"measured": 0, "whole": False, "rule": rule, "regret": float(cost.mean())}


def _rules(found: dict[str, Errors], regret: Errors) -> Iterator[dict]:
    costs = {rule: regret[np.arange(len(s)), s.argmin(1)] for rule, s in found.items()}
    three = {rule: cost for rule, cost in costs.items() if rule != "known moments"}
    least = np.min(list(three.values()), axis=0)
    first = {rule: cost == least for rule, cost in three.items()}
    best = int(regret.mean(0).argmin())
    for rule, s in found.items():
        apart = s - s[:, [best]]
        wins = {}
        if rule in first:
            shared = first[rule] / np.sum(list(first.values()), axis=0)
            wins = {"wins": float(shared.mean())}
        yield {
            "rule": rule,
            "regret": float(costs[rule].mean()),
            "best": float((costs[rule] == 0).mean()),
            **wins,
            "noise": float(np.sqrt(apart.var(0).sum() / max(1, s.shape[1] - 1))),
        }
