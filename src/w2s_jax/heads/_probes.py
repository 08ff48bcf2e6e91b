"""Linear probes: ridge heads on frozen features, with λ chosen by cross-validation."""

import numpy as np
from jaxtyping import Float

from w2s_jax.arrays._counts import check_count
from w2s_jax.arrays._kinds import Matrix, Places, Vector
from w2s_jax.heads._least_squares import LinearHead, fit_heads

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
    chosen = choose_ridge(features, labels, ridges=ridges, folds=folds, seed=seed)
    return fit_heads(features, labels, ridge=chosen), chosen


def probed(
    features: Matrix,
    labels: Matrix,
    seen: Places,
    *,
    ridges: tuple[float, ...] = RIDGES,
    seed: int = 0,
) -> tuple[Matrix, Vector]:
    """Predict everywhere by heads fitted on some rows.

    Args:
        features: `(n, d)`.
        labels: `(n, tasks)`, looked at in the rows seen alone.
        seen: numbers of these rows.
        ridges: as for `fit_probes`, as is the next.
        seed: of the partition.

    Returns:
        Predictions, `(n, tasks)`, and the λ of each task.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> said, chosen = probed(x, x[:, :1], np.arange(40))
        >>> print(abs(said - x[:, :1]).max() < 1e-3, chosen)
        True [1.e-05]
    """
    heads, chosen = fit_probes(features[seen], labels[seen], ridges=ridges, seed=seed)
    return np.asarray(heads(features)), chosen


def choose_ridge(
    features: Float[np.ndarray, "n d"],
    labels: Float[np.ndarray, "n tasks"],
    *,
    ridges: tuple[float, ...] = RIDGES,
    folds: int = 5,
    seed: int = 0,
) -> Float[np.ndarray, " tasks"]:
    r"""Choose each task's λ by cross-validation, as `fit_probes` does before it fits.

    Args:
        features: as for `fit_probes`; so are the next.
        labels: `(n, tasks)`.
        ridges: the λ to choose from.
        folds: number of parts that are left out in turn, 2 to n.
        seed: of the partition.

    Returns:
        The λ of each task.

    Raises:
        ValueError: fewer than two folds, or more folds than inputs.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, noise = rng.normal(size=(60, 3)), rng.normal(size=(60, 1))
        >>> chosen = choose_ridge(x, np.hstack([x[:, :1], noise]))
        >>> print(chosen[0] < chosen[1])  # noise is best not fitted
        True
    """
    n = len(features)
    check_count("folds", folds, 2)
    if folds > n:
        raise ValueError(f"folds must be from 2 to the number of inputs, {n}; got {folds}")
    fold = np.random.default_rng(seed).permutation(n) % folds
    missed = np.zeros((len(ridges), labels.shape[1]))
    for k in range(folds):
        kept, out = fold != k, fold == k
        guesses = ridge_path(features[kept], labels[kept], features[out], ridges)
        missed += ((guesses - labels[out]) ** 2).sum(1)
    return np.array(ridges)[missed.argmin(0)]


def ridge_path(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n tasks"],
    new: Float[np.ndarray, "m d"],
    ridges: tuple[float, ...],
) -> Float[np.ndarray, "ridges m tasks"]:
    """Predict by a head for every λ, from one eigendecomposition of the smaller Gram matrix.

    Good to eps / λ, which is plenty to compare λ by and costs a quarter of exact heads.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0]])
        >>> print(ridge_path(x, 2 * x, np.array([[3.0]]), (1e-6, 1e6)).round(3).ravel())
        [6. 2.]
    """
    n, middle, level = len(x), x.mean(0), y.mean(0)
    x, y, new = x - middle, (y - level) / n, new - middle
    wide = x.shape[1] > n
    values, vectors = np.linalg.eigh((x @ x.T if wide else x.T @ x) / n)
    left = new @ (x.T @ vectors if wide else vectors)
    right = vectors.T @ (y if wide else x.T @ y)
    return np.stack([left @ (right / (values + ridge)[:, None]) + level for ridge in ridges])
