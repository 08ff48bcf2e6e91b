"""Train one encoder on a corpus: masked symbols, and numbers that each text is to tell.

Devlin et al. (2019) for the masks, Fabian et al. (2020) for the numbers.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tqdm import tqdm

from w2s_jax.encoders._batches import DIVISOR
from w2s_jax.encoders._corpus import Corpus
from w2s_jax.encoders._encoder import Encoder
from w2s_jax.encoders._feeding import Feed, exam_of
from w2s_jax.encoders._objective import Learner, losses, total
from w2s_jax.encoders._optimizer import advance, begin, clipped_adamw, rates
from w2s_jax.encoders._recipe import Pretraining
from w2s_jax.files import fingerprint
from w2s_jax.files._checkpoints import load_state, save_state

_SECONDS_BETWEEN_SAVES = 60.0
_ROWS = ("surprise", "hits", "masked", "squares", "described", "tokens", "accuracy")


@dataclass(frozen=True)
class PretrainedEncoder:
    """A trained encoder and how it got there.

    Attributes:
        encoder: in float32.
        curve: for some numbers of tokens trained on: the training loss's parts since the last
            point, and the accuracy on masked symbols of up to 1,000 texts of validation.
        final: the same three on all texts of validation.
        speed: tokens a second, compilation included, of the session that finished the run.

    Example:
        >>> from w2s_jax.encoders import Shape
        >>> encoder = Encoder(Shape(width=8, vocabulary=46), key=jax.random.key(0))
        >>> PretrainedEncoder(encoder, [], {"masked_accuracy": 0.5}, speed=1e4).final
        {'masked_accuracy': 0.5}
    """

    encoder: Encoder
    curve: list[dict[str, float | int]] = field(repr=False)
    final: dict[str, float]
    speed: float


def pretrain_encoder(
    recipe: Pretraining,
    corpus: Corpus,
    targets: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    checkpoint: Path | str | None = None,
    devices: list | None = None,
    arithmetic: Any = None,
    progress: bool = False,
) -> PretrainedEncoder:
    """Train an encoder.

    Args:
        recipe: what to do.
        corpus: texts to train and to validate on.
        targets: `(m, d)` for the first texts to train on, and `(k, d)` for those to validate on;
            d is the number of the recipe's targets. None where it has none.
        checkpoint: file to save the state in every minute, and to resume from if it is there. A
            resumed run ends with the same bits as one that was never stopped.
        devices: to share every batch's rows: 1, 2, 4 or 8 of them; all if None.
        arithmetic: dtype of the encoder's products: float32 on CPUs, else bfloat16, if None.
        progress: show bars.

    Returns:
        A `PretrainedEncoder`.

    Raises:
        ValueError: a checkpoint of another run, devices that do not divide 8, targets that do not
            fit the recipe, a loss or weights that are not finite.

    Example:
        >>> from w2s_jax.encoders import Alphabet, Shape, sample_of
        >>> letters = Alphabet(tuple("ab"), list)
        >>> sample = sample_of(["a" * n + "b" for n in range(1, 25)], letters)
        >>> corpus = Corpus(sample, sample, digest="", name="words.txt")
        >>> shape = Shape(8, layers=1, vocabulary=letters.size)
        >>> recipe = Pretraining(shape, tokens=324, points=1)
        >>> trained = pretrain_encoder(recipe, corpus)
        >>> trained.encoder.shape.width, trained.curve[0]["tokens"]
        (8, 324)
    """
    devices = jax.devices() if devices is None else devices
    if not devices or DIVISOR % len(devices):
        raise ValueError(f"rows are shared by 1, 2, 4 or 8 devices, got {len(devices)}: name fewer")
    checkpoint = None if checkpoint is None else Path(checkpoint)
    if arithmetic is None:
        arithmetic = jnp.float32 if devices[0].platform == "cpu" else jnp.bfloat16
    training, aims = _fitting(targets, len(recipe.targets))
    feed = Feed(recipe, corpus.training, training)
    mesh = Mesh(np.array(devices), ("rows",))
    start, step, measure, put = programs(recipe, mesh, jnp.dtype(arithmetic))
    climb = max(round(recipe.warmup * feed.steps), 1)
    rate = rates(recipe.peak, climb=climb, steps=feed.steps)
    if _programs_take_long(devices[0]):
        _compile_together(start, step, measure, put, feed)
    few = exam_of(recipe, corpus.validation, aims, 1_000)
    run = fingerprint(repr(recipe), corpus.digest, feed.steps, str(jnp.dtype(arithmetic)))
    state, done, record = start(), 0, np.zeros((len(_ROWS), feed.steps))
    if checkpoint is not None and checkpoint.exists():
        state, done, (found,) = load_state(checkpoint, state, run)
        record[:, :done] = found
    saved = began = time.monotonic()
    seen = int(record[5].sum())
    first = seen
    marks = {math.ceil(feed.steps * (k + 1) / recipe.points) - 1 for k in range(recipe.points)}
    sums: list[tuple[int, Any]] = []
    with tqdm(total=feed.tokens, initial=seen, unit="tok", unit_scale=True, disable=not progress,
              desc=f"width {recipe.shape.width}") as bar:  # fmt: skip
        for batch, tokens in _prepared(feed, put, range(done, feed.steps)):
            state, found = step(state, rate[done], batch)
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
                save_state(checkpoint, state, done, [record[:, :done]], run)
                saved = time.monotonic()
        _settle(record, sums)
    speed = (seen - first) / max(time.monotonic() - began, 1e-9)
    every = exam_of(recipe, corpus.validation, aims, recipe.validation)
    final = _parts(measure(state, every, put))
    encoder = jax.device_put(state[0].encoder, devices[0])
    _check_finite(encoder, final)
    return PretrainedEncoder(encoder, _curve(record, marks), final, speed)


def _fitting(
    targets: tuple[np.ndarray, np.ndarray] | None, wanted: int
) -> tuple[np.ndarray, np.ndarray]:
    none = np.zeros((1, 0), np.float32)
    both = (none, none) if targets is None else targets
    found = {each.shape[1] for each in both}
    if found != {wanted}:
        raise ValueError(f"the recipe names {wanted} targets, got {sorted(found)} columns of them")
    return both


def _prepared(feed: Feed, put: Callable, steps: range) -> Iterator[tuple[Any, int]]:
    """Make the next batches and put them on the devices while these work."""

    def prepare(step: int) -> tuple[Any, int]:
        batch, tokens = feed(step)
        return put(batch), tokens

    with ThreadPoolExecutor(1) as pool:  # one: a feed remembers its epoch
        waiting = deque(pool.submit(prepare, step) for step in steps[:4])
        for step in steps[4:]:
            yield waiting.popleft().result()
            waiting.append(pool.submit(prepare, step))
        while waiting:
            yield waiting.popleft().result()


def _programs_take_long(device: Any) -> bool:
    return device.platform != "cpu"


def _compile_together(
    start: Callable, step: Callable, measure: Callable, put: Callable, feed: Feed
) -> None:
    """Compile for all lengths at once: a program for an accelerator takes many seconds."""

    def compile(batch: Any) -> None:
        state, _ = step(start(), np.float32(0), put(batch))
        measure(state, [batch], put)

    with ThreadPoolExecutor() as pool:
        list(pool.map(compile, feed.one_of_each_length()))


def programs(recipe: Pretraining, mesh: Mesh, arithmetic) -> tuple[Callable, ...]:
    """Compile for a recipe: start, step, measure, and put a batch on the mesh.

    Example:
        >>> from w2s_jax.encoders import Shape
        >>> mesh = Mesh(np.array(jax.devices()[:1]), ("rows",))
        >>> recipe = Pretraining(Shape(8, 1, vocabulary=46))
        >>> start, *_ = programs(recipe, mesh, jnp.dtype(jnp.float32))
        >>> start()[0].encoder.shape.width
        8
    """
    optimizer = clipped_adamw(decay=recipe.decay, clip=recipe.clip, b2=0.98)
    everywhere = NamedSharding(mesh, PartitionSpec())
    spread = NamedSharding(mesh, PartitionSpec("rows"))

    def start():
        key = jax.random.key(recipe.seed)
        learner = Learner(recipe.shape, len(recipe.targets), key=key)
        return jax.device_put((learner, begin(optimizer, learner)), everywhere)

    def loss(learner, batch):
        sums = losses(learner, batch, arithmetic)
        return total(sums, recipe.weight), sums

    @partial(jax.jit, donate_argnums=0, out_shardings=everywhere)
    def step(state, rate, batch):
        learner, moments = state
        slope, sums = jax.grad(loss, has_aux=True)(learner, batch)
        return advance(optimizer, rate, slope, moments, learner), sums

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


def _check_finite(encoder: Encoder, final: dict[str, float]) -> None:
    """Look at what the last step left: a loss is that of the weights before its step."""
    leaves = jax.tree.leaves(encoder)
    if not all(np.isfinite(np.asarray(leaf)).all() for leaf in [*leaves, *final.values()]):
        raise ValueError("the weights are not finite after the last step: lower the rate")


def _parts(sums: np.ndarray) -> dict[str, float]:
    return {
        "masked_loss": float(sums[0] / max(sums[2], 1)),
        "masked_accuracy": _accuracy(sums),
        "target_loss": float(sums[3] / max(sums[4], 1)),
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
