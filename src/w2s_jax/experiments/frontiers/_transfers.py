"""What is split, and how: molecules at random or by scaffold, reviews by rows, title or site."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from w2s_jax.data import (
    Split,
    Table,
    chembench_split,
    load_esol,
    load_freesolv,
    load_lipop,
    scaffold_split,
)
from w2s_jax.encoders import load_encoder
from w2s_jax.experiments.reviews._inputs import standard
from w2s_jax.heads import fit_head
from w2s_jax.heads._probes import probed
from w2s_jax.molecules import features, flatten
from w2s_jax.text import fit_tfidf, lexicon_counts, load_reviews, title_split

Matrix = Float[np.ndarray, "n _"]
Vector = Float[np.ndarray, " n"]
Places = Int[np.ndarray, " _"]

_WIDTHS, _MEASURED = (8, 24, 96), 150  # of the weak encoders; molecules that they are fitted on
_RATED, _FEW = 1600, 200  # reviews that the lexicon is fitted on, and runs of characters
_PER_REVIEW = 4  # times as many directions of words as of molecules


@dataclass(frozen=True)
class Transfer:
    """One split: who is taught where, and who teaches.

    Attributes:
        kind: of the split.
        seed: of the split.
        features: strong ones of all n rows.
        labels: measured, all n.
        lessons: rows of P without labels, on which the student is taught.
        uses: rows of Q, shuffled.
        teach: labels of all n ↦ what each teacher, fitted on other rows of P, says of all n.

    Example:
        >>> at = np.arange(2)
        >>> Transfer("random", 0, np.ones((2, 1)), at / 2, at, at, dict).kind
        'random'
    """

    kind: str
    seed: int
    features: Matrix = field(repr=False)
    labels: Vector = field(repr=False)
    lessons: Places = field(repr=False)
    uses: Places = field(repr=False)
    teach: Callable[[Vector], dict[str, Vector]] = field(repr=False)


def transfers(file: str, directions: int, seeds: tuple[int, ...]) -> Iterator[Transfer]:
    """Split a file in each of its ways, once a seed.

    Args:
        file: of `FILES`.
        directions: of the strong features.
        seeds: of the splits.

    Raises:
        w2s_jax.data.Unavailable: the file cannot be had.

    Example:
        >>> list(transfers("esol", 16, ()))
        []
    """
    if seeds:
        yield from FILES[file](directions, seeds)


def _molecules(load: Callable[[], Table]) -> Callable:
    def of(directions: int, seeds: tuple[int, ...]) -> Iterator[Transfer]:
        table = load()
        flat = flatten(table.smiles)
        labels = np.asarray(table.labels, np.float64)
        strong = features(flat, load_encoder("strong"))
        weak = {f"weak-{k}": features(flat, load_encoder(f"weak-{k}")) for k in _WIDTHS}
        splits = {"random": lambda seed: chembench_split(len(flat), seed),
                  "scaffold": lambda seed: scaffold_split(flat, seed)}  # fmt: skip
        for kind, split in splits.items():
            for seed in seeds:
                rng = np.random.default_rng(seed)
                train, uses = _sides(split(seed), rng)
                taught, lessons = train[:_MEASURED], train[_MEASURED:]
                inputs = {name: standard(h, train) for name, h in weak.items()}

                def teach(labels, inputs=inputs, taught=taught, seed=seed):
                    return {name: _probed(h, labels, taught, seed) for name, h in inputs.items()}

                h = along(strong, train, directions)
                yield Transfer(kind, seed, h, labels, lessons, uses, teach)

    return of


def _reviews(directions: int, seeds: tuple[int, ...]) -> Iterator[Transfer]:
    reviews = load_reviews()
    texts, labels = list(reviews.texts), np.asarray(reviews.ratings)
    counts, site = np.asarray(lexicon_counts(texts), np.float64), np.asarray(reviews.sites)
    home, away = np.flatnonzero(site == "babelio"), np.flatnonzero(site == "critiques")
    titles = [reviews.titles[row] for row in home]
    splits = {"random": lambda seed: chembench_split(len(home), seed),
              "titles": lambda seed: title_split(titles, seed)}  # fmt: skip
    for seed in seeds:
        for kind, split in splits.items():
            rng = np.random.default_rng(seed)
            train, uses = (home[rows] for rows in _sides(split(seed), rng))
            # what words weigh is learned from the texts of P alone
            read = [texts[row] for row in train]
            words = fit_tfidf(read, units="words", width=_PER_REVIEW * directions)(texts)
            pieces = fit_tfidf(read, units="characters", width=2 * directions)(texts)
            taught, lessons = train[:_RATED], train[_RATED:]
            inputs = standard(counts, train), standard(pieces, train)

            def teach(labels, inputs=inputs, taught=taught, seed=seed):
                few = taught[:_FEW]
                counted, spelled = inputs
                return {
                    "lexicon": _probed(counted, labels, taught, seed),
                    "characters": np.asarray(fit_head(spelled[few], labels[few])(spelled)),
                }

            h = standard(words, train)
            yield Transfer(kind, seed, h, labels, lessons, uses, teach)
            if kind == "random":  # the same lessons, for readers of the other site
                other = rng.permutation(away)
                yield Transfer("site", seed, h, labels, lessons, other, teach)


FILES = {
    "esol": _molecules(load_esol),
    "freesolv": _molecules(load_freesolv),
    "lipop": _molecules(load_lipop),
    "reviews": _reviews,
}


def _sides(split: Split, rng: np.random.Generator) -> tuple[Places, Places]:
    return rng.permutation(split.train), rng.permutation(np.r_[split.valid, split.test])


def along(h: Matrix, rows: Places, width: int) -> Matrix:
    """Take the directions in which standardized features vary most over some rows.

    Example:
        >>> h = np.random.default_rng(0).normal(size=(50, 4)) * [1, 1, 1, 0]
        >>> along(h, np.arange(40), 2).shape
        (50, 2)
    """
    h = standard(h, rows)
    axes = np.linalg.svd(h[rows], full_matrices=False)[2]
    return standard(h @ axes[:width].T, rows)


def _probed(h: Matrix, labels: Vector, rows: Places, seed: int) -> Vector:
    return probed(h, labels[:, None], rows, seed=seed)[0][:, 0]
