"""Potentials that are sums over coordinates: what each has to say of one number."""

from abc import abstractmethod
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from w2s_jax.divergences._potentials import Potential


class Separable(Potential):
    """A sum over coordinates: formulas of one number, for arrays of any shape."""

    @property
    def separable(self) -> bool:
        """It is."""
        return True

    @property
    def convex_in_second(self) -> bool:
        """It is, but for Burg's."""
        return True

    def _hessian(self, xp, p):
        return diagonal(xp, self._curvature(xp, p))

    def _between(self, xp, p, q):
        if xp is np:
            return self._entry(np, p, q).sum(-1)
        return _entries(self, *jnp.broadcast_arrays(p, q)).sum(-1)

    def _slope(self, xp, p, q, first):
        return self._rise(xp, p, q) if first else self._pull(xp, p, q)

    def _bend(self, xp, p, q, first):
        own = self._curvature(xp, p) if first else self._stiffness(xp, p, q)
        return xp.broadcast_to(own, np.broadcast_shapes(p.shape, q.shape))

    def _excess(self, xp, p, q, tilt, first):
        own = self._lift(xp, p, tilt) if first else self._lift_second(xp, p, q, tilt)
        return xp.maximum(own, 0.0).sum(-1)

    @abstractmethod
    def _curvature(self, xp: Any, p: Any) -> Any:
        """f''(p)."""

    @abstractmethod
    def _entry(self, xp: Any, p: Any, q: Any) -> Any:
        """d(p, q) = f(p) − f(q) − f'(q) (p − q)."""

    @abstractmethod
    def _rise(self, xp: Any, p: Any, q: Any) -> Any:
        """Its derivative in p, f'(p) − f'(q)."""

    @abstractmethod
    def _pull(self, xp: Any, p: Any, q: Any) -> Any:
        """Its derivative in q, f''(q) (q − p)."""

    @abstractmethod
    def _stiffness(self, xp: Any, p: Any, q: Any) -> Any:
        """Its second derivative in q."""

    @abstractmethod
    def _lift(self, xp: Any, p: Any, tilt: Any) -> Any:
        """f*(f'(p) + tilt) + f(p) − (f'(p) + tilt) p."""

    @abstractmethod
    def _lift_second(self, xp: Any, p: Any, q: Any, tilt: Any) -> Any:
        """Its like for q ↦ d(p, q), at q."""


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _entries(potential: Separable, p, q):
    return potential._entry(jnp, p, q)


@partial(_entries.defjvp, symbolic_zeros=True)
def _(potential, primals, tangents):
    # By the formulas: JAX's own derivative of a branch has no limit at 0.
    p, q = primals
    slopes = (potential._rise, potential._pull)
    moved = sum(
        slope(jnp, p, q) * dot
        for slope, dot in zip(slopes, tangents, strict=True)
        if not isinstance(dot, SymbolicZero)
    )
    return _entries(potential, p, q), jnp.broadcast_to(moved, p.shape)


def diagonal(xp: Any, entries: Any) -> Any:
    """Put `(…, c)` on diagonals, `(…, c, c)`; infinite entries have zeros beside them.

    Example:
        >>> print(diagonal(np, np.array([1.0, np.inf])))
        [[ 1.  0.]
         [ 0. inf]]
    """
    return xp.where(np.eye(entries.shape[-1], dtype=bool), entries[..., None], 0.0)
