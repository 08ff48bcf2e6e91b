"""Made teachers of a truth within the students' reach: whose faults are how alike, and how large.

A teacher is the truth plus a fault. Half of the features are the students': what a fault says by
these the student copies, and drops the rest.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Kind(NamedTuple):
    """How teachers err.

    Example:
        >>> KINDS["equal"].unequal
        False
    """

    unequal: bool  # sizes of their faults from 0.2 to 1.2, else all 0.7
    shared: float  # share of each fault that is common to all
    copied: bool = False  # the first teacher's fault is large, and nearly all within reach
    gap: float = 0.0  # ε, what of the truth is out of reach, squared label units


KINDS = {
    "unequal": Kind(True, 0.0),
    "unequal, shared": Kind(True, 0.4),
    "equal": Kind(False, 0.0),
    "equal, shared": Kind(False, 0.4),
    "one copied": Kind(True, 0.0, copied=True),
    "out of reach": Kind(True, 0.0, gap=0.1),
}


class Teachers(NamedTuple):
    """Made teachers and their students on the same n inputs.

    Example:
        >>> drawn = draw(KINDS["equal"], 60, 3, 4, np.random.default_rng(0))
        >>> drawn.weak.shape, drawn.features.shape
        ((60, 3), (60, 4))
    """

    weak: Float[np.ndarray, "n teachers"]
    students: Float[np.ndarray, "n teachers"]
    truth: Float[np.ndarray, " n"]
    features: Float[np.ndarray, "n d"]  # the students'


def draw(kind: Kind, inputs: int, teachers: int, width: int, rng: np.random.Generator) -> Teachers:
    """Draw a truth of mean square about 1, teachers, and project them onto the students' features.

    Args:
        kind: how teachers err.
        inputs: n.
        teachers: how many.
        width: number of the students' features; as many more are beyond them.
        rng: of the draw.

    Example:
        >>> drawn = draw(KINDS["one copied"], 900, 3, 4, np.random.default_rng(0))
        >>> misfits = ((drawn.weak - drawn.students) ** 2).mean(0)
        >>> int(misfits.argmin())
        0
    """
    x = rng.normal(size=(inputs, 2 * width)) / np.sqrt(width)
    h, beyond = x[:, :width], x[:, width:]
    beta = np.concatenate([rng.normal(size=width), np.zeros(width)])
    common = rng.normal(size=2 * width)
    sizes = rng.uniform(0.2, 1.2, teachers) if kind.unequal else np.full(teachers, 0.7)
    own = rng.normal(size=(2 * width, teachers))
    if kind.copied:
        sizes[0], own[width:, 0] = 1.2, 0.1 * own[width:, 0]
    faults = np.sqrt(kind.shared) * common[:, None] + np.sqrt(1 - kind.shared) * own
    truth = x @ beta + np.sqrt(kind.gap) * (beyond @ rng.normal(size=width))
    weak = (x @ beta)[:, None] + x @ (sizes * faults)
    if kind.gap:  # a teacher may know of it
        weak = weak + (truth - x @ beta)[:, None] * rng.uniform(0, 1, teachers)
    students = h @ np.linalg.lstsq(h, weak, rcond=None)[0]
    return Teachers(weak, students, truth, h)
