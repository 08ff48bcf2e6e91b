"""The book's pictures: one function for one idea, one color for one object (extra `plots`)."""

import lazy_loader

from w2s_jax._extras import extra

with extra("plots"):
    import matplotlib  # noqa: F401

# What `__init__.pyi` lists, imported on first use: a chapter rests on the modules that it uses.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
