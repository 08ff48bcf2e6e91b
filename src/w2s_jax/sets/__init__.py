"""Convex sets as frozen pytrees: project onto them, support them, ask them for membership."""

from w2s_jax.sets.base import ConvexSet
from w2s_jax.sets.boxes import Box, LInfBall, NonNegative
from w2s_jax.sets.combined import Scaled, Translated
from w2s_jax.sets.flat import AffineSubspace, HalfSpace, Subspace
from w2s_jax.sets.intersections import Intersection
from w2s_jax.sets.polyhedra import Hull, Polytope
from w2s_jax.sets.round import Ball, Ellipsoid
from w2s_jax.sets.simplices import L1Ball, Monotone, Simplex

__all__ = [
    "AffineSubspace",
    "Ball",
    "Box",
    "ConvexSet",
    "Ellipsoid",
    "HalfSpace",
    "Hull",
    "Intersection",
    "L1Ball",
    "LInfBall",
    "Monotone",
    "NonNegative",
    "Polytope",
    "Scaled",
    "Simplex",
    "Subspace",
    "Translated",
]
