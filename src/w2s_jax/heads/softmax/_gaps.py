r"""How far a softmax head is from the best one, at most: three bounds, each proved here.

$$F(W, b) = \frac1n \sum_i [\mathrm{lse}(z_i) - \langle p_i, z_i \rangle] + \lambda \lVert W
\rVert^2, \qquad z_i = W^\top x_i + b, \quad q_i = \mathrm{softmax}(z_i)$$

**Duality.** As lse(z), the logarithm of the sum of exponentials, is the most of ⟨q′, z⟩ + H(q′)
over the simplex, any rows q′ᵢ there with the mean of the labels give $\min F \ge \frac1n \sum_i
H(q'_i) - \lVert A' \rVert^2 / 4\lambda$, $A' = \frac1n \sum_i x_i (q'_i - p_i)^\top$: over W the
least is at $-A' / 2\lambda$, and b drops out as the means agree. Subtracted from F(W, b) this is

$$F - \min F \le \frac1n \sum_i \mathrm{KL}(q'_i \,\|\, q_i)
+ \lVert A' + 2\lambda W \rVert^2 / 4\lambda .$$

Without a bias q′ = q will do: $\lVert \nabla F \rVert^2 / 4\lambda$. With one, q has the mean
$\bar q = \bar p + \nabla_b F$, and $q' = (1 - \tau) q + \tau r$ has the mean $\bar p$ with one row
$r = (\bar p - (1 - \tau) \bar q) / \tau$ for all, and the least τ that leaves r ≥ 0, $1 - \tau =
\min(1, \min_k \bar p_k / \bar q_k)$. Then $A' + 2 \lambda W = \nabla_W F - \tau \frac1n \sum_i
x_i (q_i - r)^\top$, and KL, convex in q′, is at most τ KL(r‖q): $\tau \frac1n \sum_i [\sum_k r_k
(\log r_k - z_{ik}) + \mathrm{lse}(z_i)]$.

**Self-concordance** (after Bach 2010, proposition 1). Along $\theta + tv$ the third derivative of
lse is the third central moment of the logits' changes under q, at most their range times their
variance: $|\dddot F| \le R(v) \ddot F$, $R(v)$ the largest range of a row. Hence with $g$ and $H$
at θ $F(\theta + v) \ge F(\theta) + \langle g, v \rangle + \lVert v \rVert_H^2 (e^{-R} + R - 1) /
R^2$, and $R(v) \le \rho \lVert v \rVert_H$, $\rho = \max_i \lVert x_i \rVert \sqrt{2 /
\lambda_{\min}(H)}$. With Newton's decrement $\delta = \lVert g \rVert_{H^{-1}}$ and $u = \rho
\delta < 1$ the right side grows without end in $\lVert v \rVert_H$, so that **a minimizer exists**,
and it is least where $e^{-\rho \lVert v \rVert_H} = 1 - u$:

$$F - \min F \le [u + (1 - u) \log(1 - u)] / \rho^2 \approx \delta^2 / 2 .$$

**Entropy.** Cross-entropy is at least the labels' entropy.

The numbers hold up to rounding in float64; an allowance for that of gradients and Hessians is in.
"""

from typing import Any

import numpy as np

from w2s_jax.heads.softmax._sums import Labels, Pass

EPS = float(np.finfo(float).eps)


def by_entropy(loss: Any, entropy: Any) -> Any:
    """Bound the gap by the objective itself.

    Args:
        loss: cross-entropy and ridge.
        entropy: mean of the labels'.

    Example:
        >>> by_entropy(np.array([0.7]), np.array([0.0]))
        array([0.7])
    """
    return np.maximum(loss - entropy, 0)


def by_curvature(decrement: Any, least: Any, longest: float, size: int) -> tuple[Any, Any]:
    """Bound the gap by self-concordance; return it, and the decrement with its rounding.

    Args:
        decrement: δ, `(tasks,)`.
        least: a lower bound of the Hessian's smallest eigenvalue, `(tasks,)`.
        longest: of the rows' lengths.
        size: how many weights a task has.

    Returns:
        The bound, infinite where it does not speak, and δ.

    Example:
        >>> bound, decrement = by_curvature(np.array([1e-5, 1.0]), np.ones(2), 1.0, 1)
        >>> print(bound)
        [5.00002357e-11            inf]
    """
    least = np.where(least > 0, least, np.nan)
    decrement = decrement + 8 * EPS * longest * np.sqrt(size / least)
    rho = longest * np.sqrt(2 / least)
    u = rho * decrement
    near = u < 1
    u = np.where(near, u, 0.5)
    # u + (1 − u) log(1 − u) loses its digits where u is small: there its series, u²/2 + u³/6 + …
    series = u**2 * (0.5 + u / 6 + u**2 / 6)
    exact = u + (1 - u) * np.log1p(-u)
    bound = np.where(u < 1e-2, series, exact * (1 + 1e-10)) / np.where(near, rho, 1) ** 2
    return np.where(near, bound, np.inf), np.where(np.isnan(decrement), np.inf, decrement)


def by_duality(seen: Pass, labels: Labels, theta: Any, pull: Any, ridge: Any, units: Any) -> Any:
    """Bound the gap by the dual, with a ridge.

    Args:
        seen: the pass at θ, its last column the bias where one is fitted.
        labels: of these tasks.
        theta: `(tasks, m, p)`.
        pull: gradient of λ‖W‖² at θ, `(tasks, m, p)`.
        ridge: λ > 0, `(tasks,)`.
        units: length of the weights that each of the p columns stands for; 0 for a bias.

    Example:
        >>> from w2s_jax.heads.softmax._sums import passed, summed
        >>> blocks = lambda: [(np.ones((2, 1)), np.eye(2)[None])]
        >>> theta = np.zeros((1, 1, 1))
        >>> seen = passed(blocks, np.array([0]), theta, None)
        >>> by_duality(seen, summed(blocks), theta, theta, np.ones(1), np.ones(1)) < 1e-20
        array([ True])
    """
    free = units == 0
    slope, wide = seen.gradient + pull, units[~free]
    tau, apart = np.zeros(len(theta)), 0.0
    if free.any():
        off = seen.gradient[..., -1]
        mean = labels.shares + np.concatenate([-off.sum(1)[:, None], off], axis=1)
        keep = np.minimum(1, np.where(mean > 0, labels.shares / np.maximum(mean, EPS), 1).min(1))
        tau = 1 - keep
        row = (labels.shares - keep[:, None] * mean) / np.where(tau > 0, tau, 1)[:, None]
        row = np.maximum(row, 0)
        height = np.concatenate([0 * off[:, :1], theta @ labels.middle], axis=1)
        logs = np.log(np.where(row > 0, row, 1.0))
        apart = tau * ((row * (logs - height)).sum(1) + seen.level)
        means = seen.gradient + labels.cross - row[:, 1:, None] * labels.middle
        slope = slope - tau[:, None, None] * means
    slope = slope[..., ~free] / wide
    square = (slope**2).sum((1, 2)) + (slope.sum(1) ** 2).sum(1)
    rounding = 8 * EPS * labels.longest * np.linalg.norm(1 / wide) * theta.shape[1] ** 0.5
    return np.maximum(apart, 0) + (np.sqrt(square) + rounding) ** 2 / (4 * ridge)
