"""Weak-to-strong generalization in JAX: heads on frozen features, misfit and gain."""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "LinearHead": "heads",
    "fit_head": "heads",
    "fit_heads": "heads",
    "Report": "report",
    "evaluate": "report",
    "MLP": "representations",
    "RandomFeatures": "representations",
    "Standardize": "representations",
    "represent": "representations",
}
_MODULES = ("checks", "data", "heads", "plots", "report", "representations", "widgets")

__all__ = [*_HOME, *_MODULES]


def __getattr__(name: str):
    """Import on first use, so that `import w2s_jax` costs little more than `import jax`."""
    if name in _HOME:
        return getattr(import_module(f"w2s_jax.{_HOME[name]}"), name)
    if name in (*_MODULES, "experiments", "molecules"):
        return import_module(f"w2s_jax.{name}")
    raise AttributeError(f"module 'w2s_jax' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
