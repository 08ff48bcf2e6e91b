"""Where a divergence is defined, and the sentences about what lies elsewhere."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool

from w2s_jax.arrays import numbers
from w2s_jax.arrays._digits import unit_of
from w2s_jax.arrays._host import on_host

_HALVES = {"bfloat16": 2.0**-8, "float16": 2.0**-11}  # unit roundoff
_SUMS = 2e-6  # what float32's softmax leaves of a sum of 1, and what six printed digits do


class Domain(eqx.Module):
    r"""$\{p : l \le p_i \le u\}$, where a `total` is given with $\sum_i p_i$ equal to it.

    Attributes:
        lower: $l$; minus infinity for none.
        upper: $u$; infinity for none.
        total: what a row sums to, to the rounding of the numbers it came in; None for any sum.

    Example:
        >>> print(Domain(0.0, np.inf, 1.0).contains(np.array([[0.5, 0.5], [0.5, 0.6]])))
        [ True False]
    """

    lower: float = eqx.field(static=True, default=-np.inf)
    upper: float = eqx.field(static=True, default=np.inf)
    total: float | None = eqx.field(static=True, default=None)

    def contains(self, points: Any) -> Bool[Array | np.ndarray, "..."]:
        """Say which rows lie in the domain, `(…,)`.

        Args:
            points: `(…, c)`; NaN and infinity are in no domain.
        """
        p = numbers("points", points, finite=False)
        xp: Any = np if on_host(p) else jnp
        p = np.asarray(p) if xp is np else p
        inside = ((p >= self.lower) & (p <= self.upper) & xp.isfinite(p)).all(-1)
        if self.total is None:
            return inside
        with np.errstate(all="ignore"):
            return inside & (abs(p.sum(-1) - self.total) <= _slack(points, p) * self.total)

    def read(self, name: str, value: Any) -> Any:
        """Read an argument whose rows must lie in the domain.

        Args:
            name: what the sentence calls the argument.
            value: anything with numbers, `(…, c)`.

        Returns:
            An array of numpy or JAX, as `w2s_jax.arrays.numbers` returns it.

        Raises:
            ValueError: no axis, NaN or infinity, a number outside, a row with another sum; traced,
                an error when it runs.

        Example:
            >>> Domain(0.0, np.inf, 1.0).read("weak", [[0.5, 0.4], [0.5, 0.5]])
            Traceback (most recent call last):
                ...
            ValueError: weak must hold probabilities that sum to 1, but row 0 sums to 0.9: divide \
each row by its sum
        """
        p = numbers(name, value)
        if p.ndim < 1:
            raise ValueError(f"{name} is one number, expected (…, c): pass a row, or rows")
        if not on_host(p):
            return self._traced(name, value, p)
        known = np.asarray(p)
        outside = (known < self.lower) | (known > self.upper)
        if outside.any():
            place = tuple(np.argwhere(outside)[0].tolist())
            raise ValueError(
                f"{name} holds {known[place]:.6g} at index {place}, expected {self._range()}"
            )
        if self.total is not None:
            self._demand_sums(name, value, known)
        return p

    def _demand_sums(self, name: str, value: Any, known: np.ndarray) -> None:
        total = float(self.total or 0.0)
        with np.errstate(over="ignore"):
            sums = known.sum(-1, dtype=np.float64)
        if (abs(sums - total) <= _SUMS * total).all():
            return
        off = abs(sums - total) > _slack(value, known) * total
        if not off.any():
            return
        place = tuple(np.argwhere(off)[0].tolist())
        where = f"row {place[0] if len(place) == 1 else place}" if place else "it"
        what = "probabilities that" if total == 1 else "rows that"
        raise ValueError(
            f"{name} must hold {what} sum to {total:g}, but {where} sums to "
            f"{sums[place]:.6g}: divide each row by its sum"
        )

    def _traced(self, name: str, value: Any, p: Array) -> Array:
        fine = ((p >= self.lower) & (p <= self.upper)).all()
        sentence = f"{name} holds a number outside of the domain, expected {self._range()}"
        if self.total is not None:
            fine &= (abs(p.sum(-1) - self.total) <= _slack(value, p) * self.total).all()
            sentence += f" in rows that sum to {self.total:g}"
        free = not np.isfinite([self.lower, self.upper]).any() and self.total is None
        return p if free else eqx.error_if(p, ~fine, sentence)

    def _range(self) -> str:
        if np.isinf(self.upper):
            return f"numbers of at least {self.lower:g}"
        return f"numbers from {self.lower:g} to {self.upper:g}"


def _slack(value: Any, array: Any) -> float:
    """Return by how much of it a sum may be off: what rounding leaves in the numbers' own digits.

    Half precision stored in a wider format is known by its digits.
    """
    kind = str(getattr(value, "dtype", "")).rpartition(".")[2]
    unit = _HALVES.get(kind, 0.0)
    if isinstance(array, np.ndarray) and not unit:
        rows = array.reshape(-1, array.shape[-1])
        unit = float(np.max(unit_of(rows))) if len(rows) > 1 else 0.0
    elif not unit:
        unit = float(jnp.finfo(array.dtype).eps) * array.shape[-1] ** 0.5
    return max(_SUMS, 8 * unit)
