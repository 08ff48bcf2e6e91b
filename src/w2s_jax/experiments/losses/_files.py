"""Molecules and reviews as classes: soluble or not, and three kinds of rating.

"molecules": a weak model on directions of fingerprints teaches one on directions of descriptors;
"reversed": the other way around, where the student is the poorer model; "reviews": a lexicon
teaches TF-IDF.

The truth of the identity of cross-entropy has to be a softmax head. So it is the ceiling: the
student's class fitted on the true classes of the same inputs.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int
from scipy.special import rel_entr

from w2s_jax.data import Split, chembench_split, load_esol
from w2s_jax.heads import fit_softmax
from w2s_jax.molecules import descriptors, flatten, morgan_fingerprints
from w2s_jax.representations import standardized
from w2s_jax.text import fit_tfidf, lexicon_counts, load_reviews

FILES = ("molecules", "reversed", "reviews")
_SOLUBLE, _MIDDLE, _HIGH = -3.0, 3.5, 4.5  # log mol/L; stars
_DIRECTIONS, _WORDS = 32, 64
_TOL = 1e-20  # nats
_TAUGHT_BY = 1e-3  # ridge of the weak models, which see few labels


def of_file(name: str, labels: int, seed: int) -> dict:
    """Fit a weak model, its student and the ceiling; measure on the student's inputs and afresh."""
    weak_h, h, y, split = _MAKERS[name](seed)
    taught, own, fresh = split.train[:labels], split.train[labels:], split.test
    weak = np.asarray(fit_softmax(weak_h[taught], y[taught], ridge=_TAUGHT_BY)(weak_h))
    student_head = fit_softmax(h[own], weak[own], tol=_TOL)
    ceiling_head = fit_softmax(h[own], y[own], tol=_TOL)
    student, ceiling = np.asarray(student_head(h)), np.asarray(ceiling_head(h))
    truth = np.eye(weak.shape[1])[y]
    found = {
        "inputs": len(own),
        "classes": weak.shape[1],
        "share": float(np.bincount(y[own]).max() / len(own)),
        "gap": float(max(student_head.gap, ceiling_head.gap)),
        "weak_last": _kl(weak[own], ceiling[own]),
        "student_last": _kl(student[own], ceiling[own]),
        "misfit_last": _kl(weak[own], student[own]),
        "from_ceiling": _kl(ceiling[own], student[own]),
    }
    for where, rows in (("own", own), ("fresh", fresh)):
        for who, p in (("weak", weak), ("student", student), ("ceiling", ceiling)):
            found[f"{who}_loss_{where}"] = _kl(truth[rows], p[rows])
            found[f"{who}_accuracy_{where}"] = float(np.mean(p[rows].argmax(1) == y[rows]))
    return found


def _molecules(seed: int):
    return _of_molecules(descriptors, morgan_fingerprints, seed)


def _reversed(seed: int):
    return _of_molecules(morgan_fingerprints, descriptors, seed)


def _of_molecules(strong: Callable, weak: Callable, seed: int):
    table = load_esol()
    flat = flatten(table.smiles)
    split = _shuffled(chembench_split(len(table), seed), seed)
    return (
        _directions(weak(flat), split.train, _DIRECTIONS),
        _directions(strong(flat), split.train, _DIRECTIONS),
        (table.labels >= _SOLUBLE).astype(int),
        split,
    )


def _reviews(seed: int):
    reviews = load_reviews()
    split = _shuffled(chembench_split(len(reviews), seed), seed)
    texts, stars = list(reviews.texts), np.asarray(reviews.ratings)
    h = fit_tfidf([texts[row] for row in split.train], units="words", width=_WORDS)(texts)
    return (
        standardized(lexicon_counts(texts), split.train, limit=np.inf),
        standardized(h, split.train, limit=np.inf),
        (stars >= _MIDDLE).astype(int) + (stars >= _HIGH),
        split,
    )


_MAKERS = {"molecules": _molecules, "reversed": _reversed, "reviews": _reviews}


def _shuffled(split: Split, seed: int) -> Split:
    return split._replace(train=np.random.default_rng(seed).permutation(split.train))


def _directions(h, train: Int[np.ndarray, " _"], width: int) -> Float[np.ndarray, "n d"]:
    """Where the standardized inputs vary most; far outliers are drawn in to ten deviations."""
    h = standardized(h, train)
    h = h - h[train].mean(0)
    axes = np.linalg.svd(h[train], full_matrices=False)[2]
    return standardized(h @ axes[:width].T, train, limit=np.inf)


def _kl(p, q) -> float:
    return float(rel_entr(p, q).sum(1).mean())
