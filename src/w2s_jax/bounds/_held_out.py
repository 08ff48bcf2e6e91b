"""The realizability gap of a class, estimated on labels that its reference head has not seen."""

from typing import Any

import numpy as np

from w2s_jax.bounds._reading import known
from w2s_jax.heads import fit_heads
from w2s_jax.sets._base import ConvexSet

FOLDS = 5


def held_out_gap(features: Any, truth: Any, within: ConvexSet) -> np.ndarray:
    """Estimate ε from above: heads fitted to four fifths of the truth, held to the last fifth.

    A head that has not seen an input errs there by at least ε on average, whatever the class; a
    head refitted on the inputs that it is held to errs by less.

    Args:
        features: `(m, d)`; a constant counts as a feature.
        truth: true labels, `(m,)` or `(m, tasks)`.
        within: the set that holds the class's weights.

    Returns:
        `()` or `(tasks,)`, squared label units.

    Raises:
        ValueError: m ≤ d, with which a head reproduces any labels; one matrix for each task.

    Example:
        >>> from w2s_jax import sets
        >>> x = np.linspace(-1, 1, 100)
        >>> print(held_out_gap(x[:, None], 2 * x, sets.Ball(1.0)).round(2))  # 1 is missing
        0.34
    """
    if features.ndim == 3:
        raise ValueError(f"features has shape {features.shape}, expected (m, d) for all tasks")
    size, columns = features.shape
    if size <= columns:
        raise ValueError(
            f"features has {size} inputs with true labels for {columns} columns, too few to "
            f"measure ε: pass more than {columns}, or epsilon"
        )
    x, f = known(features=features, truth=truth)
    labels = f.reshape(size, -1)
    fold = np.arange(size) % min(FOLDS, size)  # by turns: tables often are sorted
    squares = np.empty_like(labels)
    for number in range(fold.max() + 1):
        seen, new = fold != number, fold == number
        heads = fit_heads(x[seen], labels[seen], bias=False, within=within)
        squares[new] = (np.asarray(heads(x[new])) - labels[new]) ** 2
    return squares.mean(0).reshape(f.shape[1:])
