r"""How far two feature spaces are apart, and what a student of the one gains from the other."""

from typing import Any

import equinox as eqx
import numpy as np
from jax import Array

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds._reading import Given, count, known
from w2s_jax.bounds._span import orthonormal

_ASSUMED = ("independent", "fixed", "realizable", "gaussian", "centered")


class Overlap(eqx.Module):
    """Two spaces of predictions over the same inputs.

    Attributes:
        cosines: of the principal angles, `(min(weak_rank, student_rank),)`, from the least angle
            on; no unit.
        overlap: the sum of their squares, `()`, from 0 to the smaller rank.
        chance: the overlap that unrelated features would have on as many inputs, on average.
        weak_rank: dimensions of the weak model's space, a constant not counted.
        student_rank: the same of the student's.

    Example:
        >>> found = overlap(np.eye(4, 1), np.eye(4, 2), bias=False)
        >>> print(found.cosines, found.overlap, found.chance)
        [1.] 1.0 0.5
    """

    cosines: Array
    overlap: Array
    chance: float = eqx.field(static=True)
    weak_rank: int = eqx.field(static=True)
    student_rank: int = eqx.field(static=True)


def overlap(weak_features: Given, student_features: Given, *, bias: bool = True) -> Overlap:
    r"""Measure the principal angles between the spaces that two sets of features span.

    With orthonormal bases $Q_w$, $Q_s$ of the predictions that heads on either can make, the
    cosines are the singular values of $Q_w^\top Q_s$, and the overlap is

    $$o = \lVert Q_w^\top Q_s \rVert_F^2 = \sum_j \cos^2 \theta_j .$$

    With a constant in both, features are centered first and the constant is left out. Hotelling
    (1936) calls the cosines canonical correlations; the overlap is that of Dong et al. (2025).

    Args:
        weak_features: `(n, d)`, of the weak model.
        student_features: `(n, k)`, of the student, on the same inputs.
        bias: whether heads have a constant.

    Returns:
        An `Overlap`, of these inputs: no label enters.

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`; features that never vary.

    Fails when:
        inputs are few: d and k unrelated features overlap by dk/n on average, `chance`, and by
        more where they are as many as the inputs.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> shared, own, other = rng.normal(size=(3, 2000, 2))
        >>> found = overlap(np.hstack([shared, own]), np.hstack([shared, other]))
        >>> print(f"{found.overlap:.2f} {found.chance:.3f}")
        2.00 0.008
    """
    given = {"weak_features": weak_features, "student_features": student_features}
    read = {name: numbers(name, value, "n d") for name, value in given.items()}
    same_rows(**given)
    bases = []
    for name, x in zip(read, known(**read), strict=True):
        basis = orthonormal(x, bias)
        if bias:  # what rounding to few digits left would count after centering
            left, values, _ = np.linalg.svd(basis - basis.mean(0), full_matrices=False)
            basis = left[:, values > 0.5]
        if not basis.size:
            raise ValueError(
                f"{name} never {'vary' if bias else 'differ from 0'}: they span nothing; pass "
                "features that tell inputs apart"
            )
        bases.append(basis)
    cosines = np.minimum(np.linalg.svd(bases[0].T @ bases[1], compute_uv=False), 1.0)
    ranks = [basis.shape[1] for basis in bases]
    chance = ranks[0] * ranks[1] / (len(bases[0]) - int(bias))
    total = np.asarray((cosines**2).sum())
    return Overlap(to_jax(cosines), to_jax(total), chance, ranks[0], ranks[1])


class OverlapGain(eqx.Module):
    """Expectations over the teacher's sample and the student's; squared label units.

    Attributes:
        weak_error: of the least-squares teacher, on inputs that it has not seen.
        student_error: of its least-squares student, on inputs that neither has seen.
        misfit: there, least misfit · (1 + ρ).
        gain: there, least misfit · (1 − ρ).
        own: misfit on the student's own inputs, and the gain there: the two are one.
        least_misfit: of the student of all inputs.
        cost: ρ, what learning from few weak labels adds, relative to the least misfit; no unit.
        untested: the names of the assumptions, none of which can be tested here.

    Example:
        >>> many = {"taught_on": 10**9, "lessons": 10**9}
        >>> found = overlap_gain(1, 1, 0.5, weak_gap=0.5, dropped=0.25, **many)
        >>> print(f"{found.weak_error:.3f} {found.gain:.3f} {found.student_error:.3f}")
        0.500 0.250 0.250
    """

    weak_error: Array
    student_error: Array
    misfit: Array
    gain: Array
    own: Array
    least_misfit: Array
    cost: Array
    untested: tuple[str, ...] = eqx.field(static=True)


def overlap_gain(
    weak_rank: int,
    student_rank: int,
    overlap: Given,
    *,
    taught_on: int,
    lessons: int,
    noise: Given = 0.0,
    weak_gap: Given = 0.0,
    dropped: Given = 0.0,
) -> OverlapGain:
    r"""Compute what a student gains from a teacher with other features, from their overlap o.

    Let $d_w$ and $d_s$ features be jointly normal with mean 0, and the truth in the student's
    space. Let $A = \lVert (I - P_w) f \rVert^2$ and $B = \lVert (I - P_s)(I - P_w) f \rVert^2$. A
    teacher is fitted to n labels with noise of variance $\sigma^2$, and a student to its answers
    on N other inputs, by least squares without a constant. With $v = (\sigma^2 + A)/(n - d_w - 1)$,
    $m = B + v\,(d_w - o)$ and $\rho = d_s/(N - d_s - 1)$

    $$\mathbb E\,\text{weak error} = A + v\,d_w, \qquad
    \mathbb E\,\text{student error} = A - B + v\,o + \rho\,m, \qquad
    \mathbb E\,\text{gain} = (1 - \rho)\,m,$$

    and on the student's own inputs gain = misfit = $(1 - d_s/N)\,m$ on average. For $n, N = \infty$
    these are the gain of Charikar et al. (2024) and the error of Xue et al. (2025); at $A = 0$ the
    variances of Dong et al. (2025). Proved in the book's back matter, *Proofs*; this book's form.

    Args:
        weak_rank: $d_w$.
        student_rank: $d_s$.
        overlap: o, `()` or `(k,)`, from 0 to the smaller rank: `Overlap.overlap`.
        taught_on: n, labels of the teacher, at least $d_w + 2$.
        lessons: N, weak labels of the student, at least $d_s + 2$.
        noise: $\sigma^2$ of the teacher's labels, `()` or `(k,)`, squared label units.
        weak_gap: A, what the teacher's features cannot say of the truth, `()` or `(k,)`.
        dropped: B, what of that the student's features cannot say either, at most A.

    Returns:
        An `OverlapGain` with fields `()` or `(k,)`. Assumed: inputs independent, the student's
        others than the teacher's (independent), features fixed (fixed), truth in the student's
        space (realizable), features jointly normal (gaussian), of mean 0 (centered).

    Raises:
        ValueError: an overlap beyond its range, too few labels, a negative variance, B above A.

    Fails when:
        the truth is out of the student's reach: what the teacher knows and the student cannot say
        goes off the gain, twice the product of the two.

    Example:
        >>> found = overlap_gain(40, 20, [1.0, 20.0], taught_on=120, lessons=1000, noise=1.0)
        >>> print(found.weak_error.round(2), found.student_error.round(3))
        [0.51 0.51] [0.023 0.258]
    """
    teacher, student = count("weak_rank", weak_rank), count("student_rank", student_rank)
    n, lessons = count("taught_on", taught_on), count("lessons", lessons)
    for name, inputs, rank in (("taught_on", n, teacher), ("lessons", lessons, student)):
        if inputs < rank + 2:
            raise ValueError(
                f"{name} is {inputs} for {rank} features: the law needs at least {rank + 2} labels"
            )
    o = _between("overlap", overlap, 0.0, min(teacher, student))
    noise_, gap = _between("noise", noise, 0.0), _between("weak_gap", weak_gap, 0.0)
    lost = _between("dropped", dropped, 0.0, gap)
    v = (noise_ + gap) / (n - teacher - 1)
    weak_error, least = gap + v * teacher, lost + v * (teacher - o)
    cost = np.asarray(student / (lessons - student - 1))
    gain, own = (1 - cost) * least, (1 - student / lessons) * least
    found = {
        "weak_error": weak_error,
        "student_error": weak_error - gain,
        "misfit": (1 + cost) * least,
        "gain": gain,
        "own": own,
        "least_misfit": least,
        "cost": cost,
    }
    alike = np.broadcast_arrays(*found.values())
    fields = dict(zip(found, to_jax([part.copy() for part in alike]), strict=True))
    return OverlapGain(**fields, untested=_ASSUMED)


def _between(name: str, value: Given, low: float, high: Any = np.inf) -> np.ndarray:
    """Read numbers and hold them to a range; rounding at its upper end is forgiven."""
    (x,) = known(**{name: numbers(name, value, "", "k")})
    if np.any(x < low) or np.any(x > high * (1 + 1e-9)):
        most = float(np.max(high))
        raise ValueError(
            f"{name} must be at least {low:g}"
            f"{f' and at most {most:g}' if np.isfinite(most) else ''}, got {x.min():g} to "
            f"{x.max():g}"
        )
    return np.asarray(np.minimum(x, high))
