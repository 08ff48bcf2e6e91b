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

from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from tqdm import tqdm

from w2s_jax.experiments import panels
from w2s_jax.experiments.records import Rows
from w2s_jax.representations import MLP, Pretrained, Recipe, perturb, pretrain, recipe_named

_ROLES = ("truth", "strong", "weak")


@dataclass(frozen=True)
class Config:
    """What to run; the defaults are the paper's, its heads solved exactly.

    Attributes:
        panels: of "a", "b" and "c".
        seeds: each draws its own networks, pretraining and tasks; all run as one program.
        tasks: new heads in each panel and seed.
        inputs: labelled inputs of each head.
        fresh_inputs: inputs of each fresh sample.
        sigma: standard deviation of each coordinate of an input.
        dimension: coordinates of an input.
        widths: of truth, strong and weak representation; equal, as frozen heads read all three.
        depths: of the same.
        preset: how to pretrain: "paper", "joint", "reader" or a `Recipe`.
        noises: of panel c, pairs (strong, weak) per root mean square of each layer.
        heads: "exact" or "adamw", the paper's.
        head_epochs: of AdamW.
        weak_labels: on the weak head's "own" training inputs, as the paper, or on "fresh" ones.
        cut: relative singular-value cut of exact heads, by default the numerical one of 1e-10; try
            1e-3, a statistical one, against units that fire on a handful of inputs.

    Raises:
        ValueError: an unknown word, nothing to do, sizes below 1, a sigma that is not positive,
            widths that differ, a negative noise, a cut outside [0, 1).

    Example:
        >>> Config(panels=("b",), seeds=(0,)).depths
        (5, 8, 2)
    """

    panels: tuple[str, ...] = ("a", "b", "c")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    tasks: int = 100
    inputs: int = 2000
    fresh_inputs: int = 2000
    sigma: float = 500.0
    dimension: int = 8
    widths: tuple[int, int, int] = (16, 16, 16)
    depths: tuple[int, int, int] = (5, 8, 2)
    preset: str | Recipe = "paper"
    noises: tuple[tuple[float, float], ...] = ((0.03, 0.3),)
    heads: str = "exact"
    head_epochs: int = 1000
    weak_labels: str = "own"
    cut: float | None = None

    def __post_init__(self) -> None:
        recipe_named(self.preset)
        words = {"panels": "abc", "heads": ("exact", "adamw"), "weak_labels": ("own", "fresh")}
        for name, known in words.items():
            got = getattr(self, name)
            if not got or not set((got,) if isinstance(got, str) else got) <= set(known):
                raise ValueError(f"{name} must be of {', '.join(known)}, got {got!r}")
        for name in ("tasks", "dimension", "head_epochs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("inputs", "fresh_inputs"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} must be at least 2, got {getattr(self, name)}")
        if not self.seeds or min(self.seeds) < 0 or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds must be different numbers, 0 or more, got {self.seeds}")
        if not 0 < self.sigma < float("inf"):
            raise ValueError(f"sigma must be positive and finite, got {self.sigma}")
        if min(*self.widths, *self.depths) < 1 or len(self.widths) != 3 or len(self.depths) != 3:
            raise ValueError(
                f"widths and depths must be three sizes, got {self.widths} and {self.depths}"
            )
        if len(set(self.widths)) > 1:
            named = ", ".join(map("{} {}".format, _ROLES, self.widths))
            raise ValueError(f"widths must match, because frozen heads read all three: got {named}")
        if "c" in self.panels and not (self.noises and min(map(min, self.noises)) >= 0):
            raise ValueError(f"noises must be pairs of at least 0, got {self.noises}")
        if self.cut is not None and not 0 <= self.cut < 1:
            raise ValueError(f"cut must lie in [0, 1), got {self.cut}")


def run(
    config: Config,
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
        One row for each panel, noise, seed and task: `panel`, `preset`, `seed`, `task`,
        `strong_noise`, `weak_noise` (panel c), and on fresh inputs and, with the ending
        `_insample`, on those the student saw: `weak_error`, `student_error`, `misfit`, `gain`,
        `slack`, `ceiling`, `epsilon`, `correction`. `misfit_apart` is the misfit on yet another
        fresh sample, as the paper takes it; `rank` and `rank_weak` are those of the features.

    Raises:
        ValueError: JAX is in 32-bit mode; a checkpoint of another run.

    Example:
        >>> rows = run(Config(panels=("c",), seeds=(0,), tasks=2), progress=False)
        >>> [row["task"] for row in rows], rows[0]["weak_error"] > rows[0]["student_error"]
        ([0, 1], True)
    """
    representations = pretrained(config, progress=progress, checkpoint=checkpoint)
    drawn = [
        (panel, noise)
        for panel in config.panels
        for noise in (config.noises if panel == "c" else (None,))
    ]
    rows = []
    for panel, noise in tqdm(drawn, disable=not progress, desc="panels"):
        models = _alike(config, panel_models(config, panel, representations, noise or (0.0, 0.0)))
        about: dict = {"panel": panel, "preset": _name(config)}
        about |= {} if noise is None else {"strong_noise": noise[0], "weak_noise": noise[1]}
        rows += _rows(config, about, _measured(config, models, progress, checkpoint))
    return rows


def pretrained(
    config: Config, *, progress: bool = False, checkpoint: Path | None = None
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
        >>> recipe = Recipe(tasks=2, inputs=64, epochs=2)
        >>> found = pretrained(Config(panels=("a",), seeds=(0, 1), preset=recipe))
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
    config: Config,
    panel: str,
    representations: dict[str, Pretrained],
    noise: tuple[float, float] = (0.0, 0.0),
) -> panels.Models:
    """Put together the three representations of a panel, in float64, with an axis of seeds.

    Args:
        config: as for `run`.
        panel: "a", "b" or "c".
        representations: as `pretrained` returns them; panel c needs none.
        noise: of strong and weak representation in panel c.

    Example:
        >>> models = panel_models(Config(panels=("c",)), "c", {}, noise=(0.0, 0.3))
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
        return panels.Models(truth, strong, weak)
    weak = _double(representations["weak"].representation)
    strong = truth if panel == "a" else _double(representations["strong"].representation)
    return panels.Models(truth, strong, weak)


def _alike(config: Config, models: panels.Models) -> panels.Models:
    if len(config.panels) == 1:
        return models
    truth, strong, weak = config.depths
    strong = panels.deepen(models.strong, max(truth, strong))
    weak = panels.deepen(models.weak, max(truth, weak) if "c" in config.panels else weak)
    return panels.Models(models.truth, strong, weak)


def _measured(config: Config, models: panels.Models, progress: bool, checkpoint: Path | None):
    setting = panels.Setting(
        config.inputs, config.fresh_inputs, config.weak_labels == "own", config.cut
    )
    tasks = jnp.arange(config.tasks)
    per_seed = jax.vmap(jax.random.fold_in, (None, 0))
    keys = jax.vmap(lambda key: per_seed(key, tasks))(_keys(config, "tasks"))
    return panels.measure(setting, models, config.sigma, keys)


def _rows(config: Config, about: dict, measured: dict[str, np.ndarray]) -> Rows:
    return [
        about
        | {"seed": seed, "task": task}
        | {name: values[place, task].item() for name, values in measured.items()}
        for place, seed in enumerate(config.seeds)
        for task in range(config.tasks)
    ]


_STREAMS = (
    *_ROLES,
    "strong pretraining",
    "weak pretraining",
    "strong noise",
    "weak noise",
    "tasks",
    "heads",
)


def _keys(config: Config, stream: str) -> Array:
    number = _STREAMS.index(stream)
    return jnp.stack([jax.random.fold_in(jax.random.key(seed), number) for seed in config.seeds])


def _networks(config: Config, role: str) -> MLP:
    place = _ROLES.index(role)
    width, depth = config.widths[place], config.depths[place]
    # PyTorch's own precision, in which the paper pretrains.
    return jax.vmap(lambda k: MLP(config.dimension, width, depth, dtype=jnp.float32, key=k))(
        _keys(config, role)
    )


def _double(h: MLP) -> MLP:
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float64), h)


def _name(config: Config) -> str:
    return config.preset if isinstance(config.preset, str) else "own recipe"


def _insist_on_float64() -> None:
    if jnp.zeros(()).dtype != jnp.float64:
        raise ValueError('heads need float64: jax.config.update("jax_enable_x64", True)')
