"""Figures to take hold of: on a page without a kernel, and in Jupyter and Colab."""

from w2s_jax._extras import extra

with extra("widgets"):
    from w2s_jax.widgets._controls import Control
    from w2s_jax.widgets._explore import explore
    from w2s_jax.widgets._leftovers import Leftovers
    from w2s_jax.widgets._playground import ProjectionPlayground
    from w2s_jax.widgets._points import Card, Panel, points
    from w2s_jax.widgets._ring import Ring
    from w2s_jax.widgets._three_classes import ThreeClasses

__all__ = [
    "Card",
    "Control",
    "Leftovers",
    "Panel",
    "ProjectionPlayground",
    "Ring",
    "ThreeClasses",
    "explore",
    "points",
]
