"""Read SMILES and numbers by column, every bad row at once."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64

from w2s_jax.data._cells import smiles_of
from w2s_jax.data._files import Grid, read_grid
from w2s_jax.data._rows import BadRow, BadRows, Errors, short, sift
from w2s_jax.data._sources import Malformed


class Columns(NamedTuple):
    """Hold the columns of a file: its SMILES and, by column, its numbers and its words."""

    smiles: tuple[str, ...]
    numbers: dict[str | int, Float64[np.ndarray, " n"]]
    words: dict[str | int, list[str]]
    bad: tuple[BadRow, ...]


def read_columns(
    path: Path,
    numeric: Sequence[str | int],
    *,
    smiles: str | int | None = None,
    words: Sequence[str | int] = (),
    check: Callable[[str], object] = str,
    errors: Errors = "raise",
) -> Columns:
    """Read a column of SMILES, columns of finite numbers and columns of words.

    `smiles` is the column so called, in whatever case, or the first of a file without a header.
    """
    wanted = [*([] if smiles is None else [smiles]), *numeric, *words]
    grid = read_grid(path, wanted)
    try:
        text = _place_of_smiles(grid) if smiles is None else grid.place(smiles)
        places = {column: grid.place(column) for column in (*numeric, *words)}
    except ValueError as problem:
        raise Malformed(f"{short(path)} is not the expected table: {problem}") from problem

    def read(row: list[Any]) -> tuple[str, list[float], list[str]]:
        if grid.names and len(row) > len(grid.names):
            raise ValueError(f"has {len(row)} cells, and the header {len(grid.names)}; quote them")
        cell = _cell(row, text)
        found = smiles_of(cell)
        check(found)
        return (
            found,
            [_number(_cell(row, places[column]), column) for column in numeric],
            [str(_cell(row, places[column])).strip() for column in words],
        )

    sifted = sift(
        grid.rows,
        read,
        errors="report",
        cell_of=lambda row: _cell(row, text),
        lines=grid.lines,
    )
    if sifted.bad and (errors == "raise" or not sifted.found):
        raise BadRows(sifted.bad, of=len(grid.rows), file=str(path))
    numbers = np.array([row[1] for row in sifted.found], np.float64)
    return Columns(
        tuple(row[0] for row in sifted.found),
        {column: numbers[:, place] for place, column in enumerate(numeric)},
        {column: [row[2][place] for row in sifted.found] for place, column in enumerate(words)},
        sifted.bad,
    )


def _place_of_smiles(grid: Grid) -> int:
    if not grid.names:
        return 0
    alike = [place for place, name in enumerate(grid.names) if name.lower() == "smiles"]
    return alike[0] if len(alike) == 1 else grid.place("smiles")


def _cell(row: list[Any], place: int) -> Any:
    return row[place] if place < len(row) else ""


def _number(cell: Any, column: str | int) -> float:
    try:
        value = math.nan if "_" in str(cell) else float(cell)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        hint = ", with a point for its comma" if "," in str(cell) else ""
        raise ValueError(f"has the {column} {cell!r}, not a finite number{hint}; mend or drop it")
    return value
