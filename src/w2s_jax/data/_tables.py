"""A frozen table of molecules with labels and published predictions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from w2s_jax.data._cells import column_of, smiles_of
from w2s_jax.data._rows import BadRow, sift
from w2s_jax.data._sources import Source


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Hold molecules, their measured labels and any published predictions of them.

    The arrays are copied and read-only. `table[rows]` is the table of these rows, for example of
    `split.train`; its splits, bad rows and notes stay behind.

    Args:
        name: the name of the data set.
        smiles: one SMILES string a molecule, a tuple of n.
        labels: the measured values, float64 of shape (n,), in `units`.
        units: the units of the labels and of the predictions.
        quantity: what was measured.
        predictions: published weak models, by name: their outputs, float64 of shape (n,).
        source: where the data come from, what to cite, and their license.
        splits: row numbers of the file's own parts, by name.
        bad: rows of the file that were left out.
        notes: sentences on what a reader must know, such as repeated molecules.

    Raises:
        ValueError: if the lengths differ, a column has another shape than (n,), or a value is not
            finite; `BadRows` if a SMILES is missing, blank or no text.

    Example:
        >>> table = Table("toy", ("CCO", "CC"), np.array([1.1, -1.4]), "log10 mol/L")
        >>> table
        Table('toy': 2 molecules, labels in log10 mol/L, no predictions)
        >>> len(table), table[[1]].smiles, table[table.labels > 0].labels.tolist()
        (2, ('CC',), [1.1])
    """

    # Any: lists and the like come in, and what is kept is as the docstring says.
    name: str
    smiles: Any
    labels: Any
    units: str
    quantity: str = ""
    predictions: Mapping[str, Any] = field(default_factory=dict)
    source: Source | None = None
    splits: Mapping[str, Any] = field(default_factory=dict)
    bad: tuple[BadRow, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        smiles = tuple(sift(column_of(self.smiles), smiles_of))
        count = len(smiles)
        frozen = {name: _column(name, c, count) for name, c in self.predictions.items()}
        splits = {name: _read_only(np.array(rows, int)) for name, rows in self.splits.items()}
        object.__setattr__(self, "smiles", smiles)
        object.__setattr__(self, "labels", _column("labels", self.labels, count))
        object.__setattr__(self, "predictions", MappingProxyType(frozen))
        object.__setattr__(self, "splits", MappingProxyType(splits))

    def __len__(self) -> int:
        return len(self.smiles)

    def __getitem__(self, rows: Any) -> "Table":
        """Give the table of some rows: their numbers, a slice, or a mask of n truth values."""
        kept = _rows(rows, len(self))
        predictions = {name: column[kept] for name, column in self.predictions.items()}
        smiles = tuple(self.smiles[row] for row in kept)
        return Table(
            self.name, smiles, self.labels[kept], self.units, self.quantity, predictions,
            self.source,
        )  # fmt: skip

    def __iter__(self):
        raise TypeError("a table has columns to go through: table.smiles, table.labels")

    def __reduce__(self):
        return Table, (
            self.name, self.smiles, self.labels, self.units, self.quantity,
            dict(self.predictions), self.source, dict(self.splits), self.bad, self.notes,
        )  # fmt: skip

    def __repr__(self) -> str:
        predictions = ", ".join(self.predictions) or "no"
        units = self.units or "units not named"
        first = f"{len(self)} molecules, labels in {units}, {predictions} predictions"
        return f"Table({'; '.join([f'{self.name!r}: {first}', *self.notes])})"

    @property
    def citation(self) -> str:
        """Say what to cite."""
        return self.source.citation if self.source else ""

    @property
    def licence(self) -> str:
        """Say under which terms the data are offered."""
        return self.source.licence if self.source else ""


def _column(name: str, column: Any, count: int) -> Float64[np.ndarray, " n"]:
    try:
        given = np.ma.asarray(column)
        if given.dtype.kind in "cUSmM":
            raise ValueError(f"of dtype {given.dtype}")
        found = np.ma.filled(given.astype(np.float64), np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers, got {type(column).__name__}: {error}") from None
    if found.ndim != 1:
        raise ValueError(f"{name} must have shape (n,), got {found.shape}: give one column")
    if len(found) != count:
        raise ValueError(
            f"{name} must have one value a molecule: got {len(found)} values for {count} molecules"
        )
    if (bad := np.flatnonzero(~np.isfinite(found))).size:
        raise ValueError(
            f"{name} must be finite: {bad.size} of {count} are not, first row {bad[0]}, which is "
            f"{found[bad[0]]}; drop these rows"
        )
    return _read_only(found)


def _rows(rows: Any, count: int) -> Int[np.ndarray, " rows"]:
    if isinstance(rows, slice):
        return np.arange(count)[rows]
    chosen = np.atleast_1d(np.asarray(rows, int) if np.size(rows) == 0 else np.asarray(rows))
    if chosen.ndim != 1 or chosen.dtype.kind not in "iub":
        raise TypeError(f"rows must be numbers, a mask or a slice, got {type(rows).__name__}")
    if chosen.dtype == bool:
        if chosen.size != count:
            raise IndexError(f"a mask must have {count} values, one a molecule, got {chosen.size}")
        return np.flatnonzero(chosen)
    if ((chosen < -count) | (chosen >= count)).any():
        raise IndexError(f"rows must be from {-count} to {count - 1}, got {chosen.tolist()[:3]}")
    return np.arange(count)[chosen]


def _read_only(column: np.ndarray) -> np.ndarray:
    copy = column.copy()
    copy.setflags(write=False)
    return copy
