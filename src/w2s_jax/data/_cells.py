"""Cells of a column as users have them: SMILES, molecules, texts, and what is none of these."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

_EDGES = "\ufeff\u200b"  # byte-order marks and blanks of no width, which `strip` leaves


def column_of(column: Any, name: str = "smiles", of: str = "SMILES") -> Iterable[Any]:
    """Refuse what is no column: one string, a set, a table, nothing.

    Args:
        column: what a user brings.
        name: of the argument, for messages.
        of: what it should hold, for messages.

    Raises:
        ValueError: with the remedy.

    Example:
        >>> column_of("CCO")
        Traceback (most recent call last):
        ValueError: smiles must be several strings, got one: wrap it in a list
    """
    if isinstance(column, str | bytes):
        raise ValueError(f"{name} must be several strings, got one: wrap it in a list")
    if is_molecule(column):
        raise ValueError(f"{name} must be several molecules, got one: wrap it in a list")
    axes = getattr(column, "ndim", 1)
    if axes != 1 or isinstance(column, Mapping) or hasattr(column, "columns"):
        kind = f"{type(column).__name__} of {axes} axes" if axes != 1 else type(column).__name__
        raise ValueError(f"{name} must be one column, got a {kind}: name the column")
    if isinstance(column, set | frozenset):
        raise ValueError(f"{name} must have an order, got a set: rows would lose their labels")
    if not hasattr(column, "__iter__"):
        kind = type(column).__name__
        raise ValueError(f"{name} must be several strings, got {kind}: give a list of {of}")
    return column


def is_molecule(cell: Any) -> bool:
    """Tell whether a cell is a molecule of RDKit's, without importing it.

    Example:
        >>> is_molecule("CCO")
        False
    """
    return hasattr(cell, "GetNumHeavyAtoms") and hasattr(cell, "GetAtoms")


def text_of(cell: Any, what: str = "text") -> str:
    r"""Take the text of a cell, without blanks and byte-order marks at its edges.

    Args:
        cell: what a user brings.
        what: what it should be, for messages.

    Raises:
        ValueError: with the reason: a cell that is missing, blank, or no text.

    Example:
        >>> text_of("Un régal !\n")
        'Un régal !'
        >>> text_of(4.5)
        Traceback (most recent call last):
        ValueError: is no text but of type float; drop the row or mend it
    """
    if is_missing(cell):
        raise ValueError("is missing; drop the row")
    if not isinstance(cell, str):
        raise ValueError(f"is no {what} but of type {type(cell).__name__}; drop the row or mend it")
    text = str(cell).strip().strip(_EDGES).strip()
    if not text:
        raise ValueError("is blank; drop the row")
    return text


def smiles_of(cell: Any) -> str:
    r"""Take the SMILES of a cell.

    Raises:
        ValueError: as `text_of`; a blank or a sign inside that no SMILES holds.

    Example:
        >>> smiles_of(" CCO\n")
        'CCO'
        >>> smiles_of("c1ccccc1 C(=O)O")
        Traceback (most recent call last):
        ValueError: has a blank inside, and what follows would be lost; keep one SMILES
    """
    text = text_of(cell, "SMILES")
    if any(sign.isspace() for sign in text):
        raise ValueError("has a blank inside, and what follows would be lost; keep one SMILES")
    strange = [sign for sign in text if not "!" <= sign <= "~"]
    if strange:
        raise ValueError(f"holds {strange[0]!r}, which no SMILES holds; mend it")
    return text


def is_missing(cell: Any) -> bool:
    """Tell whether a cell says that nothing stands there.

    Example:
        >>> is_missing(None), is_missing(float("nan")), is_missing("")
        (True, True, False)
    """
    if cell is None or cell is np.ma.masked or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, float | np.floating) and bool(np.isnan(cell))
