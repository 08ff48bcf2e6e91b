"""What a supervisor says beside the truth, and what its student's gain is made of."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from w2s_jax.plots._series import MARKERS, drawn_into
from w2s_jax.plots._style import INK, in_colour_of, style

PARTS = {"misfit": (1, "misfit", 1.0), "beyond": (-1, None, 0.6), "drift": (-1, None, 0.25)}
"""Part ↦ its sign in the gain, its object of `COLOURS` or none for ink, how opaque it is."""


def side_by_side(titles: Mapping[str, str], *, height: float = 2.8) -> dict[str, Axes]:
    """Make a row of axes in the book's style.

    Args:
        titles: key ↦ title, from left to right.
        height: of the row, in inches.

    Returns:
        key ↦ axes.

    Raises:
        ValueError: no title.

    Example:
        >>> panels = side_by_side({"esol": "ESOL", "lipop": "Lipop"})
        >>> [axes.get_title(loc="left") for axes in panels.values()]
        ['ESOL', 'Lipop']
    """
    if not titles:
        raise ValueError("need a title for each panel; got none")
    with style():
        row = plt.subplots(1, len(titles), figsize=(4.8, height), layout="tight")[1]
        for axes, title in zip(np.atleast_1d(row), titles.values(), strict=True):
            axes.set_title(title, loc="left", fontsize=11)
    return dict(zip(titles, np.atleast_1d(row), strict=True))


def against_truth(
    truth: Float[np.ndarray, " points"],
    prediction: Float[np.ndarray, " points"],
    *,
    groups: Sequence[object] | None = None,
    of: str = "weak",
    axes: Axes | None = None,
) -> Axes:
    """Scatter predictions over what they predict, with the line on which they agree.

    Args:
        truth: what is to be predicted.
        prediction: of it.
        groups: a name for each point; each name gets a marker.
        of: the object of `COLOURS` whose predictions these are; by default the weak model.
        axes: to draw into; new ones by default.

    Returns:
        The axes, without labels.

    Raises:
        ValueError: lengths that differ, no points.
        KeyError: an object that `COLOURS` does not know.

    Example:
        >>> axes = against_truth(np.array([0.0, 1.0]), np.array([0.1, 0.9]))
        >>> axes.lines[0].get_xdata().tolist()
        [0.0, 1.0]
    """
    names = np.zeros(len(truth)) if groups is None else np.asarray(groups)
    if not len(truth) == len(prediction) == len(names) > 0:
        raise ValueError(
            f"need as many predictions ({len(prediction)}) and groups ({len(names)}) as truths "
            f"({len(truth)}), and at least one"
        )
    axes = drawn_into(axes)
    ends = [float(np.min(truth)), float(np.max(truth))]
    axes.plot(ends, ends, zorder=1, **in_colour_of("truth" if of == "weak" else None))
    for n, name in enumerate(dict.fromkeys(names.tolist())):
        own = names == name
        look = {"s": 9, "alpha": 0.6, "label": str(name)} | in_colour_of(of)
        axes.scatter(truth[own], prediction[own], marker=MARKERS[n % 5], **look)
    axes.locator_params(nbins=4)
    return axes


def gain_in_parts(
    cases: Sequence[str], parts: Mapping[str, Sequence[float]], *, axes: Axes | None = None
) -> Axes:
    r"""Draw gain = misfit − beyond − drift as bars, four for each case.

    What is subtracted points down, so that the first three bars add up to the last.

    Args:
        cases: their names.
        parts: "misfit", "beyond" and "drift" ↦ one number a case.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Raises:
        ValueError: a part is missing, or has not one number for each case.

    Example:
        >>> axes = gain_in_parts(["ESOL"], {"misfit": [0.3], "beyond": [0.2], "drift": [0.05]})
        >>> [round(float(bar.get_height()), 2) for bar in axes.patches]
        [0.3, -0.2, -0.05, 0.05]
    """
    if set(parts) != set(PARTS) or any(len(own) != len(cases) for own in parts.values()):
        raise ValueError(
            f"need misfit, beyond and drift with {len(cases)} numbers each, got "
            f"{ {name: len(own) for name, own in parts.items()} }"
        )
    axes = drawn_into(axes)
    places, total = np.arange(len(cases)), np.zeros(len(cases))
    for k, (name, (sign, object_, opaque)) in enumerate(PARTS.items()):
        heights = sign * np.asarray(parts[name], float)
        total += heights
        look = {"alpha": opaque, "label": name if sign > 0 else f"− {name}"}
        axes.bar(places + 0.2 * (k - 1.5), heights, 0.18, **look, **in_colour_of(object_))
    axes.bar(places + 0.3, total, 0.18, label="gain", **in_colour_of("gain"))
    axes.axhline(0, color=INK, lw=0.8)
    axes.set_xticks(places, cases, fontsize=10)
    axes.legend(ncols=2, fontsize=10)
    return axes


def agreement(
    first: Float[np.ndarray, " points"],
    second: Float[np.ndarray, " points"],
    *,
    marked: Bool[np.ndarray, " points"] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Scatter two deviations of each point, whose mean product is a correlation not divided.

    Points at the upper right and lower left add to the mean product, those of the other two
    quarters take from it.

    Args:
        first: one deviation a point.
        second: the other.
        marked: which points get a large diamond.
        axes: to draw into; new ones by default.

    Returns:
        The axes, with a cross at zero.

    Raises:
        ValueError: lengths that differ.

    Example:
        >>> axes = agreement(np.array([1.0, -2.0]), np.array([0.5, -1.0]))
        >>> len(axes.lines)
        4
    """
    marked = np.zeros(len(first), bool) if marked is None else marked
    if not len(first) == len(second) == len(marked):
        raise ValueError(f"lengths differ: {len(first)}, {len(second)} and {len(marked)}")
    axes = drawn_into(axes)
    axes.axhline(0, color=INK, lw=0.8)
    axes.axvline(0, color=INK, lw=0.8)
    look = {"mec": INK, "mew": 0.5, "alpha": 0.8, "color": INK}
    for rows, marker, size in ((~marked, "o", 4), (marked, "D", 7)):
        axes.plot(first[rows], second[rows], marker, ms=size, **look)
    return axes
