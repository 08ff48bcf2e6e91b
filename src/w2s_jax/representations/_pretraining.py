r"""Pretrain a representation on many tasks whose heads are known and frozen.

Task $t$ has the true head $f_t$ on the ground truth's representation $h^*$. Only the
representation $h$ is trained, by AdamW (Loshchilov and Hutter 2019) on

$$\frac1{T} \sum_{t=1}^T \frac1n \sum_{i=1}^n \bigl(f_t(h(x_{ti})) - f_t(h^*(x_{ti}))\bigr)^2 ,
\qquad x_{ti} \sim N(0, \sigma^2 I),$$

the representation learning of Charikar et al. (2024), section 5.1.
"""

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
from jaxtyping import Float, Key, UInt32

from w2s_jax.files import fingerprint
from w2s_jax.representations._descent import descend
from w2s_jax.representations._maps import MLP
from w2s_jax.representations._recipes import Recipe, recipe_named
from w2s_jax.representations._tasks import (
    Tasks,
    draw_tasks,
    fresh_inputs,
    label_tasks,
    training_batches,
    words_of,
)


class Pretrained(eqx.Module):
    """A pretrained representation; all attributes have an axis of seeds in front if batched.

    Attributes:
        representation: frozen from now on.
        errors: `(tasks,)`, mean squared error of every pretraining task in the end, on the inputs
            trained on or, where those are fresh in every step, on as many others.
        losses: `(steps,)`, mean squared error of every step's batch, before the step.

    Example:
        >>> h, start = (MLP(8, 16, depth, key=jax.random.key(depth)) for depth in (5, 2))
        >>> weak = pretrain(start, h, preset=Recipe(epochs=20, inputs=200), key=jax.random.key(0))
        >>> bool(weak.errors.mean() < weak.losses[0])
        True
    """

    representation: MLP
    errors: Float[Array, "*seeds tasks"]
    losses: Float[np.ndarray, "*seeds steps"]


def pretrain(
    representation: MLP,
    truth: MLP,
    *,
    preset: str | Recipe = "paper",
    sigma: float = 500.0,
    mesh: Mesh | None = None,
    checkpoint: Path | str | None = None,
    progress: bool = False,
    label: str = "pretraining",
    key: Key[Array, "*seeds"] | UInt32[Array, "*seeds 2"],
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
            all their arrays, as `jax.vmap` gives it. `jax.random.PRNGKey` makes keys of two words,
            which are read as such.

    Returns:
        A `Pretrained`.

    Raises:
        ValueError: an unknown preset, widths or input dimensions that differ, a sigma that is not
            positive, a checkpoint of another run, a loss that is NaN or infinite.

    Fails when:
        tasks are few: 10 heads pin a representation of 16 features loosely, and heads on it may do
        badly on new tasks however small the errors in pretraining are.

    Example:
        >>> h, start = (MLP(8, 16, depth, key=jax.random.key(depth)) for depth in (5, 8))
        >>> recipe = Recipe(tasks=2, inputs=100, epochs=5)
        >>> pretrain(start, h, preset=recipe, key=jax.random.key(0)).losses.shape
        (40,)
    """
    recipe, key = recipe_named(preset), _typed(key)
    _check(representation, truth, sigma, key)
    if key.ndim == 0:
        alone = jax.tree.map(lambda leaf: leaf[None], (representation, truth, key))
        settings: dict[str, Any] = {"preset": recipe, "sigma": sigma, "mesh": mesh, "label": label}
        settings |= {"checkpoint": checkpoint, "progress": progress, "key": alone[2]}
        return jax.tree.map(lambda leaf: leaf[0], pretrain(alone[0], alone[1], **settings))
    mesh = Mesh(np.array(jax.devices()[:1]), ("seeds",)) if mesh is None else mesh
    dtype = np.dtype(representation.layers[0].weight.dtype)
    words = [words_of(k) for k in key]
    drawn = [draw_tasks(truth, recipe, sigma, dtype, own) for own in words]
    tasks = label_tasks(truth, *jax.tree.map(lambda *leaves: np.stack(leaves), *drawn))
    form = jax.tree.structure(representation)
    shapes = tuple(leaf.shape[1:] for leaf in jax.tree.leaves(representation))
    begin, advance, finish = _programs(recipe, form, shapes, dtype, mesh)

    shape = tasks.inputs.shape[-1:]

    def batches(first: int, count: int):
        if recipe.joint:
            return np.stack([fresh_inputs(recipe, shape, sigma, first, count, w) for w in words])
        return np.stack([training_batches(recipe, first, count, key=k) for k in key])

    given = jax.device_put((tasks, truth), NamedSharding(mesh, _SEEDS))
    state, losses = descend(
        lambda state, xs: advance(state, given, xs),
        begin(representation),
        batches,
        epochs=recipe.epochs,
        chunk=recipe.chunk,
        run=fingerprint(recipe, sigma, representation, truth, words),
        checkpoint=None if checkpoint is None else Path(checkpoint),
        progress=progress,
        label=label,
    )
    _insist_on_convergence(losses)
    trained, errors = finish(state, tasks)
    return Pretrained(trained, errors, losses)


def _optimizer(recipe: Recipe) -> optax.GradientTransformation:
    rate = optax.cosine_decay_schedule(recipe.rate, recipe.steps) if recipe.cosine else recipe.rate
    return optax.adamw(rate, weight_decay=recipe.decay)


def _errors(h: MLP, tasks: Tasks) -> Array:
    predicted = jnp.einsum("tnk,tk->tn", jax.vmap(jax.vmap(h))(tasks.inputs), tasks.weights)
    return ((predicted + tasks.biases[:, None] - tasks.labels) ** 2).mean(1)


_SEEDS = PartitionSpec("seeds")


@lru_cache(maxsize=32)
def _programs(recipe: Recipe, form, shapes, dtype, mesh: Mesh):
    """Compile for a batch of seeds: start, advance by a chunk of batches, and finish."""
    template = jax.tree.unflatten(form, [jnp.zeros(shape, dtype) for shape in shapes])
    unravel, optimizer = ravel_pytree(template)[1], _optimizer(recipe)
    share = jnp.asarray(recipe.shares, dtype)

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
        tasks, truth = given

        def in_turn(state, own):
            task, order = own
            order = jnp.maximum(order, 0)
            x, y = tasks.inputs[task][order], tasks.labels[task][order][..., None]
            heads = tasks.weights[task][:, None], tasks.biases[task][None]
            return jax.lax.scan(partial(step, heads), state, (x, y, share))

        def joint(state, x):
            features = jax.vmap(jax.vmap(truth))(x.astype(truth.layers[0].weight.dtype))
            x, y = x.astype(dtype), features.astype(dtype) @ tasks.weights.T
            y = y + tasks.biases[None, None]
            heads = tasks.weights.T, tasks.biases
            return jax.lax.scan(partial(step, heads), state, (x, y, share))

        if recipe.joint:
            state, losses = jax.lax.scan(joint, state, xs)
        else:
            turns = jnp.tile(jnp.arange(recipe.tasks), xs.shape[0])
            state, losses = jax.lax.scan(in_turn, state, (turns, xs.reshape(-1, *xs.shape[2:])))
        return state, losses.ravel()

    def begin(representation):
        flat = ravel_pytree(representation)[0]
        return flat, optimizer.init(flat)

    def finish(state, tasks):
        trained = unravel(state[0])
        return trained, _errors(trained, tasks)

    def compiled(function, **options):
        spread = jax.shard_map(jax.vmap(function), mesh=mesh, in_specs=_SEEDS, out_specs=_SEEDS)
        return jax.jit(spread, out_shardings=NamedSharding(mesh, _SEEDS), **options)

    # On one thread: products this small lose time by sharing, and their rounding, hence the run,
    # would depend on the number of cores.
    alone = {"xla_cpu_multi_thread_eigen": False}
    steps = compiled(advance, donate_argnums=0, compiler_options=alone)
    return compiled(begin), steps, compiled(finish)


def _typed(key: Array) -> Array:
    """Turn the two words of an old key into a key."""
    return key if jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else jax.random.wrap_key_data(key)


def _insist_on_convergence(losses: np.ndarray) -> None:
    broken = np.argwhere(~np.isfinite(losses))
    if len(broken):
        *seed, step = broken[np.argmin(broken[:, -1])].tolist()
        of = f" of seed {seed[0]}" if seed and losses.shape[0] > 1 else ""
        raise ValueError(
            f"pretraining diverged: the loss of step {step}{of} is NaN or infinite: "
            "lower the recipe's rate, or sigma"
        )


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
