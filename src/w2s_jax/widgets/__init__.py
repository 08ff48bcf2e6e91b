"""Figures to take hold of: on a page without a kernel, and in Jupyter and Colab."""

import lazy_loader

from w2s_jax._extras import extra

with extra("widgets"):
    import anywidget  # noqa: F401
    import ipywidgets  # noqa: F401
    import matplotlib  # noqa: F401

# What `__init__.pyi` lists, imported on first use: a chapter rests on the modules that it uses.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
