"""Figures to take hold of: on a page without a kernel, and in Jupyter and Colab."""

from w2s_jax.widgets.triangle import Triangle

__all__ = ["Triangle"]
