"""Rows that cannot be read: all of them at once, each with the user's own text and a reason."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Int

from w2s_jax.data._sources import Malformed

T = TypeVar("T")
Errors = Literal["raise", "report"]

_PATH = 80  # characters of a path in a message
_LONGEST = 300  # characters of a message; the rest is on the exception


class BadRow(NamedTuple):
    """Say of one row what stands there and why it cannot be read.

    Args:
        row: its place among the rows given, from 0.
        text: what stands there: the user's own string, or how Python shows another object.
        reason: why it cannot be read, and what to do.
        line: its number in a file, from 1; None where no file was read.
        quoted: whether it is a string, to be told in quotes.
        form: the sentence that `text` and `reason` belong into.

    Example:
        >>> str(BadRow(2, "C1CC", "has an unclosed ring"))
        "row 2: 'C1CC' has an unclosed ring"
    """

    row: int
    text: str
    reason: str
    line: int | None = None
    quoted: bool = True
    form: str = "{text} {reason}"

    def __str__(self) -> str:
        return self.told("", _LONGEST)

    def told(self, file: str, room: int) -> str:
        """Tell it in at most `room` characters, with the name of a file."""
        where = f"row {self.row}" if self.line is None else f"line {self.line}"
        where += f" of {short(file)}" if file else ""
        text = _cut(repr(self.text) if self.quoted else self.text, 60)
        told = self.form.format(text=text, reason=self.reason).strip()
        return _cut(f"{where}: {told}", room)


class Unread(ValueError):
    """Raised with the reason why RDKit makes no molecule of a text.

    Args:
        reason: in RDKit's words.

    Example:
        >>> print(Unread("unclosed ring"))
        RDKit cannot read the SMILES; drop or mend it (unclosed ring)
    """

    form = "RDKit cannot read the SMILES {text}; drop or mend it ({reason})"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(self.form.replace(" {text}", "").format(reason=reason))

    def __reduce__(self):
        return Unread, (self.reason,)


class BadRows(Malformed):
    """Raised with every row that cannot be read; the message names the first.

    Args:
        bad: the rows, at least one.
        of: how many rows there are.
        file: the file that they stand in, or nothing.

    Its `bad` holds each row's text and reason, its `rows` their places: what to drop.

    Example:
        >>> error = BadRows([BadRow(1, "C1", "is open"), BadRow(4, "O1", "is open")], of=9)
        >>> print(error)
        row 1: 'C1' is open. 2 of 9 rows are bad, and .bad lists them: rows 1, 4
        >>> error.rows.tolist()
        [1, 4]
    """

    def __init__(self, bad: Sequence[BadRow], *, of: int, file: str = "") -> None:
        self.bad, self.of, self.file = tuple(bad), of, file
        super().__init__(self._message())

    @property
    def rows(self) -> Int[np.ndarray, " bad"]:
        """Places of the bad rows among the rows given, ascending."""
        return np.array([one.row for one in self.bad], int)

    def __reduce__(self):
        return _again, (self.bad, self.of, self.file)

    def _message(self) -> str:
        if len(self.bad) == 1:
            return self.bad[0].told(self.file, _LONGEST)
        word = "rows" if self.bad[0].line is None else "lines"
        places = ", ".join(str(one.row if one.line is None else one.line) for one in self.bad[:100])
        more = f". {len(self.bad):,} of {self.of:,} rows are bad, and .bad lists them: {word} "
        first = self.bad[0].told(self.file, _LONGEST - 20 - len(more))
        return f"{first}{more}{_cut(places, _LONGEST - len(first) - len(more))}"


@dataclass(frozen=True, eq=False)
class Sifted(Generic[T]):
    """Hold what could be read, and what could not.

    Args:
        found: what was made of each row that could be read.
        rows: their places among the rows given: `labels[rows]` are their labels.
        bad: the other rows.

    Example:
        >>> good = sift(["1", "x", "3"], int, errors="report")
        >>> good.found, good.rows.tolist(), good.bad[0].row
        ([1, 3], [0, 2], 1)
    """

    found: list[T]
    rows: Int[np.ndarray, " good"]
    bad: tuple[BadRow, ...]


def sift(
    cells: Iterable[Any],
    read: Callable[[Any], T],
    *,
    errors: Errors = "raise",
    cell_of: Callable[[Any], Any] | None = None,
    lines: Sequence[int] | None = None,
    file: str = "",
) -> Any:
    """Read every row, and report together those that cannot be read.

    Args:
        cells: n of them.
        read: makes something of a cell, or raises a `ValueError` with the reason.
        errors: "raise" all bad rows together, or "report" them beside the good ones.
        cell_of: takes from a cell what to show of it, all if None.
        lines: the numbers of the rows in a file, from 1.
        file: its name.

    Returns:
        A list of n, or with "report" a `Sifted`.

    Raises:
        ValueError: `errors` is neither word.
        BadRows: a row that cannot be read, and "raise".

    Example:
        >>> sift(["1", "2"], int)
        [1, 2]
    """
    if errors not in ("raise", "report"):
        raise ValueError(f"errors must be 'raise' or 'report', got {errors!r}")
    found, rows, bad, row = [], [], [], -1
    for row, cell in enumerate(cells):
        try:
            found.append(read(cell))
            rows.append(row)
        except ValueError as error:
            cell, line = cell_of(cell) if cell_of else cell, lines[row] if lines else None
            one = BadRow(row, shown(cell), str(error), line, isinstance(cell, str))
            known = isinstance(error, Unread)
            bad.append(one._replace(reason=error.reason, form=error.form) if known else one)
    if bad and errors == "raise":
        raise BadRows(bad, of=row + 1, file=file)
    return found if errors == "raise" else Sifted(found, np.array(rows, int), tuple(bad))


def shown(cell: Any) -> str:
    """Show a cell: the user's own string, or how Python shows another object.

    Example:
        >>> shown("CC O"), shown(None), shown(float("nan"))
        ('CC O', 'None', 'nan')
    """
    try:
        return str(cell) if isinstance(cell, str) else repr(cell)
    except Exception:  # another library's, about its own object
        return f"a {type(cell).__name__}"


def _again(bad: tuple[BadRow, ...], of: int, file: str) -> BadRows:
    return BadRows(bad, of=of, file=file)


def short(file: Any) -> str:
    """Return a path whose end, the file's own name, fits into a sentence.

    Example:
        >>> short("/a" * 50 + "/table.csv")[-14:], len(short("/a" * 50 + "/table.csv"))
        ('/a/a/table.csv', 80)
    """
    path = str(file)
    return path if len(path) <= _PATH else f"…{path[1 - _PATH :]}"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(room - 1, 0)]}…"
