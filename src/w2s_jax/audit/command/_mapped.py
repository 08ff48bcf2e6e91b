"""Long arrays inside .npz and .safetensors files, left on the disk."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_STORED, ZipFile

import numpy as np

LONG = 2**26  # bytes; shorter arrays are read
_HEADER = 30  # bytes of a file's own header in a zip, before its name and extra field
_KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}


class _Spot(NamedTuple):
    name: str
    offset: int  # bytes from the beginning of the file
    dtype: np.dtype
    shape: tuple[int, ...]
    order: Any  # "C" or "F"


def mapped(path: Path, *, long: int | None = None) -> dict[str, np.memmap]:
    """Map the long arrays of floats that lie in a file as they are in memory.

    Of a .npz file those are the members that `np.savez` wrote; `np.savez_compressed` packs them. Of
    a .safetensors file those of 16, 32 and 64 bits. Others, and what is cut off, are left out.

    Args:
        path: of the file; its ending tells its kind.
        long: bytes from which on an array is long; None: `LONG`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(Path(folder, "m.npz"), weak=np.ones(2), id=np.arange(2))
        ...     found = mapped(Path(folder, "m.npz"), long=1)
        ...     print(list(found), found["weak"].tolist())
        ['weak'] [1.0, 1.0]
    """
    size, long = path.stat().st_size, LONG if long is None else long
    if size < long:
        return {}
    spots = _in_zip(path) if path.suffix.lower() == ".npz" else _in_tensors(path)
    found = {}
    with suppress(AttributeError, KeyError, TypeError, ValueError):  # whoever reads it says why
        for name, offset, dtype, shape, order in spots:
            count = int(np.prod(shape)) * dtype.itemsize
            if dtype.kind == "f" and long <= count <= size - offset:
                found[name] = np.memmap(path, dtype, "r", offset, shape, order)
    return found


def _in_zip(path: Path) -> Iterator[_Spot]:
    with ZipFile(path) as archive, path.open("rb") as raw:
        for member in archive.infolist():
            if member.compress_type != ZIP_STORED or not member.filename.endswith(".npy"):
                continue
            raw.seek(member.header_offset)
            own = raw.read(_HEADER)
            skipped = int.from_bytes(own[26:28], "little") + int.from_bytes(own[28:30], "little")
            raw.seek(member.header_offset + _HEADER + skipped)
            version = np.lib.format.read_magic(raw)
            read = np.lib.format.read_array_header_1_0
            if version != (1, 0):
                read = np.lib.format.read_array_header_2_0
            shape, columns_first, dtype = read(raw)
            order = "F" if columns_first else "C"
            yield _Spot(member.filename[:-4], raw.tell(), dtype, shape, order)


def _in_tensors(path: Path) -> Iterator[_Spot]:
    with path.open("rb") as raw:
        length = int.from_bytes(raw.read(8), "little")
        header = json.loads(raw.read(min(length, path.stat().st_size)))
    for name, told in header.items():
        if name != "__metadata__" and told["dtype"] in _KINDS:
            offset = 8 + length + told["data_offsets"][0]
            yield _Spot(name, offset, np.dtype(_KINDS[told["dtype"]]), tuple(told["shape"]), "C")
