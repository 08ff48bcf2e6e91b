r"""Mixtures of fixed experts: weights on the simplex, in any divergence of the room.

$$\min_{a \ge 0,\ \sum_k a_k = 1} \frac1n \sum_{i=1}^n D \Bigl( \sum_k a_k E_{k i},\ y_i \Bigr)$$

The class is convex in the predictions, so that with the prediction first the student obeys the
generalized Pythagorean inequality (Bregman 1967, Csiszár 1975; Mulgund and Pabbaraju 2025).
"""

from typing import Any, NamedTuple

import equinox as eqx
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from w2s_jax.arrays import numbers
from w2s_jax.arrays._counts import check_count
from w2s_jax.arrays._host import namespace, on_host, to_jax, wide
from w2s_jax.divergences import KL, Bregman
from w2s_jax.divergences._bregman import demand_convex
from w2s_jax.heads.softmax._labels import probabilities
from w2s_jax.projections import Status
from w2s_jax.projections._descent import Look, ahead, descend, share_inside
from w2s_jax.sets import Simplex

Known = Array | np.ndarray


class MixtureHead(eqx.Module):
    """A mixture of experts with fixed weights.

    Attributes:
        weights: `(k,)`, at least 0, with sum 1.
        gap: what the mean divergence is above the least one at most, in its units.
        steps: Newton steps.
        status: a number of `Status`: certified, or how it ended.
        divergence: what was minimized.

    Example:
        >>> head = fit_mixture([[[0.9, 0.1]], [[0.1, 0.9]]], [[0.5, 0.5]])
        >>> print(head([[[1.0, 0.0]], [[0.0, 1.0]]]).round(6))
        [[0.5 0.5]]
    """

    weights: Float[Known, " k"]
    gap: Float[Known, ""]
    steps: Int[Known, ""]
    status: Int[Known, ""]
    divergence: Bregman

    @property
    def certified(self) -> bool:
        """Whether the gap is at most the one asked for."""
        return bool(self.status == Status.certified)

    def __call__(self, experts: Any) -> Float[Known, "n c"]:
        """Mix the predictions of the experts, `(k, n, c)` ↦ `(n, c)`.

        Args:
            experts: the same experts, in the same order, on any inputs.

        Raises:
            ValueError: another number of experts.
        """
        given = numbers("experts", experts, "k n c")
        if given.shape[0] != self.weights.shape[0]:
            raise ValueError(
                f"experts has shape {given.shape}, expected {self.weights.shape[0]} experts first: "
                "(k, n, c)"
            )
        xp = namespace(given, self.weights)
        weights = xp.asarray(self.weights)
        mixed = xp.einsum("k,knc->nc", weights, xp.asarray(given))
        return to_jax(mixed.astype(np.result_type(given.dtype, weights.dtype)))


def fit_mixture(
    experts: Any,
    labels: Any,
    divergence: Any = None,
    *,
    tol: float = 1e-12,
    max_steps: int = 200,
    throw: bool = True,
) -> MixtureHead:
    r"""Fit the weights of a mixture of experts to labels, certified by Frank and Wolfe's gap.

    $$\min_{a \ge 0, \sum_k a_k = 1} \frac1n \sum_{i=1}^n D\Bigl(\sum_k a_k E_{ki}, y_i\Bigr)$$

    Newton steps, each a certified projection of weights onto the simplex in the Hessian's metric,
    until the gap $\langle g, a \rangle - \min_k g_k$ closes (Frank and Wolfe 1956). Experts with
    mass where the label has none and the divergence is infinite get the weight 0; equal experts
    share one weight, in no certain parts.

    Args:
        experts: $E$, `(k, n, c)`: the predictions of each expert on the n inputs.
        labels: $y$, `(n, c)`, or `(n,)` class numbers from 0 to c − 1.
        divergence: $D$ from `w2s_jax.divergences`, convex in the prediction; `KL()`, the
            prediction first, if None.
        tol: gap at which to stop, relative to the mean divergence and its curvature.
        max_steps: Newton steps after which to stop.
        throw: raise where the weights are not certified; False hands back what was found.

    Returns:
        A `MixtureHead`, its weights in float64, for rounding would open the gap again; calling it
        mixes the experts on other inputs.

    Raises:
        ValueError: shapes that do not fit, rows outside of the divergence's domain, a divergence
            that is infinite for all mixtures or not known to be convex, traced arrays; unless
            `throw` is False, weights that could not be certified.

    Example:
        >>> experts = np.array([[[0.8, 0.1, 0.1]], [[0.1, 0.1, 0.8]]])
        >>> head = fit_mixture(experts, [[0.45, 0.1, 0.45]])
        >>> print(head.weights.round(6), head.certified)
        [0.5 0.5] True
    """
    divergence = KL() if divergence is None else divergence
    demand_convex(divergence)
    if not tol > 0:
        raise ValueError(f"tol must be above 0, got {tol}")
    check_count("max_steps", max_steps, 1)
    E, y = _read(experts, labels, divergence)
    with wide(), np.errstate(all="ignore"):
        kept = _finite(divergence, E, y)
        chosen = E if kept.all() else E[kept]
        mixing = Mixing.of(divergence, chosen, y)
        start = np.full(len(chosen), 1 / len(chosen))
        inner, gap, allowed, steps = descend(mixing, start, tol, max_steps)
    weights = np.zeros(len(kept))
    weights[kept] = inner
    status = Status.certified if gap <= allowed else Status.max_steps
    if throw and status != Status.certified:
        raise ValueError(
            f"fit_mixture: gap {gap:.1e}, where {allowed:.1e} was asked for, after {steps} steps: "
            "allow more max_steps or a larger tol; throw=False returns what was found"
        )
    weights, gap, steps, status = to_jax(
        (weights, np.asarray(gap), np.asarray(steps), np.asarray(int(status)))
    )
    return MixtureHead(weights, gap, steps, status, divergence)


class Mixing(NamedTuple):
    """The mean divergence as a function of the weights.

    Example:
        >>> mixing = Mixing.of(KL(), np.full((2, 1, 2), 0.5), np.full((1, 2), 0.5))
        >>> mixing.height(np.array([0.3, 0.7]))
        0.0
    """

    onto: Simplex
    divergence: Bregman
    experts: np.ndarray  # (k, n c)
    labels: np.ndarray  # (n, c)
    bare: np.ndarray  # where no expert has mass, at an end of the domain, (n, c)

    @classmethod
    def of(cls, divergence: Bregman, experts: np.ndarray, labels: np.ndarray) -> "Mixing":
        """Hold the experts in rows."""
        domain = divergence.domain
        bare = np.zeros(labels.shape, bool)
        for end in (domain.lower, domain.upper):
            if np.isfinite(end):
                bare |= (experts == end).all(0)
        return cls(Simplex(), divergence, experts.reshape(len(experts), -1), labels, bare)

    def mixed(self, weights: np.ndarray) -> np.ndarray:
        """Return the mixture's predictions, `(n, c)`."""
        return (weights @ self.experts).reshape(self.labels.shape)

    def height(self, v: np.ndarray) -> float:
        """Return the mean divergence."""
        return float(self.divergence._value(np, self.mixed(v), self.labels).mean())

    def look(self, v: np.ndarray) -> Look:
        """Return all that a step needs."""
        s, y, n = self.mixed(v), self.labels, len(self.labels)
        height = float(self.divergence._value(np, s, y).mean())
        slopes = np.where(self.bare, 0.0, self.divergence._slope(np, s, y))
        slope = self.experts @ slopes.ravel() / n
        bends = self.divergence._bend(np, s, y)
        if bends.ndim == 2:
            bends = np.where(self.bare, 0.0, bends)
            bend = (self.experts * bends.ravel()) @ self.experts.T / n
        else:
            rows = self.experts.reshape(-1, *y.shape)
            bend = np.einsum("knc,ncd,lnd->kl", rows, bends, rows, optimize=True) / n
        size = height + float(v @ bend @ v) / 2
        gap = float(slope @ v - slope.min()) if np.isfinite(slope).all() else np.inf
        return Look(v, height, slope, (bend + bend.T) / 2, size, abs(gap))

    def ahead(self, here: Look) -> np.ndarray:
        """Return where the Newton step aims."""
        return ahead(self.onto, here)

    def room(self, v: np.ndarray, way: np.ndarray) -> float:
        """Return how far to go: 1, or nearly to where a prediction is at the domain's edge."""
        free = ~self.bare
        return share_inside(self.divergence.domain, self.mixed(v)[free], self.mixed(way)[free])


def _read(experts: Any, labels: Any, divergence: Bregman) -> tuple[np.ndarray, np.ndarray]:
    given = numbers("experts", experts, "k n c")
    classes = given.shape[2]
    y = numbers("labels", labels, "n", "n c")
    if not on_host(given, y):
        raise ValueError(
            "experts and labels must be known, and are traced: call fit_mixture outside of jit, "
            "grad and vmap"
        )
    given, y = np.asarray(given), np.asarray(y)
    if y.ndim == 1:
        y = probabilities(y, "n", classes)
    if y.shape != given.shape[1:]:
        raise ValueError(
            f"experts has shape {given.shape} and labels {y.shape}: expected (k, n, c) and (n, c), "
            "or n class numbers"
        )
    return (
        np.asarray(divergence.domain.read("experts", experts), np.float64),
        np.asarray(divergence.domain.read("labels", labels if np.ndim(labels) == 2 else y), float),
    )


def _finite(divergence: Bregman, E: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Say which experts may have weight: of the others' mixtures the divergence is infinite."""
    domain = divergence.domain
    kept = np.ones(len(E), bool)
    for end in (domain.lower, domain.upper):
        if not np.isfinite(end):
            continue
        at, bare = np.equal(E, end), np.equal(y, end)
        if divergence.first == "prediction":
            kept &= ~(bare[None] & ~at).any((1, 2))
        elif (at.all(0) & ~bare).any():
            i, c = np.argwhere(at.all(0) & ~bare)[0]
            raise ValueError(
                f"labels holds {y[i, c]:g} at index ({i}, {c}), where all experts predict {end:g}: "
                "the divergence is infinite for every mixture; add an expert, or put the "
                "prediction first"
            )
    if not kept.any():
        raise ValueError(
            "every expert has mass where labels holds 0, so that the divergence is infinite for "
            'every mixture: put the label first, as in KL(first="label")'
        )
    return kept
