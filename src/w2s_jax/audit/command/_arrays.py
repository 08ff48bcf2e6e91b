"""Arrays of .npy, .npz and .safetensors files, read when they are asked for."""

from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from w2s_jax.audit.command._mapped import mapped
from w2s_jax.audit.command._places import listed, nearest
from w2s_jax.audit.page._short import short
from w2s_jax.files._tensors import read_tensors


def arrays_in(path: Path, wanted: Sequence[str]) -> dict[str, np.ndarray]:
    """Read arrays by name; a `.npy` file holds one, which stays on the disk, and is called "".

    Long ones of the other files stay there too where they can (`_mapped`).

    Args:
        path: of the file; its ending tells its kind.
        wanted: names of arrays; of a `.npy` file numbers of columns, from 0.

    Returns:
        The arrays wanted; without a name the only one of the file.

    Raises:
        ValueError: an array that is not there, several and no name, objects, or a damaged file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(Path(folder, "m.npz"), weak=np.ones(2), id=np.arange(2))
        ...     arrays_in(Path(folder, "m.npz"), ["weak"])
        {'weak': array([1., 1.])}
    """
    try:
        if path.suffix.lower() == ".npy":
            return _columns_of(np.load(path, mmap_mode="r", allow_pickle=False), path, wanted)
        if path.suffix.lower() == ".npz":
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                chosen, left = _chosen(path, wanted, file.files), mapped(path)
                return {name: left[name] if name in left else file[name] for name in chosen}
        left = mapped(path)
        if left and set(wanted) <= {*left}:
            return {name: left[name] for name in _chosen(path, wanted, list(left))}
        tensors = read_tensors(path.read_bytes())[0]
    except (OSError, EOFError, BadZipFile, ValueError) as reason:
        if str(reason).startswith(short(str(path))):
            raise
        told = " ".join(str(reason).split())
        if "Python objects" in told or "allow_pickle" in told:
            remedy = "save it with dtype=float, or ids as text"
            raise ValueError(f"{short(str(path))} holds Python objects: {remedy}") from reason
        said = f"{short(str(path))} is cut off or damaged ({short(told, 120)}): write it again"
        raise ValueError(said) from reason
    return {name: tensors[name] for name in _chosen(path, wanted, list(tensors))}


def array_names(path: Path) -> list[str]:
    """List the arrays of a file; a `.npy` file has none that is named.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(Path(folder, "m.npz"), weak=np.ones(2), id=np.arange(2))
        ...     array_names(Path(folder, "m.npz"))
        ['weak', 'id']
    """
    if path.suffix.lower() == ".npy":
        return []
    if path.suffix.lower() == ".npz":
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                return list(file.files)
        except (OSError, ValueError, EOFError, BadZipFile):
            return []  # arrays_in says what is wrong
    try:
        return sorted(read_tensors(path.read_bytes())[0])
    except ValueError:
        return []


def _chosen(path: Path, wanted: Sequence[str], names: list[str]) -> Sequence[str]:
    for name in wanted:
        if name not in names:
            hint = nearest(name, names) or f": it has {listed(names)}"
            raise ValueError(f"{short(str(path))} has no array {short(name)!r}{hint}")
    if not wanted and len(names) != 1:
        held = f"{short(str(path))} holds {len(names)} arrays, {listed(names)}"
        raise ValueError(f"{held}: name one, as {short(str(path))}:{names[0] if names else 'weak'}")
    return wanted or names


def _columns_of(array: np.ndarray, path: Path, wanted: Sequence[str]) -> dict[str, np.ndarray]:
    if not wanted:
        return {"": array}
    if array.ndim != 2 or not all(name.isdecimal() for name in wanted):
        shape = f"an array of shape {array.shape}"
        remedy = "name no column" if array.ndim != 2 else f"name columns 0 to {array.shape[1] - 1}"
        raise ValueError(f"{short(str(path))} is {shape}, without named columns: {remedy}")
    beyond = [name for name in wanted if int(name) >= array.shape[1]]
    if beyond:
        has = f"has {array.shape[1]} columns, counted from 0"
        raise ValueError(f"{short(str(path))} {has}: there is no column {beyond[0]}")
    return {name: array[:, int(name)] for name in wanted}
