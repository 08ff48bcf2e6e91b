"""SMILES ↦ features: what an encoder says of a molecule, averaged over its symbols."""

from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import jax
import numpy as np
from jaxtyping import Float, Int

from w2s_jax.data._cells import column_of
from w2s_jax.data._rows import Errors, shown
from w2s_jax.data._structures import flat_of, read_each, spelled
from w2s_jax.encoders import Encoder, pool
from w2s_jax.encoders._pooling import check_layers, length_problem
from w2s_jax.files import fingerprint, kept
from w2s_jax.files._cache import Cache
from w2s_jax.molecules._tokenizer import SMILES

Codes = Callable[[Sequence[Any]], list[Int[np.ndarray, " _"]]]


def flat_codes(smiles: Iterable[Any], *, errors: Errors = "raise") -> Any:
    """Flatten SMILES as the pretraining corpus was, then turn them into codes.

    Args:
        smiles: n SMILES strings or molecules of RDKit's.
        errors: "raise" all rows that have no codes together, or "report" them beside the others.

    Returns:
        n arrays of codes, or with "report" a `Sifted`.

    Raises:
        ImportError: RDKit is missing.
        ValueError: no column of SMILES.
        BadRows: rows that RDKit cannot read, with an element that the encoders never saw, or longer
            than they read.

    Example:
        >>> [codes.tolist() for codes in flat_codes(["OC", "CO"])]
        [[27, 29], [27, 29]]
        >>> flat_codes(["C1CC", "CO", "C[Hg]C"], errors="report").rows.tolist()
        [1]
    """
    return read_each(smiles, _flat_codes, errors)


def _flat_codes(cell: Any) -> Int[np.ndarray, " _"]:
    codes = SMILES.codes_of(flat_of(spelled(cell)))
    if problem := length_problem(codes.size):
        raise ValueError(problem)
    return codes


def features(
    smiles: Iterable[Any],
    encoder: Encoder,
    *,
    layers: Literal["last", "all"] = "last",
    codes: Codes | None = None,
    cache: Cache = None,
    progress: bool = False,
) -> Float[np.ndarray, "n d"]:
    """Compute an encoder's features: its token vectors, averaged over each molecule.

    Molecules of about the same length share a batch. A row depends on its own molecule only, not on
    the others, their number or their order, but for rounding.

    Args:
        smiles: n SMILES strings or molecules of RDKit's.
        encoder: trained or not.
        layers: "last" block's vectors, or those of "all" blocks side by side.
        codes: SMILES ↦ the encoder's codes, a named function; `flat_codes` if None, `tokenize`
            where the SMILES are flat already, `molbert_codes` for MolBERT.
        cache: a folder to keep the features in and to find them again, True for the user's cache
            folder. A file that was damaged is computed anew.
        progress: show a bar.

    Returns:
        `(n, d)` in float64, as heads compute, d being the width, times the blocks if "all". The
        digits are those of the encoder's own dtype.

    Raises:
        BadRows: all SMILES that cannot be read or are too long, each with a reason and remedy.
        ValueError: no column of SMILES; an encoder of another vocabulary; features that are not
            finite.

    Example:
        >>> from w2s_jax.encoders import Shape
        >>> encoder = Encoder(Shape(width=16, vocabulary=SMILES.size), key=jax.random.key(0))
        >>> features(["CCO", "c1ccccc1", "OCC"], encoder).shape
        (3, 16)
        >>> features(["CCO"], encoder, layers="all").shape
        (1, 32)
    """
    check_layers(layers)
    smiles, codes = list(column_of(smiles)), _codes_for(encoder, codes)

    def compute() -> np.ndarray:
        return pool(codes(smiles), encoder, layers=layers, progress=progress)

    parts = [] if cache is None or cache is False else _parts(smiles, encoder, layers, codes)
    return kept("features", parts, compute, cache).astype(np.float64)


def _codes_for(encoder: Encoder, codes: Codes | None) -> Codes:
    if codes is not None:
        return codes
    vocabulary = encoder.shape.vocabulary
    if vocabulary != SMILES.size:
        raise ValueError(
            f"the encoder knows {vocabulary} codes, not the tokenizer's {SMILES.size}: name "
            "its own function, for example codes=molbert_codes"
        )
    return flat_codes


def _parts(smiles: list, encoder: Encoder, layers: str, codes: Codes) -> list:
    name = f"{getattr(codes, '__module__', None)}.{getattr(codes, '__qualname__', '<')}"
    if "<" in name:
        raise ValueError("codes must be a function that a module defines, so that its name tells")
    try:
        rdkit = version("rdkit")  # another version may spell molecules otherwise
    except PackageNotFoundError:
        rdkit = ""
    texts = [cell if isinstance(cell, str) else _key_of(cell) for cell in smiles]
    return [fingerprint(encoder), layers, name, rdkit, jax.default_backend(), texts]


def _key_of(cell: Any) -> str:
    try:
        return spelled(cell)
    except ValueError:  # reported with its row by who reads the codes
        return shown(cell)
