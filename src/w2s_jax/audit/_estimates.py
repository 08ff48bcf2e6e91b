"""What an audit is made of: numbers with their certainty, verdicts, places, groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from w2s_jax.checks import Check


@dataclass(frozen=True)
class Finding:
    """One number, how sure it is, and in plain words what it says.

    Attributes:
        name: of the quantity.
        value: None where it is undefined.
        low: lower end of the interval; None where there is none, as `high` is.
        high: upper end.
        labels: how many true labels it rests on.
        method: "exact", "law", "naive", "score", "powered" or "fieller".
        assumes: what it takes for granted, in words.
        sentence: what it says.
        chapter: where the book explains it, below the book's address.

    Example:
        >>> Finding("misfit", 0.5, None, None, 0, "exact", (), "They differ.", "preface").value
        0.5
    """

    name: str
    value: Any  # a number or None; so that callers need no cast; as are the next
    low: Any
    high: Any
    labels: int
    method: str
    assumes: tuple[str, ...]
    sentence: str
    chapter: str


@dataclass(frozen=True)
class Verdict:
    """The answer.

    Attributes:
        kind: "gain shown", "harm shown", "not settled", "imitation" or "no labels".
        sentence: in plain words.
        labels_needed: how many more labels would probably settle it; None where nothing is to be
            settled, or nothing can be said.

    Example:
        >>> Verdict("no labels", "Label some inputs.", 50).labels_needed
        50
    """

    kind: str
    sentence: str
    labels_needed: int | None


@dataclass(frozen=True)
class Pair:
    """A teacher and its student.

    Attributes:
        name: of the teacher.
        verdict: on this pair.
        estimates: by name.
        checks: what could be tested, by name.

    Example:
        >>> Pair("small", Verdict("no labels", "Label some.", 50), {}, {}).name
        'small'
    """

    name: str
    verdict: Verdict
    estimates: Mapping[str, Finding]
    checks: Mapping[str, Check]


@dataclass(frozen=True)
class Ranked:
    """A student's place among several.

    Attributes:
        name: of its teacher.
        student_error: on the labeled inputs.
        behind: mean of its loss less the first one's, input by input; 0 for the first.
        low: lower end of the interval of `behind`, None for the first.
        high: upper end.
        p_value: that it is no worse than the first; None for the first.
        holm: whether it is worse, by Holm's rule for all comparisons together.

    Example:
        >>> Ranked("small", 0.5, 0.0, None, None, None, False).behind
        0.0
    """

    name: str
    student_error: float
    behind: float
    low: float | None
    high: float | None
    p_value: float | None
    holm: bool


@dataclass(frozen=True)
class Group:
    """The gain on some of the inputs.

    Attributes:
        name: of the group.
        inputs: how many there are.
        labels: how many of them have a label.
        gain: the estimate; without a value below ten labels.
        p_value: of no gain there, two-sided; None without a value.
        holm: whether gain or harm is shown, by Holm's rule for all groups together.

    Example:
        >>> none = Finding("gain", None, None, None, 3, "naive", (), "3 labels are too few.", "")
        >>> Group("nights", 40, 3, none, None, False).holm
        False
    """

    name: str
    inputs: int
    labels: int
    gain: Finding
    p_value: float | None
    holm: bool


@dataclass(frozen=True)
class Carrier:
    """An input and its share of the gain.

    Attributes:
        row: its number, from 0.
        share: of the gain on the labeled inputs: 0.2 means that a fifth hangs on it, −0.2 that it
            costs a fifth.
        kind: "lesson": any input, and what goes if the student is fitted without it; "label": a
            labeled input, and what its own gain adds to the sum.

    Example:
        >>> Carrier(3, 0.2, "label").row
        3
    """

    row: int
    share: float
    kind: str
