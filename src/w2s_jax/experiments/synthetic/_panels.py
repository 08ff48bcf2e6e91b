r"""Measure many weak-to-strong tasks on frozen representations, in one program for all seeds.

For each seed and task: a random true head on $h^*$, the weak head fitted to true labels, the
student and the strong head fitted to weak and to true labels, and all errors between them, on the
inputs the student saw (`_insample`) and on fresh ones. With $P$ the projector onto the span of the
strong features (and the constant) on the inputs in question, $\varepsilon = \lVert (I-P) f
\rVert^2$ and $\text{correction} = 2 \langle (I-P) w, (I-P) f \rangle$, norms being means of
squares.
"""

from functools import lru_cache
from math import gcd
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float, Key

from w2s_jax.arrays._digits import unit_of
from w2s_jax.experiments.synthetic._models import Heads, Models, TaskSetting, draw_models
from w2s_jax.heads import LinearHead
from w2s_jax.heads._factors import solve

SPREAD = PartitionSpec("seeds", "tasks")


def measure_task(
    setting: TaskSetting,
    models: Models,
    sigma: Float[Array, ""],
    key: Key[Array, ""],
    given: Heads | None = None,
) -> dict[str, Array]:
    """Fit the heads of one task, unless they are given, and measure them.

    Example:
        >>> from w2s_jax.representations import MLP
        >>> h = MLP(inputs=8, width=16, depth=2, key=jax.random.key(0))
        >>> small = TaskSetting(inputs=100, fresh=100)
        >>> found = measure_task(small, Models(h, h, h), jnp.array(1.0), jax.random.key(1))
        >>> bool(found["weak_error"] < 1e-20)
        True
    """
    task = draw_models(setting, models.truth, sigma, key)
    # All inputs pass the networks at once: one pass a sample would be compiled for each of them.
    x = jnp.concatenate(task.inputs[1:] if setting.own_inputs else task.inputs)
    truth, taught = task.label(models.truth, x), jax.vmap(models.weak)(x)
    n = setting.inputs
    if given is None:
        weak = _fit(taught[:n], truth[:n, None], None)
    else:
        full = jnp.array(given.weak.size)
        weak = LinearHead(given.weak[:, None], given.weak_bias[None], full)
    known = jax.vmap(models.strong)(x), jnp.stack([weak(taught)[:, 0], truth], axis=1)
    starts = len(x) - np.array([2 * setting.fresh + n, 2 * setting.fresh, setting.fresh])
    features, labels = (jnp.split(part, starts)[1:] for part in known)
    projector = _fit(features[0], labels[0], setting.cut)
    both = projector if given is None else LinearHead(given.both, given.both_bias, projector.rank)
    found = _errors(labels[0], both(features[0]), projector(features[0]))
    found = {f"{name}_insample": value for name, value in found.items()}
    projected = _fit(features[1], labels[1], setting.cut)(features[1])
    found |= _errors(labels[1], both(features[1]), projected)
    found["misfit_apart"] = ((both(features[2]) - labels[2])[:, 0] ** 2).mean()
    return found | {"rank": projector.rank, "rank_weak": weak.rank}


def _fit(x: Array, y: Array, cut: float | None) -> LinearHead:
    # fit_heads would call Python to refuse NaN, and JAX keeps no such program in its cache: here
    # `measure` refuses. Not `plain`: that faster way would take longer to compile.
    found = solve(x, y, jnp.zeros(y.shape[1]), unit_of(x), bias=True, cut=cut, plain=False)
    bias = found.level - found.center @ found.weights
    return LinearHead(found.weights, bias, found.rank, found.center, found.level, cut)


def _errors(labels: Any, predicted: Any, projected: Any) -> dict[str, Any]:
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
    setting: TaskSetting,
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

    Raises:
        ValueError: a result is NaN or infinite, as weights, σ or heads are.

    Example:
        >>> from w2s_jax.representations import MLP
        >>> h = jax.vmap(lambda k: MLP(8, 16, 2, key=k))(jax.random.split(jax.random.key(0), 2))
        >>> keys = jax.random.split(jax.random.key(1), (2, 3))
        >>> measure(TaskSetting(100, 100), Models(h, h, h), 1.0, keys)["misfit"].shape
        (2, 3)
    """
    mesh = mesh_of(*keys.shape) if mesh is None else mesh
    arguments = place(mesh, models, jnp.asarray(sigma, float), keys, given)
    found = {name: np.asarray(v) for name, v in program(setting, mesh)(*arguments).items()}
    for name, values in found.items():
        if not np.isfinite(values).all():
            seed, task = np.argwhere(~np.isfinite(values))[0].tolist()
            raise ValueError(
                f"{name} is NaN or infinite, first for seed {seed} and task {task}: "
                "models, sigma or given heads hold NaN or infinity, or overflow"
            )
    return found


def place(mesh: Mesh, models: Models, sigma: Array, keys: Array, given: Heads | None) -> tuple:
    """Put the arguments of `program` where they belong.

    Example:
        >>> from w2s_jax.representations import MLP
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
def program(setting: TaskSetting, mesh: Mesh):
    """Compile (models, sigma, keys, heads or None) ↦ `(seeds, tasks)` measures on a mesh.

    Tasks follow one another on each device: their features stay in the processor's cache, and no
    two factorizations wait for each other's threads.

    Example:
        >>> program(TaskSetting(), mesh_of(1, 3)) is program(TaskSetting(), mesh_of(1, 3))
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
