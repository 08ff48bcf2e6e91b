"""Recorded results: rows with the provenance that it takes to make them again."""

import json
import math
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

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
        "versions": _versions(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "seconds": round(time.perf_counter() - start, 1),
    }
    head = json.dumps(provenance, indent=1)
    body = ",\n".join(json.dumps(row) for row in rows)
    text = f'{{"provenance": {head},\n"rows": [\n{body}\n]}}\n'
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, suffix=".part") as file:
        file.write(text)
    os.replace(file.name, path)
    return path


def recorded(name: str) -> dict[str, Any]:
    """Read the recorded results that came with the package.

    Returns:
        `{"provenance": {...}, "rows": [...]}`.

    Raises:
        FileNotFoundError: no such record, with the names there are.

    Example:
        >>> sorted(recorded("supervisors"))
        ['provenance', 'rows']
    """
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


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in ("w2s-jax", "jax", "jaxlib", "numpy", "rdkit"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
