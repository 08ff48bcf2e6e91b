"""Mix many weak models, and teach one student from the mean."""

from typing import Any

import equinox as eqx
import numpy as np
from jax import Array

from w2s_jax.arrays import numbers
from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds._reading import known
from w2s_jax.projections import constrained_weights
from w2s_jax.sets import Simplex
from w2s_jax.teachers._reading import Given, Labels, Taught, labels_of, taught

ASSUMES = {
    "uniform": "The teachers' students err alike, and two of them err as alike as any two others.",
    "least": "What teachers add beyond the class tells what their students err within it: C is "
    "proportional to M. A teacher who errs within the class and adds nothing beyond it gets all "
    "the weight.",
    "labels": "The labeled inputs are drawn as all others, labels are right on average, and there "
    "are many more of them than teachers. Nothing is assumed of class or truth.",
    "oracle": "All true labels are known: what no user has, to compare with.",
    "given": "Nothing: the weights are yours.",
}
_EQUAL = 1e-13
_MOST = ("most", "max", "maximum", "largest")


class Ensemble(eqx.Module):
    """A weighted mean of teachers and its student.

    Attributes:
        weights: a, `(teachers,)`, at least 0, summing to 1.
        weak: the mean teacher's predictions, `(n,)`, label units.
        student: the same mean of the students, `(n,)`, which in a linear class is the student of
            the mean teacher.
        misfit: aᵀMa = ‖Σ aᵢ(wᵢ − sᵢ)‖², `()`; in a linear class that holds the truth the gain.
        ambiguity: Σ aᵢ‖wᵢ − Σ aⱼwⱼ‖², `()`, what the mean teacher errs less than teachers do on
            average (Krogh and Vedelsby 1995). Needs no label.
        mean_weak_error: Σ aᵢ‖wᵢ − f‖²; less ambiguity and misfit it is the student error of a
            linear class that holds the truth. None without labels of all inputs, as the next two.
        weak_error: the mean teacher's.
        student_error: its student's.
        assumes: what the weights assume, a sentence.

    Example:
        >>> found = ensemble([[3.0, 1.0]], students=[[1.0, 1.0]], weights="uniform")
        >>> print(found.weak, found.student, found.misfit, found.ambiguity)
        [2.] [1.] 1.0 1.0
    """

    weights: Array
    weak: Array
    student: Array
    misfit: Array
    ambiguity: Array
    mean_weak_error: Any
    weak_error: Any
    student_error: Any
    assumes: str = eqx.field(static=True)


def ensemble(
    weak: Given,
    *,
    weights: Any,
    features: Given = None,
    students: Given = None,
    labels: Given = None,
    labeled: Given = None,
    bias: bool = True,
) -> Ensemble:
    r"""Mix weak models with weights on the simplex, and say what the weights assume.

    With teachers $w_i$, students $s_i$, $M_{ij} = \langle w_i - s_i, w_j - s_j \rangle$ and means
    $E_m$ over the labeled inputs, the weights are

    - "uniform": $1/K$ each;
    - "least", without labels: $\arg\min_a a^\top M a$;
    - "labels": $\arg\min_a E_m (\sum_i a_i s_i - y)^2$ over the labeled inputs;
    - "oracle": the same over all inputs;
    - `(teachers,)`, your own.

    Weights that *maximize* $a^\top M a$ are refused: a convex function is largest at a corner, so
    that they are all on the teacher with the largest misfit. No weights are best for all truths
    without a label: students' errors would have to be known, as many numbers as there are teachers.
    Proofs in the book's back matter, *Proofs*.

    Args:
        weak: predictions of the weak models, `(n, teachers)`, label units.
        weights: one of the names above, or numbers of at least 0 that sum to 1.
        features: `(n, d)`, the students' on these inputs; without `students` these are fitted by
            least squares.
        students: the students' predictions, `(n, teachers)`.
        labels: true labels, `(n,)`, or `(m,)` with `labeled`. Other weights than "labels" and
            "oracle" use none: there `(n,)` of them add the errors to the answer.
        labeled: `(m,)`, the numbers of the inputs that the labels belong to.
        bias: whether heads have a constant.

    Returns:
        An `Ensemble`.

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`; no such weights, or weights that
            are no point of the simplex; labels that are needed and not given; neither features nor
            students; weights that could not be certified.

    Fails when:
        equal or redundant teachers leave several best weights: one of them is returned.

    Example:
        >>> features, labels = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
        >>> weak = [[2.0, 1.0], [3.0, 5.0], [6.0, 4.0]]
        >>> found = ensemble(weak, features=features, weights="least", labels=labels)
        >>> print(found.weights.round(4), abs(found.misfit.round(4)), found.student_error.round(4))
        [0.7143 0.2857] 0.0 0.3401
    """
    kind = _kind(weights)
    given = taught(weak, features, students, bias=bias)
    truth = None
    if labels is not None:
        truth = labels_of(labels, labeled, weak)
    elif labeled is not None:
        raise ValueError("labeled names inputs, but labels is None: pass their labels too")
    if labeled is not None and kind in ("uniform", "least", "given"):
        raise ValueError(
            f"labeled is given, but the weights {kind!r} use no label: pass weights='labels'"
        )
    a = _weights(kind, weights, given, truth)
    w, s = given.weak @ a, given.students @ a
    errors: dict[str, Any] = dict.fromkeys(("mean_weak_error", "weak_error", "student_error"))
    if truth is not None and truth.whole:
        f = truth.values
        each = ((given.weak - f[:, None]) ** 2).mean(0) @ a
        pair = ((w - f) ** 2).mean(), ((s - f) ** 2).mean()
        errors = dict(zip(errors, (each, *pair), strict=True))
    found = {
        "weights": a,
        "weak": w,
        "student": s,
        "misfit": ((w - s) ** 2).mean(),
        "ambiguity": ((given.weak - w[:, None]) ** 2).mean(0) @ a,
    }
    return Ensemble(**to_jax(found | errors), assumes=ASSUMES[kind])


def _kind(weights: Any) -> str:
    if not isinstance(weights, str):
        return "given"
    if weights in _MOST:
        raise ValueError(
            f"weights={weights!r} would maximize aᵀMa, which is convex and largest at a corner: "
            "all weight on the teacher with the largest misfit; 'least' minimizes it"
        )
    if weights not in ASSUMES or weights == "given":
        names = ", ".join(repr(name) for name in ASSUMES if name != "given")
        raise ValueError(f"weights must be {names} or numbers, got {weights!r:.60}")
    return weights


def _weights(kind: str, weights: Any, given: Taught, truth: Labels | None) -> np.ndarray:
    count = given.weak.shape[1]
    if kind == "given":
        return _own(weights, count)
    if kind == "uniform":
        return np.full(count, 1 / count)
    if kind == "least":
        left = given.weak - given.students
        return _nearest(left, np.zeros(len(left)))
    if truth is None:
        raise ValueError(f"labels is None, but the weights {kind!r} need some: pass labels")
    if kind == "oracle" and not truth.whole:
        raise ValueError(
            f"labels are given for {len(truth.rows)} of {len(given.weak)} inputs, but the oracle "
            "needs all of them: pass weights='labels'"
        )
    return _nearest(given.students[truth.rows], truth.values)


def _nearest(columns: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Return the weights on the simplex whose mean of the columns is nearest to the goal."""
    # Both in units of the columns: as the weights sum to 1, a common offset changes nothing.
    offset = columns.mean(1)
    scale = float(np.sqrt(((columns - offset[:, None]) ** 2).mean()))
    count = columns.shape[1]
    if scale <= _EQUAL * abs(columns).max():  # one teacher, or equal ones: all weights are alike
        return np.full(count, 1 / count)
    moved, target = (columns - offset[:, None]) / scale, (goal - offset) / scale
    found, _ = constrained_weights(moved, target, Simplex(), bias=False)
    a = np.maximum(np.asarray(found.value, np.float64), 0.0)
    return a / a.sum()


def _own(weights: Any, count: int) -> np.ndarray:
    (a,) = known(weights=numbers("weights", weights, "teachers"))
    if len(a) != count:
        raise ValueError(f"weights holds {len(a)} numbers for {count} teachers: one for each")
    if (a < 0).any() or abs(a.sum() - 1) > 1e-6:
        raise ValueError(
            f"weights must be at least 0 and sum to 1, got the least {a.min():g} and the sum "
            f"{a.sum():g}"
        )
    return a / a.sum()
