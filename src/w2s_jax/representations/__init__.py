"""Representations, which map inputs to features, and how to pretrain and perturb them."""

from w2s_jax.representations.maps import MLP, RandomFeatures, Standardize, perturb, represent
from w2s_jax.representations.pretraining import Pretrained, pretrain
from w2s_jax.representations.recipes import PRESETS, Recipe, recipe_named
from w2s_jax.representations.tasks import Tasks, training_batches, training_tasks

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
    "training_batches",
    "training_tasks",
]
