"""BERT's weights by the names that Hugging Face gives them, and as the blocks of `encoders`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

WORDS = "embeddings.word_embeddings.weight"
PLACES = "embeddings.position_embeddings.weight"
KINDS = "embeddings.token_type_embeddings.weight"
NORM = "embeddings.LayerNorm"
_HEADS = tuple(f"attention.self.{name}" for name in ("query", "key", "value"))
_MIXED, _INNER, _OUTER = "attention.output.dense", "intermediate.dense", "output.dense"
_MIXED_NORM, _OUTER_NORM = "attention.output.LayerNorm", "output.LayerNorm"


@dataclass(frozen=True)
class Sizes:
    """The sizes of a BERT.

    Attributes:
        width: d, of every token's vector.
        layers: number of blocks.
        heads: of attention; they share the width.
        inside: width of the feed-forward layer.
        vocabulary: number of subwords.
        places: rows of the table of positions.
        kinds: rows of the table of token types.
        unused: rows of the table of positions before the first subword's.
        eps: what layer normalization adds to the variance.

    Example:
        >>> Sizes(8, 2, 2, 16, vocabulary=9, places=12).shapes()["embeddings.LayerNorm.bias"]
        (8,)
    """

    width: int
    layers: int
    heads: int
    inside: int
    vocabulary: int
    places: int
    kinds: int = 2
    unused: int = 0
    eps: float = 1e-12

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor's shape; PyTorch's matrices are the transposes of ours."""
        d, inside = self.width, self.inside
        found: dict[str, tuple[int, ...]] = {
            WORDS: (self.vocabulary, d),
            PLACES: (self.places, d),
            KINDS: (self.kinds, d),
            **_pair(NORM, d),
        }
        for k in range(self.layers):
            layer = f"encoder.layer.{k}"
            for name in (*_HEADS, _MIXED):
                found |= _pair(f"{layer}.{name}", d, d)
            found |= _pair(f"{layer}.{_INNER}", inside, d) | _pair(f"{layer}.{_OUTER}", d, inside)
            found |= _pair(f"{layer}.{_MIXED_NORM}", d) | _pair(f"{layer}.{_OUTER_NORM}", d)
        return found

    def check(self, state: Mapping[str, np.ndarray]) -> None:
        """Refuse weights that are not exactly these.

        Raises:
            ValueError: naming the first that is missing, unknown, of another shape or not finite.
        """
        expected = self.shapes()
        for name, shape in expected.items():
            if name not in state:
                raise ValueError(f"{name} is missing")
            if state[name].shape != shape:
                raise ValueError(f"{name} must have the shape {shape}, got {state[name].shape}")
            if not np.isfinite(state[name]).all():
                raise ValueError(f"{name} is not finite")
        if unknown := sorted(state.keys() - expected.keys()):
            raise ValueError(f"{unknown[0]} is unknown")


def _pair(name: str, *axes: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": axes, f"{name}.bias": axes[:1]}


@dataclass
class Taken:
    """Weights by name, each of which can be taken once.

    Attributes:
        left: what has not been taken.
        prefix: of the names in the file, for messages.

    Example:
        >>> own = Taken({"a.bias": np.ones(3)})
        >>> own.take("a.bias", 1).size, own.left
        (3, {})
    """

    left: dict[str, np.ndarray]
    prefix: str = ""

    def take(self, name: str, axes: int) -> np.ndarray:
        """Give an array away.

        Raises:
            ValueError: there is none, or it has another number of axes.
        """
        array = self.left.pop(name, None)
        if array is None or array.ndim != axes:
            raise ValueError(f"{self.prefix}{name} is missing, or has other than {axes} axes")
        return array


def norm(own: Taken, theirs: str, ours: str) -> dict[str, np.ndarray]:
    """Take a layer normalization.

    Example:
        >>> sorted(norm(Taken({"a.weight": np.ones(3), "a.bias": np.ones(3)}), "a", "norm"))
        ['norm.scale', 'norm.shift']
    """
    scale, shift = own.take(f"{theirs}.weight", 1), own.take(f"{theirs}.bias", 1)
    return {f"{ours}.scale": scale, f"{ours}.shift": shift}


def blocks(own: Taken) -> dict[str, np.ndarray]:
    """Take all blocks, and stack each kind of weight along an axis of layers.

    Raises:
        ValueError: a weight of a block is missing, or there is no block.

    Example:
        >>> shapes = Sizes(8, 2, 2, 16, vocabulary=9, places=12).shapes()
        >>> drawn = {name: np.ones(shape) for name, shape in shapes.items()}
        >>> blocks(Taken(drawn))["attention.weights"].shape
        (2, 8, 24)
    """
    found: list[dict[str, np.ndarray]] = []
    while any(name.startswith(f"encoder.layer.{len(found)}.") for name in own.left):
        found.append(_block(own, f"encoder.layer.{len(found)}"))
    return {name: np.stack([each[name] for each in found]) for name in (found or [{}])[0]}


def _block(own: Taken, layer: str) -> dict[str, np.ndarray]:
    return (
        _affine(own, [f"{layer}.{name}" for name in _HEADS], "attention")
        | _affine(own, [f"{layer}.{_MIXED}"], "mixed")
        | norm(own, f"{layer}.{_MIXED_NORM}", "attention_norm")
        | _affine(own, [f"{layer}.{_INNER}"], "inner")
        | _affine(own, [f"{layer}.{_OUTER}"], "outer")
        | norm(own, f"{layer}.{_OUTER_NORM}", "outer_norm")
    )


def _affine(own: Taken, theirs: Iterable[str], ours: str) -> dict[str, np.ndarray]:
    """Put layers side by side."""
    names = list(theirs)
    weights = [own.take(f"{name}.weight", 2).T for name in names]
    biases = [own.take(f"{name}.bias", 1) for name in names]
    return {f"{ours}.weights": np.concatenate(weights, 1), f"{ours}.bias": np.concatenate(biases)}
