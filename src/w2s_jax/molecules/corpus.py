"""A pretraining corpus: SMILES read from a file, checked, flattened, and turned into codes."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from jaxtyping import Int, UInt8

from w2s_jax.data import (
    SOURCES,
    BadRow,
    BadRows,
    Malformed,
    Sifted,
    fetch,
    load_esol,
    load_freesolv,
    load_lipop,
)
from w2s_jax.data.files import first_word, smiles_lines
from w2s_jax.data.rows import Errors, sift
from w2s_jax.data.structures import flat_of, need_rdkit, parsed
from w2s_jax.molecules.reading import flatten
from w2s_jax.molecules.tokenizer import codes_of

LONGEST = 104  # symbols; the longest of the ChEMBL subset has 100


@dataclass(frozen=True)
class Sample:
    """Molecules as SMILES and as codes end to end.

    Attributes:
        smiles: n strings.
        codes: all symbols of all molecules, one after the other.
        ends: `(n,)`, where each molecule ends in `codes`.

    Example:
        >>> sample = sample_of(["CO", "C"])
        >>> sample.lengths.tolist(), sample.rows(np.array([1, 0, -1]), 3).tolist()
        ([2, 1], [[27, 0, 0], [27, 29, 0], [0, 0, 0]])
    """

    smiles: tuple[str, ...]
    codes: UInt8[np.ndarray, " symbols"]
    ends: Int[np.ndarray, " n"]

    @property
    def lengths(self) -> Int[np.ndarray, " n"]:
        """Symbols of each molecule."""
        return np.diff(self.ends, prepend=0)

    def rows(self, which: Int[np.ndarray, " rows"], length: int) -> Int[np.ndarray, "rows l"]:
        """Pad the molecules with these numbers to one length; -1 gives a row of padding."""
        starts, lengths = (self.ends - self.lengths)[which], self.lengths[which]
        lengths = np.where(which < 0, 0, lengths)
        places = np.arange(length)
        inside = places[None] < lengths[:, None]
        taken = np.where(inside, starts[:, None] + places[None], 0)
        return np.where(inside, self.codes[taken], 0).astype(np.int32)


@dataclass(frozen=True)
class Corpus:
    """What to train on and what to validate on; no molecule is in both.

    Attributes:
        training: the file's first molecules, as many as asked for.
        validation: its last ones.
        digest: SHA-256 of the file's bytes.
        name: of the file.
        bad: lines that were left out.

    Example:
        >>> corpus = Corpus(sample_of(["CO", "C"]), sample_of(["CC"]), "", "mine.smi")
        >>> corpus.training.smiles, corpus.validation.smiles
        (('CO', 'C'), ('CC',))
    """

    training: Sample
    validation: Sample
    digest: str
    name: str
    bad: tuple[BadRow, ...] = ()


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


def sample_of(smiles: Iterable[str]) -> Sample:
    """Turn flat SMILES into a sample; whether they spell molecules is not asked again.

    Raises:
        BadRows: an element outside the vocabulary, a molecule of more than 104 symbols.

    Example:
        >>> sample = sample_of(["CO", "CCl"])
        >>> sample.codes.tolist(), sample.ends.tolist()
        ([27, 29, 27, 34], [2, 4])
    """
    smiles = tuple(smiles)
    rows = sift(smiles, _codes)
    lengths = np.array([row.size for row in rows], np.int64)
    codes = np.concatenate([*rows, np.zeros(0, np.int32)]).astype(np.uint8)
    return Sample(smiles, codes, np.cumsum(lengths))


def _codes(flat: str) -> Int[np.ndarray, " l"]:
    codes = codes_of(flat)
    if codes.size > LONGEST:
        raise ValueError(f"has {codes.size} symbols, and at most {LONGEST} are trained on: drop it")
    return codes


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
        >>> corpus.training.smiles, len(corpus.validation.smiles)
        (('C', 'CC', 'CCC', 'CCCC'), 3)
    """
    for name, number in {"tokens": tokens, "validation": validation}.items():
        if not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"{name} must be an integer of at least 1, got {number!r}")
    file = fetch("corpus") if path is None else Path(path)
    known = _digest(file) if file.is_file() else ""
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
    return Corpus(_first(kept[:last], tokens), sample_of(kept[last:]), known, file.name, bad)


def _evaluated() -> set[str]:
    """Give the flat molecules of the three sets on which encoders are evaluated."""
    smiles = [one for load in (load_esol, load_freesolv, load_lipop) for one in load().smiles]
    return set(flatten(smiles))


def _flat_line(line: str) -> str:
    flat = flat_of(first_word(line))
    _codes(flat)
    return flat


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _first(smiles: list[str], tokens: int) -> Sample:
    """Turn as many into codes as it takes."""
    # No symbol has more than two characters, so that this many are enough.
    characters = np.cumsum([len(one) for one in smiles])
    many = int(np.searchsorted(characters, 2 * tokens)) + 1
    few = int(np.searchsorted(characters, tokens)) + 1
    sample = sample_of(smiles[:few])
    while sample.codes.size < tokens and few < min(many, len(smiles)):
        few = min(few + few // 10 + 1, len(smiles))
        sample = sample_of(smiles[:few])
    count = min(int(np.searchsorted(sample.ends, tokens)) + 1, few, len(sample.smiles))
    end = int(sample.ends[count - 1])
    return Sample(sample.smiles[:count], sample.codes[:end], sample.ends[:count])
