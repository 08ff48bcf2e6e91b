"""What share of the misfit is gained, for leftovers of one correlation and of any size."""

import itertools

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from w2s_jax.plots._series import MARKERS, drawn_into
from w2s_jax.plots._style import INK, in_colour_of

_LOW, _HIGH = -1.0, 2.0
"""The shares in view; what lies beyond is drawn at the edge."""


def gain_by_correlation(
    correlation: float | None,
    ratio: Float[np.ndarray, " points"],
    share: Float[np.ndarray, " points"],
    *,
    groups: list[str] | None = None,
    full: list[bool] | None = None,
    span: tuple[float, float] | None = None,
    axes: Axes | None = None,
) -> Axes:
    r"""Draw gain / misfit against misfit / ε, with the curve of one correlation of the leftovers.

    In a linear class, with the correlation c of $w - s$ and $f - g$,

    $$\frac{\text{gain}}{\text{misfit}} = 1 - 2c\,\sqrt{\frac{\varepsilon}{\text{misfit}}} .$$

    At 1 gain is the misfit; in the shaded part below 0 the student loses.

    Args:
        correlation: c between −1 and 1, whose curve is drawn; None for no curve.
        ratio: misfit / ε, one value a point, above 0.
        share: gain / misfit, the same.
        groups: a name for each point; each name gets a marker and an entry in the legend.
        full: which points get a full mark, as those whose own correlation is near; all by default.
        span: the least and the largest ratio in view, so that pictures compare; by default the
            points decide.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Raises:
        ValueError: lengths that differ, no points, a ratio or span that is not above 0, a
            correlation beyond ±1.

    Example:
        >>> axes = gain_by_correlation(0.5, np.array([0.25, 1.0]), np.array([-1.0, 0.0]))
        >>> x, y = axes.lines[-1].get_data()
        >>> bool(np.allclose(y, 1 - 1 / np.sqrt(x)))
        True
    """
    names = np.asarray(groups if groups is not None else [""] * len(ratio))
    marked = np.ones(len(ratio), bool) if full is None else np.asarray(full, bool)
    if not len(ratio) == len(share) == len(names) == len(marked) > 0:
        raise ValueError(
            f"need as many shares ({len(share)}), groups ({len(names)}) and full ({len(marked)}) "
            f"as ratios ({len(ratio)}), and at least one"
        )
    if not np.all(np.asarray(ratio) > 0):
        raise ValueError(f"ratio must be above 0, got {np.min(ratio):g}")
    if correlation is not None and not abs(correlation) <= 1:
        raise ValueError(f"correlation must be between −1 and 1, got {correlation:g}")
    ends = np.array(span or (np.min(ratio) / 1.6, np.max(ratio) * 1.6), float)
    if not 0 < ends[0] < ends[1]:
        raise ValueError(f"span must be two ratios above 0, the smaller first, got {span}")
    axes = drawn_into(axes)
    axes.fill_between(ends, _LOW, 0, color=INK, alpha=0.07, lw=0)
    for level, words in ((1, "gain = misfit"), (0, "gain = 0")):
        axes.axhline(level, color=INK, lw=0.8, ls=":")
        axes.annotate(words, (ends[1], level), (-3, 3), textcoords="offset points", ha="right")
    seen = np.clip(share, _LOW, _HIGH)
    for name, marker in zip(dict.fromkeys(names), itertools.cycle(MARKERS)):
        for filled in (False, True):
            own = (names == name) & (marked == filled)
            look = {"marker": marker, "s": 46 if filled else 26, "alpha": 0.95 if filled else 0.6}
            look |= in_colour_of("gain") | ({} if filled else {"facecolors": "none"})
            if own.any():
                axes.scatter(np.asarray(ratio)[own], seen[own], clip_on=False, **look)
        if name:  # one entry a name, whatever its points look like
            axes.plot([], [], marker, label=name, ms=6, **in_colour_of("gain"))
    if groups is not None:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
    if correlation is not None:
        x = np.geomspace(ends[0], ends[1], 200)
        axes.plot(x, 1 - 2 * correlation / np.sqrt(x), color=INK, zorder=1)
    axes.set(xscale="log", ylim=(_LOW, _HIGH))
    powers = [10.0**k for k in range(-30, 31) if ends[0] <= 10.0**k <= ends[1]]
    axes.set_xticks(powers, [f"{power:g}" for power in powers])
    axes.set_xlim(ends[0], ends[1])
    axes.minorticks_off()
    axes.set(xlabel="misfit / ε", ylabel="gain / misfit")
    return axes
