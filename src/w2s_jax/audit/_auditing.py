"""The practitioner's verb, which asks whether a student gained."""

from typing import Any, NamedTuple

import numpy as np

from w2s_jax.audit._carriers import carriers
from w2s_jax.audit._counts import added
from w2s_jax.audit._estimates import Pair
from w2s_jax.audit._gains import Gains, measured
from w2s_jax.audit._labeled import of_labels, pgr
from w2s_jax.audit._many import by_group, ranking
from w2s_jax.audit._reading import LEAST, Asked, read_asked
from w2s_jax.audit._result import Audit
from w2s_jax.audit._taught import Taught, taught
from w2s_jax.audit._unlabeled import of_features, of_predictions
from w2s_jax.audit._verdicts import needed, verdict
from w2s_jax.checks import Check
from w2s_jax.report import Report, evaluate
from w2s_jax.sets._base import ConvexSet


class _Judged(NamedTuple):
    pair: Pair
    report: Report
    gains: Gains | None
    fitted: bool


def audit(
    weak: Any,
    student: Any = None,
    *,
    features: Any = None,
    labels: Any = None,
    labelled: Any = None,
    loss: Any = "squared",
    ceiling: Any = None,
    groups: Any = None,
    names: Any = None,
    within: ConvexSet | None = None,
    ridge: float = 0.0,
    confidence: float = 0.95,
) -> Audit:
    r"""Say whether a student gained over its teacher, as far as what is given can tell.

    What is said grows with what is given.

    - Teacher and student: misfit, certificate, and whether the student only copies.
    - Features: what least squares leaves over, its bracket of the misfit (`bounds.misfit_bracket`),
      whether the student is a projection, rank, and the law of fresh inputs (`bounds.fresh_gain`).
    - At least 10 labels: errors, gain, slack; with several teachers a ranking.
    - A ceiling: PGR by Fieller's interval. Groups: the gain in each, by Holm's rule for all.

    With labels of m of the n inputs the gain is estimated twice. *Naive*: Student's interval of the
    labeled inputs' gains. *Powered*: with $z(x; f)$ the gain at x, linear in the truth f, and
    $\hat f$ ridge heads fitted to the labels, five folds, each judged where it saw no label,

    $$\frac1n \sum_{i=1}^n z(x_i; \hat f) + \frac1m \sum_{i \text{ labeled}}
    \bigl( z(x_i; f) - z(x_i; \hat f) \bigr) .$$

    For squared error $z(x; f) = (w - s)(w + s - 2f)$; with $\hat f = s$ the first mean is the
    misfit and the second the slack.

    **Which interval decides is settled by the number of labels alone**: from 50 on the powered one
    where there is one, below the naive one. It is called "gain", and the verdict is *gain shown*
    where it lies above 0, *harm shown* where below. To look at both and take the shorter would
    break the promise of either. How often both hold the gain, and how many verdicts are false, is
    measured on made problems (`experiments audits`, results/audits.json). Of K teachers each gain
    has the confidence 1 − (1 − c)/K, so that one may be picked afterward.

    **Error rates** ("zero-one") have intervals of their own. To the labeled inputs one is added on
    which the student alone is right, and one on which the teacher alone is, before Student's
    interval of their gains is taken: without them it would be 0 to 0 wherever no label tells the
    two apart. At 95 % no verdict rests on fewer than six inputs that do. Errors and misfit, shares
    of inputs, have Wilson's interval.

    Args:
        weak: the teacher's predictions, `(n,)`, for other losses also `(n, classes)`; of several
            teachers a dict by name, or a list of arrays.
        student: the students', likewise; one for all teachers, or one each. None: least squares on
            the features.
        features: `(n, d)`, the student's on these inputs: an array, a memory map, of which blocks
            are read when their turn comes, or a list of chunks.
        labels: true labels: `(m,)` with `labelled`, or `(n,)` with NaN where unknown.
        labelled: the inputs that the labels belong to, `(m,)` numbers or a mask `(n,)`. They must
            be drawn at random from all.
        loss: as in `report.evaluate`. Powered intervals exist for "squared", "zero-one" and "kl";
            the errors of "cross-entropy" and of other divergences are not linear in the truth.
        ceiling: the strong model fitted on true labels: its predictions of all or of the labeled
            inputs, or its error.
        groups: `(n,)`, a name for each input.
        names: of the teachers in a list.
        within: convex set of the weights of a student that is fitted here, and of its class.
        ridge: λ ≥ 0 of a student that is fitted here.
        confidence: of the intervals, in (0, 1).

    Returns:
        An `Audit`.

    Raises:
        ValueError: arguments that do not fit, by name and place; neither student nor features; no
            student for a loss of classes.

    Fails when:
        labels were not drawn at random: no interval knows. With few labels and a few huge losses
        Student's interval is too short on one side.

    Reference:
        Angelopoulos, Bates, Fannjiang, Jordan and Zrnic, "Prediction-powered inference", Science
        382 (2023) 669–674; cross-fitted as by Zrnic and Candès, PNAS 121 (2024). Inputs added to
        counts: Bonett and Price, Journal of Educational and Behavioral Statistics 37 (2012)
        479–488.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> features = rng.normal(size=(1000, 5))
        >>> truth = features.sum(1)
        >>> weak = truth + rng.normal(size=1000)
        >>> found = audit(weak, features=features, labels=truth[:60], labelled=range(60))
        >>> found.verdict.kind, found.estimates["gain"].method
        ('gain shown', 'powered')
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie in (0, 1), got {confidence}")
    asked = read_asked(weak, student, features, labels, labelled, loss, ceiling, groups, names)
    teachers = list(asked.weak)
    own, students = _students(asked, within, ridge)
    level = 1 - (1 - confidence) / len(teachers)
    judged = [
        _judge(asked, name, students[name], own, k, within, loss, confidence, level)
        for k, name in enumerate(teachers)
    ]
    best, ranked = 0, ()
    if len(teachers) > 1 and len(asked.rows) >= LEAST:
        losses = np.stack([np.asarray(j.report.terms["student_error"], float) for j in judged], 1)
        ranked = ranking(teachers, losses, confidence, added(asked.loss))
        best = teachers.index(ranked[0].name)
    chosen = judged[best]
    carried = ()
    if chosen.gains is not None:
        w = asked.weak[teachers[best]]
        carried = carriers(asked, w, chosen.gains.measured, chosen.fitted and within is None, ridge)
    return Audit(
        report=chosen.report,
        pair=chosen.pair,
        students=tuple(each.pair for each in judged) if len(judged) > 1 else (),
        ranking=ranked,
        groups=() if asked.groups is None else by_group(asked.groups, chosen.gains, confidence),
        influence=carried,
        inputs=asked.inputs,
        labels=len(asked.rows),
        loss=asked.loss,
        confidence=confidence,
        gains=chosen.gains,
    )


def _students(asked: Asked, within: Any, ridge: Any) -> tuple[Taught | None, dict]:
    """Fit what features can make, for squared error; return the students given or fitted."""
    squares = asked.loss == "squared"
    if asked.student is None and (asked.features is None or not squares):
        remedy = "features, to fit one by least squares" if squares else "its predictions"
        raise ValueError(f"student is None: pass {remedy}")
    own = None
    if asked.features is not None and squares:
        matrix = np.stack(list(asked.weak.values()), axis=1)
        own = taught(asked.features, matrix, ridge=ridge, within=within)
    if asked.student is not None:
        return own, asked.student
    assert own is not None
    return own, dict(zip(asked.weak, own.students.T, strict=True))


def _judge(
    asked: Asked,
    name: str,
    student: np.ndarray,
    own: Taught | None,
    k: int,
    within: Any,
    loss: Any,
    confidence: float,
    level: float,
) -> _Judged:
    weak, m = asked.weak[name], len(asked.rows)
    everywhere, checks = _everywhere(asked, weak, student, own, k, within, loss)
    found = of_predictions(everywhere, checks, weak, student, confidence)
    if own is not None:
        more, twice = of_features(own, k, asked.inputs)
        found, checks = found | more, checks | twice
    report, gained = everywhere, None
    if m and everywhere.gain is None:
        some = weak[asked.rows], student[asked.rows], asked.labels
        report = evaluate(*some, loss=loss, ceiling=asked.ceiling, test=True)
    if m >= LEAST:
        gained = measured(asked, report, weak, student)
        found |= of_labels(report, gained, level)
        if report.pgr is not None:
            found |= pgr(report, confidence)
        found["labels_needed"] = needed(found["gain"], gained, level)
        checks = checks | {n: c for n, c in report.checks.items() if n not in checks}
    judged = verdict(found, gained, m, asked.inputs, level)
    fitted = asked.student is None or ("projection" in checks and checks["projection"].holds)
    return _Judged(Pair(name, judged, found, checks), report, gained, fitted)


def _everywhere(
    asked: Asked, weak: Any, student: Any, own: Taught | None, k: int, within: Any, loss: Any
) -> tuple[Report, dict[str, Check]]:
    """Report on all inputs, with labels if all are known; from sums check but the projection."""
    x, more = asked.features, dict[str, Any]()
    if x is not None and not x.large and asked.loss in ("squared", "kl", "cross-entropy"):
        more = {"features": x.given, "within": within if asked.loss == "squared" else None}
    if np.array_equal(asked.rows, np.arange(asked.inputs)):
        more |= {"truth": asked.labels, "ceiling": asked.ceiling}
    report = evaluate(weak, student, loss=loss, **more)
    checks = dict(report.checks)
    if own is not None and x is not None and x.large:
        checks = _projection(own.nearest[:, k], weak, student) | checks
    return report, checks


def _projection(nearest: np.ndarray, weak: np.ndarray, student: np.ndarray) -> dict[str, Check]:
    """Hold the student against the least-squares student of the sums."""
    value = float(np.sqrt(((nearest - student) ** 2).mean() / max((weak**2).mean(), 1e-300)))
    good = "The student is the projection of the weak model onto the class."
    bad = (
        "The student is not the projection of the weak model on these inputs: it was fitted on "
        "others, with ridge, or not to convergence."
    )
    holds = value <= 1e-6
    return {"projection": Check(holds, value, 1e-6, good if holds else bad)}
