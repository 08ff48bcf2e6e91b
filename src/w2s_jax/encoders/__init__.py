"""Encoders of any alphabet: masked pretraining, fine-tuning, pooling, files of weights."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
