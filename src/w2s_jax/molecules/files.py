"""Write a file whole or not at all, and read tensors from one that may be damaged."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


def write_tensors(
    path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> bytes:
    """Write a safetensors file whole, in the same bytes every time.

    Returns:
        The bytes.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     data = write_tensors(Path(folder, "x"), {"x": np.arange(3)}, {"b": "1", "a": "2"})
        >>> read_tensors(data)
        ({'x': array([0, 1, 2])}, {'a': '2', 'b': '1'})
    """
    from safetensors.numpy import save

    header, numbers = _split(save(dict(tensors), metadata=dict(metadata)))
    # The library leaves the order of the metadata to chance, and a file's hash would change.
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = len(text).to_bytes(8, "little") + text + numbers
    write_whole(path, data)
    return data


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
        header, _ = _split(data)
    except (SafetensorError, KeyError, ValueError) as error:
        raise ValueError(f"no whole safetensors file: {error}") from error
    return tensors, header.get("__metadata__", {})


def _split(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Follow the format: eight bytes of length, as many of JSON, the numbers."""
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]
