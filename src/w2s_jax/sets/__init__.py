"""Convex sets as frozen pytrees: project onto them, support them, ask them for membership."""

from w2s_jax.sets._base import ConvexSet
from w2s_jax.sets._boxes import Box, LInfBall, NonNegative
from w2s_jax.sets._combined import Scaled, Translated
from w2s_jax.sets._flat import AffineSubspace, HalfSpace, Subspace
from w2s_jax.sets._intersections import Intersection
from w2s_jax.sets._polyhedra import Hull, Polytope
from w2s_jax.sets._round import Ball, Ellipsoid
from w2s_jax.sets._simplices import L1Ball, Monotone, Simplex

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
