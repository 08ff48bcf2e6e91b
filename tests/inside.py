"""The few tests that check an inner step against an independent answer, or force a failure.

Everything else is tested through what the rooms export.
"""

import importlib
from types import ModuleType

REACHED = (
    "arrays._counts",
    "arrays._digits",
    "audit._linear",
    "audit._many",
    "audit.command._inputs",
    "audit.command._running",
    "bounds._span",
    "checks._squares",
    "data._cells",
    "data._files",
    "encoders._batches",
    "encoders._pooling",
    "encoders._recipe",
    "encoders._weights",
    "encoders.bert._bert",
    "encoders.bert._layers",
    "encoders.bert._layout",
    "experiments.frontiers._audits",
    "experiments.frontiers._classrooms",
    "experiments.frontiers._disagreement",
    "experiments.frontiers._neighbors",
    "experiments.frontiers._transfers",
    "experiments.frontiers._shift",
    "experiments.frontiers._made_teachers",
    "experiments.frontiers._mixing",
    "experiments.frontiers._real_teachers",
    "experiments.losses._confidence",
    "experiments.losses._files",
    "experiments.losses._problems",
    "experiments.molecules._choices",
    "experiments.molecules._choosing",
    "experiments.molecules._direct",
    "experiments.molecules._supervisors",
    "experiments.molecules._teaching",
    "experiments.reviews._choices",
    "experiments.reviews._inputs",
    "experiments.synthetic._descended",
    "experiments.synthetic._models",
    "experiments.synthetic._panels",
    "experiments.synthetic._rates",
    "experiments.synthetic._tasks",
    "files._checkpoints",
    "heads._factors",
    "heads._least_squares",
    "heads._probes",
    "molecules._tokenizer",
    "plots._ring",
    "plots._style",
    "projections._functions",
    "projections._points",
    "quadratics._metric",
    "report._means",
    "report._projecting",
    "report._resampling",
    "representations._descent",
    "representations._maps",
    "sets._base",
    "text._tfidf",
    "text._word_vectors",
    "widgets._explore",
    "widgets._frames",
    "widgets._leftovers",
    "widgets._page",
    "widgets._panels",
    "widgets._playground",
    "widgets._points",
    "widgets._ring",
    "widgets._still",
)


def inside(module: str) -> ModuleType:
    """Return a private module of the package."""
    assert module in REACHED, f"test {module} through what its room exports, or list it here"
    return importlib.import_module(f"w2s_jax.{module}")
