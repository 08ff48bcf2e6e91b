"""Load a reader's own table, and say what in it would make a result wrong."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from w2s_jax.data._reading import read_columns
from w2s_jax.data._rows import Errors
from w2s_jax.data._structures import duplicates, find_leaks, need_rdkit, parsed
from w2s_jax.data._tables import Table


def load_table(
    path: Path | str,
    *,
    smiles: str | int | None = None,
    label: str | int,
    predictions: Mapping[str, str | int] | None = None,
    split: str | int | None = None,
    units: str = "",
    quantity: str = "",
    name: str | None = None,
    errors: Errors = "raise",
) -> Table:
    r"""Load molecules and labels from a CSV, Parquet or `.smi` file of your own.

    Every bad row is found in one call: a SMILES that RDKit cannot read, a label that is missing or
    no finite number, a row with too many cells. Repeated molecules are kept and counted, by
    structure and not by spelling (`duplicates`), and so are those that two parts of a split share
    (`find_leaks`): the table's `notes`, which it prints, tell of both. Byte-order marks, separators
    of spreadsheets (`,` `;` tab), UTF-16 and `.gz` are read as they come.

    Args:
        path: of the file; its ending tells its kind.
        smiles: the column of SMILES, by name or by number from 0; the column called `smiles`, in
            whatever case, or the first of a file without a header, if None.
        label: the column of measured values.
        predictions: columns of published predictions, by the name to give them.
        split: the column that names each row's part, such as `train` and `test`.
        units: of labels and predictions.
        quantity: what was measured.
        name: of the table; the file's if None.
        errors: "raise" all bad rows together, or "report" them in the table's `bad` and load the
            others.

    Returns:
        A `Table`, in the file's order.

    Raises:
        ImportError: RDKit is missing, or pyarrow for a Parquet file.
        Malformed: no such file, no text, a column that is not there, no rows.
        BadRows: bad rows and "raise", or nothing but bad rows.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "mine.csv")
        ...     _ = path.write_text("SMILES,pIC50\nCCO,5.1\nOCC,5.3\nC1CC,6\n")
        ...     table = load_table(path, label="pIC50", units="log10 mol/L", errors="report")
        >>> print(*table.notes, sep="\n")
        left out 1 of 3 rows, see .bad
        1 molecule stands in 2 rows, labels up to 0.2 apart
    """
    path, predictions = Path(path).expanduser(), dict(predictions or {})
    need_rdkit()
    from rdkit import rdBase

    with rdBase.BlockLogs():
        columns = read_columns(
            path,
            [label, *predictions.values()],
            smiles=smiles,
            words=[] if split is None else [split],
            check=parsed,
            errors=errors,
        )
    parts = np.array([] if split is None else columns.words[split])
    table = Table(
        path.name.removesuffix(".gz").rpartition(".")[0] if name is None else name,
        columns.smiles,
        columns.numbers[label],
        units,
        quantity,
        {key: columns.numbers[column] for key, column in predictions.items()},
        splits={str(part): np.flatnonzero(parts == part) for part in dict.fromkeys(parts)},
        bad=columns.bad,
    )
    return replace(table, notes=_notes(table))


def _notes(table: Table) -> tuple[str, ...]:
    notes, count = [], len(table.bad)
    if count:
        notes.append(f"left out {count:,} of {count + len(table):,} rows, see .bad")
    if repeated := duplicates(table.smiles):
        spread = max(float(np.ptp(table.labels[rows])) for rows in repeated)
        rows = sum(rows.size for rows in repeated)
        notes.append(f"{_molecules(len(repeated))} in {rows:,} rows, labels up to {spread:g} apart")
    for first, second in combinations(table.splits, 2):
        ours, theirs = (
            [table.smiles[row] for row in table.splits[part]] for part in (first, second)
        )
        if shared := find_leaks(ours, theirs):
            notes.append(f"{_molecules(len(shared))} in {first} and in {second}")
    return tuple(notes)


def _molecules(count: int) -> str:
    return "1 molecule stands" if count == 1 else f"{count:,} molecules stand"
