"""Tables: the columns of CSV, Parquet and Arrow files."""

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from w2s_jax.audit.command._arrow import csv as arrow_csv
from w2s_jax.audit.command._arrow import pa, parquet
from w2s_jax.audit.command._places import kind_of, listed, nearest
from w2s_jax.audit.page._short import short

LONG = 50_000_000  # bytes from which reading a file shows a bar
_BLOCK = 1 << 24
_MARKS = {b"\xef\xbb\xbf": "utf8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def names_in(path: Path) -> list[str]:
    r"""Read the names of a table's columns.

    Raises:
        ValueError: a file that cannot be read, or two columns of one name.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "m.csv").write_text("id;weak\n1;2\n")
        ...     names_in(Path(folder, "m.csv"))
        ['id', 'weak']
    """
    if kind_of(path).startswith((".csv", ".tsv")):
        names = [name.strip() for name in _header(path)[0]]
    else:
        try:
            names = _schema(path).names
        except (OSError, pa.ArrowInvalid) as reason:
            raise ValueError(_damaged(path, reason)) from reason
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        many = f"{names.count(repeated[0])} columns called {short(repeated[0])!r}"
        raise ValueError(f"{short(str(path))} has {many}: rename all but one")
    return names


def read_table(path: Path, wanted: Sequence[str], *, bars: bool = False) -> pa.Table:
    r"""Read some columns of a table; cells of text files stay text.

    Args:
        path: of the file; its ending tells its kind.
        wanted: names of columns.
        bars: show how far a long file is read.

    Raises:
        ValueError: a column that is not there, no rows, or a file that cannot be read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "m.csv").write_text("id,weak\n1,2\n")
        ...     read_table(Path(folder, "m.csv"), ["weak"]).to_pydict()
        {'weak': ['2']}
    """
    names = names_in(path)
    for name in wanted:
        if name not in names:
            hint = nearest(name, names) or f": it has {listed(names)}"
            raise ValueError(f"{short(str(path))} has no column {short(name)!r}{hint}")
    try:
        if kind_of(path).startswith((".csv", ".tsv")):
            table = _read_csv(path, wanted, bars)
        elif kind_of(path) in (".parquet", ".pq"):
            table = _read_parquet(path, wanted, bars)
        else:
            table = _opened(path).read_all().select(list(wanted))
    except (OSError, pa.ArrowException, UnicodeError, EOFError) as reason:
        if "columns, got" in str(reason):
            raise ValueError(_ragged(path)) from reason
        raise ValueError(_damaged(path, reason)) from reason
    if not table.num_rows:
        raise ValueError(f"{short(str(path))} has no rows below its header: add one for each input")
    return table


def _header(path: Path) -> tuple[list[str], str, str]:
    """Return the names in the first line, what parts them, and the encoding."""
    kind = kind_of(path)
    try:
        with gzip.open(path) if kind.endswith(".gz") else path.open("rb") as stream:
            start = stream.read(1 << 20)
        mark = next((mark for mark in _MARKS if start.startswith(mark)), b"")
        code = _MARKS.get(mark, "utf8")
        lines = start.decode(code, "strict" if len(start) < 1 << 20 else "ignore").splitlines()
    except (OSError, EOFError, UnicodeError) as reason:
        raise ValueError(_damaged(path, reason)) from reason
    line = lines[0].lstrip("\ufeff") if lines else ""
    own = "\t" if kind.startswith(".tsv") else ","
    signs = (own, ",", ";", "\t")
    sign = max(signs, key=lambda sign: len(next(csv.reader([line], delimiter=sign), [])))
    return next(csv.reader([line], delimiter=sign), []), sign, code


def _ragged(path: Path) -> str:
    """Say which row of a text file is longer or shorter than its header."""
    names, sign, code = _header(path)
    opened = gzip.open if kind_of(path).endswith(".gz") else open
    with opened(path, "rt", encoding=code, newline="") as stream:
        rows = (row for row in csv.reader(stream, delimiter=sign) if row)
        next(rows)
        number, row = next((k, r) for k, r in enumerate(rows, 1) if len(r) != len(names))
    has = f"row {number} has {len(row)} cells and the header {len(names)}"
    return f"{short(str(path))}: {has}: mend that row, or quote cells that hold {sign!r}"


def _read_csv(path: Path, wanted: Sequence[str], bars: bool) -> pa.Table:
    names, sign, code = _header(path)
    given = [name.strip() for name in names]
    read = arrow_csv.ReadOptions(
        column_names=given, skip_rows=1, encoding=code, block_size=_BLOCK, use_threads=True
    )
    parse = arrow_csv.ParseOptions(delimiter=sign, newlines_in_values=True)
    convert = arrow_csv.ConvertOptions(
        include_columns=list(wanted),
        column_types=dict.fromkeys(wanted, pa.string()),
        strings_can_be_null=False,
    )
    size, packed = path.stat().st_size, path.suffix == ".gz"
    bar = tqdm(total=size, unit="B", unit_scale=True, desc=path.name, disable=_quiet(bars, size))
    batches = []
    with bar, pa.OSFile(str(path)) as raw:
        stream = pa.CompressedInputStream(raw, "gzip") if packed else raw
        reader = arrow_csv.open_csv(stream, read, parse, convert)
        for batch in reader:
            batches.append(batch)
            bar.update(raw.tell() - bar.n)
    return pa.Table.from_batches(batches, reader.schema)


def _read_parquet(path: Path, wanted: Sequence[str], bars: bool) -> pa.Table:
    with parquet.ParquetFile(path) as file:
        count = file.metadata.num_row_groups
        quiet = _quiet(bars, path.stat().st_size)
        groups = tqdm(range(count), desc=path.name, unit="group", disable=quiet)
        parts = [file.read_row_group(group, columns=list(wanted)) for group in groups]
        return pa.concat_tables(parts) if parts else file.read(columns=list(wanted))


def _quiet(bars: bool, size: int) -> bool | None:
    return None if bars and size >= LONG else True  # None: a bar where somebody looks


def _schema(path: Path) -> pa.Schema:
    if kind_of(path) in (".parquet", ".pq"):
        return parquet.read_schema(path)
    return _opened(path).schema


def _opened(path: Path) -> Any:
    """Open an Arrow file, of the kind with a table of contents or a stream."""
    with path.open("rb") as stream:
        whole = stream.read(6) == b"ARROW1"
    found = pa.memory_map(str(path))
    return pa.ipc.open_file(found) if whole else pa.ipc.open_stream(found)


def _damaged(path: Path, reason: Exception) -> str:
    text = short(" ".join(str(reason).split()), 120)
    remedy = "save it as UTF-8" if isinstance(reason, UnicodeError) or "UTF8" in text else ""
    return f"{short(str(path))} cannot be read ({text}): {remedy or 'write it again'}"
