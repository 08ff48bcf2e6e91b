r"""The least misfit of a linear class, enclosed without a true label and without a fresh input."""

import equinox as eqx
import numpy as np
from jax import Array

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds._reading import Given, known
from w2s_jax.bounds._span import divided, orthonormal, without_itself


class MisfitBracket(eqx.Module):
    """The misfit m of the best student on all inputs, enclosed on average over samples.

    Attributes:
        own: the student's misfit on its own inputs, `()` or `(tasks,)`, squared label units; its
            mean over samples is at most m.
        left_out: the mean squared miss of students fitted without the input that they are held to;
            its mean over samples is at least m. `inf` where some input is indispensable, that is,
            without it a direction of the features is gone.
        untested: the names of the assumptions, none of which can be tested.

    Example:
        >>> bracket = misfit_bracket([[1.0], [1.0], [1.0]], [1.0, 2.0, 3.0], bias=False)
        >>> print(f"{bracket.own:.4f} {bracket.left_out:.4f}")
        0.6667 1.5000
    """

    own: Array
    left_out: Array
    untested: tuple[str, ...] = eqx.field(static=True)


def misfit_bracket(features: Given, weak: Given, *, bias: bool = True) -> MisfitBracket:
    r"""Enclose the population misfit of a linear class from the student's own inputs.

    Let $m$ be the least misfit in the class over all inputs. With the leverages $h_i$ of the sample
    and the residuals $w_i - \hat s_i$ of the least-squares student,

    $$\mathbb E\,\frac1n \sum_i (w_i - \hat s_i)^2 \le m \le
    \mathbb E\,\frac1n \sum_i \Bigl( \frac{w_i - \hat s_i}{1 - h_i} \Bigr)^2 .$$

    The left side: on its own inputs the student is nearer than the population's best. The right
    side: each term is the squared miss of a student that has not seen input i, and no member misses
    by less than m. Both are means over samples: a single sample's bracket may miss m. Proved in the
    book's back matter, *Proofs*; leaving one out goes back to Allen (1974) and Stone (1974).

    Args:
        features: `(n, d)`, on the inputs that the student was fitted on.
        weak: weak labels there, `(n,)` or `(n, tasks)`, label units.
        bias: whether heads have a constant.

    Returns:
        A `MisfitBracket`. Assumed: inputs independent and alike in distribution (independent), weak
        model and features fixed before the sample (fixed).

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> features, weak = rng.normal(size=(60, 5)), rng.normal(size=60)  # m is 1
        >>> bracket = misfit_bracket(features, weak)
        >>> print(bracket.own.round(2), bracket.left_out.round(2))
        0.87 1.06
    """
    w, x = own_inputs(features, weak)
    basis = orthonormal(x, bias)
    residual = w - basis @ (basis.T @ w)
    left_out = divided(residual, without_itself(basis))
    own, fresh = (to_jax(np.asarray((part**2).mean(0))) for part in (residual, left_out))
    return MisfitBracket(own, fresh, ("independent", "fixed"))


def own_inputs(features: Given, weak: Given) -> tuple[np.ndarray, np.ndarray]:
    """Read weak labels and one matrix of features, in float64 on the host.

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`.

    Example:
        >>> own_inputs([[1.0], [2.0]], [3, 4])[0]
        array([3., 4.])
    """
    read = numbers("features", features, "n d"), numbers("weak", weak, "n", "n tasks")
    same_rows(features=features, weak=weak)
    x, w = known(features=read[0], weak=read[1])
    return w, x
