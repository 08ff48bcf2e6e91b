r"""The quadratic that every projection minimizes, and what its solvers return.

$$q(v) = \tfrac12 v^\top G v - b^\top v, \qquad b = G p \text{ for the projection of } p .$$

Stating it by $b$ and not by $p$ lets translations, scalings and linear images of a set hand the
problem on without inverting $G$, which may be singular.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int

from w2s_jax.quadratics._metric import Metric, Scalar, accuracy, hypot, positive

Normals = list[tuple[Float[Array, "n d"], Float[Array, " n"]]]


class Quadratic(eqx.Module):
    r"""Many quadratics with one metric.

    Attributes:
        metric: $G$.
        pull: $b$, one row a problem, `(n, d)`; in the range of $G$.
        goal: $R p$ where the metric has a root $R$, `(n, k)`, so that $b = R^\top R p$.

    Example:
        >>> from w2s_jax.quadratics._metric import identity_metric
        >>> quadratic = Quadratic.at(jnp.ones((1, 2)), identity_metric(2, jnp.dtype("float64")))
        >>> print(quadratic.pull)
        [[1. 1.]]
    """

    metric: Metric
    pull: Float[Array, "n d"]
    goal: Float[Array, "n k"] | None = None

    @classmethod
    def at(cls, points: Float[Array, "n d"], metric: Metric) -> "Quadratic":
        """State the projection of `points`, `(n, d)`."""
        goal = None if metric.root is None else points @ metric.root.T
        return cls(
            metric, points @ metric.matrix if goal is not None else metric.times(points), goal
        )

    def free(self) -> Float[Array, "n d"]:
        """Return the minimizer without a set, of least norm, with its implicit derivative."""
        plain = self.metric.solve(self.pull)
        if self.goal is None or self.metric.left is None:
            return plain
        sizes = jnp.sqrt(self.metric.values)
        turned = (self.goal @ self.metric.left) * jnp.where(sizes > 0, 1 / positive(sizes), 0.0)[
            None
        ]
        exact = turned @ self.metric.vectors.T
        return jax.lax.stop_gradient(exact - plain) + plain

    def turned(self) -> Float[Array, "n d"]:
        """Return the pull in the metric's eigenvectors."""
        if self.goal is None or self.metric.left is None:
            return self.pull @ self.metric.vectors
        return (self.goal @ self.metric.left) * jnp.sqrt(self.metric.values)[None]

    def slope(
        self, value: Float[Array, "n d"], left: Float[Array, "n d"] | None = None
    ) -> Float[Array, "n d"]:
        """Return the gradient $G v - b$, or that at $v$ + `left`, which rounding would swallow."""
        if self.goal is None or self.metric.root is None:
            slope = self.metric.times(value) - self.pull
            return slope if left is None else slope + self.metric.times(left)
        short = value @ self.metric.root.T - self.goal
        short = short if left is None else short + left @ self.metric.root.T
        return short @ self.metric.root

    def gap(
        self,
        value: Float[Array, "n d"],
        slope: Float[Array, "n d"],
        normals: Normals,
        ahead: tuple[Float[Array, "n d"], Float[Array, "n d"]] | None = None,
        far: Float[Array, " n"] | None = None,
    ) -> Float[Array, " n"]:
        r"""Bound the squared distance to the minimizer from above, `relative` to its size."""
        far = self.metric.dual(slope) if far is None else far
        return self.relative(self.bound(value, slope, normals, ahead, far=far), value, slope, far)

    def bound(
        self,
        value: Float[Array, "n d"],
        slope: Float[Array, "n d"],
        normals: Normals,
        ahead: tuple[Float[Array, "n d"], Float[Array, "n d"]] | None = None,
        *,
        far: Float[Array, " n"] | None = None,
        sure: bool = True,
    ) -> Float[Array, " n"]:
        r"""Bound the squared distance to the minimizer from above.

        For any $\lambda$ with finite $m = \min_{u \in C} \langle \lambda, u \rangle$, a member $v$
        with slope $g$, $\gamma = \langle \lambda, v \rangle - m$ and
        $\rho^2 = (g - \lambda)^\top G^+ (g - \lambda)$,

        $$\lVert v - p^\star \rVert_G \le \tfrac12 \bigl(\rho + \sqrt{\rho^2 + 4 \gamma}\bigr) ,$$

        as $\lVert v - p^\star \rVert_G^2 \le \langle g, v - p^\star \rangle$. For any $z$ the
        slope ahead, $g' = g + G z$, shows that
        $\rho \le \lVert z \rVert_G + \lVert g' - \lambda \rVert_{G^+}$.

        Args:
            value: members $v$.
            slope: $g = G v - b$.
            normals: pairs of $\lambda$, `(n, d)`, and $\gamma$, `(n,)`; the best one counts.
            ahead: $g'$ and $z$, `(n, d)`: what rounding left between $v$ and the minimum of its
                face, which $G^+$ would make much of.
            far: $\lVert v - p \rVert_G^2$ where it is known, `(n,)`.
            sure: no bound where $g - \lambda$ leaves the range of $G$; False while solvers are on
                their way and need a number to compare.
        """
        best = self.metric.dual(slope) if far is None else far  # p is no nearer to another member
        length = self.metric.top * hypot(value) + hypot(slope) if sure else None
        at, left = (slope, 0.0) if ahead is None else (ahead[0], self.metric.length(ahead[1]))
        for normal, slack in normals:
            # All of the slope leaves no rest, and a product with zeros is no cheaper than another.
            rest = 0.0 if normal is at else jnp.sqrt(self.metric.dual(at - normal, length))
            rest = rest + left
            bound = ((rest + jnp.sqrt(rest**2 + 4 * abs(slack))) / 2) ** 2
            best = jnp.fmin(best, bound)
        return best

    def relative(self, bound: Array, value: Array, slope: Array, far: Array | None = None) -> Array:
        r"""Divide a squared length by the squared size that rounding and readers compare it with.

        With $D = \lVert p - v \rVert_G$ that is $D \min(D, \lVert v \rVert_G + D / 1000)$: a
        point far away is worth no more digits of $v$ than $v$ has. Near the set it is what rounding
        leaves, $\theta D \lVert v \rVert$ and $\theta^2 \lVert v \rVert^2$, in units of the
        largest eigenvalue, $\theta = 64 \varepsilon$ over the accuracy of the dtype.
        """
        far = jnp.sqrt(self.metric.dual(slope) if far is None else far)
        theta = 64 * float(jnp.finfo(value.dtype).eps) / accuracy(value.dtype)
        weight = jnp.sqrt(jnp.maximum((value * (slope + self.pull)).sum(1), 0.0))
        floor = theta * jnp.sqrt(self.metric.top) * hypot(value)
        near = jnp.maximum(jnp.minimum(far, weight + 1e-3 * far), floor)
        size = positive(jnp.maximum(far, floor))
        return jnp.where(bound == 0, 0.0, bound / size / positive(near))

    def moved(self, offset: Float[Array, " d"]) -> "Quadratic":
        """Return the same quadratic in v − offset."""
        goal = self.goal
        if goal is not None and self.metric.root is not None:
            goal = goal - (self.metric.root @ offset)[None]
        return Quadratic(self.metric, self.pull - (offset @ self.metric.matrix)[None], goal)

    def scaled(self, factor: Scalar) -> "Quadratic":
        """Return the same quadratic in u, for v = factor u."""
        return Quadratic(self.metric.scaled(factor), self.pull * factor, self.goal)

    def through(self, linear: Float[Array, "d k"]) -> "Quadratic":
        """Return the same quadratic in u, for v = linear u, by roots: no condition is squared."""
        root, goal, metric = self.metric.root, self.goal, self.metric
        if root is None or goal is None:
            sizes = jnp.sqrt(metric.values)
            root = sizes[:, None] * metric.vectors.T
            goal = jax.lax.stop_gradient(self.pull @ metric.vectors) / positive(sizes)[None]
        inner = linear.T @ metric.matrix @ linear
        return Quadratic(
            Metric.from_root(root @ linear, (inner + inner.T) / 2), self.pull @ linear, goal
        )

    def mixed(self, linear: Float[Array, "d k"]) -> "Quadratic":
        """Return the same as `through`, for many columns: an eigendecomposition is cheaper."""
        if self.goal is not None:
            return self.through(linear)
        inner = linear.T @ self.metric.matrix @ linear
        return Quadratic(Metric.of((inner + inner.T) / 2), self.pull @ linear)


class Solution(eqx.Module):
    """What a solver found for `(n,)` problems.

    Attributes:
        value: the minimizers, `(n, d)`.
        gap: the relative gap that certifies each, `(n,)`.
        steps: iterations spent on each, `(n,)`.

    Example:
        >>> Solution(jnp.ones((1, 2)), jnp.zeros(1), jnp.zeros(1, int)).value.shape
        (1, 2)
    """

    value: Float[Array, "n d"]
    gap: Float[Array, " n"]
    steps: Int[Array, " n"]
