r"""Texts as weighted counts of their words, and the few directions in which these vary most.

With $t_{ij}$ the count of term $j$ in text $i$, $n_j$ of the n training texts with the term,

$$u_{ij} = (1 + \ln t_{ij}) \Bigl(1 + \ln \frac{1 + n}{1 + n_j}\Bigr) \; (t_{ij} > 0), \qquad
h(x_i) = V_k^\top \frac{u_i}{\lVert u_i \rVert},$$

where $V_k$ holds the first k right singular vectors of the training texts' matrix.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64

from w2s_jax._extras import extra
from w2s_jax.text._texts import read_texts

Units = Literal["words", "characters"]
_SETTINGS = {
    "words": {"ngram_range": (1, 2), "min_df": 3},
    "characters": {"analyzer": "char_wb", "ngram_range": (3, 3), "min_df": 5},
}


@dataclass(frozen=True, eq=False)
class Tfidf:
    """Map texts to vectors, as fitted to others.

    Attributes:
        units: "words" or "characters".
        width: number of directions k.
        terms: how many terms have a weight.

    Example:
        >>> texts = ["un roman noir", "un roman long", "un film noir", "un film long"] * 3
        >>> tfidf = fit_tfidf(texts, width=3)
        >>> tfidf.width, tfidf.terms, tfidf(["un roman 📚"]).shape
        (3, 11, (1, 3))
    """

    units: Units
    width: int
    terms: int
    _counts: Any = field(repr=False)
    _directions: Any = field(repr=False)

    def __call__(self, texts: Iterable[Any]) -> Float64[np.ndarray, "n k"]:
        """Map n texts; one without any known term becomes 0.

        Raises:
            ValueError: what `read_texts` refuses.
        """
        counts = self._counts.transform(read_texts(texts))
        return np.asarray(counts @ self._directions, np.float64)


def fit_tfidf(
    texts: Iterable[Any], *, units: Units = "words", width: int = 128, seed: int = 0
) -> Tfidf:
    """Learn terms, their weights and k directions from texts, no labels: latent semantic analysis.

    The first columns of a wide map are the narrow map's, but for what random starts leave. Terms
    are words and pairs of words in at least three texts, or runs of three characters within a word
    in at least five.

    Args:
        texts: to learn from; those of the training part alone, where others are to judge.
        units: count "words" or "characters".
        width: number of directions k.
        seed: of the starts of the singular vectors.

    Returns:
        The map.

    Raises:
        ImportError: scikit-learn is missing (extra `text`).
        ValueError: other units; a width that the texts' terms cannot have; what `read_texts`
            refuses.

    Reference:
        Deerwester et al., "Indexing by latent semantic analysis", J. Am. Soc. Inf. Sci. 41 (1990).

    Example:
        >>> texts = ["un roman noir", "un roman long", "un film noir", "un film long"] * 3
        >>> fit_tfidf(texts, width=2)(texts[:2]).round(2).tolist()[0] != [0.0, 0.0]
        True
    """
    if units not in _SETTINGS:
        raise ValueError(f"units must be 'words' or 'characters', got {units!r}")
    own = read_texts(texts)
    with extra("text"):
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer
    vectorizer: Any = TfidfVectorizer(sublinear_tf=True, **_SETTINGS[units])
    try:
        counts: Any = vectorizer.fit_transform(own)
    except ValueError as error:  # every term is too rare
        raise ValueError(f"texts share no {units} to count ({error}): give more texts") from None
    most = min(counts.shape) - 1
    if not 1 <= width <= most:
        raise ValueError(
            f"width must be from 1 to {most} for {counts.shape[0]} texts with {counts.shape[1]} "
            f"terms, got {width}"
        )
    with np.errstate(all="ignore"):  # texts that are all alike have no variance to explain
        svd = TruncatedSVD(width, n_iter=2, random_state=seed).fit(counts)
    return Tfidf(units, width, counts.shape[1], vectorizer, svd.components_.T)
