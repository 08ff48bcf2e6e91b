"""A cache of computed arrays on disk: checked when found, written whole or not at all."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from w2s_jax._extras import extra
from w2s_jax.files._digests import fingerprint
from w2s_jax.files._tensors import read_tensors, write_tensors

Cache = Path | str | bool | None


def kept(name: str, parts: list, compute: Callable[[], np.ndarray], cache: Cache) -> np.ndarray:
    """Find an array in the cache, or compute it and keep it there.

    Args:
        name: of what it is, with which its file's name begins.
        parts: everything the array depends on.
        compute: what gives the array.
        cache: a folder, True for the user's cache folder, nothing is kept if None or False. A file
            that was damaged is computed anew.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     first = kept("squares", [3], lambda: np.arange(3) ** 2, folder)
        ...     kept("squares", [3], lambda: 1 / 0, folder)
        array([0, 1, 4])
    """
    if cache is None or cache is False:
        return compute()
    key = fingerprint(name, parts)
    path = _folder(cache) / f"{name}-{key[:32]}.safetensors"
    found = _find(path, key)
    if found is None:
        found = compute()
        try:
            write_tensors(path, {"found": found}, {"key": key, "sha256": fingerprint(found)})
        except OSError as error:
            warnings.warn(f"the {name} are not kept in {path.parent}: {error}", stacklevel=3)
    return found


def _folder(cache: Path | str | bool) -> Path:
    if not isinstance(cache, bool):
        return Path(cache).expanduser()
    with extra("data"):
        import pooch  # a slow import

    return Path(pooch.os_cache("w2s-jax"), "features")


def _find(path: Path, key: str) -> np.ndarray | None:
    try:
        tensors, metadata = read_tensors(path.read_bytes())
        found = tensors["found"]
    except (OSError, ValueError, KeyError):
        return None
    return found if metadata == {"key": key, "sha256": fingerprint(found)} else None
