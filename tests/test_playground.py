"""The playground's Python side: its traits, its sets, its numbers, its HTML form."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inside import inside
from w2s_jax import sets
from w2s_jax.heads import fit_head
from w2s_jax.widgets import ProjectionPlayground

MODULES = inside("widgets._page").MODULES
module_text = inside("widgets._page").module_text
SHAPES = inside("widgets._playground").SHAPES

# A report refuses labels whose squares underflow.
numbers = st.floats(-3, 3, allow_nan=False).map(lambda x: x if abs(x) > 1e-9 else 0.0)
flat = [shape for shape in SHAPES if shape not in ("ball-3d", "simplex")]
sizes = st.floats(0.1, 2)


def points(shape):
    return st.tuples(*[numbers] * (2 if shape in flat else 3))


def known(playground, name):
    return float(getattr(playground.report(), name))


def dense(playground):
    """Many points of the playground's set, none of them from its projection."""
    rng = np.random.default_rng(0)
    centre, angle = np.array(playground.centre), playground.angle
    u = np.array([math.cos(angle), math.sin(angle)])
    ball = rng.normal(size=(20_000, len(centre)))
    ball *= rng.uniform(0, 1, (20_000, 1)) ** (1 / len(centre)) / np.linalg.norm(
        ball, axis=1, keepdims=True
    )
    match playground.shape:
        case "line" | "triangle":
            centre = centre if playground.shape == "line" else np.zeros(2)
            return centre + np.linspace(-10, 10, 20_001)[:, None] * u
        case "ball" | "ball-3d":
            return centre + playground.radius * ball
        case "ellipse":
            return centre + (ball * playground.radii) @ np.stack([u, [-u[1], u[0]]])
        case "polygon":
            vertices = np.array(playground.vertices)
            return rng.dirichlet(np.full(len(vertices), 0.3), 20_000) @ vertices
        case "l1-ball":
            mix = rng.dirichlet([0.5] * 3, 20_000)[:, :2] * rng.choice([-1, 1], (20_000, 2))
            return centre + playground.radius * mix
        case "simplex":
            return rng.dirichlet([0.5] * 3, 20_000)
        case _:
            away, bitten = playground.bite
            disc = centre + playground.radius * ball
            return disc[np.linalg.norm(disc - centre - away * u, axis=1) >= bitten]


@pytest.mark.parametrize("shape", SHAPES)
@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_no_point_of_the_set_is_nearer_than_the_student(shape, data):
    away = data.draw(st.floats(0, 1))
    radius = data.draw(sizes)
    playground = ProjectionPlayground(
        shape=shape,
        weak=data.draw(points(shape)),
        centre=data.draw(points(shape)),
        radius=radius,
        radii=data.draw(st.tuples(sizes, sizes)),
        angle=data.draw(st.floats(-3, 3)),
        bite=[away, data.draw(st.floats(0.05, 0.9)) * (away + radius)],
        realizable=False,
    )
    weak, student = np.array(playground.weak), playground.student
    others = dense(playground)
    gaps = np.linalg.norm(others - weak, axis=1)
    assert np.linalg.norm(student - weak) <= gaps.min() + 1e-6
    assert np.linalg.norm(others - student, axis=1).min() < 0.3, "the student is in the set"
    if shape != "crescent":
        cosines = (others - student) @ (weak - student)
        assert cosines.max() < 1e-5, "the set lies beyond the student"


@pytest.mark.parametrize("shape", SHAPES)
@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_a_realizable_truth_lies_in_the_set_and_theorem_1_holds(shape, data):
    playground = ProjectionPlayground(
        shape=shape, weak=data.draw(points(shape)), truth=data.draw(points(shape))
    )
    again = ProjectionPlayground(shape=shape, weak=playground.truth).student
    np.testing.assert_allclose(again, playground.truth, atol=2e-6)
    if shape != "crescent":
        assert known(playground, "slack") > -1e-5


def test_the_crescent_breaks_theorem_1():
    playground = ProjectionPlayground(shape="crescent")
    assert known(playground, "gain") < -0.5
    assert known(playground, "slack") < known(playground, "gain")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_strong_class_is_a_set_of_the_package(shape):
    playground = ProjectionPlayground(shape=shape)
    if shape == "crescent":
        with pytest.raises(ValueError, match="not convex"):
            _ = playground.strong_class
        return
    ours = playground.strong_class
    assert type(ours).__module__.startswith(sets.__name__)
    assert bool(ours.contains(playground.student, tol=1e-6))
    assert not bool(ours.contains(np.array(playground.weak), tol=1e-6))


angles = st.floats(-math.pi, math.pi).map(lambda x: x if abs(x) > 1e-9 else 0.0)


@settings(deadline=None, max_examples=25)
@given(weak=points("triangle"), truth=points("triangle"), angle=angles)
def test_the_triangles_student_is_the_head_fitted_on_the_weak_labels(weak, truth, angle):
    triangle = ProjectionPlayground(
        shape="triangle", weak=weak, truth=truth, angle=angle, centre=[1, 2], realizable=False
    )
    features = np.array([[math.cos(angle)], [math.sin(angle)]])
    head = fit_head(features, np.asarray(weak), bias=False)
    np.testing.assert_allclose(triangle.student, head(features), atol=1e-7)
    found = {name: known(triangle, name) for name in ("gain", "misfit", "correction")}
    assert found["gain"] == pytest.approx(found["misfit"] - found["correction"], abs=1e-7)
    triangle.realizable = True
    across = math.sin(angle) * triangle.truth[0] - math.cos(angle) * triangle.truth[1]
    assert abs(across) < 1e-6
    assert abs(known(triangle, "slack")) < 1e-5


def test_the_truth_follows_the_set_only_while_realizable():
    playground = ProjectionPlayground(shape="ball", truth=[2.0, 0.0])
    np.testing.assert_allclose(playground.truth, [1.0, 0.0], atol=1e-9)
    playground.radius = 0.5
    np.testing.assert_allclose(playground.truth, [0.5, 0.0], atol=1e-9)
    playground.centre = [3.0, 0.0]
    np.testing.assert_allclose(playground.truth, [2.5, 0.0], atol=1e-9)
    playground.realizable = False
    playground.truth = [0.0, 2.0]
    assert playground.truth == [0.0, 2.0]
    playground.realizable = True
    assert np.hypot(playground.truth[0] - 3, playground.truth[1]) == pytest.approx(0.5)


def test_a_change_of_space_brings_points_that_fit():
    playground = ProjectionPlayground(shape="ball", weak=[0.3, 0.4])
    playground.shape = "simplex"
    assert playground.weak == ProjectionPlayground(shape="simplex").weak
    np.testing.assert_allclose(sum(playground.student), 1)
    playground.shape = "l1-ball"
    assert playground.weak == ProjectionPlayground(shape="l1-ball").weak
    playground.weak = [0.1, 1.6]
    playground.shape = "polygon"
    assert playground.weak == [0.1, 1.6], "two inputs stay two inputs"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_browser_may_send_all_at_once(shape):
    theirs = ProjectionPlayground(shape=shape)
    ours = ProjectionPlayground()
    state = {name: getattr(theirs, name) for name in state_of(theirs)[1]}
    ours.set_state(dict(reversed(state.items())))
    assert state_of(ours)[1] == state_of(theirs)[1]


NOT_TWO = [[1.0], [1.0, 2.0, 3.0, 4.0], [1.0, math.nan], [math.inf, 0.0], "ab", None, [[1.0, 2.0]]]
WRONG = [
    *[({name: wrong}, name) for name in ("weak", "truth", "centre") for wrong in NOT_TWO],
    *[({name: [1.0, 2.0, 3.0]}, f"{name} must be 2 numbers") for name in ("weak", "truth")],
    *[({"radius": wrong}, "radius must be one finite number > 0") for wrong in (0, -1, math.nan)],
    *[({"radii": wrong}, "radii must be two finite numbers > 0") for wrong in ([1, 0], [-1, 1], 2)],
    *[({"angle": wrong}, "angle must be one finite number") for wrong in ("north", math.inf)],
    *[({"bite": wrong}, "bite must be two finite") for wrong in ([-1, 1], [1, 0], [1, 2, 3])],
    ({"shape": "crescent", "radius": 0.5, "bite": [0.2, 0.8]}, "leaves nothing of the crescent"),
    *[({"vertices": wrong}, "vertices must be 1 to 12") for wrong in ([], [[1, 2, 3]], [1, 2])],
    ({"vertices": [[0.0, 1.0]] * 13}, "vertices must be 1 to 12"),
    ({"view": [0.0, math.nan]}, "view must be two finite numbers"),
    *[({"shape": wrong}, "shape must be one of line, ball") for wrong in ("cube", "Ball", "")],
    ({"shape": "simplex", "weak": [1.0, 2.0]}, "weak must be 3 numbers for shape 'simplex'"),
]


@pytest.mark.parametrize(("given", "words"), WRONG, ids=str)
def test_what_is_none_is_named(given, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        ProjectionPlayground(**given)


def test_arrays_are_welcome_and_a_failed_change_leaves_the_state():
    playground = ProjectionPlayground(shape="ball", weak=np.array([1, 2], dtype=np.float32))
    assert playground.weak == [1.0, 2.0]
    for wrong in ([math.nan, 0.0], [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="weak"):
            playground.weak = wrong
        assert playground.weak == [1.0, 2.0]
    playground.vertices = np.eye(2)
    assert playground.vertices == [[1.0, 0.0], [0.0, 1.0]]


def test_a_report_says_what_theorem_1_needs():
    playground = ProjectionPlayground(shape="ball", weak=[0.0, 2.0], truth=[0.0, 0.0])
    report = playground.report()
    found = [float(x) for x in (report.weak_error, report.student_error, report.slack)]
    np.testing.assert_allclose(found, [2.0, 0.5, 1.0])


def state_of(widget):
    data, _ = widget._repr_mimebundle_()
    text = data["text/html"].split('<script type="application/json">')[1].split("</script>")[0]
    return data, json.loads(text)


def test_html_form_carries_state_and_words():
    playground = ProjectionPlayground(shape="ball", weak=[0.0, 2.0], truth=[0.0, 0.0])
    data, state = state_of(playground)
    assert state == {name: getattr(playground, name) for name in state}
    synced = set(playground.traits(sync=True)) & set(ProjectionPlayground.class_own_traits())
    assert set(state) == {name for name in synced if not name.startswith("_")}
    assert "the strong class is a ball. On two inputs" in data["text/html"]
    assert "Weak error 2.000, student error 0.500, so the gain is 1.500" in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data
    triangle = ProjectionPlayground(shape="triangle", truth=[1.5, -0.5], realizable=False)
    text = state_of(triangle)[0]["text/html"]
    assert "The triangle of weak-to-strong generalization; here the strong class is a line" in text
    assert "Weak error 4.450, student error 1.700, so the gain is 2.750" in text


def test_each_part_is_in_the_text_for_jupyter_once():
    text = module_text("playground")
    for name in {path.stem for path in MODULES.glob("playground-*.js")}:
        assert text.count(f"const _{name.replace('-', '_')} = (() =>") == 1


def test_the_playground_is_light():
    import gzip

    files = [path for path in MODULES.iterdir() if path.stem.startswith("playground")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 33_000


def drawn_in(widget):
    """The still picture's marks, as points on the page, and its polygons."""
    text = state_of(widget)[0]["text/html"].split("<script")[0]
    marks = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)".*?--w2s-(\w+),', text)
    shapes = re.findall(r'<polygon points="([^"]+)".*?--w2s-(\w+),', text)
    corners = {
        name: np.array([[float(x) for x in pair.split(",")] for pair in points.split()])
        for points, name in shapes
    }
    return {name: np.array([float(x), float(y)]) for x, y, name in marks}, corners


def test_the_still_triangle_has_squares_as_large_as_the_errors():
    playground = ProjectionPlayground(shape="triangle", truth=[1.5, -0.5], realizable=False)
    marks, squares = drawn_in(playground)
    report = playground.report()
    errors = {"weak": report.weak_error, "student": report.student_error, "misfit": report.misfit}
    assert squares.keys() == errors.keys()
    unit = np.hypot(*(marks["weak"] - marks["truth"])) / math.sqrt(2 * float(report.weak_error))
    for name, (a, b, c, d) in squares.items():
        area = abs(np.linalg.det([b - a, d - a]))
        np.testing.assert_allclose(area / (2 * unit**2), float(errors[name]), rtol=0.01)
        np.testing.assert_allclose(c - b, d - a, atol=0.11)
        third = {"weak": "student", "student": "weak", "misfit": "truth"}[name]
        assert (d - a) @ (marks[third] - a) < 1, "outwards"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_still_picture_stands_where_the_widget_does(shape):
    playground = ProjectionPlayground(shape=shape)
    marks, _ = drawn_in(playground)
    if len(playground.weak) == 2:
        points = [np.array(p) * [1, -1] for p in (playground.weak, playground.student)]
        points += [np.array(playground.truth) * [1, -1]]
        shown = [marks[name] for name in ("weak", "student", "truth")]
        unit = np.hypot(*(shown[0] - shown[2])) / np.hypot(*(points[0] - points[2]))
        for one, other in zip(shown, points, strict=True):
            np.testing.assert_allclose(one - shown[0], unit * (other - points[0]), atol=0.2)
    else:
        assert marks.keys() == {"weak", "student", "truth"}


def test_the_still_polygon_is_the_hull_and_closes():
    outline = inside("widgets._still")._outline
    square = {"shape": "polygon", "centre": [0, 0], "radius": 1, "angle": 0}
    corners = [[0.1, 0.2], [0.4, 0.2], [0.2, 0.3], [0.4, 0.7], [0.1, 0.7], [0.4, 0.2]]
    (line,) = outline(square | {"vertices": corners})
    np.testing.assert_allclose(line.T, [[0.1, 0.2], [0.4, 0.2], [0.4, 0.7], [0.1, 0.7], [0.1, 0.2]])
    for flat in ([[1.0, 2.0]], [[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]]):
        (line,) = outline(square | {"vertices": flat})
        assert {tuple(p) for p in line.T} <= {tuple(p) for p in flat}
