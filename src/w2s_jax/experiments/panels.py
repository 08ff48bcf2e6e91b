r"""Measure many weak-to-strong tasks on frozen representations, in one program for all seeds.

For each seed and task: a random true head on $h^*$, the weak head fitted to true labels, the
student and the strong head fitted to weak and to true labels, and all errors between them, on the
inputs the student saw (`_insample`) and on fresh ones. With $P$ the projector onto the span of the
strong features (and the constant) on the inputs in question, $\varepsilon = \lVert (I-P) f
\rVert^2$ and $\text{correction} = 2 \langle (I-P) w, (I-P) f \rangle$, norms being means of
squares.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from math import gcd

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float, Key

from w2s_jax.heads import LinearHead, fit_heads
from w2s_jax.representations import MLP

SPREAD = PartitionSpec("seeds", "tasks")


@dataclass(frozen=True)
class Setting:
    """What is the same for all tasks.

    Attributes:
        inputs: labelled inputs of each head.
        fresh: inputs of each fresh sample.
        own_inputs: the student is taught on the weak head's own training inputs.
        cut: relative singular-value cut of the heads, None for the numerical one.

    Example:
        >>> Setting(inputs=200, fresh=500).own_inputs
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
    width = last.weight.shape[-2]
    square = jnp.broadcast_to(
        jnp.eye(width, dtype=last.weight.dtype), (*last.weight.shape[:-2], width, width)
    )
    same = eqx.nn.Linear(width, width, dtype=last.weight.dtype, key=jax.random.key(0))
    same = eqx.tree_at(
        lambda layer: (layer.weight, layer.bias), same, (square, jnp.zeros_like(last.bias))
    )
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
    """One task: the true head, and inputs for the weak head, the student and two fresh samples."""

    weights: Float[Array, " k"]
    bias: Float[Array, ""]
    inputs: tuple[Array, Array, Array, Array]

    def label(self, truth: MLP, x: Float[Array, "n d"]) -> Float[Array, " n"]:
        """Label some inputs truly."""
        return jax.vmap(truth)(x) @ self.weights + self.bias[None]


def draw(setting: Setting, truth: MLP, sigma: Float[Array, ""], key: Key[Array, ""]) -> Drawn:
    """Draw one task; the head as PyTorch initialises a linear layer.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=2, key=jax.random.key(0))
        >>> task = draw(Setting(inputs=9, fresh=5), h, jnp.array(500.0), jax.random.key(1))
        >>> [x.shape for x in task.inputs], task.label(h, task.inputs[2]).shape
        ([(9, 8), (9, 8), (5, 8), (5, 8)], (5,))
    """
    width, dimension = truth.layers[-1].weight.shape[0], truth.layers[0].weight.shape[1]
    head_key, inputs_key = jax.random.split(key)
    bound = width**-0.5
    head = jax.random.uniform(head_key, (width + 1,), sigma.dtype, -bound, bound)
    sizes = np.cumsum([setting.inputs] * 2 + [setting.fresh] * 2)
    x = sigma * jax.random.normal(inputs_key, (sizes[-1], dimension), sigma.dtype)
    taught, labelled, fresh, apart = jnp.split(x, sizes[:-1])
    inputs = taught, taught if setting.own_inputs else labelled, fresh, apart
    return Drawn(head[:-1], head[-1], inputs)


def measure_task(
    setting: Setting,
    models: Models,
    sigma: Float[Array, ""],
    key: Key[Array, ""],
    given: Heads | None = None,
) -> dict[str, Array]:
    """Fit the heads of one task, unless they are given, and measure them.

    Example:
        >>> h = MLP(inputs=8, width=16, depth=2, key=jax.random.key(0))
        >>> small = Setting(inputs=100, fresh=100)
        >>> found = measure_task(small, Models(h, h, h), jnp.array(1.0), jax.random.key(1))
        >>> bool(found["weak_error"] < 1e-20)
        True
    """
    task = draw(setting, models.truth, sigma, key)
    # One λ a task keeps fit_heads to its SVD: the faster way would take longer to compile.
    fit = partial(fit_heads, cut=setting.cut, ridge=jnp.zeros(2))
    taught, seen, fresh, apart = task.inputs
    if given is None:
        weak = fit_heads(
            jax.vmap(models.weak)(taught),
            task.label(models.truth, taught)[:, None],
            ridge=jnp.zeros(1),
        )
    else:
        full = jnp.array(given.weak.size)
        weak = LinearHead(given.weak[:, None], given.weak_bias[None], full)

    def known(x: Array) -> tuple[Array, Array]:
        labels = [weak(jax.vmap(models.weak)(x))[:, 0], task.label(models.truth, x)]
        return jax.vmap(models.strong)(x), jnp.stack(labels, axis=1)

    features, labels = known(seen)
    projector = fit(features, labels)
    both = projector if given is None else LinearHead(given.both, given.both_bias, projector.rank)
    found = _errors(labels, both(features), projector(features))
    found = {f"{name}_insample": value for name, value in found.items()}
    features, labels = known(fresh)
    found |= _errors(labels, both(features), fit(features, labels)(features))
    features, labels = known(apart)
    found["misfit_apart"] = ((both(features) - labels)[:, 0] ** 2).mean()
    return found | {"rank": projector.rank, "rank_weak": weak.rank}


def _errors(labels: Array, predicted: Array, projected: Array) -> dict[str, Array]:
    (w, f), (s, strong), (pw, pf) = labels.T, predicted.T, projected.T
    weak_error, student_error = ((w - f) ** 2).mean(), ((s - f) ** 2).mean()
    misfit = ((s - w) ** 2).mean()
    return {
        "weak_error": weak_error,
        "student_error": student_error,
        "misfit": misfit,
        "gain": weak_error - student_error,
        "slack": weak_error - student_error - misfit,
        "ceiling": ((strong - f) ** 2).mean(),
        "epsilon": ((f - pf) ** 2).mean(),
        "correction": 2 * ((w - pw) * (f - pf)).mean(),
    }


def mesh_of(seeds: int, tasks: int) -> Mesh:
    """Lay out as many devices as divide the seeds and then the tasks.

    Example:
        >>> dict(mesh_of(5, 100).shape)
        {'seeds': 1, 'tasks': 1}
    """
    devices = np.array(jax.devices())
    rows = gcd(len(devices), seeds)
    columns = gcd(len(devices) // rows, tasks)
    return Mesh(devices[: rows * columns].reshape(rows, columns), ("seeds", "tasks"))


def measure(
    setting: Setting,
    models: Models,
    sigma: float,
    keys: Key[Array, "seeds tasks"],
    given: Heads | None = None,
    *,
    mesh: Mesh | None = None,
) -> dict[str, Float[np.ndarray, "seeds tasks"]]:
    """Measure all tasks of all seeds in one program, spread over devices.

    Args:
        setting: of all tasks.
        models: with an axis of seeds.
        sigma: standard deviation of each coordinate of an input.
        keys: one a task.
        given: heads fitted elsewhere, with axes of seeds and tasks; by default exact ones.
        mesh: axes "seeds" and "tasks"; by default as `mesh_of` lays it out.

    Returns:
        `(seeds, tasks)` arrays by name; errors are means of squares in label units.

    Example:
        >>> h = jax.vmap(lambda k: MLP(8, 16, 2, key=k))(jax.random.split(jax.random.key(0), 2))
        >>> keys = jax.random.split(jax.random.key(1), (2, 3))
        >>> measure(Setting(100, 100), Models(h, h, h), 1.0, keys)["misfit"].shape
        (2, 3)
    """
    mesh = mesh_of(*keys.shape) if mesh is None else mesh
    arguments = place(mesh, models, jnp.asarray(sigma, float), keys, given)
    return {name: np.asarray(v) for name, v in program(setting, mesh)(*arguments).items()}


def place(mesh: Mesh, models: Models, sigma: Array, keys: Array, given: Heads | None) -> tuple:
    """Put the arguments of `program` where they belong.

    Example:
        >>> h = jax.vmap(lambda k: MLP(8, 16, 2, key=k))(jax.random.split(jax.random.key(0), 1))
        >>> keys = jax.random.split(jax.random.key(1), (1, 3))
        >>> len(place(mesh_of(1, 3), Models(h, h, h), jnp.array(1.0), keys, None))
        4
    """
    over = {name: NamedSharding(mesh, spec) for name, spec in _SPECS.items()}
    placed = dict(zip(_SPECS, (models, sigma, keys, given), strict=True))
    return tuple(jax.device_put(value, over[name]) for name, value in placed.items())


_SPECS = {
    "models": PartitionSpec("seeds"),
    "sigma": PartitionSpec(),
    "keys": SPREAD,
    "given": SPREAD,
}


@lru_cache(maxsize=32)
def program(setting: Setting, mesh: Mesh):
    """Compile (models, sigma, keys, heads or None) ↦ `(seeds, tasks)` measures on a mesh.

    Tasks follow one another on each device: their features stay in the processor's cache, and no
    two factorizations wait for each other's threads.

    Example:
        >>> program(Setting(), mesh_of(1, 3)) is program(Setting(), mesh_of(1, 3))
        True
    """

    def shard(models, sigma, keys, given):
        def seed(own):
            models, keys, given = own

            def task(own):
                key, given = own
                return measure_task(setting, models, sigma, key, given)

            return jax.lax.map(task, (keys, given))

        return jax.lax.map(seed, (models, keys, given))

    inputs = tuple(_SPECS.values())
    # Nothing crosses devices; the check of that stumbles over the branches of fit_heads.
    spread = jax.shard_map(shard, mesh=mesh, in_specs=inputs, out_specs=SPREAD, check_vma=False)
    return jax.jit(spread)
