"""Write tensors, and read them from a file that may be damaged."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from w2s_jax._extras import extra
from w2s_jax.files._whole import write_whole

_WIDENED = {"BF16": "bfloat16", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2"}
_PLAIN = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1"}
_PLAIN |= {"U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "?", "C64": "c8"}


class Unknown(ValueError):
    """Raised where a whole file holds numbers of a kind that numpy cannot hold.

    Example:
        >>> issubclass(Unknown, ValueError)
        True
    """


def write_tensors(
    path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> bytes:
    """Write a safetensors file whole, in the same bytes every time.

    Returns:
        The bytes.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     data = write_tensors(Path(folder, "x"), {"x": np.arange(3)}, {"b": "1", "a": "2"})
        >>> read_tensors(data)
        ({'x': array([0, 1, 2])}, {'a': '2', 'b': '1'})
    """
    with extra("molecules"):
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

    Numbers that numpy does not know, bfloat16 and those of eight bits, are widened to float32,
    which holds them exactly.

    Raises:
        Unknown: a tensor of yet another kind.
        ValueError: the bytes are no safetensors file, or not all of it.

    Example:
        >>> from safetensors.numpy import save
        >>> read_tensors(save({"x": np.arange(3)}, metadata={"of": "example"}))
        ({'x': array([0, 1, 2])}, {'of': 'example'})
        >>> read_tensors(save({"x": np.arange(3)})[:-1])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ValueError: no whole safetensors file: ...
    """
    with extra("molecules"):
        from safetensors import SafetensorError, deserialize

    try:
        found = deserialize(data)
        header, _ = _split(data)
    except (SafetensorError, KeyError, ValueError) as error:
        raise ValueError(f"no whole safetensors file: {error}") from error
    tensors = {name: _tensor(name, tensor) for name, tensor in found}
    return tensors, header.get("__metadata__", {})


def _tensor(name: str, tensor: Mapping[str, Any]) -> np.ndarray:
    import ml_dtypes  # JAX's own

    kind, shape = tensor["dtype"], tensor["shape"]
    if kind in _WIDENED:
        narrow = np.frombuffer(tensor["data"], getattr(ml_dtypes, _WIDENED[kind]))
        return narrow.astype(np.float32).reshape(shape)
    if kind not in _PLAIN:
        raise Unknown(f"its tensor {name!r} has the dtype {kind}, which numpy cannot hold")
    found = np.frombuffer(tensor["data"], np.dtype(_PLAIN[kind]).newbyteorder("<"))
    return found.astype(found.dtype.newbyteorder("="), copy=True).reshape(shape)


def _split(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Follow the format: eight bytes of length, as many of JSON, the numbers."""
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]
