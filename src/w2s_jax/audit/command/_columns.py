"""What one argument holds: its numbers or words, and whose row each is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from w2s_jax.audit.command._arrays import array_names, arrays_in
from w2s_jax.audit.command._arrow import pa, pc
from w2s_jax.audit.command._cells import TextColumn, numbers_in, words_in
from w2s_jax.audit.command._places import TABLES, Place, listed
from w2s_jax.audit.command._tables import names_in, read_table
from w2s_jax.audit.page._short import short

_NO_FEATURES = ("id", "ids", "index", "", "weak", "student", "label", "labels", "unnamed: 0")


class Column(NamedTuple):
    """Values of one argument, a row an input.

    Attributes:
        place: where they were read.
        values: `(n,)` or `(n, d)`; words are an Arrow array.
        ids: whose rows these are, an Arrow array; None where the file does not say.

    Example:
        >>> Column(Place("--weak", "", Path("w.npy"), ()), np.ones(3), None).rows
        3
    """

    place: Place
    values: Any
    ids: Any

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.values)

    def row_said(self, row: int) -> str:
        """Name a row, from 0, as its owner would look for it."""
        told = "" if self.ids is None else f" (id {short(str(self.ids[row]), 24)!r})"
        return f"row {row + 1}{told} of {self.place.said}"


class Reader:
    r"""Read the arguments' files, each table once for all of its columns.

    Args:
        id: the column that says whose row it is; None where rows are told by their order.
        bars: show how far long files are read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "m.csv")
        ...     _ = path.write_text("id,weak\na,1\nb,2\n")
        ...     column = Reader("id").numbers(Place("--weak", "", path, ()))
        >>> column.values.tolist(), column.ids.to_pylist()
        ([1.0, 2.0], ['a', 'b'])
    """

    def __init__(self, id: str | None, *, bars: bool = False, places: Sequence[Place] = ()):
        self._id, self._bars = id, bars
        self._tables: dict[Path, pa.Table] = {}
        self._wanted: dict[Path, set[str]] = {}
        for place in places:
            if place.kind in TABLES:
                self._wanted.setdefault(place.path, set()).update(place.columns)

    def numbers(self, place: Place, *, many: bool = False) -> Column:
        """Read numbers: one column, or several side by side.

        Args:
            place: where they stand.
            many: without a name all columns but the ids are meant.

        Raises:
            ValueError: with file, place and remedy.
        """
        if place.kind in TABLES:
            names = self._names(place, many)
            table = self._table(place.path, names)
            try:
                parts = [numbers_in(table, name, place.file) for name in names]
            except TextColumn as reason:
                raise ValueError(f"{reason}: {self._others(place.path, names)}") from None
            ids = self._ids(table, place.path)
        else:
            found = arrays_in(place.path, place.columns)
            parts, ids = list(found.values()), self._ids_beside(place.path)
        values = parts[0] if len(parts) == 1 else np.column_stack(parts)
        return Column(place, _numeric(values, place), ids)

    def words(self, place: Place, what: str, *, blank: bool = False) -> Column:
        """Read words: names of groups or classes, or ids.

        Args:
            place: where they stand.
            what: what a cell is, for messages.
            blank: admit cells without a word.

        Raises:
            ValueError: with file, place and remedy.
        """
        if place.kind in TABLES:
            (name,) = self._names(place, False)
            table = self._table(place.path, [name])
            words = words_in(table, name, place.file, what, blank=blank)
            return Column(place, words, self._ids(table, place.path))
        (array,) = arrays_in(place.path, place.columns).values()
        return Column(place, _worded(array, place, what, blank), self._ids_beside(place.path))

    def _others(self, path: Path, text: list[str]) -> str:
        """Name the columns that hold numbers, where text was taken for one."""
        found = []
        for name in names_in(path):
            try:
                numbers_in(self._table(path, [name]), name, "")
            except ValueError:
                continue
            found.append(name)
        return f"numbers are in {listed(found)}" if found else "no column holds numbers"

    def _names(self, place: Place, many: bool) -> list[str]:
        if place.columns:
            return list(place.columns)
        others = [name for name in names_in(place.path) if name != self._id]
        if many and (odd := [name for name in others if self._spoken_of(name)]):
            told = f"{place.argument}: {place.file} holds {listed(odd)}, by the name no feature"
            raise ValueError(f"{told}: name the columns, as {place.file}:a,b")
        if not others:
            raise ValueError(f"{place.argument}: {place.file} has no column but its ids: add one")
        if len(others) > 1 and not many:
            told = f"{place.argument}: {place.file} has {len(others)} columns, {listed(others)}"
            raise ValueError(f"{told}: name one, as {place.file}:{short(others[0], 24)}")
        return others

    def _spoken_of(self, name: str) -> bool:
        """Tell whether another argument reads a column of this name, or it is called an id's."""
        read = {each for some in self._wanted.values() for each in some}
        return name in read or name.strip().lower() in _NO_FEATURES

    def _table(self, path: Path, names: list[str]) -> pa.Table:
        """Return a table with these columns, read with all that the command asks of the file."""
        held = self._tables.get(path)
        if held is None or not {*names} <= {*held.column_names}:
            wanted = {*names, *self._wanted.get(path, ())} | ({self._id} if self._id else set())
            order = [name for name in names_in(path) if name in wanted]
            order += sorted(wanted - {*order})
            self._tables[path] = read_table(path, order, bars=self._bars)
        return self._tables[path]

    def _ids(self, table: pa.Table, path: Path) -> pa.Array | None:
        if self._id is None:
            return None
        return _unique(words_in(table, self._id, short(str(path)), "id"), path)

    def _ids_beside(self, path: Path) -> pa.Array | None:
        if self._id is None or self._id not in array_names(path):
            return None
        place = Place("--id", "", path, (self._id,))
        return _unique(_worded(arrays_in(path, [self._id])[self._id], place, "id"), path)


def numbered(columns: Sequence[Column]) -> list[Column]:
    """Put a number for each word, the same in all columns; NaN where there is none.

    Example:
        >>> place = Place("--weak", "", Path("m.csv"), ("class",))
        >>> one, other = pa.array(["cat", "dog"]), pa.array(["dog", None])
        >>> [c.values.tolist() for c in numbered([Column(place, w, None) for w in (one, other)])]
        [[0.0, 1.0], [1.0, nan]]
    """
    words = pa.chunked_array([column.values for column in columns]).unique().drop_null().sort()
    found = []
    for column in columns:
        number = pc.cast(pc.index_in(column.values, value_set=words, skip_nulls=True), pa.float64())
        found.append(column._replace(values=number.to_numpy(zero_copy_only=False)))
    return found


def _unique(ids: pa.Array, path: Path) -> pa.Array:
    first = ids.dictionary_encode().indices.to_numpy()
    if first.max(initial=-1) + 1 < len(ids):
        count = np.bincount(first)
        again = int(np.flatnonzero(count[first] > 1)[0])
        rows = np.flatnonzero(first == first[again]) + 1
        told = f"id {short(str(ids[again]), 24)!r} in rows {rows[0]} and {rows[1]}"
        more = int((count > 1).sum()) - 1
        also = f", and {more} more ids twice" if more else ""
        raise ValueError(f"{short(str(path))} has the {told}{also}: keep one row of each")
    return ids


def _worded(array: np.ndarray, place: Place, what: str, blank: bool = False) -> pa.Array:
    if array.ndim != 1 or array.dtype.kind not in "iuUSbf":
        told = f"an array of shape {array.shape} and dtype {array.dtype}"
        raise ValueError(f"{place.said} is {told}, expected one {what} a row: save text or numbers")
    array = array.astype("U") if array.dtype.kind == "S" else array
    return words_in(pa.table({what: pa.array(array)}), what, place.file, what, blank=blank)


def _numeric(values: np.ndarray, place: Place) -> np.ndarray:
    if values.dtype.kind not in "fiub" and str(values.dtype) != "bfloat16":
        what = "complex numbers" if values.dtype.kind == "c" else "text"
        what = what if values.dtype.kind in "cUS" else f"the dtype {short(str(values.dtype), 40)}"
        raise ValueError(f"{place.said} holds {what}, expected numbers: save it with dtype=float")
    if values.ndim not in (1, 2) or not values.size:
        remedy = "save one row an input"
        raise ValueError(f"{place.said} has shape {values.shape}, expected n or n × d: {remedy}")
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
