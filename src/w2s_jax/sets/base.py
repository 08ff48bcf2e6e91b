"""What every set offers, and the checks that its constructor makes."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jaxtyping import Bool, Float

from w2s_jax.quadratics import Quadratic, Solution, identity_metric
from w2s_jax.quadratics.form import Scalar, positive

Point = Float[Array | np.ndarray, "*batch d"]
Rows = Float[Array, "n d"]


class ConvexSet(eqx.Module):
    """A closed convex set of points with d coordinates, frozen; any leading axes are a batch."""

    def project(self, point: Point) -> Float[Array, "*batch d"]:
        r"""Return the nearest member, $\arg\min_{v \in C} \lVert v - p \rVert$.

        Args:
            point: `(…, d)`.
        """
        return _project(self, _checked(self, point))

    def support(self, direction: Point) -> Float[Array, "*batch"]:
        r"""Return $\sigma(g) = \max_{v \in C} \langle g, v \rangle$, infinite where unbounded.

        Args:
            direction: $g$, `(…, d)`.
        """
        return _support(self, _checked(self, direction))

    def contains(self, v: Point, tol: float = 1e-9) -> Bool[Array, "*batch"]:
        """Say whether points are members, up to `tol` relative to the set's and the points' size.

        Args:
            v: `(…, d)`.
            tol: at least 0.
        """
        v = _checked(self, v)
        return _contains(self, v, tol if traced(tol) else np.asarray(tol, v.dtype))

    @property
    def dimension(self) -> int | None:
        """d, or None for a set that fits any."""
        return None

    def nearest(self, points: Rows, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Project rows in the Euclidean metric, with the gap."""
        value = self._project(points)
        still, slope = jax.lax.stop_gradient((value, value - points))
        gap = self.gap(still, slope, jnp.ones((), points.dtype))
        size = positive((points**2).sum(1) + (still**2).sum(1))
        return Solution(value, gap / size, jnp.ones(len(gap), int))

    @abstractmethod
    def _project(self, points: Rows) -> Rows: ...

    @abstractmethod
    def _support(self, directions: Rows) -> Float[Array, " n"]: ...

    @abstractmethod
    def _contains(self, rows: Rows, tol: float) -> Bool[Array, " n"]: ...

    @abstractmethod
    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Minimise many quadratics over the set; what `w2s_jax.projections.project` runs."""

    def gap(self, rows: Rows, slope: Rows, top: Float[Array, ""]) -> Float[Array, " n"]:
        r"""How far `rows` are from minimal: $\langle g, v \rangle + \sigma(-g)$, for members v.

        An unbounded set measures what keeps $-g$ from being a normal at v, squared and divided by
        `top`, the largest eigenvalue of the metric.
        """
        return (rows * slope).sum(1) + self._support(-slope)


class IteratedSet(ConvexSet):
    """A set without a closed form: its Euclidean projection is iterated as in any other metric."""

    def nearest(self, points: Rows, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Project rows in the Euclidean metric, with the gap."""
        quadratic = Quadratic.at(points, identity_metric(points.shape[1], points.dtype))
        return self.minimise(quadratic, tol=tol, max_steps=max_steps)

    def _project(self, points: Rows) -> Rows:
        return self.nearest(points, tol=accuracy(points.dtype), max_steps=10_000).value


def accuracy(dtype: jnp.dtype) -> float:
    """Return the relative gap that a projection aims at: 1e-10 in float64, 1e-5 in float32.

    Example:
        >>> accuracy(jnp.dtype("float64"))
        1e-10
    """
    return 1e-10 if dtype == jnp.float64 else 1e-5


@eqx.filter_jit
def _project(onto: ConvexSet, points):
    return _each_row(onto._project, points)


@eqx.filter_jit
def _support(onto: ConvexSet, points):
    return _each_row(onto._support, points)


@eqx.filter_jit
def _contains(onto: ConvexSet, points, tol):
    return _each_row(onto._contains, points, tol)


def _each_row(function: Callable[..., Array], points: Array, *more: Array) -> Array:
    out = function(points.reshape(-1, points.shape[-1]), *more)
    return out.reshape(points.shape[:-1] + out.shape[1:])


def _checked(onto: ConvexSet, points: Point) -> Array:
    points = jnp.asarray(points, jnp.result_type(points, float))
    if points.ndim < 1:
        raise ValueError("points must be (…, d), got a single number")
    if onto.dimension not in (None, points.shape[-1]):
        raise ValueError(f"points have {points.shape[-1]} coordinates, the set {onto.dimension}")
    return points


def traced(*trees: Any) -> bool:
    """Say whether a transformation of JAX is looking: if not, numpy does what is done once.

    Example:
        >>> traced(1.0, jnp.ones(2)), jax.jit(lambda x: x * float(traced(x)))(1.0).item()
        (False, 1.0)
    """
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(trees))


def norm(rows: Rows) -> Float[Array, " n"]:
    """Euclidean norms of rows, with derivative 0 at 0.

    Example:
        >>> print(norm(jnp.array([[3.0, 4.0], [0.0, 0.0]])))
        [5. 0.]
    """
    squared = (rows**2).sum(1)
    return jnp.where(squared > 0, jnp.sqrt(positive(squared)), 0.0)


def held(array: Any) -> Array:
    """Put what numpy computed onto the device, which compiles nothing.

    Example:
        >>> held(np.ones(2)).shape, held(jnp.ones(2)).shape
        ((2,), (2,))
    """
    return jax.device_put(array) if isinstance(array, np.ndarray | np.generic) else array


def number(name: str, value, least: float | None = None) -> Array | np.ndarray:
    """Check a finite number, above `least` where that is given; numpy's unless it is traced.

    Raises:
        ValueError: anything else.

    Example:
        >>> print(number("radius", 2, least=0.0))
        2.0
    """
    array = _real(name, value)
    if array.ndim:
        raise ValueError(f"{name} must be one number, got shape {array.shape}")
    xp: Any = jnp if traced(array) else np
    fine = xp.isfinite(array) if least is None else xp.isfinite(array) & (array > least)
    wanted = "finite" if least is None else f"finite and above {least}"
    return insist(array, fine, f"{name} must be {wanted}")


def array_of(name: str, value, ndim: int, *, finite: bool = True) -> Array | np.ndarray:
    """Check an array of `ndim` axes, none empty; numpy's unless it is traced.

    Raises:
        ValueError: other shapes, NaN and, unless `finite` is False, infinity.

    Example:
        >>> print(array_of("points", [[1, 2]], 2))
        [[1. 2.]]
    """
    array = _real(name, value)
    axes = {1: "(d,)", 2: "(rows, columns)"}[ndim]
    if array.ndim != ndim or 0 in array.shape:
        raise ValueError(f"{name} must be {axes} and not empty, got shape {array.shape}")
    xp: Any = jnp if traced(array) else np
    fine = xp.isfinite(array) if finite else ~xp.isnan(array)
    return insist(array, fine.all(), f"{name} must not hold NaN" + " or infinity" * finite)


def _real(name: str, value) -> Array | np.ndarray:
    try:
        array: Any = jnp.asarray(value) if traced(value) else np.asarray(value)
        if array.dtype.kind in "OSU":
            raise TypeError
        dtype = array.dtype if jnp.issubdtype(array.dtype, jnp.floating) else np.dtype(float)
        return array.astype(jax.dtypes.canonicalize_dtype(dtype))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers, got {value!r}") from error


def insist(array: Any, fine: Any, sentence: str) -> Any:
    """Return `array` if `fine`; else raise, at once or, traced, when the numbers are known.

    Raises:
        ValueError: not fine.

    Example:
        >>> print(insist(jnp.ones(1), jnp.array(True), "never"))
        [1.]
    """
    if isinstance(fine, Tracer):
        return eqx.error_if(array, ~fine, sentence)
    if not fine:
        raise ValueError(f"{sentence}, got {np.asarray(array)}")
    return array
    return insist(array, fine, sentence)
