"""A pretraining corpus: SMILES read from a file, checked, flattened, and turned into codes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from w2s_jax.data import (
    SOURCES,
    BadRows,
    Malformed,
    Sifted,
    fetch,
    load_esol,
    load_freesolv,
    load_lipop,
)
from w2s_jax.data._files import first_word, smiles_lines
from w2s_jax.data._rows import Errors, sift
from w2s_jax.data._structures import flat_of, need_rdkit, parsed
from w2s_jax.encoders import Corpus, Sample, sample_of
from w2s_jax.encoders._recipe import LENGTHS
from w2s_jax.files._digests import file_sha256
from w2s_jax.molecules._reading import flatten
from w2s_jax.molecules._tokenizer import SMILES

LONGEST = LENGTHS[-1]  # the longest of the ChEMBL subset has 100


@overload
def read_smiles(path: Path | str, *, errors: Literal["raise"] = "raise") -> list[str]: ...
@overload
def read_smiles(path: Path | str, *, errors: Literal["report"]) -> Sifted[str]: ...
def read_smiles(path: Path | str, *, errors: Errors = "raise") -> list[str] | Sifted[str]:
    r"""Read a `.smi` or `.smi.gz` file, one SMILES a line with or without a name.

    A name follows after a tab or a blank. A header, byte-order marks and blank lines at the end are
    passed over.

    Args:
        path: of the file.
        errors: "raise" all bad lines together, or "report" them beside the others.

    Returns:
        The SMILES as they are spelled, or with "report" a `Sifted`.

    Raises:
        ImportError: RDKit is missing.
        Malformed: no such file, one that is broken off, or no text.
        BadRows: lines that RDKit cannot read, each with its number, its text and RDKit's reason.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "three.smi")
        ...     _ = path.write_text("CCO\tethanol\nC1CC\nc1ccccc1\n")
        ...     read = read_smiles(path, errors="report")
        >>> read.found, read.bad[0].line
        (['CCO', 'c1ccccc1'], 2)
    """

    def read(line: str) -> str:
        text = first_word(line)
        parsed(text)
        return text

    return _lines_read(path, read, errors)


def _lines_read(path: Path | str, read: Callable[[str], Any], errors: Errors) -> Any:
    lines, numbers = smiles_lines(path)
    need_rdkit()
    from rdkit import rdBase

    with rdBase.BlockLogs():
        return sift(lines, read, errors=errors, lines=numbers, file=str(path))


def _sample(flat: Sequence[str]) -> Sample:
    return sample_of(flat, SMILES, longest=LONGEST)


def read_corpus(
    path: Path | str | None = None,
    *,
    tokens: int,
    leak_free: bool = True,
    validation: int = 5_000,
    errors: Errors = "raise",
) -> Corpus:
    r"""Read a corpus's first molecules to train on and its last to validate on.

    A file of your own is flattened, and molecules are told apart by structure: each is kept once,
    where it comes first. This takes RDKit about a minute for 250,000 lines. The ChEMBL subset is
    flat, without repetitions, as a test of this package has RDKit confirm.

    Args:
        path: of a file as in `read_smiles`, in random order; the ChEMBL subset, which must be in
            the folder `W2S_DATA_DIR`, if None.
        tokens: the first molecules with so many symbols are trained on, or all there are.
        leak_free: leave out the molecules that also stand in ESOL, FreeSolv or Lipop, however they
            are spelled there and here.
        validation: molecules to validate on, at most a tenth of the file.
        errors: "raise" all bad lines together, or "report" them in the corpus's `bad` and go on
            with the others.

    Returns:
        A `Corpus`.

    Raises:
        ImportError: RDKit is missing.
        ValueError: fewer tokens or molecules to validate on than one.
        Malformed: as `read_smiles`; under 20 molecules.
        BadRows: lines that cannot be read, with an element that encoders do not read, or of more
            than 104 symbols.
        Unavailable: the ChEMBL subset, or a set whose molecules are left out, is not to be had.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "chains.smi")
        ...     _ = path.write_text("\n".join("C" * n for n in range(1, 31)))
        ...     corpus = read_corpus(path, tokens=10, leak_free=False)
        >>> corpus.training.texts, len(corpus.validation.texts)
        (('C', 'CC', 'CCC', 'CCCC'), 3)
    """
    for name, number in {"tokens": tokens, "validation": validation}.items():
        if not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"{name} must be an integer of at least 1, got {number!r}")
    file = fetch("corpus") if path is None else Path(path)
    known = file_sha256(file) if file.is_file() else ""
    if known == SOURCES["corpus"].sha256:
        kept, bad = smiles_lines(file)[0], ()
        left_out = {*smiles_lines(fetch("overlap"))[0]} if leak_free else set()
    else:
        read = _lines_read(file, _flat_line, "report")
        if read.bad and errors == "raise":
            raise BadRows(read.bad, of=len(read.found) + len(read.bad), file=str(file))
        kept, bad = [*dict.fromkeys(read.found)], read.bad
        left_out = _evaluated() if leak_free else set()
    kept = [flat for flat in kept if flat not in left_out]
    if len(kept) < 20:
        raise Malformed(f"{file} has {len(kept)} molecules to train on, and 20 are the least")
    last = len(kept) - min(validation, len(kept) // 10)
    return Corpus(_first(kept[:last], tokens), _sample(kept[last:]), known, file.name, bad)


def _evaluated() -> set[str]:
    """Give the flat molecules of the three sets on which encoders are evaluated."""
    smiles = [one for load in (load_esol, load_freesolv, load_lipop) for one in load().smiles]
    return set(flatten(smiles))


def _flat_line(line: str) -> str:
    flat = flat_of(first_word(line))
    SMILES.codes_of(flat, longest=LONGEST)
    return flat


def _first(smiles: list[str], tokens: int) -> Sample:
    """Turn as many into codes as it takes."""
    # No symbol has more than two characters, so that this many are enough.
    characters = np.cumsum([len(one) for one in smiles])
    many = int(np.searchsorted(characters, 2 * tokens)) + 1
    few = int(np.searchsorted(characters, tokens)) + 1
    sample = _sample(smiles[:few])
    while sample.codes.size < tokens and few < min(many, len(smiles)):
        few = min(few + few // 10 + 1, len(smiles))
        sample = _sample(smiles[:few])
    count = min(int(np.searchsorted(sample.ends, tokens)) + 1, few, len(sample.texts))
    end = int(sample.ends[count - 1])
    return Sample(sample.texts[:count], sample.codes[:end], sample.ends[:count])
