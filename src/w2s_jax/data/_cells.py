"""Cells of a column of SMILES as users have them: text, molecules, and what is neither."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

_EDGES = "\ufeff\u200b"  # byte-order marks and blanks of no width, which `strip` leaves


def column_of(smiles: Any) -> Iterable[Any]:
    """Refuse what is no column: one string, a set, a table, nothing.

    Raises:
        ValueError: with the remedy.

    Example:
        >>> column_of("CCO")
        Traceback (most recent call last):
        ValueError: smiles must be several strings, got one: wrap it in a list
    """
    if isinstance(smiles, str | bytes):
        raise ValueError("smiles must be several strings, got one: wrap it in a list")
    if is_molecule(smiles):
        raise ValueError("smiles must be several molecules, got one: wrap it in a list")
    axes = getattr(smiles, "ndim", 1)
    if axes != 1 or isinstance(smiles, Mapping) or hasattr(smiles, "columns"):
        kind = f"{type(smiles).__name__} of {axes} axes" if axes != 1 else type(smiles).__name__
        raise ValueError(f"smiles must be one column, got a {kind}: name the column")
    if isinstance(smiles, set | frozenset):
        raise ValueError("smiles must have an order, got a set: rows would lose their labels")
    if not hasattr(smiles, "__iter__"):
        kind = type(smiles).__name__
        raise ValueError(f"smiles must be several strings, got {kind}: give a list of SMILES")
    return smiles


def is_molecule(cell: Any) -> bool:
    """Tell whether a cell is a molecule of RDKit's, without importing it.

    Example:
        >>> is_molecule("CCO")
        False
    """
    return hasattr(cell, "GetNumHeavyAtoms") and hasattr(cell, "GetAtoms")


def text_of(cell: Any) -> str:
    r"""Take the text of a cell, without blanks and byte-order marks at its edges.

    Raises:
        ValueError: with the reason: a cell that is missing, blank, no text; a blank or a sign
            inside that no SMILES holds.

    Example:
        >>> text_of(" CCO\n")
        'CCO'
        >>> text_of("c1ccccc1 C(=O)O")
        Traceback (most recent call last):
        ValueError: has a blank inside, and what follows would be lost; keep one SMILES
    """
    if _is_missing(cell):
        raise ValueError("is missing; drop the row")
    if not isinstance(cell, str):
        kind = type(cell).__name__
        raise ValueError(f"is no SMILES but of type {kind}; drop the row or mend it")
    text = str(cell).strip().strip(_EDGES).strip()
    if not text:
        raise ValueError("is blank; drop the row")
    if any(sign.isspace() for sign in text):
        raise ValueError("has a blank inside, and what follows would be lost; keep one SMILES")
    strange = [sign for sign in text if not "!" <= sign <= "~"]
    if strange:
        raise ValueError(f"holds {strange[0]!r}, which no SMILES holds; mend it")
    return text


def _is_missing(cell: Any) -> bool:
    if cell is None or cell is np.ma.masked or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, float | np.floating) and bool(np.isnan(cell))
