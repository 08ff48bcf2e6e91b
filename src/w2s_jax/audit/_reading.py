"""The arguments of `audit`: teachers by name, labels by row, groups by input."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.audit._features import Features, read_features
from w2s_jax.report._loss import chosen

LEAST = 10  # labels below which nothing is estimated from them
GROUPS = 100


class Asked(NamedTuple):
    """What an audit is asked, on the host.

    Attributes:
        weak: predictions by name of the teacher, `(n,)` or `(n, classes)`.
        student: those of the students, by the same names; None where they are to be fitted.
        features: of all inputs, or None.
        labels: `(m,)` or `(m, classes)` true labels, or None.
        rows: `(m,)`, the inputs that they belong to.
        ceiling: on these inputs, or one number, or None.
        groups: `(n,)`, or None.
        loss: its name.
        inputs: n.

    Example:
        >>> asked = read_asked([1.0, 2.0], [1.0, 1.0], None, [np.nan, 1.5])
        >>> asked.labels, asked.rows, asked.inputs
        (array([1.5]), array([1]), 2)
    """

    weak: dict[str, np.ndarray]
    student: dict[str, np.ndarray] | None
    features: Features | None
    labels: Any
    rows: np.ndarray
    ceiling: Any
    groups: Any
    loss: str
    inputs: int


def read_asked(
    weak: Any,
    student: Any = None,
    features: Any = None,
    labels: Any = None,
    labelled: Any = None,
    loss: Any = "squared",
    ceiling: Any = None,
    groups: Any = None,
    names: Any = None,
) -> Asked:
    """Read the arguments of `audit`.

    Args:
        weak: of `audit`, as are the next.
        student: or None.
        features: or None.
        labels: or None.
        labelled: or None.
        loss: a name or a divergence.
        ceiling: or None.
        groups: or None.
        names: of the teachers in a list.

    Raises:
        ValueError: what the door refuses; rows, names or numbers of labels that do not fit.

    Example:
        >>> list(read_asked({"a": [1.0], "b": [2.0]}, [1.0]).student)
        ['a', 'b']
    """
    kind = chosen(loss).name
    teachers = _named("weak", weak, names)
    first = next(iter(teachers.values()))
    own = None if student is None else _students(student, teachers)
    x = None if features is None else read_features(features)
    whole = (
        {f"weak[{n!r}]": v for n, v in teachers.items()} if len(teachers) > 1 else {"weak": first}
    )
    if own is not None:
        more = own.items() if len(teachers) > 1 else [(None, next(iter(own.values())))]
        whole |= {"student" if n is None else f"student[{n!r}]": v for n, v in more}
    same_rows(**whole, groups=groups)
    inputs = len(first)
    if x is not None and x.shape[0] != inputs:
        raise ValueError(
            f"features hold {x.shape[0]} inputs, but weak {inputs}: "
            "pass the same inputs in the same order"
        )
    read = {name: _predictions(name, value, kind) for name, value in whole.items()}
    values = list(read.values())
    for name, value in read.items():
        if value.shape != values[0].shape:
            raise ValueError(
                f"{name} has shape {value.shape}, but {next(iter(read))} has shape "
                f"{values[0].shape}: pass predictions of the same inputs and classes"
            )
    truth, rows = _labels(labels, labelled, inputs, kind)
    return Asked(
        dict(zip(teachers, values, strict=False)),
        None if own is None else dict(zip(teachers, values[len(teachers) :], strict=True)),
        x,
        truth,
        rows,
        _ceiling(ceiling, rows, inputs, truth),
        _groups(groups),
        kind,
        inputs,
    )


def _named(argument: str, given: Any, names: Any) -> dict[str, Any]:
    """Tell several models from one: a mapping, or a list of arrays."""
    if isinstance(given, Mapping):
        if names is not None:
            raise ValueError(
                f"names are given, but {argument} has its own, {list(given)}: leave one"
            )
        found = {str(name): value for name, value in given.items()}
        if not found or len(found) < len(given):
            raise ValueError(
                f"{argument} must hold models under different names, got {list(given)}"
            )
        return found
    several = isinstance(given, list | tuple) and all(getattr(m, "ndim", 0) for m in given)
    several = several and len(given) > 0
    members = list(given) if several else [given]
    if names is None:
        names = [str(k + 1) for k in range(len(members))] if several else ["teacher"]
    names = [names] if isinstance(names, str) else list(map(str, names))
    if len(set(names)) != len(members):
        raise ValueError(f"names must be {len(members)} different ones, one a teacher, got {names}")
    return dict(zip(names, members, strict=True))


def _students(student: Any, teachers: dict[str, Any]) -> dict[str, Any]:
    if isinstance(student, Mapping):
        found = {str(name): value for name, value in student.items()}
        if set(found) != set(teachers):
            raise ValueError(
                f"student names {list(found)}, but weak names {list(teachers)}: pass one student a "
                "teacher, under the teacher's name"
            )
        return {name: found[name] for name in teachers}
    found = list(_named("student", student, None).values())
    if len(found) == 1:
        return dict.fromkeys(teachers, found[0])
    if len(found) != len(teachers):
        raise ValueError(f"student holds {len(found)} models for {len(teachers)} teachers")
    return dict(zip(teachers, found, strict=True))


def _predictions(name: str, value: Any, loss: str) -> np.ndarray:
    if loss == "squared":
        found = numbers(name, value, "n", "n tasks")
        if np.ndim(found) == 2:
            raise ValueError(
                f"{name} has shape {np.shape(found)}, expected (n,): pass one column with "
                ".reshape(-1), and several teachers as a dict {name: predictions}"
            )
        return np.asarray(found, np.float64)
    text = np.asarray(value if not hasattr(value, "to_numpy") else value.to_numpy())
    if loss == "zero-one" and text.dtype.kind in "OUT":
        return text
    return np.asarray(numbers(name, value, "n", "n classes"), np.float64)


def _labels(labels: Any, labelled: Any, inputs: int, loss: str) -> tuple[Any, np.ndarray]:
    """Return the labels that are known, and their rows."""
    if labels is None:
        if labelled is not None:
            raise ValueError("labelled names inputs, but labels is None: pass their labels too")
        return None, np.empty(0, int)
    found = labels.to_numpy() if hasattr(labels, "to_numpy") else labels
    words = loss == "zero-one" and np.asarray(found).dtype.kind in "OUT"
    if not words:
        found = numbers("labels", labels, "n", "n classes", finite=False)
    found = np.asarray(found)
    if labelled is not None:
        rows = _rows(labelled, inputs)
        if len(rows) != len(found):
            raise ValueError(
                f"labels holds {len(found)} labels, but labelled names {len(rows)} inputs: pass "
                "one label for each"
            )
    elif len(found) == inputs:
        rows = np.arange(inputs)
    else:
        raise ValueError(
            f"labels has {len(found)} rows and weak {inputs}: say by labelled which inputs they "
            "belong to, or pass NaN where a label is unknown"
        )
    missing = np.array([v is None or v != v for v in found]) if words else np.isnan(found)
    missing = missing.reshape(len(found), -1).any(1)
    found, rows = found[~missing], rows[~missing]
    return (found if len(found) else None), rows


def _rows(labelled: Any, inputs: int) -> np.ndarray:
    given = np.asarray(labelled)
    if given.dtype == bool:
        if given.shape != (inputs,):
            raise ValueError(f"labelled has shape {given.shape}, expected a mask of ({inputs},)")
        return np.flatnonzero(given)
    if given.dtype.kind not in "iu" or given.ndim != 1:
        raise ValueError(
            f"labelled must be (m,) whole numbers of inputs or a mask, got {given.dtype} of shape "
            f"{given.shape}"
        )
    if given.size and not 0 <= given.min() <= given.max() < inputs:
        raise ValueError(
            f"labelled must name inputs from 0 to {inputs - 1}, got {given.min()} to {given.max()}"
        )
    value, count = np.unique(given, return_counts=True)
    if (count > 1).any():
        raise ValueError(
            f"labelled names the input {value[count > 1][0]} more than once: pass each label once"
        )
    return given.astype(int)


def _ceiling(ceiling: Any, rows: np.ndarray, inputs: int, truth: Any) -> Any:
    if ceiling is None:
        return None
    if truth is None:
        raise ValueError("a ceiling needs labels: PGR is gain / (weak error − ceiling)")
    if not np.ndim(ceiling):
        return float(ceiling)
    found = np.asarray(ceiling.to_numpy() if hasattr(ceiling, "to_numpy") else ceiling)
    if len(found) not in (inputs, len(rows)):
        raise ValueError(
            f"ceiling has {len(found)} rows, expected the strong model's predictions of the "
            f"{inputs} inputs or of the {len(rows)} labeled ones, or its error, one number"
        )
    return found[rows] if len(found) == inputs else found


def _groups(groups: Any) -> np.ndarray | None:
    if groups is None:
        return None
    found = np.asarray(groups.to_numpy() if hasattr(groups, "to_numpy") else groups)
    if found.ndim != 1:
        raise ValueError(f"groups has shape {found.shape}, expected (n,): one name an input")
    missing = [v is None or v != v for v in found] if found.dtype.kind in "Of" else [False]
    if any(missing):
        raise ValueError(f"groups names none at index {int(np.argmax(missing))}: give it a name")
    found = found.astype(str)
    count = len(np.unique(found))
    if count > GROUPS:
        raise ValueError(f"groups holds {count} names, expected at most {GROUPS}")
    return found
