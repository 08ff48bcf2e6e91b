r"""How the leftovers of many weak models overlap, and what follows for errors.

With teachers $w_i$, students $s_i$, leftovers $r_i = w_i - s_i$ and the truth $f$, means over the
inputs:

$$M_{ij} = \langle r_i, r_j \rangle, \quad D_{ij} = \lVert s_i - s_j \rVert^2, \quad
E_{ij} = \langle w_i - f, w_j - f \rangle, \quad C_{ij} = \langle s_i - f, s_j - f \rangle .$$
"""

from typing import Any

import equinox as eqx
import numpy as np
from jax import Array

from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds._reading import tested
from w2s_jax.bounds._stated import Stated
from w2s_jax.checks import Check
from w2s_jax.report import evaluate
from w2s_jax.teachers._reading import Given, Taught, distances, labels_of, products, taught

_ROUNDINGS = 1e4  # of the digits given, relative to the largest error


class MisfitMatrix(Stated):
    """What two teachers share, `(teachers, teachers)` each, squared label units.

    Attributes:
        misfit: M; each teacher's misfit in the diagonal. Needs no label.
        apart: D, the mean squared distance between two students. Needs no label.
        weak_apart: the same between two teachers. Needs no label.
        weak_error: E, each teacher's weak error in the diagonal; None without labels.
        student_error: C, each student's error in the diagonal; None without labels.
        residual: C − (E − M), visibly 0 where the identity holds; None without labels.
        assumptions: the checks of those assumptions that could be tested, by name; with labels
            "identity", whether C = E − M.
        untested: the names of those that could not.

    Example:
        >>> weak, students = [[3.0, 1.0], [0.0, 2.0]], [[1.0, 1.0], [0.0, 0.0]]
        >>> print(misfit_matrix(weak, students=students).misfit)
        [[2. 0.]
         [0. 2.]]
    """

    misfit: Array
    apart: Array
    weak_apart: Array
    weak_error: Any
    student_error: Any
    residual: Any
    assumptions: dict[str, Check]
    untested: tuple[str, ...] = eqx.field(static=True)


def misfit_matrix(
    weak: Given,
    *,
    features: Given = None,
    students: Given = None,
    labels: Given = None,
    bias: bool = True,
) -> MisfitMatrix:
    r"""Compare many weak models and their students: M and D without labels, E and C with them.

    For students that are projections onto one linear class on these inputs, and a truth in it,

    $$C = E - M,$$

    and a mean teacher $\sum_i a_i w_i$ with $\sum_i a_i = 1$ gains $a^\top M a$. For a truth out of
    reach the residual $C - (E - M)$ has the entries $(\kappa_i + \kappa_j)/2$, with each teacher's
    correction $\kappa_i$, misfit − gain, in its diagonal. Proved in the book's back matter,
    *Proofs*; this book's result.

    Args:
        weak: predictions of the weak models, `(n, teachers)`, label units.
        features: `(n, d)`, the students' on these inputs; without `students` these are fitted by
            least squares, with them it is tested whether they are projections.
        students: the students' predictions, `(n, teachers)`.
        labels: true labels, `(n,)`.
        bias: whether heads have a constant.

    Returns:
        A `MisfitMatrix`. Assumed by the identity: students are projections onto a linear class
        (projection) that holds the truth (realizable).

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`; neither features nor students.

    Fails when:
        the truth is out of reach: the residual says by how much.

    Example:
        >>> features, labels = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
        >>> weak = [[2.0, 1.0], [3.0, 5.0], [6.0, 4.0]]
        >>> found = misfit_matrix(weak, features=features, labels=labels)
        >>> print(found.misfit.round(4))
        [[ 0.2222 -0.5556]
         [-0.5556  1.3889]]
        >>> print(abs(found.residual).max() < 1e-12, found.holds)
        True True
    """
    given = taught(weak, features, students, bias=bias)
    truth = None if labels is None else labels_of(labels, None, weak).values
    w, s = given.weak, given.students
    found = {"misfit": products(w - s), "apart": distances(s), "weak_apart": distances(w)}
    more: dict[str, Any] = dict.fromkeys(("weak_error", "student_error", "residual"))
    checks = _checks(given, truth, bias)
    if truth is not None:
        E, C = (products(a - truth[:, None]) for a in (w, s))
        more = {"weak_error": E, "student_error": C, "residual": C - (E - found["misfit"])}
        checks["identity"] = _identity(more["residual"], np.diag(E).max(), given.digits)
    sure = {"projection"} if given.fitted else set()
    untested = tuple(
        name for name in ("projection", "realizable") if name not in sure | checks.keys()
    )
    return MisfitMatrix(**to_jax(found | more), assumptions=checks, untested=untested)


def _checks(given: Taught, truth: np.ndarray | None, bias: bool) -> dict[str, Check]:
    """Test what features can tell: whether students are projections, and the truth in reach."""
    if given.features is None or (given.fitted and truth is None):
        return {}
    many = None if truth is None else np.repeat(truth[:, None], given.weak.shape[1], 1)
    report = evaluate(given.weak, given.students, many, features=given.features, bias=bias)
    names = ("realizable",) if given.fitted else ("projection", "realizable")
    return tested(report, names)


def _identity(residual: np.ndarray, scale: float, digits: float) -> Check:
    value = float(abs(residual).max() / scale) if scale > 0 else 0.0
    limit = _ROUNDINGS * digits
    good = "C = E − M."
    bad = (
        "C differs from E − M: the truth is out of the students' reach, or they are not the "
        "projections of the teachers onto one linear class on these inputs."
    )
    return Check(value <= limit, value, limit, good if value <= limit else bad)
