r"""The auxiliary confidence loss of Burns et al. (2023) on frozen features.

A student s of two classes minimizes the cross-entropy to $(1 - a)\,w + a\,\mathbb 1[s > t]$, its
own hardened labels held still in each round, the share a warmed up over four rounds, and the
threshold t such that as many are positive as the weak labels say.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Float
from scipy.special import expit

from w2s_jax.heads import fit_softmax

Draw = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]
KINDS = ("normal", "relu")
_WIDTH, _WEAK, _ROUNDS, _WARM = 64, 32, 12, 4
_SEEN, _FRESH, _TAUGHT, _RIDGE = 3000, 4000, 400, 5e-4


def confidence(shares: Sequence[float], kind: str, seed: Sequence[int]) -> Iterator[dict]:
    """Measure accuracies on fresh inputs of teacher, ceiling and student, for each share.

    Example:
        >>> (row,) = confidence([0.0], "normal", [0, 0])
        >>> row["weak_accuracy"] < row["ceiling_accuracy"], round(row["cosine"], 6)
        (True, 1.0)
    """
    rng = np.random.default_rng([*seed, KINDS.index(kind)])
    h, weak_h, chance = _inputs(kind, rng)
    y = rng.uniform(size=len(h)) < chance
    taught, seen, fresh = np.split(np.arange(len(h)), [_TAUGHT, _TAUGHT + _SEEN])
    weak = _probability(weak_h[taught], y[taught], weak_h)

    def accuracy(p):
        return float(np.mean((p[fresh] > 0.5) == y[fresh]))

    ceiling = accuracy(_probability(h[seen], y[seen], h))
    plain = _fitted(h[seen], weak[seen])
    for share in shares:
        head = plain
        for k in range(_ROUNDS if share else 0):
            own = np.asarray(head(h[seen]))[:, 1]
            sure = own > np.quantile(own, 1 - weak[seen].mean())
            part = share * min(1.0, k / _WARM)
            head = _fitted(h[seen], (1 - part) * weak[seen] + part * sure)
        yield {
            "share": share,
            "weak_accuracy": accuracy(weak),
            "student_accuracy": accuracy(np.asarray(head(h))[:, 1]),
            "ceiling_accuracy": ceiling,
            "cosine": _cosine(head.weights[:, 1], plain.weights[:, 1]),
            "size": float(np.linalg.norm(head.weights) / np.linalg.norm(plain.weights)),
        }


def _inputs(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strong features, weak ones that are no linear part of them, and the chance of class 1."""
    x = rng.normal(size=(_TAUGHT + _SEEN + _FRESH, _WIDTH))
    if kind == "relu":
        x = np.maximum(x @ rng.normal(size=(_WIDTH, _WIDTH)) / np.sqrt(_WIDTH), 0)
        x = (x - x.mean(0)) / x.std(0)
    mix = 0.6 * rng.normal(size=(_WIDTH, _WEAK)) / np.sqrt(_WIDTH)
    mix[:_WEAK] += np.eye(_WEAK)
    true = rng.normal(size=_WIDTH) * 2 / np.sqrt(_WIDTH)
    return x, np.tanh(x @ mix), expit(3.6 * x @ true)


def _fitted(features: np.ndarray, chance: Float[np.ndarray, " n"]):
    return fit_softmax(features, np.column_stack([1 - chance, chance]), ridge=_RIDGE)


def _probability(features, labels, where) -> Float[np.ndarray, " n"]:
    return np.asarray(_fitted(features, labels.astype(float))(where))[:, 1]


def _cosine(one, two) -> float:
    one, two = np.asarray(one), np.asarray(two)
    return float(one @ two / np.linalg.norm(one) / np.linalg.norm(two))
