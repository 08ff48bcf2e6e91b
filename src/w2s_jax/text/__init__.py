"""French reviews as inputs: load and split them, count their words, map them to vectors."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
