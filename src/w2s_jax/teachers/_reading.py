"""Read many teachers, their students and the labels of some inputs."""

from typing import Any, NamedTuple

import numpy as np

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.bounds._reading import known
from w2s_jax.heads import fit_heads

Given = Any  # whatever `w2s_jax.arrays.numbers` reads


class Taught(NamedTuple):
    """Teachers and their students on the same inputs, in float64 on the host.

    Example:
        >>> taught([[1.0], [2.0]], students=[[1.0], [1.0]]).digits
        2.220446049250313e-16
    """

    weak: np.ndarray  # (n, teachers)
    students: np.ndarray  # (n, teachers)
    features: np.ndarray | None  # (n, d)
    fitted: bool  # whether the students were fitted here
    digits: float  # of what was given, the coarsest


class Labels(NamedTuple):
    """Labels of some inputs.

    Example:
        >>> Labels(np.ones(2), np.array([3, 4]), whole=False).rows
        array([3, 4])
    """

    values: np.ndarray  # (m,)
    rows: np.ndarray  # (m,), the inputs that they belong to
    whole: bool  # one for each input, in order


def taught(
    weak: Given, features: Given = None, students: Given = None, *, bias: bool = True
) -> Taught:
    """Read teachers and students; without students fit them, by least squares on the features.

    Args:
        weak: `(n, teachers)`, label units.
        features: `(n, d)`, the students'.
        students: `(n, teachers)`.
        bias: whether the heads that are fitted have a constant.

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`; neither features nor students; as
            many students as teachers; what is traced.

    Example:
        >>> found = taught([[1.0], [2.0], [6.0]], features=[[0.0], [1.0], [2.0]])
        >>> print(found.students[:, 0].round(6), found.fitted)
        [0.5 3.  5.5] True
    """
    if features is None and students is None:
        raise ValueError(
            "students and features are both None: pass the features that students are fitted on, "
            "or the students' predictions"
        )
    same_rows(weak=weak, students=students, features=features)
    read = {"weak": numbers("weak", weak, "n teachers")}
    if students is not None:
        read["students"] = numbers("students", students, "n teachers")
        if read["students"].shape != read["weak"].shape:
            raise ValueError(
                f"students has shape {read['students'].shape} and weak {read['weak'].shape}: pass "
                "one column for each teacher, in the same order"
            )
    if features is not None:
        read["features"] = numbers("features", features, "n d")
    digits = max(float(np.finfo(array.dtype).eps) for array in read.values())
    arrays = dict(zip(read, known(**read), strict=True))
    w, x = arrays["weak"], arrays.get("features")
    if students is not None:
        return Taught(w, arrays["students"], x, False, digits)
    # Fitted on the features as they came, whose digits decide the rank.
    fitted = fit_heads(read["features"], w, bias=bias)(read["features"])
    return Taught(w, np.asarray(fitted, np.float64), x, True, digits)


def labels_of(labels: Given, labeled: Given, weak: Given) -> Labels:
    """Read labels, of all inputs or of those that `labeled` numbers.

    Args:
        labels: `(n,)`, or `(m,)` with `labeled`.
        labeled: `(m,)`, numbers of inputs from 0 on; a draw with repetition may repeat them.
        weak: as the user gave it, for the number of inputs and their index.

    Raises:
        ValueError: as `w2s_jax.arrays.numbers` and `same_rows`; inputs that do not exist.

    Example:
        >>> labels_of([5.0, 6.0], [0, 2], [[1.0], [2.0], [3.0]]).whole
        False
    """
    (y,) = known(labels=numbers("labels", labels, "n"))
    count = np.shape(weak)[0]
    if labeled is None:
        if len(y) != count:
            raise ValueError(
                f"labels has {len(y)} rows and weak {count}: name the inputs that they belong to "
                "by labeled"
            )
        same_rows(weak=weak, labels=labels)
        return Labels(y, np.arange(count), True)
    rows = np.asarray(labeled)
    if rows.dtype == bool:
        raise ValueError("labeled holds booleans, expected numbers of inputs: np.flatnonzero(mask)")
    if rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise ValueError(
            f"labeled must be (m,) whole numbers of inputs, got {rows.dtype} of shape {rows.shape}"
        )
    if rows.shape != y.shape:
        raise ValueError(f"labeled names {len(rows)} inputs, but there are {len(y)} labels")
    if rows.min() < 0 or rows.max() >= count:
        raise ValueError(
            f"labeled must name inputs from 0 to {count - 1}, got {rows.min()} to {rows.max()}"
        )
    whole = len(rows) == count and (rows == np.arange(count)).all()
    return Labels(y, rows, bool(whole))


def products(left: np.ndarray, right: np.ndarray | None = None) -> np.ndarray:
    """Return the means of products of columns, `(teachers, teachers)`.

    Example:
        >>> products(np.array([[1.0, 2.0], [1.0, 0.0]]))
        array([[1., 1.],
               [1., 2.]])
    """
    return left.T @ (left if right is None else right) / len(left)


def distances(columns: np.ndarray) -> np.ndarray:
    """Return the mean squared distances of columns, `(teachers, teachers)`, exact for equal ones.

    Example:
        >>> distances(np.array([[1e8, 1e8 + 1.0], [0.0, 0.0]]))
        array([[0. , 0.5],
               [0.5, 0. ]])
    """
    return np.array([((columns - one[:, None]) ** 2).mean(0) for one in columns.T])
