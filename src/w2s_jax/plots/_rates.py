"""What the number of inputs does: measured, within bands, beside what was expected."""

import itertools
from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from w2s_jax.plots._style import COLOURS, INK


def against_inputs(
    inputs: Any,
    measured: Mapping[str, Any],
    *,
    expected: Mapping[str, Any] | None = None,
    bands: Mapping[str, Any] | None = None,
    colours: Mapping[str, str] | None = None,
    level: float | None = None,
    axes: Axes | None = None,
) -> Axes:
    r"""Draw quantities against the number of inputs, which grows by factors.

    Marks are what was measured, lines what a formula expects; without an expectation the marks are
    joined. With all numbers above 0 both axes are logarithmic, so that $c\,n^{-a}$ is a line of
    slope $-a$; else the second axis is linear, and 0 is marked.

    Args:
        inputs: `(k,)`, the numbers of inputs, above 0.
        measured: for each quantity `(k,)` values, under its name in the legend.
        expected: for some of these names `(k,)` values.
        bands: for some of these names `(2, k)`, low and high.
        colours: for some of these names an object of `COLOURS`; the others take the text's colour.
        level: a value to mark by a line across.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Raises:
        ValueError: nothing measured, numbers that do not pair with the inputs, an expectation, band
            or colour for a name that was not measured.

    Example:
        >>> from w2s_jax.plots import style
        >>> n = np.array([100, 400, 1600])
        >>> with style():
        ...     axes = against_inputs(n, {"distance": n**-0.5}, expected={"distance": n**-0.5})
        >>> axes.get_yscale()
        'log'
    """
    expected, bands, colours = expected or {}, bands or {}, colours or {}
    _check(np.size(inputs), measured, expected, bands, colours)
    axes = plt.subplots()[1] if axes is None else axes
    logarithmic = all(np.min(values) > 0 for values in measured.values())
    for (name, values), mark in zip(measured.items(), itertools.cycle("os^Dv"), strict=False):
        colour = COLOURS[colours[name]] if name in colours else INK
        if name in bands:
            axes.fill_between(inputs, *bands[name], color=colour, alpha=0.25, lw=0)
        line = "" if name in expected else "-"
        axes.plot(inputs, values, mark + line, color=colour, label=name)
        if name in expected:
            axes.plot(inputs, expected[name], color=colour, lw=1)
    if level is not None:
        axes.axhline(level, color=INK, lw=0.8)
    if not logarithmic:
        axes.axhline(0, color=INK, lw=0.8, ls=":")
    axes.set(xscale="log", yscale="log" if logarithmic else "linear", xlabel="inputs seen, n")
    axes.minorticks_off()
    axes.legend(fontsize=10)
    return axes


def _check(size: int, measured: Mapping[str, Any], *others: Mapping[str, Any]) -> None:
    *paired, _ = others
    strange = sorted({name for each in others for name in each} - set(measured))
    if not measured or strange:
        raise ValueError(f"measured has {list(measured)}; nothing else can be drawn, got {strange}")
    for each in (measured, *paired):
        for name, values in each.items():
            if np.shape(values)[-1:] != (size,):
                raise ValueError(
                    f"{name} has shape {np.shape(values)}, which does not pair with {size} inputs"
                )
