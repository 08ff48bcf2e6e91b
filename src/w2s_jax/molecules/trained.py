"""A trained encoder on disk: weights in a safetensors file, and a record beside it."""

import hashlib
import json
import os
import platform
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import jax
import numpy as np

from w2s_jax.molecules.corpus import Corpus
from w2s_jax.molecules.encoder import Encoder
from w2s_jax.molecules.pretraining import Pretrained
from w2s_jax.molecules.recipe import Pretraining


def arrays_of(encoder: Encoder) -> dict[str, np.ndarray]:
    """Name an encoder's arrays by where they stand in it.

    Example:
        >>> from w2s_jax.molecules.encoder import Shape
        >>> arrays = arrays_of(Encoder(Shape(8), key=jax.random.key(0)))
        >>> arrays["blocks.attention.weights"].shape, arrays["norm.scale"].shape
        ((2, 8, 24), (8,))
    """
    leaves, _ = jax.tree_util.tree_flatten_with_path(encoder)
    return {jax.tree_util.keystr(path, simple=True, separator="."): np.asarray(leaf)
            for path, leaf in leaves}  # fmt: skip


def write(
    folder: Path, trained: Pretrained, recipe: Pretraining, corpus: Corpus, seconds: float
) -> None:
    """Write `encoder.safetensors` and then `encoder.json`, each whole or not at all.

    Args:
        folder: made when missing.
        trained: what to write.
        recipe: it was trained by.
        corpus: it was trained on.
        seconds: that the last session took.
    """
    from safetensors.numpy import save

    shape = json.dumps(asdict(trained.encoder.shape))
    weights = save(arrays_of(trained.encoder), metadata={"shape": shape})
    record = {
        "recipe": asdict(recipe),
        "rate": recipe.peak,
        "corpus": {
            "file": corpus.name,
            "sha256": corpus.digest,
            "training_molecules": len(corpus.training.smiles),
            "training_symbols": int(corpus.training.codes.size),
            "validation_molecules": len(corpus.validation.smiles),
        },
        "validation": trained.final,
        "curve": trained.curve,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "provenance": {
            "versions": _versions(),
            "device": jax.devices()[0].device_kind,
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "seconds_of_the_last_session": round(seconds, 1),
            "tokens_per_second": round(trained.speed),
        },
    }
    _put(folder / "encoder.safetensors", weights)
    _put(folder / "encoder.json", (json.dumps(record, indent=1) + "\n").encode())


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False, suffix=".part") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in ("w2s-jax", "jax", "jaxlib", "numpy", "optax", "rdkit"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
