"""An encoder that reads texts, with its subwords."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from w2s_jax.arrays._counts import check_count
from w2s_jax.data._cells import column_of, is_missing
from w2s_jax.data._rows import BadRow, BadRows, sift
from w2s_jax.encoders.bert._layers import Layers, batches, means
from w2s_jax.files import fingerprint, kept
from w2s_jax.files._cache import Cache


@dataclass(frozen=True, eq=False)
class Bert:
    r"""A published encoder of the BERT family (Devlin et al. 2019), frozen, with its subwords.

    Each block is $x \leftarrow \operatorname{norm}(x + \operatorname{attention}(x))$, then
    $x \leftarrow \operatorname{norm}(x + W_2 \operatorname{gelu}(W_1 x))$, on what the embedding
    makes of a text: $\operatorname{norm}(\text{subwords} + \text{positions} + \text{type})$, its
    layer 0. `load_bert` reads one from files.

    Attributes:
        tokenizer: text ↦ subwords, of the library `tokenizers`.
        words: `(vocabulary, d)`, every subword's vector, kept by numpy: a text needs few of them.
        layers: positions and blocks.
        prefix: is put before every text, as the encoder was trained.
        spell: is done to every text before the tokenizer reads it.

    Example:
        >>> from tokenizers import Tokenizer, models, pre_tokenizers
        >>> from w2s_jax.encoders.bert._layers import layers_of
        >>> from w2s_jax.encoders.bert._layout import Sizes
        >>> sizes = Sizes(8, 2, 2, 16, vocabulary=3, places=12)
        >>> drawn = {name: np.ones(shape) for name, shape in sizes.shapes().items()}
        >>> tokenizer = Tokenizer(models.WordLevel({"?": 0, "un": 1, "livre": 2}, unk_token="?"))
        >>> tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        >>> bert = Bert(tokenizer, *layers_of(drawn, sizes))
        >>> [row.tolist() for row in bert.codes(["un livre", "livre rouge"])]
        [[1, 2], [2, 0]]
        >>> found = bert.features(["un livre", "livre rouge"], layers=[0, 2])
        >>> {layer: array.shape for layer, array in found.items()}
        {0: (2, 8), 2: (2, 8)}
    """

    tokenizer: Any
    words: Float[np.ndarray, "vocabulary d"]
    layers: Layers
    prefix: str = ""
    spell: Callable[[str], str] = field(default_factory=lambda: str)  # no method of the class

    @property
    def depth(self) -> int:
        """Number of blocks, and of the last layer."""
        return self.layers.depth

    @property
    def longest(self) -> int:
        """How many subwords it reads of a text, those for beginning and end included."""
        return self.layers.longest

    def codes(
        self, texts: Iterable[Any], *, longest: int | None = None
    ) -> list[Int[np.ndarray, " l"]]:
        """Turn texts into the codes of their subwords, the prefix's among them.

        Where a text spells a subword of the encoder's own, such as `<mask>`, that is what is read,
        as by Hugging Face's tokenizers.

        Args:
            texts: n strings.
            longest: subwords that are kept of each text, those for beginning and end among them;
                what follows is cut off. As many as the encoder reads if None.

        Returns:
            n arrays; one as long as `longest` was cut, or ends there.

        Raises:
            ImportError: the library `tokenizers` is missing.
            BadRows: all rows that are missing, blank or no text.
            ValueError: no column of strings; `longest` is no count of at least 3.
        """
        rows = sift(column_of(texts, "texts", "strings"), _text)
        check_count("longest", self.longest if longest is None else longest, 3)
        self.tokenizer.enable_truncation(min(longest or self.longest, self.longest))
        # One by one: `encode_batch` starts threads, and complains where a process forks later.
        ids = [self.tokenizer.encode(self.spell(self.prefix + row)).ids for row in rows]
        empty = [k for k, row in enumerate(ids) if not row]
        if empty:
            bad = [BadRow(k, rows[k], "has no subwords; drop it") for k in empty]
            raise BadRows(bad, of=len(rows))
        return [np.array(row, np.int32) for row in ids]

    def features(
        self,
        texts: Iterable[Any],
        *,
        layers: Sequence[int] | None = None,
        longest: int | None = None,
        cache: Cache = None,
        progress: bool = False,
    ) -> dict[int, Float[np.ndarray, "n d"]]:
        """Compute a text's features: a layer's vectors, averaged over the text's subwords.

        Subwords for beginning and end count, and so do the prefix's. A row depends on its own text
        only: on one machine it has the same bits whatever texts stand beside it, for a text is
        padded to a length that follows from its own, in a program of one shape for each length.

        Args:
            texts: n strings.
            layers: which, from 0, the embedding, to `depth`; the last alone if None.
            longest: subwords that are read of each text, as for `codes`: what follows is cut off,
                by default behind the 512th for most encoders.
            cache: a folder to keep the features in and to find them again, True for the user's
                cache folder. A file that was damaged is computed anew.
            progress: show a bar.

        Returns:
            For each layer `(n, d)` in float32.

        Raises:
            BadRows: as for `codes`.
            ValueError: as for `codes`; layers that are none of the encoder's; features that are not
                finite.
        """
        chosen = [self.depth] if layers is None else list(layers)
        for layer in chosen:
            check_count("layers", layer, 0)
        if not chosen or max(chosen) > self.depth:
            raise ValueError(f"layers must be some of 0 to {self.depth}, got {chosen}")
        codes = self.codes(texts, longest=longest)
        parts: list[Any] = []
        if cache is not None and cache is not False:
            parts = [fingerprint(self.words, self.layers), chosen, jax.default_backend(), codes]
        found = kept("features", parts, lambda: self._read(codes, chosen, progress), cache)
        return dict(zip(chosen, found, strict=True))

    def _read(
        self, codes: list[Int[np.ndarray, " _"]], chosen: list[int], progress: bool
    ) -> Float[np.ndarray, "layers n d"]:
        from tqdm import tqdm

        found = np.empty((len(chosen), len(codes), self.words.shape[1]), np.float32)
        with tqdm(total=len(codes), disable=not progress, desc="features", unit="text") as bar:
            for own, batch, sizes, count in batches(codes, self.longest):
                read = means(self.layers, self.words[batch], sizes, count, max(chosen))
                rows = np.asarray(read)[chosen].reshape(len(chosen), sizes.size, -1)
                found[:, own] = rows[:, : own.size]
                bar.update(own.size)
        bad = np.flatnonzero(~np.isfinite(found).all((0, 2)))
        if bad.size:
            raise ValueError(f"row {bad[0]}: the encoder gives features that are not finite")
        return found


def _text(cell: Any) -> str:
    if is_missing(cell):
        raise ValueError("is missing; drop the row")
    if not isinstance(cell, str):
        raise ValueError(f"is no text but of type {type(cell).__name__}; drop the row or mend it")
    if not cell.strip():
        raise ValueError("is blank; drop the row")
    try:
        cell.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character, which no file can hold; mend it") from None
    return str(cell)
