r"""Isotonic regression, and the region of non-decreasing sequences."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics._metric import positive
from w2s_jax.quadratics._regions import Region, rounding


def isotonic(points: Float[Array, "n d"]) -> Float[Array, "n d"]:
    r"""Project rows onto the non-decreasing sequences, by merging halves.

    Two neighboring halves that are monotone already merge at one level $\theta$, which cuts the
    left half from above and the right half from below and keeps their sum:
    $\sum (l_i - \theta)_+ = \sum (\theta - r_i)_+$. Newton's method, held in a bracket, finds it in
    a few passes. Pooled entries come out equal to the last bit.

    Args:
        points: `(n, d)`.

    Returns:
        `(n, d)`, with the derivative of pooling.

    Example:
        >>> print(isotonic(jnp.array([[3.0, 1.0, 2.0, 4.0]])))
        [[2. 2. 2. 4.]]
    """
    n, d = points.shape
    fixed = jax.lax.stop_gradient(points)
    size = max(_SHORT, 1 << (d - 1).bit_length())
    top = fixed.max(1, keepdims=True)
    rows = jnp.concatenate([fixed, jnp.broadcast_to(top, (n, size - d))], axis=1)
    rows, half = _short(rows.reshape(-1, _SHORT)).reshape(n, size), _SHORT
    while half < size:
        pairs = rows.reshape(-1, 2, half)
        rows = jnp.stack(_merge(pairs[:, 0], pairs[:, 1]), axis=1).reshape(n, size)
        half *= 2
    return _pooled(rows[:, :d], points)


_SHORT = 8  # rows that the explicit formula costs less for


def _short(rows: Array) -> Array:
    r"""Take $w_i = \max_{j \le i} \min_{k \ge i}$ of the means of entries j to k."""
    d = rows.shape[1]
    columns = [rows[:, i] for i in range(d)]
    sums = [columns[0] * 0]
    for column in columns:
        sums.append(sums[-1] + column)
    best = [columns[0] * 0 - jnp.inf] * d
    for j in range(d):
        least = columns[0] * 0 + jnp.inf
        for k in reversed(range(j, d)):
            mean = columns[j] if k == j else (sums[k + 1] - sums[j]) / (k + 1 - j)
            least = jnp.minimum(least, mean)
            best[k] = jnp.maximum(best[k], least)
    return jnp.stack(best, axis=1)


def _merge(left: Array, right: Array) -> tuple[Array, Array]:
    """Merge monotone halves, `(m, half)` each, into monotone rows, still in two halves."""
    first, last = right[:, 0], left[:, -1]
    crossed = last > first
    tiny = 2 * float(jnp.finfo(left.dtype).eps)

    def advance(state):
        level, low, high, _, count = state
        above, below = left > level[:, None], right < level[:, None]
        pooled = (above.sum(1) + below.sum(1)).astype(left.dtype)
        total = jnp.where(above, left, 0.0).sum(1) + jnp.where(below, right, 0.0).sum(1)
        found = jnp.where(pooled > 0, total / jnp.maximum(pooled, 1.0), level)
        low, high = jnp.where(found > level, level, low), jnp.where(found < level, level, high)
        inside = (found >= low) & (found <= high)
        found = jnp.where(crossed, jnp.where(inside, found, (low + high) / 2), level)
        moved = abs(found - level) > tiny * (abs(found) + abs(level))
        return found, low, high, moved.any(), count + 1

    def unfinished(state) -> Array:
        *_, moved, count = state
        return moved & (count < 64)

    state = ((first + last) / 2, first, last, crossed.any(), jnp.array(0))
    level = jax.lax.while_loop(unfinished, advance, state)[0][:, None]
    crossed = crossed[:, None]
    return (
        jnp.where(crossed, jnp.minimum(left, level), left),
        jnp.where(crossed, jnp.maximum(right, level), right),
    )


@jax.custom_jvp
def _pooled(value: Array, points: Array) -> Array:
    return value


@_pooled.defjvp
def _(primals, tangents):
    value, _ = primals
    return value, block_means(value, tangents[1])


def block_means(value: Float[Array, "n d"], vectors: Float[Array, "n d"]) -> Float[Array, "n d"]:
    """Average `vectors` over each run of equal neighbors in `value`.

    Example:
        >>> print(block_means(jnp.array([[1.0, 1.0, 2.0]]), jnp.array([[0.0, 4.0, 5.0]])))
        [[2. 2. 5.]]
    """
    n = value.shape[0]
    opens = jnp.pad(value[:, 1:] != value[:, :-1], ((0, 0), (1, 0)))
    block = jnp.cumsum(opens, axis=1)
    row = jnp.broadcast_to(jnp.arange(n)[:, None], block.shape)
    sums = jnp.zeros_like(vectors).at[row, block].add(vectors)
    counts = jnp.zeros_like(vectors).at[row, block].add(1.0)
    return jnp.take_along_axis(sums / positive(counts), block, axis=1)


def _runs(points: Array, same: Array) -> Array:
    """Give neighbors that are the `same` the level of the first of them."""
    later = jnp.where(same, -jnp.inf, points[:, 1:])
    return jax.lax.cummax(jnp.concatenate([points[:, :1], later], axis=1), axis=1)


class Ordered(Region):
    """Non-decreasing sequences; a face pools neighbors.

    Example:
        >>> print(Ordered().clip(jnp.array([[2.0, 1.0]])))
        [[1.5 1.5]]
    """

    def clip(self, points):
        """Isotonic regression."""
        return isotonic(points)

    def settle(self, points):
        """Neighbors next to each other are pooled."""
        return _runs(points, jnp.diff(points, axis=1) <= rounding(points))

    def tangent(self, points, vectors):
        """Pooled neighbors move together."""
        return block_means(points, vectors)

    def follow(self, points):
        """Stay: the cone has no parameters."""
        return points

    def advance(self, points, step):
        """Until two neighbors meet; they are pooled there."""
        rise, growth = jnp.diff(points, axis=1), jnp.diff(step, axis=1)
        falls = (growth < 0) & (rise > 0)
        room = jnp.where(falls, rise / jnp.where(falls, -growth, 1.0), jnp.inf)
        share = jnp.clip(room.min(1, keepdims=True, initial=1.0), 0.0, 1.0)
        stops = (room <= share * (1 + 1e-9)) & (share < 1) | (rise == 0)
        after = points + share * step
        return _runs(after, stops), share[:, 0]

    def normals(self, points, slope):
        r"""Take the tails $\sum_{i \ge j} g_i$ that are not negative; or those of pooled pairs.

        $\langle \lambda, v \rangle$ is the sum of tails times rises, and at least 0 on the cone
        where no tail is negative and all of $\lambda$ sums to 0.
        """
        tails = jax.lax.cumsum(slope, axis=1, reverse=True)[:, 1:]
        rise = jnp.diff(points, axis=1)
        every = jnp.maximum(tails, 0.0)
        held = jnp.where(rise <= rounding(points), every, 0.0)
        return [
            (-jnp.diff(jnp.pad(kept, ((0, 0), (1, 1))), axis=1), (kept * abs(rise)).sum(1))
            for kept in (every, held)
        ]
