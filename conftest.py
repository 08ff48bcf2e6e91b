"""Every test runs in float64, and nothing is promoted or broadcast by accident."""

import jax
import pytest

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(autouse=True, scope="module")
def forget_programs():
    """Linux gives a process 65,530 memory maps, and compiled programs would use them up."""
    yield
    jax.clear_caches()
