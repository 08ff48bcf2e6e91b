"""How good is a representation of molecules? Ridge heads on measurements, errors on the test split.

The shipped encoders and the strong one untrained: no weak model yet, only what a frozen
representation lets a linear head say. RDKit's descriptors and Morgan fingerprints, which stand
beside them in the book, are rows of `w2s_jax.experiments.molecules._inputs`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import jax
import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from w2s_jax.data import Table, chembench_split
from w2s_jax.encoders._encoder import Encoder
from w2s_jax.encoders._weights import load_encoder
from w2s_jax.experiments.molecules._choices import LOADERS, WIDTHS
from w2s_jax.files._cache import Cache
from w2s_jax.heads._probes import probed
from w2s_jax.molecules._features import features
from w2s_jax.records._records import Rows
from w2s_jax.representations import standardized

Matrix = Float[np.ndarray, "n d"]


@dataclass(frozen=True)
class ProbingConfig:
    """What to run.

    Attributes:
        datasets: of "esol", "freesolv" and "lipop".
        seeds: ChemBench's split seeds.
        widths: of the weak encoders.
        untrained: seed of the untrained encoder's weights.

    Raises:
        ValueError: an unknown data set, an empty tuple.

    Example:
        >>> ProbingConfig(datasets=("esol",)).seeds
        (122, 123, 124)
    """

    datasets: tuple[str, ...] = ("esol", "freesolv", "lipop")
    seeds: tuple[int, ...] = (122, 123, 124)
    widths: tuple[int, ...] = WIDTHS
    untrained: int = 0

    def __post_init__(self) -> None:
        if not self.datasets or not set(self.datasets) <= set(LOADERS) or not self.seeds:
            raise ValueError(
                f"need seeds, and datasets of {sorted(LOADERS)}, got {self.seeds} and "
                f"{self.datasets}"
            )


def run_probing(
    config: ProbingConfig,
    *,
    encoder_of: Callable[[str], Encoder] = load_encoder,
    cache: Cache = True,
    progress: bool = True,
) -> Rows:
    """Probe every representation on every data set and split.

    Args:
        config: what to run.
        encoder_of: name ↦ encoder.
        cache: where features are kept, as for `features`.
        progress: show a bar.

    Returns:
        Rows with `dataset`, `seed`, `representation`, `layers`, `d`, `ridge`, and the root mean
        squared errors `rmse` on the test split, `rmse_valid` and `rmse_train`, in label units.

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.
    """
    rows: Rows = []
    for name in tqdm(config.datasets, disable=not progress, desc="probing", unit="data set"):
        table = LOADERS[name]()
        for words, h in _representations(config, table, encoder_of, cache):
            for seed in config.seeds:
                rows.append({"dataset": name, "seed": seed} | words | _probe(h, table.labels, seed))
    return rows


def _representations(
    config: ProbingConfig, table: Table, encoder_of, cache
) -> Iterator[tuple[dict, Matrix]]:
    strong = encoder_of("strong")
    untrained = Encoder(strong.shape, key=jax.random.key(config.untrained))
    encoders: list[tuple[str, Encoder, Literal["last", "all"]]] = [
        *((f"weak-{width}", encoder_of(f"weak-{width}"), "last") for width in config.widths),
        *(("strong", strong, "last"), ("strong", strong, "all")),
        *(("untrained", untrained, "last"), ("untrained", untrained, "all")),
    ]
    for name, encoder, layers in encoders:
        h = features(table.smiles, encoder, layers=layers, cache=cache)
        yield {"representation": name, "layers": layers}, h


def _probe(h: Matrix, truth: Float[np.ndarray, " n"], seed: int) -> dict[str, float]:
    split = chembench_split(len(truth), seed)
    h = standardized(h, split.train)
    said, ridge = probed(h, truth[:, None], split.train, seed=seed)
    missed = said[:, 0] - truth

    def rmse(rows: np.ndarray) -> float:
        return float(np.sqrt((missed[rows] ** 2).mean()))

    numbers = {"d": h.shape[1], "ridge": float(ridge[0]), "rmse": rmse(split.test)}
    return numbers | {"rmse_valid": rmse(split.valid), "rmse_train": rmse(split.train)}
