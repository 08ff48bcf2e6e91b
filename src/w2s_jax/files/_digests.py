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
