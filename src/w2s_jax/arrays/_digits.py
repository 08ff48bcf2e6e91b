r"""How many digits features really have: those of their dtype, or fewer.

A value $\pm m\, 2^k$ with an odd integer $m$ has $1 + \lfloor \log_2 m \rfloor$ significant bits.
Rounding to a format of $p$ bits leaves values with at most $p$ bits, half of them with all $p$,
whatever array they are stored in later. Counts, flags and other multiples of one step have few
bits too, but are exact: their largest value is fewer than $p$ bits above the step.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from w2s_jax.arrays._host import on_host

_FORMATS = (8, 11, 24)  # bits of bfloat16, float16 and float32
_FIRST, _SAMPLE, _FEW = 8, 512, 8


class Digits(eqx.Module):
    """What some inputs show of the digits of each column; merges with what others show.

    Attributes:
        lengths: how many values have k significant bits, `(54, d)`; none for zeros.
        top: exponent of the largest value, `(d,)`.
        bottom: exponent of the last bit that any value uses, `(d,)`.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(99, 1))
        >>> half = x.astype(np.float16).astype(float)
        >>> counts = np.round(9 * x)
        >>> print(np.log2(Digits.of(np.hstack([half, x.astype(np.float32), x, counts])).unit()))
        [-11. -24. -53. -53.]
    """

    lengths: Int[Array | np.ndarray, "54 d"]
    top: Int[Array | np.ndarray, " d"]
    bottom: Int[Array | np.ndarray, " d"]

    @classmethod
    def of(cls, features: Float[np.ndarray, "n d"]) -> "Digits":
        """Look at a sample of the rows, and at all of them where the sample leaves a doubt."""
        found = _look(features[:_FIRST])
        short = np.flatnonzero(found.lengths[25:].sum(0) == 0)
        if short.size and len(features) > _FIRST:
            sample = _look(features[:: -(-len(features) // _SAMPLE)][:, short])
            every = (sample.lengths.sum(0) < _FEW) | (sample.lengths[12:].sum(0) == 0)
            if features.dtype == np.float64:
                columns = features[:, short]
                with np.errstate(all="ignore"):
                    every |= (columns != columns.astype(np.float32)).any(0)
            found = found._with(short, sample)
            found = found._with(short[every], _look(features[:, short[every]]))
        return found

    def merge(self, other: "Digits") -> "Digits":
        """Add what other inputs show."""
        xp: Any = np if isinstance(self.top + other.top, np.ndarray) else jnp
        top, bottom = xp.maximum(self.top, other.top), xp.minimum(self.bottom, other.bottom)
        return Digits(self.lengths + other.lengths, top, bottom)

    def unit(self) -> Float[Array | np.ndarray, " d"]:
        """Return the relative error of one rounding in each column, `(d,)`."""
        xp: Any = np if isinstance(self.top, np.ndarray) else jnp
        some = self.lengths.sum(0)
        longest = xp.where(some > 0, 53 - xp.argmax(self.lengths[::-1] > 0, axis=0), 0)
        unit = xp.full(some.shape, 2.0**-53)
        for bits in _FORMATS:
            # The last three bits are all zero for one rounded value in eight.
            full = self.lengths[bits - 2 : bits + 1].sum(0)
            spread = self.top - self.bottom
            # Years and quarters fill a short format too: only finer steps are signs of rounding.
            finer = (bits == 24) | (spread >= bits + 2) | (self.bottom <= -6)
            rounded = (longest <= bits) & (2 * full > some) & (spread >= bits) & finer
            unit = xp.where(rounded & (unit < 2.0**-52), 2.0**-bits, unit)
        return unit

    def _with(self, columns, other: "Digits") -> "Digits":
        lengths, top, bottom = (np.array(a) for a in (self.lengths, self.top, self.bottom))
        lengths[:, columns], top[columns], bottom[columns] = other.lengths, other.top, other.bottom
        return Digits(lengths, top, bottom)


def unit_of(features: Any) -> Float[np.ndarray, "*own d"]:
    """Return the relative rounding error of each column: of its values, or of its dtype if traced.

    Args:
        features: `(n, d)` or `(tasks, n, d)`, of numpy or JAX.

    Returns:
        `(d,)` or `(tasks, d)`, known even where the features are traced.

    Example:
        >>> print(np.log2(unit_of(np.random.default_rng(0).normal(size=(9, 2)))))
        [-53. -53.]
    """
    if not on_host(features):
        shape = (*features.shape[:-2], features.shape[-1])
        return np.full(shape, float(jnp.finfo(features.dtype).eps) / 2)
    x = np.asarray(features)
    if x.ndim == 2:
        return np.asarray(Digits.of(x).unit())
    first = np.moveaxis(x[:, :_FIRST], 0, 1).reshape(min(_FIRST, x.shape[1]), -1)
    if (_look(first).lengths[25:].sum(0) > 0).all():
        return np.full((x.shape[0], x.shape[2]), 2.0**-53)
    return np.stack([Digits.of(own).unit() for own in x])


def rounded(x: Any, bits: Any) -> Any:
    """Round each column to that many significant bits, of numpy or JAX.

    Example:
        >>> rounded(np.array([1 / 3]), np.array([24])) == np.float32(1 / 3)
        array([ True])
    """
    xp: Any = np if isinstance(x, np.ndarray) else jnp
    mantissa, exponent = xp.frexp(x)
    return xp.ldexp(xp.rint(xp.ldexp(mantissa, bits)), exponent - bits)


def _look(x: np.ndarray) -> Digits:
    with np.errstate(all="ignore"):
        mantissa, exponent = np.frexp(np.abs(x.astype(np.float64)))
        whole = np.where(np.isfinite(mantissa), mantissa * 2.0**53, 0).astype(np.int64)
    last = np.frexp((whole & -whole).astype(np.float64))[1] - 1
    known = whole > 0
    bits = np.where(known, 53 - last, 0)
    place = bits + 54 * np.arange(x.shape[1])
    lengths = np.bincount(place.ravel(), minlength=54 * x.shape[1]).reshape(-1, 54).T
    lengths[0] = 0
    far = np.iinfo(np.int32).max // 4
    return Digits(
        lengths,
        np.where(known, exponent, -far).max(0, initial=-far),
        np.where(known, exponent - bits, far).min(0, initial=far),
    )
