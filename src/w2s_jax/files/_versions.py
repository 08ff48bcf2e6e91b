"""Which versions made a result."""

import platform
from importlib.metadata import PackageNotFoundError, version


def versions() -> dict[str, str]:
    """List the versions of Python, of this package and of what its numbers depend on.

    Example:
        >>> sorted(versions())[:3]
        ['jax', 'jaxlib', 'numpy']
    """
    found = {"python": platform.python_version()}
    for package in ("w2s-jax", "jax", "jaxlib", "numpy", "optax", "rdkit"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
