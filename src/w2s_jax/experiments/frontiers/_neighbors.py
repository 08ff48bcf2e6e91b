"""Expansion, estimated: how many neighbors of a mistake the teacher has right."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int


def neighbors_of(features: Float[np.ndarray, "n d"], count: int) -> Int[np.ndarray, "n k"]:
    """Find each input's nearest others, by the cosine of their features about the mean.

    Args:
        features: of n inputs; those whose features are the mean are near to none in particular.
        count: how many, fewer than n.

    Returns:
        Their rows, the nearest first, without the input itself.

    Example:
        >>> neighbors_of(np.array([[1.0, 0.0], [0.9, 0.1], [-1.0, 0.2]]), 1).tolist()
        [[1], [0], [1]]
    """
    h = features - features.mean(0)
    lengths = np.linalg.norm(h, axis=1, keepdims=True)
    h = (h / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    likeness = h @ h.T
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
    order = np.take_along_axis(likeness, nearest, axis=1).argsort(axis=1)[:, ::-1]
    return np.take_along_axis(nearest, order, axis=1)


def right_near(
    wrong: Bool[np.ndarray, " n"], near: Int[np.ndarray, "n k"], shuffles: int, seed: int
) -> dict[str, Any]:
    """Share of right labels around wrong ones and around right ones, and when mistakes are dealt.

    Args:
        wrong: where the teacher is.
        near: each input's neighbors.
        shuffles: how often the same number of mistakes is dealt out at random.
        seed: of the shuffles.

    Returns:
        `right_near_wrong`, `right_near_right`, and of the first after shuffling the least, the mean
        and the largest.

    Raises:
        ValueError: a teacher that is always wrong, or never.

    Example:
        >>> pairs = np.array([[1], [0], [3], [2]])
        >>> found = right_near(np.array([True, True, False, False]), pairs, 2, 0)
        >>> found["right_near_wrong"], found["right_near_right"]
        (0.0, 1.0)
    """
    if wrong.all() or not wrong.any():
        raise ValueError(f"wrong must be true for some inputs and not for all, got {wrong.sum()}")
    right = (~wrong)[near].mean(1)
    rng, dealt = np.random.default_rng(seed), []
    for _ in range(shuffles):
        anew = rng.permutation(wrong)
        dealt.append((~anew)[near].mean(1)[anew].mean())
    return {
        "right_near_wrong": float(right[wrong].mean()),
        "right_near_right": float(right[~wrong].mean()),
        "shuffled_low": float(min(dealt)),
        "shuffled": float(np.mean(dealt)),
        "shuffled_high": float(max(dealt)),
    }


def voted(weak: Bool[np.ndarray, " n"], near: Int[np.ndarray, "n k"]) -> Bool[np.ndarray, " n"]:
    """Take the majority of each input's weak label and those of its k neighbors, k even.

    Example:
        >>> voted(np.array([True, False, False]), np.array([[1, 2], [0, 2], [0, 1]])).tolist()
        [False, False, False]
    """
    return 2 * (weak + weak[near].sum(1)) > near.shape[1] + 1
