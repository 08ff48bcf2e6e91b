"""The two leftovers of a linear class, to take hold of, and the point of gain and misfit."""

from typing import Any

import anywidget
import numpy as np
import traitlets
from jaxtyping import Float

from w2s_jax.plots._style import PAGE_INK, in_words, painted
from w2s_jax.report import Report, evaluate
from w2s_jax.widgets._page import module_text, mount_html, style_text, svg, with_html
from w2s_jax.widgets._traits import finite

_CLASS = np.ones((3, 1))  # of the constants on three inputs
_BEYOND = np.array([[1.0, -1.0, 0.0], [1.0, 1.0, -2.0]]) / np.sqrt([[2 / 3], [2.0]])
"""Two functions at right angles to the class and to each other, of mean square 1."""

_UNIT, _MIDDLE = 80, 150  # of the still picture


class Leftovers(anywidget.AnyWidget):
    r"""Draw what the student drops, w − s, what is out of reach, f − g, and the gain they make.

    $V$ is linear, $s$ the projection of the weak model $w$ onto it and $g$ that of the truth $f$.
    In the plane that the leftovers $w - s$ and $f - g$ span, the gain is negative exactly in the
    disc of radius $\sqrt\varepsilon = \lVert f - g \rVert$ about $f - g$:

    $$\text{gain} = \underbrace{\lVert w - s \rVert^2}_{\text{misfit}}
    - \underbrace{2 \langle w - s, f - g \rangle}_{\text{correction}}
    = \lVert (w - s) - (f - g) \rVert^2 - \varepsilon .$$

    A theorem of this book, proved in its back matter. Beside the plane stands the point of misfit
    and gain; a reader moves either. Both arguments are traits, in step with the picture where a
    kernel runs.

    Args:
        drop: where $w - s$ ends, `(2,)`: along $f - g$ and across it, label units; the figure
            reaches to a length of 1.5.
        epsilon: the realizability gap ε ≥ 0, squared label units; the figure reaches to 0.49.

    Raises:
        ValueError: numbers that are not finite, a negative gap.

    Example:
        >>> report = Leftovers(drop=[0.5, 0.0], epsilon=0.25).report()  # a perfect teacher
        >>> print(report.misfit.round(9), report.gain.round(9), report.correction.round(9))
        0.25 -0.25 0.5
    """

    _esm = module_text("leftovers")
    _css = style_text("leftovers")

    drop = finite(((2,),), "two finite numbers, where w − s ends")
    epsilon = finite(((),), "one finite number ≥ 0")

    def __init__(self, **given: Any):
        super().__init__(**{"drop": [0.35, 0.75], "epsilon": 0.25} | given)

    @traitlets.validate("epsilon")
    def _not_negative(self, proposal: Any) -> float:
        if proposal["value"] < 0:
            raise ValueError(f"epsilon must be one finite number ≥ 0; got {proposal['value']!r}")
        return proposal["value"]

    def report(self) -> Report:
        """Measure the picture as it stands, by functions on three inputs whose leftovers these are.

        Returns:
            What `w2s_jax.report.evaluate` says of them, with the class of the constants.

        Example:
            >>> print(Leftovers(drop=[0.0, 0.6]).report().slack.round(9))
            0.0
        """
        weak, truth = np.asarray(self.drop) @ _BEYOND, np.sqrt(self.epsilon) * _BEYOND[0]
        return evaluate(weak, np.zeros(3), truth, features=_CLASS, bias=False)

    def _in_words(self) -> str:
        r = self.report()
        return (
            f"The plane of two leftovers. The student drops of its teacher what has the misfit "
            f"{r.misfit:.3f}; of the truth ε = {r.epsilon:.3f} is out of reach. The gain is "
            f"{r.gain:.3f}: the misfit less the correction, {r.correction:.3f}. It would be "
            f"negative exactly in the dark disc about the tip of f − g, through the origin."
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        state = {"drop": self.drop, "epsilon": self.epsilon}
        picture = _still(np.asarray(self.drop), float(np.sqrt(self.epsilon)))
        form = mount_html("leftovers", state, self._in_words(), picture)
        return with_html(super()._repr_mimebundle_(**kwargs), form)


def _still(drop: Float[np.ndarray, "2"], root: float) -> str:
    """Draw the solved plane as an SVG element."""

    def arrow(name: str, point: tuple[float, float], words: str) -> str:
        x, y = _MIDDLE + _UNIT * point[0], _MIDDLE - _UNIT * point[1]
        ink = painted(name, "fill", "stroke")
        return (
            f'<path d="M{_MIDDLE} {_MIDDLE}L{x:.1f} {y:.1f}" stroke-width="3" {ink}/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" {ink}/>'
            f'<text x="{x + 9:.1f}" y="{y + (18 if name == "truth" else -9):.1f}">{words}</text>'
        )

    tip, size = _MIDDLE + _UNIT * root, 2 * _MIDDLE
    parts = [
        f'<rect width="{_MIDDLE}" height="{size}" fill-opacity="0.12" '
        f'{painted("gain", "fill")}/><circle cx="{tip:.1f}" cy="{_MIDDLE}" r="{_UNIT * root:.1f}" '
        'fill-opacity="0.2"/>',
        f'<path d="M0 {_MIDDLE}H{size}M{_MIDDLE} 0V{size}" stroke="{PAGE_INK}" opacity="0.35"/>',
        f'<text x="8" y="{size - 10}">gain &gt; misfit</text>',
        arrow("truth", (root, 0.0), "f − g"),
        arrow("misfit", (float(drop[0]), float(drop[1])), "w − s"),
    ]
    if root >= 0.3:
        at = f'x="{tip:.1f}" y="{_MIDDLE + 0.6 * _UNIT * root:.1f}" text-anchor="middle"'
        parts.append(f"<text {at}>gain &lt; 0</text>")
    label = in_words("Plane of the leftovers w − s and f − g, with the disc of negative gain.")
    return svg(parts, label, size, size)
