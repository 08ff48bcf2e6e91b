r"""The paper's synthetic experiment, Fig. 2 a–c: gain against misfit, one point a task.

Inputs $x \sim N(0, \sigma^2 I)$ in 8 dimensions; ReLU networks $h^*$, $h_s$, $h_w$ of depth 5, 8
and 2; 100 new random heads on $h^*$, 2,000 inputs each (Charikar et al. 2024, section 5.1). Three
panels:

- **a**, realizable: $h_s = h^*$, the weak representation pretrained;
- **b**, non-realizable by pretraining: strong and weak representation pretrained;
- **c**, non-realizable by perturbation: both are $h^*$ with noise on the weights, more for the
  weak one.

The paper trains its heads by AdamW, and so can this; by default they are solved exactly. The noise
sizes of panel c are not known: the default is the book's choice.
"""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from tqdm import tqdm

from w2s_jax.experiments.synthetic import _panels as panels
from w2s_jax.experiments.synthetic._descended import descend_heads
from w2s_jax.experiments.synthetic._models import Heads, Models, TaskSetting, deepen, training_data
from w2s_jax.experiments.synthetic._settings import ROLES, SyntheticConfig
from w2s_jax.records._records import Rows
from w2s_jax.representations import MLP, Pretrained, perturb, pretrain


def run_synthetic(
    config: SyntheticConfig,
    *,
    progress: bool = True,
    checkpoint: Path | None = None,
) -> Rows:
    """Pretrain what the panels need, fit and measure all tasks.

    Args:
        config: what to run.
        progress: show a bar while something takes long.
        checkpoint: folder to save in every few seconds, and to resume from what it holds.

    Returns:
        One row for each panel, noise, seed and task: `panel`, `preset`, `heads`, `cut`, `inputs`,
        `strong_noise`, `weak_noise` (panel c), `seed`, `task`, and on fresh inputs and, with the
        ending `_insample`, on those the student saw: `weak_error`, `student_error`, `misfit`,
        `gain`, `slack`, `ceiling`, `epsilon`, `correction`. `misfit_apart` is the misfit on yet
        another fresh sample, as the paper takes it; `rank` and `rank_weak` are those of the
        features.

    Raises:
        ValueError: JAX is in 32-bit mode; a checkpoint of another run.

    Example:
        >>> config = SyntheticConfig(panels=("c",), seeds=(0,), tasks=2)
        >>> rows = run_synthetic(config, progress=False)
        >>> [row["task"] for row in rows], rows[0]["weak_error"] > rows[0]["student_error"]
        ([0, 1], True)
    """
    found = pretrained(config, progress=progress, checkpoint=checkpoint)
    return run_with(config, found, progress=progress, checkpoint=checkpoint)


def three_panels(**changes: Any) -> Rows:
    """Run panels a, b and c with the reader's preset and one seed: seconds instead of an hour.

    Args:
        changes: any field of `SyntheticConfig`, and `progress`.

    Returns:
        Rows as `run_synthetic` returns them; heads are cut at 1e-3 unless told otherwise, so that
        units which fire on a handful of inputs do not ruin the picture.

    Example:
        >>> from w2s_jax.representations import Recipe
        >>> recipe = Recipe(tasks=2, inputs=64, epochs=2)
        >>> rows = three_panels(preset=recipe, tasks=2, inputs=100, progress=False)
        >>> [row["panel"] for row in rows]
        ['a', 'a', 'b', 'b', 'c', 'c']
    """
    progress = changes.pop("progress", True)
    defaults: dict[str, Any] = {"preset": "reader", "seeds": (0,), "cut": 1e-3}
    return run_synthetic(SyntheticConfig(**(defaults | changes)), progress=progress)


def run_with(
    config: SyntheticConfig,
    representations: dict[str, Pretrained],
    *,
    progress: bool = True,
    checkpoint: Path | None = None,
) -> Rows:
    """Do as `run_synthetic`, on representations that are pretrained already.

    Args:
        config: what to run; its preset only gives the rows their name.
        representations: as `pretrained` returns them.
        progress: show a bar.
        checkpoint: folder for heads by AdamW.

    Example:
        >>> rows = run_with(SyntheticConfig(panels=("c",), seeds=(0,), tasks=2), {}, progress=False)
        >>> [row["task"] for row in rows]
        [0, 1]
    """
    _insist_on_float64()
    drawn = [
        (panel, noise)
        for panel in config.panels
        for noise in (config.noises if panel == "c" else (None,))
    ]
    rows = []
    for panel, noise in tqdm(drawn, disable=not progress, desc="panels"):
        models = _alike(config, panel_models(config, panel, representations, noise or (0.0, 0.0)))
        about: dict = {"panel": panel, "preset": config.preset_name, "heads": config.heads}
        about |= {"cut": config.cut, "inputs": config.inputs}
        about |= {} if noise is None else {"strong_noise": noise[0], "weak_noise": noise[1]}
        rows += _rows(config, about, _measured(config, models, about, progress, checkpoint))
    return rows


def pretrained(
    config: SyntheticConfig, *, progress: bool = False, checkpoint: Path | None = None
) -> dict[str, Pretrained]:
    """Pretrain the representations that the panels need: weak for a, strong and weak for b.

    Args:
        config: what to run.
        progress: show a bar.
        checkpoint: folder to save in and to resume from.

    Returns:
        `Pretrained` by role, "strong" or "weak", each with an axis of seeds.

    Raises:
        ValueError: JAX is in 32-bit mode; a checkpoint of another run.

    Example:
        >>> from w2s_jax.representations import Recipe
        >>> recipe = Recipe(tasks=2, inputs=64, epochs=2)
        >>> found = pretrained(SyntheticConfig(panels=("a",), seeds=(0, 1), preset=recipe))
        >>> {role: model.errors.shape for role, model in found.items()}
        {'weak': (2, 2)}
    """
    _insist_on_float64()
    roles = [role for role in ("strong", "weak") if role == "weak" or "b" in config.panels]
    truth = _networks(config, "truth")
    return {
        role: pretrain(
            _networks(config, role),
            truth,
            preset=config.preset,
            sigma=config.sigma,
            mesh=panels.mesh_of(len(config.seeds), config.tasks),
            checkpoint=None if checkpoint is None else checkpoint / f"{role}.npz",
            progress=progress,
            label=f"pretraining, {role}",
            key=_keys(config, f"{role} pretraining"),
        )
        for role in (roles if set("ab") & set(config.panels) else ())
    }


def panel_models(
    config: SyntheticConfig,
    panel: str,
    representations: dict[str, Pretrained],
    noise: tuple[float, float] = (0.0, 0.0),
) -> Models:
    """Put together the three representations of a panel, in float64, with an axis of seeds.

    Args:
        config: as for `run_synthetic`.
        panel: "a", "b" or "c".
        representations: as `pretrained` returns them; panel c needs none.
        noise: of strong and weak representation in panel c.

    Example:
        >>> models = panel_models(SyntheticConfig(seeds=(0,)), "c", {}, noise=(0.0, 0.3))
        >>> bool((models.strong.layers[0].weight == models.truth.layers[0].weight).all())
        True
    """
    truth = _double(_networks(config, "truth"))
    if panel == "c":
        strong, weak = (
            jax.vmap(lambda h, k, scale=scale: perturb(h, scale, key=k))(
                truth, _keys(config, f"{role} noise")
            )
            for role, scale in zip(("strong", "weak"), noise, strict=True)
        )
        return Models(truth, strong, weak)
    weak = _double(representations["weak"].representation)
    strong = truth if panel == "a" else _double(representations["strong"].representation)
    return Models(truth, strong, weak)


def _alike(config: SyntheticConfig, models: Models) -> Models:
    # Networks of one depth, so that one program serves all panels and all depths.
    deepest = max(config.depths)
    return Models(*(deepen(h, deepest) for h in (models.truth, models.strong, models.weak)))


def _measured(
    config: SyntheticConfig, models: Models, about: dict, progress: bool, checkpoint: Path | None
) -> dict[str, np.ndarray]:
    own = config.weak_labels == "own"
    setting = TaskSetting(config.inputs, config.fresh_inputs, own, config.cut)
    tasks = jnp.arange(config.tasks)
    per_task = jax.vmap(jax.random.fold_in, (None, 0))
    keys = jax.vmap(lambda key: per_task(key, tasks))(_keys(config, "tasks"))
    if config.heads == "exact":
        return panels.measure(setting, models, config.sigma, keys)

    def descended(stage: str, weak: tuple[Array, Array] | None = None) -> tuple[Array, Array]:
        x, y = training_data(setting, models, config.sigma, keys, weak)
        noise = [f"-{about[key]}" for key in ("strong_noise", "weak_noise") if key in about]
        name = f"{about['panel']}{''.join(noise)}-{stage}-heads"
        weights, biases = descend_heads(
            x.astype(jnp.float32),  # as the paper
            y,
            epochs=config.head_epochs,
            mesh=panels.mesh_of(*keys.shape),
            checkpoint=None if checkpoint is None else checkpoint / f"{name}.npz",
            progress=progress,
            label=f"panel {about['panel']}, {stage} heads",
            key=_keys(config, "heads")[0],
        )
        return weights.astype(jnp.float64), biases.astype(jnp.float64)

    weights, biases = descended("weak")
    weak = weights[..., 0], biases[..., 0]
    heads = Heads(*weak, *descended("student", weak))
    return panels.measure(setting, models, config.sigma, keys, heads)


def _rows(config: SyntheticConfig, about: dict, measured: dict[str, np.ndarray]) -> Rows:
    return [
        about
        | {"seed": seed, "task": task}
        | {name: values[place, task].item() for name, values in measured.items()}
        for place, seed in enumerate(config.seeds)
        for task in range(config.tasks)
    ]


_STREAMS = (
    *ROLES,
    "strong pretraining",
    "weak pretraining",
    "strong noise",
    "weak noise",
    "tasks",
    "heads",
)


def _keys(config: SyntheticConfig, stream: str) -> Array:
    number = _STREAMS.index(stream)
    return jnp.stack([jax.random.fold_in(jax.random.key(seed), number) for seed in config.seeds])


def _networks(config: SyntheticConfig, role: str) -> MLP:
    place = ROLES.index(role)
    width, depth = config.widths[place], config.depths[place]
    # PyTorch's own precision, in which the paper pretrains.
    return jax.vmap(lambda k: MLP(config.dimension, width, depth, dtype=jnp.float32, key=k))(
        _keys(config, role)
    )


def _double(h: MLP) -> MLP:
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf, np.float64)), h)


def _insist_on_float64() -> None:
    if jnp.zeros(()).dtype != jnp.float64:
        raise ValueError('heads need float64: jax.config.update("jax_enable_x64", True)')
