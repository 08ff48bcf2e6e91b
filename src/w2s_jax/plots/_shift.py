"""Gain against misfit where lessons and use differ in the share of a minority."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from w2s_jax.plots._series import drawn_into
from w2s_jax.plots._style import INK, in_colour_of, style


def shift_map(
    shares: Float[np.ndarray, " n"],
    slack: Float[np.ndarray, "n n"],
    gain: Float[np.ndarray, "n n"],
    *,
    taught: float | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw level lines of gain − misfit over two shares: in the lessons and in use.

    The thick line is gain = misfit, dashed ones are below it, in the shade; where the shade is
    dark the student is worse than its teacher. On the dotted diagonal lessons and use agree.

    Args:
        shares: of the minority, ascending, the same for both axes.
        slack: gain − misfit, a row a share in use, a column a share in the lessons.
        gain: the same for the gain.
        taught: a share in the lessons to mark by a line, and its student by a point.
        axes: to draw into; new ones by default.

    Returns:
        The axes.

    Raises:
        ValueError: tables that are not of the shares' size.

    Example:
        >>> shares = np.linspace(0, 1, 11)
        >>> axes = shift_map(shares, shares[:, None] - shares, 1 - shares - shares[:, None])
        >>> axes.get_xlabel()
        "minority's share in the lessons"
    """
    n = len(shares)
    if np.shape(slack) != (n, n) or np.shape(gain) != (n, n):
        raise ValueError(
            f"slack and gain must be {n} × {n}, as the shares; got {np.shape(slack)} and "
            f"{np.shape(gain)}"
        )
    axes = drawn_into(axes, (4.0, 3.6))
    low, high = float(np.min(slack)), float(np.max(slack))
    with style():
        for level, alpha in ((slack, 0.1), (gain, 0.2)):
            if np.min(level) < -1e-9:
                axes.contourf(
                    shares, shares, level, [np.min(level) - 1, -1e-9], colors=[INK], alpha=alpha
                )
        inner = [each for each in np.linspace(low, high, 9)[1:-1] if abs(each) > 0.02]
        if inner:
            dashes = ["dashed" if each < 0 else "solid" for each in inner]
            drawn = axes.contour(
                shares, shares, slack, inner, colors=[INK], linewidths=0.8, linestyles=dashes
            )
            axes.clabel(drawn, inner[::2], fmt=_signed, fontsize=9)
        if low < 0 < high:
            axes.contour(shares, shares, slack, [0.0], colors=[INK], linewidths=2.2)
        axes.plot(shares, shares, ":", color=INK, lw=1.2)
        if taught is not None:
            axes.axvline(taught, color=INK, lw=1)
            axes.plot([taught], [taught], "o", ms=6, **in_colour_of("student"))
        axes.set(xlabel="minority's share in the lessons", ylabel="minority's share in use")
        axes.set(xlim=(shares[0], shares[-1]), ylim=(shares[0], shares[-1]), aspect="equal")
    return axes


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
