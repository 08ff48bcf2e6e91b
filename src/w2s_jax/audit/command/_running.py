"""From a command line's choices to an audit, its page and its files."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
from tqdm import tqdm

from w2s_jax.audit.command._columns import Column
from w2s_jax.audit.command._inputs import places_of, read_inputs
from w2s_jax.audit.command._lines import carried_lines
from w2s_jax.audit.command._places import Place
from w2s_jax.audit.command._requirements import outcomes, requirement_of
from w2s_jax.audit.command._stopping import at_once
from w2s_jax.audit.page._short import short
from w2s_jax.files import versions, write_whole
from w2s_jax.files._digests import file_sha256

Lines = list[str]


def run(chosen: argparse.Namespace) -> tuple[dict[str, Any], Lines]:
    """Read, join, audit, compare with what is required, and write.

    Args:
        chosen: what the command line says.

    Returns:
        The audit as numbers, with files and requirements, and the lines to print.

    Raises:
        ValueError: wrong input or usage, in one sentence.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from w2s_jax.audit.command._main import parser
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "w.npy")
        ...     np.save(path, np.arange(8.0))
        ...     words = ["audit", "--weak", str(path), "--student", str(path)]
        ...     told, lines = run(parser().parse_args(words))
        >>> told["verdict"]["kind"], told["inputs"]
        ('imitation', 8)
    """
    wanted = [requirement_of(text) for text in chosen.require]
    if 1 < chosen.confidence < 100:
        share = f"{chosen.confidence / 100:g}"
        raise ValueError(f"--confidence is a share of 1: write {share} for {chosen.confidence:g} %")
    places = places_of(chosen)
    _demand_outputs(chosen, places)
    jax.config.update("jax_enable_x64", True)
    joined, arguments, columns = read_inputs(chosen, places)
    with at_once():
        from w2s_jax.audit import audit

    found = audit(**arguments)
    told = found.to_dict()
    told["files"] = _files(columns, chosen)
    told["notes"] = list(joined.notes)
    told["versions"] = versions()
    for one in told.get("influence") or ():
        if joined.ids is not None:
            one["id"] = str(joined.ids[one["row"]])
    met = outcomes(wanted, told)
    told["requirements"] = [one._asdict() for one in met]
    said = [*carried_lines(told), *joined.notes, *map(str, met)]
    lines = [str(found), *said, *_write(told, chosen)]
    return told, lines


def _files(columns: Sequence[Column], chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """List what was read; contents are hashed only for what is written down."""
    paths = dict.fromkeys(column.place.path for column in columns)
    digests: dict[Path, str] = {}
    if chosen.html or chosen.json:
        long = sum(path.stat().st_size for path in paths) > 5e8 and not chosen.quiet
        for path in tqdm(paths, desc="hashing", unit="file", disable=None if long else True):
            digests[path] = file_sha256(path)
    found = []
    for path in paths:
        own = [column for column in columns if column.place.path == path]
        used = [" ".join([c.place.argument, c.place.name, *c.place.columns]) for c in own]
        used = [" ".join(words.split()) for words in used]
        one = {"file": str(path), "used": used, "rows": own[0].rows, "sha256": digests.get(path)}
        found.append(one)
    return found


def _demand_outputs(chosen: argparse.Namespace, places: Mapping[str, Sequence[Place]]) -> None:
    read = {place.path.resolve() for some in places.values() for place in some}
    written = [(f"--{name}", path) for name in ("html", "json") if (path := getattr(chosen, name))]
    for flag, path in written:
        if str(path) == "-":
            raise ValueError(f"{flag} -: the output is for words, name a file")
        if path.is_dir():
            raise ValueError(f"{flag} {short(str(path))} is a folder: name a file in it")
        if path.resolve() in read:
            raise ValueError(f"{flag} {short(str(path))} is read as input: name another file")
        above = next(folder for folder in path.absolute().parents if folder.exists())
        if not above.is_dir():
            raise ValueError(f"{flag}: {short(str(above))} is a file, not a folder: name another")
    if len({path.resolve() for _, path in written}) < len(written):
        raise ValueError("--html and --json name one file: give each its own")


def _write(told: Mapping[str, Any], chosen: argparse.Namespace) -> Lines:
    """Make everything before anything is written."""
    made = []
    if chosen.json:
        text = json.dumps(told, ensure_ascii=False, allow_nan=False, indent=1)
        made.append((chosen.json, text + "\n"))
    if chosen.html:
        with at_once():
            from w2s_jax.audit.page._page import page  # and matplotlib

        made.append((chosen.html, page(told)))
    for path, text in made:
        try:
            write_whole(path, text.encode())
        except OSError as reason:  # which may name a file of passage
            why = reason.strerror or type(reason).__name__
            raise ValueError(
                f"{short(str(path))} cannot be written ({why}): name another"
            ) from None
    return [f"wrote {path}" for path, _ in made]
