"""The paper's synthetic experiment, Fig. 2 a–c, and what it depends on."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
