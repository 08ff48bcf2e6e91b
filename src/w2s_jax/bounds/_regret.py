r"""What choosing a teacher by weak error − misfit can cost, without a true label but for ε."""

from typing import Any

import equinox as eqx
import numpy as np
from jax import Array

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds._reading import Given, known, tested
from w2s_jax.bounds._stated import Stated
from w2s_jax.checks import Check
from w2s_jax.report import evaluate

_ROUNDING = 1e-9


class Regret(Stated):
    """What the student of the chosen teacher errs above the best of the students.

    Attributes:
        regret: what it is at most, `()`, squared label units.
        apart: ‖r_i − r_j‖ from the chosen teacher's leftover r_i = w_i − s_i to each other one,
            `(teachers,)`, label units; 0 for faults that teachers share.
        epsilon: ε, given or measured, `()`.
        measured: the true regret; None without truth.
        assumptions: the checks of those assumptions that could be tested, by name.
        untested: the names of those that could not.

    Example:
        >>> weak, students = [[1.0, 1.0], [2.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]
        >>> found = regret(weak, students, chosen=1, epsilon=0.08)
        >>> print(found.apart.round(4), found.regret.round(4), found.untested)
        [1.4142 0.    ] 0.8 ('projection', 'rule', 'epsilon')
    """

    regret: Array
    apart: Array
    epsilon: Array
    measured: Any
    assumptions: dict[str, Check]
    untested: tuple[str, ...] = eqx.field(static=True)


def regret(
    weak: Given,
    students: Given,
    truth: Given = None,
    *,
    chosen: Any,
    epsilon: Given = None,
    features: Given = None,
    bias: bool = True,
) -> Regret:
    r"""Bound the regret of the teacher $i$ with the smallest weak error − misfit.

    Let students $s_j = P w_j$ be projections onto one linear class on these inputs, with leftovers
    $r_j = w_j - s_j$, and let the truth be $\sqrt\varepsilon$ away from the class. If
    $d(w_i, f) - d(s_i, w_i) \le d(w_j, f) - d(s_j, w_j)$ for all $j$, as the rule of Charikar et
    al. (2024) chooses on these inputs,

    $$d(s_i, f) - \min_j d(s_j, f) \le 2 \sqrt\varepsilon \max_j \lVert r_i - r_j \rVert .$$

    What all teachers leave alike cancels. Only ε asks for labels. Proved in the book's back matter,
    *Proofs*; this book's result.

    Args:
        weak: predictions of the weak models, `(n, teachers)`, label units.
        students: their students' on the same inputs, same shape.
        truth: true labels, `(n,)`, where known: measures the regret, and tests the rule.
        chosen: which teacher, from 0 on.
        epsilon: the gap that you are willing to assume, at most; by default the measured one.
        features: `(n, d)`, the students': tests whether they are projections, and with truth ε.
        bias: whether heads have a constant.

    Returns:
        A `Regret`. Assumed: the students are projections onto a linear class (projection), the
        chosen teacher has the smallest weak error − misfit on these inputs (rule), and the truth is
        no farther from the class than ε (epsilon).

    Raises:
        ValueError: as `w2s_jax.arrays.numbers`; shapes that differ; no ε where it cannot be
            measured, or a negative one; no such teacher.

    Fails when:
        the rule saw a sample of the labels, or other inputs: its scores then rank differently, and
        the bound says nothing.

    Example:
        >>> features = [[1.0], [0.0]]
        >>> weak, students = [[1.0, 3.0], [2.0, 0.0]], [[1.0, 3.0], [0.0, 0.0]]
        >>> found = regret(weak, students, [2.0, 1.0], chosen=0, features=features, bias=False)
        >>> print(found.regret.round(4), found.measured, found.holds)
        2.0 0.0 True
    """
    w, s, f, x, gap = _read(weak, students, truth, features, epsilon)
    teachers = w.shape[1]
    whole = isinstance(chosen, int | np.integer) and not isinstance(chosen, bool)
    if not whole or not 0 <= chosen < teachers:
        raise ValueError(
            f"chosen must be the number of one of {teachers} teachers, 0 to {teachers - 1}, got "
            f"{chosen!r}"
        )
    many = None if f is None else np.repeat(f[:, None], teachers, 1)
    found: dict[str, Check] = {}
    if x is not None:
        report = evaluate(w, s, many, features=x, bias=bias)
        found = tested(report, ("projection",))
        if f is not None:
            least = float(np.asarray(report.epsilon).max())
            blur = float(np.asarray(report.evidence["blur_truth"]).max())
            found |= {} if gap is None else {"epsilon": _gap_check(least, gap, blur)}
            gap = least if gap is None else gap
    if gap is None:
        raise ValueError("ε is not known: give truth and features to measure it, or epsilon")
    left = w - s
    apart = np.sqrt(((left - left[:, [chosen]]) ** 2).mean(0))
    measured = None
    if many is not None:
        weak_error, student_error = (((a - many) ** 2).mean(0) for a in (w, s))
        found["rule"] = _rule_check(weak_error - (left**2).mean(0), int(chosen), weak_error.max())
        measured = student_error[chosen] - student_error.min()
    assumed = ("projection", "rule", *(("epsilon",) if epsilon is not None else ()))
    parts = {"regret": 2 * gap**0.5 * apart.max(), "apart": apart, "epsilon": gap}
    return Regret(
        **to_jax({name: np.asarray(part) for name, part in parts.items()}),
        measured=None if measured is None else to_jax(np.asarray(measured)),
        assumptions=found,
        untested=tuple(name for name in assumed if name not in found),
    )


def _read(weak: Given, students: Given, truth: Given, features: Given, epsilon: Given):
    named = {"weak": weak, "students": students}
    same_rows(**named, truth=truth, features=features)
    read = {name: numbers(name, value, "n teachers") for name, value in named.items()}
    if read["students"].shape != read["weak"].shape:
        raise ValueError(
            f"students has shape {read['students'].shape} and weak {read['weak'].shape}: pass one "
            "column for each teacher, in the same order"
        )
    f = None if truth is None else numbers("truth", truth, "n")
    x = None if features is None else numbers("features", features, "n d")
    arrays = known(**read, truth=f, features=x)
    if epsilon is None:
        return *arrays, None
    (gap,) = known(epsilon=numbers("epsilon", epsilon, ""))
    if gap < 0:
        raise ValueError(f"epsilon must be at least 0, got {gap:g}")
    return *arrays, float(gap)


def _gap_check(least: float, gap: float, blur: float) -> Check:
    over, allowed = least**0.5, gap**0.5 + blur
    good = "The measured realizability gap is at most the given ε."
    bad = "The truth lies farther from the class than the given ε allows."
    return Check(over <= allowed, over, allowed, good if over <= allowed else bad)


def _rule_check(scores: np.ndarray, chosen: int, scale: float) -> Check:
    over, allowed = float(scores[chosen] - scores.min()), _ROUNDING * float(scale)
    good = "No other teacher has a smaller weak error − misfit on these inputs."
    bad = f"Teacher {scores.argmin()} has a smaller weak error − misfit: the rule chooses it."
    return Check(over <= allowed, over, allowed, good if over <= allowed else bad)
