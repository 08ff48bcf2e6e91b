"""A pretraining corpus: SMILES read line by line from a file, checked, and turned into codes."""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from w2s_jax.data import fetch
from w2s_jax.molecules.tokenizer import tokenize

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

    Example:
        >>> corpus = Corpus(sample_of(["CO", "C"]), sample_of(["CC"]), "", "mine.smi")
        >>> corpus.training.smiles, corpus.validation.smiles
        (('CO', 'C'), ('CC',))
    """

    training: Sample
    validation: Sample
    digest: str
    name: str


def read_smiles(path: Path | str) -> Iterator[str]:
    r"""Stream SMILES from a `.smi` file, or a compressed `.smi.gz`, of one SMILES a line.

    Raises:
        ValueError: no such file, an empty line, a line of several words, with its number; or a
            file that is broken off or no text.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "two.smi")
        ...     _ = path.write_text("CCO\nc1ccccc1\n")
        ...     list(read_smiles(path))
        ['CCO', 'c1ccccc1']
    """
    path = Path(path)
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="ascii") as lines:
            for number, line in enumerate(lines, start=1):
                words = line.split()
                if len(words) != 1:
                    raise ValueError(
                        f"line {number} of {path} must be one SMILES, got {line.rstrip()!r}: "
                        "remove what else stands there"
                    )
                yield words[0]
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as reason:
        raise ValueError(
            f"{path} cannot be read as lines of SMILES ({reason}): name a .smi or .smi.gz file"
        ) from reason


def sample_of(smiles: Iterable[str]) -> Sample:
    """Tokenize molecules.

    Raises:
        ValueError: as `tokenize`; a molecule of more than 104 symbols.

    Example:
        >>> sample = sample_of(["CO", "CCl"])
        >>> sample.codes.tolist(), sample.ends.tolist()
        ([27, 29, 27, 34], [2, 4])
    """
    smiles = tuple(smiles)
    rows = tokenize(smiles)
    lengths = np.array([row.size for row in rows], np.int64)
    if (lengths > LONGEST).any():
        row = int(lengths.argmax())
        raise ValueError(
            f"row {row}: {smiles[row]!r} has {lengths[row]} symbols, and at most {LONGEST} are "
            "trained on: drop it"
        )
    codes = np.concatenate([*rows, np.zeros(0, np.int32)]).astype(np.uint8)
    return Sample(smiles, codes, np.cumsum(lengths))


def read_corpus(
    path: Path | str | None = None,
    *,
    tokens: int,
    leak_free: bool = True,
    validation: int = 5_000,
) -> Corpus:
    r"""Read a corpus's first molecules to train on and its last to validate on.

    Args:
        path: of a file as in `read_smiles`, in random order; the ChEMBL subset, which must be in
            the folder `W2S_DATA_DIR`, if None.
        tokens: the first molecules with so many symbols are trained on, or all there are.
        leak_free: leave out the molecules that also stand in ESOL, FreeSolv or Lipop, as spelled
            in the ChEMBL subset: canonical SMILES without stereochemistry.
        validation: molecules to validate on, at most a tenth of the file.

    Returns:
        A `Corpus`.

    Raises:
        ValueError: as `read_smiles` and `sample_of`, with the line; under 20 molecules.
        Unavailable: the ChEMBL subset, or the list of what to leave out, is not to be had.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "chains.smi")
        ...     _ = path.write_text("\n".join("C" * n for n in range(1, 31)))
        ...     corpus = read_corpus(path, tokens=10, leak_free=False)
        >>> corpus.training.smiles, len(corpus.validation.smiles)
        (('C', 'CC', 'CCC', 'CCCC'), 3)
    """
    file = fetch("corpus") if path is None else Path(path)
    left_out = set(read_smiles(fetch("overlap"))) if leak_free else set()
    kept = [(n, s) for n, s in enumerate(read_smiles(file), start=1) if s not in left_out]
    if len(kept) < 20:
        raise ValueError(f"{file} has {len(kept)} molecules to train on, and 20 are the least")
    last = len(kept) - min(validation, len(kept) // 10)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Corpus(_first(kept[:last], tokens, file), _sample(kept[last:], file), digest, file.name)


def _first(lines: list[tuple[int, str]], tokens: int, file: Path) -> Sample:
    """Tokenize as many lines as it takes."""
    # No symbol has more than two characters, so that this many lines are enough.
    characters = np.cumsum([len(smiles) for _, smiles in lines])
    many = int(np.searchsorted(characters, 2 * tokens)) + 1
    few = int(np.searchsorted(characters, tokens)) + 1
    sample = _sample(lines[:few], file)
    while sample.codes.size < tokens and few < min(many, len(lines)):
        few = min(few + few // 10 + 1, len(lines))
        sample = _sample(lines[:few], file)
    count = min(int(np.searchsorted(sample.ends, tokens)) + 1, few, len(sample.smiles))
    end = int(sample.ends[count - 1])
    return Sample(sample.smiles[:count], sample.codes[:end], sample.ends[:count])


def _sample(lines: list[tuple[int, str]], file: Path) -> Sample:
    try:
        return sample_of(smiles for _, smiles in lines)
    except ValueError as reason:
        row, _, problem = str(reason).removeprefix("row ").partition(": ")
        raise ValueError(f"line {lines[int(row)][0]} of {file}: {problem}") from None
