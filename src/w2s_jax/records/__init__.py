"""Recorded results with their provenance, and how to compare their rows honestly."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
