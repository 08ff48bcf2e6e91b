"""Convex quadratics over simple sets, many at a time: the engine below sets and projections."""

from w2s_jax.quadratics._form import Quadratic, Solution
from w2s_jax.quadratics._metric import Metric
from w2s_jax.quadratics._regions import Region

__all__ = [
    "Metric",
    "Quadratic",
    "Region",
    "Solution",
]
