"""Many weak models: how their leftovers overlap, which one to learn from, how to mix them."""

from w2s_jax.teachers._ensembles import Ensemble, ensemble
from w2s_jax.teachers._matrices import MisfitMatrix, misfit_matrix
from w2s_jax.teachers._selecting import Selection, select

__all__ = ["Ensemble", "MisfitMatrix", "Selection", "ensemble", "misfit_matrix", "select"]
