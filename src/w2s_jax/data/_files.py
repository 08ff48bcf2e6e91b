"""Files of molecules as they come: CSV of any export, Parquet, lines of SMILES with names."""

import csv
import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from w2s_jax.data._cells import smiles_of
from w2s_jax.data._rows import short
from w2s_jax.data._sources import Malformed
from w2s_jax.data._structures import need_rdkit, parsed

_SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_KINDS = "a .csv, .tsv, .txt, .smi or .parquet file, or one compressed as .gz"


class Grid(NamedTuple):
    """Hold the cells of a file.

    Args:
        names: of the columns, as many as the header has; none where there is no header.
        rows: the cells of each row.
        lines: each row's line in the file, from 1.

    Example:
        >>> Grid(["smiles"], [["CCO"]], [2]).rows
        [['CCO']]
    """

    names: list[str]
    rows: list[list[Any]]
    lines: list[int]

    def place(self, column: str | int) -> int:
        """Find a column by its name or its number from 0.

        Raises:
            ValueError: no such column, or two of the name, with the names that there are.
        """
        width = len(self.names) or max(map(len, self.rows), default=0)
        if isinstance(column, int) and not isinstance(column, bool):
            if 0 <= column < width:
                return column
            raise ValueError(f"it lacks the column {column}: it has {width}, from 0")
        here = [place for place, name in enumerate(self.names) if name == column]
        if len(here) == 1:
            return here[0]
        if here:
            raise ValueError(f"it has {len(here)} columns {column!r}: rename all but one")
        have = ", ".join(map(repr, self.names)) or "no header, so name columns by number from 0"
        raise ValueError(f"it lacks the column {column!r}: it has {have}")


def read_grid(path: Path, wanted: Sequence[str | int]) -> Grid:
    r"""Read all cells of a file.

    Args:
        path: of a file whose name tells its kind.
        wanted: columns that tell how the cells of a CSV file are separated.

    Raises:
        Malformed: no such file, no text, no rows, or a name of another kind.
        ImportError: a Parquet file, and no pyarrow.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "mine.csv")
        ...     _ = path.write_bytes("\ufeffsmiles;exp\r\nCCO;1.5\r\n".encode())
        ...     read_grid(path, ["exp"])
        Grid(names=['smiles', 'exp'], rows=[['CCO', '1.5']], lines=[2])
    """
    kind = Path(path.name.removesuffix(".gz")).suffix.lower()
    if kind in (".parquet", ".pq"):
        grid = _parquet(path)
    elif kind in (".smi", ".smiles", ".ism"):
        grid = _words(path)
    elif kind in _SEPARATORS:
        grid = _csv(path, wanted, _SEPARATORS[kind])
    else:
        raise Malformed(f"{path.name} is no table that can be read: give {_KINDS}")
    if not grid.rows:
        raise Malformed(f"{short(path)} has no rows")
    return grid


def read_text(path: Path) -> str:
    r"""Read a text, compressed or not, in UTF-8 or with the mark of UTF-16.

    Raises:
        Malformed: no such file, one that is broken off, or no text.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "mine.smi")
        ...     _ = path.write_bytes("CCO\n".encode("utf-16"))
        ...     read_text(path)
        'CCO\n'
    """
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        mark = next((mark for mark in _MARKS if data.startswith(mark)), b"")
        text = data.decode(_MARKS.get(mark, "utf-8"))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as reason:
        raise Malformed(
            f"{short(path)} cannot be read as text ({reason}): save it in UTF-8"
        ) from reason
    if "\0" in text:
        raise Malformed(f"{short(path)} cannot be read as text (it holds zeros): save it in UTF-8")
    return text


def smiles_lines(path: Path | str) -> tuple[list[str], list[int]]:
    r"""Read the lines of a `.smi` or `.smi.gz` file, and their numbers from 1.

    A first line that begins with a word such as `smiles` is a header, and no molecule.

    Raises:
        Malformed: as `read_text`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "two.smi")
        ...     _ = path.write_text("smiles name\nCCO ethanol\nC\n\n")
        ...     smiles_lines(path)
        (['CCO ethanol', 'C'], [2, 3])
    """
    try:
        lines = read_text(Path(path)).rstrip().splitlines()
    except Malformed as reason:
        raise Malformed(f"{reason}, and name a .smi or .smi.gz file") from reason
    first = 1 if lines and _is_header(lines[0]) else 0
    return lines[first:], [*range(first + 1, len(lines) + 1)]


def first_word(line: str) -> str:
    r"""Take the SMILES of a line; a name may follow, after a tab or after a blank.

    Raises:
        ValueError: nothing there; a second SMILES after a blank, which may be the rest of the
            first.

    Example:
        >>> first_word("CCO\tethyl alcohol"), first_word("CCO ethanol")
        ('CCO', 'CCO')
    """
    if "\t" in line:
        return smiles_of(line.partition("\t")[0])
    word, _, name = line.strip().partition(" ")
    if name and _reads(name.split()[0]):
        raise ValueError("holds two SMILES with a blank between; keep one, or part names by a tab")
    return smiles_of(word)


def _reads(word: str) -> bool:
    need_rdkit()
    from rdkit import rdBase

    try:
        with rdBase.BlockLogs():
            return parsed(smiles_of(word)) is not None
    except ValueError:
        return False


def _is_header(line: str) -> bool:
    words = line.split()
    return bool(words) and words[0].lower().endswith("smiles")


def _words(path: Path) -> Grid:
    lines = read_text(path).rstrip().splitlines()
    rows = [line.split("\t") if "\t" in line else line.split() for line in lines]
    first = 1 if lines and _is_header(lines[0]) else 0
    names = [name.strip() for name in rows[0]] if first else []
    return Grid(names, rows[first:], [*range(first + 1, len(lines) + 1)])


def _csv(path: Path, wanted: Sequence[str | int], separator: str) -> Grid:
    lines = read_text(path).splitlines(keepends=True)
    header = lines[0] if lines else ""

    def fits(other: str) -> tuple[int, int]:
        names = [name.strip() for name in next(csv.reader([header], delimiter=other), [])]
        return sum(name in names for name in wanted), len(names)

    separator = max((separator, ",", ";", "\t"), key=fits)  # the first of equal ones
    reader, rows, numbers = csv.reader(lines, delimiter=separator, strict=True), [], []
    try:
        for row in reader:
            if row:
                rows.append(row)
                numbers.append(reader.line_num)
    except csv.Error as reason:
        raise Malformed(
            f"{short(path)} is no CSV file: line {reader.line_num}, {reason}"
        ) from reason
    while len(rows) > 1 and not any(cell.strip() for cell in rows[-1]):
        rows.pop()  # what a spreadsheet leaves below its table
    names = [name.strip() for name in rows[0]] if rows else []
    return Grid(names, rows[1:], numbers[1:])


def _parquet(path: Path) -> Grid:
    try:
        from pyarrow import parquet  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError(
            f"{path.name} is a Parquet file and needs pyarrow: pip install pyarrow, or save it "
            "as CSV"
        ) from error
    try:
        table = parquet.read_table(path)
    except (OSError, ValueError) as reason:  # pyarrow's own are of these kinds
        raise Malformed(f"{short(path)} cannot be read as Parquet ({reason})") from reason
    columns = [table.column(place).to_pylist() for place in range(len(table.column_names))]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Grid(list(table.column_names), rows, [*range(1, len(rows) + 1)])
