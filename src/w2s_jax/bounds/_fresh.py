r"""What a least-squares student gains on fresh inputs on average, predicted without truth."""

from typing import Any

import equinox as eqx
import numpy as np
from jax import Array

from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds._bracket import own_inputs
from w2s_jax.bounds._reading import Given
from w2s_jax.bounds._span import orthonormal

_ASSUMED = ("independent", "fixed", "realizable", "unrelated", "gaussian")


class FreshGain(eqx.Module):
    """Predictions for fresh inputs; `()` or `(tasks,)`, squared label units.

    Attributes:
        own: the student's misfit on its own inputs.
        least_misfit: the misfit of the best student on all inputs, own misfit / (1 − k/n).
        cost: ρ, what learning from n inputs adds, relative to the least misfit; no unit.
        misfit: on fresh inputs, least misfit · (1 + ρ).
        gain: on fresh inputs, least misfit · (1 − ρ); negative where n is too small.
        ratio: gain / misfit, (1 − ρ)/(1 + ρ); no unit.
        untested: the names of the assumptions, none of which can be tested.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> print(fresh_gain(rng.normal(size=(100, 9)), rng.normal(size=100)).ratio.round(4))
        0.7983
    """

    own: Array
    least_misfit: Array
    cost: Array
    misfit: Array
    gain: Array
    ratio: Array
    untested: tuple[str, ...] = eqx.field(static=True)

    @classmethod
    def of(cls, own: Any, *, inputs: int, rank: int, bias: bool = True) -> "FreshGain":
        """Predict from a student's misfit on its own inputs, where that is known already.

        Args:
            own: `()` or `(tasks,)`, squared label units.
            inputs: n, that the student was fitted on.
            rank: d, directions that its head uses, a constant not counted.
            bias: whether it has a constant.

        Raises:
            ValueError: n at most d + 1, with a constant d + 2.

        Example:
            >>> print(FreshGain.of(0.4, inputs=2400, rank=1536).ratio.round(3))
            -0.281
        """
        own, k = np.asarray(own, np.float64), rank + int(bias)
        if inputs - k - 1 <= 0:
            raise ValueError(
                f"features has {inputs} inputs for {rank} directions"
                f"{' and a constant' if bias else ''}: the law needs at least {k + 2} inputs"
            )
        # The constant's own error and the center's uncertainty give the 2/n (see the proof).
        cost = (rank + 1 - 2 / inputs) / (inputs - rank - 2) if bias else rank / (inputs - rank - 1)
        least = own / (1 - k / inputs)
        ratio = np.full(own.shape, (1 - cost) / (1 + cost))
        found = (
            own,
            least,
            np.full(own.shape, cost),
            least * (1 + cost),
            least * (1 - cost),
            ratio,
        )
        names = ("own", "least_misfit", "cost", "misfit", "gain", "ratio")
        known = dict(zip(names, to_jax(tuple(map(np.asarray, found))), strict=True))
        return cls(**known, untested=_ASSUMED)


def fresh_gain(features: Given, weak: Given, *, bias: bool = True) -> FreshGain:
    r"""Predict misfit and gain on fresh inputs from the student's own features and weak labels.

    Let the truth be in reach, the features be d-dimensional and Gaussian, and what the population's
    best student leaves of the weak model be independent of them, with variance v. Over samples of n
    inputs the least-squares student then has, exactly,

    $$\mathbb E\,\text{misfit} = v\,(1 + \rho), \qquad \mathbb E\,\text{gain} = v\,(1 - \rho),
    \qquad \mathbb E\,\text{own misfit} = v\,(1 - k/n),$$

    with $k = d$ and $\rho = d/(n - d - 1)$ for a head without a constant, and with $k = d + 1$ and
    $\rho = (d + 1 - 2/n)/(n - d - 2)$ for one with a constant. Gain is negative below about twice
    as many inputs as directions. Proved in the book's back matter, *Proofs*; this book's result.

    Args:
        features: `(n, d)`, on the inputs that the student was fitted on.
        weak: weak labels there, `(n,)` or `(n, tasks)`, label units.
        bias: whether the head has a constant.

    Returns:
        A `FreshGain`; d is the rank that heads use. Assumed, and never testable here: inputs
        independent (independent), weak model and features fixed before the sample (fixed), truth in
        the class (realizable), the leftover independent of the features (unrelated), features
        Gaussian (gaussian).

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`; n at most d + 1, with a constant
            d + 2: the mean cost is infinite.

    Fails when:
        the leftover is knowledge rather than noise, as for well-taught teachers, or the truth is
        out of reach: the prediction then is too high or too low by the correction. Features with
        heavy tails cost more than ρ. One sample scatters around the means.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> features = rng.normal(size=(60, 20))
        >>> weak = features.sum(1) + rng.normal(size=60)  # v is 1
        >>> predicted = fresh_gain(features, weak, bias=False)
        >>> print(predicted.cost.round(4), predicted.misfit.round(2), predicted.gain.round(2))
        0.5128 1.7 0.55
    """
    w, x = own_inputs(features, weak)
    basis = orthonormal(x, bias)
    own = np.asarray(((w - basis @ (basis.T @ w)) ** 2).mean(0))
    n, k = basis.shape
    return FreshGain.of(own, inputs=n, rank=k - int(bias), bias=bias)
