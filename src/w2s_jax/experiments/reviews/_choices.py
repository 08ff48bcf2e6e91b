"""What a run of the reviews is told."""

import re
from dataclasses import dataclass
from itertools import product

from w2s_jax.heads import RIDGES as _NARROW

WORDS = {
    "student": ("e5-8", "e5-all", "words-512"),
    "head": ("exact", "ridge"),
    "pool": ("2400", "rest"),
    "split": ("rows", "titles", "babelio", "critiques"),
}
ALL_LAYERS = (6, 8, 10, 12)  # of the student "e5-all", 4 x 384 = 1,536 features
LAYERS = (0, 4, 6, 8, 10, 12)
# The ratings are nearly noise, so that strong shrinkage must be on offer.
RIDGES = (*_NARROW[4:], *(round(10 ** (k / 2), 6) for k in range(3, 7)))
_INPUTS = re.compile(r"lexicon|vectors|sentences|(?:words|characters|e5)-(?:0|[1-9]\d*)")
_TAUGHT = ("words-16", "words-32", "words-128", "characters-64", "characters-256", "vectors",
           "sentences", "e5-0", "e5-4", "e5-6")  # fmt: skip
_POOR = ("lexicon/100", "words-16/100", "words-32/100", "words-32/200", "words-128/400",
         "characters-64/200", "characters-64/400", "vectors/600")  # fmt: skip
_SHRUNK = ("words-128/400", "characters-256/400", "vectors/600", "sentences/600")
BOOK_TEACHERS = (
    "lexicon/1600/exact",
    *(f"{inputs}/1600/ridge" for inputs in _TAUGHT),
    *(f"{name}/exact" for name in _POOR),
    *(f"{name}/ridge" for name in _SHRUNK),
)


@dataclass(frozen=True)
class Teacher:
    """A weak model, told from its name such as "words-32/200/exact".

    Attributes:
        inputs: "lexicon", TF-IDF's first directions "words-16" or "characters-64", mean French word
            "vectors", "sentences" by the Universal Sentence Encoder, or a layer of e5, "e5-4".
        labels: how many rated reviews it is fitted on.
        head: "exact" least squares, or "ridge" with λ chosen on these labels.

    Raises:
        ValueError: a name of another form.

    Example:
        >>> Teacher.named("words-32/200/exact")
        Teacher(inputs='words-32', labels=200, head='exact')
        >>> Teacher.named("words-32/200/exact").kind, Teacher.named("e5-4/1600/ridge").kind
        ('poor', 'taught')
    """

    inputs: str
    labels: int
    head: str

    @classmethod
    def named(cls, name: str) -> "Teacher":
        """Read a name."""
        parts = name.split("/")
        if (
            len(parts) != 3
            or not _INPUTS.fullmatch(parts[0])
            or not parts[1].isdecimal()
            or parts[2] not in WORDS["head"]
        ):
            raise ValueError(
                "teachers must have names such as words-32/200/exact: inputs (lexicon, vectors, "
                f"sentences, words-k, characters-k, e5-layer), labels, exact or ridge; got {name!r}"
            )
        return cls(parts[0], int(parts[1]), parts[2])

    @property
    def kind(self) -> str:
        """A "lexicon"; "poor" in labels, fitted exactly; "shrunk", poor with ridge; "taught"."""
        if self.labels >= 1600:
            return "lexicon" if self.inputs == "lexicon" else "taught"
        return "poor" if self.head == "exact" else "shrunk"


@dataclass(frozen=True)
class Teaching:
    """One way in which a student learns from a teacher.

    Attributes:
        student: "e5-8", layer 8 of multilingual-e5-small; "e5-all", its layers 6, 8, 10 and 12 side
            by side; "words-512", TF-IDF's first 512 directions.
        head: "exact" least squares, or "ridge" with λ chosen on the weak labels.
        pool: how many weak labels: "2400", or the "rest" of the training part, which no teacher
            was fitted on either way.
        split: at random by "rows" or by "titles"; within "babelio", or trained there and judged by
            the readers of the other site, "critiques".

    Raises:
        ValueError: an unknown word.

    Example:
        >>> Teaching(head="exact").name
        'e5-8, exact, rest, rows'
    """

    student: str = "e5-8"
    head: str = "ridge"
    pool: str = "rest"
    split: str = "rows"

    def __post_init__(self) -> None:
        for name, known in WORDS.items():
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be of {', '.join(known)}, got {getattr(self, name)!r}"
                )

    @property
    def name(self) -> str:
        """The four words."""
        return f"{self.student}, {self.head}, {self.pool}, {self.split}"


def teachings(**words: tuple[str, ...]) -> tuple[Teaching, ...]:
    """All ways with these words; every word where none is named.

    Example:
        >>> len(teachings(split=("rows",))), len(teachings())
        (12, 48)
    """
    return tuple(Teaching(*own) for own in product(*(WORDS | words).values()))


# Everything on random splits, and the smallest student on the others.
BOOK_TEACHINGS = (
    *teachings(split=("rows",)),
    *teachings(student=("e5-8",), pool=("rest",), split=("titles", "babelio", "critiques")),
)


@dataclass(frozen=True)
class ReviewsConfig:
    """What to run.

    Attributes:
        seeds: of the splits.
        truths: "ratings" as readers gave them; "planted", a head on layer 8 of e5 in their place.
        teachers: their names, as `Teacher` reads them.
        teachings: how students learn; the planted truth is taught on random splits by rows and by
            the pool "rest" alone.
        labelled: training reviews that are rated for the teachers.
        resamples: of the bootstrap, over test reviews.

    Raises:
        ValueError: an unknown word, an empty tuple, a teacher with more labels than `labelled`, a
            count below 10.

    Example:
        >>> config = ReviewsConfig()
        >>> len(config.teachers), len(config.teachings), len(config.seeds)
        (23, 18, 10)
    """

    seeds: tuple[int, ...] = tuple(range(122, 132))
    truths: tuple[str, ...] = ("ratings", "planted")
    teachers: tuple[str, ...] = BOOK_TEACHERS
    teachings: tuple[Teaching, ...] = BOOK_TEACHINGS
    labelled: int = 1600
    resamples: int = 1000

    def __post_init__(self) -> None:
        if not (self.seeds and self.truths and self.teachers and self.teachings):
            raise ValueError("seeds, truths, teachers and teachings must each name something")
        if not set(self.truths) <= {"ratings", "planted"}:
            raise ValueError(f"truths must be of ratings, planted, got {self.truths}")
        most = max(Teacher.named(name).labels for name in self.teachers)
        if most > self.labelled or min(self.labelled, self.resamples) < 10:
            raise ValueError(
                f"labelled must be at least 10 and what any teacher needs, {most}, and resamples "
                f"at least 10; got {self.labelled} and {self.resamples}"
            )
