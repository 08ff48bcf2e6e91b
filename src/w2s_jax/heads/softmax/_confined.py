r"""Softmax heads whose weights lie in a convex set: Newton steps, each a certified projection.

$$\min_{W \in V,\ b} F(W, b), \qquad F(W, b) = \frac1n \sum_i [\mathrm{lse}(z_i) - \langle p_i,
z_i \rangle] + \lambda \lVert W \rVert^2, \qquad z_i = W^\top x_i + b$$

A step minimizes the second-order model over V and all b: b, which is free, drops out (Schur), and
leaves a projection of weights. With $q'$, r and τ of `heads/softmax/_gaps.py`, whose dual needs the
mean of $q'$ to be that of the labels, and $A = \nabla_W F - \tau \frac1n \sum_i x_i (q_i -
r)^\top$,

$$F(W, b) - \min F \le \tau \frac1n \sum_i \mathrm{KL}(r \,\|\, q_i) + \langle A, W \rangle +
\sigma_V(-A) ,$$

for $\lVert U \rVert^2$ lies above its tangent at W. Any N with finite $\min_V \langle N, \cdot
\rangle$ may stand in for A: with a ridge at the cost of $\lVert A - N \rVert^2 / 4 \lambda$, so
that V may be unbounded; without one of $\max_{U \in V} \langle N - A, U - W \rangle$.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_softmax, xlogy

from w2s_jax.arrays._host import wide
from w2s_jax.heads.softmax._groups import Wanted
from w2s_jax.heads.softmax._head import SoftmaxHead, SoftmaxStatus
from w2s_jax.projections._descent import Look, ahead, descend, normals_at
from w2s_jax.sets import ConvexSet

_TINY = float(np.finfo(float).tiny)


class Confined(NamedTuple):
    """F as a function of the weights and biases, `(d · classes + classes,)`.

    Attributes:
        onto: V, a set of weights, `(d · classes,)`.
        x: `(n, d)`, centered where there are biases.
        chances: labels p, `(n, classes)`.
        ridge: λ.
        bias: whether there are biases; without, they stay what they are.

    Example:
        >>> from w2s_jax.sets import Ball
        >>> task = Confined(Ball(), np.array([[-1.0], [1.0]]), np.eye(2), 0.0, True)
        >>> print(round(task.height(np.zeros(4)), 6))
        0.693147
    """

    onto: ConvexSet
    x: np.ndarray
    chances: np.ndarray
    ridge: float
    bias: bool

    def split(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return weights, flat, and biases."""
        classes = self.chances.shape[1]
        return v[:-classes], v[-classes:]

    def height(self, v: np.ndarray) -> float:
        """Return F."""
        return self._height(v, self._logs(v))

    def room(self, v: np.ndarray, way: np.ndarray) -> float:
        """Return how far to go: all the way, for F is finite."""
        return 1.0

    def look(self, v: np.ndarray) -> Look:
        """Return all that a step needs; gaps are in nats, and compared with one."""
        logs, (weights, _) = self._logs(v), self.split(v)
        q = np.exp(logs)
        off = q - self.chances
        slope = np.append((self.x.T @ off / len(q)).ravel() + 2 * self.ridge * weights, off.mean(0))
        return Look(v, self._height(v, logs), slope, self._bend(q), 1.0, self._gap(v, slope, logs))

    def ahead(self, here: Look) -> np.ndarray:
        """Return where the Newton step aims, the biases there the model's best."""
        (weights, b), (slope, push) = self.split(here.v), self.split(here.slope)
        k = len(weights)
        bend, mixed = here.bend[:k, :k], here.bend[:k, k:]
        if not self.bias:
            return np.append(ahead(self.onto, here._replace(v=weights, slope=slope, bend=bend)), b)
        inverse = np.linalg.pinv(here.bend[k:, k:], rcond=1e-12, hermitian=True)
        slope, bend = slope - mixed @ (inverse @ push), bend - mixed @ inverse @ mixed.T
        aim = ahead(self.onto, here._replace(v=weights, slope=slope, bend=(bend + bend.T) / 2))
        return np.append(aim, b - inverse @ (push + mixed.T @ (aim - weights)))

    def _height(self, v: np.ndarray, logs: np.ndarray) -> float:
        weights, _ = self.split(v)
        return float(-(self.chances * logs).sum(1).mean() + self.ridge * (weights @ weights))

    def _logs(self, v: np.ndarray) -> np.ndarray:
        weights, b = self.split(v)
        return log_softmax(self.x @ weights.reshape(-1, len(b)) + b, axis=1)

    def _bend(self, q: np.ndarray) -> np.ndarray:
        """Return the Hessian."""
        n, c = q.shape
        rows = np.concatenate([self.x, np.ones((n, 1))], axis=1)
        width = rows.shape[1]
        bend = np.empty((width, c, width, c))
        for k in range(c):
            for other in range(k, c):
                local = q[:, k] * ((k == other) - q[:, other])
                bend[:, k, :, other] = bend[:, other, :, k] = (rows.T * local) @ rows / n
        bend = bend.reshape(width * c, -1)
        square = np.append(np.full(self.x.shape[1] * c, 2 * self.ridge), np.zeros(c))
        return (bend + bend.T) / 2 + np.diag(square)

    def _gap(self, v: np.ndarray, slope: np.ndarray, logs: np.ndarray) -> float:
        apart, q = 0.0, np.exp(logs)
        (weights, _), (slope, _) = self.split(v), self.split(slope)
        if self.bias:
            mean, share = q.mean(0), self.chances.mean(0)
            keep = min(1.0, float((share / np.maximum(mean, _TINY)).min()))
            if keep < 1:
                row = np.maximum(share - keep * mean, 0) / (1 - keep)
                apart = (1 - keep) * float(xlogy(row, row).sum() - (logs @ row).mean())
                slope = slope - (1 - keep) * (self.x.T @ (q - row) / len(q)).ravel()
        best = np.inf
        for normal, slack in normals_at(self.onto, weights, slope):
            best = np.fmin(best, abs(slack) + self._tilted(weights, normal - slope))
        return max(apart, 0.0) + float(best)

    def _tilted(self, weights: np.ndarray, tilt: np.ndarray) -> float:
        """Return what it costs that N is not A: ‖N − A‖²/4λ, or what members differ by along it."""
        size = float(np.linalg.norm(tilt))
        if self.ridge or not size:
            return size**2 / (4 * self.ridge) if size else 0.0
        return float(size * self.onto.support(tilt / size) - tilt @ weights)


def confined(
    x: np.ndarray,
    chances: np.ndarray,
    onto: ConvexSet,
    ridge: float,
    *,
    bias: bool,
    rank: Any,
    wanted: Wanted,
) -> SoftmaxHead:
    """Fit one softmax head within a set.

    Args:
        x: features, `(n, d)`.
        chances: labels, `(n, classes)`.
        onto: a set of weights, `(d · classes,)`.
        ridge: λ ≥ 0.
        bias: fit an unpenalized constant a class, outside of the set.
        rank: of the features.
        wanted: when to stop.

    Example:
        >>> from w2s_jax.sets import Ball
        >>> head = confined(np.array([[-1.0], [1.0]]), np.eye(2), Ball(), 0.0, bias=True,
        ...                 rank=1, wanted=Wanted(np.zeros(1), 1e-10, 50, True))
        >>> print(head.weights.round(4))
        [[-0.7071  0.7071]]
    """
    d, classes = x.shape[1], chances.shape[1]
    center = x.mean(0) if bias else np.zeros(d)
    task = Confined(onto, x - center, chances, ridge, bias)
    with wide(), np.errstate(all="ignore"):
        usual = np.log(chances.mean(0)) if bias else np.zeros(classes)
        start = np.append(np.asarray(onto.project(np.zeros(d * classes))), usual)
        v, gap, _, steps = descend(task, start, wanted.tol, wanted.max_steps)
    weights, level = task.split(v)
    weights, level = weights.reshape(d, classes), level - level.mean()
    status = SoftmaxStatus.certified if gap <= wanted.tol else SoftmaxStatus.max_steps
    bias_at_0, gap, unknown = level - center @ weights, np.asarray(gap), np.asarray(np.inf)
    ended = np.asarray(steps), np.asarray(int(status)), np.asarray(rank)
    return SoftmaxHead(weights, bias_at_0, gap, unknown, *ended, center, level)
