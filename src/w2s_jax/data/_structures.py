"""Molecules of a column, read by RDKit with its reasons, and the one identity of each."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from w2s_jax.data._cells import column_of, is_molecule, smiles_of
from w2s_jax.data._rows import Errors, Unread, sift

_PATTERN = re.compile(r"~|\[\d*#")  # RDKit reads these signs of SMARTS as if they were SMILES
_TURNS = 8  # rewritings until a spelling stays; more than two were never seen


def need_rdkit() -> None:
    """Say how to install RDKit where it is missing.

    Raises:
        ImportError: RDKit is missing.

    Example:
        >>> need_rdkit()
    """
    try:
        import rdkit  # noqa: F401
    except ImportError as error:
        raise ImportError('molecules need RDKit: pip install "w2s-jax[molecules]"') from error


def read_each(smiles: Iterable[Any], read: Any, errors: Errors = "raise") -> Any:
    """Make something of every row of a column, with RDKit's log silent.

    Args:
        smiles: n SMILES or molecules of RDKit's.
        read: a cell ↦ what is wanted, or a `ValueError` with the reason.
        errors: as in `sift`.

    Returns:
        As `sift`.

    Raises:
        ImportError: RDKit is missing.
        ValueError: no column.
        BadRows: rows that cannot be read, and "raise".

    Example:
        >>> read_each(["CCO "], spelled)
        ['CCO']
    """
    column = column_of(smiles)
    need_rdkit()
    from rdkit import rdBase

    with rdBase.BlockLogs():
        return sift(column, read, errors=errors)


def spelled(cell: Any) -> str:
    """Take the SMILES of a cell, which may be a molecule of RDKit's.

    Raises:
        ValueError: with the reason: neither, or a pattern.

    Example:
        >>> from rdkit import Chem
        >>> spelled(Chem.MolFromSmiles("OCC"))
        'CCO'
    """
    if not is_molecule(cell):
        return smiles_of(cell)
    from rdkit import Chem

    if any(part.HasQuery() for part in (*cell.GetAtoms(), *cell.GetBonds())):
        raise ValueError("is a pattern (SMARTS) and no molecule; read it from a SMILES")
    try:
        return smiles_of(Chem.MolToSmiles(cell))
    except RuntimeError as error:
        raise ValueError(f"has no SMILES: {_first_line(str(error))}; drop it or mend it") from None


def parsed(text: str) -> Any:
    """Parse one SMILES.

    Raises:
        Unread: with RDKit's reason.

    Example:
        >>> parsed("C1CC")
        Traceback (most recent call last):
        w2s_jax.data._rows.Unread: RDKit cannot read the SMILES; drop or mend it (unclosed ring)
    """
    from rdkit import Chem

    molecule = None if _PATTERN.search(text) else Chem.MolFromSmiles(text)
    if molecule is None:
        raise Unread(_reason(text))
    return molecule


@lru_cache(maxsize=2**14)  # nine encoders ask for the same molecules
def flat_of(text: str) -> str:
    """Rewrite one SMILES as `flatten` does.

    Raises:
        ValueError: with RDKit's reason.

    Example:
        >>> flat_of("[CH3:7]O.[Na+]"), flat_of("CCN.CCC"), flat_of("F/C=C/[2H]")
        ('CO', 'CCC', 'C=CF')
    """
    from rdkit import Chem

    molecule = parsed(text)
    for atom in molecule.GetAtoms():
        atom.SetAtomMapNum(0)
        atom.SetIsotope(0)  # no molecule of the pretraining corpus names one
    Chem.RemoveStereochemistry(molecule)
    pieces = [_written(piece) for piece in Chem.GetMolFrags(molecule, asMols=True)]
    # The order of the pieces in the string says nothing: the largest, then by carbons and spelling.
    _, _, text = min((-heavy, -carbons, spelling) for heavy, carbons, spelling in pieces)
    for _ in range(_TURNS):
        again = Chem.MolToSmiles(parsed(text))
        if again == text:
            return text
        text = again
    raise ValueError("has no spelling that RDKit keeps when it reads it again; drop it")


def duplicates(smiles: Iterable[Any]) -> list[Int[np.ndarray, " rows"]]:
    """Find the rows that hold one and the same flat molecule, however they are spelled.

    Args:
        smiles: n SMILES or molecules of RDKit's.

    Returns:
        The rows of each molecule that stands in more than one.

    Raises:
        ImportError: RDKit is missing.
        BadRows: rows that cannot be read.

    Example:
        >>> [rows.tolist() for rows in duplicates(["CCO", "C", "OCC", "[Na+].C", "N"])]
        [[0, 2], [1, 3]]
    """
    return [rows for rows in _groups(smiles).values() if rows.size > 1]


class Leak(NamedTuple):
    """Hold one molecule that stands on both sides.

    Args:
        first: its rows on the first side.
        second: its rows on the second side.
        flat: the molecule, as `flatten` writes it.

    Example:
        >>> Leak(np.array([0]), np.array([3]), "CCO").flat
        'CCO'
    """

    first: Int[np.ndarray, " first"]
    second: Int[np.ndarray, " second"]
    flat: str


def find_leaks(first: Iterable[Any], second: Iterable[Any]) -> list[Leak]:
    """Find the flat molecules that two columns share, however they are spelled.

    Args:
        first: n SMILES or molecules of RDKit's, for example those to train on.
        second: m of them, for example those to test on.

    Returns:
        One `Leak` a molecule.

    Raises:
        ImportError: RDKit is missing.
        BadRows: rows that cannot be read.

    Example:
        >>> (leak,) = find_leaks(["OC", "C"], ["N", "CO"])
        >>> leak.flat, leak.first.tolist(), leak.second.tolist()
        ('CO', [0], [1])
    """
    ours, theirs = _groups(first), _groups(second)
    return [Leak(rows, theirs[flat], flat) for flat, rows in ours.items() if flat in theirs]


def _groups(smiles: Iterable[Any]) -> dict[str, Int[np.ndarray, " rows"]]:
    found: dict[str, list[int]] = {}
    for row, flat in enumerate(read_each(smiles, lambda cell: flat_of(spelled(cell)))):
        found.setdefault(flat, []).append(row)
    return {flat: np.array(rows) for flat, rows in found.items()}


def _written(piece: Any) -> tuple[int, int, str]:
    from rdkit import Chem

    carbons = sum(atom.GetAtomicNum() == 6 for atom in piece.GetAtoms())
    return piece.GetNumHeavyAtoms(), carbons, Chem.MolToSmiles(piece)


def _reason(text: str) -> str:
    """Ask RDKit again, and keep what it says."""
    from rdkit import Chem, rdBase

    if sign := _PATTERN.search(text):
        return f"{sign[0]!r} belongs to patterns (SMARTS)"
    if not hasattr(rdBase, "CaptureErrorLog"):  # RDKit before 2026.3
        return "it gives no reason"
    with rdBase.CaptureErrorLog() as log:
        Chem.MolFromSmiles(text)
    return _first_line(log.messages)


def _first_line(messages: str) -> str:
    first = re.sub(r"^\[[\d:]+\] ", "", messages.strip().partition("\n")[0])
    first = re.sub(r" (for input|while parsing): .*|^SMILES Parse Error: ", "", first)
    place = re.search(r"around position (\d+)", messages)
    return f"{first or 'it gives no reason'}{f' at character {place[1]}' if place else ''}"
