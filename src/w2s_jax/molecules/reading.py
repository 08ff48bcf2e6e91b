"""Read SMILES with RDKit, naming the row that cannot be read (extra `molecules`)."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")


def read_molecules(smiles: Iterable[str]) -> list:
    """Parse SMILES into RDKit molecules.

    Args:
        smiles: n SMILES strings.

    Returns:
        n `rdkit.Chem.Mol`.

    Raises:
        ImportError: RDKit is missing.
        ValueError: a SMILES that RDKit cannot read, with its row.

    Example:
        >>> [molecule.GetNumAtoms() for molecule in read_molecules(["CCO", "c1ccccc1"])]
        [3, 6]
    """
    return _each(smiles, _parsed)


def flatten(smiles: Iterable[str]) -> list[str]:
    """Rewrite SMILES as the pretraining corpus is written.

    What is left is the fragment with the most heavy atoms (the first of several), without
    stereochemistry, in RDKit's canonical order: one spelling a molecule.

    Raises:
        ImportError: RDKit is missing.
        ValueError: a SMILES that RDKit cannot read, with its row.

    Example:
        >>> flatten(["OC[C@H](N)C.Cl", "C(C)O"])
        ['CC(N)CO', 'CCO']
    """
    return _each(smiles, _flat)


def read_kekulised(smiles: Iterable[str]) -> list[str]:
    """Rewrite SMILES with single and double bonds for aromatic ones, beginning as they began.

    Raises:
        ImportError: RDKit is missing.
        ValueError: a SMILES that RDKit cannot read, with its row.

    Example:
        >>> read_kekulised(["Cc1cc[nH]c1"])
        ['CC1=CNC=C1']
    """
    return _each(smiles, _kekulised)


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


def _each(smiles: Iterable[str], read: Callable[[str], T | None]) -> list[T]:
    if isinstance(smiles, str):
        raise ValueError("smiles must be several strings, got one: wrap it in a list")
    need_rdkit()
    from rdkit import rdBase

    found = []
    with rdBase.BlockLogs():
        for row, text in enumerate(smiles):
            one = read(text)
            if one is None:
                raise ValueError(
                    f"row {row}: RDKit cannot read the SMILES {text!r}; drop or mend it"
                )
            found.append(one)
    return found


def _parsed(text: str):
    from rdkit import Chem

    return Chem.MolFromSmiles(text) if text.strip() else None


def _kekulised(text: str) -> str | None:
    from rdkit import Chem

    if _parsed(text) is None:
        return None
    molecule = Chem.MolFromSmiles(text, sanitize=False)
    # As MolBERT read its corpus: N(=O)=O stays as it is written, though five bonds are no valence.
    steps = Chem.SanitizeFlags.SANITIZE_ALL ^ Chem.SanitizeFlags.SANITIZE_CLEANUP
    Chem.SanitizeMol(molecule, steps, catchErrors=True)
    Chem.Kekulize(molecule, clearAromaticFlags=True)
    return Chem.MolToSmiles(molecule, kekuleSmiles=True, canonical=False)


@lru_cache(maxsize=2**14)  # nine encoders ask for the same molecules
def _flat(text: str) -> str | None:
    from rdkit import Chem

    molecule = _parsed(text)
    if molecule is None:
        return None
    pieces = Chem.GetMolFrags(molecule, asMols=True)
    largest = max(pieces, key=lambda piece: piece.GetNumHeavyAtoms())
    Chem.RemoveStereochemistry(largest)
    return Chem.MolToSmiles(largest)
