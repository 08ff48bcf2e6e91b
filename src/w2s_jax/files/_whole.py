"""The one way to write: a file is there whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write, so that nobody ever finds half of it under its name.

    What an error leaves is removed, and what stood there before stays.

    Args:
        path: of the file; its folder is made when missing.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "new", "file")
        ...     with written(path) as file:
        ...         _ = file.write(b"all of it")
        ...     path.read_bytes(), [found.name for found in path.parent.iterdir()]
        (b'all of it', ['file'])
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / f".{path.name[:100]}-{secrets.token_hex(8)}.part"
    try:
        with open(partial, "xb") as file:  # not a temporary file, which only its owner may read
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write bytes whole or not at all.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(Path(folder, "file"), b"all of it")
        ...     Path(folder, "file").read_bytes()
        b'all of it'
    """
    with written(path) as file:
        file.write(data)
