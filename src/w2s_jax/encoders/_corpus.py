"""What an encoder is trained on: texts, turned into codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Int, UInt

from w2s_jax.data import BadRow
from w2s_jax.data._rows import sift
from w2s_jax.encoders._alphabet import Alphabet


@dataclass(frozen=True)
class Sample:
    """Texts, and their codes end to end.

    Attributes:
        texts: n strings.
        codes: all symbols of all texts, one after the other.
        ends: `(n,)`, where each text ends in `codes`.

    Example:
        >>> sample = sample_of(["ba", "b"], Alphabet(("a", "b"), list))
        >>> sample.lengths.tolist(), sample.rows(np.array([1, 0, -1]), 3).tolist()
        ([2, 1], [[3, 0, 0], [3, 2, 0], [0, 0, 0]])
    """

    texts: tuple[str, ...]
    codes: UInt[np.ndarray, " symbols"]
    ends: Int[np.ndarray, " n"]

    @property
    def lengths(self) -> Int[np.ndarray, " n"]:
        """Symbols of each text."""
        return np.diff(self.ends, prepend=0)

    def rows(self, which: Int[np.ndarray, " rows"], length: int) -> Int[np.ndarray, "rows l"]:
        """Pad the texts with these numbers to one length; -1 gives a row of padding."""
        starts, lengths = (self.ends - self.lengths)[which], self.lengths[which]
        lengths = np.where(which < 0, 0, lengths)
        places = np.arange(length)
        inside = places[None] < lengths[:, None]
        taken = np.where(inside, starts[:, None] + places[None], 0)
        return np.where(inside, self.codes[taken], 0).astype(np.int32)


@dataclass(frozen=True)
class Corpus:
    """What to train on and what to validate on; no text is in both.

    Attributes:
        training: the file's first texts, as many as asked for.
        validation: its last ones.
        digest: SHA-256 of the file's bytes.
        name: of the file.
        bad: lines that were left out.

    Example:
        >>> letters = Alphabet(("a", "b"), list)
        >>> training, validation = sample_of(["ab", "a"], letters), sample_of(["ba"], letters)
        >>> Corpus(training, validation, digest="", name="mine.txt").training.texts
        ('ab', 'a')
    """

    training: Sample
    validation: Sample
    digest: str
    name: str
    bad: tuple[BadRow, ...] = ()


def sample_of(texts: Iterable[str], alphabet: Alphabet, *, longest: int | None = None) -> Sample:
    """Turn texts into a sample.

    Args:
        texts: n strings.
        alphabet: that spells them.
        longest: symbols that a text may have; any number if None.

    Raises:
        BadRows: texts that the alphabet cannot spell, or of more symbols.

    Example:
        >>> sample = sample_of(["ba", "b"], Alphabet(("a", "b"), list))
        >>> sample.codes.tolist(), sample.ends.tolist()
        ([3, 2, 3], [2, 3])
    """
    texts = tuple(texts)
    rows = sift(texts, partial(alphabet.codes_of, longest=longest))
    lengths = np.array([row.size for row in rows], np.int64)
    kind = np.min_scalar_type(alphabet.size - 1)
    codes = np.concatenate([*rows, np.zeros(0, np.int32)]).astype(kind)
    return Sample(texts, codes, np.cumsum(lengths))
