r"""Fig. 2 (d–f) and Tables 1–3 on molecules: small SMILES encoders teach a large one.

For each data set, split and weak width: a weak model is fitted on measurements, gives its values
for some molecules, and a head on the strong encoder is fitted on those values alone. The paper's
strong model is MolBERT; ours are the encoders that come with the package
(`w2s_jax.molecules.weights`).

On the test split, with $f_s$ the strong head fitted on measurements,

$$\text{gain} = \text{misfit} - 2\langle w-s, f-f_s \rangle - 2\langle w-s, f_s-s \rangle ,$$

`beyond` and `drift` in the rows. On the student's own molecules, with λ = 0, the identity of the
realizability gap holds to rounding (columns ending in `_insample`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from w2s_jax.data import Split, Table, chembench_split
from w2s_jax.experiments.choices import LOADERS, Config, Setting
from w2s_jax.experiments.probes import fit_probes
from w2s_jax.experiments.records import Rows
from w2s_jax.heads import LinearHead, fit_heads
from w2s_jax.report import evaluate
from w2s_jax.representations import Standardize, represent

Matrix = Float[np.ndarray, "n d"]
Vector = Float[np.ndarray, " n"]
Values = Float[np.ndarray, "n weak"]
FeaturesOf = Callable[[str, Sequence[str], str], Matrix]


@dataclass(frozen=True)
class _Molecules:
    """Features of one data set's molecules, and behind them those of the corpus."""

    table: Table
    weak: tuple[Matrix, ...]
    strong: dict[str, Matrix]


def run(
    config: Config,
    features_of: FeaturesOf,
    corpus: Sequence[str],
    *,
    progress: bool = True,
) -> Rows:
    """Run every data set, split, setting and weak width.

    Args:
        config: what to run.
        features_of: (name of an encoder, SMILES, layers) ↦ `(n, d)`; names are "strong" and
            "weak-8", "weak-12", …
        corpus: SMILES of unlabelled molecules, at least `config.corpus`.
        progress: show a bar.

    Returns:
        A row for each: errors in squared label units on the test split, on the valid split (ending
        `_valid`) and in-sample with λ = 0 (`_insample`; absent where nothing was measured there).

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.
        ValueError: the corpus is too short.
    """
    if len(corpus) < config.corpus:
        raise ValueError(f"corpus has {len(corpus)} molecules, but {config.corpus} are wanted")
    rows: Rows = []
    with tqdm(
        total=len(config.datasets) * len(config.seeds) * len(config.settings),
        disable=not progress,
        desc="qsar",
    ) as bar:
        for name in config.datasets:
            molecules = _molecules(name, config, features_of, corpus[: config.corpus])
            for seed in config.seeds:
                for row in _split_rows(config, molecules, seed, bar):
                    rows.append({"dataset": name, "seed": seed} | row)
    return rows


def _molecules(
    name: str, config: Config, features_of: FeaturesOf, corpus: Sequence[str]
) -> _Molecules:
    table = LOADERS[name]()
    smiles = [*table.smiles, *corpus]
    layers = sorted({setting.layers for setting in config.settings})
    return _Molecules(
        table,
        tuple(features_of(f"weak-{width}", smiles, "last") for width in config.widths),
        {own: features_of("strong", smiles, own) for own in layers},
    )


def _split_rows(config: Config, molecules: _Molecules, seed: int, bar: tqdm) -> Iterator[dict]:
    truth = molecules.table.labels
    split = chembench_split(len(truth), seed)
    order = np.random.RandomState(seed).permutation(split.train)
    weak_features = [_standard(h, split.train) for h in molecules.weak]
    strong_features = {own: _standard(h, split.train) for own, h in molecules.strong.items()}
    ceilings = {
        own: _values(h, truth[:, None], split.train, seed) for own, h in strong_features.items()
    }
    weak = {}
    for setting in config.settings:
        measured = np.sort(order[: _count(setting.labels, len(order))])
        if setting.labels not in weak:
            weak[setting.labels] = np.concatenate(
                [_values(h, truth[:, None], measured, seed)[0] for h in weak_features], axis=1
            )
        pool = _pool(setting.pool, measured, split, len(truth), config.corpus)
        yield from _setting_rows(
            config,
            setting,
            split,
            truth,
            weak[setting.labels],
            pool,
            strong_features[setting.layers],
            ceilings[setting.layers][0],
            seed,
        )
        bar.update()


def _standard(features: Matrix, train: np.ndarray) -> Matrix:
    return np.asarray(represent(Standardize.fit(features[train]), features))


def _count(labels: str, n: int) -> int:
    return {"all": n, "half": n // 2}.get(labels) or min(int(labels), n)


def _pool(name: str, measured: np.ndarray, split: Split, n: int, corpus: int) -> np.ndarray:
    return {
        "own": measured,
        "rest": np.setdiff1d(split.train, measured),
        "train+valid": np.concatenate([split.train, split.valid]),
        "corpus": n + np.arange(corpus),
    }[name]


def _values(features: Matrix, labels: Values, seen: np.ndarray, seed: int):
    """Predictions everywhere of heads fitted on some rows, and their λ."""
    heads, ridge = fit_probes(features[seen], labels[seen], seed=seed)
    return np.asarray(heads(features)), ridge


def _setting_rows(
    config: Config,
    setting: Setting,
    split: Split,
    truth: Vector,
    weak: Values,
    pool: np.ndarray,
    features: Matrix,
    strong: Values,
    seed: int,
) -> Iterator[dict]:
    student, ridge = _values(features, weak, pool, seed)
    exact = fit_heads(features[pool], weak[pool])
    columns = [
        _errors(weak, student, truth, split.valid, "_valid"),
        _errors(weak, student, truth, split.test, ""),
        _identity(weak, student, truth, strong, split.test),
        _intervals(weak, student, truth, split.test, config.resamples, seed),
        {"ridge": ridge, "misfit_pool": ((student - weak)[pool] ** 2).mean(0)},
    ]
    if pool.max() < len(truth):
        columns.append(_insample(weak, exact, truth, features, pool))
    numbers = {key: values for own in columns for key, values in own.items()}
    common = {
        "setting": setting.name,
        "labels": setting.labels,
        "pool": setting.pool,
        "layers": setting.layers,
        "inputs": len(pool),
        "rank": int(exact.rank),
        "ceiling": float(((strong[: len(truth), 0] - truth)[split.test] ** 2).mean()),
        "ceiling_valid": float(((strong[: len(truth), 0] - truth)[split.valid] ** 2).mean()),
    }
    for k, width in enumerate(config.widths):
        own = {key: float(values[k]) for key, values in numbers.items()}
        yield {"weak_width": width} | common | own


def _report(weak: Values, student: Values, truth: Vector, rows: np.ndarray):
    repeated = np.repeat(truth[rows, None], weak.shape[1], axis=1)
    return evaluate(weak[rows], student[rows], repeated)


def _errors(weak: Values, student: Values, truth: Vector, rows: np.ndarray, ending: str) -> dict:
    report = _report(weak, student, truth, rows)
    names = ("weak_error", "student_error", "misfit", "gain")
    return {f"{name}{ending}": np.asarray(getattr(report, name)) for name in names}


def _identity(
    weak: Values, student: Values, truth: Vector, strong: Values, rows: np.ndarray
) -> dict:
    copied = (weak - student)[rows]
    return {
        "beyond": 2 * (copied * (truth[rows, None] - strong[rows])).mean(0),
        "drift": 2 * (copied * (strong[rows] - student[rows])).mean(0),
    }


def _intervals(
    weak: Values, student: Values, truth: Vector, rows: np.ndarray, resamples: int, seed: int
) -> dict:
    report = _report(weak, student, truth, rows)
    ends = {q: report.interval(q, resamples=resamples, seed=seed) for q in ("gain", "misfit")}
    return {f"{q}_{end}": ends[q][k] for q in ends for k, end in enumerate(("low", "high"))}


def _insample(
    weak: Values, exact: LinearHead, truth: Vector, features: Matrix, pool: np.ndarray
) -> dict:
    repeated = np.repeat(truth[pool, None], weak.shape[1], axis=1)
    report = evaluate(
        weak[pool], np.asarray(exact(features[pool])), repeated, features=features[pool]
    )
    names = ("weak_error", "student_error", "misfit", "gain", "correction", "epsilon")
    return {f"{name}_insample": np.asarray(getattr(report, name)) for name in names}
