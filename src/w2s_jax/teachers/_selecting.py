"""Choose one of many weak models, by what is known of it."""

from typing import Any, NamedTuple

import equinox as eqx
import numpy as np
from jax import Array

from w2s_jax.arrays import numbers
from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds import Regret, regret
from w2s_jax.bounds._reading import known
from w2s_jax.teachers._reading import Given, Labels, Taught, distances, labels_of, taught

_TIES = 1e-12  # relative: what rounding makes of equal teachers is no reason to choose


class _Rule(NamedTuple):
    labels: bool  # whether it needs any
    errors: bool  # whether known weak errors will do
    assumes: str


RULES = {
    "paper": _Rule(
        True,
        True,
        "The students are projections onto a class that holds the truth, and the weak errors are "
        "those on these inputs: weak error − misfit is then at least the student error, and in a "
        "linear class equal to it.",
    ),
    "direct": _Rule(
        True,
        False,
        "The labeled inputs are drawn as all others, and labels are right on average: the scores "
        "then are right on average. Nothing is assumed of class or truth.",
    ),
    "weak error": _Rule(
        True, True, "A better teacher has a better student: true of equal misfits, and not else."
    ),
    "nearest": _Rule(
        False,
        False,
        "The students' errors are independent and cancel in their mean. What they err alike no "
        "distance between them can show, and a truth that is another student refutes it.",
    ),
    "moments": _Rule(
        True,
        False,
        "As direct, and that the unlabeled inputs are drawn as the labeled ones. Less noisy than "
        "direct where the students' mean is right on average given the students.",
    ),
}


class Selection(eqx.Module):
    """The teacher that a rule chose.

    Attributes:
        chosen: its number, from 0 on; of equal scores the first.
        scores: `(teachers,)`, squared label units, the smallest is chosen: estimates of the student
            error ("paper", "direct"), of it less that of the students' mean ("moments"), of the
            weak error, or the squared distance from the students' mean ("nearest").
        assumes: what the rule assumes, a sentence or two.
        regret: the certificate of the paper's rule, a `w2s_jax.bounds.Regret`; None for other
            rules, for weak errors known on a sample only, and where ε is not known.
        blind: for a rule without labels, the mean squared distance of the farthest student from the
            chosen one, `()`: the largest regret over truths in the hull of the students, which no
            unlabeled input tells apart. None for other rules.

    Example:
        >>> students = [[0.0, 1.0, 5.0], [0.0, 1.0, 5.0]]
        >>> found = select(students, students=students, rule="nearest")
        >>> print(found.chosen, found.scores.round(2), found.blind)
        1 [4. 1. 9.] 16.0
    """

    chosen: int = eqx.field(static=True)
    scores: Array
    assumes: str = eqx.field(static=True)
    regret: Any
    blind: Any


def select(
    weak: Given,
    *,
    rule: Any,
    features: Given = None,
    students: Given = None,
    labels: Given = None,
    labeled: Given = None,
    weak_error: Given = None,
    epsilon: Given = None,
    bias: bool = True,
) -> Selection:
    r"""Choose one of many weak models, the one whose student a rule takes for the best.

    With teachers $w_i$, students $s_i$, their mean $\bar s$, and means $E$ over all inputs, $E_m$
    over the labeled ones, the scores are

    - "paper" (Charikar et al. 2024): $E_m (w_i - y)^2 - E (w_i - s_i)^2$;
    - "direct": $E_m (s_i - y)^2$, the student's own error;
    - "weak error": $E_m (w_i - y)^2$;
    - "nearest", without labels: $E (s_i - \bar s)^2$;
    - "moments": $E (s_i - \bar s)^2 + 2 E_m (s_i - \bar s)(\bar s - y)$, whose first term needs no
      label and is known exactly; their sum estimates the student error less that of $\bar s$.

    `Selection.assumes` says what each takes for granted; proofs in the back matter, *Proofs*.

    Args:
        weak: predictions of the weak models, `(n, teachers)`, label units.
        rule: one of the names above.
        features: `(n, d)`, the students' on these inputs; without `students` these are fitted by
            least squares, with them the certificate tests whether they are projections.
        students: the students' predictions, `(n, teachers)`.
        labels: true labels, `(n,)`, or `(m,)` with `labeled`.
        labeled: `(m,)`, the numbers of the inputs that the labels belong to.
        weak_error: for "paper" and "weak error" in place of labels: the weak errors on these
            inputs, `(teachers,)`, squared label units.
        epsilon: the realizability gap that you are willing to assume, at most; gives the paper's
            rule its certificate. By default measured, from features and labels of all inputs.
        bias: whether heads have a constant.

    Returns:
        A `Selection`.

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`; no such rule; labels that a rule
            needs, or that it does not use; neither features nor students.

    Fails when:
        labels are few: "paper" and "weak error" then carry the noise of the teachers, which is
        larger than the students'. In the book's contests "direct" and "moments" choose better.

    Example:
        >>> features, labels = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
        >>> weak = [[2.0, 1.0], [3.0, 5.0], [6.0, 4.0]]
        >>> found = select(weak, features=features, labels=labels, rule="paper", epsilon=0.01)
        >>> print(found.chosen, found.scores.round(4), found.regret.regret.round(4))
        1 [0.4444 0.2778] 0.33
        >>> select(weak, features=features, labels=[3.0], labeled=[1], rule="direct").chosen
        1
    """
    kind = _rule(rule)
    given = taught(weak, features, students, bias=bias)
    known_errors = _weak_errors(weak_error, rule, kind, given, labels)
    truth = None
    if labels is not None:
        if not kind.labels:
            raise ValueError(f"labels are given, but the rule {rule!r} uses none: leave them out")
        truth = labels_of(labels, labeled, weak)
    elif labeled is not None:
        raise ValueError("labeled names inputs, but labels is None: pass their labels too")
    elif kind.labels and known_errors is None:
        more = ", or weak_error" if kind.errors else ""
        raise ValueError(f"labels is None, but the rule {rule!r} needs some: pass labels{more}")
    scores = _scores(rule, given, truth, known_errors)
    least = scores.min() + _TIES * abs(scores).max()
    chosen = int(np.flatnonzero(scores <= least)[0])
    bound = None
    if rule == "paper":
        bound = _certificate(given, truth, chosen, epsilon, bias)
    blind = None if kind.labels else to_jax(distances(given.students)[chosen].max())
    return Selection(chosen, to_jax(scores), kind.assumes, bound, blind)


def _rule(name: Any) -> _Rule:
    if not isinstance(name, str) or name not in RULES:
        raise ValueError(f"rule must be one of {', '.join(map(repr, RULES))}, got {name!r:.60}")
    return RULES[name]


def _weak_errors(
    weak_error: Given, rule: str, kind: _Rule, given: Taught, labels: Given
) -> np.ndarray | None:
    if weak_error is None:
        return None
    if not kind.errors:
        raise ValueError(
            f"weak_error serves the rules 'paper' and 'weak error', not {rule!r}: leave it out"
        )
    if labels is not None:
        raise ValueError("labels and weak_error exclude each other: pass one of them")
    (errors,) = known(weak_error=numbers("weak_error", weak_error, "teachers"))
    count = given.weak.shape[1]
    if len(errors) != count or (errors < 0).any():
        raise ValueError(
            f"weak_error must hold {count} errors of at least 0, one a teacher, got "
            f"{len(errors)} with the least {errors.min():g}"
        )
    return errors


def _scores(
    rule: str, given: Taught, truth: Labels | None, errors: np.ndarray | None
) -> np.ndarray:
    w, s = given.weak, given.students
    middle = s.mean(1, keepdims=True)
    apart = ((s - middle) ** 2).mean(0)
    if rule == "nearest":
        return apart
    if truth is not None:
        y, rows = truth.values[:, None], truth.rows
        if rule == "direct":
            return ((s[rows] - y) ** 2).mean(0)
        if rule == "moments":
            return apart + 2 * ((s - middle)[rows] * (middle[rows] - y)).mean(0)
        errors = ((w[rows] - y) ** 2).mean(0)
    assert errors is not None
    return errors - (((w - s) ** 2).mean(0) if rule == "paper" else 0.0)


def _certificate(
    given: Taught, truth: Labels | None, chosen: int, epsilon: Given, bias: bool
) -> Regret | None:
    """State the regret of the paper's rule, where its scores are those of all inputs."""
    if truth is not None and not truth.whole:
        return None
    values = None if truth is None else truth.values
    if epsilon is None and (values is None or given.features is None):
        return None
    return regret(
        given.weak,
        given.students,
        values,
        chosen=chosen,
        epsilon=epsilon,
        features=given.features,
        bias=bias,
    )
