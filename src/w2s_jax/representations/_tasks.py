"""The tasks that pretraining trains on, drawn anew from a key at any epoch.

All draws come from numpy: that compiles nothing and is ten times as fast on a CPU.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int, Key

from w2s_jax.representations._maps import MLP
from w2s_jax.representations._recipes import Recipe


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


def training_tasks(
    truth: MLP, recipe: Recipe, *, sigma: float = 500.0, dtype=None, key: Key[Array, ""]
) -> Tasks:
    r"""Draw the true heads, PyTorch's default as well, and the inputs that `pretrain` uses.

    Args:
        truth: $h^*$.
        recipe: its tasks and inputs.
        sigma: standard deviation of each coordinate of an input.
        dtype: of everything drawn, by default the truth's; labels are computed in the truth's.
        key: as given to `pretrain`.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=5, key=jax.random.key(0))
        >>> tasks = training_tasks(h, Recipe(tasks=3, inputs=7), key=jax.random.key(1))
        >>> bool((abs(tasks.weights) <= 0.25).all())
        True
    """
    dtype = np.dtype(truth.layers[0].weight.dtype if dtype is None else dtype)
    drawn = draw_tasks(truth, recipe, sigma, dtype, words_of(key))
    alone = jax.tree.map(lambda leaf: leaf[None], (truth, *drawn))
    return jax.tree.map(lambda leaf: leaf[0], label_tasks(*alone))


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
    words, filled = words_of(key), recipe.batches * recipe.batch
    order = np.full((count, recipe.tasks, filled), -1, np.int32)
    plain = np.tile(np.arange(recipe.inputs, dtype=np.int32), (recipe.tasks, 1))
    for epoch in range(count):
        order[epoch, :, : recipe.inputs] = _stream(words, first + epoch).permuted(plain, axis=1)
    return order.reshape(count, recipe.tasks, recipe.batches, recipe.batch)


def words_of(key: Key[Array, ""]) -> list[int]:
    """Turn a key into words that seed numpy's generators.

    Example:
        >>> words_of(jax.random.key(7))
        [0, 7]
    """
    return np.asarray(jax.random.key_data(key)).tolist()


def draw_tasks(
    truth: MLP, recipe: Recipe, sigma: float, dtype: np.dtype, words: list[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the true heads' weights and biases, and the inputs of all tasks.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=5, key=jax.random.key(0))
        >>> [a.shape for a in draw_tasks(h, Recipe(tasks=3, inputs=7), 1.0, np.dtype(float), [0])]
        [(3, 16), (3,), (3, 7, 8)]
    """
    width, dimension = truth.layers[-1].weight.shape[-2], truth.layers[0].weight.shape[-1]
    rng, bound = np.random.default_rng(words), width**-0.5
    weights = rng.uniform(-bound, bound, (recipe.tasks, width)).astype(dtype)
    biases = rng.uniform(-bound, bound, recipe.tasks).astype(dtype)
    inputs = sigma * rng.standard_normal((recipe.tasks, recipe.inputs, dimension))
    return weights, biases, inputs.astype(dtype)


def fresh_inputs(
    recipe: Recipe, shape: tuple[int, ...], sigma: float, first: int, count: int, words: list[int]
) -> Float[np.ndarray, "count batches batch d"]:
    """Draw the inputs of some epochs, for all tasks at once; `shape` is that of one input.

    Example:
        >>> fresh_inputs(Recipe(inputs=64, joint=True), (8,), 500.0, 0, 3, [0]).shape
        (3, 2, 32, 8)
    """
    size = (recipe.batches, recipe.batch, *shape)
    streams = map(_stream, [words] * count, range(first, first + count))
    return np.float32(sigma) * np.stack([rng.standard_normal(size, np.float32) for rng in streams])


def _stream(words: list[int], epoch: int) -> np.random.Generator:
    return np.random.default_rng([*words, epoch + 1])  # numpy reads a trailing 0 as nothing


@jax.jit
def label_tasks(truth: MLP, weights: Array, biases: Array, inputs: Array) -> Tasks:
    """Label the inputs of all tasks by their true heads; all with an axis of seeds in front.

    Example:
        >>> h = jax.vmap(lambda k: MLP(8, 16, 2, key=k))(jax.random.split(jax.random.key(0), 1))
        >>> parts = jnp.ones((1, 3, 16)), jnp.ones((1, 3)), jnp.ones((1, 3, 7, 8))
        >>> label_tasks(h, *parts).labels.shape
        (1, 3, 7)
    """

    def label(truth, weights, biases, inputs):
        own = truth.layers[0].weight.dtype
        features = jax.vmap(jax.vmap(truth))(inputs.astype(own))
        labels = jnp.einsum("tnk,tk->tn", features, weights.astype(own))
        return (labels + biases.astype(own)[:, None]).astype(inputs.dtype)

    return Tasks(weights, biases, inputs, jax.vmap(label)(truth, weights, biases, inputs))
