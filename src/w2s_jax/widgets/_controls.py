"""What a reader sets in `explore`: sliders, choices and switches."""

import numbers
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Control:
    """One control of `explore` where its values alone do not say enough.

    Args:
        values: numbers for a slider, other things for a choice, a dict for a choice by its labels,
            `True` or `False` for a switch that starts there.
        label: what stands beside it; the argument's name by default.
        unit: follows each number.
        start: the value, or in a dict the label, that it starts from; the first by default.
        format: how a number reads, as in `format(value, ".2f")`.

    Raises:
        ValueError: fewer than two values, two that read alike, a start that is not among them.

    Example:
        >>> Control([0.1, 1, 10], unit="kcal/mol", start=1).texts
        ['0.1 kcal/mol', '1 kcal/mol', '10 kcal/mol']
    """

    values: Any
    label: str | None = None
    unit: str = ""
    start: Any = None
    format: str = "g"

    def __post_init__(self) -> None:
        texts = self.texts
        alike = [text for text, times in Counter(texts).items() if times > 1]
        if len(texts) < 2 or alike:
            what = f"two that read {alike[0]!r}" if alike else f"{len(texts)} of them"
            raise ValueError(f"a control needs two values or more, all different; got {what}")
        if self.start is not None and self._text(self.start) not in texts:
            raise ValueError(f"start must be one of {', '.join(texts)}; got {self.start!r}")

    @cached_property
    def _keys(self) -> list[Any]:
        given = self.values
        if isinstance(given, bool):
            return [False, True]
        if hasattr(given, "tolist"):
            given = _tidy(given.tolist())
        if isinstance(given, str) or not isinstance(given, Sequence | Mapping):
            raise ValueError(
                f"a control is a list, a range, an array, a dict or a bool; got {self.values!r}"
            )
        return list(given)

    def _text(self, key: Any) -> str:
        if self.kind == "switch":
            return "on" if key else "off"
        if self.kind == "choice":
            return str(key)
        return f"{read(key, self.format)} {self.unit}".strip()

    @cached_property
    def options(self) -> list[Any]:
        """What the function receives, in order."""
        return list(self.values.values()) if isinstance(self.values, Mapping) else self._keys

    @cached_property
    def kind(self) -> str:
        """What it is on the page: slider, choice or switch."""
        if isinstance(self.values, bool):
            return "switch"
        number = all(is_number(value) for value in self._keys)
        return "slider" if number and not isinstance(self.values, Mapping) else "choice"

    @cached_property
    def texts(self) -> list[str]:
        """How each value reads."""
        return [self._text(key) for key in self._keys]

    @cached_property
    def first(self) -> int:
        """The position of the value that it starts from."""
        if self.start is not None:
            return self.place(self.start)
        return int(self.values) if self.kind == "switch" else 0

    def place(self, value: Any) -> int:
        """Return the position of a value; of a choice by labels it is the label.

        Raises:
            ValueError: it is not among them.

        Example:
            >>> Control([0.1, 1, 10]).place(1)
            1
        """
        text = self._text(value)
        if text not in self.texts:
            raise ValueError(f"a value must be one of {', '.join(self.texts)}; got {value!r}")
        return self.texts.index(text)


def _tidy(values: Any) -> Any:
    """Take the rounding out of computed grids, so that a value is the number that it reads as."""
    if not isinstance(values, list) or not all(isinstance(value, float) for value in values):
        return values
    size = max(map(abs, values), default=0.0)
    return [float(f"{value:.12g}") if abs(value) > 1e-15 * size else 0.0 for value in values]


def is_number(value: Any) -> bool:
    """Whether a value is a real number, and no truth value.

    Example:
        >>> is_number(2.5), is_number(True)
        (True, False)
    """
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def read(value: Any, form: str = "g") -> str:
    """Write a number as the book does.

    Example:
        >>> read(-0.30000000000000004)
        '−0.3'
    """
    text = format(value, form)
    return text.replace("-", "−" if text.strip("-0.") else "")


def as_control(name: str, given: Any) -> Control:
    """Return what was given for the argument `name` as a control.

    Args:
        name: to be named in errors.
        given: values, or a `Control`.

    Raises:
        ValueError: as `Control`, with the argument's name.

    Example:
        >>> as_control("bias", True).kind
        'switch'
    """
    try:
        return given if isinstance(given, Control) else Control(given)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
