"""What an audit hands back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from w2s_jax.audit._estimates import Carrier, Finding, Group, Pair, Ranked, Verdict
from w2s_jax.audit._gains import Gains
from w2s_jax.audit._text import text_of
from w2s_jax.audit._words import CARRIED, UNITS
from w2s_jax.checks import Check
from w2s_jax.files import versions, write_whole
from w2s_jax.report import Report
from w2s_jax.report._tables import plain

FORMAT = 1  # of `to_dict`; raised when a name there changes its meaning


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
        gains: of the labeled inputs of `pair`; None with fewer than ten labels.

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
    gains: Gains | None = None

    @property
    def verdict(self) -> Verdict:
        """The answer, on `pair`."""
        return self.pair.verdict

    @property
    def estimates(self) -> Mapping[str, Finding]:
        """All numbers of `pair`, by name."""
        return self.pair.estimates

    @property
    def checks(self) -> Mapping[str, Check]:
        """What could be tested of `pair`, by name."""
        return self.pair.checks

    def labels_for(self, half_width: float) -> int:
        """Say how many labels in all would make the gain's interval so short, half of it.

        From the scatter of the labels at hand and with guesses of the others as good as they are,
        `Gains.labels_for`. More than there are inputs: others would have to be found.

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
        if self.gains is None or gain is None or gain.low is None or gain.high is None:
            raise ValueError("no interval of the gain: pass at least ten labels to audit")
        return self.gains.labels_for(half_width / ((gain.high - gain.low) / 2))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, lists and words; what is undefined is None.

        Example:
            >>> from w2s_jax.audit import audit
            >>> found = audit([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]).to_dict()
            >>> found["format"], found["inputs"], found["verdict"]["kind"]
            (1, 3, 'no labels')
        """
        return plain(
            {
                "format": FORMAT,
                "package": versions().get("w2s-jax"),
                "inputs": self.inputs,
                "labels": self.labels,
                "loss": self.loss,
                "units": UNITS.get(self.loss, f"the units of {self.loss}"),
                "confidence": self.confidence,
                **_pair(self.pair),
                "students": [_pair(each) for each in self.students],
                "ranking": [asdict(each) for each in self.ranking],
                "groups": [asdict(each) for each in self.groups],
                "carried": CARRIED[self.influence[0].kind] if self.influence else None,
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
        return text_of(self.pair, self.groups, self.confidence)


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "name": pair.name,
        "verdict": asdict(pair.verdict),
        "estimates": {name: asdict(each) for name, each in pair.estimates.items()},
        "checks": {name: vars(check) for name, check in pair.checks.items()},
    }
