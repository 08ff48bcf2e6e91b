"""Train one encoder on a corpus of SMILES: masked symbols, and RDKit's descriptors.

Devlin et al. (2019) for the masks, Fabian et al. (2020) for the descriptors.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tqdm import tqdm

from w2s_jax.molecules.batches import DIVISOR, mask, plan
from w2s_jax.molecules.corpus import LONGEST, Corpus, Sample
from w2s_jax.molecules.encoder import Encoder, Shape
from w2s_jax.molecules.objective import Batch, Learner, losses, total
from w2s_jax.molecules.targets import NAMES, Ranks, descriptor_values
from w2s_jax.representations.descent import fingerprint, load, save

_SECONDS_BETWEEN_SAVES = 60.0
_ROWS = ("surprise", "hits", "masked", "squares", "described", "tokens", "accuracy")


@dataclass(frozen=True)
class Pretraining:
    """A recipe; the same one gives the same encoder, bit for bit on one machine.

    Attributes:
        shape: of the encoder.
        tokens: symbols to train on in all, padding not counted.
        batch_tokens: of a batch, padding counted.
        rate: the highest learning rate; by the width if None, see `rate_of`.
        warmup: share of the steps in which the rate climbs; it falls by a cosine ever after.
        decay: of the weight matrices, in AdamW.
        clip: largest norm of a gradient.
        masked: share of the symbols to predict.
        descriptors: names of the targets; none leaves masked symbols alone.
        described: how many of the first molecules have these targets: they take RDKit about 1 ms.
        weight: of their mean square.
        leak_free: train without the molecules of ESOL, FreeSolv and Lipop.
        validation: molecules to validate on.
        points: of the validation curve.
        seed: of weights, order and masks.

    Raises:
        ValueError: a number out of its range.

    Example:
        >>> Pretraining(Shape(32), tokens=1_000_000).peak
        0.004
    """

    shape: Shape
    tokens: int = 5_000_000
    batch_tokens: int = 1_024
    rate: float | None = None
    warmup: float = 0.05
    decay: float = 0.01
    clip: float = 1.0
    masked: float = 0.15
    descriptors: tuple[str, ...] = NAMES
    described: int = 200_000
    weight: float = 1.0
    leak_free: bool = True
    validation: int = 5_000
    points: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"tokens": 1, "batch_tokens": DIVISOR * LONGEST, "points": 1, "validation": 1}
        for name, bound in (least | {"described": 0, "seed": 0}).items():
            if getattr(self, name) < bound:
                raise ValueError(f"{name} must be at least {bound}, got {getattr(self, name)}")
        if not (0 < self.peak < math.inf and self.clip > 0):
            raise ValueError(f"need rate > 0 and clip > 0, got {self.rate} and {self.clip}")
        if not (0 <= self.decay < math.inf and 0 <= self.weight < math.inf):
            raise ValueError(f"need decay ≥ 0 and weight ≥ 0, got {self.decay} and {self.weight}")
        if not (0 <= self.warmup < 1 and 0 < self.masked < 1):
            raise ValueError(
                f"need warmup in [0, 1) and masked in (0, 1), got {self.warmup} and {self.masked}"
            )

    @property
    def peak(self) -> float:
        """The highest learning rate."""
        return rate_of(self.shape.width) if self.rate is None else self.rate


def rate_of(width: int) -> float:
    """Choose a learning rate that falls with the width: 0.004 (32 / width)^1.25, at most 0.006.

    Measured over 300,000 to a million symbols: at width 32, half more or half of it teaches less;
    at width 256 with 4 layers 0.0002 works, 0.0005 hardly and 0.001 not at all.

    Example:
        >>> rate_of(8), rate_of(32), round(rate_of(256), 6)
        (0.006, 0.004, 0.000297)
    """
    return min(4e-3 * (32 / width) ** 1.25, 6e-3)


@dataclass(frozen=True)
class Pretrained:
    """A trained encoder and how it got there.

    Attributes:
        encoder: in float32.
        curve: for some numbers of tokens trained on: the training loss's parts since the last
            point, and the accuracy on masked symbols of up to 1,000 molecules of validation.
        final: the same three on all molecules of validation.
        speed: tokens a second, compilation included, of the session that finished the run.
    """

    encoder: Encoder
    curve: list[dict[str, float | int]] = field(repr=False)
    final: dict[str, float]
    speed: float


def pretrain(
    recipe: Pretraining,
    corpus: Corpus,
    *,
    checkpoint: Path | None = None,
    cache: Path | None = None,
    devices: list | None = None,
    arithmetic: Any = None,
    processes: int = 1,
    progress: bool = False,
) -> Pretrained:
    """Train an encoder.

    Args:
        recipe: what to do.
        corpus: as `read_corpus` gives it.
        checkpoint: file to save the state in every minute, and to resume from if it is there. A
            resumed run ends with the same bits as one that was never stopped.
        cache: folder for descriptors.
        devices: to share every batch's rows: 1, 2, 4 or 8 of them; all if None.
        arithmetic: dtype of the encoder's products: float32 on CPUs, else bfloat16, if None.
        processes: that compute descriptors.
        progress: show bars.

    Returns:
        A `Pretrained`.

    Raises:
        ValueError: a checkpoint of another run, devices that do not divide 8, a loss that is not
            finite.
    """
    devices = jax.devices() if devices is None else devices
    if not devices or DIVISOR % len(devices):
        raise ValueError(f"rows are shared by 1, 2, 4 or 8 devices, got {len(devices)}: name fewer")
    if arithmetic is None:
        arithmetic = jnp.float32 if devices[0].platform == "cpu" else jnp.bfloat16
    targets, aims = _targets(recipe, corpus, cache, processes, progress)
    feed = _Feed(recipe, corpus.training, targets)
    mesh = Mesh(np.array(devices), ("rows",))
    start, step, measure, put = _programs(recipe, feed.steps, mesh, jnp.dtype(arithmetic))
    few = _exam(recipe, corpus.validation, aims, 1_000)
    run = fingerprint(repr(recipe), corpus.digest, feed.steps, str(jnp.dtype(arithmetic)))
    state, done, record = start(), 0, np.zeros((len(_ROWS), feed.steps))
    if checkpoint is not None and checkpoint.exists():
        state, done, (found,) = load(checkpoint, state, run)
        record[:, :done] = found
    saved = began = time.monotonic()
    seen = int(record[5].sum())
    first = seen
    marks = {math.ceil(feed.steps * (k + 1) / recipe.points) - 1 for k in range(recipe.points)}
    sums: list[tuple[int, Any]] = []
    with tqdm(total=feed.tokens, initial=seen, unit="tok", unit_scale=True, disable=not progress,
              desc=f"width {recipe.shape.width}") as bar:  # fmt: skip
        while done < feed.steps:
            batch, tokens = feed(done)
            state, found = step(state, put(batch))
            sums.append((done, found))
            record[5, done] = tokens
            late = time.monotonic() - saved > _SECONDS_BETWEEN_SAVES
            if done in marks or late or len(sums) == 8:
                _settle(record, sums)
                _show(bar, record, done)
            if done in marks:
                record[6, done] = _accuracy(measure(state, few, put))
            done += 1
            seen += tokens
            bar.update(tokens)
            if checkpoint is not None and (late or done == feed.steps):
                _settle(record, sums)
                save(checkpoint, state, done, [record[:, :done]], run)
                saved = time.monotonic()
        _settle(record, sums)
    speed = (seen - first) / max(time.monotonic() - began, 1e-9)
    every = _exam(recipe, corpus.validation, aims, recipe.validation)
    final = _parts(measure(state, every, put))
    encoder = jax.device_put(state[0].encoder, devices[0])
    return Pretrained(encoder, _curve(record, marks), final, speed)


class _Feed:
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


def _exam(recipe: Pretraining, sample: Sample, aims: np.ndarray, count: int) -> list[Batch]:
    """Batches of the first molecules of validation, with masks that never change."""
    lengths = sample.lengths[:count]
    batches = plan(lengths, recipe.batch_tokens, seed=0, epoch=0)
    return [
        _batch(recipe, sample, aims, length, rows, (0, 3, k))[0]
        for k, (length, rows) in enumerate(batches)
    ]


def _targets(
    recipe: Pretraining, corpus: Corpus, cache: Path | None, processes: int, progress: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Descriptors' targets of the first molecules to train on and of all to validate on."""
    names, count = recipe.descriptors, min(recipe.described, len(corpus.training.smiles))
    if not names or not count or not recipe.weight:
        return np.zeros((1, len(names)), np.float32), np.zeros((1, len(names)), np.float32)
    values = partial(
        descriptor_values, names=names, folder=cache, processes=processes, progress=progress
    )
    training = values(corpus.training.smiles[:count])
    ranks = Ranks(training)
    return ranks(training), ranks(values(corpus.validation.smiles))


def _optimizer(recipe: Pretraining, steps: int) -> optax.GradientTransformation:
    climb = max(round(recipe.warmup * steps), 1)
    rate = optax.warmup_cosine_decay_schedule(0.0, recipe.peak, climb, max(steps, climb + 1))

    def heavy(tree):
        names = jax.tree_util.tree_map_with_path(lambda path, _: path[-1].name, tree)
        return jax.tree.map(lambda name: name in ("weights", "tokens"), names)

    adam = optax.adamw(rate, b2=0.98, weight_decay=recipe.decay, mask=heavy)
    return optax.chain(optax.clip_by_global_norm(recipe.clip), adam)


def _programs(recipe: Pretraining, steps: int, mesh: Mesh, arithmetic) -> tuple[Callable, ...]:
    optimizer = _optimizer(recipe, steps)
    everywhere = NamedSharding(mesh, PartitionSpec())
    spread = NamedSharding(mesh, PartitionSpec("rows"))

    def start():
        key = jax.random.key(recipe.seed)
        learner = Learner(recipe.shape, len(recipe.descriptors), key=key)
        with jax.numpy_dtype_promotion("standard"):
            return jax.device_put((learner, optimizer.init(cast(Any, learner))), everywhere)

    def loss(learner, batch):
        sums = losses(learner, batch, arithmetic)
        return total(sums, recipe.weight), sums

    @partial(jax.jit, donate_argnums=0, out_shardings=everywhere)
    def step(state, batch):
        learner, moments = state
        slope, sums = jax.grad(loss, has_aux=True)(learner, batch)
        # optax mixes its counter with floats, and scalars with arrays.
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            update, moments = optimizer.update(slope, moments, cast(Any, learner))
            return (optax.apply_updates(learner, update), moments), sums

    @partial(jax.jit, out_shardings=everywhere)
    def one(learner, batch):
        return losses(learner, batch, arithmetic)

    def measure(state, exam, put) -> np.ndarray:
        return np.sum([np.asarray(one(state[0], put(batch))) for batch in exam], axis=0)

    return start, step, measure, lambda batch: jax.device_put(batch, spread)


def _settle(record: np.ndarray, sums: list[tuple[int, Any]]) -> None:
    """Wait for the steps under way, and write down what they lost."""
    for place, found in sums:
        record[:5, place] = np.asarray(found)
        if not np.isfinite(record[:5, place]).all():
            raise ValueError(f"the loss is not finite at step {place}: lower the rate")
    sums.clear()


def _parts(sums: np.ndarray) -> dict[str, float]:
    return {
        "masked_loss": float(sums[0] / max(sums[2], 1)),
        "masked_accuracy": _accuracy(sums),
        "descriptor_loss": float(sums[3] / max(sums[4], 1)),
    }


def _accuracy(sums: np.ndarray) -> float:
    return float(sums[1] / max(sums[2], 1))


def _show(bar: tqdm, record: np.ndarray, done: int) -> None:
    parts = _parts(record[:5, max(done - 50, 0) : done + 1].sum(1))
    bar.set_postfix({name.split("_")[1]: f"{v:.3f}" for name, v in parts.items()}, refresh=False)


def _curve(record: np.ndarray, marks: set[int]) -> list[dict[str, float | int]]:
    points: list[dict[str, float | int]] = []
    first = 0
    for mark in sorted(marks):
        parts = _parts(record[:5, first : mark + 1].sum(1))
        points.append(
            {"tokens": int(record[5, : mark + 1].sum()), "step": mark + 1}
            | {f"training_{name}": round(value, 5) for name, value in parts.items()}
            | {"validation_masked_accuracy": round(float(record[6, mark]), 5)}
        )
        first = mark + 1
    return points
