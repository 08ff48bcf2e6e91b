"""Leave one training input out: what that does to gain and misfit, without fitting again."""

from typing import Any, NamedTuple

import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.heads import fit_head, numerical_rank

_NEAR_ONE = 2.0**-26  # of 1 - leverage: below it half of the digits are gone


class Influence(NamedTuple):
    """Hold what changes when one training input is left out; an entry for each of n inputs.

    Attributes:
        gain: gain without the input − gain, `(n,)`, squared label units; None without truth. Below
            zero the input carried gain.
        misfit: misfit without it − misfit, `(n,)`, squared label units.
        leverage: share of its own label in the student's prediction of it, `(n,)`, in (0, 1).
        residual: weak label − what the student fitted without the input predicts there, `(n,)`,
            label units.

    Example:
        >>> found = influence(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0.0, 1, 2, 7]))
        >>> found.residual.round(6).tolist()  # of a line through the other three points
        [2.666667, -0.571429, -2.285714, 4.0]
    """

    gain: Any  # None where unknown; so that callers need no cast
    misfit: Float[np.ndarray, " n"]
    leverage: Float[np.ndarray, " n"]
    residual: Float[np.ndarray, " n"]


def influence(
    features: Any,
    weak: Any,
    truth: Any = None,
    *,
    fresh: Any = None,
    fresh_weak: Any = None,
    ridge: Any = 0.0,
    bias: bool = True,
) -> Influence:
    r"""Say for each training input what leaving it out does to the student's gain and misfit.

    With $h_i$ a row of the features H (and a 1 for the constant), $A = H^\top H + n\lambda I$ (the
    constant without a price), leverage $\ell_i = h_i^\top A^{-1} h_i$ and $e_i$ = weak label −
    prediction, the head $a$ becomes without input i

    $$a_{-i} = a - A^{-1} h_i \, \frac{e_i}{1 - \ell_i} ,$$

    exactly. Predictions move by $\delta_i(x) = -h(x)^\top A^{-1} h_i \, e_i / (1 - \ell_i)$,
    and so, over the inputs that gain and misfit are measured on, which stay the same,

    $$\Delta \text{gain} = -\mathbb E [2 \delta_i (s - f) + \delta_i^2] , \qquad
    \Delta \text{misfit} = \mathbb E [2 \delta_i (s - w) + \delta_i^2] .$$

    The price $n\lambda$ of the weights stays too: the same head is
    `fit_head(others, …, ridge=ridge * n / (n - 1))`. Changes of two inputs do not add up to that
    of leaving out both. All is computed on the host, in float64, from one SVD.

    Args:
        features: `(n, d)`, the student's features of the inputs that it is fitted on.
        weak: `(n,)`, their weak labels.
        truth: true labels of the inputs that the gain is measured on: `(m,)` with `fresh`, else
            `(n,)`. Without them only the misfit is known.
        fresh: `(m, d)`, features of other inputs to measure on; by default the training inputs, all
            n of them, the one left out too.
        fresh_weak: `(m,)`, the weak model's predictions there.
        ridge: λ ≥ 0, as `fit_head` was given.
        bias: fit an unpenalized constant.

    Returns:
        An `Influence`.

    Raises:
        ValueError: what `arrays.numbers` refuses, rows or widths that differ, one of `fresh` and
            `fresh_weak` without the other, a negative ridge, a single input; features that do not
            determine the head, or an input whose leverage is 1, without which the others do not.

    Reference:
        Cook, "Detection of influential observation in linear regression", Technometrics 19 (1977)
        15–18; for gain and misfit the chapter *Your own molecules*.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> features = rng.normal(size=(60, 3))
        >>> truth = features.sum(1)
        >>> weak = truth + rng.normal(size=60)
        >>> found = influence(features, weak, truth, ridge=0.1)
        >>> rest = np.arange(60) != 7  # the slow way, for one of them
        >>> student = fit_head(features[rest], weak[rest], ridge=0.1 * 60 / 59)(features)
        >>> before = fit_head(features, weak, ridge=0.1)(features)
        >>> slow = ((before - truth) ** 2).mean() - ((student - truth) ** 2).mean()
        >>> bool(abs(found.gain[7] - slow) < 1e-12)
        True
    """
    x, y, z, w, f = _read(features, weak, truth, fresh, fresh_weak)
    _demand_head(x, ridge, bias)
    head = fit_head(x, y, ridge=ridge, bias=bias)
    basis, other, leverage = _directions(x, z, ridge, bias)
    _demand_rest(leverage)
    residual = (y - np.asarray(head(x))) / (1 - leverage)
    student = np.asarray(head(z))
    # δ = −other · basisᵢ · residualᵢ, an (m, n) matrix of which only two means are needed
    second = ((basis @ (other.T @ other / len(z))) * basis).sum(1) * residual**2

    def change(label: np.ndarray) -> np.ndarray:
        slope = other.T @ (student - label) / len(z)
        return second - 2 * residual * (basis @ slope)

    return Influence(None if f is None else -change(f), change(w), leverage, residual)


def _read(features, weak, truth, fresh, fresh_weak) -> tuple:
    """Return features and labels to fit on, then features, labels and truth to measure on."""
    if (fresh is None) != (fresh_weak is None):
        missing = "fresh" if fresh is None else "fresh_weak"
        raise ValueError(f"{missing} is missing: pass fresh inputs' features and weak labels")
    x, y = _wide("features", features, "n d"), _wide("weak", weak, "n")
    same_rows(features=features, weak=weak)
    if len(x) < 2:
        raise ValueError("features have one row: leave one out of two or more")
    z = x if fresh is None else _wide("fresh", fresh, "n d")
    w = y if fresh is None else _wide("fresh_weak", fresh_weak, "n")
    f = None if truth is None else _wide("truth", truth, "n")
    if fresh is None:
        same_rows(weak=weak, truth=truth)
    else:
        same_rows(fresh=fresh, fresh_weak=fresh_weak, truth=truth)
    if z.shape[1] != x.shape[1]:
        raise ValueError(f"fresh has width {z.shape[1]}, but features have width {x.shape[1]}")
    return x, y, z, w, f


def _wide(name: str, value: Any, shape: str) -> np.ndarray:
    value = np.asarray(value) if isinstance(value, Array) else value
    return np.asarray(numbers(name, value, shape), np.float64)


def _demand_head(x: np.ndarray, ridge: float, bias: bool) -> None:
    if not ridge >= 0:
        raise ValueError(f"ridge must be at least 0, got {ridge}")
    if ridge:
        return
    found = numerical_rank(x, bias=bias)
    if found.rank < found.width:
        raise ValueError(
            f"features have rank {found.rank}, but width {found.width}: many heads fit alike, and "
            "which of them is left is a convention; pass a ridge above 0, or leave columns out"
        )


def _directions(x, z, ridge: float, bias: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return B and Z with zᵀA⁻¹hᵢ = (Z Bᵀ)ᵢ for rows of z, and the leverages."""
    center = x.mean(0) if bias else 0 * x[0]
    x, z = x - center, z - center
    if not ridge:  # units do not matter to least squares, and digits are saved
        scale = abs(x).max(0)
        x, z = x / scale, z / scale
    left, values, right = np.linalg.svd(x, full_matrices=False)
    price = len(x) * ridge
    kept = values**2 / (values**2 + price) if ridge else np.ones_like(values)
    basis = left * values / (values**2 + price) if ridge else left / values
    leverage, other = (left**2) @ kept, z @ right.T
    if bias:  # orthogonal to all that is centered
        n, m = len(x), len(z)
        basis = np.c_[np.full(n, 1 / n), basis]
        leverage, other = leverage + 1 / n, np.c_[np.ones(m), other]
    return basis, other, leverage


def _demand_rest(leverage: np.ndarray) -> None:
    alone = np.flatnonzero(1 - leverage < _NEAR_ONE)
    if alone.size:
        more = f" ({alone.size} such inputs)" if alone.size > 1 else ""
        raise ValueError(
            f"input {alone[0]} has leverage 1{more}: without it the others do not determine the "
            "head; pass a ridge above 0, or leave out the columns that only it has"
        )
