"""The model card of an encoder: what it was trained on, how, and how well it learned."""

import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import jax

from w2s_jax.data import SOURCES
from w2s_jax.molecules.corpus import Corpus
from w2s_jax.molecules.pretraining import Pretrained
from w2s_jax.molecules.recipe import Pretraining


def card_of(
    trained: Pretrained, recipe: Pretraining, corpus: Corpus, *, seconds: float
) -> dict[str, Any]:
    """Describe a trained encoder in words and numbers that JSON holds.

    Args:
        trained: the encoder and its curve.
        recipe: it was trained by.
        corpus: it was trained on.
        seconds: that the session took which finished the training.

    Returns:
        Corpus, licence, recipe, tokens seen, accuracy on masked symbols of the validation
        molecules, the curve, versions and speed.

    Example:
        >>> from w2s_jax.molecules.corpus import sample_of
        >>> from w2s_jax.molecules.encoder import Encoder, Shape
        >>> shape, sample = Shape(width=8), sample_of(["CCO"])
        >>> encoder = Encoder(shape, key=jax.random.key(0))
        >>> trained = Pretrained(encoder, [{"tokens": 3}], {"masked_accuracy": 0.5}, speed=1e4)
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
            "training_molecules": len(corpus.training.smiles),
            "training_symbols": int(corpus.training.codes.size),
            "validation_molecules": len(corpus.validation.smiles),
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
            "versions": _versions(),
            "device": jax.devices()[0].device_kind,
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "seconds_of_the_last_session": round(seconds, 1),
            "tokens_per_second": round(trained.speed),
        },
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in ("w2s-jax", "jax", "jaxlib", "numpy", "optax", "rdkit"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
