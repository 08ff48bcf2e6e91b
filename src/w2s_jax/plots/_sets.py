"""Convex and other classes in the plane, and predictions over one input."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from w2s_jax.plots._series import drawn_into
from w2s_jax.plots._style import INK, in_colour_of, style

LETTERS = {"truth": "f", "weak": "w", "student": "s"}


@style()
def nearest_in_metric(
    corners: Float[np.ndarray, "corners 2"],
    point: Float[np.ndarray, "2"],
    nearest: Float[np.ndarray, "2"],
    metric: Float[np.ndarray, "2 2"],
    *,
    axes: Axes | None = None,
) -> Axes:
    """Draw a point q, its projection p onto a polygon, and how the metric G measures from q.

    The dashed ellipse holds all v with ‖v − q‖_G = ‖p − q‖_G; the arrow points along G(q − p), a
    direction of the normal cone at p.

    Args:
        corners: of the polygon, in order.
        point: q, the weak model.
        nearest: p, the student.
        metric: G, symmetric and positive definite.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Example:
        >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
        >>> axes = nearest_in_metric(square, np.array([2.0, 0.5]), np.array([1, 0.5]), np.eye(2))
        >>> axes.get_aspect()
        1.0
    """
    axes = drawn_into(axes, (4.0, 4.0))
    residual = metric @ (point - nearest)
    turn = np.linspace(0, 2 * np.pi, 61)
    circle = np.array([np.cos(turn), np.sin(turn)])
    level = np.linalg.solve(np.linalg.cholesky(metric).T, circle)
    level *= np.sqrt(max((point - nearest) @ residual, 0.0))
    axes.fill(*corners.T, color=INK, alpha=0.1, lw=0)
    axes.plot(*(point[:, None] + level), "--", color=INK, lw=1)
    if residual.any():
        tip = nearest + 0.6 * residual / np.linalg.norm(residual)
        arrow = {"arrowstyle": "->", "color": INK}
        axes.annotate("", tuple(tip), tuple(nearest), arrowprops=arrow)
    for name, where, shift in (("weak", point, (6, 4)), ("student", nearest, (-12, -13))):
        axes.plot(*where, "o" if name == "weak" else "s", **in_colour_of(name))
        axes.annotate(
            "q" if name == "weak" else "p",
            tuple(where),
            shift,
            textcoords="offset points",
            **in_colour_of(name),
        )
    axes.set_aspect("equal")
    axes.axis("off")
    return axes


@style()
def in_class(
    members: Float[np.ndarray, "members 2"],
    *,
    weak: Float[np.ndarray, "2"],
    student: Float[np.ndarray, "2"],
    truth: Float[np.ndarray, "2"],
    walk: Float[np.ndarray, "stops 2"] | None = None,
    joined: bool = True,
    axes: Axes | None = None,
) -> Axes:
    """Draw weak model w, student s and truth f beside a class of any shape, for two inputs.

    Between w and s stands the root of the misfit, between s and f that of the student error.

    Args:
        members: of the class, in the order in which to join them; NaN leaves out a piece.
        weak: predictions on the two inputs, label units.
        student: the same.
        truth: the same.
        walk: where the weak model passes, drawn as a dotted line.
        joined: whether the class is the curve through its members, or these alone.
        axes: to draw into; new ones by default.

    Returns:
        The axes, one label unit as long on both.

    Example:
        >>> two = np.array([[0.0, 0.0], [2.0, 0.0]])
        >>> axes = in_class(two, weak=np.array([1.1, 0]), student=two[1], truth=two[0])
        >>> len(axes.collections)
        3
    """
    axes = drawn_into(axes, (4.4, 4.4))
    axes.plot(*members.T, "-" if joined else "o", color=INK, alpha=0.45, ms=9)
    if walk is not None:
        axes.plot(*walk.T, ":", lw=1.5, **in_colour_of("weak"))
    axes.plot(*np.transpose([weak, student]), **in_colour_of("misfit"))
    axes.plot(*np.transpose([student, truth]), "--", lw=1.5, **in_colour_of("student"))
    places = {"truth": truth, "weak": weak, "student": student}
    for (name, where), marker in zip(places.items(), "Dos", strict=True):
        axes.scatter(*where, marker=marker, s=55, zorder=4, **in_colour_of(name))
        axes.annotate(
            LETTERS[name],
            tuple(where),
            (6, -15) if name == "student" else (6, 6),
            textcoords="offset points",
            **in_colour_of(name),
        )
    axes.set(xticks=[], yticks=[], aspect="equal")
    return axes


@style()
def predictions(
    x: Float[np.ndarray, " points"],
    *,
    weak: Float[np.ndarray, " points"],
    truth: Float[np.ndarray, " points"],
    student: Float[np.ndarray, " points"],
    steps: bool = False,
    axes: Axes | None = None,
) -> Axes:
    """Draw weak labels, truth and student over a single input.

    Args:
        x: the inputs, in rising order.
        weak: weak labels, label units.
        truth: true labels.
        student: the student's predictions.
        steps: whether to draw the student as a staircase.
        axes: to draw into; new ones by default.

    Returns:
        The axes, with a legend above them.

    Example:
        >>> x = np.linspace(0, 1, 3)
        >>> axes = predictions(x, weak=x**2, truth=x, student=x)
        >>> [text.get_text() for text in axes.get_legend().get_texts()]
        ['weak labels', 'truth', 'student']
    """
    axes = drawn_into(axes)
    axes.plot(x, weak, ".-", lw=0.7, ms=5, label="weak labels", **in_colour_of("weak"))
    axes.plot(x, truth, label="truth", **in_colour_of("truth"))
    kind = "steps-mid" if steps else "default"
    own = in_colour_of("student")
    axes.plot(x, student, "--", drawstyle=kind, label="student", **own)
    axes.set(xlabel="input", ylabel="label or prediction")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.18), ncols=3, fontsize=10)
    return axes
