"""Write a file whole or not at all, and read tensors from one that may be damaged."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np


def write_whole(path: Path, data: bytes) -> None:
    """Write bytes so that nobody ever finds half of them under the file's name.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "new", "file")
        ...     write_whole(path, b"all of it")
        ...     path.read_bytes(), [found.name for found in path.parent.iterdir()]
        (b'all of it', ['file'])
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False, suffix=".part") as file:
        partial = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def read_tensors(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read the tensors and the metadata of a safetensors file.

    Raises:
        ValueError: the bytes are no safetensors file, or not all of it.

    Example:
        >>> from safetensors.numpy import save
        >>> read_tensors(save({"x": np.arange(3)}, metadata={"of": "example"}))
        ({'x': array([0, 1, 2])}, {'of': 'example'})
        >>> read_tensors(save({"x": np.arange(3)})[:-1])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ValueError: no whole safetensors file: ...
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(data)
        # The format: eight bytes of length, then as many of JSON.
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except (SafetensorError, KeyError, ValueError) as error:
        raise ValueError(f"no whole safetensors file: {error}") from error
    return tensors, header.get("__metadata__", {})
