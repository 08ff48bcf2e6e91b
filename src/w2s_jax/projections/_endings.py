"""How a solver ended: numbers with sentences, and the error where something is not certified."""

from enum import IntEnum
from typing import Any

import numpy as np


class Ending(IntEnum):
    """What the numbers of a `status` derive from: each member is a number and its sentence.

    Example:
        >>> class Walk(Ending):
        ...     certified = 0, "There."
        ...     lost = 1, "Lost. Ask the way."
        >>> print(Walk(1).sentence, Walk.lost == 1)
        Lost. Ask the way. True
    """

    sentence: str
    """What this outcome means, and what to do about it."""

    def __new__(cls, number: int, sentence: str) -> "Ending":
        found = int.__new__(cls, number)
        found._value_, found.sentence = number, sentence
        return found

    @classmethod
    def demand_certified(cls, status: Any, gap: Any, noun: str, verb: str) -> None:
        """Refuse known results of which one is not certified, as 0 is.

        Args:
            status: one a result, of any shape.
            gap: shaped alike.
            noun: what a result is called.
            verb: what the sentence begins with.

        Raises:
            ValueError: naming the first that is not, and what to do.

        Example:
            >>> from w2s_jax.projections import Status
            >>> Status.demand_certified([0, 2], [0.0, 1.0], "point", "project")
            Traceback (most recent call last):
            ValueError: project: point 1, one of 1 such: gap 1.0e+00. Failed: the numbers ...
        """
        status, gap = np.asarray(status), np.asarray(gap)
        bad = np.argwhere(status != 0)
        if not len(bad):
            return
        place = tuple(bad[0].tolist())
        shown = place[0] if len(place) == 1 else place
        where = f"{noun} {shown}, one of {len(bad)} such: " if place else ""
        sentence = cls(int(status[place])).sentence
        raise ValueError(
            f"{verb}: {where}gap {float(gap[place]):.1e}. {sentence} throw=False returns it."
        )
