"""What pretraining is fed: batches by the number of the step, and the exam."""

import math

import numpy as np

from w2s_jax.encoders._batches import mask, plan
from w2s_jax.encoders._corpus import Sample
from w2s_jax.encoders._objective import Batch
from w2s_jax.encoders._recipe import Pretraining


class Feed:
    """Batches by the number of the step.

    Args:
        recipe: how many symbols, and how many a batch.
        sample: the texts to train on.
        targets: `(m, d)`, of the first texts.

    Example:
        >>> from w2s_jax.encoders import Alphabet, Shape, sample_of
        >>> letters = Alphabet(tuple("CO"), list)
        >>> recipe = Pretraining(Shape(8, vocabulary=letters.size), tokens=240)
        >>> feed = Feed(recipe, sample_of(["CCO"] * 40, letters), np.zeros((1, 0), np.float32))
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
        return plan(
            self._sample.lengths,
            recipe.lengths,
            recipe.batch_tokens,
            seed=recipe.seed,
            epoch=epoch,
        )

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
    masked = mask(codes, recipe.masked, vocabulary=recipe.shape.vocabulary, seed=seed)
    described = (rows >= 0) & (rows < len(targets))
    aims = targets[np.where(described, rows, 0)]
    return Batch(*masked, aims, described), int((codes != 0).sum())


def exam_of(recipe: Pretraining, sample: Sample, aims: np.ndarray, count: int) -> list[Batch]:
    """Deal out batches of the first texts of validation, with masks that never change.

    Args:
        recipe: how many symbols a batch has, and how many of them are masked.
        sample: the texts to validate on.
        aims: `(m, d)`, targets of the first texts.
        count: how many texts.

    Example:
        >>> from w2s_jax.encoders import Alphabet, Shape, sample_of
        >>> letters = Alphabet(tuple("CO"), list)
        >>> recipe = Pretraining(Shape(8, vocabulary=letters.size))
        >>> aims = np.zeros((1, 0), np.float32)
        >>> (batch,) = exam_of(recipe, sample_of(["CCO"] * 9, letters), aims, 5)
        >>> int((batch.codes != 0).sum())
        15
    """
    sizes = sample.lengths[:count]
    batches = plan(sizes, recipe.lengths, recipe.batch_tokens, seed=0, epoch=0)
    return [
        _batch(recipe, sample, aims, length, rows, (0, 3, k))[0]
        for k, (length, rows) in enumerate(batches)
    ]
