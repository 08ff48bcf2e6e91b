"""The triangle of weak-to-strong generalization, to take hold of."""

import math
from typing import Any

import anywidget
import numpy as np
import traitlets
from jaxtyping import Float

from w2s_jax.report import Report, evaluate
from w2s_jax.widgets._page import MODULES, module_text, mount_html, with_html

_ON_THE_LINE = 1e-9  # so that rounding in the browser is not sent back and forth


class _Point(traitlets.TraitType):
    def validate(self, obj: Any, value: Any) -> list[float]:
        name = self.name
        try:
            point = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            point = np.empty(0)
        if point.shape != (2,) or not np.isfinite(point).all():
            raise ValueError(
                f"{name} must be two finite numbers, the predictions on two inputs; got {value!r}"
            )
        return point.tolist()


class _Angle(traitlets.TraitType):
    def validate(self, obj: Any, value: Any) -> float:
        try:
            angle = float(value)
        except (TypeError, ValueError):
            angle = math.nan
        if not math.isfinite(angle):
            raise ValueError(f"{self.name} must be one finite number, in radians; got {value!r}")
        return angle


class Triangle(anywidget.AnyWidget):
    r"""Draw weak model, student and truth as a triangle whose corners the reader drags.

    A point of the plane is a function on two equally likely inputs; the strong class is the line
    through the origin at an angle; the student $s = P w$ is the weak model's projection onto it:

    $$A^2 = d(w, f), \quad B^2 = d(s, w), \quad C^2 = d(s, f), \qquad
    A^2 - C^2 = B^2 - 2\langle w - s, f - P f\rangle .$$

    The last term is 0 when the truth lies on the line: Theorem 1 of Charikar et al. (2024), with
    equality because a line is a subspace. The four arguments are traits, in step with the picture
    where a kernel runs; without one, the widget's HTML form comes alive on the book's pages.

    Args:
        weak: predictions of the weak model on the two inputs, `(2,)`, label units.
        truth: true values, `(2,)`, label units; with `realizable` they move to the line.
        angle: direction of the line, radians from the first axis.
        realizable: whether the truth is confined to the line.

    Raises:
        ValueError: a point that is not two finite numbers, an angle that is not one.

    Example:
        >>> triangle = Triangle(weak=[0.0, 2.0], truth=[3.0, 0.0], angle=0.0)
        >>> report = triangle.report()
        >>> print(triangle.student, report.gain, report.misfit)
        [0. 0.] 2.0 2.0
    """

    _esm = module_text("triangle")
    _css = (MODULES / "triangle.css").read_text(encoding="utf-8")

    weak = _Point(default_value=[-0.8, 1.4]).tag(sync=True)
    truth = _Point(default_value=[1.5, 0.5]).tag(sync=True)
    angle = _Angle(default_value=math.atan2(1, 3)).tag(sync=True)
    realizable = traitlets.Bool(True).tag(sync=True)

    @traitlets.validate("truth")
    def _confine(self, proposal: Any) -> list[float]:
        truth = np.asarray(proposal["value"])
        shadow = self._project(truth)
        far = np.linalg.norm(truth - shadow) > _ON_THE_LINE * max(1.0, np.linalg.norm(shadow))
        return shadow.tolist() if self.realizable and far else proposal["value"]

    @traitlets.observe("angle", "realizable")
    def _confine_again(self, change: Any) -> None:
        self.truth = self.truth

    def _direction(self) -> Float[np.ndarray, "2"]:
        return np.array([math.cos(self.angle), math.sin(self.angle)])

    def _project(self, point: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
        line = self._direction()
        return (point @ line) * line

    @property
    def student(self) -> Float[np.ndarray, "2"]:
        """The student's predictions on the two inputs, `(2,)`, label units."""
        return self._project(np.asarray(self.weak))

    def report(self) -> Report:
        """Measure the triangle as it stands.

        Returns:
            What `w2s_jax.report.evaluate` says of its weak model, student and truth.

        Example:
            >>> triangle = Triangle(weak=[0, 1], truth=[1, 1], angle=0.0, realizable=False)
            >>> print(triangle.report().gain)
            -0.5
        """
        weak, truth = np.asarray(self.weak), np.asarray(self.truth)
        features = self._direction()[:, None]
        return evaluate(weak, self.student, truth, features=features, bias=False)

    def _in_words(self) -> str:
        weak, truth = np.asarray(self.weak), np.asarray(self.truth)
        report = evaluate(weak, self.student, truth)
        w, f, s = (f"({x:.3f}, {y:.3f})" for x, y in (weak, truth, self.student))
        return (
            f"The triangle of weak-to-strong generalization. On two inputs the weak model predicts "
            f"{w}, the truth is {f}, and the student, the point of the strong class nearest to the "
            f"weak model, predicts {s}. Weak error {report.weak_error:.3f}, student error "
            f"{report.student_error:.3f}, so the gain is {report.gain:.3f}; the misfit is "
            f"{report.misfit:.3f}."
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        state = {name: getattr(self, name) for name in ("weak", "truth", "angle", "realizable")}
        form = mount_html("triangle", state, self._in_words())
        return with_html(super()._repr_mimebundle_(**kwargs), form)
