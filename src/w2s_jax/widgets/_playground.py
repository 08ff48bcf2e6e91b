"""The playground of projections: a strong class of any shape, to take hold of."""

import math
from importlib import import_module
from typing import Any

import anywidget
import jax
import numpy as np
import traitlets
from jaxtyping import Float

from w2s_jax import sets
from w2s_jax.projections import project
from w2s_jax.report import Report, evaluate
from w2s_jax.widgets._page import module_text, mount_html, style_text, with_html
from w2s_jax.widgets._still import still
from w2s_jax.widgets._traits import finite

# JAX moved it: jax.experimental's until 0.7, jax's since 0.8.
_enable_x64 = (jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")).enable_x64
_ON_THE_SET = 1e-6  # relative: the browser's projection and ours agree to this, and need not repeat
_FLAT = {
    "centre": [0.0, 0.0],
    "radius": 1.0,
    "radii": [1.5, 0.7],
    "angle": 0.0,
    "bite": [0.9, 1.0],
    "vertices": [[-1.2, -0.6], [0.5, -1.1], [1.3, 0.1], [0.3, 0.9], [-1.1, 0.7]],
    "view": [0.6, 0.45],
    "truth": [1.2, 0.1],
}
_STARTS: dict[str, dict[str, Any]] = {
    "line": {"centre": [0.0, -0.3], "angle": math.atan2(1, 3), "weak": [-0.9, 1.2]},
    "ball": {"weak": [-1.7, 0.9], "truth": [-0.6, -0.6]},
    "ellipse": {"angle": 0.4, "weak": [-0.6, 1.3], "truth": [0.9, 0.1]},
    "polygon": {"weak": [-1.7, 1.2], "truth": [0.7, -0.3]},
    "l1-ball": {"radius": 1.2, "weak": [0.4, 1.4], "truth": [0.6, -0.3]},
    "crescent": {"radius": 1.2, "weak": [0.7, 0.25], "truth": [-0.1, -0.97]},
    "ball-3d": {"view": [0.9, 0.3], "weak": [0.2, -0.9, 1.4], "truth": [-0.5, 0.5, 0.7]},
    "simplex": {"view": [0.6, 0.3], "weak": [0.4, -1.1, 1.2], "truth": [0.6, 0.3, 0.1]},
    "triangle": {"angle": math.atan2(1, 3), "weak": [-0.8, 1.4], "truth": [1.5, 0.5]},
}
_SHAPING = ("centre", "radius", "radii", "angle", "bite", "vertices")
_WORDS = {
    "ellipse": "an ellipse",
    "l1-ball": "a ball of the L1 norm",
    "crescent": "a crescent, which is not convex",
    "ball-3d": "a ball in three dimensions",
    "simplex": "the simplex in three dimensions",
    "triangle": "a line through the origin",
}
SHAPES = tuple(_STARTS)
"""The shapes of strong class that the playground knows."""


_POINT, _PAIR, _NUMBER = ((2,), (3,)), ((2,),), ((),)
_VERTICES = tuple((count, 2) for count in range(1, 13))


class ProjectionPlayground(anywidget.AnyWidget):
    r"""Draw weak model, student and truth about a strong class whose shape the reader chooses.

    A point is a function by its predictions on two equally likely inputs (three in 3-D); the
    student $s$ is the point of the strong class $V$ nearest to the weak model $w$:

    $$s = \arg\min_{v \in V} d(v, w), \qquad
    \underbrace{d(w, f)}_{A^2} = \underbrace{d(s, w)}_{B^2} + \underbrace{d(s, f)}_{C^2}
    + \underbrace{2 \langle w - s, s - f \rangle}_{\text{slack}} .$$

    The slack, gain minus misfit, is at least 0 when $V$ is convex and holds the truth $f$: Theorem
    1 of Charikar et al. (2024). Free the truth, or choose the crescent, and it can be negative. All
    arguments are traits, in step with the picture where a kernel runs; without one, the widget's
    HTML form comes alive on the book's pages. What is left out starts as in the book.

    Args:
        shape: of the strong class: "line", "ball", "ellipse", "polygon" (the convex hull of its
            vertices), "l1-ball", "crescent" (a disc without a smaller one, not convex), "ball-3d"
            or "simplex" (three numbers ≥ 0 whose sum is 1). "triangle" is a picture of its own: a
            line through the origin, and no other shape beside it.
        weak: predictions of the weak model, `(2,)`, or `(3,)` in 3-D and the simplex, label units.
        truth: true values, shaped like `weak`; with `realizable` they move into the set.
        center: of a ball, ellipse, L1 ball or crescent, or a point of the line, shaped like `weak`.
        radius: of a ball, L1 ball or crescent, > 0.
        radii: semi-axes of the ellipse, `(2,)`, > 0.
        angle: direction of a line, of the ellipse's first axis or of the crescent's bite, radians
            from the first axis.
        bite: of the crescent, `(2,)`: the distance of the bite's center, ≥ 0, and its radius, > 0.
        vertices: points whose hull is the polygon, `(k, 2)`, 1 ≤ k ≤ 12.
        view: of a shape in 3-D, `(2,)`: azimuth and elevation of the reader, radians.
        realizable: whether the truth is confined to the set.

    Raises:
        ValueError: a shape that is none, points of the wrong length, numbers that are not finite, a
            size that is not positive, a bite that leaves nothing.

    Example:
        >>> playground = ProjectionPlayground(shape="ball", weak=[0.0, 2.0], truth=[0.0, 0.0])
        >>> report = playground.report()
        >>> print(playground.student, report.gain, report.misfit)
        [0. 1.] 1.5 0.5
    """

    _esm = module_text("playground")
    _css = style_text("playground")

    shape = traitlets.Unicode("line").tag(sync=True)
    weak = finite(_POINT, "two finite numbers, or three in 3-D, the predictions on as many inputs")
    truth = finite(_POINT, "two finite numbers, or three in 3-D, the true values on as many inputs")
    centre = finite(_POINT, "two finite numbers, or three in 3-D")
    radius = finite(_NUMBER, "one finite number > 0")
    radii = finite(_PAIR, "two finite numbers > 0, the semi-axes of the ellipse")
    angle = finite(_NUMBER, "one finite number, in radians")
    bite = finite(
        _PAIR, "two finite numbers, the distance ≥ 0 of the bite's centre and its radius > 0"
    )
    vertices = finite(_VERTICES, "1 to 12 points of two finite numbers each, (k, 2)")
    view = finite(_PAIR, "two finite numbers, azimuth and elevation in radians")
    realizable = traitlets.Bool(True).tag(sync=True)

    def __init__(self, **given: Any):
        shape = given.get("shape", "line")
        known = isinstance(shape, str) and shape in _STARTS
        super().__init__(**(_start(shape) if known else {}) | given)

    @traitlets.validate("shape")
    def _known(self, proposal: Any) -> str:
        if proposal["value"] not in _STARTS:
            raise ValueError(f"shape must be one of {', '.join(SHAPES)}; got {proposal['value']!r}")
        return proposal["value"]

    @traitlets.validate("radius", "radii", "bite")
    def _positive(self, proposal: Any) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        numbers = np.atleast_1d(value)
        if not (numbers[-1] > 0 and (numbers[0] >= 0 if name == "bite" else numbers[0] > 0)):
            raise ValueError(f"{name} must be {proposal['trait'].words}; got {value!r}")
        sizes = {"radius": self.radius, "bite": self.bite} | {name: value}
        if self.shape == "crescent":
            _check_bite(sizes["radius"], *sizes["bite"])
        return value

    @traitlets.validate("weak", "centre")
    def _fitting(self, proposal: Any) -> list[float]:
        name, value, count = proposal["trait"].name, proposal["value"], self._count()
        if len(value) != count:
            raise ValueError(f"{name} must be {count} numbers for shape {self.shape!r}: {value!r}")
        return value

    @traitlets.validate("truth")
    def _confine(self, proposal: Any) -> list[float]:
        truth = np.asarray(self._fitting(proposal))
        shadow = self._project(truth) if self.realizable else truth
        far = np.linalg.norm(truth - shadow) > _ON_THE_SET * max(1.0, np.linalg.norm(shadow))
        return shadow.tolist() if far else proposal["value"]

    @traitlets.observe("shape")
    def _move_to_its_space(self, change: Any) -> None:
        if len(self.weak) != self._count():
            with self.hold_trait_notifications():
                for name in ("centre", "weak", "truth", "view"):
                    setattr(self, name, _start(self.shape)[name])

    @traitlets.observe("shape", *_SHAPING, "realizable")
    def _confine_again(self, change: Any) -> None:
        if len(self.truth) == self._count():
            self.truth = self.truth

    def _count(self) -> int:
        return len(_STARTS[self.shape]["weak"])

    @property
    def strong_class(self) -> Any:
        """The strong class as a set of `w2s_jax.sets`; the crescent, not convex, is none of them.

        Raises:
            ValueError: the shape is the crescent.
        """
        centre = np.asarray(self.centre)
        match self.shape:
            case "line":
                return sets.AffineSubspace(centre, _direction(self.angle)[:, None])
            case "triangle":
                return sets.AffineSubspace(np.zeros(2), _direction(self.angle)[:, None])
            case "ball" | "ball-3d":
                return sets.Translated(sets.Ball(self.radius), centre)
            case "ellipse":
                axes = np.stack([_direction(self.angle), _direction(self.angle + math.pi / 2)])
                matrix = axes.T @ np.diag(np.square(self.radii)) @ axes
                return sets.Translated(sets.Ellipsoid((matrix + matrix.T) / 2), centre)
            case "polygon":
                return sets.Hull(np.asarray(self.vertices))
            case "l1-ball":
                return sets.Translated(sets.L1Ball(self.radius), centre)
            case "simplex":
                return sets.Simplex()
            case _:
                raise ValueError("the crescent is not convex, so w2s_jax.sets has no such set")

    def _project(self, point: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        if self.shape == "crescent":
            sizes = (self.radius, _direction(self.angle), *self.bite)
            return _onto_crescent(point, np.asarray(self.centre), *sizes)
        with _enable_x64(True):
            return np.asarray(project(point, onto=self.strong_class).value)

    @property
    def student(self) -> Float[np.ndarray, " n"]:
        """The student's predictions on the two or three inputs, label units."""
        return self._project(np.asarray(self.weak))

    def report(self) -> Report:
        """Measure the picture as it stands.

        Returns:
            What `w2s_jax.report.evaluate` says of its weak model, student and truth; of the
            triangle, whose line is a linear class, the correction too.

        Example:
            >>> playground = ProjectionPlayground(shape="simplex", weak=[2, 0, 0], truth=[1, 0, 0])
            >>> print(playground.report().gain.round(6))
            0.333333
        """
        weak, truth = np.asarray(self.weak), np.asarray(self.truth)
        if self.shape != "triangle":
            return evaluate(weak, self.student, truth)
        return evaluate(
            weak, self.student, truth, features=_direction(self.angle)[:, None], bias=False
        )

    def _in_words(self) -> str:
        report, inputs = self.report(), ("two", "three")[self._count() - 2]
        name = _WORDS.get(self.shape, f"a {self.shape}")
        w, f, s = (
            f"({', '.join(f'{x:.3f}' for x in point)})"
            for point in (self.weak, self.truth, self.student)
        )
        what = "The triangle of weak-to-strong generalization"
        what = what if self.shape == "triangle" else "A playground of projections"
        return (
            f"{what}; here the strong class is {name}. On {inputs} inputs the "
            f"weak model predicts {w}, the truth is {f}, and the student, the point of the strong "
            f"class nearest to the weak model, predicts {s}. Weak error {report.weak_error:.3f}, "
            f"student error {report.student_error:.3f}, so the gain is {report.gain:.3f}; the "
            f"misfit is {report.misfit:.3f}, which leaves a slack of {report.slack:.3f}."
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        names = ("shape", "weak", *_FLAT, "realizable")
        state = {name: getattr(self, name) for name in names}
        form = mount_html("playground", state, self._in_words(), still(state, self.student))
        return with_html(super()._repr_mimebundle_(**kwargs), form)


def _start(shape: str) -> dict[str, Any]:
    own = _STARTS[shape]
    return _FLAT | {"centre": [0.0] * len(own["weak"])} | own


def _direction(angle: float) -> Float[np.ndarray, "2"]:
    return np.array([math.cos(angle), math.sin(angle)])


def _check_bite(radius: float, away: float, bitten: float) -> None:
    if bitten >= away + radius:
        raise ValueError(
            f"the bite leaves nothing of the crescent: its radius {bitten} must be less than its "
            f"distance {away} + the radius {radius}"
        )


def _onto_crescent(point, centre, radius: float, way, away: float, bitten: float) -> np.ndarray:
    # the disc about `center` without the open disc whose center lies `away` from it along `way`
    _check_bite(radius, away, bitten)
    jaw, across = centre + away * way, np.array([-way[1], way[0]])

    def inside(v, slack=1e-9):
        in_disc = np.linalg.norm(v - centre) <= radius * (1 + slack)
        return in_disc and np.linalg.norm(v - jaw) >= bitten * (1 - slack)

    if inside(point, 0.0):
        return point
    candidates = []
    for middle, size in ((centre, radius), (jaw, bitten)):
        arm = point - middle
        reach = np.linalg.norm(arm)
        candidates.append(middle + size * (arm / reach if reach else -way))
    if abs(radius - bitten) < away < radius + bitten:  # the tips, where the circles cross
        reach = (radius * radius + away * away - bitten * bitten) / (2 * away)
        half = math.sqrt(radius * radius - reach * reach)
        candidates += [centre + reach * way + side * half * across for side in (-1, 1)]
    return min(filter(inside, candidates), key=lambda v: float(np.linalg.norm(v - point)))
