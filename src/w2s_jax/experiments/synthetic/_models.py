"""The networks and data of the synthetic tasks, drawn from keys."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Key

from w2s_jax.representations import MLP


@dataclass(frozen=True)
class TaskSetting:
    """What is the same for all tasks.

    Attributes:
        inputs: labeled inputs of each head.
        fresh: inputs of each fresh sample.
        own_inputs: the student is taught on the weak head's own training inputs.
        cut: relative singular-value cut of the heads, None for the numerical one.

    Example:
        >>> TaskSetting(inputs=200, fresh=500).own_inputs
        True
    """

    inputs: int = 2000
    fresh: int = 2000
    own_inputs: bool = True
    cut: float | None = None


class Models(eqx.Module):
    """Ground truth, strong and weak representation, with an axis of seeds in front.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=2, key=jax.random.key(0))
        >>> Models(truth=h, strong=h, weak=h).weak is h
        True
    """

    truth: MLP
    strong: MLP
    weak: MLP


def deepen(h: MLP, depth: int) -> MLP:
    """Append layers that change nothing, so that one compiled program serves all panels.

    A ReLU's output passes a layer of weights I and biases 0 bit for bit.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=2, key=jax.random.key(0))
        >>> x = jnp.ones(8)
        >>> len(deepen(h, 5).layers), bool((deepen(h, 5)(x) == h(x)).all())
        (5, True)
    """
    last = h.layers[-1]
    width, dtype = last.weight.shape[-2], last.weight.dtype
    square = np.broadcast_to(np.eye(width, dtype=dtype), (*last.weight.shape[:-1], width))
    layer = eqx.filter_eval_shape(eqx.nn.Linear, width, width, dtype=dtype, key=jax.random.key(0))
    parts = jnp.asarray(square), jnp.asarray(np.zeros(last.weight.shape[:-1], dtype))
    same = eqx.tree_at(lambda layer: (layer.weight, layer.bias), layer, parts)
    return eqx.tree_at(lambda h: h.layers, h, h.layers + (same,) * (depth - len(h.layers)))


class Heads(eqx.Module):
    """Heads that were fitted elsewhere: weak, and student and strong on a last axis.

    Example:
        >>> Heads(jnp.ones(16), jnp.ones(()), jnp.ones((16, 2)), jnp.ones(2)).both.shape
        (16, 2)
    """

    weak: Float[Array, "*batch k"]
    weak_bias: Float[Array, "*batch"]
    both: Float[Array, "*batch k 2"]
    both_bias: Float[Array, "*batch 2"]


class Drawn(eqx.Module):
    """One task: the true head, and inputs for the weak head, the student and two fresh samples.

    Example:
        >>> Drawn(jnp.ones(16), jnp.ones(()), (jnp.ones((2, 8)),) * 4).bias.shape
        ()
    """

    weights: Float[Array, " k"]
    bias: Float[Array, ""]
    inputs: tuple[Array, Array, Array, Array]

    def label(self, truth: MLP, x: Float[Array, "n d"]) -> Float[Array, " n"]:
        """Label some inputs truly."""
        return jax.vmap(truth)(x) @ self.weights + self.bias[None]


def draw_models(
    setting: TaskSetting, truth: MLP, sigma: Float[Array, ""], key: Key[Array, ""]
) -> Drawn:
    """Draw one task; the head as PyTorch initializes a linear layer.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=2, key=jax.random.key(0))
        >>> setting = TaskSetting(inputs=9, fresh=5)
        >>> task = draw_models(setting, h, jnp.array(500.0), jax.random.key(1))
        >>> [x.shape for x in task.inputs], task.label(h, task.inputs[2]).shape
        ([(9, 8), (9, 8), (5, 8), (5, 8)], (5,))
    """
    width, dimension = truth.layers[-1].weight.shape[0], truth.layers[0].weight.shape[1]
    head_key, inputs_key = jax.random.split(key)
    bound = width**-0.5
    head = jax.random.uniform(head_key, (width + 1,), sigma.dtype, -bound, bound)
    sizes = np.cumsum([setting.inputs] * 2 + [setting.fresh] * 2)
    x = sigma * jax.random.normal(inputs_key, (sizes[-1], dimension), sigma.dtype)
    taught, labeled, fresh, apart = jnp.split(x, sizes[:-1])
    inputs = taught, taught if setting.own_inputs else labeled, fresh, apart
    return Drawn(head[:-1], head[-1], inputs)


def training_data(
    setting: TaskSetting,
    models: Models,
    sigma: float,
    keys: Key[Array, "seeds tasks"],
    weak: tuple[Float[Array, "seeds tasks k"], Float[Array, "seeds tasks"]] | None = None,
) -> tuple[Float[Array, "seeds tasks n k"], Float[Array, "seeds tasks n outputs"]]:
    """Return the features and labels that `measure` fits its heads on, for heads fitted elsewhere.

    Args:
        setting: of all tasks.
        models: with an axis of seeds.
        sigma: standard deviation of each coordinate of an input.
        keys: one a task.
        weak: weights and biases of the weak heads; without them the data are those of the weak
            heads themselves, with them the student's and the strong head's.

    Example:
        >>> h = jax.vmap(lambda k: MLP(8, 16, 2, key=k))(jax.random.split(jax.random.key(0), 1))
        >>> keys = jax.random.split(jax.random.key(1), (1, 3))
        >>> x, y = training_data(TaskSetting(inputs=50), Models(h, h, h), 1.0, keys)
        >>> x.shape, y.shape
        ((1, 3, 50, 16), (1, 3, 50, 1))
    """
    return _training_data(setting, models, jnp.asarray(sigma, float), keys, weak)


@partial(jax.jit, static_argnums=0)
def _training_data(setting: TaskSetting, models: Models, sigma: Array, keys: Array, weak: Any):
    def task(models, key, weak):
        drawn = draw_models(setting, models.truth, sigma, key)
        taught, seen = drawn.inputs[:2]
        if weak is None:
            return jax.vmap(models.weak)(taught), drawn.label(models.truth, taught)[:, None]
        supervised = jax.vmap(models.weak)(seen) @ weak[0] + weak[1][None]
        labels = jnp.stack([supervised, drawn.label(models.truth, seen)], axis=1)
        return jax.vmap(models.strong)(seen), labels

    over_tasks = jax.vmap(task, (None, 0, 0))
    return jax.vmap(over_tasks)(models, keys, weak)
