"""What a command line names: its files found, read and joined into the arguments of `audit`."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from w2s_jax.audit._reading import GROUPS
from w2s_jax.audit.command._columns import Column, Reader, numbered
from w2s_jax.audit.command._joining import Joined, join
from w2s_jax.audit.command._orders import demand_one_order
from w2s_jax.audit.command._places import Place, place_of
from w2s_jax.audit.page._short import short

SMALL = 2**28  # bytes; longer features stay on the disk


def places_of(chosen: argparse.Namespace) -> dict[str, list[Place]]:
    """Find every file before one is read.

    Args:
        chosen: what the command line says.

    Returns:
        Places by argument: `weak`, `student`, `features`, `labels`, `groups`, `ceiling` and
        `array_ids`.

    Raises:
        ValueError: a file that is not there or of another kind; arguments that do not fit.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from w2s_jax.audit.command._main import parser
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(Path(folder, "w.npy"), np.ones(3))
        ...     words = ["audit", "--weak", f"{folder}/w.npy", "--student", f"{folder}/w.npy"]
        ...     found = places_of(parser().parse_args(words))
        >>> found["weak"][0].path.name, found["labels"]
        ('w.npy', [])
    """
    found = {
        "weak": [place_of("--weak", text, named=True) for text in chosen.weak],
        "student": [place_of("--student", text, named=True) for text in chosen.student],
    }
    for name in ("features", "labels", "groups", "ceiling", "array_ids"):
        text = getattr(chosen, name)
        if text is None or (name == "ceiling" and _number(text) is not None):
            found[name] = []
        else:
            found[name] = [place_of(f"--{name.replace('_', '-')}", text)]
    teachers, students = found["weak"], found["student"]
    names = [place.name for place in teachers]
    if len(teachers) > 1 and ("" in names or len({*names}) < len(names)):
        raise ValueError("--weak is given again: give each teacher a name of its own, a=w.npy")
    if len(students) > 1 and [place.name for place in students] != names:
        told = ", ".join(name or "no name" for name in names)
        raise ValueError(f"--student must be given once, or once a teacher as {short(told)}")
    if not students and not found["features"]:
        raise ValueError("--student is missing, and --features to fit one from: give one of them")
    if chosen.ridge and students and not found["features"]:
        raise ValueError("--ridge is for students fitted here, and --student is given: drop one")
    if chosen.array_ids and not chosen.id:
        raise ValueError("--array-ids needs --id, the column by which the other files' rows match")
    if chosen.id and "," in chosen.id:
        raise ValueError("--id must name one column: join two into one first")
    return found


def read_inputs(
    chosen: argparse.Namespace, places: Mapping[str, Sequence[Place]]
) -> tuple[Joined, dict[str, Any], list[Column]]:
    """Read every file, join their rows, and make of them what `audit` is called with.

    Args:
        chosen: what the command line says.
        places: of its files.

    Returns:
        The joined rows, the arguments of `audit`, and the columns as they were read.

    Raises:
        ValueError: by file, place and remedy.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from w2s_jax.audit.command._main import parser
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(Path(folder, "w.npy"), np.ones(3))
        ...     words = ["audit", "--weak", f"{folder}/w.npy", "--student", f"{folder}/w.npy"]
        ...     asked = parser().parse_args(words)
        ...     _, arguments, _ = read_inputs(asked, places_of(asked))
        >>> arguments["weak"]
        array([1., 1., 1.])
    """
    everywhere = [place for some in places.values() for place in some]
    reader = Reader(chosen.id, bars=not chosen.quiet, places=everywhere)
    spoken = [p for name in ("weak", "student", "ceiling", "labels") for p in places[name]]
    found = {p: _held(column, 0) for p, column in _predictions(reader, spoken, chosen.loss)}
    names, columns = [], []
    for name in ("weak", "student", "features", "ceiling", "groups"):
        for place in places[name]:
            if name == "groups":
                column = reader.words(place, "group")
                _demand_few(column)
            elif name == "features":
                column = _held(reader.numbers(place, many=True), SMALL)
                if column.values.ndim == 1:  # a single feature
                    column = column._replace(values=column.values[:, None])
            else:
                column = found[place]
            names.append(name)
            columns.append(column)
    labels = found[places["labels"][0]] if places["labels"] else None
    ids = reader.words(places["array_ids"][0], "id") if places["array_ids"] else None
    joined = join(columns, labels, ids, by=chosen.id)
    if chosen.id is None:  # behind `join`, which refuses other numbers of rows
        demand_one_order(everywhere)
    by_name = {name: [v for n, v in zip(names, joined.values, strict=True) if n == name]
               for name in set(names)}  # fmt: skip
    arguments = _arguments(chosen, places, by_name, joined)
    return joined, arguments, [*columns, *(c for c in (labels, ids) if c is not None)]


def _predictions(
    reader: Reader, places: Sequence[Place], loss: str
) -> Iterator[tuple[Place, Column]]:
    """Read predictions and labels; names of classes become numbers, the same in all files."""
    if loss == "zero-one" and all(len(place.columns) < 2 for place in places):
        try:
            columns = [reader.numbers(place) for place in places]
        except ValueError:  # names, or what words refuses too
            columns = numbered([reader.words(p, "class", blank=p.argument == "--labels")
                                for p in places])  # fmt: skip
        yield from zip(places, columns, strict=True)
        return
    for place in places:
        column = reader.numbers(place)
        if column.values.ndim == 1 and loss in ("kl", "cross-entropy"):
            name = place.columns[0] if place.columns else "p"
            like = f"{place.file}:{short(f'{name}0,{name}1', 40)}"
            told = f"--loss {loss} needs a probability for each class, and {place.said} is one"
            raise ValueError(f"{told} column: name one a class, as {like}")
        if column.values.ndim > 1 and loss == "squared":
            several = f"has {column.values.shape[1]} columns"
            raise ValueError(f"{place.said} {several}: name one, or the loss by --loss")
        yield place, column


def _demand_few(column: Column) -> None:
    count = len(column.values.unique())
    if count > GROUPS:
        told = f"{column.place.said} names {count:,} groups, expected at most {GROUPS}"
        raise ValueError(f"{told}: is it a column of ids? Name another, or put groups together")


def _held(column: Column, most: int) -> Column:
    """Read what a map of the disk shows, unless it is long."""
    if not isinstance(column.values, np.memmap) or column.values.nbytes > most > 0:
        return column
    return column._replace(values=np.array(column.values))


def _arguments(
    chosen: argparse.Namespace,
    places: Mapping[str, Sequence[Place]],
    values: Mapping[str, list[Any]],
    joined: Joined,
) -> dict[str, Any]:
    """Return what `audit` is called with."""

    def named(name: str) -> Any:
        if len(values.get(name, ())) > 1 or (name == "weak" and places[name][0].name):
            called = [place.name for place in places[name]]
            return dict(zip(called, values[name], strict=True))
        return values[name][0] if values.get(name) else None

    weak, student = named("weak"), named("student")
    if isinstance(weak, dict) and len(weak) == 1:
        ((_, weak),) = weak.items()
    ceiling = values["ceiling"][0] if "ceiling" in values else _number(chosen.ceiling or "")
    groups = values["groups"][0].to_pylist() if "groups" in values else None
    return {
        "weak": weak,
        "student": student,
        "features": values["features"][0] if "features" in values else None,
        "labels": joined.labels,
        "labelled": joined.labelled,
        "loss": chosen.loss,
        "ceiling": ceiling,
        "groups": groups,
        "ridge": chosen.ridge,
        "confidence": chosen.confidence,
    }


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
