"""What rules that mix teachers, or choose one of them, cost in student error."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from w2s_jax.teachers import ensemble, select

Predictions = Float[np.ndarray, "n teachers"]
Rows = Int[np.ndarray, " _"]


def blind(weak: Predictions, students: Predictions) -> dict[str, Float[np.ndarray, " teachers"]]:
    """Return the weights of the rules that see no label.

    Example:
        >>> weak, students = np.array([[3.0, 1.0]]), np.array([[1.0, 0.5]])
        >>> for rule, a in blind(weak, students).items():
        ...     print(rule, a.round(2))
        uniform [0.5 0.5]
        least [0. 1.]
        nearest [1. 0.]
        largest misfit [1. 0.]
    """
    count = weak.shape[1]
    one = np.eye(count)
    misfits = ((weak - students) ** 2).mean(0)
    return {
        "uniform": np.full(count, 1 / count),
        "least": np.asarray(ensemble(weak, students=students, weights="least").weights),
        "nearest": one[select(weak, students=students, rule="nearest").chosen],
        "largest misfit": one[int(misfits.argmax())],
    }


def from_labels(
    weak: Predictions,
    students: Predictions,
    labels: Float[np.ndarray, " m"],
    rows: Rows,
) -> dict[str, Float[np.ndarray, " teachers"]]:
    """Return the weights of the rules that see m labels: mixed, or all on one teacher.

    Args:
        weak: on all inputs.
        students: on all inputs.
        labels: of some.
        rows: which.

    Example:
        >>> weak, students = np.array([[3.0, 1.0]]), np.array([[1.0, 0.5]])
        >>> found = from_labels(weak, students, np.array([0.9]), np.array([0]))
        >>> print(found["mixed"].round(2), found["direct"], found["paper"])
        [0.8 0.2] [1. 0.] [0. 1.]
    """
    given: dict[str, Any] = {"students": students, "labels": labels, "labeled": rows}
    one = np.eye(weak.shape[1])
    return {
        "mixed": np.asarray(ensemble(weak, weights="labels", **given).weights),
        "direct": one[select(weak, rule="direct", **given).chosen],
        "paper": one[select(weak, rule="paper", **given).chosen],
    }


def costs(
    found: dict[str, Float[np.ndarray, " teachers"]],
    students: Predictions,
    truth: Float[np.ndarray, " n"],
) -> dict[str, float]:
    """Return the student error of each rule's weights, and of the best in hindsight.

    Example:
        >>> students, truth = np.array([[1.0, -1.0], [2.0, 0.0]]), np.array([0.0, 1.0])
        >>> found = costs({"first": np.array([1.0, 0.0])}, students, truth)
        >>> {rule: round(error, 9) for rule, error in found.items()}
        {'first': 1.0, 'best mixture': 0.0, 'best single': 1.0, 'mean single': 1.0}
    """
    best = ensemble(students, students=students, weights="oracle", labels=truth).weights
    each = ((students - truth[:, None]) ** 2).mean(0)
    named = found | {"best mixture": np.asarray(best)}
    errors = {name: float(((students @ a - truth) ** 2).mean()) for name, a in named.items()}
    return errors | {"best single": float(each.min()), "mean single": float(each.mean())}


def parts(
    a: Float[np.ndarray, " teachers"],
    weak: Predictions,
    students: Predictions,
    truth: Float[np.ndarray, " n"],
) -> dict[str, float]:
    """Split the mean weak error into ambiguity, misfit, correction and student error.

    Example:
        >>> weak, students = np.array([[3.0, 1.0], [1.0, -3.0]]), np.array([[2.0, -1.0]] * 2)
        >>> parts(np.array([0.5, 0.5]), weak, students, np.zeros(2))
        {'mean_weak_error': 5.0, 'ambiguity': 2.5, 'misfit': 2.25, 'correction': 0.0, ...}
    """
    found = ensemble(weak, students=students, weights=a, labels=truth)
    names = ("mean_weak_error", "ambiguity", "misfit", "student_error")
    e = {name: float(getattr(found, name)) for name in names}
    # misfit − gain of the mean teacher
    correction = e["misfit"] - float(found.weak_error) + e["student_error"]
    head = {name: e[name] for name in names[:3]}
    return head | {"correction": correction, "student_error": e["student_error"]}


def mean_costs(
    weak: Predictions,
    students: Predictions,
    truth: Float[np.ndarray, " n"],
    *,
    counts: Sequence[int],
    draws: int,
    seen: Rows,
    judged: Rows,
    rng: np.random.Generator,
    noise: float = 0.0,
) -> dict[str, float]:
    """Return the mean student error of the rules that see labels, `mixed 10` for instance.

    Args:
        weak: on all inputs.
        students: on all inputs.
        truth: on all inputs.
        counts: numbers of labels.
        draws: of labeled inputs, for each number.
        seen: the inputs that are drawn from, and whose misfits the paper's rule knows.
        judged: the inputs whose errors count.
        rng: of the draws.
        noise: standard deviation of a label about the truth.

    Example:
        >>> weak = students = np.array([[1.0, -1.0], [2.0, 0.0]])
        >>> at, rng = np.arange(2), np.random.default_rng(0)
        >>> found = mean_costs(weak, students, np.array([0.0, 1.0]), counts=(2,), draws=1, seen=at,
        ...                    judged=at, rng=rng)
        >>> {rule: round(error, 9) for rule, error in found.items()}
        {'mixed 2': 0.0, 'direct 2': 1.0, 'paper 2': 1.0}
    """
    found: dict[str, list[float]] = {}
    missed = (students - truth[:, None])[judged]
    second = missed.T @ missed / len(judged)
    for count in counts:
        for _ in range(draws):
            rows = rng.choice(len(seen), count, replace=False)
            labels = truth[seen[rows]] + noise * rng.normal(size=count)
            for rule, a in from_labels(weak[seen], students[seen], labels, rows).items():
                found.setdefault(f"{rule} {count}", []).append(float(a @ second @ a))
    return {name: float(np.mean(values)) for name, values in found.items()}
