r"""Labels other than the truth for a student that interpolates, and which of them are best."""

from typing import Any

import equinox as eqx
import numpy as np
from jax import Array
from scipy.optimize import brentq

from w2s_jax.arrays import numbers
from w2s_jax.arrays._host import to_jax
from w2s_jax.bounds._reading import Given, count, known


class SurrogateRisk(eqx.Module):
    """What an interpolating student errs after labels of a given function.

    Attributes:
        student_error: R(b), `()`, squared label units, without the noise of the label asked for.
        weak_error: of the function that labels, Σλ(β − b)², `()`.
        missed: ζ, the share of each direction that the sample does not show, `(p,)`; no unit.
        crowding: Ω, from 0 to 1, `()`: Ω/(1 − Ω) of all that looks like noise ends in the student.

    Example:
        >>> print(surrogate_risk(np.ones(4), np.ones(4), np.ones(4), inputs=2).crowding.round(6))
        0.5
    """

    student_error: Array
    weak_error: Array
    missed: Array
    crowding: Array


def surrogate_risk(
    spectrum: Given, truth: Given, labels: Given, *, inputs: int, noise: float = 0.0
) -> SurrogateRisk:
    r"""Compute the error of ridgeless least squares after labels of another function.

    Inputs are normal with independent coordinates of variance $\lambda_i$, the truth is
    $\beta^\top x$, labels are $b^\top x$ plus noise of variance $\sigma^2$, and the student is the
    interpolator of least norm on $n < p$ of them. With $\tau$ from
    $\sum_i \lambda_i/(\lambda_i + \tau) = n$, $\zeta = \tau/(\lambda + \tau)$ and
    $\Omega = \sum_i (1 - \zeta_i)^2/n$, its error is near

    $$R(b) = \sum_i \lambda_i \bigl(\beta_i - (1 - \zeta_i)\,b_i\bigr)^2
    + \frac{\Omega}{1 - \Omega} \Bigl(\sigma^2 + \sum_i \lambda_i \zeta_i^2 b_i^2\Bigr).$$

    The formula is that of Ildiz et al. (2025), cited: an asymptotic equivalent. For equal
    $\lambda$ it is exact but for the factor $(p - n)/(p - n - 1)$ of $\sigma^2$, which the book's
    back matter proves; elsewhere the book tries it by simulation.

    Args:
        spectrum: λ, `(p,)`, above 0, squared input units.
        truth: β, `(p,)`, label units for an input unit.
        labels: b, `(p,)`, the same; `truth` itself for true labels.
        inputs: n, labels that the student sees; fewer than p.
        noise: $\sigma^2$, squared label units.

    Returns:
        A `SurrogateRisk`.

    Raises:
        ValueError: as `w2s_jax.arrays.numbers`; lengths that differ; a λ that is not above 0; a
            negative noise; as many inputs as directions, or more.

    Fails when:
        n is small, or few directions carry nearly all: the equivalent then is rough.

    Example:
        >>> spectrum, truth = np.arange(1.0, 501) ** -2, np.arange(1.0, 501) ** 0.25
        >>> found = surrogate_risk(spectrum, truth, truth, inputs=200)
        >>> print(f"{found.student_error:.3f} {found.weak_error:.3f}")
        0.119 0.000
    """
    lam, beta, b = _directions(spectrum=spectrum, truth=truth, labels=labels)
    (variance,) = known(noise=numbers("noise", noise, ""))
    if variance < 0:
        raise ValueError(f"noise must be at least 0, got {variance:g}")
    missed, crowding = _sample(lam, inputs)
    blind = variance + (lam * missed**2 * b**2).sum()
    error = (lam * (beta - (1 - missed) * b) ** 2).sum() + crowding / (1 - crowding) * blind
    weak_error = (lam * (beta - b) ** 2).sum()
    return SurrogateRisk(*to_jax((np.asarray(error), np.asarray(weak_error), missed, crowding)))


def best_surrogate(spectrum: Given, truth: Given, *, inputs: int) -> Array:
    r"""Find the labels after which an interpolating student errs least.

    Of the R(b) of `surrogate_risk` the minimizer is, direction by direction,

    $$b_i = \beta_i\,\frac{1 - \zeta_i}{(1 - \zeta_i)^2 + \frac{\Omega}{1 - \Omega} \zeta_i^2},$$

    larger than the truth where $\zeta_i < 1 - \Omega$ and smaller where $\zeta_i > 1 - \Omega$,
    whatever the noise. Proved in the book's back matter, *Proofs*.

    Args:
        spectrum: λ, `(p,)`, above 0.
        truth: β, `(p,)`.
        inputs: n, fewer than p.

    Returns:
        b, `(p,)`, label units for an input unit.

    Raises:
        ValueError: as `surrogate_risk`.

    Example:
        >>> print(best_surrogate([1.0, 0.1, 0.1, 0.1], np.ones(4), inputs=2).round(2))
        [1.12 0.55 0.55 0.55]
    """
    lam, beta = _directions(spectrum=spectrum, truth=truth)
    missed, crowding = _sample(lam, inputs)
    seen = 1 - missed
    return to_jax(beta * seen / (seen**2 + crowding / (1 - crowding) * missed**2))


def _directions(**given: Given) -> list[np.ndarray]:
    read = known(**{name: numbers(name, value, "p") for name, value in given.items()})
    for name, array in zip(given, read, strict=True):
        if array.shape != read[0].shape:
            raise ValueError(
                f"{name} has {array.size} directions and spectrum {read[0].size}: pass one number "
                "a direction"
            )
    if not np.all(read[0] > 0):
        raise ValueError(
            f"spectrum must be above 0, got {read[0].min():g}: leave out directions that never vary"
        )
    return read


def _sample(lam: np.ndarray, inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ζ and Ω of a sample."""
    n = count("inputs", inputs)
    if n >= lam.size:
        raise ValueError(
            f"inputs is {n} for {lam.size} directions: a student interpolates fewer inputs than "
            "directions"
        )
    most = lam.sum() / n  # Σλ/(λ + τ) < Σλ/τ
    # in logarithms, since τ may be smaller than any step from the top of the spectrum
    ends = np.log(lam.min()) - 40, np.log(most)
    root: Any = brentq(lambda t: (lam / (lam + np.exp(t))).sum() - n, *ends, xtol=1e-13)
    tau = np.exp(root)
    missed = tau / (lam + tau)
    return missed, np.asarray(((1 - missed) ** 2).sum() / n)
