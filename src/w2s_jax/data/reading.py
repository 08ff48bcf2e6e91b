"""Read SMILES and numbers from a CSV file, or say what is wrong with it."""

import csv
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from w2s_jax.data.sources import Malformed, Source


class Columns(NamedTuple):
    """Hold the columns of a file: its SMILES and, by column name, its numbers."""

    smiles: tuple[str, ...]
    numbers: dict[str, Float64[np.ndarray, " n"]]


def read_columns(path: Path, source: Source, numeric: list[str]) -> Columns:
    """Read the column `smiles`, stripped of blanks, and the named columns of finite numbers."""
    cells = _read_cells(path, source, ["smiles", *numeric])
    smiles = tuple(text.strip() for text in cells["smiles"])
    if "" in smiles:
        raise _malformed(path, source, f"row {smiles.index('') + 1} has no SMILES")
    return Columns(smiles, {name: _numbers(cells[name], name, path, source) for name in numeric})


def _read_cells(path: Path, source: Source, wanted: list[str]) -> dict[str, list[str]]:
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream, restval="")
            missing = [column for column in wanted if column not in (reader.fieldnames or [])]
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as reason:
        raise _malformed(path, source, f"it is not a CSV file in UTF-8 ({reason})") from reason
    if missing:
        raise _malformed(path, source, f"it lacks the column {missing[0]!r}")
    if not rows:
        raise _malformed(path, source, "it has no rows")
    return {column: [row[column] for row in rows] for column in wanted}


def _numbers(
    cells: list[str], column: str, path: Path, source: Source
) -> Float64[np.ndarray, " n"]:
    values = np.empty(len(cells), dtype=np.float64)
    for row, cell in enumerate(cells):
        try:
            values[row] = float(cell)
        except ValueError:
            values[row] = math.nan
        if not math.isfinite(values[row]):
            problem = f"row {row + 1} of column {column!r} is {cell!r}, not a finite number"
            raise _malformed(path, source, problem)
    return values


def _malformed(path: Path, source: Source, problem: str) -> Malformed:
    return Malformed(f"{path} is not the expected table: {problem}. {source.remedy}")
