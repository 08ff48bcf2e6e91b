"""What an audit hands back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scipy.special import stdtrit

from w2s_jax.checks import Check
from w2s_jax.files import write_whole
from w2s_jax.report import Report
from w2s_jax.report._tables import as_text, figure, plain, span

FORMAT = 1  # of `to_dict`; raised when a name there changes its meaning


@dataclass(frozen=True)
class Estimate:
    """One number, how sure it is, and in plain words what it says.

    Attributes:
        name: of the quantity.
        value: None where it is undefined.
        low: lower end of the interval; None where there is none, as `high` is.
        high: upper end.
        labels: how many true labels it rests on.
        method: "exact", "law", "naive", "powered" or "fieller".
        assumes: what it takes for granted, in words.
        sentence: what it says.
        chapter: where the book explains it, below the book's address.

    Example:
        >>> Estimate("misfit", 0.5, None, None, 0, "exact", (), "They differ.", "preface").value
        0.5
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
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
    estimates: Mapping[str, Estimate]
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
        >>> none = Estimate("gain", None, None, None, 3, "naive", (), "3 labels are too few.", "")
        >>> Group("nights", 40, 3, none, None, False).holm
        False
    """

    name: str
    inputs: int
    labels: int
    gain: Estimate
    p_value: float | None
    holm: bool


@dataclass(frozen=True)
class Carrier:
    """An input and its share of the gain.

    Attributes:
        row: its number.
        share: of the gain: 0.2 means that a fifth hangs on it, −0.2 that it costs a fifth.

    Example:
        >>> Carrier(3, 0.2).row
        3
    """

    row: int
    share: float


@dataclass(frozen=True)
class Audit:
    """What `audit` found. `print` shows it, `json` and `html` write it.

    Attributes:
        report: of `w2s_jax.report.evaluate`, on the labeled inputs, without labels on all.
        pair: teacher and student that the audit speaks of: the only ones, or of several those with
            the smallest student error on the labels; without labels the first.
        students: one `Pair` each where there are several teachers, in the order given; else empty.
        ranking: the students by their error on the labels; empty without labels or with one.
        groups: in the order of their first inputs.
        influence: the ten inputs on which most of the gain hangs; empty where it is not known.
        inputs: how many.
        labels: how many of them have a true label.
        loss: its name.
        confidence: of the intervals.

    Example:
        >>> from w2s_jax.audit import audit
        >>> found = audit([1.0, 2.0, 3.0, 5.0], [1.0, 2.0, 3.0, 4.0])
        >>> found.verdict.kind, found.estimates["misfit"].value
        ('no labels', 0.25)
    """

    report: Report
    pair: Pair
    students: tuple[Pair, ...]
    ranking: tuple[Ranked, ...]
    groups: tuple[Group, ...]
    influence: tuple[Carrier, ...]
    inputs: int
    labels: int
    loss: str
    confidence: float

    @property
    def verdict(self) -> Verdict:
        """The answer, on `pair`."""
        return self.pair.verdict

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All numbers of `pair`, by name."""
        return self.pair.estimates

    @property
    def checks(self) -> Mapping[str, Check]:
        """What could be tested of `pair`, by name."""
        return self.pair.checks

    def labels_for(self, half_width: float) -> int:
        """Say how many labels in all would make the gain's interval so short, half of it.

        From the scatter of the labels at hand; √(labels) sets the pace.

        Args:
            half_width: in squared label units, or those of the loss.

        Raises:
            ValueError: no interval of the gain to start from; a half-width not above 0.

        Example:
            >>> from w2s_jax.audit import audit
            >>> weak, student, labels = [1.0, 2.0] * 8, [1.0, 1.0] * 8, [1.0, 0.9, 1.0, 1.3] * 4
            >>> found = audit(weak, student, labels=labels)
            >>> gain = found.estimates["gain"]
            >>> half = (gain.high - gain.low) / 2
            >>> found.labels_for(half / 2)
            64
        """
        if not half_width > 0:
            raise ValueError(f"half_width must be above 0, got {half_width}")
        gain = self.estimates.get("gain")
        if gain is None or gain.low is None or gain.high is None:
            raise ValueError("no interval of the gain: pass at least ten labels to audit")
        now = (gain.high - gain.low) / 2
        return max(1, round(self.labels * (now / half_width) ** 2))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, lists and words; what is undefined is None.

        Example:
            >>> from w2s_jax.audit import audit
            >>> found = audit([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]).to_dict()
            >>> found["format"], found["inputs"], found["verdict"]["kind"]
            (1, 3, 'no labels')
        """
        from w2s_jax import __version__

        return plain(
            {
                "format": FORMAT,
                "package": __version__,
                "inputs": self.inputs,
                "labels": self.labels,
                "loss": self.loss,
                "confidence": self.confidence,
                **_pair(self.pair),
                "students": [_pair(each) for each in self.students],
                "ranking": [asdict(each) for each in self.ranking],
                "groups": [asdict(each) for each in self.groups],
                "influence": [asdict(each) for each in self.influence],
            }
        )

    def json(self, path: Any = None) -> str:
        """Return `to_dict()` as JSON, and write it to `path`, whole or not at all.

        Example:
            >>> from w2s_jax.audit import audit
            >>> json.loads(audit([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]).json())["labels"]
            0
        """
        text = json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, indent=1)
        if path is not None:
            write_whole(Path(path), (text + "\n").encode())
        return text

    def html(self, path: Any) -> None:
        """Write one page of HTML that needs nothing else, whole or not at all (extra `audit`)."""
        from w2s_jax.audit.page._page import page

        write_whole(Path(path), page(self).encode())

    def __str__(self) -> str:
        ends = f"{100 * self.confidence:g} % interval"
        rows = [("measure", "value", ends, "labels", "method")]
        for each in self.estimates.values():
            value = "undefined" if each.value is None else figure(each.value)
            low, high = each.low, each.high
            inside = "" if low is None or high is None else span((low, high))
            rows.append((each.name, value, inside, f"{each.labels:,}", each.method))
        title = f"{self.verdict.kind}: {self.verdict.sentence}"
        return as_text(title, rows, self.checks)


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "name": pair.name,
        "verdict": asdict(pair.verdict),
        "estimates": {name: asdict(each) for name, each in pair.estimates.items()},
        "checks": {name: vars(check) for name, check in pair.checks.items()},
    }


def half_of(confidence: float, freedom: int) -> float:
    """Return half of Student's interval in standard errors.

    Example:
        >>> round(half_of(0.95, 9), 3)
        2.262
    """
    return float(stdtrit(freedom, (1 + confidence) / 2))
