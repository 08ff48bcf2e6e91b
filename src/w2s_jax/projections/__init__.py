"""Projections onto convex sets in any metric, many at a time, each with its certificate."""

from w2s_jax.projections._functions import constrained_weights, project_functions
from w2s_jax.projections._outcomes import Projection, Status
from w2s_jax.projections._points import project

__all__ = ["Projection", "Status", "constrained_weights", "project", "project_functions"]
