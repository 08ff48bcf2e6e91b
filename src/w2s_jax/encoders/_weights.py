"""Save encoders and load them: float16 in safetensors files, and what ships with the package.

A file's keys are the paths of the arrays in `Encoder` (`tokens`, `blocks.inner.weights`, …); its
metadata hold the encoder's `shape` and a model `card`, both as JSON.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from w2s_jax.encoders._encoder import Encoder, Shape
from w2s_jax.files import write_whole
from w2s_jax.files._digests import checked_bytes, file_sha256
from w2s_jax.files._tensors import Unknown, read_tensors, write_tensors

_SHIPPED = Path(__file__).parent / "shipped"
_LISTING = "weights.json"
_SUFFIX = ".safetensors"
_TRAIN = "train an encoder: python -m w2s_jax.molecules pretrain"


def save_encoder(
    encoder: Encoder, path: Path | str, card: dict[str, Any], *, dtype: Any = np.float16
) -> str:
    """Write an encoder's weights and its model card, whole or not at all.

    Args:
        encoder: to save.
        path: of the file, ending in `.safetensors`.
        card: corpus, `licence`, recipe, seed, curve, tokens, accuracy: anything that JSON holds.
        dtype: of the stored numbers, one of floats; float16 moves features by less than 1e-3 of
            their length.

    Returns:
        The file's SHA-256.

    Raises:
        ValueError: another suffix, a dtype of no floats, a card that JSON cannot hold, weights that
            are not finite in `dtype`. Nothing is written then.

    Example:
        >>> import tempfile
        >>> encoder = Encoder(Shape(width=8, vocabulary=46), key=jax.random.key(0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tiny.safetensors")
        ...     digest = save_encoder(encoder, path, {"seed": 0})
        ...     loaded = load_encoder(path, digest)
        ...     read_card(path), loaded.shape == encoder.shape
        ({'seed': 0}, True)
    """
    path = Path(path)
    if path.suffix != _SUFFIX:
        raise ValueError(f"path must end in {_SUFFIX}, got {path.name!r}")
    if not jnp.issubdtype(jnp.dtype(dtype), jnp.floating):
        raise ValueError(f"dtype must be one of floats, such as float16, got {jnp.dtype(dtype)}")
    try:
        metadata = {
            "shape": json.dumps(asdict(encoder.shape)),
            "card": json.dumps(card, allow_nan=False),
        }
    except (TypeError, ValueError) as error:
        raise ValueError(f"card must hold what JSON can hold: {error}") from error
    tensors = {}
    for name, array in _arrays(encoder).items():
        with np.errstate(over="ignore"):
            tensors[name] = np.asarray(array).astype(dtype)
        if not np.isfinite(tensors[name].astype(np.float64)).all():
            raise ValueError(f"{name} is not finite in {jnp.dtype(dtype)}; nothing written")
    return hashlib.sha256(write_tensors(path, tensors, metadata)).hexdigest()


def load_encoder(path_or_name: Path | str, sha256: str | None = None) -> Encoder:
    """Load an encoder, to compute in float32.

    Args:
        path_or_name: a `.safetensors` file, or the name of an encoder that ships with the package:
            "strong", "weak-8" to "weak-96".
        sha256: what the file's SHA-256 must be; known already for an encoder that ships.

    Returns:
        The encoder.

    Raises:
        FileNotFoundError: no such file, or no encoder of that name ships.
        ValueError: a truncated or changed file, or one that holds no encoder of this package.

    Example:
        >>> load_encoder("nobody.safetensors")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        FileNotFoundError: there is no file nobody.safetensors; name another, or train ...
    """
    tensors, metadata, path = _read(path_or_name, sha256)
    try:
        shape = Shape(**json.loads(metadata["shape"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _foreign(path, f"its metadata name no shape ({error})") from error
    try:
        return assemble(shape, tensors)
    except ValueError as error:
        raise _foreign(path, str(error)) from error


def assemble(shape: Shape, tensors: Mapping[str, np.ndarray]) -> Encoder:
    """Put an encoder together, in float32.

    Args:
        shape: the sizes.
        tensors: the arrays by their path in `Encoder`, no fewer and no more.

    Raises:
        ValueError: a tensor that is missing, unknown, of another shape or not finite.

    Example:
        >>> assemble(Shape(width=8, vocabulary=46), {})
        Traceback (most recent call last):
        ValueError: blocks.attention.bias is missing, unknown or of another shape
    """
    form = jax.eval_shape(lambda key: Encoder(shape, key=key), jax.random.key(0))
    expected = {name: leaf.shape for name, leaf in _arrays(form).items()}
    for name in sorted(tensors.keys() | expected.keys()):
        if name not in expected or name not in tensors or tensors[name].shape != expected[name]:
            raise ValueError(f"{name} is missing, unknown or of another shape")
        if not np.isfinite(tensors[name]).all():
            raise ValueError(f"{name} is not finite")
    leaves = [jax.device_put(np.asarray(tensors[name], np.float32)) for name in expected]
    return jax.tree.unflatten(jax.tree.structure(form), leaves)


def read_card(path_or_name: Path | str) -> dict[str, Any]:
    """Read the model card that was saved with an encoder.

    Raises:
        FileNotFoundError: as `load_encoder`.
        ValueError: as `load_encoder`.

    Example:
        >>> read_card("nobody.safetensors")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        FileNotFoundError: ...
    """
    _, metadata, path = _read(path_or_name, None)
    try:
        return json.loads(metadata["card"])
    except (KeyError, ValueError) as error:
        raise _foreign(path, "it has no model card") from error


def shipped_encoders(folder: Path = _SHIPPED) -> list[dict[str, Any]]:
    """List what ships with the package.

    Returns:
        For each encoder its name, file, sha256, width, layers, tokens (seen in pretraining) and
        accuracy (on masked tokens of the validation molecules).

    Raises:
        FileNotFoundError: this copy of the package has no weights.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = write_listing(Path(folder))
        ...     shipped_encoders(Path(folder))
        []
    """
    listing = folder / _LISTING
    if not listing.is_file():
        raise FileNotFoundError(
            f"no encoders ship with this copy of the package ({listing} is missing): install it "
            "anew, or train one: python -m w2s_jax.molecules pretrain"
        )
    return json.loads(listing.read_text(encoding="utf8"))


def write_listing(folder: Path) -> Path:
    """List the encoders of a folder in its `weights.json`, from their files and cards.

    Raises:
        ValueError: a damaged file, or a card without `tokens` and `accuracy`.

    Example:
        >>> import tempfile
        >>> encoder = Encoder(Shape(width=8, vocabulary=46), key=jax.random.key(0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "weak-8.safetensors")
        ...     _ = save_encoder(encoder, path, {"tokens": 5_000_000, "accuracy": 0.55})
        ...     (entry,) = json.loads(write_listing(Path(folder)).read_text())
        >>> entry["name"], entry["width"], entry["accuracy"]
        ('weak-8', 8, 0.55)
    """
    entries = []
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        shape, card = load_encoder(path).shape, read_card(path)
        if missing := {"tokens", "accuracy"} - card.keys():
            raise ValueError(f"the card of {path} must name {' and '.join(sorted(missing))}")
        known = {"sha256": file_sha256(path)}
        known |= {"width": shape.width, "layers": shape.layers}
        known |= {"tokens": card["tokens"], "accuracy": card["accuracy"]}
        entries.append({"name": path.stem, "file": path.name} | known)
    entries.sort(key=lambda entry: (-entry["width"], entry["name"]))
    listing = folder / _LISTING
    write_whole(listing, (json.dumps(entries, indent=1) + "\n").encode())
    return listing


def _arrays(encoder: Any) -> dict[str, Any]:
    leaves = jax.tree_util.tree_leaves_with_path(encoder)
    return {jax.tree_util.keystr(path, simple=True, separator="."): leaf for path, leaf in leaves}


def _read(
    path_or_name: Path | str, sha256: str | None
) -> tuple[dict[str, np.ndarray], dict[str, str], Path]:
    path = Path(path_or_name).expanduser()
    if isinstance(path_or_name, str) and path.name == path_or_name and path.suffix != _SUFFIX:
        path, known = _shipped(path_or_name)
        sha256 = sha256 or known
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {path}; name another, or train an encoder: "
            "python -m w2s_jax.molecules pretrain"
        )
    remedy = f"not {sha256}. It was cut or changed; install the package anew, or copy it again"
    data = checked_bytes(path, sha256, str(path), remedy)
    try:
        return *read_tensors(data), path
    except Unknown as error:
        raise _foreign(path, str(error)) from error
    except ValueError as error:
        raise ValueError(
            f"{path} holds no encoder of this package: {error}. Copy the file again, or {_TRAIN}"
        ) from error


def _shipped(name: str) -> tuple[Path, str]:
    entries = {entry["name"]: entry for entry in shipped_encoders(_SHIPPED)}
    if name not in entries:
        raise FileNotFoundError(
            f"no encoder {name!r} ships with the package; there are {', '.join(entries)}. A path "
            f"must end in {_SUFFIX}"
        )
    return _SHIPPED / entries[name]["file"], entries[name]["sha256"]


def _foreign(path: Path, reason: str) -> ValueError:
    """Say what is wrong with a file that is whole: copying it again would not help."""
    return ValueError(
        f"{path} holds no encoder of this package: {reason}. Name a file that save_encoder wrote, "
        f"or {_TRAIN}"
    )
