"""Three classes to take hold of: two students, and when gain ≥ misfit is certain for them."""

from typing import Any

import anywidget
import numpy as np
import traitlets

from w2s_jax.divergences import KL
from w2s_jax.plots import show, three_classes
from w2s_jax.widgets._nearest import Point, nearest, on_line
from w2s_jax.widgets._page import module_text, mount_html, style_text, with_html
from w2s_jax.widgets._traits import finite

_START = {
    "kind": "probabilities",
    "first": "prediction",
    "weak": [0.15, 0.3, 0.55],
    "truth": 0.25,
    "ends": [[0.7, 0.05, 0.25], [0.05, 0.75, 0.2]],
}
_KNOWN = {"kind": ("probabilities", "logits"), "first": ("prediction", "label")}
_THREE = "three probabilities > 0 that sum to 1"


class ThreeClasses(anywidget.AnyWidget):
    r"""Draw weak model, truth and students as predictions of three classes, points of a triangle.

    The strong class is a line between two ends $a$ and $b$: straight in probabilities, the mixtures
    of two experts, or straight in logits, a softmax head of one weight. The student $s$ is its
    point nearest to the weak model $w$, by $D(s, w) = \mathrm{KL}(s \,\|\, w)$, prediction first,
    or $\mathrm{KL}(w \,\|\, s)$, label first: cross-entropy. With the truth $f$ on the class

    $$\underbrace{D(f, w) - D(f, s)}_{\text{gain}} \ge \underbrace{D(s, w)}_{\text{misfit}}$$

    is certain where the class is straight in probabilities and the prediction first, or the class
    straight in logits and the label first; in the other two cells of the table it may
    fail. All arguments are traits, in step with the picture where a kernel runs.

    Args:
        kind: what the class is straight in, "probabilities" or "logits".
        first: which argument of the divergence stands first, "prediction" or "label".
        weak: the weak model's prediction, `(3,)`.
        truth: true probabilities, `(3,)`, or one number from 0 to 1: a place on the class, 0 at its
            first end and 1 at its second.
        ends: predictions of the two experts, `(2, 3)`.

    Raises:
        ValueError: another kind or direction; what are no probabilities, or some of them 0; a place
            beyond the class.

    Example:
        >>> picture = ThreeClasses(kind="logits", first="prediction", weak=[0.55, 0.3, 0.15],
        ...                        truth=0.8)
        >>> {name: round(value, 3) for name, value in picture.numbers().items()}
        {'weak_error': 0.416, 'student_error': 0.496, 'gain': -0.08, 'misfit': 0.137}
    """

    _esm = module_text("three-classes")
    _css = style_text("three-classes")

    kind = traitlets.Unicode().tag(sync=True)
    first = traitlets.Unicode().tag(sync=True)
    weak = finite(((3,),), _THREE)
    truth = finite(((3,), ()), f"{_THREE}, or one number from 0 to 1")
    ends = finite(((2, 3),), f"two rows of {_THREE}")

    def __init__(self, **given: Any):
        super().__init__(**_START | given)

    @traitlets.validate("kind", "first")
    def _known(self, proposal: Any) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        if value not in _KNOWN[name]:
            raise ValueError(f"{name} must be {' or '.join(_KNOWN[name])}; got {value!r}")
        return value

    @traitlets.validate("weak", "truth", "ends")
    def _probable(self, proposal: Any) -> Any:
        value, rows = proposal["value"], np.atleast_1d(proposal["value"])
        placed = rows.size == 1 and 0 <= rows[0] <= 1
        known = rows.size > 1 and (rows > 0).all() and np.allclose(rows.sum(-1), 1, atol=1e-6)
        if not (placed or known):
            trait = proposal["trait"]
            raise ValueError(f"{trait.name} must be {trait.words}; got {value!r}")
        return value

    def _student(self, first: str) -> Point:
        ends = np.asarray(self.ends)
        place = nearest(self.kind, first, ends, np.asarray(self.weak))
        return on_line(self.kind, ends, place)

    @property
    def student(self) -> Point:
        """The prediction of the student that `first` names, three probabilities."""
        return self._student(self.first)

    def _truth(self) -> Point:
        if isinstance(self.truth, list):
            return np.asarray(self.truth)
        return on_line(self.kind, np.asarray(self.ends), self.truth)

    def numbers(self) -> dict[str, float]:
        """Measure the picture as it stands, in nats.

        Returns:
            Weak error, student error, their difference, the gain, and the misfit.

        Example:
            >>> found = ThreeClasses(kind="logits", first="label").numbers()
            >>> print(abs(found["gain"] - found["misfit"]) < 1e-12)
            True
        """
        weak, truth, student = np.asarray(self.weak), self._truth(), self.student
        apart = KL(self.first)
        weak_error, student_error = float(apart(truth, weak)), float(apart(truth, student))
        gain, misfit = weak_error - student_error, float(apart(student, weak))
        found = {"weak_error": weak_error, "student_error": student_error}
        return found | {"gain": gain, "misfit": misfit}

    def _in_words(self) -> str:
        found = self.numbers()
        safe = (self.kind == "probabilities") == (self.first == "prediction")
        promise = "certain" if safe else "not certain"
        return (
            f"The triangle of predictions for three classes. The strong class is straight in "
            f"{self.kind}, and the student its point nearest to the weak model, {self.first} "
            f"first. Weak error {found['weak_error']:.3f}, student error "
            f"{found['student_error']:.3f}: the gain is {found['gain']:.3f} and the misfit "
            f"{found['misfit']:.3f}. For a truth on the class, gain ≥ misfit is {promise}."
        )

    def _still(self) -> str:
        other = "label" if self.first == "prediction" else "prediction"
        ends = np.asarray(self.ends)
        members = on_line(self.kind, ends, np.linspace(0, 1, 49)[:, None])
        axes = three_classes(
            members,
            weak=np.asarray(self.weak),
            truth=self._truth(),
            students={self.first: self.student, other: self._student(other)},
        )
        return show(axes, alt="Weak model, truth and student in the triangle of three classes.").svg

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        state = {name: getattr(self, name) for name in _START}
        form = mount_html("three-classes", state, self._in_words(), self._still())
        return with_html(super()._repr_mimebundle_(**kwargs), form)
