r"""Fig. 2 (d–f) and Tables 1–3 on molecules: small SMILES encoders teach a large one.

For each data set, split and weak width: a weak model is fitted on measurements, gives its values
for some molecules, and a strong model is fitted on those values alone. The paper's strong model is
MolBERT; ours are the encoders that ship with the package (`w2s_jax.molecules.weights`).

On the test split, with $f_s$ the strong head fitted on measurements,

$$\text{gain} = \text{misfit} - 2\langle w-s, f-f_s \rangle - 2\langle w-s, f_s-s \rangle ,$$

`beyond` and `drift` in the rows. On the student's own molecules, for a linear head with λ = 0, the
identity of the realizability gap holds to rounding (columns ending in `_insample`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float, Int
from tqdm import tqdm

from w2s_jax.data import Split, chembench_split
from w2s_jax.experiments.choices import LOADERS, Config, Setting
from w2s_jax.experiments.probes import fit_probes
from w2s_jax.experiments.records import Rows
from w2s_jax.heads import LinearHead, fit_heads
from w2s_jax.molecules.encoder import Encoder
from w2s_jax.molecules.features import features
from w2s_jax.molecules.finetuning import finetune
from w2s_jax.molecules.keeping import Cache, kept
from w2s_jax.molecules.reading import flatten
from w2s_jax.molecules.tokenizer import tokenize
from w2s_jax.molecules.weights import digest, load_encoder
from w2s_jax.report import Report, evaluate
from w2s_jax.representations import Standardize, represent

Matrix = Float[np.ndarray, "_ _"]
Vector = Float[np.ndarray, " _"]
Values = Float[np.ndarray, "_ _"]
Places = Int[np.ndarray, " _"]


@dataclass(frozen=True)
class _Molecules:
    """One data set's molecules, behind them those of the corpus, and what encoders say of them."""

    truth: Vector
    smiles: list[str]
    codes: list[Int[np.ndarray, " _"]]
    encoders: dict[str, Encoder]
    weak: tuple[Matrix, ...]
    strong: dict[str, Matrix]
    cache: Cache


def run(
    config: Config,
    *,
    corpus: Sequence[str],
    encoder_of: Callable[[str], Encoder] = load_encoder,
    cache: Cache = True,
    progress: bool = True,
) -> Rows:
    """Run every data set, split, setting and weak width.

    Args:
        config: what to run.
        corpus: flat SMILES of unlabelled molecules, at least `config.corpus`.
        encoder_of: name ↦ encoder: "strong" and "weak-8", "weak-12", …
        cache: where features and fine-tuned models' values are kept, as for `features`.
        progress: show a bar.

    Returns:
        A row for each: errors in squared label units on the test split, on the valid split (ending
        `_valid`) and, for linear heads on measured molecules, in-sample with λ = 0 (`_insample`).

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.
        ValueError: the corpus is too short.
    """
    if len(corpus) < config.corpus:
        raise ValueError(f"corpus has {len(corpus)} molecules, but {config.corpus} are wanted")
    rows: Rows = []
    total = len(config.datasets) * len(config.seeds) * len(config.settings)
    with tqdm(total=total, disable=not progress, desc="qsar", unit="setting") as bar:
        for name in config.datasets:
            molecules = _molecules(name, config, corpus[: config.corpus], encoder_of, cache)
            for seed in config.seeds:
                for row in _split_rows(config, molecules, seed, bar):
                    rows.append({"dataset": name, "seed": seed} | row)
    return rows


def _molecules(name: str, config: Config, corpus, encoder_of, cache) -> _Molecules:
    table = LOADERS[name]()
    smiles = [*flatten(table.smiles), *corpus]
    names = [f"weak-{width}" for width in config.widths]
    encoders = {own: encoder_of(own) for own in (*names, "strong")}

    def of(own: str, layers) -> Matrix:
        return features(smiles, encoders[own], layers=layers, codes=tokenize, cache=cache)

    return _Molecules(
        table.labels,
        smiles,
        tokenize(smiles),
        encoders,
        tuple(of(own, "last") for own in names),
        {layers: of("strong", layers) for layers in ("last", "all")},
        cache,
    )


def _split_rows(config: Config, molecules: _Molecules, seed: int, bar: tqdm) -> Iterator[dict]:
    truth, n = molecules.truth, len(molecules.truth)
    split = chembench_split(n, seed)
    order = np.random.RandomState(seed).permutation(split.train)
    strong = {own: _standard(h, split.train) for own, h in molecules.strong.items()}
    heads = {own: _probed(h, truth[:, None], split.train, seed)[0] for own, h in strong.items()}
    weak: dict[tuple[str, str], Values] = {}
    for setting in config.settings:
        measured = np.sort(order[: _count(setting.labels, len(order))])
        key = setting.weak, setting.labels
        if key not in weak:
            weak[key] = _weak_values(config, molecules, split, measured, setting, seed)
        pool = _pool(setting.pool, measured, split, n, config.corpus)
        layers = "last" if setting.strong == "tuned" else setting.strong
        student, ridge = _students(config, molecules, setting, strong, weak[key], pool, seed)
        about = {"ridge": ridge} if ridge is not None else {}
        if ridge is not None and pool.max() < n:
            about |= _insample(weak[key], truth, strong[layers], pool)
        yield from _rows(config, setting, split, truth, weak[key], student, heads[layers], about,
                         pool, seed)  # fmt: skip
        bar.update()


def _standard(h: Matrix, train: Places) -> Matrix:
    return np.asarray(represent(Standardize.fit(h[train]), h))


def _count(labels: str, n: int) -> int:
    return {"all": n, "half": n // 2}.get(labels) or min(int(labels), n)


def _pool(name: str, measured: Places, split: Split, n: int, corpus: int) -> Places:
    return {
        "own": measured,
        "rest": np.setdiff1d(split.train, measured),
        "train+valid": np.concatenate([split.train, split.valid]),
        "corpus": n + np.arange(corpus),
    }[name]


def _probed(h: Matrix, labels: Values, seen: Places, seed: int) -> tuple[Values, Vector]:
    """Predict everywhere by heads fitted on some rows; their λ."""
    fitted, ridge = fit_probes(h[seen], labels[seen], seed=seed)
    return np.asarray(fitted(h)), ridge


def _tuned(
    config: Config, molecules: _Molecules, name: str, labels: Vector, seen: Places
) -> Vector:
    """Predict everywhere by an encoder fine-tuned on some rows."""
    encoder, recipe = molecules.encoders[name], config.finetuning
    codes = [molecules.codes[k] for k in seen]

    def compute() -> np.ndarray:
        return finetune(encoder, codes, labels[seen], recipe)(molecules.codes)

    # Kept, so that a run of an hour that is stopped loses minutes.
    about = [digest(encoder), repr(recipe), jax.default_backend(), labels[seen].tolist()]
    return kept("tuned", [*about, seen.tolist(), molecules.smiles], compute, molecules.cache)


def _weak_values(
    config: Config, molecules: _Molecules, split: Split, measured: Places, setting: Setting, seed
) -> Values:
    if setting.weak == "tuned":
        names = [f"weak-{width}" for width in config.widths]
        own = [_tuned(config, molecules, name, molecules.truth, measured) for name in names]
        return np.stack(own, axis=1)
    truth = molecules.truth[:, None]
    own = [_probed(_standard(h, split.train), truth, measured, seed)[0] for h in molecules.weak]
    return np.concatenate(own, axis=1)


def _students(
    config: Config, molecules: _Molecules, setting: Setting, strong, weak: Values, pool, seed
) -> tuple[Values, Vector | None]:
    if setting.strong == "tuned":
        own = [_tuned(config, molecules, "strong", labels, pool) for labels in weak.T]
        return np.stack(own, axis=1), None
    return _probed(strong[setting.strong], weak, pool, seed)


def _rows(
    config: Config,
    setting: Setting,
    split: Split,
    truth: Vector,
    weak: Values,
    student: Values,
    strong: Values,
    about: dict[str, np.ndarray],
    pool: Places,
    seed: int,
) -> Iterator[dict]:
    reports = {"": _report(weak, student, truth, split.test)}
    reports["_valid"] = _report(weak, student, truth, split.valid)
    numbers = dict(about) | {"misfit_pool": ((student - weak)[pool] ** 2).mean(0)}
    for ending, report in reports.items():
        for name in ("weak_error", "student_error", "misfit", "gain"):
            numbers[name + ending] = np.asarray(getattr(report, name))
    for name in ("gain", "misfit"):
        ends = reports[""].interval(name, resamples=config.resamples, seed=seed)
        numbers |= {f"{name}_low": ends[0], f"{name}_high": ends[1]}
    copied = (weak - student)[split.test]
    numbers["beyond"] = 2 * (copied * (truth[:, None] - strong[: len(truth)])[split.test]).mean(0)
    numbers["drift"] = 2 * (copied * (strong - student)[split.test]).mean(0)
    missed = (strong[: len(truth), 0] - truth) ** 2
    common = {
        "setting": setting.name,
        "weak": setting.weak,
        "labels": setting.labels,
        "pool": setting.pool,
        "strong": setting.strong,
        "inputs": len(pool),
        "ceiling": float(missed[split.test].mean()),
        "ceiling_valid": float(missed[split.valid].mean()),
    }
    for k, width in enumerate(config.widths):
        own = {key: float(values[k]) for key, values in numbers.items()}
        yield {"weak_width": width} | common | own


def _report(weak: Values, student: Values, truth: Vector, rows: Places) -> Report:
    repeated = np.repeat(truth[rows, None], weak.shape[1], axis=1)
    return evaluate(weak[rows], student[rows], repeated)


def _insample(weak: Values, truth: Vector, h: Matrix, pool: Places) -> dict[str, np.ndarray]:
    exact: LinearHead = fit_heads(h[pool], weak[pool])
    repeated = np.repeat(truth[pool, None], weak.shape[1], axis=1)
    report = evaluate(weak[pool], np.asarray(exact(h[pool])), repeated, features=h[pool])
    names = ("weak_error", "student_error", "misfit", "gain", "correction", "epsilon")
    found = {f"{name}_insample": np.asarray(getattr(report, name)) for name in names}
    return found | {"rank": np.full(weak.shape[1], int(exact.rank))}
