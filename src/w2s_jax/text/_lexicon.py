"""Forty French words of praise and blame, and how often a text has them."""

import re
import unicodedata
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float64

from w2s_jax.text._texts import read_texts

# Chosen before any rating was looked at: twenty words with which a reader praises a book and twenty
# with which she finds fault, each cut to the stem that its forms share, without accents.
LEXICON = MappingProxyType(
    {
        "praise": (
            "magnifi", "excellen", "genia", "superb", "adore", "merveill", "passionn", "boulevers",
            "sublime", "parfait", "captiv", "touchant", "emouvant", "regal", "brillant", "delici",
            "envout", "inoubliable", "remarquable", "savour",
        ),
        "blame": (
            "decu", "decev", "decept", "ennuy", "ennui", "mauvais", "dommage", "longueur",
            "abandonn", "lassant", "malheureusement", "fade", "rate", "mediocre", "penible",
            "confus", "creux", "cliche", "previsible", "insipide",
        ),
    }
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")


def lexicon_counts(texts: Iterable[Any], *, limit: int = 3) -> Float64[np.ndarray, "n 2"]:
    """Count words of praise and of blame in each text.

    A word counts if it begins with one of `LEXICON`'s stems, capitals and accents aside.

    Args:
        texts: n texts.
        limit: more of a kind count as so many, so that long texts are not all praise and blame.

    Returns:
        `(n, 2)`: praise, blame, each from 0 to `limit`.

    Raises:
        ValueError: a limit below 1, and what `read_texts` refuses.

    Example:
        >>> lexicon_counts(["Magnifique, un vrai régal !", "Déçue : des longueurs.", "Un roman."])
        array([[2., 0.],
               [0., 2.],
               [0., 0.]])
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    words = [_WORD.findall(_plain(text)) for text in read_texts(texts)]
    counts = [
        [sum(word.startswith(stems) for word in own) for stems in LEXICON.values()] for own in words
    ]
    return np.minimum(np.array(counts, np.float64).reshape(-1, 2), limit)


def _plain(text: str) -> str:
    """Write a text in small letters without accents."""
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))
