"""The triangle of weak model, student and truth."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from w2s_jax.plots._series import drawn_into
from w2s_jax.plots._style import INK, in_colour_of


def triangle(
    weak: Float[np.ndarray, "2"],
    student: Float[np.ndarray, "2"],
    truth: Float[np.ndarray, "2"],
    *,
    axes: Axes | None = None,
) -> Axes:
    """Draw the triangle of weak model, student and truth over a line of strong functions.

    The paper's Fig. 1 for two inputs: a function is the point of its two predictions, and the
    strong class is the line through the origin and the student. Its sides are the roots of weak
    error, student error and misfit.

    Args:
        weak: predictions on the two inputs, label units.
        student: the projection of `weak` onto the line.
        truth: predictions of the truth.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Example:
        >>> from w2s_jax.plots import style
        >>> with style():
        ...     axes = triangle(np.array([1.0, 2.0]), np.array([1.5, 1.5]), np.array([3.0, 3.0]))
        >>> axes.get_aspect()
        1.0
    """
    axes = drawn_into(axes)
    points = {"weak": weak, "student": student, "truth": truth}
    if np.any(student):
        axes.axline((0, 0), tuple(student), color=INK, lw=1, alpha=0.5)
    for start, end, side in (
        ("weak", "truth", "weak"),
        ("student", "truth", "student"),
        ("weak", "student", "misfit"),
    ):
        axes.plot(*np.transpose([points[start], points[end]]), zorder=2, **in_colour_of(side))
    for name, point in points.items():
        axes.scatter(*point, s=60, zorder=3, **in_colour_of(name))
        beside = {"xytext": (7, 7), "textcoords": "offset points"}
        axes.annotate(name, tuple(point), **beside, **in_colour_of(name))
    axes.set(xlabel="prediction on the first input", ylabel="prediction on the second")
    axes.set_aspect("equal")
    return axes
