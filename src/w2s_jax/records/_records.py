"""Recorded results: rows with the provenance that it takes to make them again."""

import json
import math
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from w2s_jax._extras import extra
from w2s_jax.files import versions, write_whole

Rows = list[dict[str, Any]]

_INSTALLED = Path(__file__).parents[1] / "results"
_CHECKOUT = Path(__file__).parents[3] / "results"


def record(name: str, config: Any, run: Callable[[Any], Rows], folder: Path) -> Path:
    """Run an experiment and write `folder/name.json`, whole or not at all.

    Args:
        name: of the experiment.
        config: a frozen dataclass.
        run: config ↦ rows.
        folder: made when missing.

    Returns:
        The file: `{"provenance": {config, commit, versions, date, seconds}, "rows": [...]}`.

    Raises:
        ValueError: a row holds NaN or infinity; nothing is written then.

    Example:
        >>> import tempfile
        >>> from dataclasses import make_dataclass
        >>> config = make_dataclass("Config", [("seed", int)], frozen=True)(seed=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = record("toy", config, lambda c: [{"seed": c.seed}], Path(folder))
        ...     json.loads(path.read_text())["rows"]
        [{'seed': 1}]
    """
    start = time.perf_counter()
    rows = run(config)
    for row in rows:
        bad = [key for key, v in row.items() if isinstance(v, float) and not math.isfinite(v)]
        if bad:
            raise ValueError(f"{name}: {', '.join(bad)} not finite in row {row}; nothing written")
    provenance = {
        "config": asdict(config),
        "commit": _commit(),
        "versions": versions(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "seconds": round(time.perf_counter() - start, 1),
    }
    head = json.dumps(provenance, indent=1)
    body = ",\n".join(json.dumps(row) for row in rows)
    text = f'{{"provenance": {head},\n"rows": [\n{body}\n]}}\n'
    path = folder / f"{name}.json"
    write_whole(path, text.encode())
    return path


def recorded(name: str) -> Any:
    """Read the recorded results that came with the package as a pandas data frame (extra `tables`).

    Args:
        name: of the record.

    Returns:
        A frame with a row for each recorded row, NaN where a row lacks a column. `provenance`
        tells how it was made.

    Raises:
        FileNotFoundError: no such record, with the names there are.
        ImportError: pandas is missing; `recorded_rows` needs nothing.

    Example:
        >>> frame = recorded("supervisors")
        >>> "misfit" in frame.columns
        True
    """
    with extra("tables"):
        from pandas import DataFrame
    return DataFrame(recorded_rows(name))


def recorded_rows(name: str) -> Rows:
    """Read the rows of a record, each with the columns that it has.

    Raises:
        FileNotFoundError: as `recorded`.

    Example:
        >>> len(recorded_rows("supervisors")) > 100
        True
    """
    return _read(name)["rows"]


def provenance(name: str) -> dict[str, Any]:
    """Tell how a record was made: configuration, commit, versions, date, seconds.

    Raises:
        FileNotFoundError: as `recorded`.

    Example:
        >>> sorted(provenance("supervisors"))
        ['commit', 'config', 'date', 'seconds', 'versions']
    """
    return _read(name)["provenance"]


def _read(name: str) -> dict[str, Any]:
    for folder in (_INSTALLED, _CHECKOUT):
        path = folder / f"{name}.json"
        if path.is_file():
            return json.loads(path.read_text(encoding="utf8"))
    names = sorted(
        path.stem for folder in (_INSTALLED, _CHECKOUT) for path in folder.glob("*.json")
    )
    raise FileNotFoundError(
        f"no recorded results {name!r}; there are: {', '.join(names) or 'none'}"
    )


def _commit() -> str | None:
    try:
        command = ["git", "-C", str(_CHECKOUT.parent), "describe", "--always", "--dirty"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
