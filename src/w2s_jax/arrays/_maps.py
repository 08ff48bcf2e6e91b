"""Memory maps, of which a part at a time is held."""

import mmap
from typing import Any

import numpy as np


def let_go(array: Any) -> None:
    """Let go of the pages of a read-only map that were read: the file keeps them.

    Args:
        array: a map or a view of one; of any other array nothing happens.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(Path(folder, "x.npy"), np.arange(3.0))
        ...     x = np.load(Path(folder, "x.npy"), mmap_mode="r")
        ...     total = x.sum()
        ...     let_go(x)
        ...     print(total == x.sum())
        True
    """
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    known = isinstance(base, mmap.mmap) and getattr(array, "mode", "") == "r"
    if known and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
