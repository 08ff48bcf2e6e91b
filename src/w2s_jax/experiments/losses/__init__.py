"""Classification: gain and misfit in Kullback–Leibler divergence, both ways around."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
