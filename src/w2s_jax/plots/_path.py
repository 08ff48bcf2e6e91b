"""Gain against misfit while one knob turns."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from w2s_jax.plots._gain import gain_against_misfit
from w2s_jax.plots._style import INK, in_colour_of


def gain_along(
    misfit: Float[np.ndarray, " steps"],
    gain: Float[np.ndarray, " steps"],
    at: int,
    *,
    axes: Axes | None = None,
) -> Axes:
    r"""Draw the path of misfit and gain over the settings of a knob, and one setting on it.

    A bar joins the point to the diagonal: upwards it is as long as $\text{gain} - \text{misfit}$.

    Args:
        misfit: one value a setting, squared label units.
        gain: the same.
        at: position of the setting that is shown.
        axes: to draw into; new ones by default.

    Returns:
        The axes, the same for every `at`.

    Raises:
        IndexError: no such setting.

    Example:
        >>> from w2s_jax.plots import style
        >>> with style():
        ...     axes = gain_along(np.array([0.3, 0.2]), np.array([0.1, 0.2]), at=1)
        >>> axes.collections[-1].get_offsets().tolist()
        [[0.2, 0.2]]
    """
    here, there = misfit[at], gain[at]
    axes = gain_against_misfit(misfit, gain, axes=axes)
    axes.collections[-1].remove()  # of all settings only one is shown
    axes.plot(misfit, gain, color=INK, lw=0.8, alpha=0.5)
    axes.plot([here, here], [here, there], color=INK, lw=2)
    axes.scatter(here, there, s=70, zorder=3, **in_colour_of("gain"))
    return axes
