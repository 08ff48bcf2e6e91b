"""A column of texts as users have it: what is no text gets a sentence."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from w2s_jax.data._rows import Errors, sift


def read_texts(texts: Any, *, errors: Errors = "raise") -> Any:
    """Take n texts, of any length and alphabet, without the blanks at their edges.

    Args:
        texts: a list, or one column of a frame.
        errors: "raise" all bad rows together, or "report" them beside the others.

    Returns:
        A list of n, or with "report" a `w2s_jax.data.Sifted`.

    Raises:
        ValueError: one text, a set, a table; `errors` is neither word.
        w2s_jax.data.BadRows: a text that is missing, blank, or of another type.

    Example:
        >>> read_texts([" Un régal !", "好看 📚"])
        ['Un régal !', '好看 📚']
        >>> read_texts(["Un régal !", None, ""])
        Traceback (most recent call last):
        w2s_jax.data._rows.BadRows: row 1: None is missing; drop the row. 2 of 3 rows are bad, ...
    """
    if isinstance(texts, str | bytes):
        raise ValueError("texts must be several, got one: wrap it in a list")
    axes = getattr(texts, "ndim", 1)
    if axes != 1 or isinstance(texts, Mapping) or hasattr(texts, "columns"):
        raise ValueError(f"texts must be one column, got a {type(texts).__name__}: name the column")
    if isinstance(texts, set | frozenset):
        raise ValueError("texts must have an order, got a set: rows would lose their labels")
    if not hasattr(texts, "__iter__"):
        raise ValueError(f"texts must be several, got {type(texts).__name__}: give a list of texts")
    return sift(texts, text_of, errors=errors)


def text_of(cell: Any) -> str:
    r"""Take the text of one cell.

    Raises:
        ValueError: with the reason: a cell that is missing, blank, or no text.

    Example:
        >>> text_of("Un régal !\n")
        'Un régal !'
        >>> text_of(4.5)
        Traceback (most recent call last):
        ValueError: is no text but of type float; drop the row or mend it
    """
    kind = type(cell).__name__
    missing = isinstance(cell, float | np.floating) and bool(np.isnan(cell))
    if cell is None or cell is np.ma.masked or missing or kind in ("NAType", "NaTType"):
        raise ValueError("is missing; drop the row")
    if not isinstance(cell, str):
        raise ValueError(f"is no text but of type {kind}; drop the row or mend it")
    text = str(cell).strip()
    if not text:
        raise ValueError("is blank; drop the row")
    return text
