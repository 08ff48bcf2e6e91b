"""Figures to take hold of: on a page without a kernel, and in Jupyter and Colab."""

from w2s_jax.widgets.controls import Control
from w2s_jax.widgets.explore import explore
from w2s_jax.widgets.playground import ProjectionPlayground
from w2s_jax.widgets.points import Card, Panel, points

__all__ = ["Card", "Control", "Panel", "ProjectionPlayground", "explore", "points"]
