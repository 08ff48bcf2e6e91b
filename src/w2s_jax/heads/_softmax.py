r"""Softmax heads on frozen features, fitted by Newton's method and certified.

A head minimizes the mean cross-entropy to hard or soft labels $p_i$,

$$\frac1n \sum_{i=1}^n \Big[ \log \sum_k e^{z_{ik}} - \langle p_i, z_i \rangle \Big]
+ \lambda \lVert W \rVert^2 , \qquad z_i = W^\top x_i + b ,$$

the bias $b$ unpenalized and $W$ of shape (d, classes).
"""

from typing import Any

import numpy as np

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.heads._basis import Basis
from w2s_jax.heads._rank import numerical_rank
from w2s_jax.heads.softmax._confined import confined
from w2s_jax.heads.softmax._groups import Wanted, check_ridge, check_shares, first, fitted, joined
from w2s_jax.heads.softmax._head import SoftmaxHead, sure
from w2s_jax.heads.softmax._labels import known, probabilities
from w2s_jax.heads.softmax._sums import Blocks
from w2s_jax.sets import ConvexSet
from w2s_jax.sets._base import convex_set_or_none

_ROWS = 2**13  # of a block
_TOL, _TOL_WITHIN = 1e-14, 1e-10  # nats; a projection's own gap is 1e-10 of its size


def fit_softmax(
    features: Any,
    labels: Any,
    *,
    classes: int | None = None,
    ridge: Any = 0.0,
    bias: bool = True,
    within: ConvexSet | None = None,
    tol: float | None = None,
    max_steps: int = 100,
    throw: bool = True,
) -> SoftmaxHead:
    r"""Fit one softmax head, to within a gap that is proved.

    Damped Newton steps in the coordinates of the features' own principal directions, in float64 on
    the host whatever JAX's flag. With a ridge the duality gap, $\lVert \nabla \rVert^2 / 4 \lambda$
    plus what an inexact bias may cost, bounds how far the objective is from the least. Without one
    the self-concordance of cross-entropy (Bach 2010) turns Newton's decrement δ into a proof that a
    minimizer exists and is at most about δ²/2 away. The head of `heads/softmax/_gaps.py` has the
    proofs.

    Directions of the features that rounding could have made get no weight, as in `fit_head`; among
    heads that fit as well it is the one of least norm.

    Args:
        features: `(n, d)`, whatever `fit_head` reads; known numbers.
        labels: `(n,)` class numbers 0, 1, … or booleans, or `(n, classes)` probabilities whose rows
            sum to 1: a weak model's, for a student.
        classes: how many, if labels are numbers; by default up to the largest, and 2 for booleans.
        ridge: λ ≥ 0 above. scikit-learn's `C` is 1/(2nλ); of two classes, where it fits one column
            of weights, 1/(nλ).
        bias: fit an unpenalized constant a class.
        within: a set from `w2s_jax.sets` for the weights, `weights.reshape(-1)` of `(d, classes)`;
            the biases stay free. `Ball(r)` bounds all weights together; bounds from one side alone
            bound nothing, for logits are free up to a common number. An unbounded set asks for a
            ridge.
        tol: gap at which to stop, in nats; by default 1e-14, and 1e-10 within a set.
        max_steps: Newton steps after which to stop.
        throw: raise where the head is not certified; False hands back what was found, and its
            status.

    Returns:
        The head, in float64. Its gap is at least the mean KL divergence from the best head's
        probabilities to its own, plus λ times the squared distance of their weights.

    Raises:
        ValueError: what `arrays.numbers` refuses; traced arrays; labels that are no class numbers
            and no probabilities; a class that never occurs, whose bias would have no end; a
            negative ridge; a set of another dimension; and, unless `throw` is False, data that a
            plane separates, and a gap that did not close.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
        >>> head = fit_softmax(x, [0, 1, 0, 1])
        >>> print(head(x).round(3)[:, 1], bool(head.certified))
        [0.204 0.388 0.612 0.796] True
    """
    head = first(_fit(features, labels, "n", classes, ridge, bias, within, tol, max_steps, throw))
    return sure(head, "fit_softmax") if throw else head


def fit_softmaxes(
    features: Any,
    labels: Any,
    *,
    classes: int | None = None,
    ridge: Any = 0.0,
    bias: bool = True,
    within: ConvexSet | None = None,
    tol: float | None = None,
    max_steps: int = 100,
    throw: bool = True,
) -> SoftmaxHead:
    """Fit many softmax heads on shared features at once, or one head for many ridges.

    Args:
        features: `(n, d)`, shared by all tasks.
        labels: `(n, tasks)` class numbers, or `(n, tasks, classes)` probabilities.
        classes: as in `fit_softmax`, the same for all tasks.
        ridge: λ ≥ 0 for all tasks, or one λ a task: repeat labels for a ridge path.
        bias: as in `fit_softmax`; so are the next.
        within: the same set for all tasks, one after another.
        tol: nats.
        max_steps: for each task.
        throw: raise where one head is not certified.

    Returns:
        A head with weights `(d, tasks, classes)`.

    Raises:
        ValueError: as in `fit_softmax`.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
        >>> labels = np.array([[0, 1, 0, 1], [0, 1, 0, 1]]).T
        >>> head = fit_softmaxes(x, labels, ridge=np.array([0.0, 1.0]))
        >>> print(head(x)[:, :, 1].round(3).T)
        [[0.204 0.388 0.612 0.796]
         [0.429 0.476 0.524 0.571]]
    """
    head = _fit(features, labels, "n tasks", classes, ridge, bias, within, tol, max_steps, throw)
    return sure(head, "fit_softmaxes") if throw else head


def _fit(
    features, labels, axes, classes, ridge, bias, within, tol, max_steps, throw
) -> SoftmaxHead:
    x = numbers("features", known("features", features), "n d")
    same_rows(features=features, labels=labels)
    x, chances = x.astype(np.float64), probabilities(labels, axes, classes)
    chances = chances[:, None] if axes == "n" else chances
    shares = chances.mean(0)
    tol = (_TOL if within is None else _TOL_WITHIN) if tol is None else tol
    wanted = Wanted(check_ridge(ridge, len(shares)), tol, max_steps, True)
    if bias and (throw or within is not None):
        check_shares(shares)
    if within is not None:
        return _within(x, chances, within, wanted, bias)
    chances = np.ascontiguousarray(np.moveaxis(chances, 0, 2))

    def blocks_of(basis: Basis, tasks: np.ndarray) -> Blocks:
        rows, own = basis.rows(x), chances[tasks]
        starts = range(0, len(x), _ROWS)
        return lambda: ((rows[s : s + _ROWS], own[..., s : s + _ROWS]) for s in starts)

    size = shares.shape[1], min(len(x), _ROWS)
    return fitted(lambda own: Basis.of(x, bias=bias, ridge=own), blocks_of, wanted, size)


def _within(x, chances, within: ConvexSet, wanted: Wanted, bias: bool) -> SoftmaxHead:
    wanted.check()
    convex_set_or_none(within)
    d, classes = x.shape[1], chances.shape[2]
    if within.dimension not in (None, d * classes):
        raise ValueError(
            f"within has dimension {within.dimension}, expected {d * classes}: weights of {d} "
            f"features and {classes} classes, flattened"
        )
    rank = numerical_rank(x, bias=bias).rank
    own = [
        confined(x, chances[:, task], within, float(ridge), bias=bias, rank=rank, wanted=wanted)
        for task, ridge in enumerate(wanted.ridge)
    ]
    return joined(own)
