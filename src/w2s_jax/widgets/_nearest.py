"""Lines of predictions for three classes, and their points nearest to a label."""

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.special import softmax

from w2s_jax.divergences import KL

Point = Float[np.ndarray, "3"]
Places = Float[np.ndarray, " n"]
_CUTS = 256  # stretches of a line that may each hold a nearest point


def on_line(kind: str, ends: Float[np.ndarray, "2 3"], place: Any) -> Float[np.ndarray, "*n 3"]:
    """Return the point of a line that lies so far from its first end toward its second.

    Args:
        kind: what the line is straight in, "probabilities" or "logits".
        ends: predictions, one a row.
        place: 0 at the first, 1 at the second; for many of them a column, `(n, 1)`.

    Example:
        >>> ends = np.array([[0.5, 0.25, 0.25], [0.125, 0.5, 0.375]])
        >>> print(on_line("probabilities", ends, 0.5))
        [0.3125 0.375  0.3125]
    """
    given = ends if kind == "probabilities" else np.log(ends)
    point = given[0] + place * (given[1] - given[0])
    return point if kind == "probabilities" else softmax(point, axis=-1)


def _slopes(
    kind: str, first: str, ends: Float[np.ndarray, "2 3"], label: Point, places: Places
) -> Places:
    """Return how fast the divergence from the label changes along the line."""
    v = np.atleast_2d(on_line(kind, ends, np.asarray(places)[..., None]))
    if kind == "probabilities":
        rate = (ends[1] - ends[0]) / v
    else:
        tilt = np.log(ends[1] / ends[0])
        rate = tilt - (v @ tilt)[:, None]
    return (v * rate * np.log(v / label)).sum(1) if first == "prediction" else -rate @ label


def nearest(kind: str, first: str, ends: Float[np.ndarray, "2 3"], label: Point) -> float:
    r"""Return the place on a line whose point diverges least from a label.

    $$\arg\min_{t \in [0, 1]} D(v_t, w), \qquad D(v, w) = \mathrm{KL}(v \,\|\, w)
    \text{ or } \mathrm{KL}(w \,\|\, v) .$$

    On a line straight in logits $\mathrm{KL}(v_t \,\|\, w)$ is not convex: every stretch is looked
    at.

    Args:
        kind: what the line is straight in.
        first: which argument of the divergence stands first, "prediction" or "label".
        ends: of the line.
        label: probabilities > 0.

    Example:
        >>> ends = np.array([[0.7, 0.05, 0.25], [0.05, 0.75, 0.2]])
        >>> round(nearest("probabilities", "prediction", ends, np.array([0.15, 0.3, 0.55])), 6)
        0.645576
    """

    def slope(place: float) -> float:
        return float(_slopes(kind, first, ends, label, np.array([place]))[0])

    grid = np.linspace(0, 1, _CUTS + 1)
    signs = _slopes(kind, first, ends, label, grid)
    places = [0.0, 1.0]
    for low, high, before, after in zip(grid, grid[1:], signs, signs[1:], strict=False):
        if before < 0 <= after:
            places.append(float(np.asarray(brentq(slope, low, high, xtol=1e-16))))
    return min(places, key=lambda t: float(KL(first)(on_line(kind, ends, t), label)))
