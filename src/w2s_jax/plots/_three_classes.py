"""Predictions of three classes as points of a triangle, and the two nearest points of a class."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from w2s_jax.plots._style import INK, in_colour_of, style

Point = Float[np.ndarray, "3"]
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
_STEPS = np.linspace(0, 1, 49)[:, None]
_MARKS = {"prediction": "o", "label": "s"}


def three_classes(
    members: Float[np.ndarray, "n 3"],
    *,
    weak: Point,
    truth: Point,
    students: Mapping[str, Point],
    axes: Axes | None = None,
) -> Axes:
    r"""Draw predictions of three classes as points of the triangle that their corners span.

    The first student is drawn in full: the way from the weak model to it, in the color of the
    misfit, and the way from it to the truth, each straight in probabilities or in logits as its
    divergence asks, the angle between them (a box where Fisher's metric calls it right), and in
    shade where a truth makes the gain less than the misfit, darker where it makes it negative.

    Args:
        members: of the strong class, in order, rows that sum to 1.
        weak: the weak model's prediction, probabilities > 0.
        truth: the true probabilities, > 0.
        students: by the argument of the Kullback-Leibler divergence that stood first, "prediction"
            (a circle) or "label" (a square), one or both.
        axes: to draw into; new ones by default.

    Returns:
        The axes, without ticks.

    Raises:
        ValueError: no student, or one of another name.

    Example:
        >>> from w2s_jax.plots import style
        >>> members = np.array([[0.7, 0.1, 0.2], [0.1, 0.7, 0.2]])
        >>> near = {"prediction": np.array([0.4, 0.4, 0.2])}
        >>> weak, truth = np.array([0.25, 0.25, 0.5]), members[0]
        >>> with style():
        ...     axes = three_classes(members, weak=weak, truth=truth, students=near)
        >>> [text.get_text() for text in axes.texts][-3:]
        ['f', 'w', 's']
    """
    unknown = students.keys() - _MARKS.keys()
    if unknown or not students:
        raise ValueError(
            f"students must be named by what stood first, {' or '.join(_MARKS)}; got "
            f"{', '.join(map(repr, students)) or 'none'}"
        )
    if axes is None:
        with style():
            axes = plt.subplots(figsize=(4.8, 4.4))[1]
    (first, s), *others = students.items()
    straight = ("logits", "probabilities") if first == "prediction" else ("probabilities", "logits")
    _shade(axes, first, weak, s)
    for name, corner, below in zip((1, 2, 3), CORNERS, (True, True, False), strict=True):
        shift = (0, -6 if below else 6)
        beside: dict[str, Any] = {"xytext": shift, "textcoords": "offset points", "ha": "center"}
        axes.annotate(f"class {name}", tuple(corner), va="top" if below else "bottom", **beside)
    axes.plot(*CORNERS[[0, 1, 2, 0]].T, color=INK, lw=1, alpha=0.4)
    axes.plot(*(members @ CORNERS).T, color=INK, lw=1.5)
    axes.plot(*(np.array([weak, truth]) @ CORNERS).T, lw=1.5, **in_colour_of("weak"))
    axes.plot(*(way(straight[1], s, truth) @ CORNERS).T, lw=2.5, **in_colour_of("student"))
    axes.plot(*(way(straight[0], weak, s) @ CORNERS).T, lw=2.5, **in_colour_of("misfit"))
    axes.plot(*(_angle(straight, weak, s, truth) @ CORNERS).T, color=INK, lw=1, zorder=4)
    for name, point in others:
        look = {"marker": _MARKS[name], "mfc": "none", "ms": 7, "ls": ""}
        axes.plot(*(point @ CORNERS), **look, **in_colour_of("student"))
    marks = {
        "f": (truth, "o", "truth"),
        "w": (weak, "o", "weak"),
        "s": (s, _MARKS[first], "student"),
    }
    middle = np.mean([truth, weak, s], axis=0) @ CORNERS
    for letter, (point, marker, name) in marks.items():
        own = in_colour_of(name)
        axes.scatter(*(point @ CORNERS), s=55, marker=marker, zorder=5, **own)
        away = point @ CORNERS - middle
        shift = 13 * away / (np.linalg.norm(away) or 1.0)
        beside = {"xytext": tuple(shift), "textcoords": "offset points", "ha": "center"}
        axes.annotate(letter, tuple(point @ CORNERS), va="center", **beside, **own)
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(False)
    return axes


def way(kind: str, start: Point, end: Point) -> Float[np.ndarray, "n 3"]:
    """Return points of the line between two that is straight in probabilities or in logits.

    Example:
        >>> p, q = np.array([0.5, 0.25, 0.25]), np.array([0.25, 0.25, 0.5])
        >>> print(way("logits", p, q)[24].round(4))
        [0.3694 0.2612 0.3694]
    """
    if kind == "probabilities":
        return start + _STEPS * (end - start)
    found = start ** (1 - _STEPS) * end**_STEPS
    return found / found.sum(1, keepdims=True)


def _shade(axes: Axes, first: str, weak: Point, student: Point) -> None:
    """Shade the truths whose gain is below the misfit, and again where it is below 0."""
    if np.allclose(weak, student):
        return
    mesh = np.stack(np.meshgrid(*2 * [np.linspace(0, 1, 81)]), -1).reshape(-1, 2)
    mesh = np.column_stack([mesh, 1 - mesh.sum(1)])
    mesh = np.clip(mesh[mesh[:, 2] > -1e-9], 1e-4, 1)
    v, u = np.log(student), np.log(weak)
    if first == "prediction":
        gain, misfit = mesh @ (v - u), student @ (v - u)
    else:
        gain = weak @ u - student @ v + np.log(mesh) @ (student - weak)
        misfit = weak @ (u - v)
    x, y = (mesh @ CORNERS).T
    for level in (misfit, 0.0):
        if gain.min() < level:
            levels = [gain.min() - 1, level]
            axes.tricontourf(x, y, gain, levels=levels, colors=[INK], alpha=0.1, zorder=0)
    axes.tricontour(x, y, gain, levels=[misfit], colors=[INK], linestyles=":", linewidths=1.2)


def _angle(straight: tuple[str, str], weak: Point, s: Point, truth: Point):
    """Return the mark of the angle at the student: a box where it is right, a bow elsewhere."""
    way_out = [way(kind, s, end)[1] - s for kind, end in zip(straight, (weak, truth), strict=True)]
    sizes = [np.sqrt((out**2 / s).sum()) for out in way_out]
    if min(sizes) < 1e-6:
        return np.empty((0, 3))
    a, side = (out / size for out, size in zip(way_out, sizes, strict=True))
    cosine = float((a * side / s).sum())
    b = side - cosine * a
    b = b / np.sqrt((b**2 / s).sum())
    longest = max(np.linalg.norm(each @ CORNERS) for each in (a, b))
    turn = np.linspace(0, np.arccos(np.clip(cosine, -1, 1)), 25)
    arms = np.column_stack([np.cos(turn), np.sin(turn)])
    if abs(cosine) < 1e-2:
        arms = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    return s + 0.05 / longest * arms @ np.array([a, b])
