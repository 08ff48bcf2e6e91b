r"""Regions made of coordinate faces: bounds, the simplex, the cross-polytope.

On each face some coordinates are fixed and the free ones obey at most one equation, so that it is
cheap to move along it. Thresholds come by Newton's method on a piecewise
linear function, which ends exactly after a few passes and, unlike a sort, vectorizes.
"""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics._metric import positive


class Region(eqx.Module):
    """What the face solver asks of a region; all arrays hold one point a row."""

    @abstractmethod
    def clip(self, points: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Project onto the region, Euclidean."""

    @abstractmethod
    def settle(self, points: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Put onto a face what is off it by rounding alone."""

    @abstractmethod
    def tangent(
        self, points: Float[Array, "n d"], vectors: Float[Array, "n d"]
    ) -> Float[Array, "n d"]:
        """Project `vectors` onto the directions in which each point's face extends."""

    @abstractmethod
    def follow(self, points: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Return `points`, with the derivative of a point that moves along with its face."""

    @abstractmethod
    def advance(
        self, points: Float[Array, "n d"], step: Float[Array, "n d"]
    ) -> tuple[Float[Array, "n d"], Float[Array, " n"]]:
        """Go along `step` until it ends or the face does; return where, and the share gone."""

    @abstractmethod
    def normals(
        self, points: Float[Array, "n d"], slope: Float[Array, "n d"]
    ) -> list[tuple[Float[Array, "n d"], Float[Array, " n"]]]:
        r"""Split the slope: $\lambda$ with a finite minimum over the region, and how far above it.

        Returns:
            Pairs of $\lambda$, `(n, d)`, and $\langle \lambda, v \rangle - \min_u \langle
            \lambda, u \rangle$, `(n,)`, one or more to choose from.
        """


class Bounds(Region):
    """lower ≤ v ≤ upper, either of which may be infinite.

    Example:
        >>> print(Bounds(jnp.zeros(2), jnp.ones(2)).clip(jnp.array([[-1.0, 0.5]])))
        [[0.  0.5]]
    """

    lower: Float[Array, " d"]
    upper: Float[Array, " d"]

    def clip(self, points):
        """Clip each coordinate."""
        return jnp.clip(points, self.lower[None], self.upper[None])

    def settle(self, points):
        """Onto the bound that a coordinate is next to."""
        near = rounding(points)
        high = jnp.where(self.upper[None] - points <= near, self.upper[None], points)
        return jnp.where(points - self.lower[None] <= near, self.lower[None], high)

    def tangent(self, points, vectors):
        """Coordinates strictly between their bounds are free."""
        return jnp.where((points > self.lower[None]) & (points < self.upper[None]), vectors, 0.0)

    def follow(self, points):
        """Let a coordinate on a bound move with it."""
        high = jnp.where(points >= self.upper[None], self.upper[None], points)
        return jnp.where(points <= self.lower[None], self.lower[None], high)

    def advance(self, points, step):
        """Up to the first bound in the way."""
        ends = jnp.where(step > 0, self.upper[None], self.lower[None])
        room = jnp.where(step != 0, (ends - points) / jnp.where(step != 0, step, 1.0), jnp.inf)
        share, stops = _first(room)
        return jnp.where(stops, ends, points + share * step), share[:, 0]

    def normals(self, points, slope):
        """All that pulls to a bound; or only what pulls at coordinates that are on it."""
        target = jnp.where(slope > 0, self.lower[None], self.upper[None])
        bounded = jnp.isfinite(target)
        room = abs(points - jnp.where(bounded, target, points))
        every = jnp.where(bounded, slope, 0.0)
        held = jnp.where(room <= rounding(points), every, 0.0)
        return [(normal, (abs(normal) * room).sum(1)) for normal in (every, held)]


class Total(Region):
    """The simplex: v ≥ 0 with a given sum.

    Example:
        >>> print(Total(jnp.array(1.0)).clip(jnp.array([[2.0, 1.5, 0.0]])))
        [[0.75 0.25 0.  ]]
    """

    total: Float[Array, ""]

    def clip(self, points):
        """Subtract the threshold that leaves the right sum."""
        total = jnp.broadcast_to(self.total, points.shape[:1])
        below = points - jax.lax.stop_gradient(points.max(1, keepdims=True))  # keeps all digits
        return jax.nn.relu(below - simplex_threshold(below, total)[:, None])

    def settle(self, points):
        """Coordinates next to 0 become 0."""
        return jnp.where(points <= rounding(points), 0.0, points)

    def tangent(self, points, vectors):
        """Positive coordinates are free, their sum is not."""
        return _within_sum((points > 0).astype(points.dtype), vectors)

    def follow(self, points):
        """Positive coordinates share a change of the total."""
        change = self.total - jax.lax.stop_gradient(self.total)
        return points + change * _shares((points > 0).astype(points.dtype))

    def advance(self, points, step):
        """Up to the first coordinate that would turn negative."""
        after, share = _until_zero(points, step, 1.0)
        return after * (self.total / after.sum(1))[:, None], share  # rounding moves the sum

    def normals(self, points, slope):
        """All of it; or a level slope where weight is, and no smaller one elsewhere."""
        least = slope.min(1, keepdims=True)
        weighs = points > rounding(points)
        level = _mean(weighs, slope)
        held = jnp.where(weighs, level, jnp.maximum(slope, level))
        return [
            (normal, (abs(points) * (normal - low)).sum(1))
            for normal, low in ((slope, least), (held, level))
        ]


class Absolute(Region):
    """The L1 ball, for points whose projection lies on its surface.

    Example:
        >>> print(Absolute(jnp.array(1.0)).clip(jnp.array([[2.0, -1.5, 0.0]])))
        [[ 0.75 -0.25  0.  ]]
    """

    radius: Float[Array, ""]

    def clip(self, points):
        """Shrink toward 0 by the threshold that leaves the right norm."""
        size = abs(points)
        largest = jax.lax.stop_gradient(size.max(1))
        below = size - largest[:, None]
        radius = jnp.broadcast_to(self.radius, points.shape[:1])
        threshold = jnp.maximum(simplex_threshold(below, radius), -largest)
        return jnp.sign(points) * jax.nn.relu(below - threshold[:, None])

    def settle(self, points):
        """Coordinates next to 0 become 0."""
        return jnp.where(abs(points) <= rounding(points), 0.0, points)

    def tangent(self, points, vectors):
        """Coordinates that are not 0 are free; on the surface their signed sum is not."""
        return _within_sum(self._signs(points), jnp.where(points != 0, vectors, 0.0))

    def follow(self, points):
        """On the surface, coordinates that are not 0 share a change of the radius."""
        change = self.radius - jax.lax.stop_gradient(self.radius)
        return points + change * _shares(self._signs(points))

    def _signs(self, points: Array) -> Array:
        slack = float(jnp.finfo(points.dtype).eps) ** 0.75
        on = abs(points).sum(1, keepdims=True) >= self.radius * (1 - slack)
        return jnp.where(on, jnp.sign(points), 0.0)

    def advance(self, points, step):
        """Up to the first coordinate that would change its sign, or to the surface."""
        signs = jnp.sign(points)
        growth = jnp.where((self._signs(points) != 0).any(1), 0.0, (signs * step).sum(1))
        room = (self.radius - abs(points).sum(1)) / jnp.where(growth > 0, growth, 1.0)
        within = jnp.where(growth > 0, jnp.clip(room, 0.0, 1.0), 1.0)
        after, share = _until_zero(points, within[:, None] * step, signs)
        norm = positive(abs(after).sum(1))
        return after * jnp.minimum(self.radius / norm, 1.0)[:, None], share * within

    def normals(self, points, slope):
        """All of it; or slopes of one size where weight is, and no larger ones elsewhere."""
        steepest = abs(slope).max(1, keepdims=True)
        signs = jnp.sign(points)
        room = abs(self.radius - abs(points).sum(1))
        turned = (abs(points) * (steepest + signs * slope)).sum(1)
        weighs = abs(points) > rounding(points)
        level = jnp.maximum(_mean(weighs, -signs * slope), 0.0)
        held = jnp.where(weighs, -signs * level, jnp.clip(slope, -level, level))
        left = (abs(points) * (level + signs * held)).sum(1)
        return [(slope, turned + room * steepest[:, 0]), (held, left + room * level[:, 0])]


def rounding(points: Float[Array, "n d"]) -> Float[Array, "n 1"]:
    """Return what rounding may add to the largest coordinate of each row, many times over.

    Example:
        >>> print(rounding(jnp.array([[1.0, -4.0]])) < 1e-5)
        [[ True]]
    """
    return 64 * float(jnp.finfo(points.dtype).eps) * abs(points).max(1, keepdims=True)


def _mean(kept: Array, values: Array) -> Array:
    total = jnp.where(kept, values, 0.0).sum(1, keepdims=True)
    return total / positive(kept.sum(1, keepdims=True).astype(values.dtype))


def _shares(signs: Array) -> Array:
    return signs / positive((signs**2).sum(1))[:, None]


def _within_sum(signs: Array, vectors: Array) -> Array:
    free = jnp.where((signs != 0).any(1)[:, None], jnp.where(signs != 0, vectors, 0.0), vectors)
    return free - (signs * free).sum(1)[:, None] * _shares(signs)


def _first(room: Array) -> tuple[Array, Array]:
    share = jnp.clip(room.min(1, keepdims=True), 0.0, 1.0)
    return share, (room <= share * (1 + 1e-9)) & (share < 1)


def _until_zero(points: Array, step: Array, signs: Array | float) -> tuple[Array, Array]:
    size, growth = points * signs, step * signs
    falls = (growth < 0) & (size > 0)
    room = jnp.where(falls, size / jnp.where(falls, -growth, 1.0), jnp.inf)
    share, stops = _first(room)
    return jnp.where(stops, 0.0, points + share * step), share[:, 0]


def simplex_threshold(
    points: Float[Array, "n d"], totals: Float[Array, " n"]
) -> Float[Array, " n"]:
    r"""Find $\tau$ with $\sum_i \max(p_i - \tau, 0)$ = total, for each row.

    The sum is convex and piecewise linear in $\tau$; Newton's method from below climbs to its root
    and ends exactly on it. The derivative, taken at the root's piece, is exact too.

    Args:
        points: `(n, d)`.
        totals: positive, `(n,)`.

    Returns:
        Thresholds, `(n,)`.

    Example:
        >>> print(simplex_threshold(jnp.array([[2.0, 1.5, 0.0]]), jnp.ones(1)))
        [1.25]
    """
    fixed, sums = jax.lax.stop_gradient((points, totals))
    first = fixed.max(1)

    def supports(tau: Array) -> Array:
        return (fixed > tau[:, None]) | (fixed == first[:, None])

    def next_threshold(tau: Array) -> Array:
        above = supports(tau)
        count = above.sum(1).astype(fixed.dtype)
        return (jnp.where(above, fixed, 0.0).sum(1) - sums) / count

    def climbing(state: tuple[Array, Array, Array]) -> Array:
        _, _, step = state
        return step

    def climb(state: tuple[Array, Array, Array]):
        tau, count, _ = state
        found = jnp.maximum(next_threshold(tau), tau)
        return found, count + 1, (found > tau).any() & (count < fixed.shape[1] + 2)

    low = (fixed.sum(1) - sums) / fixed.shape[1]
    low = jnp.maximum(low, first - sums)
    tau, _, _ = jax.lax.while_loop(climbing, climb, (low, jnp.array(0), jnp.array(True)))
    above = supports(tau)
    return (jnp.where(above, points, 0.0).sum(1) - totals) / above.sum(1).astype(fixed.dtype)
