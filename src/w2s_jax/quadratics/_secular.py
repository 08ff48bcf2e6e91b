r"""Minimize a convex quadratic over a ball: one eigendecomposition, then Newton on one number.

The minimizer is $(G + \mu I)^{-1} b$ with the $\mu \ge 0$ that puts it on the sphere. In
eigenvectors of $G$ its norm is explicit, and $1 / \text{norm}$ is nearly linear in $\mu$: Newton's
method on it climbs from the left and converges in a few steps (Moré and Sorensen 1983).
"""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from w2s_jax.quadratics._form import Quadratic, Solution
from w2s_jax.quadratics._metric import Scalar, hypot, positive


def nearest_in_ball(
    quadratic: Quadratic, radius: Float[Array, ""], *, tol: Scalar, max_steps: Scalar
) -> Solution:
    """Minimize each quadratic over the ball of `radius` about 0.

    Args:
        quadratic: `(n,)` problems in d coordinates.
        radius: above 0.
        tol: not looked at: Newton's steps go on to rounding error.
        max_steps: Newton steps after which the value so far is returned, with its gap.

    Returns:
        A `Solution`, differentiable in the metric, the pull and the radius.

    Example:
        >>> from w2s_jax.quadratics._metric import identity_metric
        >>> quadratic = Quadratic.at(jnp.array([[3.0, 4.0]]), identity_metric(2, jnp.dtype(float)))
        >>> print(nearest_in_ball(quadratic, jnp.array(1.0), tol=1e-10, max_steps=20).value)
        [[0.6 0.8]]
    """
    metric = quadratic.metric
    fixed, reach = jax.lax.stop_gradient((quadratic, radius))
    turned = fixed.turned()
    turned = jnp.where((metric.values > 0)[None], turned, 0.0)

    def inside(mu: Array) -> tuple[Array, Array]:
        divided = metric.values[None] + mu[:, None]
        return turned / jnp.where(turned == 0, 1.0, divided), divided

    def unfinished(state) -> Array:
        _, step, count = state
        return (step > 0).any() & (count < max_steps)

    def newton(state):
        mu, _, count = state
        point, divided = inside(mu)
        squared = (point**2).sum(1)
        slope = (point**2 / jnp.where(turned == 0, 1.0, divided)).sum(1)
        norm = jnp.sqrt(squared)
        step = jnp.maximum((norm - reach) / reach * squared / positive(slope), 0.0)
        return mu + step, jnp.where(step > 4 * eps * (mu + step), step, 0.0), count + 1

    eps = float(jnp.finfo(turned.dtype).eps)
    start = jnp.zeros(turned.shape[0], turned.dtype)
    state = (start, start + 1, jnp.array(0))
    mu, _, count = jax.lax.while_loop(unfinished, newton, state)
    own = inside(mu)[0]
    value = own @ metric.vectors.T
    norm = hypot(value)
    shrink = jnp.where(norm > reach, reach / positive(norm), 1.0)[:, None]
    value = value * shrink
    # The point's distance is but a size to compare with: eigenvectors have it without a product.
    far = ((metric.values[None] * shrink * own - turned) ** 2 / positive(metric.values)[None]).sum(
        1
    )
    slope = fixed.slope(value)
    slack = (value * slope).sum(1) + reach * hypot(slope)
    room = abs(reach - hypot(value)) * mu * hypot(value)
    gap = fixed.gap(value, slope, [(slope, slack), (-mu[:, None] * value, room)], far=far)
    value = _with_derivative(value, radius, metric.matrix, quadratic.pull, mu > 0, metric)
    return Solution(value, gap, jnp.broadcast_to(count, gap.shape))


@jax.custom_jvp
def _with_derivative(value, radius, matrix, pull, held, metric):
    return value


@_with_derivative.defjvp
def _(primals, tangents):
    _, radius, matrix, pull, held, metric = primals
    _, radius_dot, matrix_dot, pull_dot, _, _ = tangents
    value = _with_derivative(*primals)  # which has a derivative again
    squared = positive((value**2).sum(1))
    force = jnp.where(held, (value * (pull - value @ matrix)).sum(1) / squared, 0.0)
    fixed = metric.values[None] + jax.lax.stop_gradient(force)[:, None]

    def bend(rows: Array) -> Array:
        return rows @ matrix + force[:, None] * rows

    def divided(_, rows: Array) -> Array:
        turned = rows @ metric.vectors
        return jnp.where(fixed > 0, turned / positive(fixed), 0.0) @ metric.vectors.T

    def solve(rows: Array) -> Array:
        return jax.lax.custom_linear_solve(bend, rows, divided, symmetric=True)

    move = solve(pull_dot - value @ matrix_dot)
    inward = solve(value)
    weight = positive((value * inward).sum(1))
    change = jnp.where(held, ((value * move).sum(1) - radius * radius_dot) / weight, 0.0)
    return value, move - change[:, None] * inward
