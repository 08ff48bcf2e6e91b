"""Convex quadratics over simple sets, many at a time: the engine below sets and projections."""

from w2s_jax.quadratics.faces import nearest_on_faces
from w2s_jax.quadratics.form import Quadratic, Solution
from w2s_jax.quadratics.inequalities import nearest_in_polytope
from w2s_jax.quadratics.metric import Metric, identity_metric
from w2s_jax.quadratics.order import Ordered, isotonic
from w2s_jax.quadratics.regions import Absolute, Bounds, Region, Total
from w2s_jax.quadratics.secular import nearest_in_ball

__all__ = [
    "Absolute",
    "Bounds",
    "Metric",
    "Ordered",
    "Quadratic",
    "Region",
    "Solution",
    "Total",
    "identity_metric",
    "isotonic",
    "nearest_in_ball",
    "nearest_in_polytope",
    "nearest_on_faces",
]
