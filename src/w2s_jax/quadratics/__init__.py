"""Convex quadratics over simple sets, many at a time: the engine below sets and projections."""

from w2s_jax.quadratics._faces import nearest_on_faces
from w2s_jax.quadratics._form import Quadratic, Solution
from w2s_jax.quadratics._inequalities import nearest_in_polytope
from w2s_jax.quadratics._metric import Metric, identity_metric
from w2s_jax.quadratics._order import Ordered, isotonic
from w2s_jax.quadratics._regions import Absolute, Bounds, Region, Total
from w2s_jax.quadratics._secular import nearest_in_ball

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
