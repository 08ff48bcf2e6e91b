"""Weak-to-strong generalization in JAX: heads on frozen features, misfit and gain."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from w2s_jax import (
        checks,
        data,
        experiments,
        heads,
        molecules,
        plots,
        report,
        representations,
        widgets,
    )
    from w2s_jax.heads import LinearHead, fit_head, fit_heads
    from w2s_jax.report import Report, evaluate
    from w2s_jax.representations import MLP, RandomFeatures, Standardize, represent

__all__ = [
    "MLP",
    "LinearHead",
    "RandomFeatures",
    "Report",
    "Standardize",
    "checks",
    "data",
    "evaluate",
    "experiments",
    "fit_head",
    "fit_heads",
    "heads",
    "molecules",
    "plots",
    "report",
    "represent",
    "representations",
    "widgets",
]

_HOME = {
    "LinearHead": "heads",
    "MLP": "representations",
    "RandomFeatures": "representations",
    "Report": "report",
    "Standardize": "representations",
    "evaluate": "report",
    "fit_head": "heads",
    "fit_heads": "heads",
    "represent": "representations",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import w2s_jax` costs little more than `import jax`."""
    if name in _HOME:
        return getattr(import_module(f"w2s_jax.{_HOME[name]}"), name)
    if name in __all__:
        return import_module(f"w2s_jax.{name}")
    raise AttributeError(f"module 'w2s_jax' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
