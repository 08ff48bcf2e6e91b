"""Rows of several files become rows of one audit: by their ids, or by an order that is said."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from w2s_jax.audit.command._arrow import pa, pc
from w2s_jax.audit.command._columns import Column
from w2s_jax.audit.page._short import short


class Joined(NamedTuple):
    """Columns in one order.

    Attributes:
        values: of each column, in the order given.
        labels: the known labels, `(m,)`, or None.
        labelled: their rows; in the order of their ids, where there are ids.
        ids: whose rows these are; None where no file says.
        notes: sentences on what an order rests on.

    Example:
        >>> Joined([np.ones(2)], None, None, None, ()).values
        [array([1., 1.])]
    """

    values: list[Any]
    labels: np.ndarray | None
    labelled: np.ndarray | None
    ids: pa.Array | None
    notes: tuple[str, ...]


def join(
    columns: Sequence[Column], labels: Column | None, ids: Column | None, *, by: str | None
) -> Joined:
    """Bring columns into one order.

    By ids where `by` names them. Rows of arrays without ids are those of `ids`; without it those
    of the tables beside them, if these agree on one order. Arrays are never moved.

    Args:
        columns: those with a row for each input, first the weak model's.
        labels: with a row for some inputs, or with empty cells.
        ids: of the rows of arrays that hold none.
        by: the column of ids; None where rows are told by their order.

    Raises:
        ValueError: other numbers of rows, other ids, NaN, or two orders to choose from.

    Example:
        >>> from pathlib import Path
        >>> from w2s_jax.audit.command._places import Place
        >>> def column(values, ids):
        ...     place = Place("--weak", "", Path("m.csv"), ("weak",))
        ...     return Column(place, np.array(values), pa.array(ids))
        >>> one, other = column([1.0, 2.0], ["a", "b"]), column([4.0, 3.0], ["b", "a"])
        >>> join([one, other], column([0.5], ["b"]), None, by="id").values
        [array([1., 2.]), array([3., 4.])]
    """
    for column in columns:
        _demand_finite(column, np.nan)
    if by is None:
        return _by_order([*columns], labels)
    columns, labels, notes = _with_ids(columns, labels, ids, by)
    fixed = next((c for c in columns if isinstance(c.values, np.memmap)), columns[0])
    order = fixed.ids
    values = [_moved(column, fixed) for column in columns]
    if labels is None:
        return Joined(values, None, None, order, notes)
    rows = pc.index_in(labels.ids, value_set=order)
    if rows.null_count:
        _demand_same(labels, fixed)
    found = _known(labels)
    rows = rows.to_numpy(zero_copy_only=False).astype(int)[found]
    # By id: what is drawn from labels, such as folds, is then the same in whatever order they come.
    turn = pc.sort_indices(labels.ids.filter(pa.array(found))).to_numpy()
    return Joined(values, labels.values[found][turn], rows[turn], order, notes)


def _by_order(columns: list[Column], labels: Column | None) -> Joined:
    first = columns[0]
    for column in [*columns, *([labels] if labels else [])]:
        if column.rows != first.rows:
            told = f"{column.place.said} has {column.rows:,} rows and {first.place.said}"
            remedy = "name their ids by --id"
            if column is labels:
                remedy += ", or give a label of every row, empty where unknown"
            raise ValueError(f"{told} {first.rows:,}: {remedy}")
    notes = ("Rows were matched by their order alone: no --id was given.",)
    if labels is None:
        return Joined([c.values for c in columns], None, None, None, notes)
    rows = np.flatnonzero(_known(labels))
    return Joined([c.values for c in columns], labels.values[rows], rows, None, notes)


def _with_ids(
    columns: Sequence[Column], labels: Column | None, ids: Column | None, by: str
) -> tuple[list[Column], Column | None, tuple[str, ...]]:
    """Give arrays without ids those of the rows beside them, or refuse to guess."""
    bare = [c for c in (*columns, labels) if c is not None and c.ids is None]
    if not bare:
        return [*columns], labels, ()
    if ids is None:
        tables = [column for column in columns if column.ids is not None]
        if not tables:
            held = f"{bare[0].place.file} holds no {short(by, 24)!r}"
            raise ValueError(f"{held}, nor does a file beside it: give ids by --array-ids")
        same = [column for column in tables if column.rows == bare[0].rows] or tables
        source, told = same[0], same[0].ids
        for column in same[1:]:
            if not column.ids.equals(told):
                both = f"{source.place.file} and {column.place.file} are in different orders"
                said = f"{bare[0].place.file} holds no ids, and {both}"
                raise ValueError(f"{said}: give its ids by --array-ids")
    else:
        source, told = ids, ids.values
    for column in bare:
        if column.rows != len(told):
            both = f"has {column.rows:,} rows and no ids, and {source.place.file} {len(told):,}"
            remedy = "give ids of its own by --array-ids" if ids is None else "write it again"
            raise ValueError(f"{column.place.said} {both}: {remedy}")
    files = ", ".join(dict.fromkeys(column.place.file for column in bare))
    notes = (f"Without ids of their own, rows of {files} were taken to be in the order of "
             f"{source.place.file}.",)  # fmt: skip
    full = [c._replace(ids=told) if c.ids is None else c for c in columns]
    labels = labels._replace(ids=told) if labels is not None and labels.ids is None else labels
    return full, labels, notes


def _moved(column: Column, fixed: Column) -> Any:
    if column.ids is fixed.ids or column.ids.equals(fixed.ids):
        return column.values
    rows = pc.index_in(fixed.ids, value_set=column.ids)
    if rows.null_count or column.rows != fixed.rows:
        _demand_same(column, fixed)
    if isinstance(column.values, pa.Array):
        return column.values.take(rows)
    return column.values[rows.to_numpy(zero_copy_only=False)]


def _demand_same(column: Column, fixed: Column) -> None:
    """Say which id stands in one file alone."""
    sides = ((column, fixed), (fixed, column))
    for ours, theirs in sides:
        absent = pc.invert(pc.is_in(ours.ids, value_set=theirs.ids))
        count = pc.sum(absent).as_py() or 0
        if count and not (column.place.argument == "--labels" and ours is fixed):
            if count == len(ours.ids):
                pair = (f"{short(str(c.ids[0]), 24)!r} in {c.place.file}" for c in (ours, theirs))
                told = f"no id is both in {ours.place.file} and in {theirs.place.file}"
                raise ValueError(f"{told}, such as {' and '.join(pair)}: look at the id columns")
            row = pc.index(absent, True).as_py()
            many = f", nor {count - 1:,} more of its ids" if count > 1 else ""
            said = f"{ours.row_said(row)} is not in {theirs.place.file}{many}"
            raise ValueError(f"{said}: drop it, or add it there")


def _known(labels: Column) -> np.ndarray:
    """Tell which labels are given; infinity is none."""
    _demand_finite(labels, np.inf)
    known = ~np.isnan(labels.values.astype(float).reshape(labels.rows, -1)).any(axis=1)
    if not known.any():
        raise ValueError(f"{labels.place.said} holds no label: fill some cells, or leave it out")
    return known


def _demand_finite(column: Column, least: float) -> None:
    """Refuse infinity and, unless only that is asked for, NaN; maps are read by the audit."""
    values = column.values
    if isinstance(values, pa.Array | np.memmap) or values.dtype.kind in "iub":
        return
    bad = np.isinf(values) if least == np.inf else ~np.isfinite(values)
    if bad.any():
        row = int(np.flatnonzero(bad.reshape(len(values), -1).any(axis=1))[0])
        more = f", {bad.sum():,} in all" if bad.sum() > 1 else ""
        what = "infinity" if np.isinf(values[row]).any() else "NaN or nothing"
        remedy = "drop such rows from all files, or fill them"
        raise ValueError(f"{column.row_said(row)} holds {what}{more}: {remedy}")
