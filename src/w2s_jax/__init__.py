"""Weak-to-strong generalization in JAX: heads on frozen features, projections, misfit, gain."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from w2s_jax import (
        arrays,
        bounds,
        checks,
        data,
        experiments,
        heads,
        molecules,
        plots,
        projections,
        quadratics,
        report,
        representations,
        sets,
        widgets,
    )
    from w2s_jax.bounds import (
        FiniteSample,
        NonRealizable,
        Pythagorean,
        finite_sample,
        nonrealizable,
        pythagorean,
    )
    from w2s_jax.heads import Gram, LinearHead, fit_head, fit_heads
    from w2s_jax.projections import Projection, Status, project, project_functions
    from w2s_jax.report import Report, evaluate
    from w2s_jax.representations import (
        MLP,
        RandomFeatures,
        Recipe,
        Standardize,
        perturb,
        pretrain,
        represent,
    )

__all__ = [
    "MLP",
    "FiniteSample",
    "Gram",
    "LinearHead",
    "NonRealizable",
    "Projection",
    "Pythagorean",
    "RandomFeatures",
    "Recipe",
    "Report",
    "Standardize",
    "Status",
    "arrays",
    "bounds",
    "checks",
    "data",
    "evaluate",
    "experiments",
    "finite_sample",
    "fit_head",
    "fit_heads",
    "heads",
    "molecules",
    "nonrealizable",
    "perturb",
    "plots",
    "pretrain",
    "project",
    "project_functions",
    "projections",
    "pythagorean",
    "quadratics",
    "report",
    "represent",
    "representations",
    "sets",
    "widgets",
]

_HOME = {
    "FiniteSample": "bounds",
    "Gram": "heads",
    "LinearHead": "heads",
    "MLP": "representations",
    "NonRealizable": "bounds",
    "Projection": "projections",
    "Pythagorean": "bounds",
    "RandomFeatures": "representations",
    "Recipe": "representations",
    "Report": "report",
    "Standardize": "representations",
    "Status": "projections",
    "evaluate": "report",
    "finite_sample": "bounds",
    "fit_head": "heads",
    "fit_heads": "heads",
    "nonrealizable": "bounds",
    "perturb": "representations",
    "pretrain": "representations",
    "project": "projections",
    "project_functions": "projections",
    "pythagorean": "bounds",
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
