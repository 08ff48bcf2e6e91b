r"""Reviews as inputs: how many, how noisy their ratings, and what each representation can say.

Readers of one book disagree. With $m_g$ ratings of title g, $\bar y_g$ their mean, and G titles
that have at least two, the variance of a rating around its book's own mean is

$$\hat\sigma^2 = \frac{\sum_g \sum_{i \in g} (y_i - \bar y_g)^2}{\sum_g (m_g - 1)} ,$$

without bias: no function of the book alone errs less.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from w2s_jax.experiments.reviews._choices import LAYERS, RIDGES, WORDS
from w2s_jax.experiments.reviews._inputs import Inputs, LayersOf, read_inputs, split_of
from w2s_jax.files._cache import Cache
from w2s_jax.heads import fit_probes
from w2s_jax.records._records import Rows
from w2s_jax.text import Reviews, load_reviews
from w2s_jax.text._reviews import ratings_by_title

_INPUTS = (
    "lexicon",
    *(f"words-{k}" for k in (8, 16, 32, 128, 256, 512)),
    *(f"characters-{k}" for k in (64, 256)),
    "vectors",
    "sentences",
    *(f"e5-{layer}" for layer in LAYERS),
)


@dataclass(frozen=True)
class ReviewProbesConfig:
    """What to run.

    Attributes:
        seeds: of the splits.
        splits: of "rows", "titles", "babelio", "critiques", as for `Teaching`.
        inputs: the representations, named as for `Teacher` and `Teaching`.

    Raises:
        ValueError: an unknown split, an empty tuple.

    Example:
        >>> len(ReviewProbesConfig().inputs)
        17
    """

    seeds: tuple[int, ...] = tuple(range(122, 132))
    splits: tuple[str, ...] = ("rows", "titles")
    inputs: tuple[str, ...] = _INPUTS

    def __post_init__(self) -> None:
        if not (self.seeds and self.splits and self.inputs):
            raise ValueError("seeds, splits and inputs must each name something")
        if not set(self.splits) <= {*WORDS["split"]}:
            raise ValueError(f"splits must be of {', '.join(WORDS['split'])}, got {self.splits}")


def run_review_probes(
    config: ReviewProbesConfig,
    *,
    reviews_of: Callable[[], Reviews] = load_reviews,
    layers_of: LayersOf | None = None,
    cache: Cache = True,
    progress: bool = True,
) -> Rows:
    """Count the reviews, and fit a ridge head of each representation to all training ratings.

    Args:
        config: what to run.
        reviews_of: what gives the reviews.
        layers_of: as for `run_reviews`.
        cache: likewise.
        progress: show a bar.

    Returns:
        Rows of three kinds by `about`: "reviews" of each site and of both (how many, titles, words
        of the texts, mean and variance of the ratings, `above_4`, the share of 4 stars and more;
        for both also what each rule of cleaning dropped), "noise" (titles with at least two
        ratings, these ratings, and their variance around their titles' means) and "probe" (test
        error, that of the training part's mean, and the λ chosen). Errors in squared stars.

    Raises:
        w2s_jax.data.Unavailable: reviews or an input cannot be had.
    """
    reviews = reviews_of()
    rows = [*_counts(reviews), {"about": "noise"} | noise(reviews)]
    names = set(config.inputs)
    inputs = read_inputs(reviews, names, layers_of=layers_of, cache=cache)
    parts = [(kind, seed) for kind in config.splits for seed in config.seeds]
    for kind, seed in tqdm(parts, disable=not progress, unit="split"):
        rows.extend({"about": "probe"} | row for row in _probes(inputs, config, kind, seed))
    return rows


def noise(reviews: Reviews) -> dict[str, float | int]:
    """Say how far readers of the same title are apart.

    Example:
        >>> texts, titles = ["Bon.", "Non.", "Oui."], ["Zadig", "ZADIG", "Candide"]
        >>> noise(Reviews(texts, [4.0, 2.0, 5.0], titles, ["babelio"] * 3))
        {'titles': 1, 'ratings': 2, 'within': 2.0, 'total': 2.0}
    """
    several = [own for own in ratings_by_title(reviews).values() if len(own) > 1]
    freedom = sum(len(own) - 1 for own in several)
    together = np.concatenate([*several, np.zeros(0)])
    return {
        "titles": len(several),
        "ratings": len(together),
        "within": float(sum(((own - own.mean()) ** 2).sum() for own in several) / max(freedom, 1)),
        "total": float(together.var(ddof=1)) if len(together) > 1 else 0.0,
    }


def _counts(reviews: Reviews) -> Iterator[dict]:
    both = np.arange(len(reviews))
    parts = {site: reviews.rows_of(site) for site in dict.fromkeys(reviews.sites)} | {"both": both}
    for site, rows in parts.items():
        ratings = np.asarray(reviews.ratings)[rows]
        lengths = [len(reviews.texts[row].split()) for row in rows]
        yield {
            "about": "reviews",
            "site": site,
            "reviews": len(rows),
            "titles": len({reviews.titles[row].casefold() for row in rows}),
            "words": sum(lengths),
            "median_words": float(np.median(lengths)),
            "longest": max(lengths),
            "mean": float(ratings.mean()),
            "variance": float(ratings.var()),
            "above_4": float((ratings >= 4).mean()),
        } | (dict(reviews.dropped) if site == "both" else {})


def _probes(inputs: Inputs, config: ReviewProbesConfig, kind: str, seed: int) -> Iterator[dict]:
    labels, split = np.asarray(inputs.reviews.ratings), split_of(inputs.reviews, kind, seed)
    plain = float(((labels[split.train].mean() - labels[split.test]) ** 2).mean())
    own = inputs.of_split(split.train, set(config.inputs))
    for name in config.inputs:
        h = own[name]
        heads, ridge = fit_probes(
            h[split.train], labels[split.train, None], ridges=RIDGES, seed=seed
        )
        missed = np.asarray(heads(h[split.test]))[:, 0] - labels[split.test]
        yield {
            "split": kind,
            "seed": seed,
            "inputs": name,
            "d": h.shape[1],
            "ridge": float(ridge[0]),
            "test_error": float(f"{(missed**2).mean():.10g}"),
            "mean_error": float(f"{plain:.10g}"),
        }
