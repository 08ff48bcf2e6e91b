"""What pretraining is fed: batches by the number of the step, the exam, descriptors' targets."""

import math
from functools import partial
from pathlib import Path

import numpy as np

from w2s_jax.molecules.batches import mask, plan
from w2s_jax.molecules.corpus import Corpus, Sample
from w2s_jax.molecules.objective import Batch
from w2s_jax.molecules.recipe import Pretraining
from w2s_jax.molecules.targets import Ranks, descriptor_values


class Feed:
    """Batches by the number of the step."""

    def __init__(self, recipe: Pretraining, sample: Sample, targets: np.ndarray) -> None:
        self._recipe, self._sample, self._targets = recipe, sample, targets
        self._epoch, self._plan = 0, self._planned(0)
        epochs = recipe.tokens / sample.codes.size
        self.steps = math.ceil(len(self._plan) * epochs)
        self.tokens = round(sample.codes.size * self.steps / len(self._plan))

    def _planned(self, epoch: int):
        recipe = self._recipe
        return plan(self._sample.lengths, recipe.batch_tokens, seed=recipe.seed, epoch=epoch)

    def __call__(self, step: int) -> tuple[Batch, int]:
        """Give a step's batch, and its number of symbols."""
        epoch, place = divmod(step, len(self._plan))
        if epoch != self._epoch:
            self._epoch, self._plan = epoch, self._planned(epoch)
        length, rows = self._plan[place]
        seed = (self._recipe.seed, 2, step)
        return _batch(self._recipe, self._sample, self._targets, length, rows, seed)


def _batch(recipe, sample, targets, length, rows, seed) -> tuple[Batch, int]:
    codes = sample.rows(rows, length)
    masked = mask(codes, recipe.masked, seed=seed)
    described = (rows >= 0) & (rows < len(targets))
    aims = targets[np.where(described, rows, 0)]
    return Batch(*masked, aims, described), int((codes != 0).sum())


def exam_of(recipe: Pretraining, sample: Sample, aims: np.ndarray, count: int) -> list[Batch]:
    """Deal out batches of the first molecules of validation, with masks that never change."""
    lengths = sample.lengths[:count]
    batches = plan(lengths, recipe.batch_tokens, seed=0, epoch=0)
    return [
        _batch(recipe, sample, aims, length, rows, (0, 3, k))[0]
        for k, (length, rows) in enumerate(batches)
    ]


def targets_of(
    recipe: Pretraining, corpus: Corpus, cache: Path | None, processes: int, progress: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Compute descriptors' targets of the first molecules to train on and of all to validate on."""
    names, count = recipe.descriptors, min(recipe.described, len(corpus.training.smiles))
    if not names or not count or not recipe.weight:
        return np.zeros((1, len(names)), np.float32), np.zeros((1, len(names)), np.float32)
    values = partial(
        descriptor_values, names=names, folder=cache, processes=processes, progress=progress
    )
    training = values(corpus.training.smiles[:count])
    ranks = Ranks(training)
    return ranks(training), ranks(values(corpus.validation.smiles))
