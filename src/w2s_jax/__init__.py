"""Weak-to-strong generalization in JAX: heads on frozen features, projections, misfit, gain."""

import lazy_loader

__version__ = "0.1.0"

# What `__init__.pyi` lists, imported on first use: `import w2s_jax` costs little more than JAX.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
