r"""SMILES ↦ integers: one for each symbol, with nothing unknown and nothing dropped in silence.

A symbol is a bond, a bracket, a digit, a sign or an element. Atoms in brackets are spelled out, so
that `[nH]` is the four symbols `[`, `n`, `H`, `]`, and 44 symbols spell every molecule of the
pretraining corpus, any charge and any isotope. The elements are the corpus's own: a model can say
nothing of an element that it never saw.
"""

import re
from collections.abc import Iterable

import numpy as np
from jaxtyping import Int

PAD, MASK = 0, 1
ELEMENTS = ("B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I", "H")
AROMATIC = ("b", "c", "n", "o", "p", "s", "se")
SYMBOLS = (*"()[]=#-+/\\@%.:0123456789", *ELEMENTS, *AROMATIC)
VOCABULARY_SIZE = 2 + len(SYMBOLS)

_CODES = {symbol: code for code, symbol in enumerate(SYMBOLS, start=2)}
_PLAIN = re.compile(r"Cl|Br|[BCNOFPSIbcnops]|[()=#\-/\\%.:]|\d", re.ASCII)
_BRACKET = re.compile(
    r"\[(\d*)([A-Z][a-z]?|[a-z]{1,2})(@{0,2})(H?\d*)([+-]*\d*)(:\d+)?\]", re.ASCII
)


def symbols_of(smiles: str) -> list[str]:
    """Split one SMILES into its symbols; joined again they are the same string.

    Raises:
        ValueError: nothing to split, an element outside the vocabulary, or no SMILES, with the
            place.

    Example:
        >>> symbols_of("Clc1cc[nH]c1")
        ['Cl', 'c', '1', 'c', 'c', '[', 'n', 'H', ']', 'c', '1']
    """
    if not smiles:
        raise ValueError("an empty SMILES has no features; drop it")
    found, at = [], 0
    while at < len(smiles):
        if plain := _PLAIN.match(smiles, at):
            found.append(plain[0])
            at = plain.end()
        elif bracket := _BRACKET.match(smiles, at):
            found += _spelled(bracket, smiles)
            at = bracket.end()
        else:
            raise ValueError(f"{smiles!r} is no SMILES at character {at + 1}: {smiles[at]!r}")
    return found


def _spelled(bracket: re.Match[str], smiles: str) -> list[str]:
    isotope, element, chirality, hydrogens, charge, label = bracket.groups(default="")
    if element not in ELEMENTS and element not in AROMATIC:
        raise ValueError(
            f"{smiles!r} holds the element {element!r}, which the encoders never saw; they know "
            f"{', '.join(ELEMENTS)}"
        )
    return ["[", *isotope, element, *chirality, *hydrogens, *charge, *label, "]"]


def tokenize(smiles: Iterable[str]) -> list[Int[np.ndarray, " l"]]:
    """Turn SMILES into arrays of codes, one array a molecule, as long as it has symbols.

    Raises:
        ValueError: as `symbols_of`, with the row.

    Example:
        >>> [codes.tolist() for codes in tokenize(["CO", "[2H]C"])]
        [[27, 29], [4, 18, 38, 5, 27]]
    """
    if isinstance(smiles, str):
        raise ValueError("smiles must be several strings, got one: wrap it in a list")
    rows = []
    for row, text in enumerate(smiles):
        try:
            rows.append(np.array([_CODES[s] for s in symbols_of(text)], np.int32))
        except ValueError as error:
            raise ValueError(f"row {row}: {error}") from None
    return rows


def spell(codes: Int[np.ndarray, " l"]) -> str:
    """Turn codes back into SMILES, a masked symbol into `?`; padding is dropped.

    Example:
        >>> spell(tokenize(["C[C@@H](N)C(=O)[O-]"])[0])
        'C[C@@H](N)C(=O)[O-]'
    """
    return "".join("?" if c == MASK else SYMBOLS[c - 2] for c in codes if c != PAD)
