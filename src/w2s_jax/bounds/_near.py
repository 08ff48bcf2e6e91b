r"""Finite samples of a linear class: a theorem that needs no bound on labels."""

import math
from typing import Any

import equinox as eqx
import numpy as np
from jax import Array

from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds._reading import Given, count, known, positive, predictions, probability
from w2s_jax.bounds._span import divided, orthonormal, without_itself
from w2s_jax.bounds._stated import Stated
from w2s_jax.checks import Check

CHERNOFF = 2 / (1 - math.log(2))  # 6.52: the least eigenvalue of n draws stays above a half
_UNTESTABLE = ("independent", "fixed", "minimizer", "population")


class LinearSample(Stated):
    """What a linear class keeps on all inputs; `()` or `(tasks,)`, squared label units.

    Attributes:
        misfit: d(ŝ, w) on fresh inputs, standing for the population.
        enough: the number of inputs from which on the theorem promises anything, 6.52·L·ln(k/δ).
        moved: ‖ŝ − s‖², how far the sample has moved the student, as measured on the fresh inputs.
        moved_at_most: its bound 4E[u²ℓ]/(nδ₂); `inf` where n is at most `enough`.
        least_misfit: what the misfit m of the best student s is at least, misfit − moved_at_most or
            0; needs no true label. In a class that holds the truth the weak error is at least m.
        correction: 2⟨w − s, f − g⟩; None without truth, as are the next three.
        mistake: ‖s − g‖², the best student's own.
        gain: what the gain of ŝ is at least; `-inf` where n is at most `enough`.
        student_error: what the student error is at most, weak error − gain.
        assumptions: the checks of those assumptions that could be tested, by name.
        untested: the names of those that could not.

    Example:
        >>> x = np.linspace(-1, 1, 201)
        >>> given = {"features": x[:, None], "bias": False, "fitted_on": 5_000}
        >>> bound = linear_sample(x**3, 0.61 * x, x, **given)
        >>> print(f"{bound.gain:.4f} {bound.misfit:.4f} {bound.moved_at_most:.4f}")
        0.0112 0.0235 0.0006
    """

    misfit: Array
    enough: Array
    moved: Array
    moved_at_most: Array
    least_misfit: Array
    correction: Any
    mistake: Any
    gain: Any
    student_error: Any
    assumptions: dict[str, Check]
    untested: tuple[str, ...] = eqx.field(static=True)


def linear_sample(
    weak: Given,
    student: Given,
    truth: Given = None,
    *,
    features: Given,
    fitted_on: Given,
    bias: bool = True,
    leverage: Given = None,
    delta: Given = 0.05,
) -> LinearSample:
    r"""State what a student of n inputs keeps on all inputs, in a linear class.

    Let the class hold all heads on $h$ of $k$ directions, a constant included; let
    $G = \mathbb E hh^\top$, and leverages $\ell = h^\top G^{-1} h$ be at most $L$. Let $s$ be the
    best student of the whole population, $u = w - s$ what it leaves, and $g$ the member nearest to
    the truth. For $n > 6.52\,L \ln(k/\delta)$ put $\delta_1 = k\,e^{-n/(6.52 L)}$ and
    $\delta_2 = \delta - \delta_1$. With probability at least $1 - \delta$, for the least-squares
    student $\hat s$ of n independent inputs,

    $$\lVert \hat s - s \rVert^2 \le \frac{4\,\mathbb E[u^2 \ell]}{n\,\delta_2}, \qquad
    \text{gain} \ge \text{misfit} - \text{correction} - 2 \lVert s - g \rVert \lVert \hat s - s
    \rVert - 2 \lVert \hat s - s \rVert^2 .$$

    No bound on labels or weights enters, and a truth out of reach costs its correction alone. The
    bound on the distance needs no true label; that on the gain needs the truth on the fresh inputs.
    Proved in the book's back matter, *Proofs* (matrix Chernoff, then Markov); this book's result.
    For the misfit enclosed from the student's own inputs see `misfit_bracket`, for the typical
    cost, in place of one that covers the worst, `fresh_gain`.

    Expectations are estimated on the fresh inputs, E[u²ℓ] and the correction from residuals that
    leave their own input out, so that a head fitted there does not flatter itself.

    Args:
        weak: predictions of the weak model on many *fresh* inputs, `(m,)` or `(m, tasks)`.
        student: predictions of the student there, same shape.
        truth: true labels there, same shape, where known.
        features: `(m, d)`, the student's on the fresh inputs.
        fitted_on: n, the number of weakly labeled inputs that the student was fitted on.
        bias: whether the head has a constant.
        leverage: L; by default the largest leverage among the fresh inputs.
        delta: δ in (0, 1), the probability with which the bounds may fail.

    Returns:
        A `LinearSample`. Never testable: that the inputs are independent (independent), weak model
        and features fixed before the sample (fixed), the student the least-squares head on its
        sample (minimizer), means over the fresh inputs the population's (population); without
        `leverage` that none is larger elsewhere (leverage).

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`; no more fresh inputs than
            directions; `fitted_on` no whole number above 0; L not positive; δ outside (0, 1).

    Fails when:
        features have no bounded leverage: units that fire on few inputs, heavy tails.

    Example:
        >>> x = np.linspace(-1, 1, 201)
        >>> few = linear_sample(x**3, 0.61 * x, x, features=x[:, None], bias=False, fitted_on=50)
        >>> print(few.gain, few.holds, few.assumptions["enough"].sentence)
        -inf False The theorem needs more than 59 inputs, the student was fitted on 50.
    """
    read = predictions(weak, student, truth, features)
    w, fitted, f, x = known(weak=read[0], student=read[1], truth=read[2], features=read[3])
    n, delta = count("fitted_on", fitted_on), probability("delta", delta)
    most = None if leverage is None else positive("leverage", leverage)
    basis = _basis(x, bias)
    left = without_itself(basis)
    settled = basis @ (basis.T @ w)
    size, k = basis.shape
    # As a fresh input sees the others: its own row is left out of G too.
    leverages = (size - 1) * divided(1 - left, left)
    spread = (divided(w - settled, left) ** 2 * _column(leverages, w)).mean(0)
    limit = float(leverages.max()) if most is None else most
    enough = CHERNOFF * limit * math.log(k / delta)  # where δ₁ is δ
    spare = delta - k * math.exp(-n / (CHERNOFF * limit)) if n > enough else 0.0
    moved_at_most = 4 * spread / (n * spare) if spare > 0 else np.full_like(spread, np.inf)
    misfit = ((fitted - w) ** 2).mean(0)
    assumptions = {"enough": _enough(enough, n), "linear": _member(fitted, basis)}
    if most is not None:
        assumptions["leverage"] = _leverage(size * float((basis**2).sum(1).max()), most)
    found: dict[str, Any] = {
        "misfit": misfit,
        "enough": np.full(misfit.shape, enough),
        "moved": ((fitted - settled) ** 2).mean(0),
        "moved_at_most": moved_at_most,
        "least_misfit": np.maximum(misfit - moved_at_most, 0.0),
        "correction": None,
        "mistake": None,
        "gain": None,
        "student_error": None,
    }
    if f is not None:
        found |= _with_truth(w, f, settled, basis, misfit, moved_at_most)
    arrays: Any = {
        name: None if value is None else np.asarray(value) for name, value in found.items()
    }
    untested = _UNTESTABLE + (("leverage",) if most is None else ())
    return LinearSample(**to_jax(arrays), assumptions=assumptions, untested=untested)


def _with_truth(w, f, settled, basis, misfit, moved) -> dict:
    nearest = basis @ (basis.T @ f)
    products = (w - settled) * (f - nearest)
    # Of two residuals' product a fit takes the share h; leaving one of them out gives it back.
    left = _column(without_itself(basis), w)
    correction = 2 * np.where(left > 0, products / np.where(left > 0, left, 1.0), 0.0).mean(0)
    mistake = ((settled - nearest) ** 2).mean(0)
    cross = np.sqrt(mistake) * np.sqrt(moved, out=np.zeros_like(moved), where=np.isfinite(moved))
    gain = misfit - correction - 2 * cross - 2 * moved
    at_most = np.maximum(((w - f) ** 2).mean(0) - gain, 0.0)
    return {"correction": correction, "mistake": mistake, "gain": gain, "student_error": at_most}


def _basis(x: Any, bias: bool) -> np.ndarray:
    if x is None or x.ndim == 3:
        came = "None" if x is None else f"shape {x.shape}"
        raise ValueError(f"features must be (m, d), one matrix for all tasks, got {came}")
    basis = orthonormal(x, bias)
    if len(basis) <= basis.shape[1]:
        raise ValueError(
            f"features has {len(basis)} fresh inputs for {basis.shape[1]} directions: a head on "
            "them reproduces any labels; pass more fresh inputs"
        )
    return basis


def _column(rows: np.ndarray, like: np.ndarray) -> np.ndarray:
    return rows.reshape(-1, *[1] * (like.ndim - 1))


def _enough(enough: float, n: int) -> Check:
    holds = n > enough
    sentence = (
        f"The student was fitted on {n} inputs, more than the {enough:.0f} that the theorem needs."
        if holds
        else f"The theorem needs more than {enough:.0f} inputs, the student was fitted on {n}."
    )
    return Check(holds, float(enough), float(n), sentence)


def _member(fitted: np.ndarray, basis: np.ndarray) -> Check:
    outside = ((fitted - basis @ (basis.T @ fitted)) ** 2).mean(0)
    size = (fitted**2).mean(0)
    value = float(np.max(outside / np.maximum(size, np.finfo(float).tiny)))
    good = "The student is a head on these features."
    bad = "The student is no head on these features: its predictions lie outside their span."
    return Check(value <= 1e-9, value, 1e-9, good if value <= 1e-9 else bad)


def _leverage(found: float, limit: float) -> Check:
    holds = found <= limit * (1 + 1e-9)
    verb = "stay within" if holds else "exceed"
    return Check(holds, found, limit, f"Leverages {verb} L = {limit:g} on these inputs.")
