r"""Pretrain a representation on many tasks whose heads are known and frozen.

Task $t$ has the true head $f_t$ on the ground truth's representation $h^*$. Only the
representation $h$ is trained, by AdamW (Loshchilov and Hutter 2019) on

$$\frac1{T} \sum_{t=1}^T \frac1n \sum_{i=1}^n \bigl(f_t(h(x_{ti})) - f_t(h^*(x_{ti}))\bigr)^2 ,
\qquad x_{ti} \sim N(0, \sigma^2 I),$$

the representation learning of Charikar et al. (2024), section 5.1.
"""

from dataclasses import dataclass, fields
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float, Int, Key

from w2s_jax.representations.descent import descend, fingerprint
from w2s_jax.representations.maps import MLP


@dataclass(frozen=True)
class Recipe:
    """How to pretrain; the defaults are the paper's.

    Attributes:
        tasks: T, the number of frozen true heads.
        inputs: of each task; with `joint`, fresh ones drawn in each epoch.
        epochs: passes over them.
        batch: inputs a step.
        rate: AdamW's learning rate, the first one where it decays.
        decay: AdamW's weight decay, on weights and biases alike, as PyTorch has it.
        cosine: let the rate decay to 0 along a half cosine.
        joint: every step takes all tasks on the same fresh inputs. Otherwise tasks take turns
            within an epoch, each through all its batches in an order drawn anew.

    Raises:
        ValueError: a size below 1, a rate that is not positive, a negative decay.

    Example:
        >>> Recipe().steps, Recipe(epochs=2, tasks=1).steps
        (630000, 126)
    """

    tasks: int = 10
    inputs: int = 2000
    epochs: int = 1000
    batch: int = 32
    rate: float = 1e-3
    decay: float = 0.01
    cosine: bool = False
    joint: bool = False

    def __post_init__(self) -> None:
        for field in fields(self)[:4]:
            if getattr(self, field.name) < 1:
                raise ValueError(
                    f"{field.name} must be at least 1, got {getattr(self, field.name)}"
                )
        if not (self.rate > 0 and self.decay >= 0):
            raise ValueError(f"need rate > 0 and decay ≥ 0, got {self.rate} and {self.decay}")

    @property
    def batches(self) -> int:
        """Batches in one pass over the inputs; the last may be smaller."""
        return -(-self.inputs // self.batch)

    @property
    def steps(self) -> int:
        """Steps of the optimizer in all."""
        return self.epochs * self.batches * (1 if self.joint else self.tasks)


PRESETS = {
    "paper": Recipe(),
    "joint": Recipe(64, inputs=3200, epochs=600, rate=3e-3, cosine=True, joint=True),
    "reader": Recipe(64, inputs=3200, epochs=300, rate=3e-3, cosine=True, joint=True),
}


class Tasks(eqx.Module):
    """The tasks that a representation is pretrained on, with an axis of seeds in front if batched.

    Attributes:
        weights: `(tasks, k)`, of the frozen true heads.
        biases: `(tasks,)`.
        inputs: `(tasks, n, d)`.
        labels: `(tasks, n)`, without noise.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=5, key=jax.random.key(0))
        >>> training_tasks(h, Recipe(tasks=3, inputs=7), key=jax.random.key(1)).labels.shape
        (3, 7)
    """

    weights: Float[Array, "*seeds tasks k"]
    biases: Float[Array, "*seeds tasks"]
    inputs: Float[Array, "*seeds tasks n d"]
    labels: Float[Array, "*seeds tasks n"]


class Pretrained(eqx.Module):
    """A pretrained representation; all attributes have an axis of seeds in front if batched.

    Attributes:
        representation: frozen from now on.
        losses: `(steps,)`, mean squared error of every step's batch, before the step.
        errors: `(tasks,)`, mean squared error of every pretraining task in the end, on the inputs
            trained on or, where those are fresh in every step, on as many others.

    Example:
        >>> h, start = (MLP(8, 16, depth, key=jax.random.key(depth)) for depth in (5, 2))
        >>> weak = pretrain(start, h, preset=Recipe(epochs=20, inputs=200), key=jax.random.key(0))
        >>> bool(weak.errors.mean() < weak.losses[0])
        True
    """

    representation: MLP
    losses: Float[np.ndarray, "*seeds steps"]
    errors: Float[Array, "*seeds tasks"]


def pretrain(
    representation: MLP,
    truth: MLP,
    *,
    preset: str | Recipe = "paper",
    sigma: float = 500.0,
    mesh: Mesh | None = None,
    checkpoint: Path | None = None,
    progress: bool = False,
    label: str = "pretraining",
    key: Key[Array, "*seeds"],
) -> Pretrained:
    r"""Train a representation on tasks with frozen true heads, in one compiled scan a chunk.

    Tasks in turn is read as: one epoch goes through task 1's batches, then task 2's, and so on,
    under one optimizer, and the next epoch begins with task 1 again.

    Args:
        representation: where to start; its dtype is that of the training.
        truth: $h^*$, as wide as the representation, because the heads that read it are frozen.
        preset: "paper", "joint" (64 tasks at once on fresh inputs, a cosine from 3e-3, 60,000
            steps), "reader" (the same in fewer steps), or a `Recipe` of your own.
        sigma: standard deviation of each coordinate of an input.
        mesh: devices to spread the seeds over, along the mesh's axis "seeds".
        checkpoint: file to save in every few seconds, and to resume from if it is there. A resumed
            run ends with the same bits as one that was never stopped.
        progress: show a bar.
        label: of the bar.
        key: for tasks, inputs and their order; an array of keys trains one representation for
            each, all in one program: `representation` and `truth` then have that axis in front of
            all their arrays, as `jax.vmap` gives it.

    Returns:
        A `Pretrained`.

    Raises:
        ValueError: an unknown preset, widths or input dimensions that differ, a sigma that is not
            positive, a checkpoint of another run.

    Fails when:
        tasks are few: 10 heads pin a representation of 16 features loosely, and heads on it may do
        badly on new tasks however small the errors in pretraining are.

    Example:
        >>> h, start = (MLP(8, 16, depth, key=jax.random.key(depth)) for depth in (5, 8))
        >>> recipe = Recipe(tasks=2, inputs=100, epochs=5)
        >>> pretrain(start, h, preset=recipe, key=jax.random.key(0)).losses.shape
        (40,)
    """
    recipe = recipe_named(preset)
    _check(representation, truth, sigma, key)
    if key.ndim == 0:
        alone = jax.tree.map(lambda leaf: leaf[None], (representation, truth, key))
        settings: dict[str, Any] = {"preset": recipe, "sigma": sigma, "mesh": mesh, "label": label}
        settings |= {"checkpoint": checkpoint, "progress": progress, "key": alone[2]}
        return jax.tree.map(lambda leaf: leaf[0], pretrain(alone[0], alone[1], **settings))
    mesh = Mesh(np.array(jax.devices()[:1]), ("seeds",)) if mesh is None else mesh
    spread = NamedSharding(mesh, PartitionSpec("seeds"))
    dtype = representation.layers[0].weight.dtype
    truth = jax.tree.map(lambda leaf: leaf.astype(dtype), truth) if recipe.joint else truth
    tasks = jax.vmap(lambda h, k: training_tasks(h, recipe, sigma=sigma, dtype=dtype, key=k))(
        truth, key
    )
    flat = jax.vmap(lambda h: ravel_pytree(h)[0])(representation)
    unravel = ravel_pytree(jax.tree.map(lambda leaf: leaf[0], representation))[1]
    state = (flat, jax.vmap(_optimizer(recipe).init)(flat))
    run = fingerprint(recipe, sigma, representation, truth, jax.random.key_data(key))
    state, given = jax.device_put((state, (tasks, truth, _streams(key)[1])), spread)
    form = jax.tree.structure(representation)
    shapes = tuple(leaf.shape[1:] for leaf in jax.tree.leaves(representation))
    program = _program(recipe, sigma, form, shapes, np.dtype(dtype), mesh)

    def batches(first: int, count: int):
        if recipe.joint:
            return np.broadcast_to(np.arange(first, first + count), (key.size, count))
        return np.stack([training_batches(recipe, first, count, key=k) for k in key])

    (flat, _), losses = descend(
        lambda state, xs: program(state, given, jax.device_put(xs, spread)),
        state,
        batches,
        epochs=recipe.epochs,
        chunk=max(1, 6300 * recipe.epochs // recipe.steps),
        run=run,
        checkpoint=checkpoint,
        progress=progress,
        label=label,
    )
    trained = jax.vmap(unravel)(flat)
    return Pretrained(trained, losses, jax.jit(jax.vmap(_errors))(trained, tasks))


def recipe_named(preset: str | Recipe) -> Recipe:
    """Look up a preset; a recipe stands for itself.

    Raises:
        ValueError: no such preset, with the names there are.

    Example:
        >>> recipe_named("paper").rate
        0.001
    """
    if isinstance(preset, Recipe):
        return preset
    if preset not in PRESETS:
        raise ValueError(f"preset must be of {sorted(PRESETS)} or a Recipe, got {preset!r}")
    return PRESETS[preset]


def training_tasks(
    truth: MLP, recipe: Recipe, *, sigma: float = 500.0, dtype=None, key: Key[Array, ""]
) -> Tasks:
    r"""Draw the true heads, PyTorch's default as well, and the inputs that `pretrain` uses.

    Args:
        truth: $h^*$.
        recipe: its tasks and inputs.
        sigma: standard deviation of each coordinate of an input.
        dtype: of everything drawn; labels are computed in the truth's own.
        key: as given to `pretrain`.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=5, key=jax.random.key(0))
        >>> tasks = training_tasks(h, Recipe(tasks=3, inputs=7), key=jax.random.key(1))
        >>> bool((abs(tasks.weights) <= 0.25).all())
        True
    """
    width, dimension = truth.layers[-1].weight.shape[0], truth.layers[0].weight.shape[1]
    own = truth.layers[0].weight.dtype
    dtype = own if dtype is None else dtype
    weights_key, biases_key, inputs_key = jax.random.split(_streams(key)[0], 3)
    bound, count = width**-0.5, recipe.tasks
    weights = jax.random.uniform(weights_key, (count, width), dtype, -bound, bound)
    biases = jax.random.uniform(biases_key, (count,), dtype, -bound, bound)
    inputs = sigma * jax.random.normal(inputs_key, (count, recipe.inputs, dimension), dtype)
    features = jax.vmap(jax.vmap(truth))(inputs.astype(own))
    labels = jnp.einsum("tnk,tk->tn", features, weights.astype(own)) + biases.astype(own)[:, None]
    return Tasks(weights, biases, inputs, labels.astype(dtype))


def training_batches(
    recipe: Recipe, first: int, count: int, *, key: Key[Array, ""]
) -> Int[np.ndarray, "count tasks batches batch"]:
    """Draw the order in which `pretrain` sees each task's inputs, for tasks in turn.

    Args:
        recipe: how many inputs, tasks and what batch.
        first: the first epoch wanted.
        count: how many epochs.
        key: as given to `pretrain`.

    Returns:
        Indices; the last batch of a pass is filled up with −1.

    Example:
        >>> training_batches(Recipe(tasks=1, inputs=5, batch=3), 0, 1, key=jax.random.key(0)).shape
        (1, 1, 2, 3)
    """
    words = np.asarray(jax.random.key_data(_streams(key)[1])).tolist()
    order = np.full((count, recipe.tasks, recipe.batches * recipe.batch), -1, np.int32)
    plain = np.tile(np.arange(recipe.inputs, dtype=np.int32), (recipe.tasks, 1))
    for epoch in range(count):
        rng = np.random.default_rng([*words, first + epoch])
        order[epoch, :, : recipe.inputs] = rng.permuted(plain, axis=1)
    return order.reshape(count, recipe.tasks, recipe.batches, recipe.batch)


def _streams(key: Array) -> tuple[Array, Array]:
    split = jax.random.split if key.ndim == 0 else jax.vmap(jax.random.split)
    keys = split(key)
    return keys[..., 0], keys[..., 1]


def _optimizer(recipe: Recipe) -> optax.GradientTransformation:
    rate = optax.cosine_decay_schedule(recipe.rate, recipe.steps) if recipe.cosine else recipe.rate
    return optax.adamw(rate, weight_decay=recipe.decay)


def _errors(h: MLP, tasks: Tasks) -> Array:
    predicted = jnp.einsum("tnk,tk->tn", jax.vmap(jax.vmap(h))(tasks.inputs), tasks.weights)
    return ((predicted + tasks.biases[:, None] - tasks.labels) ** 2).mean(1)


@lru_cache(maxsize=32)
def _program(recipe: Recipe, sigma: float, form, shapes, dtype, mesh: Mesh):
    """Compile (state, given, batches of a chunk) ↦ (state, losses) for a batch of seeds."""
    template = jax.tree.unflatten(form, [jnp.zeros(shape, dtype) for shape in shapes])
    unravel, optimizer = ravel_pytree(template)[1], _optimizer(recipe)
    last = recipe.inputs - (recipe.batches - 1) * recipe.batch
    share = np.full((recipe.batches, recipe.batch), 1 / recipe.batch)
    share[-1] = np.where(np.arange(recipe.batch) < last, 1 / last, 0)
    share = jnp.asarray(share, dtype)

    def loss(flat, x, y, share, weights, biases):
        misses = jax.vmap(unravel(flat))(x) @ weights + biases[None] - y
        return (share @ misses**2).mean()

    def step(heads, carried, batch):
        flat, moments = carried
        value, slope = jax.value_and_grad(loss)(flat, *batch, *heads)
        with jax.numpy_dtype_promotion("standard"):  # optax mixes its counter with floats
            update, moments = optimizer.update(slope, moments, flat)
        return (optax.apply_updates(flat, update), moments), value

    def advance(state, given, xs):
        tasks, truth, stream = given

        def in_turn(state, own):
            task, order = own
            order = jnp.maximum(order, 0)
            x, y = tasks.inputs[task][order], tasks.labels[task][order][..., None]
            heads = tasks.weights[task][:, None], tasks.biases[task][None]
            return jax.lax.scan(partial(step, heads), state, (x, y, share))

        def joint(state, epoch):
            size = (recipe.batches, recipe.batch, tasks.inputs.shape[-1])
            x = sigma * jax.random.normal(jax.random.fold_in(stream, epoch), size, dtype)
            y = jax.vmap(jax.vmap(truth))(x) @ tasks.weights.T + tasks.biases[None, None]
            heads = tasks.weights.T, tasks.biases
            return jax.lax.scan(partial(step, heads), state, (x, y, share))

        if recipe.joint:
            state, losses = jax.lax.scan(joint, state, xs)
        else:
            turns = jnp.tile(jnp.arange(recipe.tasks), xs.shape[0])
            orders = xs.reshape(-1, *xs.shape[2:])
            state, losses = jax.lax.scan(in_turn, state, (turns, orders))
        return state, losses.ravel()

    spread = PartitionSpec("seeds")
    program = jax.shard_map(jax.vmap(advance), mesh=mesh, in_specs=spread, out_specs=spread)
    return jax.jit(program, donate_argnums=0)


def _check(representation: MLP, truth: MLP, sigma: float, key: Array) -> None:
    if key.ndim > 1:
        raise ValueError(f"key must be one key or (seeds,), got {key.shape}")
    for name, h in (("representation", representation), ("truth", truth)):
        leading = h.layers[0].weight.shape[:-2]
        if leading != key.shape:
            raise ValueError(f"{name} is batched as {leading}, but key as {key.shape}")
    for what, layer, axis in (("widths", -1, -2), ("input dimensions", 0, -1)):
        ours, theirs = (h.layers[layer].weight.shape[axis] for h in (representation, truth))
        if ours != theirs:
            raise ValueError(f"{what} must match: representation {ours}, truth {theirs}")
    if not 0 < sigma < float("inf"):
        raise ValueError(f"sigma must be positive and finite, got {sigma}")
