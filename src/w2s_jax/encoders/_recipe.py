"""The recipe by which an encoder is pretrained."""

import math
from dataclasses import dataclass

from w2s_jax.arrays._counts import check_count
from w2s_jax.encoders._batches import DIVISOR
from w2s_jax.encoders._encoder import Shape

LENGTHS = (36, 44, 52, 60, 68, 80, 104)  # 9 % of the ChEMBL subset's batches is padding


@dataclass(frozen=True)
class Pretraining:
    """A recipe; the same one gives the same encoder, bit for bit on one machine.

    Attributes:
        shape: of the encoder.
        tokens: symbols to train on in all, padding not counted.
        batch_tokens: of a batch, padding counted.
        rate: the highest learning rate; by the width if None, see `rate_of`.
        warmup: share of the steps in which the rate climbs; it falls by a cosine ever after.
        decay: of the weight matrices, in AdamW.
        clip: largest norm of a gradient.
        masked: share of the symbols to predict.
        lengths: in symbols, to which texts are padded, from short to long.
        targets: names of what a text is to tell beside its masked symbols, possibly none.
        described: how many of the first texts have these targets.
        weight: of their mean square.
        leak_free: train without the texts on which encoders are evaluated.
        validation: texts to validate on.
        points: of the validation curve.
        seed: of weights, order and masks.

    Raises:
        ValueError: a number out of its range.

    Example:
        >>> Pretraining(Shape(32, vocabulary=46), tokens=1_000_000).peak
        0.004
    """

    shape: Shape
    tokens: int = 5_000_000
    batch_tokens: int = 1_024
    rate: float | None = None
    warmup: float = 0.05
    decay: float = 0.01
    clip: float = 1.0
    masked: float = 0.15
    lengths: tuple[int, ...] = LENGTHS
    targets: tuple[str, ...] = ()
    described: int = 200_000
    weight: float = 1.0
    leak_free: bool = True
    validation: int = 5_000
    points: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        least = {
            "tokens": 1,
            "batch_tokens": DIVISOR * max(self.lengths),
            "points": 1,
            "validation": 1,
        }
        for name, bound in (least | {"described": 0, "seed": 0}).items():
            check_count(name, getattr(self, name), bound)
        if not (0 < self.peak < math.inf and 0 < self.clip < math.inf):
            raise ValueError(f"need rate > 0 and clip > 0, got {self.rate} and {self.clip}")
        if not (0 <= self.decay < math.inf and 0 <= self.weight < math.inf):
            raise ValueError(f"need decay ≥ 0 and weight ≥ 0, got {self.decay} and {self.weight}")
        if not (0 <= self.warmup < 1 and 0 < self.masked < 1):
            raise ValueError(
                f"need warmup in [0, 1) and masked in (0, 1), got {self.warmup} and {self.masked}"
            )

    @property
    def peak(self) -> float:
        """The highest learning rate."""
        return rate_of(self.shape.width) if self.rate is None else self.rate


def rate_of(width: int) -> float:
    """Choose a learning rate that falls with the width: 0.004 (32 / width)^1.25, at most 0.01.

    Measured over 300,000 to two million symbols: at width 32, half more or half of it teaches less;
    at width 256 with 4 layers 0.0002 works, 0.0005 hardly and 0.001 not at all, unless the rate
    climbs over thousands of steps. At width 8, ten million symbols end at 0.503 of the masked ones
    with 0.01 and at 0.490 with 0.02; forty million with 0.01 at 0.621.

    Example:
        >>> rate_of(8), rate_of(32), round(rate_of(256), 6)
        (0.01, 0.004, 0.000297)
    """
    return min(4e-3 * (32 / width) ** 1.25, 1e-2)
