"""Read SMILES with RDKit, naming every row that cannot be read (extra `molecules`)."""

from collections.abc import Iterable
from typing import Any, Literal, overload

from w2s_jax.data._rows import Errors, Sifted
from w2s_jax.data._structures import flat_of, need_rdkit, parsed, read_each, spelled

__all__ = ["flatten", "need_rdkit", "read_kekulized", "read_molecules"]


@overload
def read_molecules(smiles: Iterable[Any], *, errors: Literal["raise"] = "raise") -> list: ...
@overload
def read_molecules(smiles: Iterable[Any], *, errors: Literal["report"]) -> Sifted: ...
def read_molecules(smiles: Iterable[Any], *, errors: Errors = "raise") -> list | Sifted:
    """Parse SMILES into RDKit molecules.

    Args:
        smiles: n SMILES strings, blanks at their edges apart, or molecules of RDKit's.
        errors: "raise" all rows that cannot be read together, or "report" them beside the others.

    Returns:
        n `rdkit.Chem.Mol`; with "report" a `Sifted` of those that can be read, their rows, and the
        others with RDKit's reasons.

    Raises:
        ImportError: RDKit is missing.
        ValueError: no column of SMILES.
        BadRows: rows that cannot be read, each with its text and RDKit's reason.

    Example:
        >>> [molecule.GetNumAtoms() for molecule in read_molecules(["CCO", "c1ccccc1"])]
        [3, 6]
        >>> read_molecules(["CCO", "C1CC", None], errors="report").bad[0].reason
        'unclosed ring'
    """
    return read_each(smiles, lambda cell: parsed(spelled(cell)), errors)


@overload
def flatten(smiles: Iterable[Any], *, errors: Literal["raise"] = "raise") -> list[str]: ...
@overload
def flatten(smiles: Iterable[Any], *, errors: Literal["report"]) -> Sifted[str]: ...
def flatten(smiles: Iterable[Any], *, errors: Errors = "raise") -> list[str] | Sifted[str]:
    """Rewrite SMILES as the pretraining corpus is written: one spelling a molecule.

    Dropped are stereochemistry, isotopes, atom maps, hydrogens that go without saying, and all
    fragments but the one with the most heavy atoms: of several, the one with the most carbons, then
    the first in alphabetical order. Kept are charges and tautomers as they are drawn. What is left
    is in the canonical order of RDKit's version, and flattening it again changes nothing.

    Args:
        smiles: n SMILES strings or molecules of RDKit's.
        errors: as in `read_molecules`.

    Returns:
        n strings, or with "report" a `Sifted`.

    Raises:
        ImportError: RDKit is missing.
        ValueError: no column of SMILES.
        BadRows: rows that cannot be read, each with its text and RDKit's reason.

    Example:
        >>> flatten(["OC[C@H](N)C.Cl", "C(C)O", "[CH3:1][18OH:2]", "CCN.CCC"])
        ['CC(N)CO', 'CCO', 'CO', 'CCC']
    """
    return read_each(smiles, lambda cell: flat_of(spelled(cell)), errors)


@overload
def read_kekulized(smiles: Iterable[Any], *, errors: Literal["raise"] = "raise") -> list[str]: ...
@overload
def read_kekulized(smiles: Iterable[Any], *, errors: Literal["report"]) -> Sifted[str]: ...
def read_kekulized(smiles: Iterable[Any], *, errors: Errors = "raise") -> list[str] | Sifted[str]:
    """Rewrite SMILES with single and double bonds for aromatic ones, beginning as they began.

    Args:
        smiles: n SMILES strings or molecules of RDKit's.
        errors: as in `read_molecules`.

    Returns:
        n strings, or with "report" a `Sifted`.

    Raises:
        ImportError: RDKit is missing.
        ValueError: no column of SMILES.
        BadRows: rows that cannot be read, each with its text and RDKit's reason.

    Example:
        >>> read_kekulized(["Cc1cc[nH]c1"])
        ['CC1=CNC=C1']
    """
    return read_each(smiles, lambda cell: kekulized(spelled(cell)), errors)


def kekulized(text: str) -> str:
    """Rewrite one SMILES as `read_kekulized` does.

    Raises:
        ValueError: with RDKit's reason.

    Example:
        >>> kekulized("c1ccncc1")
        'C1=CC=NC=C1'
    """
    from rdkit import Chem

    parsed(text)
    molecule = Chem.MolFromSmiles(text, sanitize=False)
    # As MolBERT read its corpus: N(=O)=O stays as it is written, though five bonds are no valence.
    steps = Chem.SanitizeFlags.SANITIZE_ALL ^ Chem.SanitizeFlags.SANITIZE_CLEANUP
    Chem.SanitizeMol(molecule, steps, catchErrors=True)
    Chem.Kekulize(molecule, clearAromaticFlags=True)
    return Chem.MolToSmiles(molecule, kekuleSmiles=True, canonical=False)
