r"""Potentials: convex functions $\phi$ with what a Bregman divergence takes from them.

$$D_\phi(p, q) = \phi(p) - \phi(q) - \langle \nabla \phi(q), p - q \rangle$$
"""

from abc import abstractmethod
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from w2s_jax.arrays import numbers
from w2s_jax.arrays._host import on_host, to_jax, wide
from w2s_jax.divergences._domain import Domain

Known = Array | np.ndarray


class Potential(eqx.Module):
    r"""A convex function $\phi$ of rows; its own kinds compute on numpy and on JAX alike.

    The last axis holds the coordinates. Known numbers are computed in float64 on the host, and
    come back in the digits that they came in. At the edge of the domain values, slopes and
    curvatures are their limits, infinite ones too.
    """

    @property
    @abstractmethod
    def domain(self) -> Domain:
        """Where it is finite, with its edge."""

    def value(self, point: Any) -> Float[Known, "*batch"]:
        r"""Return $\phi(p)$, `(…,)`.

        Args:
            point: $p$, `(…, c)`.
        """
        return self._at(self._value, point)

    def gradient(self, point: Any) -> Float[Known, "*batch c"]:
        r"""Return $\nabla \phi(p)$, `(…, c)`.

        Args:
            point: $p$, `(…, c)`.
        """
        return self._at(self._gradient, point)

    def hessian(self, point: Any) -> Float[Known, "*batch c c"]:
        r"""Return $\nabla^2 \phi(p)$, `(…, c, c)`.

        Args:
            point: $p$, `(…, c)`.
        """
        return self._at(self._hessian, point)

    def conjugate(self, dual: Any) -> Float[Known, "*batch"]:
        r"""Return $\phi^*(y) = \sup_p \langle p, y \rangle - \phi(p)$ over the domain, `(…,)`.

        Args:
            dual: $y$, `(…, c)`; minus infinity is the dual of an entry 0.
        """
        return computed(self._conjugate, numbers("dual", dual, finite=False))

    def conjugate_gradient(self, dual: Any) -> Float[Known, "*batch c"]:
        r"""Return $\nabla \phi^*(y)$, the point whose gradient is $y$ (up to the domain's normal).

        Args:
            dual: $y$, `(…, c)`.
        """
        return computed(self._conjugate_gradient, numbers("dual", dual, finite=False))

    def _at(self, function: Callable[..., Any], point: Any) -> Any:
        return computed(function, self.domain.read("point", point))

    @abstractmethod
    def _value(self, xp: Any, p: Any) -> Any: ...

    @abstractmethod
    def _gradient(self, xp: Any, p: Any) -> Any: ...

    @abstractmethod
    def _hessian(self, xp: Any, p: Any) -> Any: ...

    @abstractmethod
    def _conjugate(self, xp: Any, y: Any) -> Any: ...

    @abstractmethod
    def _conjugate_gradient(self, xp: Any, y: Any) -> Any: ...

    @abstractmethod
    def _between(self, xp: Any, p: Any, q: Any) -> Any:
        """D(p, q); so are the next: its derivatives in p and in q."""

    @abstractmethod
    def _slope(self, xp: Any, p: Any, q: Any, first: bool) -> Any: ...

    @abstractmethod
    def _bend(self, xp: Any, p: Any, q: Any, first: bool) -> Any:
        """Return the Hessian: its diagonal `(…, c)` where `separable`, else `(…, c, c)`."""

    @abstractmethod
    def _excess(self, xp: Any, p: Any, q: Any, tilt: Any, first: bool) -> Any:
        r"""Return what Fenchel and Young's inequality leaves at the slope g tilted by t.

        It is $F^*(g + t) + F(v) - \langle g + t, v \rangle$ for $F = D_\phi(\cdot, q)$ at p, or
        for $F = D_\phi(p, \cdot)$ at q.
        """

    @property
    @abstractmethod
    def separable(self) -> bool:
        """Whether it is a sum over coordinates, with diagonal Hessians."""

    @property
    @abstractmethod
    def convex_in_second(self) -> bool:
        r"""Whether $D_\phi(p, q)$ is known to be convex in $q$; in $p$ it always is."""


class Smooth(Potential):
    r"""A potential from a convex function of one row, written with `jax.numpy`.

    Gradients and Hessians are JAX's own.

    Args:
        function: $\phi$: `(c,)` ↦ `()`.
        domain: where it is defined; everywhere if left out.
        dual: $\phi^*$, `(c,)` ↦ `()`, where there is a formula; asked only for the conjugate.

    Example:
        >>> potential = Smooth(lambda p: (p**4).sum())
        >>> print(potential.gradient([1.0, 2.0]), potential.hessian([1.0, 2.0]))
        [ 4. 32.] [[12.  0.]
         [ 0. 48.]]
    """

    function: Callable[..., Any] = eqx.field(static=True)
    domain: Domain = eqx.field(default=Domain())  # pyright: ignore[reportIncompatibleMethodOverride]
    dual: Callable[..., Any] | None = eqx.field(static=True, default=None)

    @property
    def separable(self) -> bool:
        """Not known to be."""
        return False

    @property
    def convex_in_second(self) -> bool:
        """Not known to be."""
        return False

    def _value(self, xp, p):
        return self._rows("value", p)

    def _gradient(self, xp, p):
        return self._rows("gradient", p)

    def _hessian(self, xp, p):
        return self._rows("hessian", p)

    def _conjugate(self, xp, y):
        return self._rows("conjugate", y)

    def _conjugate_gradient(self, xp, y):
        return self._rows("conjugate gradient", y)

    def _between(self, xp, p, q):
        return self._rows("between", p, q)

    def _slope(self, xp, p, q, first):
        return self._rows("slope in first" if first else "slope in second", p, q)

    def _bend(self, xp, p, q, first):
        return self._rows("bend in first" if first else "bend in second", p, q)

    def _excess(self, xp, p, q, tilt, first):
        # its conjugate is not known
        return xp.where((tilt == 0).all(-1), 0.0, xp.inf)

    def _rows(self, what: str, *points: Any) -> Any:
        """Apply a function of rows, in float64 where the numbers are known."""
        if what.startswith("conjugate") and self.dual is None:
            raise ValueError(
                "a potential made from a function has no formula for its conjugate: "
                "pass one, Smooth(function, dual=...)"
            )
        known = on_host(*points)
        with wide() if known else nullcontext():
            found = _mapped(self, what, *points)
            return np.asarray(found) if known else found


@eqx.filter_jit
def _mapped(potential: Smooth, what: str, *points: Any) -> Any:
    phi = potential.function
    dual: Any = potential.dual

    def between(p: Array, q: Array) -> Array:
        level, slope = jax.value_and_grad(phi)(q)
        return phi(p) - level - (slope * (p - q)).sum()

    function: Any = {
        "value": lambda: phi,
        "gradient": lambda: jax.grad(phi),
        "hessian": lambda: jax.hessian(phi),
        "conjugate": lambda: dual,
        "conjugate gradient": lambda: jax.grad(dual),
        "between": lambda: between,
        "slope in first": lambda: jax.grad(between, 0),
        "slope in second": lambda: jax.grad(between, 1),
        "bend in first": lambda: jax.hessian(between, 0),
        "bend in second": lambda: jax.hessian(between, 1),
    }[what]()
    rows = jnp.broadcast_arrays(*points)
    for _ in rows[0].shape[:-1]:
        function = jax.vmap(function)
    return function(*rows)


def computed(function: Callable[..., Any], *arrays: Any) -> Any:
    """Call a formula with numpy in float64 where all is known, else with `jax.numpy`.

    Args:
        function: of a namespace and the arrays.
        arrays: `(…, c)`.

    Returns:
        JAX's array in the digits of the arguments; numpy's where JAX would drop some.

    Example:
        >>> print(computed(lambda xp, p: xp.exp(p), np.zeros(2)))
        [1. 1.]
    """
    dtype = np.result_type(*(a.dtype for a in arrays))
    if not on_host(*arrays):
        return function(
            jnp, *(jnp.asarray(a, jax.dtypes.canonicalize_dtype(dtype)) for a in arrays)
        )
    with np.errstate(all="ignore"):
        found = function(np, *(np.asarray(a, np.float64) for a in arrays))
        return to_jax(np.asarray(found, dtype))
