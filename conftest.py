"""Every test runs in float64, and nothing is promoted or broadcast by accident."""

import os

import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# Half an hour in all, and not yet clean: W2S_FULL=1 runs them.
LONG = ("projection_properties", "projections_at_length", "sets")
collect_ignore = [] if os.environ.get("W2S_FULL") else [f"tests/test_{name}.py" for name in LONG]
