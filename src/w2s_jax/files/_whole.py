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

    What an error leaves is removed, and what stood there before stays. On Linux a file has no name
    until it is whole, so that a killed process leaves nothing.

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
        nameless = _nameless(path.parent)
        # not a temporary file, which only its owner may read
        with nameless or open(partial, "x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if nameless:
                number = file.fileno()
                # link() would name the link in /proc; told a folder, Python follows it
                os.link(f"/proc/self/fd/{number}", partial, src_dir_fd=number)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _nameless(folder: Path) -> BinaryIO | None:
    """Open a file that nobody sees, or nothing where there are no such files."""
    if not os.path.isdir("/proc/self/fd"):
        return None
    try:
        return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b")
    except (AttributeError, OSError):  # another system, or a folder on the network
        return None


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
