"""All that `results/synthetic.json` holds: Fig. 2 a–c for five seeds, and what it depends on."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jax
from tqdm import tqdm

from w2s_jax.experiments.synthetic._summaries import summarize
from w2s_jax.experiments.synthetic._tasks import SyntheticConfig, pretrained, run_with
from w2s_jax.records._records import Rows
from w2s_jax.representations import Pretrained, Recipe, recipe_named


@dataclass(frozen=True)
class Figure2:
    """What to record.

    Attributes:
        base: seeds, tasks and sizes of all runs, and the paper's pretraining.
        joint: the preset to set beside it.
        noises: of panel c, every task recorded.
        strong_noises: of the grid of panel c, summarized.
        weak_noises: of the same.
        cut: the statistical cut to set beside the numerical one.
        many_inputs: where panel a is summarized once more.
        adamw_seeds: how many seeds are run with the paper's own heads too, summarized.

    Example:
        >>> Figure2().base.seeds
        (0, 1, 2, 3, 4)
    """

    base: SyntheticConfig = field(default_factory=SyntheticConfig)
    joint: str | Recipe = "joint"
    noises: tuple[tuple[float, float], ...] = ((0.03, 0.3), (0.1, 0.3), (0.3, 0.6))
    strong_noises: tuple[float, ...] = (0.0, 0.01, 0.03, 0.1, 0.3)
    weak_noises: tuple[float, ...] = (0.1, 0.3, 0.6)
    cut: float = 1e-3
    many_inputs: int = 20_000
    adamw_seeds: int = 1


def run_figure2(book: Figure2, *, progress: bool = True, checkpoint: Path | None = None) -> Rows:
    """Run everything.

    Returns:
        Rows of three kinds by `what`: "pretraining" (final losses of every seed and role),
        "task" as `run_synthetic` has them, and "summary" as `summarize` has them; floats with
        eight digits.
    """
    rows: Rows = []
    for place, preset in enumerate((book.base.preset, book.joint)):
        config = replace(book.base, preset=preset, noises=book.noises)
        folder = None if checkpoint is None else checkpoint / f"preset{place}"
        found = pretrained(config, progress=progress, checkpoint=folder)
        rows += _losses(config, found)
        parts = list(_parts(book, config, first=place == 0))
        for part, keep in tqdm(parts, disable=not progress, desc=config.preset_name):
            own = _few(found, len(part.seeds))
            tasks = run_with(part, own, progress=part.heads != "exact", checkpoint=folder)
            rows += [{"what": "task"} | row for row in tasks] if keep else []
            rows += [{"what": "summary"} | row for row in summarize(tasks)]
    return [{name: _short(value) for name, value in row.items()} for row in rows]


def _parts(
    book: Figure2, config: SyntheticConfig, *, first: bool
) -> Iterator[tuple[SyntheticConfig, bool]]:
    """Yield configurations on one pretraining, and whether to keep every task of them."""
    for cut in (None, book.cut):
        yield replace(config, panels=("a",), cut=cut), first
        yield replace(config, panels=("b",), cut=cut), cut is None
        many = replace(config, inputs=book.many_inputs, fresh_inputs=book.many_inputs)
        yield replace(many, panels=("a",), cut=cut), False
    if not first:
        return
    yield replace(config, panels=("b",), weak_labels="fresh"), False
    yield replace(config, panels=("c",), noises=book.noises[:1]), True
    yield replace(config, panels=("c",), cut=book.cut), True
    grid = tuple((s, w) for s in book.strong_noises for w in book.weak_noises)
    for cut in (None, book.cut):
        rest = tuple(noise for noise in grid if noise not in book.noises[: 3 if cut else 1])
        yield replace(config, panels=("c",), noises=rest, cut=cut), False
    if book.adamw_seeds:
        few = config.seeds[: book.adamw_seeds]
        yield replace(config, seeds=few, noises=book.noises[:1], heads="adamw"), False


def _few(found: dict[str, Pretrained], seeds: int) -> dict[str, Pretrained]:
    return jax.tree.map(lambda leaf: leaf[:seeds], found)


def _losses(config: SyntheticConfig, found: dict[str, Pretrained]) -> Rows:
    recipe = recipe_named(config.preset)
    last = recipe.steps // recipe.epochs
    return [
        {
            "what": "pretraining",
            "preset": config.preset_name,
            "role": role,
            "seed": seed,
            "final_error": float(model.errors[place].mean()),
            "last_epoch_loss": float(model.losses[place, -last:].mean()),
        }
        for role, model in found.items()
        for place, seed in enumerate(config.seeds)
    ]


def _short(value: Any) -> Any:
    return float(f"{value:.8g}") if isinstance(value, float) else value
