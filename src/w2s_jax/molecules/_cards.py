"""The model card of an encoder: what it was trained on, how, and how well it learned."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import jax

from w2s_jax.data import SOURCES
from w2s_jax.encoders import Corpus, PretrainedEncoder, Pretraining
from w2s_jax.files import versions


def card_of(
    trained: PretrainedEncoder, recipe: Pretraining, corpus: Corpus, *, seconds: float
) -> dict[str, Any]:
    """Describe a trained encoder in words and numbers that JSON holds.

    Args:
        trained: the encoder and its curve.
        recipe: it was trained by.
        corpus: it was trained on.
        seconds: that the session took which finished the training.

    Returns:
        Corpus, `licence`, recipe, tokens seen, accuracy on masked symbols of the validation
        molecules, the curve, versions and speed.

    Example:
        >>> from w2s_jax.encoders import Encoder, Shape, sample_of
        >>> from w2s_jax.molecules import SMILES
        >>> shape, sample = Shape(width=8, vocabulary=SMILES.size), sample_of(["CCO"], SMILES)
        >>> encoder = Encoder(shape, key=jax.random.key(0))
        >>> final = {"masked_accuracy": 0.5}
        >>> trained = PretrainedEncoder(encoder, [{"tokens": 3}], final, speed=1e4)
        >>> corpus = Corpus(sample, sample, digest="", name="mine.smi")
        >>> card = card_of(trained, Pretraining(shape), corpus, seconds=1.0)
        >>> card["corpus"]["name"], card["tokens"], card["accuracy"]
        ('mine.smi', 3, 0.5)
    """
    own = corpus.digest != SOURCES["corpus"].sha256
    return {
        "corpus": {
            "name": corpus.name if own else "a ChEMBL subset, canonical SMILES, no stereochemistry",
            "sha256": corpus.digest,
            "training_molecules": len(corpus.training.texts),
            "training_symbols": int(corpus.training.codes.size),
            "validation_molecules": len(corpus.validation.texts),
            "without_qsar_molecules": recipe.leak_free,
        },
        "licence": "that of the corpus" if own else "CC BY-SA 3.0, ChEMBL's, from which it learned",
        "recipe": asdict(recipe),
        "rate": recipe.peak,
        "tokens": trained.curve[-1]["tokens"],
        "accuracy": trained.final["masked_accuracy"],
        "validation": trained.final,
        "curve": trained.curve,
        "provenance": {
            "versions": versions(),
            "device": jax.devices()[0].device_kind,
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "seconds_of_the_last_session": round(seconds, 1),
            "tokens_per_second": round(trained.speed),
        },
    }
