"""Small SMILES encoders teach a large one: the values of all models, for `qsar` and `choosing`.

For each data set, split and weak width: a weak model is fitted on measurements, gives its values
for some molecules, and a strong model is fitted on those values alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import jax
import numpy as np
from jaxtyping import Int
from tqdm import tqdm

from w2s_jax.arrays._kinds import Matrix, Places, Vector
from w2s_jax.data import Split, chembench_split
from w2s_jax.encoders import load_encoder
from w2s_jax.encoders._encoder import Encoder
from w2s_jax.encoders._finetuning import finetune
from w2s_jax.experiments.molecules._choices import LOADERS, QsarConfig, Setting
from w2s_jax.files import fingerprint
from w2s_jax.files._cache import Cache, kept
from w2s_jax.heads._probes import probed
from w2s_jax.molecules._features import features
from w2s_jax.molecules._reading import flatten
from w2s_jax.molecules._tokenizer import tokenize
from w2s_jax.representations import standardized


@dataclass(frozen=True)
class Outcome:
    """What all models of one data set, split and setting say.

    Attributes:
        dataset: its name.
        seed: of the split.
        setting: how weak and strong were set against each other.
        split: train, valid and test rows.
        truth: `(n,)`, measured labels.
        weak: `(n + corpus, widths)`, the teachers' values for all molecules.
        student: the students', likewise.
        strong: `(n + corpus,)`, the strong head fitted on measurements.
        pool: the molecules whose weak labels the students saw.
        ridge: each student's λ; None where it was fine-tuned.
        features: `(n + corpus, d)`, of the strong encoder under the student's head.

    Example:
        >>> at = np.arange(2)
        >>> three = Split(train=at, valid=at, test=at)
        >>> values = np.zeros((2, 1))
        >>> Outcome("made", 0, Setting(), three, at / 2, values, values, at / 2, at, None, values)
        Outcome(dataset='made', seed=0, setting=Setting(weak='probe', ...))
    """

    dataset: str
    seed: int
    setting: Setting
    split: Split = field(repr=False)
    truth: Vector = field(repr=False)
    weak: Matrix = field(repr=False)
    student: Matrix = field(repr=False)
    strong: Vector = field(repr=False)
    pool: Places = field(repr=False)
    ridge: Vector | None = field(repr=False)
    features: Matrix = field(repr=False)


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


def outcomes(
    config: QsarConfig,
    corpus: Sequence[str],
    *,
    encoder_of: Callable[[str], Encoder] = load_encoder,
    cache: Cache = True,
    progress: bool = True,
) -> Iterator[Outcome]:
    """Fit every data set's, split's and setting's weak models and students, one after the other.

    Args:
        config: what to run.
        corpus: flat SMILES of unlabeled molecules, at least `config.corpus`.
        encoder_of: name ↦ encoder: "strong" and "weak-8", "weak-12", …
        cache: where features and fine-tuned models' values are kept, as for `features`.
        progress: show a bar.

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.
        ValueError: the corpus is too short.
    """
    if len(corpus) < config.corpus:
        raise ValueError(f"corpus has {len(corpus)} molecules, but {config.corpus} are wanted")
    total = len(config.datasets) * len(config.seeds) * len(config.settings)
    with tqdm(total=total, disable=not progress, unit="setting") as bar:
        for name in config.datasets:
            molecules = _molecules(name, config, corpus[: config.corpus], encoder_of, cache)
            for seed in config.seeds:
                for outcome in _of_split(name, config, molecules, seed):
                    yield outcome
                    bar.update()


def _molecules(name: str, config: QsarConfig, corpus, encoder_of, cache) -> _Molecules:
    table = LOADERS[name]()
    smiles = [*flatten(table.smiles), *corpus]
    names = [f"weak-{width}" for width in config.widths]
    encoders = {own: encoder_of(own) for own in (*names, config.student)}

    def of(own: str, layers) -> Matrix:
        return features(smiles, encoders[own], layers=layers, codes=tokenize, cache=cache)

    return _Molecules(
        table.labels,
        smiles,
        tokenize(smiles),
        encoders,
        tuple(of(own, "last") for own in names),
        {layers: of(config.student, layers) for layers in ("last", "all")},
        cache,
    )


def _of_split(name: str, config: QsarConfig, molecules: _Molecules, seed: int) -> Iterator[Outcome]:
    truth, n = molecules.truth, len(molecules.truth)
    split = chembench_split(n, seed)
    order = np.random.RandomState(seed).permutation(split.train)
    strong = {own: standardized(h, split.train) for own, h in molecules.strong.items()}
    heads = {own: probed(h, truth[:, None], split.train, seed=seed)[0] for own, h in strong.items()}
    weak: dict[tuple[str, str], Matrix] = {}
    for setting in config.settings:
        measured = np.sort(order[: _count(setting.labels, len(order))])
        key = setting.weak, setting.labels
        if key not in weak:
            weak[key] = _weak_values(config, molecules, split, measured, setting, seed)
        pool = _pool(setting.pool, measured, split, n, config.corpus)
        layers = "last" if setting.strong == "tuned" else setting.strong
        student, ridge = _students(config, molecules, setting, strong, weak[key], pool, seed)
        yield Outcome(name, seed, setting, split, truth, weak[key], student, heads[layers][:, 0],
                      pool, ridge, strong[layers])  # fmt: skip


def _count(labels: str, n: int) -> int:
    return {"all": n, "half": n // 2}.get(labels) or min(int(labels), n)


def _pool(name: str, measured: Places, split: Split, n: int, corpus: int) -> Places:
    return {
        "own": measured,
        "rest": np.setdiff1d(split.train, measured),
        "train+valid": np.concatenate([split.train, split.valid]),
        "corpus": n + np.arange(corpus),
    }[name]


def _tuned(
    config: QsarConfig, molecules: _Molecules, name: str, labels: Vector, seen: Places
) -> Vector:
    """Predict everywhere by an encoder fine-tuned on some rows."""
    encoder, recipe = molecules.encoders[name], config.finetuning
    codes = [molecules.codes[k] for k in seen]

    def compute() -> np.ndarray:
        return finetune(encoder, codes, labels[seen], recipe)(molecules.codes)

    # Kept, so that a run of an hour that is stopped loses minutes.
    about = [fingerprint(encoder), repr(recipe), jax.default_backend(), labels[seen].tolist()]
    return kept("tuned", [*about, seen.tolist(), molecules.smiles], compute, molecules.cache)


def _weak_values(
    config: QsarConfig,
    molecules: _Molecules,
    split: Split,
    measured: Places,
    setting: Setting,
    seed,
) -> Matrix:
    if setting.weak == "tuned":
        names = [f"weak-{width}" for width in config.widths]
        own = [_tuned(config, molecules, name, molecules.truth, measured) for name in names]
        return np.stack(own, axis=1)
    truth = molecules.truth[:, None]
    own = [
        probed(standardized(h, split.train), truth, measured, seed=seed)[0] for h in molecules.weak
    ]
    return np.concatenate(own, axis=1)


def _students(
    config: QsarConfig, molecules: _Molecules, setting: Setting, strong, weak: Matrix, pool, seed
) -> tuple[Matrix, Vector | None]:
    if setting.strong == "tuned":
        own = [_tuned(config, molecules, config.student, labels, pool) for labels in weak.T]
        return np.stack(own, axis=1), None
    return probed(strong[setting.strong], weak, pool, seed=seed)
