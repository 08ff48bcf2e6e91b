"""An alphabet: how a text falls into symbols, and which number each has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

PAD, MASK = 0, 1  # of every alphabet; its symbols follow


@dataclass(frozen=True)
class Alphabet:
    """The symbols that an encoder reads; their codes follow 0, which pads, and 1, which masks.

    Attributes:
        symbols: all of them, in the order of their codes.
        split: text ↦ its symbols; raises `ValueError` with a reason where it has none.

    Example:
        >>> letters = Alphabet(tuple("abc"), list)
        >>> letters.size, letters.codes_of("cab").tolist(), letters.spell([4, 1, 3, 0])
        (5, [4, 2, 3], 'c?b')
    """

    symbols: tuple[str, ...]
    split: Callable[[str], Sequence[str]]

    @property
    def size(self) -> int:
        """Number of codes, padding and mask included."""
        return 2 + len(self.symbols)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {symbol: code for code, symbol in enumerate(self.symbols, start=2)}

    def codes_of(self, text: str, *, longest: int | None = None) -> Int[np.ndarray, " l"]:
        """Turn one text into codes.

        Args:
            text: to read.
            longest: symbols that it may have; any number if None.

        Raises:
            ValueError: what `split` raises; a symbol outside the alphabet; more symbols.
        """
        try:
            codes = np.array([self._codes[symbol] for symbol in self.split(text)], np.int32)
        except KeyError as error:
            raise ValueError(
                f"holds {error.args[0]!r}, which the alphabet lacks; drop it"
            ) from None
        if longest is not None and codes.size > longest:
            raise ValueError(
                f"has {codes.size} symbols, and at most {longest} are trained on: drop it"
            )
        return codes

    def spell(self, codes: Sequence[int] | Int[np.ndarray, " l"]) -> str:
        """Turn codes back into text, a masked symbol into `?`; padding is dropped."""
        return "".join("?" if c == MASK else self.symbols[c - 2] for c in codes if c != PAD)
