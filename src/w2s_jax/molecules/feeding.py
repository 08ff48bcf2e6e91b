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
    """Batches by the number of the step.

    Args:
        recipe: how many symbols, and how many a batch.
        sample: the molecules to train on.
        targets: descriptors' targets of the first molecules.

    Example:
        >>> from w2s_jax.molecules.corpus import sample_of
        >>> from w2s_jax.molecules.encoder import Shape
        >>> recipe = Pretraining(Shape(width=8), tokens=240, descriptors=())
        >>> feed = Feed(recipe, sample_of(["CCO"] * 40), np.zeros((1, 0), np.float32))
        >>> feed.steps, feed.tokens, sorted(feed(step)[1] for step in (0, 1))
        (4, 240, [48, 72])
    """

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

    def one_of_each_length(self) -> list[Batch]:
        """Give a batch of every padded length there is."""
        places = {length: step for step, (length, _) in enumerate(self._plan)}
        return [self(step)[0] for step in places.values()]


def _batch(recipe, sample, targets, length, rows, seed) -> tuple[Batch, int]:
    codes = sample.rows(rows, length)
    masked = mask(codes, recipe.masked, seed=seed)
    described = (rows >= 0) & (rows < len(targets))
    aims = targets[np.where(described, rows, 0)]
    return Batch(*masked, aims, described), int((codes != 0).sum())


def exam_of(recipe: Pretraining, sample: Sample, aims: np.ndarray, count: int) -> list[Batch]:
    """Deal out batches of the first molecules of validation, with masks that never change.

    Args:
        recipe: how many symbols a batch has, and how many of them are masked.
        sample: the molecules to validate on.
        aims: `(n, d)`, descriptors' targets.
        count: how many molecules.

    Example:
        >>> from w2s_jax.molecules.corpus import sample_of
        >>> from w2s_jax.molecules.encoder import Shape
        >>> recipe = Pretraining(Shape(width=8), descriptors=())
        >>> aims = np.zeros((1, 0), np.float32)
        >>> (batch,) = exam_of(recipe, sample_of(["CCO"] * 9), aims, 5)
        >>> int((batch.codes != 0).sum())
        15
    """
    lengths = sample.lengths[:count]
    batches = plan(lengths, recipe.batch_tokens, seed=0, epoch=0)
    return [
        _batch(recipe, sample, aims, length, rows, (0, 3, k))[0]
        for k, (length, rows) in enumerate(batches)
    ]


def targets_of(
    recipe: Pretraining, corpus: Corpus, cache: Path | str | None, processes: int, progress: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Compute descriptors' targets of the first molecules to train on and of all to validate on.

    Args:
        recipe: which descriptors, and of how many molecules.
        corpus: the molecules.
        cache: folder for the descriptors' values, or None.
        processes: to share the work.
        progress: show a bar.

    Returns:
        `(n, d)` for training and `(m, d)` for validation, ranks among the first; a row of zeros
        each where the recipe has no descriptors.

    Example:
        >>> from w2s_jax.molecules.corpus import sample_of
        >>> from w2s_jax.molecules.encoder import Shape
        >>> corpus = Corpus(sample_of(["C", "CC", "CCC"]), sample_of(["CC"]), "", "mine.smi")
        >>> recipe = Pretraining(Shape(width=8), descriptors=("MolWt",))
        >>> training, aims = targets_of(recipe, corpus, None, 1, False)
        >>> training.astype(float).round(2)[:, 0].tolist(), abs(aims.item()) < 1e-6
        ([-0.97, 0.0, 0.97], True)
    """
    names, count = recipe.descriptors, min(recipe.described, len(corpus.training.smiles))
    if not names or not count or not recipe.weight:
        return np.zeros((1, len(names)), np.float32), np.zeros((1, len(names)), np.float32)
    values = partial(
        descriptor_values, names=names, folder=cache, processes=processes, progress=progress
    )
    training = values(corpus.training.smiles[:count])
    ranks = Ranks(training)
    return ranks(training), ranks(values(corpus.validation.smiles))
