"""Many softmax heads in groups that fit into memory, put together to one."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jax.core import Tracer

from w2s_jax.arrays._counts import check_count
from w2s_jax.arrays._host import to_jax
from w2s_jax.heads.softmax._conjugate import approach
from w2s_jax.heads.softmax._head import SoftmaxHead, SoftmaxStatus
from w2s_jax.heads.softmax._newton import Found, Problem, newton
from w2s_jax.heads.softmax._sums import Blocks

_CELLS, _CURVES, _MOST = 2**19, 2**23, 2**29  # labels and Hessian entries of a group; of one task


class Wanted(NamedTuple):
    """What is asked of all tasks.

    Attributes:
        ridge: λ, `(tasks,)`.
        tol: nats.
        max_steps: of Newton.
        thrifty: as in `Problem`.

    Example:
        >>> Wanted(np.zeros(1), 1e-14, 100, True).tol
        1e-14
    """

    ridge: Any
    tol: float
    max_steps: int
    thrifty: bool

    def check(self) -> None:
        """Refuse a tolerance and steps that stop nothing."""
        if not self.tol > 0:
            raise ValueError(f"tol must be above 0, got {self.tol}")
        check_count("max_steps", self.max_steps, 1)


def fitted(
    basis_of: Callable[[bool], Any],
    blocks_of: Callable[[Any, Any], Blocks],
    wanted: Wanted,
    shape: tuple[int, int],
) -> SoftmaxHead:
    """Fit all tasks, those with and without a ridge in coordinates of their own.

    Args:
        basis_of: returns coordinates for heads with a ridge, or without.
        blocks_of: returns rows in these coordinates, and labels of some tasks, block by block.
        wanted: λ of each task, and when to stop.
        shape: how many classes, and rows of a block.

    Example:
        >>> from w2s_jax.heads._basis import Basis
        >>> x, labels = np.array([[0.0], [1.0]]), np.full((1, 2, 2), 0.5)
        >>> head = fitted(lambda ridge: Basis.of(x, bias=True, ridge=ridge),
        ...               lambda basis, tasks: lambda: [(basis.rows(x), labels[tasks])],
        ...               Wanted(np.zeros(1), 1e-14, 100, True), (2, 2))
        >>> print(head.weights.shape, head.certified)
        (1, 1, 2) [ True]
    """
    wanted.check()
    parts, order, rank, center = [], [], 0, np.zeros(0)
    for penalized in sorted({*(wanted.ridge > 0).tolist()}):
        own = np.flatnonzero((wanted.ridge > 0) == penalized)
        basis = basis_of(penalized)
        rank, center = basis.rank, basis.center
        for tasks in _groups(own, shape, basis):
            blocks = blocks_of(basis, tasks)
            problem = Problem.on(blocks, wanted.ridge[tasks], basis.units)
            found = Found.none(problem.labels)
            if wanted.thrifty:
                found = approach(problem, found, wanted.tol, wanted.max_steps)
            found = newton(problem, found, wanted.tol, wanted.max_steps)
            if basis.bias:  # that of a class that never occurs falls without end
                absent = (problem.labels.shares == 0).any(1)
                found.status[absent] = SoftmaxStatus.no_minimizer
            weights, bias, level = basis.weights(found.theta)
            parts.append((np.moveaxis(weights, 1, 0), bias, level, *found[1:]))
            order.append(tasks)
    place = np.argsort(np.concatenate(order))
    weights, bias, level, gap, decrement, steps, status = (
        np.concatenate(each)[place] for each in zip(*parts, strict=True)
    )
    weights = np.ascontiguousarray(np.moveaxis(weights, 0, 1))
    if not np.isfinite(weights).all():
        raise ValueError("the head overflowed: rescale the features")
    return SoftmaxHead(weights, bias, gap, decrement, steps, status, np.array(rank), center, level)


def joined(heads: list[SoftmaxHead]) -> SoftmaxHead:
    """Put heads of one task each, on the same features, together.

    Example:
        >>> none = np.zeros(())
        >>> one = SoftmaxHead(np.zeros((1, 2)), np.zeros(2), none, none, np.array(0), np.array(0),
        ...                   np.array(1), np.zeros(1), np.zeros(2))
        >>> joined([one, one]).weights.shape
        (1, 2, 2)
    """
    of = [(h.bias, h.gap, h.decrement, h.steps, h.status, h.level) for h in heads]
    bias, gap, decrement, steps, status, level = (np.stack(part) for part in zip(*of, strict=True))
    weights = np.stack([head.weights for head in heads], axis=1)
    rank, center = heads[0].rank, heads[0].center
    return SoftmaxHead(weights, bias, gap, decrement, steps, status, rank, center, level)


def first(head: SoftmaxHead) -> SoftmaxHead:
    """Take the head of the only task.

    Example:
        >>> none, one = np.zeros(1), np.zeros(1, int)
        >>> many = SoftmaxHead(np.zeros((1, 1, 2)), np.zeros((1, 2)), none, none, one, one,
        ...                    np.array(1), np.zeros(1), np.zeros((1, 2)))
        >>> first(many).weights.shape
        (1, 2)
    """
    weights = np.asarray(head.weights)[:, 0]
    parts = (head.bias, head.gap, head.decrement, head.steps, head.status, head.level)
    bias, gap, decrement, steps, status, level = (np.array(np.asarray(part)[0]) for part in parts)
    return to_jax(
        SoftmaxHead(weights, bias, gap, decrement, steps, status, head.rank, head.center, level)
    )


def check_ridge(ridge: Any, tasks: int) -> np.ndarray:
    """Return λ of each task, or refuse.

    Example:
        >>> check_ridge(0.5, 2)
        array([0.5, 0.5])
    """
    if isinstance(ridge, Tracer):
        raise ValueError("ridge is traced: softmax heads are fitted by numpy, on known numbers")
    found = np.asarray(ridge, float)
    if found.ndim and found.shape != (tasks,):
        raise ValueError(f"ridge must be one number or ({tasks},), got {found.shape}")
    if not ((found >= 0) & np.isfinite(found)).all():
        raise ValueError(f"ridge must be at least 0 and finite, got {ridge}")
    return np.broadcast_to(found, (tasks,)).copy()


def check_shares(shares: np.ndarray) -> None:
    """Refuse labels in which a class never occurs: its bias would fall without end.

    Args:
        shares: mean of the labels, `(tasks, classes)`.

    Example:
        >>> check_shares(np.array([[0.5, 0.5], [1.0, 0.0]]))
        Traceback (most recent call last):
            ...
        ValueError: labels never hold class 1 in task 1, and its bias would fall without end: ...
    """
    absent = np.argwhere(shares == 0)
    if len(absent):
        task, name = absent[0].tolist()
        where = f" in task {task}" if len(shares) > 1 else ""
        raise ValueError(
            f"labels never hold class {name}{where}, and its bias would fall without end: number "
            "the classes that occur, or use bias=False with a ridge"
        )


def _groups(own: Any, shape: tuple[int, int], basis: Any) -> list[Any]:
    classes, rows = shape
    width = len(basis.units)
    entries = ((classes - 1) * width) ** 2
    if entries > _MOST:
        raise ValueError(
            f"a Hessian of {classes} classes and {width} directions of the features has "
            f"{entries:.0e} entries: fit on fewer features, as principal components"
        )
    size = max(1, min(_CELLS // (classes * rows), _CURVES // max(entries, 1)))
    return np.array_split(own, -(-len(own) // size))
