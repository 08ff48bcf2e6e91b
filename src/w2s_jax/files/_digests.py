"""What tells one file, one array, one configuration from another."""

import hashlib
from pathlib import Path
from typing import Any

import jax
import numpy as np


def file_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes, 64 hexadecimal digits.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "tiny.csv").write_bytes(b"smiles,exp")
        ...     file_sha256(Path(folder, "tiny.csv"))[:8]
        '74dd7a00'
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def checked_bytes(path: Path, sha256: str | None, shown: str, remedy: str) -> bytes:
    """Read a file whole, and refuse it where its SHA-256 is another.

    Args:
        path: of the file.
        sha256: what it must be; None takes any file.
        shown: how the sentence names the file.
        remedy: the sentence's end, what happened and what to do.

    Raises:
        ValueError: another file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tiny.csv")
        ...     _ = path.write_bytes(b"smiles,exp")
        ...     checked_bytes(path, "0" * 64, "tiny.csv", "it was cut, copy it again")
        Traceback (most recent call last):
        ValueError: tiny.csv is not the expected file: its SHA-256 is 74dd7a00...; it was cut, ...
    """
    data = path.read_bytes()
    if sha256 is not None and (found := hashlib.sha256(data).hexdigest()) != sha256.lower():
        raise ValueError(f"{shown} is not the expected file: its SHA-256 is {found}; {remedy}")
    return data


def fingerprint(*parts: Any) -> str:
    """Digest of values and pytrees of arrays, bit for bit.

    Example:
        >>> fingerprint("recipe", np.ones(3)) == fingerprint("recipe", np.ones(3))
        True
        >>> fingerprint("recipe", np.ones(3)) == fingerprint("recipe", np.ones(3, np.float32))
        False
    """
    digest = hashlib.sha256(str(jax.tree.structure(parts)).encode())
    for leaf in jax.tree.leaves(parts):
        if isinstance(leaf, jax.Array | np.ndarray):
            array = np.asarray(leaf)
            digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
        else:
            digest.update(repr(leaf).encode() + b"\0")
    return digest.hexdigest()
