"""A column of texts as users have it: what is no text gets a sentence."""

from typing import Any

from w2s_jax.data._cells import column_of, text_of
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
    column = column_of(texts, "texts", "texts")
    return sift(column, text_of, errors=errors)
