"""Gain against misfit, the book's first question to any experiment."""

import itertools

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from w2s_jax.plots._series import drawn_into
from w2s_jax.plots._style import INK, in_colour_of


def gain_against_misfit(
    misfit: Float[np.ndarray, " points"],
    gain: Float[np.ndarray, " points"],
    *,
    groups: list[str] | None = None,
    window: tuple[float, float] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Scatter gain against misfit with the diagonal of the realizable theory (the paper's Fig. 2).

    Points on the line obey gain = misfit; points above have more gain than Theorem 1 promises;
    below the line, in the shaded part, an assumption fails; below zero the teacher was better.

    Args:
        misfit: one value a point, squared label units.
        gain: the same.
        groups: a name for each point; each name gets a marker and an entry in the legend.
        window: lowest gain and highest misfit in view, so that pictures compare; by default the
            points decide.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Raises:
        ValueError: lengths that differ, no points, a window that does not hold 0.

    Example:
        >>> from w2s_jax.plots import style
        >>> with style():
        ...     axes = gain_against_misfit(np.array([0.1, 0.2]), np.array([0.1, 0.15]))
        >>> axes.get_xlabel()
        'misfit'
    """
    names = np.asarray(groups if groups is not None else [""] * len(misfit))
    if not len(misfit) == len(gain) == len(names) > 0:
        raise ValueError(
            f"need as many gains ({len(gain)}) and groups ({len(names)}) as misfits "
            f"({len(misfit)}), and at least one"
        )
    if window is not None and not window[0] <= 0 < window[1]:
        raise ValueError(f"window must reach from at most 0 to above 0, got {window}")
    axes = drawn_into(axes)
    high = 1.08 * max(np.max(misfit), np.max(gain), 0.0) or 1.0
    low = min(1.08 * np.min(gain), 0.0)
    low, high = (low, high) if window is None else window
    axes.plot([0, high], [0, high], color=INK, lw=1)
    axes.annotate("gain = misfit", (0.72 * high, 0.78 * high), ha="right", fontsize=10)
    axes.fill_between([0, high], [0, high], [low, low], color=INK, alpha=0.07, lw=0)
    axes.axhline(0, color=INK, lw=0.8, ls=":")
    for name, marker in zip(dict.fromkeys(names), itertools.cycle("os^Dv")):
        chosen = names == name
        axes.scatter(
            misfit[chosen],
            gain[chosen],
            marker=marker,
            s=34,
            alpha=0.85,
            label=name or None,
            **in_colour_of("gain"),
        )
    if groups is not None:
        axes.legend(fontsize=10)
    axes.set(xlabel="misfit", ylabel="gain", xlim=(0, high), ylim=(low, high))
    return axes
