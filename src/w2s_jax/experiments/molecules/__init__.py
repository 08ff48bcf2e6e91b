"""Weak supervisors of molecules: Fig. 2 d–f, Tables 1–3, and what lies around them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
