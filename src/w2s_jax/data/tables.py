"""A frozen table of molecules with labels and published predictions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from jaxtyping import Float64

from w2s_jax.data.sources import Source


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Hold molecules, their measured labels and any published predictions of them.

    The arrays are copied and read-only.

    Args:
        name: the name of the data set.
        smiles: one SMILES string a molecule.
        labels: the measured values, float64 of shape (n,), in `units`.
        units: the units of the labels and of the predictions.
        quantity: what was measured.
        predictions: published weak models, by name: their outputs, float64 of shape (n,).
        source: where the data come from, what to cite, and their licence.

    Raises:
        ValueError: if the lengths differ.

    Example:
        >>> table = Table("toy", ("CCO", "CC"), np.array([1.1, -1.4]), "log10 mol/L")
        >>> table
        Table('toy': 2 molecules, labels in log10 mol/L, no predictions)
        >>> len(table)
        2
    """

    name: str
    smiles: tuple[str, ...]
    labels: Float64[np.ndarray, " n"]
    units: str
    quantity: str = ""
    predictions: Mapping[str, Float64[np.ndarray, " n"]] = field(default_factory=dict)
    source: Source | None = None

    def __post_init__(self):
        columns = {"labels": self.labels, **self.predictions}
        for name, column in columns.items():
            if len(column) != len(self.smiles):
                raise ValueError(
                    f"{name} must have one value a molecule: got {len(column)} values for "
                    f"{len(self.smiles)} molecules"
                )
        frozen = {name: _read_only(column) for name, column in self.predictions.items()}
        object.__setattr__(self, "labels", _read_only(self.labels))
        object.__setattr__(self, "predictions", MappingProxyType(frozen))

    def __len__(self) -> int:
        return len(self.smiles)

    def __repr__(self) -> str:
        predictions = ", ".join(self.predictions) or "no"
        return (
            f"Table({self.name!r}: {len(self)} molecules, labels in {self.units}, "
            f"{predictions} predictions)"
        )

    @property
    def citation(self) -> str:
        """Say what to cite."""
        return self.source.citation if self.source else ""

    @property
    def licence(self) -> str:
        """Say under which terms the data are offered."""
        return self.source.licence if self.source else ""


def _read_only(column: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    copy = column.copy()
    copy.setflags(write=False)
    return copy
