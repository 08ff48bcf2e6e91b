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

from w2s_jax.arrays import numbers
from w2s_jax.arrays._host import on_host, to_jax, wide
from w2s_jax.quadratics import Quadratic, Solution
from w2s_jax.quadratics._metric import Scalar, accuracy, identity_metric

Point = Float[Array | np.ndarray, "*batch d"]
Rows = Float[Array, "n d"]
Normals = list[tuple[Float[Array, "n d"], Float[Array, " n"]]]


class ConvexSet(eqx.Module):
    """A closed convex set of points with d coordinates, frozen; any leading axes are a batch."""

    def project(self, point: Point) -> Float[Array, "*batch d"]:
        r"""Return the nearest member, $\arg\min_{v \in C} \lVert v - p \rVert$.

        Args:
            point: `(…, d)`.

        Raises:
            ValueError: a projection that could not be certified, an empty intersection for one;
                under a transformation of JAX an error when it runs.
        """
        value, fine = _in_float64(_project, self, _checked(self, point))
        return insist_all(value, fine, f"{type(self).__name__}.project: {UNCERTIFIED}")

    def support(self, direction: Point) -> Float[Array, "*batch"]:
        r"""Return $\sigma(g) = \max_{v \in C} \langle g, v \rangle$, infinite where unbounded.

        Args:
            direction: $g$, `(…, d)`.

        Raises:
            ValueError: an intersection without a member that could be certified.
        """
        height, fine = _in_float64(_support, self, _checked(self, direction))
        return insist_all(height, fine, f"{type(self).__name__}.support: {UNCERTIFIED}")

    def contains(self, v: Point, tol: float = 1e-9) -> Bool[Array, "*batch"]:
        """Say whether points are members, up to `tol` relative to the set's and the points' size.

        Args:
            v: `(…, d)`; NaN and infinity are in no set.
            tol: at least 0.
        """
        v = jnp.asarray(_checked(self, v))
        return _contains(self, v, tol if traced(tol) else np.asarray(tol, v.dtype))

    @property
    def dimension(self) -> int | None:
        """d, or None for a set that fits any."""
        return None

    def nearest(self, points: Rows, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Project rows in the Euclidean metric, with the gap."""
        value = self._project(points)
        still, slope = jax.lax.stop_gradient((value, value - points))
        quadratic = Quadratic(identity_metric(points.shape[1], points.dtype), points)
        gap = quadratic.gap(still, slope, self.normals(still, slope))
        return self.kept(Solution(value, gap, jnp.ones(len(gap), int)))

    def kept(self, found: Solution) -> Solution:
        """Say of what is no member, to 1e-8 (1e-4 in float32), that it certifies nothing."""
        inside = members(self, jax.lax.stop_gradient(found.value))
        return Solution(found.value, jnp.where(inside, found.gap, jnp.inf), found.steps)

    def _alone(self, points: Rows) -> tuple[Rows, Bool[Array, " n"]]:
        """Project, and say which answers hold: all of a closed form's."""
        return self._project(points), jnp.ones(len(points), bool)

    def _supported(self, directions: Rows) -> tuple[Float[Array, " n"], Bool[Array, " n"]]:
        """Support, and say which answers hold."""
        return self._support(directions), jnp.ones(len(directions), bool)

    @abstractmethod
    def _project(self, points: Rows) -> Rows: ...

    @abstractmethod
    def _support(self, directions: Rows) -> Float[Array, " n"]: ...

    @abstractmethod
    def _contains(self, rows: Rows, tol: Any) -> Bool[Array, " n"]: ...

    @abstractmethod
    def minimise(self, quadratic: Quadratic, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Minimize many quadratics over the set; what `w2s_jax.projections.project` runs."""

    def stretched(self, sizes: Any) -> "ConvexSet | None":
        r"""Return $\{(s_i v_i)_i : v \in C\}$ for $s > 0$, or None where that has no name."""
        del sizes
        return None

    def normals(self, rows: Rows, slope: Rows) -> Normals:
        r"""Split the slope at members: $\lambda$ with a finite minimum over the set.

        Returns:
            Pairs of $\lambda$, `(n, d)`, and $\langle \lambda, v \rangle - \min_{u \in C} \langle
            \lambda, u \rangle$, `(n,)`; one or more, the last for what is normal at $v$ itself.
        """
        return [(slope, (rows * slope).sum(1) + self._support(-slope))]

    def sure_normals(self, rows: Rows, slope: Rows) -> Normals:
        """Do as `normals`, to all digits, where a support function is only iterated."""
        return self.normals(rows, slope)


class IteratedSet(ConvexSet):
    """A set without a closed form: its Euclidean projection is iterated as in any other metric."""

    def nearest(self, points: Rows, *, tol: Scalar, max_steps: Scalar) -> Solution:
        """Project rows in the Euclidean metric, with the gap."""
        quadratic = Quadratic.at(points, identity_metric(points.shape[1], points.dtype))
        return self.minimise(quadratic, tol=tol, max_steps=max_steps)

    def _project(self, points: Rows) -> Rows:
        return self.nearest(points, tol=accuracy(points.dtype), max_steps=10_000).value

    def _alone(self, points: Rows) -> tuple[Rows, Bool[Array, " n"]]:
        tol = accuracy(points.dtype)
        found = self.nearest(points, tol=tol, max_steps=10_000)
        return found.value, (found.gap <= tol) | ~finite_rows(points)


UNCERTIFIED = (
    "no certified answer within 10,000 steps; the set may be empty, or its members touch in a "
    "point or at a small angle. project(point, onto, throw=False) shows how far it came."
)


def members(onto: ConvexSet, rows: Rows) -> Bool[Array, " n"]:
    """Say which rows are members, to the tolerance that a certificate promises.

    It is `kept_to` of the dtype, the set's or the rows' own, whichever has fewer digits; relative
    to the set's and the row's size.

    Example:
        >>> from w2s_jax.sets import Ball
        >>> print(members(Ball(), jnp.array([[1.0, 0.0], [1.001, 0.0]])))
        [ True False]
    """
    parts = (leaf for leaf in jax.tree.leaves(onto) if eqx.is_inexact_array(leaf))
    tol = max(kept_to(a.dtype) for a in (rows, *parts))
    return onto._contains(rows, tol) & finite_rows(rows)


def kept_to(dtype: jnp.dtype) -> float:
    """Return the relative tolerance to which a certified value is a member.

    Example:
        >>> kept_to(jnp.dtype("float64"))
        1e-08
    """
    return 1e-8 if dtype == jnp.float64 else 1e-4


def finite_rows(rows: Rows) -> Bool[Array, " n"]:
    """Say which rows hold neither NaN nor infinity.

    Example:
        >>> print(finite_rows(jnp.array([[1.0, 0.0], [jnp.nan, 0.0]])))
        [ True False]
    """
    return jnp.isfinite(rows).all(1)


@eqx.filter_jit
def _project(onto: ConvexSet, points):
    return _each_row(onto._alone, points)


@eqx.filter_jit
def _support(onto: ConvexSet, points):
    return _each_row(onto._supported, points)


def _in_float64(run: Callable[..., Any], onto: ConvexSet, points: Any) -> tuple[Any, Any]:
    """Run in float64, whatever the dtype and JAX's flag, where the numbers are known."""
    if not on_host(points, *jax.tree.leaves(onto)):
        return run(onto, points)
    with wide():
        value, fine = run(onto, np.asarray(points, np.float64))
        return to_jax(np.asarray(value, points.dtype)), np.asarray(fine)


@eqx.filter_jit
def _contains(onto: ConvexSet, points, tol):
    return _each_row(lambda rows: onto._contains(rows, tol) & finite_rows(rows), points)


def _each_row(function: Callable[..., Any], points: Array) -> Any:
    out = function(points.reshape(-1, points.shape[-1]))
    return jax.tree.map(lambda own: own.reshape(points.shape[:-1] + own.shape[1:]), out)


def _checked(onto: ConvexSet, points: Point) -> Any:
    points = numbers("points", points, finite=False)
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


def held(array: Any) -> Array:
    """Put what numpy computed onto the device, which compiles nothing.

    Example:
        >>> held(np.ones(2)).shape, held(jnp.ones(2)).shape
        ((2,), (2,))
    """
    return jax.device_put(array) if isinstance(array, np.ndarray | np.generic) else array


def convex_set(name: str, given: Any) -> Any:
    """Return a set of `w2s_jax.sets` as it is.

    Args:
        name: of the argument.
        given: what came.

    Raises:
        ValueError: anything else.

    Example:
        >>> convex_set("onto", "ball")
        Traceback (most recent call last):
        ValueError: onto must be a set from w2s_jax.sets such as sets.Ball(1.0), got str
    """
    if not isinstance(given, ConvexSet):
        kind = given.__name__ if isinstance(given, type) else type(given).__name__
        raise ValueError(
            f"{name} must be a set from w2s_jax.sets such as sets.Ball(1.0), got {kind[:60]}"
        )
    return given


def convex_set_or_none(within: Any) -> Any:
    """Return a set of `w2s_jax.sets`, or None for no set at all.

    Raises:
        ValueError: anything else.

    Example:
        >>> convex_set_or_none(None)
    """
    return None if within is None else convex_set("within", within)


def insist_all(values: Any, fine: Any, sentence: str) -> Any:
    """Return `values` if all are `fine`; else raise, at once or, traced, when they are known.

    Raises:
        ValueError: not fine; names the first.

    Example:
        >>> print(insist_all(jnp.ones(1), jnp.array([True]), "never"))
        [1.]
    """
    if isinstance(fine, Tracer):
        return eqx.error_if(values, ~fine.all(), sentence)
    fine = np.asarray(fine)
    if not fine.all():
        place = tuple(np.argwhere(~fine)[0].tolist()) if fine.ndim else ()
        where = f" Point {place}, of {(~fine).sum()} such of {fine.size}." if place else ""
        raise ValueError(sentence + where)
    return values
