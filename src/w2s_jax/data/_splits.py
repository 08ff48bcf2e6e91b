"""ChemBench's random splits, recomputed: they need no file."""

import operator
from typing import NamedTuple, SupportsIndex

import numpy as np
from jaxtyping import Int


class Split(NamedTuple):
    """Hold the sorted row numbers of a training, a validation and a test part.

    Args:
        train: row numbers, integers of shape (n_train,), ascending.
        valid: row numbers, integers of shape (n_valid,), ascending.
        test: row numbers, integers of shape (n_test,), ascending.

    Example:
        >>> train, valid, test = chembench_split(20)
        >>> len(train), len(valid), len(test)
        (16, 2, 2)
    """

    train: Int[np.ndarray, " n_train"]
    valid: Int[np.ndarray, " n_valid"]
    test: Int[np.ndarray, " n_test"]


def chembench_split(n: SupportsIndex, seed: SupportsIndex = 122) -> Split:
    r"""Split n rows at random into 80 % train, 10 % valid, 10 % test, as ChemBench does.

    With $\pi$ the permutation that NumPy's legacy generator draws from the seed, train is
    $\pi_0 \dots \pi_{\lfloor .8n \rfloor - 1}$, valid goes on to $\lfloor .9n \rfloor$, test is
    the rest; each is sorted.  ChemBench's three splits have the seeds 122, 123 and 124: name a
    split by its seed.

    Source: part "Molecules"; MoleculeNet's sets as packaged by ChemBench.

    Args:
        n: the number of rows, at least 10, so that no part is empty.
        seed: ChemBench's seed, from 0 to 2**32 - 1.

    Returns:
        The split, its parts disjoint, sorted, and together all of `range(n)`.

    Raises:
        TypeError: if `n` or `seed` is not an integer.
        ValueError: if `n` < 10, or `seed` is out of range.

    Example:
        >>> split = chembench_split(1128, seed=122)
        >>> [len(part) for part in split]
        [902, 113, 113]
    """
    n, seed = _integer("n", n), _integer("seed", seed)
    if n < 10:
        raise ValueError(f"n must be at least 10, so that no part is empty, got {n}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be from 0 to 2**32 - 1, got {seed}")
    # ChemBench drew from the legacy generator; the newer ones give other splits
    order = np.random.RandomState(seed).permutation(n)
    first, second = int(0.8 * n), int(0.9 * n)
    return Split(np.sort(order[:first]), np.sort(order[first:second]), np.sort(order[second:]))


def _integer(name: str, value: SupportsIndex) -> int:
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    return operator.index(value)
