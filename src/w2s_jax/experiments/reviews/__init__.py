"""Weak supervisors of French book reviews: Fig. 6, the planted truth, and what lies around them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
