"""Load the three molecule data sets."""

from collections.abc import Mapping
from pathlib import Path

from w2s_jax.data._fetching import fetch
from w2s_jax.data._reading import read_columns
from w2s_jax.data._sources import SOURCES
from w2s_jax.data._tables import Table


def load_esol(path: Path | str | None = None) -> Table:
    r"""Load ESOL: 1,128 measured solubilities and Delaney's published equation for them.

    `predictions["delaney"]` is a linear model of four descriptors, a weak model that needs no
    training.  Some molecules occur more than once, with different labels: they are kept.

    Source: J. S. Delaney (2004), doi 10.1021/ci034243x; chapter "Two supervisors from the
    literature".

    Args:
        path: a CSV file with ESOL's columns to read; the published file, fetched, if None.

    Returns:
        A table with labels in log10 mol/L, in the file's order.

    Raises:
        Unavailable: if the file cannot be had.
        Malformed: if a column is missing.
        BadRows: if a value is no finite number or a SMILES is missing, with all such rows.

    Example:
        >>> import pathlib, tempfile
        >>> solubility = "log solubility in mols per litre"
        >>> rows = f"smiles,measured {solubility},ESOL predicted {solubility}\nCC ,-1.36,-1.13"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "one.csv")
        ...     _ = path.write_text(rows)
        ...     table = load_esol(path)
        >>> table.smiles, table.predictions["delaney"].tolist()
        (('CC',), [-1.13])
    """
    return _load(
        "esol",
        path,
        label="measured log solubility in mols per litre",
        predictions={"delaney": "ESOL predicted log solubility in mols per litre"},
        units="log10 mol/L",
        quantity="aqueous solubility",
    )


def load_freesolv(path: Path | str | None = None) -> Table:
    r"""Load FreeSolv: 642 measured hydration free energies and a physics simulation of them.

    `predictions["gaff"]` is a molecular-dynamics calculation with the GAFF force field, a weak
    model that needs no training.

    Source: D. L. Mobley, J. P. Guthrie (2014), doi 10.1007/s10822-014-9747-x; chapter "Two
    supervisors from the literature".

    Args:
        path: a CSV file with FreeSolv's columns to read; the published file, fetched, if None.

    Returns:
        A table with labels in kcal/mol, in the file's order.

    Raises:
        Unavailable: if the file cannot be had.
        Malformed: if a column is missing.
        BadRows: if a value is no finite number or a SMILES is missing, with all such rows.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "one.csv")
        ...     _ = path.write_text("smiles,expt,calc\nCO,-5.1,-3.5")
        ...     table = load_freesolv(path)
        >>> table.labels.tolist(), table.predictions["gaff"].tolist(), table.units
        ([-5.1], [-3.5], 'kcal/mol')
    """
    return _load(
        "freesolv",
        path,
        label="expt",
        predictions={"gaff": "calc"},
        units="kcal/mol",
        quantity="hydration free energy",
    )


def load_lipop(path: Path | str | None = None) -> Table:
    r"""Load Lipop: 4,200 measured lipophilicities, without published predictions.

    Source: ChEMBL's AstraZeneca deposit (2015), doi 10.6019/CHEMBL3301361; part "Molecules".

    Args:
        path: a CSV file with Lipop's columns to read; the published file, fetched, if None.

    Returns:
        A table with labels logD at pH 7.4 (a decimal logarithm, no unit), in the file's order.

    Raises:
        Unavailable: if the file cannot be had.
        Malformed: if a column is missing.
        BadRows: if a value is no finite number or a SMILES is missing, with all such rows.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "one.csv")
        ...     _ = path.write_text("exp,smiles\n3.54,c1ccccc1")
        ...     load_lipop(path).labels.tolist()
        [3.54]
    """
    return _load(
        "lipop", path, label="exp", predictions={}, units="logD at pH 7.4", quantity="lipophilicity"
    )


def _load(
    name: str,
    path: Path | str | None,
    *,
    label: str,
    predictions: Mapping[str, str],
    units: str,
    quantity: str,
) -> Table:
    source = SOURCES[name]
    path = fetch(name) if path is None else Path(path)
    columns = read_columns(path, [label, *predictions.values()])
    published = {key: columns.numbers[column] for key, column in predictions.items()}
    return Table(name, columns.smiles, columns.numbers[label], units, quantity, published, source)
