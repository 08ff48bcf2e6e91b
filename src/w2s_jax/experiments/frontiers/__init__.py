"""Part V, Frontiers: what its chapters measured beside the experiments of the paper."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
