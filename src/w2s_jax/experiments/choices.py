"""What a run of the molecule experiment is told."""

from collections.abc import Callable
from dataclasses import dataclass

from w2s_jax.data import Table, load_esol, load_freesolv, load_lipop

LOADERS: dict[str, Callable[..., Table]] = {
    "esol": load_esol,
    "freesolv": load_freesolv,
    "lipop": load_lipop,
}
LABELS = ("all", "half", "150", "50")
POOLS = ("own", "rest", "train+valid", "corpus")
LAYERS = ("last", "all")
WIDTHS = (8, 12, 16, 24, 32, 48, 64, 96)


@dataclass(frozen=True)
class Setting:
    """One way to set weak and strong against each other.

    Attributes:
        labels: how many measured training molecules the weak model sees: "all", "half", or a count
            in words, "150" or "50".
        pool: whose weak labels the student sees: the weak model's "own" molecules, the "rest" of
            the training split, "train+valid", or unlabelled molecules of the "corpus".
        layers: the student's features: of the strong encoder's "last" block, or of "all".

    Raises:
        ValueError: an unknown word, or a rest of nothing.

    Example:
        >>> Setting(labels="half", pool="corpus").name
        'half, corpus, last'
    """

    labels: str = "half"
    pool: str = "corpus"
    layers: str = "last"

    def __post_init__(self) -> None:
        for name, known in (("labels", LABELS), ("pool", POOLS), ("layers", LAYERS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be of {known}, got {getattr(self, name)!r}")
        if self.labels == "all" and self.pool == "rest":
            raise ValueError("a weak model fitted on all training molecules leaves no rest")

    @property
    def name(self) -> str:
        """The three words."""
        return f"{self.labels}, {self.pool}, {self.layers}"


def every_setting() -> tuple[Setting, ...]:
    """All that make sense, in the order of `LABELS`, `POOLS` and `LAYERS`.

    Example:
        >>> len(every_setting())
        30
    """
    words = [(a, b, c) for a in LABELS for b in POOLS for c in LAYERS]
    return tuple(Setting(*own) for own in words if own[:2] != ("all", "rest"))


@dataclass(frozen=True)
class Config:
    """What to run.

    Attributes:
        datasets: of "esol", "freesolv" and "lipop".
        seeds: ChemBench's split seeds.
        widths: of the weak encoders.
        settings: which of them; every one by default.
        corpus: number of unlabelled molecules for the pool "corpus".
        resamples: of the bootstrap, over test molecules.

    Raises:
        ValueError: an unknown data set, an empty tuple, a count below 10.

    Example:
        >>> Config(datasets=("esol",)).seeds
        (122, 123, 124)
    """

    datasets: tuple[str, ...] = ("esol", "freesolv", "lipop")
    seeds: tuple[int, ...] = (122, 123, 124)
    widths: tuple[int, ...] = WIDTHS
    settings: tuple[Setting, ...] = every_setting()
    corpus: int = 5000
    resamples: int = 1000

    def __post_init__(self) -> None:
        if not self.datasets or not set(self.datasets) <= set(LOADERS):
            raise ValueError(f"datasets must be of {sorted(LOADERS)}, got {self.datasets}")
        if not (self.seeds and self.widths and self.settings):
            raise ValueError("seeds, widths and settings must each name something")
        if min(self.corpus, self.resamples) < 10:
            raise ValueError(
                f"corpus and resamples must be at least 10, got {self.corpus}, {self.resamples}"
            )
