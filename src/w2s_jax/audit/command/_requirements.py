"""Requirements that a command line makes of an audit: `gain.low > 0`."""

import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from w2s_jax.audit.command._places import listed, nearest
from w2s_jax.audit.page._short import short

_SIGNS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_FORM = re.compile(r"\s*(?P<name>\S.*?)\s*(?P<sign>>=|<=|>|<)\s*(?P<number>[^\s<>=]+)\s*")
OF_LABELS = ("gain", "gain_naive", "gain_powered", "weak_error", "student_error", "slack",
             "p_value", "labels_needed", "pgr")  # fmt: skip
_ENDS = ("low", "high", "value")


class Requirement(NamedTuple):
    """What is demanded of a number of the audit.

    Attributes:
        text: as it was given.
        name: of the number: `gain.low`, `groups.young.gain.low`.
        sign: how it is compared.
        number: with what.

    Example:
        >>> requirement_of("gain.low > 0").number
        0.0
    """

    text: str
    name: str
    sign: str
    number: float


class Outcome(NamedTuple):
    """Whether a requirement was met.

    Attributes:
        text: of the requirement.
        met: also False where the number is undefined.
        value: the number; None where it is undefined.

    Example:
        >>> print(Outcome("gain.low > 0", False, None))
        not met: gain.low > 0 (undefined)
    """

    text: str
    met: bool
    value: float | None

    def __str__(self) -> str:
        told = "undefined" if self.value is None else f"{self.value:.4g}".replace("-", "−")
        return f"{'met' if self.met else 'not met'}: {self.text} ({told})"


def requirement_of(text: str) -> Requirement:
    """Read a requirement.

    Raises:
        ValueError: not of the form `name[.low|.high|.value] > number`.

    Example:
        >>> requirement_of("misfit>=1e-3")
        Requirement(text='misfit>=1e-3', name='misfit', sign='>=', number=0.001)
    """
    if "=>" in text or "=<" in text:
        mended = text.replace("=>", ">=").replace("=<", "<=")
        raise ValueError(f"--require {short(text)!r} is no comparison: write {short(mended)!r}")
    found = _FORM.fullmatch(text)
    try:
        number = float(found["number"]) if found else float("nan")
    except ValueError:
        number = float("nan")
    if found is None or number != number:
        form = 'write it as "gain.low > 0", with one of >, >=, <, <= and a number'
        raise ValueError(f"--require {short(text)!r} is no comparison: {form}")
    return Requirement(" ".join(text.split()), found["name"], found["sign"], number)


def outcomes(wanted: Sequence[Requirement], found: Mapping[str, Any]) -> list[Outcome]:
    """Compare an audit with what is required of it; what is undefined meets nothing.

    Args:
        wanted: the requirements.
        found: the audit, as its `to_dict` gives it.

    Raises:
        ValueError: a name that no audit or not this one knows, with those it does.

    Example:
        >>> found = {"estimates": {"gain": {"value": 0.3, "low": -0.1, "high": 0.7}}}
        >>> print(*outcomes([requirement_of("gain > 0"), requirement_of("gain.low > 0")], found))
        met: gain > 0 (0.3) not met: gain.low > 0 (−0.1)
    """
    told = []
    for one in wanted:
        value = _number(one.name, found)
        met = value is not None and _SIGNS[one.sign](value, one.number)
        told.append(Outcome(one.text, met, value))
    return told


def _number(name: str, found: Mapping[str, Any]) -> float | None:
    estimates, rest = _estimates(name, found)
    word, _, end = rest.rpartition(".") if rest.endswith(tuple(f".{e}" for e in _ENDS)) else (
        rest, "", "value"
    )  # fmt: skip
    if word not in estimates:
        if word in OF_LABELS and not found.get("labels"):
            raise ValueError(
                f"--require {short(name, 40)!r} rests on labels: give them by --labels"
            )
        known = [f"{one}.{end}" if "." in rest else one for one in estimates]
        hint = nearest(rest, known) or f": this audit has {listed(list(estimates), 12)}"
        raise ValueError(f"--require knows no {short(name, 40)!r}{hint}")
    return estimates[word].get(end)


def _estimates(name: str, found: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return whose estimates a name speaks of, and the rest of it; groups' names may hold dots."""
    kind = name.partition(".")[0]
    if kind not in ("groups", "students"):
        return found["estimates"], name
    rest = name.partition(".")[2]
    whose = {str(one["name"]): one for one in found.get(kind) or ()}
    for own in sorted(whose, key=len, reverse=True):
        if rest.startswith(f"{own}."):
            one = whose[own]
            return one.get("estimates") or one, rest[len(own) + 1 :]
    known = listed(list(whose)) if whose else "none"
    raise ValueError(f"--require {short(name, 40)!r}: the {kind} of this audit are {known}")
