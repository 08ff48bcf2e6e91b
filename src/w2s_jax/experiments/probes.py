"""Linear probes: ridge heads on frozen features, with λ chosen by cross-validation."""

import numpy as np
from jaxtyping import Float

from w2s_jax.heads import LinearHead, fit_heads

RIDGES = tuple(round(10 ** (k / 2), 6) for k in range(-10, 3))


def fit_probes(
    features: Float[np.ndarray, "n d"],
    labels: Float[np.ndarray, "n tasks"],
    *,
    ridges: tuple[float, ...] = RIDGES,
    folds: int = 5,
    seed: int = 0,
) -> tuple[LinearHead, Float[np.ndarray, " tasks"]]:
    r"""Fit one head a task, with the λ that predicts left-out labels best.

    For each task $\hat\lambda = \arg\min_\lambda \sum_k \sum_{i \in \text{fold } k}
    (\hat y_\lambda^{(-k)}(x_i) - y_i)^2$, then one fit with $\hat\lambda$ on all inputs. Only the
    given labels are looked at: for a student these are weak ones, and no measurement is used.

    Args:
        features: `(n, d)`, shared by all tasks.
        labels: `(n, tasks)`.
        ridges: the λ to choose from.
        folds: number of parts that are left out in turn, 2 to n.
        seed: of the partition.

    Returns:
        The heads, and the λ of each task.

    Raises:
        ValueError: fewer than two folds, or more folds than inputs.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> heads, chosen = fit_probes(x, x @ np.array([[1.0], [0.0], [2.0]]))
        >>> print(heads.weights[:, 0].round(3), chosen)
        [1. 0. 2.] [1.e-05]
    """
    n = len(features)
    if not 2 <= folds <= n:
        raise ValueError(f"folds must be from 2 to the number of inputs, {n}; got {folds}")
    fold = np.random.default_rng(seed).permutation(n) % folds
    tried = np.tile(np.array(ridges), labels.shape[1])
    missed = np.zeros(len(tried))
    for k in range(folds):
        kept, out = fold != k, fold == k
        repeated = np.repeat(labels, len(ridges), axis=1)
        heads = fit_heads(features[kept], repeated[kept], ridge=tried)
        missed += ((np.asarray(heads(features[out])) - repeated[out]) ** 2).sum(0)
    chosen = np.array(ridges)[missed.reshape(-1, len(ridges)).argmin(1)]
    return fit_heads(features, labels, ridge=chosen), chosen
