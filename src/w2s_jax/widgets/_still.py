"""The still picture behind the playground: the solved figure, on any page and without a style."""

import math
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial import ConvexHull, QhullError

from w2s_jax.plots._style import PAGE_INK, in_words, painted
from w2s_jax.widgets._page import svg

_UNIT = 60  # of the picture's own units to one unit of predictions
_MARGIN = 24
_ROUND = np.linspace(0, 2 * np.pi, 97)
_SIDES = {"weak": ("weak", "truth"), "misfit": ("weak", "student"), "student": ("student", "truth")}


def still(state: dict[str, Any], student: Float[np.ndarray, " n"]) -> str:
    """Draw weak model, student and truth about the strong class, with the squares of a triangle.

    Args:
        state: of a playground, by the names of its traits.
        student: predictions of the student.

    Returns:
        An SVG element.

    Example:
        >>> from w2s_jax.widgets import ProjectionPlayground
        >>> form = ProjectionPlayground(shape="triangle")._repr_mimebundle_()[0]["text/html"]
        >>> form.count("<polygon"), form.count("<circle")
        (3, 3)
    """
    seen = _looking(state)
    points = {"weak": state["weak"], "student": student, "truth": state["truth"]}
    points = {name: seen @ np.asarray(point) for name, point in points.items()}
    squares = _squares(points) if state["shape"] == "triangle" else {}
    lines = [] if state["shape"] == "triangle" else [seen @ line for line in _outline(state)]
    drawn = np.concatenate([np.stack(list(points.values()), 1), *lines, *squares.values()], 1)
    if state["shape"] in ("line", "triangle"):
        lines = [_along(state, drawn)]
        drawn = np.concatenate([drawn, *lines], 1)
    low, high = drawn.min(1), drawn.max(1)
    unit = _UNIT * min(1.0, 8 / float((high - low).max()))
    width, height = unit * (high - low) + 2 * _MARGIN

    def place(point: Float[np.ndarray, "2 n"]) -> str:
        x, y = _MARGIN + unit * (point[0] - low[0]), height - _MARGIN - unit * (point[1] - low[1])
        return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))

    parts = [
        f'<polygon points="{place(square)}" fill-opacity="0.16" {painted(name, "fill", "stroke")}/>'
        for name, square in squares.items()
    ]
    parts += [
        f'<polyline points="{place(line)}" fill="none" stroke="{PAGE_INK}" stroke-opacity="0.6"/>'
        for line in lines
    ]
    for name, ends in _SIDES.items():
        line = place(np.stack([points[end] for end in ends], 1))
        own = f'fill="none" stroke-width="3" {painted(name, "stroke")}'
        parts.append(f'<polyline points="{line}" {own}/>')
    middle = np.mean(list(points.values()), axis=0)
    for name, point in points.items():
        x, y = (float(text) for text in place(point[:, None]).split(","))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" {painted(name, "fill", "stroke")}/>')
        word = "weak model" if name == "weak" else name
        below = point[1] < middle[1]  # away from the other two
        anchor = "start" if x < 60 else "end" if x > width - 60 else "middle"
        at = f'x="{x:.1f}" y="{y + (20 if below else -12):.1f}" text-anchor="{anchor}"'
        parts.append(f"<text {at}>{word}</text>")
    label = in_words("Weak model, student and truth about the strong class.")
    return svg(parts, label, width, height)


def _looking(state: dict[str, Any]) -> Float[np.ndarray, "2 n"]:
    """Return the directions to the right and up in which the reader sees the points."""
    if len(state["weak"]) == 2:
        return np.eye(2)
    a, e = state["view"]
    up = [-math.sin(e) * math.cos(a), -math.sin(e) * math.sin(a), math.cos(e)]
    return np.array([[-math.sin(a), math.cos(a), 0.0], up])


def _squares(points: dict[str, Float[np.ndarray, "2"]]) -> dict[str, Float[np.ndarray, "2 4"]]:
    """Return the corners of the squares on a triangle's sides, away from the third corner."""
    found = {}
    for name, (start, end) in _SIDES.items():
        (third,) = points.keys() - {start, end}
        a, b = points[start], points[end]
        out = np.array([a[1] - b[1], b[0] - a[0]])
        out = out if out @ (points[third] - a) <= 0 else -out
        found[name] = np.stack([a, b, b + out, a + out], 1)
    return found


def _along(state: dict[str, Any], drawn: Float[np.ndarray, "2 n"]) -> Float[np.ndarray, "2 2"]:
    """Return the ends of a line that passes by all that is drawn."""
    way = np.array([math.cos(state["angle"]), math.sin(state["angle"])])
    middle = np.asarray(state["centre"]) if state["shape"] == "line" else np.zeros(2)
    reach = way @ (drawn - middle[:, None])
    return middle[:, None] + np.outer(way, [reach.min() - 0.5, reach.max() + 0.5])


def _outline(state: dict[str, Any]) -> list[Float[np.ndarray, "n m"]]:
    """Return the edge of a strong class as lines of points, a column each."""
    centre, radius = np.asarray(state["centre"])[:, None], state["radius"]
    way = np.array([math.cos(state["angle"]), math.sin(state["angle"])])
    turned = np.stack([way, [-way[1], way[0]]], 1)
    ring = np.stack([np.cos(_ROUND), np.sin(_ROUND)])
    match state["shape"]:
        case "ball":
            return [centre + radius * ring]
        case "ball-3d":
            return [centre + radius * _looking(state).T @ ring]
        case "ellipse":
            return [centre + turned @ np.diag(state["radii"]) @ ring]
        case "l1-ball":
            return [centre + radius * np.array([[1, 0, -1, 0, 1], [0, 1, 0, -1, 0]])]
        case "simplex":
            return [np.eye(3)[:, [0, 1, 2, 0]]]
        case "polygon":
            return [_hull(np.asarray(state["vertices"]))]
        case "crescent":
            away, bitten = state["bite"]
            jaw = centre + away * way[:, None]
            outer, inner = centre + radius * ring, jaw + bitten * ring
            return [
                *_pieces(outer, np.hypot(*(outer - jaw)) >= bitten),
                *_pieces(inner, np.hypot(*(inner - centre)) <= radius),
            ]
        case _:
            return []


def _pieces(line: Float[np.ndarray, "2 m"], kept: Any) -> list[Float[np.ndarray, "2 k"]]:
    """Cut a line where its points are not kept."""
    runs = np.split(np.arange(line.shape[1]), np.flatnonzero(np.diff(kept.astype(int))) + 1)
    return [line[:, run] for run in runs if kept[run[0]]]


def _hull(points: Float[np.ndarray, "m 2"]) -> Float[np.ndarray, "2 k"]:
    """Return the corners of a convex hull, the first again at the end."""
    try:
        corners = ConvexHull(points).vertices
    except QhullError:  # all on one line: its ends
        corners = np.lexsort(points.T[::-1])[[0, -1]]
    return points[[*corners, corners[0]]].T
