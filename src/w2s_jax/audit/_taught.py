"""What features tell without a label: the students they can make, and how much is left over."""

from typing import Any, NamedTuple

import numpy as np

from w2s_jax.audit._features import Features
from w2s_jax.bounds import misfit_bracket
from w2s_jax.heads import Gram, LinearHead, fit_heads

_SAMPLE = 16_384  # inputs whose leverages are computed where not all are


class Taught(NamedTuple):
    """Teachers on one matrix of features: their least-squares students, and misfits.

    Attributes:
        students: `(n, teachers)`, with the ridge or the set asked for.
        nearest: `(n, teachers)`, the least-squares students; `students` itself if these are.
        own: `(teachers,)`, misfits of the nearest on these inputs.
        left_out: `(teachers,)`, the same, each input left out in turn; `inf` where it cannot be.
        looked_at: how many inputs `left_out` is a mean over.
        rank: of the features.

    Example:
        >>> from w2s_jax.audit._features import read_features
        >>> found = taught(read_features([[0.0], [1.0], [2.0]]), np.array([[1.0], [2.0], [6.0]]))
        >>> found.students[:, 0].round(6), found.rank
        (array([0.5, 3. , 5.5]), 1)
    """

    students: np.ndarray
    nearest: np.ndarray
    own: np.ndarray
    left_out: np.ndarray
    looked_at: int
    rank: int


def taught(features: Features, weak: np.ndarray, *, ridge: Any = 0.0, within: Any = None) -> Taught:
    """Fit students and measure what they leave: exactly in memory, from sums where that is large.

    Args:
        features: `(n, d)`.
        weak: `(n, teachers)`.
        ridge: λ of the students.
        within: the set of their weights, or None.

    Raises:
        ValueError: as `fit_heads`; a set, and features that are only summed up.

    Example:
        >>> from w2s_jax.audit._features import read_features
        >>> x = np.random.default_rng(0).normal(size=(50, 2))
        >>> weak = x @ np.array([[1.0], [2.0]]) + x[:, :1] ** 2
        >>> whole, parts = (taught(read_features(f), weak) for f in (x, [x[:20], x[20:]]))
        >>> bool(np.allclose(whole.own, parts.own) and np.allclose(whole.left_out, parts.left_out))
        True
    """
    if features.large:
        return _from_sums(features, weak, ridge, within)
    x = features.parts[0]
    bracket = misfit_bracket(x, weak)
    head = fit_heads(x, weak)
    nearest = students = np.asarray(head(x), np.float64)
    if ridge or within is not None:
        students = np.asarray(fit_heads(x, weak, ridge=ridge, within=within)(x), np.float64)
    own, left_out = np.asarray(bracket.own), np.asarray(bracket.left_out)
    return Taught(students, nearest, own, left_out, len(x), int(head.rank))


def _from_sums(features: Features, weak: np.ndarray, ridge: Any, within: Any) -> Taught:
    if within is not None:
        raise ValueError(
            "within confines heads on features in memory, and these are too large or in chunks: "
            "fit the student yourself and pass its predictions"
        )
    gram = features.gram(weak)
    head = gram.solve()
    nearest = students = features.follow(head)
    if ridge:
        students = features.follow(gram.solve(ridge=ridge))
    n = len(weak)
    rows = np.arange(n)
    if n > _SAMPLE:
        rows = np.sort(np.random.default_rng(0).choice(n, _SAMPLE, replace=False))
    kept = 1 - leverages(gram, head, features.rows(rows))
    left = (weak - nearest)[rows]
    alone = kept <= 1e-9
    left_out = np.where(alone[:, None], np.inf, left / np.where(alone, 1.0, kept)[:, None]) ** 2
    own = ((weak - nearest) ** 2).mean(0)
    return Taught(students, nearest, own, left_out.mean(0), len(rows), int(head.rank))


def leverages(gram: Gram, head: LinearHead, x: np.ndarray) -> np.ndarray:
    """Return the shares of rows of features in their own predictions, by a head with a constant.

    Args:
        gram: the sums of all inputs.
        head: its head, for the rank.
        x: `(rows, d)`.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0], [5.0]])
        >>> gram = Gram.of(x, x)
        >>> print(leverages(gram, gram.solve(), x).round(4))
        [0.5357 0.3214 0.25   0.8929]
    """
    scatter, units = np.asarray(gram.sums.about(True)[0]), np.asarray(gram.sums.divisor)
    d = len(scatter)
    spread = np.sqrt(np.diag(scatter))
    spread = np.where(spread > 0, spread, 1.0)
    values, vectors = np.linalg.eigh(scatter / spread[:, None] / spread)
    rank = int(np.asarray(head.rank))
    values, vectors = values[d - rank :], vectors[:, d - rank :]
    moved = (x - np.asarray(gram.sums.mean)[:d]) / units[:d] / spread
    found = ((moved @ vectors) ** 2 / values).sum(1)
    return found + 1 / float(np.asarray(gram.count))
