r"""Which weak model makes the best student? Rules that see few measurements, and what they cost.

For each data set, split and setting, rules choose one of the weak models from a bootstrap sample of
m measured validation molecules; the regret is the chosen student's test error above the best
student's. Charikar, Pabbaraju and Shiragur (2024) choose the smallest weak error − misfit.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from w2s_jax.experiments.choices import Contest
from w2s_jax.experiments.records import Rows
from w2s_jax.experiments.teaching import Outcome, outcomes

Errors = Float[np.ndarray, "draws widths"]


def run(contest: Contest, *, corpus: Sequence[str], **where) -> Rows:
    """Let all rules choose, on every data set, split and setting, from many bootstrap samples.

    Args:
        contest: what to run.
        corpus: flat SMILES of unlabelled molecules, at least `contest.config.corpus`.
        **where: `encoder_of`, `cache` and `progress`, as for `outcomes`.

    Returns:
        A row for each data set, seed, setting, rule and number of measured molecules m (0 for a
        rule that needs none): `regret`, in squared label units, mean over the samples; `best`, the
        share of samples in which the chosen student is the best one; `wins`, the share in which no
        other of the three measuring rules has a smaller regret, ties split among them; `noise`, the
        standard deviation over the samples of a student's score less that of the best student, root
        mean square over the other students. "the mean" averages all students and chooses none.

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
) -> dict[str, Errors]:
    """Score weak models by three rules on samples of measured molecules; the smallest is chosen.

    Misfit needs no measurement, so it is taken over all n molecules, not over the sample.

    Args:
        weak: the teachers' values.
        student: their students'.
        truth: measured labels.
        samples: `(draws, m)`, which molecules are measured.

    Example:
        >>> weak, student = np.array([[1.0, 2.0]]), np.array([[0.0, 1.0]])
        >>> found = scores(weak, student, np.array([0.0]), np.array([[0]]))
        >>> for rule, values in found.items():
        ...     print(rule, values)
        weak error − misfit [[0. 3.]]
        weak error [[1. 4.]]
        student error [[0. 1.]]
    """
    weak_error = ((weak - truth[:, None]) ** 2)[samples].mean(1)
    student_error = ((student - truth[:, None]) ** 2)[samples].mean(1)
    misfit = ((weak - student) ** 2).mean(0)
    return {
        "weak error − misfit": weak_error - misfit,
        "weak error": weak_error,
        "student error": student_error,
    }


def _rows(outcome: Outcome, contest: Contest) -> Iterator[dict]:
    test, valid = outcome.split.test, outcome.split.valid
    errors = ((outcome.student[test] - outcome.truth[test, None]) ** 2).mean(0)
    regret = errors - errors.min()
    measured = outcome.weak[valid], outcome.student[valid], outcome.truth[valid]
    rng = np.random.default_rng(outcome.seed)
    for count in (*contest.measured, len(valid)):
        samples = rng.integers(len(valid), size=(contest.draws, count))
        found = scores(*measured, samples)
        costs = {rule: regret[s.argmin(1)] for rule, s in found.items()}
        least = np.min(list(costs.values()), axis=0)
        first = {rule: cost == least for rule, cost in costs.items()}
        for rule, cost in costs.items():
            shared = first[rule] / np.sum(list(first.values()), axis=0)
            apart = found[rule] - found[rule][:, [errors.argmin()]]
            noise = np.sqrt(apart.var(0).sum() / max(1, len(errors) - 1))
            more = {"wins": float(shared.mean()), "noise": float(noise)}
            yield _row(rule, count, cost, count == len(valid)) | more
    yield _row("the widest", 0, regret[-1:], False)
    yield _row("any", 0, regret, False)
    mean = ((outcome.student[test].mean(1) - outcome.truth[test]) ** 2).mean()
    about = {"rule": "the mean", "measured": 0, "whole": False}
    yield about | {"regret": float(mean - errors.min())}


def _row(rule: str, count: int, cost: np.ndarray, whole: bool) -> dict:
    found = {"rule": rule, "measured": count, "whole": whole}
    return found | {"regret": float(cost.mean()), "best": float((cost == 0).mean())}
