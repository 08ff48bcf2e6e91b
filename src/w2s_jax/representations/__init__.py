"""Representations, which map inputs to features, and how to pretrain and perturb them."""

from w2s_jax.representations._maps import (
    MLP,
    RandomFeatures,
    Standardize,
    perturb,
    represent,
    standardized,
)
from w2s_jax.representations._pretraining import Pretrained, pretrain
from w2s_jax.representations._recipes import PRESETS, Recipe, recipe_named
from w2s_jax.representations._tasks import Tasks, training_batches, training_tasks

__all__ = [
    "MLP",
    "PRESETS",
    "Pretrained",
    "RandomFeatures",
    "Recipe",
    "Standardize",
    "Tasks",
    "perturb",
    "pretrain",
    "recipe_named",
    "represent",
    "standardized",
    "training_batches",
    "training_tasks",
]
