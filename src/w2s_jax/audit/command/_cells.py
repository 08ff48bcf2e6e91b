"""Cells of a table's columns as numbers, words and ids."""

from typing import Any

import numpy as np

from w2s_jax.audit.command._arrow import pa, pc
from w2s_jax.audit.page._short import short

_MISSING = pa.array(["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "<NA>"])


class TextColumn(ValueError):
    """A column without a number.

    Example:
        >>> try:
        ...     numbers_in(pa.table({"group": ["odd", "even"]}), "group", "m.csv")
        ... except TextColumn as reason:
        ...     print(reason)
        m.csv: column 'group' holds text such as 'odd', expected numbers
    """


def numbers_in(table: pa.Table, name: str, file: str) -> np.ndarray:
    """Return a column as numbers, `(n,)`, or `(n, d)` where each cell is a list; missing is NaN.

    Raises:
        ValueError: what is no number, with its row from 1, or lists of different lengths.

    Example:
        >>> numbers_in(pa.table({"weak": ["1", "", "2.5"]}), "weak", "m.csv").tolist()
        [1.0, nan, 2.5]
    """
    column = table[name].combine_chunks()
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _of_lists(column, name, file)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = _parsed(column, name, file)
    elif pa.types.is_boolean(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        column = pc.cast(column, pa.float64())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        what = f"column {short(name)!r} holds {short(str(kind), 30)}"
        raise ValueError(f"{file}: {what}, expected numbers: name another column")
    return column.to_numpy(zero_copy_only=False)


def words_in(table: pa.Table, name: str, file: str, what: str, *, blank: bool = False) -> pa.Array:
    """Return a column as words without blanks at their ends: ids, names of groups or classes.

    Whole numbers are written without a point, so that 12 in one file is 12.0 in another.

    Raises:
        ValueError: a missing cell, with its row from 1, or a column of another kind.

    Example:
        >>> words_in(pa.table({"id": [12.0, 7.0]}), "id", "m.csv", "id").to_pylist()
        ['12', '7']
    """
    column = table[name].combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type) and pc.all(pc.equal(column, pc.floor(column))).as_py():
        column = pc.cast(column, pa.int64())
    try:
        column = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    except pa.ArrowException:
        held = f"column {short(name)!r} holds {short(str(column.type), 30)}"
        raise ValueError(f"{file}: {held}, expected one {what} a row: name another") from None
    if blank:
        return pc.if_else(pc.is_in(column, value_set=_MISSING), None, column)
    missing = pc.fill_null(pc.equal(column, ""), True)
    if pc.any(missing).as_py():
        row = pc.index(missing, True).as_py() + 1
        raise ValueError(f"{file}: row {row} has no {what} in column {short(name)!r}: fill it")
    return column


def _parsed(column: pa.Array, name: str, file: str) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(column)
    told = pc.if_else(pc.is_in(trimmed, value_set=_MISSING), None, trimmed)
    try:
        return pc.cast(told, pa.float64())
    except pa.ArrowInvalid:
        row, cell = next((n, c) for n, c in enumerate(told.to_pylist()) if not _reads(c))
    if not any(map(_reads, told.drop_null().to_pylist()[:1000])) and not _reads(
        cell.replace(",", ".")
    ):
        held = f"column {short(name)!r} holds text such as {short(cell, 30)!r}"
        raise TextColumn(f"{file}: {held}, expected numbers")
    hint = "write its comma as a point" if _reads(cell.replace(",", ".")) else "mend or empty it"
    where = f"row {row + 1} of column {short(name)!r}"
    raise ValueError(f"{file}: {where} holds {short(cell, 30)!r}, expected a number: {hint}")


def _reads(cell: str | None) -> bool:
    try:
        pc.cast(pa.scalar(cell, pa.string()), pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _of_lists(column: Any, name: str, file: str) -> np.ndarray:
    lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    odd = np.flatnonzero(~(lengths == lengths[0]))
    if odd.size or not lengths[0] > 0:
        row = int(odd[0]) if odd.size else 0
        here = "nothing" if np.isnan(lengths[row]) else f"{int(lengths[row])} numbers"
        where = f"row {row + 1} of column {short(name)!r} holds {here}"
        raise ValueError(f"{file}: {where}, expected {lengths[0]:.0f} as in row 1: mend that row")
    flat = numbers_in(pa.table({name: column.flatten()}), name, file)
    return flat.reshape(len(column), -1)
