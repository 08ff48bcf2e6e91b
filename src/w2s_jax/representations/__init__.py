"""Representations, which map inputs to features, and how to pretrain and perturb them."""

from w2s_jax.representations.maps import MLP, RandomFeatures, Standardize, perturb, represent
from w2s_jax.representations.pretraining import (
    PRESETS,
    Pretrained,
    Recipe,
    pretrain,
    training_batches,
    training_tasks,
)

__all__ = [
    "MLP",
    "PRESETS",
    "Pretrained",
    "RandomFeatures",
    "Recipe",
    "Standardize",
    "perturb",
    "pretrain",
    "represent",
    "training_batches",
    "training_tasks",
]
