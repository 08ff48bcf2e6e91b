"""Whether a student gained over its teacher: all that given models tell, and how surely."""

import lazy_loader

# What `__init__.pyi` lists, imported on first use: the command's help needs none of it.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
