"""Ids that tables share, held against the order of their rows where no --id was given."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from w2s_jax.audit.command._arrow import pa, pc
from w2s_jax.audit.command._cells import words_in
from w2s_jax.audit.command._places import TABLES, Place
from w2s_jax.audit.command._tables import names_in, read_table
from w2s_jax.audit.page._short import short

_FRACTION = r"^[+-]?\d*\.\d*[1-9]|^[+-]?[\d.]+[eE]"  # a measured number, which names nobody


def demand_one_order(places: Sequence[Place]) -> None:
    r"""Refuse tables that share a column of ids whose order differs from one to the other.

    Ids are a column of the same name in both, that no argument reads, with a word of its own in
    each row; some of the words are in both. Where one such column agrees, so do the rows.

    Args:
        places: of the arguments whose rows are to be matched by their order.

    Raises:
        ValueError: an order that differs, with both files and the column.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     one, other = Path(folder, "a.csv"), Path(folder, "b.csv")
        ...     _, _ = one.write_text("id,w\nu,1\nv,2"), other.write_text("id,s\nv,1\nu,2")
        ...     found = Place("--weak", "", one, ("w",)), Place("--student", "", other, ("s",))
        ...     try:
        ...         demand_one_order(found)
        ...     except ValueError as reason:
        ...         print(str(reason)[-42:])
        order their 'id' differently: give --id id
    """
    files = dict.fromkeys(place.path for place in places if place.kind in TABLES)
    names = {path: names_in(path) for path in files}
    read = {column for place in places for column in place.columns}
    for one, other in combinations(files, 2):
        shared = [name for name in names[one] if name in names[other] and name not in read]
        if shared:
            _compare(one, other, shared)


def _compare(one: Path, other: Path, shared: list[str]) -> None:
    tables = {path: read_table(path, shared) for path in (one, other)}
    differing = []
    for name in shared:
        ours, theirs = (_ids(tables[path], name) for path in (one, other))
        if ours is None or theirs is None or len(ours) != len(theirs):
            continue
        if ours.equals(theirs):
            return
        if pc.any(pc.is_in(ours, value_set=theirs)).as_py():
            differing.append(name)
    if differing:
        name = short(differing[0], 24)
        both = " and ".join(short(str(path), 40) for path in (one, other))
        remedy = f"give --id {name}"
        raise ValueError(f"{both} order their {name!r} differently: {remedy}")


def _ids(table: pa.Table, name: str) -> pa.Array | None:
    """Return a column as words if each row has one of its own, and none is a measured number."""
    try:
        words = words_in(table, name, "", "id")
    except ValueError:  # an empty cell, or no words
        return None
    if len(pc.unique(words)) < len(words):
        return None
    measured = pc.any(pc.match_substring_regex(words, _FRACTION)).as_py()
    return None if measured else words
