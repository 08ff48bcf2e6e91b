"""Weak-to-strong generalization in JAX: heads on frozen features, misfit, gain and their certificates."""
