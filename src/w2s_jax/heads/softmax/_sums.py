r"""Sums over rows that softmax heads are fitted from: gradients, Hessians, labels.

Classes are pinned: class 0 has the logit 0, so that $m = $ classes − 1 columns of weights are free.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

Blocks = Callable[[], Iterable[tuple[np.ndarray, np.ndarray]]]
_FAR, _PACKED, _BLOCK, _EPS = 60.0, 16, 2**21, float(np.finfo(float).eps)
_LEVELS = 10.0 ** np.arange(-8, -0.5, 0.4)


class Labels(NamedTuple):
    """What is summed once, before any step.

    Attributes:
        middle: mean of the rows, `(p,)`.
        longest: of the rows' lengths.
        cross: mean of labels times rows, `(tasks, m, p)`.
        shares: mean of the labels, `(tasks, classes)`.

    Example:
        >>> rows, labels = np.eye(2), np.array([[[1.0, 0.0], [0.0, 1.0]]])
        >>> summed(lambda: [(rows, labels)]).shares
        array([[0.5, 0.5]])
    """

    middle: Any
    longest: float
    cross: Any
    shares: Any


class Pass(NamedTuple):
    """What one pass over the rows finds at weights θ, moved there by a step.

    Attributes:
        gradient: of the mean cross-entropy, `(tasks, m, p)`.
        level: at least the mean of the logits' log-sum-exp, `(tasks,)`.
        reach: the most that the step moved a difference of two logits, `(tasks,)`.
        hessian: `(tasks, m p, m p)`, or None.
        chances: q of the pinned classes, `(tasks, m, n)`, or None.

    Example:
        >>> Pass._fields
        ('gradient', 'level', 'reach', 'hessian', 'chances')
    """

    gradient: Any
    level: Any
    reach: Any
    hessian: Any
    chances: Any


def summed(blocks: Blocks) -> Labels:
    """Sum up rows and labels.

    Args:
        blocks: yields rows `(k, p)` and labels `(tasks, classes, k)`.

    Example:
        >>> found = summed(lambda: [(np.ones((2, 1)), np.array([[[0.0, 0.5], [1.0, 0.5]]]))])
        >>> print(found.middle, found.shares)
        [1.] [[0.25 0.75]]
    """
    count, longest, total = 0, 0.0, None
    for rows, labels in blocks():
        shares = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
        cross = (labels.reshape(-1, len(rows)) @ shares).reshape(*labels.shape[:2], -1)
        part = (rows.sum(0), cross[:, 1:, :-1], cross[..., -1])
        total = part if total is None else tuple(map(np.add, total, part))
        count += len(rows)
        longest = max(longest, float((rows**2).sum(1).max()) ** 0.5)
    assert total is not None
    return Labels(total[0] / count, longest, total[1] / count, total[2] / count)


def entropy(blocks: Blocks, tasks: np.ndarray) -> tuple[Any, Any]:
    """Return the mean entropy of some tasks' labels, in nats, and whether none is 0: `(tasks,)`.

    Example:
        >>> entropy(lambda: [(np.ones((1, 1)), np.full((1, 2, 1), 0.5))], np.array([0]))[1]
        array([ True])
    """
    found, count, some = np.zeros(len(tasks)), 0, np.ones(len(tasks), bool)
    for rows, labels in blocks():
        own = labels[tasks]
        some &= (own > 0).all((1, 2))
        found -= (own * np.log(np.where(own > 0, own, 1.0))).sum((1, 2))
        count += len(rows)
    return found / count, some


def passed(
    blocks: Blocks,
    tasks: np.ndarray,
    theta: Any,
    step: Any,
    *,
    hessian: bool = False,
    keep: bool = False,
    exact: bool = False,
) -> Pass:
    """Look at weights θ for some tasks; classes and rows as in `summed`.

    Args:
        blocks: as in `summed`.
        tasks: which of them, by number.
        theta: their weights, `(tasks, m, p)`.
        step: by which they were reached, or None: its reach is then 0.
        hessian: whether to sum it.
        keep: whether to keep the chances.
        exact: whether `level` is to be the mean itself.

    Example:
        >>> rows, labels = np.ones((2, 1)), np.eye(2)[None]
        >>> found = passed(lambda: [(rows, labels)], np.array([0]), np.zeros((1, 1, 1)), None,
        ...                hessian=True)
        >>> print(found.gradient, found.hessian, found.level.round(6))
        [[[0.]]] [[[0.25]]] [0.693147]
    """
    count, level, reach, total = 0, 0.0, np.zeros(len(tasks)), None
    chances = []
    for rows, labels in blocks():
        odds, summed, logs = _odds(_logits(theta, rows), exact)
        odds /= summed[:, None]
        level = level + logs
        if step is not None:
            reach = np.maximum(reach, _spread(_logits(step, rows)).max(1))
        second: Any = _curvature(rows, odds) if hessian else 0.0
        chances += [odds] * keep
        odds = odds - (labels if len(tasks) == len(labels) else labels[tasks])[:, 1:]
        first = (odds.reshape(-1, len(rows)) @ rows).reshape(theta.shape).astype(float)
        total = (first, second) if total is None else (total[0] + first, total[1] + second)
        count += len(rows)
    assert total is not None
    size = theta.shape[1] * theta.shape[2]
    second = total[1].reshape(-1, size, size) / count if hessian else None
    kept = np.concatenate(chances, axis=2) if len(chances) > 1 else (chances or [None])[0]
    return Pass(total[0] / count, level / count, reach, second, kept)


def products(blocks: Blocks, chances: Any, step: Any) -> Any:
    """Multiply the Hessian of the mean cross-entropy by steps, `(tasks, m, p)`.

    Args:
        blocks: yields rows first.
        chances: of `passed`.
        step: `(tasks, m, p)`.

    Example:
        >>> rows, half = np.ones((2, 1)), np.full((1, 1, 2), 0.5)
        >>> products(lambda: [(rows, None)], half, np.ones((1, 1, 1)))
        array([[[0.25]]])
    """
    found, start = np.zeros_like(step), 0
    for rows, _ in blocks():
        own = chances[..., start : start + len(rows)]
        moved = _logits(step, rows)
        moved -= (moved * own).sum(1)[:, None]
        moved *= own
        found += (moved.reshape(-1, len(rows)) @ rows).reshape(step.shape)
        start += len(rows)
    return found / start


def least_curvature(blocks: Blocks, chances: Any) -> Any:
    r"""Return what the Hessian's smallest eigenvalue is at least, `(tasks,)`.

    $S^{-1} = \operatorname{diag}(1/q_k) + 1 1^\top / q_0$ has no eigenvalue above its trace $1/s$.
    So with $G$ the mean of $x x^\top$ and any threshold t the Hessian has none below
    $t [\lambda_{\min}(G) - \frac1n \sum_{s_i < t} \lVert x_i \rVert^2]$.

    Args:
        blocks: as in `summed`.
        chances: of `passed`.

    Example:
        >>> half = np.full((1, 1, 2), 0.5)
        >>> least_curvature(lambda: [(np.ones((2, 1)), None)], half).round(6)
        array([0.158489])
    """
    (tasks, m, n), start, gram = chances.shape, 0, 0.0
    lost = np.zeros((len(_LEVELS), tasks))
    for rows, _ in blocks():
        own = chances[..., start : start + len(rows)]
        with np.errstate(all="ignore"):
            flat = 1 / ((1 / own).sum(1) + m / np.maximum(1 - own.sum(1) - m * _EPS, 0))
        squares = (rows**2).sum(1) / n
        lost += np.stack([(flat < level) @ squares for level in _LEVELS])
        gram = gram + rows.T @ rows / n
        start += len(rows)
    least = np.linalg.eigvalsh(gram)[0] - 16 * _EPS * np.trace(gram)
    return (_LEVELS[:, None] * (least - lost)).max(0)


def inverses(matrices: Any) -> Any:
    """Return inverses, NaN for those of singular ones.

    Example:
        >>> inverses(np.array([[[2.0]], [[0.0]]])).ravel()
        array([0.5, nan])
    """
    try:
        return np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.full_like(matrices, np.nan)
        return np.concatenate([inverses(each[None]) for each in matrices])


def separates(blocks: Blocks, tasks: np.ndarray, step: Any, slack: float = 1e-10) -> Any:
    """Say which steps lower the odds of no class that a label holds, and raise some, `(tasks,)`.

    Args:
        blocks: as in `summed`.
        tasks: as in `passed`.
        step: `(tasks, m, p)`.
        slack: what counts as rounding, relative to the most that a step moves two logits apart.

    Example:
        >>> rows, labels = np.array([[-1.0], [1.0]]), np.eye(2)[None]
        >>> print(separates(lambda: [(rows, labels)], np.array([0]), np.ones((1, 1, 1))))
        [ True]
    """
    worst, most = np.zeros(len(tasks)), np.zeros(len(tasks))
    for rows, labels in blocks():
        moved = _logits(np.concatenate([0 * step[:, :1], step], axis=1), rows)
        lowest = np.where(labels[tasks] > 0, moved, np.inf).min(1)
        worst = np.maximum(worst, (moved.max(1) - lowest).max(1))
        most = np.maximum(most, np.ptp(moved, axis=1).max(1))
    return (worst <= slack * most) & (most > 0)


def _logits(theta: Any, rows: Any) -> Any:
    flat = theta.reshape(-1, rows.shape[1]).astype(rows.dtype, copy=False)
    return (flat @ rows.T).reshape(*theta.shape[:2], len(rows))


def _odds(logits: Any, exact: bool) -> tuple[Any, Any, Any]:
    """Return exp(logits) and their sum, over a common factor a row, and the summed logarithm.

    Where no logit is large, the mean logarithm is bounded by the logarithm of the mean.
    """
    if not max(logits.max(initial=0.0), -logits.min(initial=0.0)) > _FAR:
        odds = np.exp(logits)
        total = odds.sum(1) + 1
        logs = np.log(total).sum(1) if exact else total.shape[1] * np.log(total.mean(1))
        return odds, total, logs
    top = np.maximum(logits.max(1), 0)
    odds = np.exp(logits - top[:, None])
    total = odds.sum(1) + np.exp(-top)
    return odds, total, (np.log(total) + top).sum(1)


def _spread(moved: Any) -> Any:
    return np.maximum(moved.max(1), 0) - np.minimum(moved.min(1), 0)


def _curvature(rows: Any, chances: Any) -> Any:
    """Sum S ⊗ x xᵀ, S = diag(q) − q qᵀ, to `(tasks, m, p, m, p)`."""
    tasks, m, k = chances.shape
    p = rows.shape[1]
    pairs = [(a, b) for a in range(m) for b in range(a, m)]
    weights = np.empty((tasks, len(pairs), k))
    for pair, (a, b) in enumerate(pairs):
        np.multiply(chances[:, a], (a == b) - chances[:, b], out=weights[:, pair])
    grams = _grams(rows, weights.reshape(-1, k)).reshape(tasks, len(pairs), p, p)
    found = np.empty((tasks, m, p, m, p))
    for pair, (a, b) in enumerate(pairs):
        found[:, a, :, b], found[:, b, :, a] = grams[:, pair], grams[:, pair]
    return found


def _grams(rows: Any, weights: Any) -> Any:
    """Sum weighted x xᵀ: `(k, n)` weights give `(k, p, p)`."""
    if len(weights) < _PACKED:
        return np.stack([(rows.T * weight) @ rows for weight in weights])
    # One product for all: half of x xᵀ is written out, a block of rows at a time.
    p = rows.shape[1]
    i, j = np.triu_indices(p)
    place = np.empty((p, p), int)
    place[i, j] = place[j, i] = np.arange(len(i))
    columns, width = np.ascontiguousarray(rows.T), max(1, _BLOCK // len(i))
    total: Any = 0.0
    for start in range(0, len(rows), width):
        part = columns[:, start : start + width]
        total = total + weights[:, start : start + width] @ (part[i] * part[j]).T
    return total[:, place]
