"""Arguments that speak of the same rows must have the same rows, in the same order."""

from itertools import pairwise
from typing import Any

import numpy as np


def same_rows(**arguments: Any) -> None:
    """Refuse arguments whose numbers of rows, or whose pandas indexes, differ.

    Args:
        arguments: as the user gave them, by name; None is left out.

    Raises:
        ValueError: names the two arguments, and the first row where their indexes differ.

    Example:
        >>> same_rows(weak=[1, 2], student=[1, 2, 3])
        Traceback (most recent call last):
            ...
        ValueError: weak has 2 rows and student has 3: pass the same inputs in the same order
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    lengths = {name: _rows(value) for name, value in given.items()}
    lengths = {name: count for name, count in lengths.items() if count is not None}
    for (one, here), (other, there) in pairwise(lengths.items()):
        if here != there:
            raise ValueError(
                f"{one} has {here} rows and {other} has {there}: "
                "pass the same inputs in the same order"
            )
    named = {name: value.index for name, value in given.items() if _has_index(value)}
    for (one, here), (other, there) in pairwise(named.items()):
        if not here.equals(there):
            place = int(np.argmax(np.asarray(here != there)))
            raise ValueError(
                f"the indexes of {one} and {other} differ, first at row {place} "
                f"({str(here[place])[:40]!r} and {str(there[place])[:40]!r}): "
                f"align them with {other}.loc[{one}.index], or pass .to_numpy()"
            )


def _has_index(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "index")


def _rows(value: Any) -> int | None:
    shape = getattr(value, "shape", None)
    if shape is None:
        return len(value) if isinstance(value, list | tuple) else None
    return int(shape[0]) if len(shape) else None
