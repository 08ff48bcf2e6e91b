r"""SMILES ↦ integers: one for each symbol, with nothing unknown and nothing dropped in silence.

A symbol is a bond, a bracket, a digit, a sign or an element. Atoms in brackets are spelled out, so
that `[nH]` is the four symbols `[`, `n`, `H`, `]`, and 44 symbols spell every molecule of the
pretraining corpus, any charge and any isotope. The elements are the corpus's own: a model can say
nothing of an element that it never saw.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal, overload

import numpy as np
from jaxtyping import Int

from w2s_jax.data._cells import is_molecule
from w2s_jax.data._rows import Errors, Sifted
from w2s_jax.data._structures import need_rdkit, parsed, read_each, spelled
from w2s_jax.encoders import Alphabet

ELEMENTS = ("B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I", "H")
AROMATIC = ("b", "c", "n", "o", "p", "s", "se")
SYMBOLS = (*"()[]=#-+/\\@%.:0123456789", *ELEMENTS, *AROMATIC)

_PLAIN = re.compile(r"Cl|Br|[BCNOFPSIbcnops]|[()=#\-/\\%.:]|\d", re.ASCII)
_BRACKET = re.compile(
    r"\[(\d*)([A-Z][a-z]?|[a-z]{1,2})(@{0,2})(H?\d*)([+-]*\d*)(:\d+)?\]", re.ASCII
)


def symbols_of(smiles: str) -> list[str]:
    """Split one SMILES into its symbols; joined again they are the same string.

    Raises:
        ImportError: RDKit is missing.
        ValueError: nothing to split, an element outside the vocabulary, with the place, or no
            SMILES, with RDKit's reason.

    Example:
        >>> symbols_of("Clc1cc[nH]c1")
        ['Cl', 'c', '1', 'c', 'c', '[', 'n', 'H', ']', 'c', '1']
    """
    need_rdkit()
    from rdkit import rdBase

    try:
        symbols = split(smiles)
    except ValueError as error:
        raise ValueError(f"{smiles!r} {error}") from None
    with rdBase.BlockLogs():
        _check(smiles)
    return symbols


def split(text: str) -> list[str]:
    """Split a text into symbols, whether or not they spell a molecule.

    Raises:
        ValueError: with the reason.

    Example:
        >>> split("C1Cl")
        ['C', '1', 'Cl']
    """
    if not text:
        raise ValueError("is an empty SMILES and has no features; drop it")
    found, at = [], 0
    while at < len(text):
        if plain := _PLAIN.match(text, at):
            found.append(plain[0])
            at = plain.end()
        elif bracket := _BRACKET.match(text, at):
            found += _spelled(bracket)
            at = bracket.end()
        else:
            raise ValueError(f"is no SMILES at character {at + 1}: {text[at]!r}")
    return found


def _spelled(bracket: re.Match[str]) -> list[str]:
    isotope, element, chirality, hydrogens, charge, label = bracket.groups(default="")
    if element not in ELEMENTS and element not in AROMATIC:
        raise ValueError(
            f"holds the element {element!r}, which the encoders never saw; they know "
            f"{', '.join(ELEMENTS)}"
        )
    return ["[", *isotope, element, *chirality, *hydrogens, *charge, *label, "]"]


@lru_cache(maxsize=2**14)  # the same molecules are asked for again
def _check(text: str) -> None:
    parsed(text)


SMILES = Alphabet(SYMBOLS, split)


@overload
def tokenize(
    smiles: Iterable[Any], *, errors: Literal["raise"] = "raise"
) -> list[Int[np.ndarray, " _"]]: ...
@overload
def tokenize(
    smiles: Iterable[Any], *, errors: Literal["report"]
) -> Sifted[Int[np.ndarray, " _"]]: ...
def tokenize(
    smiles: Iterable[Any], *, errors: Errors = "raise"
) -> list[Int[np.ndarray, " _"]] | Sifted[Int[np.ndarray, " _"]]:
    """Turn SMILES into arrays of codes, one array a molecule, as long as it has symbols.

    The strings are read as they are written, and refused where RDKit reads no molecule in them.

    Args:
        smiles: n SMILES strings, or molecules of RDKit's.
        errors: "raise" all rows that cannot be read together, or "report" them beside the others.

    Returns:
        n arrays, or with "report" a `Sifted`.

    Raises:
        ImportError: RDKit is missing.
        ValueError: no column of SMILES.
        BadRows: rows that hold no SMILES, or an element outside the vocabulary.

    Example:
        >>> [codes.tolist() for codes in tokenize(["CO", "[2H]C"])]
        [[27, 29], [4, 18, 38, 5, 27]]
    """

    def read(cell: Any) -> Int[np.ndarray, " _"]:
        text = spelled(cell)
        codes = SMILES.codes_of(text if is_molecule(cell) else str(cell))
        _check(text)
        return codes

    return read_each(smiles, read, errors)
