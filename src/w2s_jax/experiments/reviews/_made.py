"""Reviews made for the book, in the style of the data, and what an encoder reads of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from w2s_jax.encoders import Bert
from w2s_jax.records._records import Rows
from w2s_jax.text import Review, load_e5

_MADE = (
    ("Candide", 4.5, "Un régal ! Voltaire se moque de tout, et d'abord de l'optimisme. On rit, "
     "puis on réfléchit. À lire et à relire."),
    ("Candide", 2.0, "Lu au lycée, relu hier : toujours aussi creux. Les malheurs s'enchaînent, "
     "les personnages ne sont que des pantins, et je me suis ennuyée."),
    ("Le Horla", 5.0, "Un homme tient son journal. La nuit, quelque chose boit l'eau de sa "
     "carafe ; le jour, il se croit fou. Que lui veut cet invisible ?"),
    ("Le Horla", 2.5, "Chaque nuit, la carafe se vide. L'homme qui écrit ce journal est-il malade, "
     "ou quelqu'un vit-il chez lui ? Il ne nous le dira qu'à la fin."),
    ("Germinal", 4.0, "Pavé lu en trois soirs. Des longueurs dans la mine, mais quelle fin ! J'ai "
     "refermé le livre bouleversé."),
    ("Germinal", 3.0, "Étienne arrive à Montsou sans travail. Il descend dans la mine, découvre la "
     "faim, puis la grève. Un classique."),
    ("Bel-Ami", 4.5, "J'attendais un roman lent et confus : il est clair et passionnant."),
    ("Bel-Ami", 1.5, "J'attendais un roman clair et passionnant : il est lent et confus."),
)  # fmt: skip
# The last two have the same words, and say the opposite.
MADE_REVIEWS = tuple(Review(text, rating, title, "made") for title, rating, text in _MADE)
_SWAPPED = (6, 7)
_SAME_BOOK = ((0, 1), (2, 3), (4, 5))


@dataclass(frozen=True)
class MadeReviewsConfig:
    """What to read.

    Attributes:
        layers: of multilingual-e5-small.

    Raises:
        ValueError: no layer.

    Example:
        >>> MadeReviewsConfig().layers[-1]
        12
    """

    layers: tuple[int, ...] = tuple(range(13))

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("layers must name at least one of the encoder's, such as 8")


def run_made_reviews(
    config: MadeReviewsConfig, *, encoder_of: Callable[[], Bert] = load_e5
) -> Rows:
    """Cut `MADE_REVIEWS` into subwords, and say how far they are apart, layer by layer.

    Args:
        config: what to read.
        encoder_of: what gives the encoder.

    Returns:
        Rows of two kinds by `about`: "subwords" of each review, parted by blanks, without those of
        the encoder's prefix; and "apart", by layer: `typical`, the mean distance of two reviews'
        features, and as shares of it `swapped`, that of the two reviews with the same words, and
        `same_book`, the mean of the three other pairs on one book.

    Raises:
        ImportError: multilingual-e5-small is not installed.
    """
    encoder = encoder_of()
    texts = [review.text for review in MADE_REVIEWS]
    rows: Rows = []
    for review, codes in zip(MADE_REVIEWS, encoder.codes(texts), strict=True):
        pieces = [str(encoder.tokenizer.id_to_token(int(code))) for code in codes]
        start = pieces.index(":") + 1 if encoder.prefix else 1  # behind "query:"
        rows.append({"about": "subwords", **review._asdict(), "subwords": pieces[start:-1]})
    pairs = np.triu_indices(len(texts), 1)
    for layer, h in encoder.features(texts, layers=config.layers).items():
        apart = np.linalg.norm(h[:, None] - h[None].astype(np.float64), axis=-1)
        typical = apart[pairs].mean()
        book = np.mean([apart[pair] for pair in _SAME_BOOK])
        shares = {"swapped": apart[_SWAPPED] / typical, "same_book": book / typical}
        found = {"typical": typical} | shares
        rows.append(
            {"about": "apart", "layer": layer}
            | {name: float(f"{value:.4g}") for name, value in found.items()}
        )
    return rows
