"""Splits in which no book stands in two parts."""

from collections.abc import Sequence

import numpy as np

from w2s_jax.data import Split, chembench_split
from w2s_jax.text._reviews import title_key


def title_split(titles: Sequence[str], seed: int = 122) -> Split:
    r"""Split n reviews by book: 80 % of the titles train, 10 % valid, 10 % test.

    With the reviews of one title in one part, nothing that a reader says of a book is known from
    another reader of it. Titles, in their alphabetical order, are split as `chembench_split` splits
    rows, so that parts have about as many reviews.

    Args:
        titles: n, one a review; blanks and capitals aside, the same title is the same book.
        seed: from 0 to 2**32 - 1.

    Returns:
        The split, its parts disjoint, sorted, and together all of `range(n)`.

    Raises:
        ValueError: fewer than ten titles, or a seed out of range.

    Example:
        >>> titles = [f"Tome {k}" for k in range(20)] * 2
        >>> [len(part) for part in title_split(titles)]
        [32, 4, 4]
    """
    _, group = np.unique([title_key(title) for title in titles], return_inverse=True)
    count = int(group.max(initial=-1)) + 1
    if count < 10:
        raise ValueError(f"titles must name at least 10 books, so that no part is empty: {count}")
    parts = chembench_split(count, seed)
    return Split(*(np.flatnonzero(np.isin(group, part)) for part in parts))
