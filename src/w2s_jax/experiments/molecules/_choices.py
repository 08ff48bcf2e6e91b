"""What a run of the molecule experiment is told."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from w2s_jax.data import Table, load_esol, load_freesolv, load_lipop
from w2s_jax.encoders._finetuning import Finetuning

LOADERS: dict[str, Callable[..., Table]] = {
    "esol": load_esol,
    "freesolv": load_freesolv,
    "lipop": load_lipop,
}
WORDS = {
    "weak": ("probe", "tuned"),
    "labels": ("all", "half", "150", "50"),
    "pool": ("own", "rest", "train+valid", "corpus"),
    "strong": ("last", "all", "tuned"),
}
WIDTHS = (8, 12, 16, 24, 32, 48, 64, 96)


@dataclass(frozen=True)
class Setting:
    """One way to set weak and strong against each other.

    Attributes:
        weak: a linear "probe" on the frozen weak encoder, or all of it "tuned".
        labels: how many measured training molecules the weak model sees: "all", "half", or a count
            in words, "150" or "50".
        pool: whose weak labels the student sees: the weak model's "own" molecules, the "rest" of
            the training split, "train+valid", or unlabeled molecules of the "corpus".
        strong: a linear head on the "last" block of the frozen strong encoder or on "all" blocks,
            or the whole encoder "tuned".

    Raises:
        ValueError: an unknown word, or a rest of nothing.

    Example:
        >>> Setting(labels="half", pool="corpus").name
        'probe, half, corpus, last'
    """

    weak: str = "probe"
    labels: str = "half"
    pool: str = "corpus"
    strong: str = "last"

    def __post_init__(self) -> None:
        for name, known in WORDS.items():
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be of {', '.join(known)}, got {getattr(self, name)!r}"
                )
        if self.labels == "all" and self.pool == "rest":
            raise ValueError("a weak model fitted on all training molecules leaves no rest")

    @property
    def name(self) -> str:
        """The four words."""
        return f"{self.weak}, {self.labels}, {self.pool}, {self.strong}"


def settings(**words: tuple[str, ...]) -> tuple[Setting, ...]:
    """All settings that make sense with these words; every word where none is named.

    Example:
        >>> len(settings(weak=("probe",), strong=("last", "all"))), len(settings())
        (30, 90)
    """
    chosen = (WORDS | words).values()
    return tuple(Setting(*own) for own in product(*chosen) if own[1:3] != ("all", "rest"))


# Probes in every way, and fine-tuned weak models of few measurements, which take an hour.
BOOK_SETTINGS = (
    *settings(weak=("probe",), strong=("last", "all")),
    *settings(weak=("tuned",), labels=("half", "150", "50"), strong=("last",)),
)
TUNING = Finetuning()


@dataclass(frozen=True)
class QsarConfig:
    """What to run.

    Attributes:
        datasets: of "esol", "freesolv" and "lipop".
        seeds: ChemBench's split seeds.
        widths: of the weak encoders.
        student: the encoder that learns: "strong", a wide one of the weak, or a file's path.
        settings: which of them; by default those of the book, in which no student is fine-tuned.
        finetuning: how models are tuned.
        corpus: number of unlabeled molecules for the pool "corpus"; 0 where no setting has it.
        resamples: of the bootstrap, over test molecules.

    Raises:
        ValueError: an unknown data set, an empty tuple, a count below 10.

    Example:
        >>> QsarConfig(datasets=("esol",)).seeds
        (122, 123, 124)
    """

    datasets: tuple[str, ...] = ("esol", "freesolv", "lipop")
    seeds: tuple[int, ...] = (122, 123, 124)
    widths: tuple[int, ...] = WIDTHS
    student: str = "strong"
    settings: tuple[Setting, ...] = BOOK_SETTINGS
    finetuning: Finetuning = TUNING
    corpus: int = 5000
    resamples: int = 1000

    def __post_init__(self) -> None:
        if not self.datasets or not set(self.datasets) <= set(LOADERS):
            raise ValueError(f"datasets must be of {sorted(LOADERS)}, got {self.datasets}")
        if not (self.seeds and self.widths and self.settings):
            raise ValueError("seeds, widths and settings must each name something")
        asked = any(own.pool == "corpus" for own in self.settings)
        if self.corpus < 10 * asked or self.resamples < 10:
            raise ValueError(
                f"corpus and resamples must be at least 10, got {self.corpus}, {self.resamples}"
            )


@dataclass(frozen=True)
class Contest:
    """What a contest of rules is told.

    Attributes:
        config: data sets, splits, widths and settings.
        measured: numbers of measured validation molecules, besides all there are.
        draws: bootstrap samples of each number.

    Raises:
        ValueError: a number below 1.

    Example:
        >>> Contest(measured=(10,)).draws
        2000
    """

    config: QsarConfig = QsarConfig()
    measured: tuple[int, ...] = (10, 30)
    draws: int = 2000

    def __post_init__(self) -> None:
        if min(*self.measured, self.draws) < 1:
            raise ValueError(f"counts must be at least 1, got {self.measured} and {self.draws}")
