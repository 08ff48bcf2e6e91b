"""Pictures of other losses: the triangle of three classes, ratios by cell, one gain and another."""

import inspect

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from scipy.special import softmax

from w2s_jax import plots
from w2s_jax.plots import COLOURS, show

ENDS = np.array([[0.7, 0.05, 0.25], [0.05, 0.75, 0.2]])
MEMBERS = ENDS[0] + np.linspace(0, 1, 5)[:, None] * (ENDS[1] - ENDS[0])
WEAK, TRUTH = np.array([0.15, 0.3, 0.55]), MEMBERS[1]
NEAR = {
    "prediction": np.array([0.2804, 0.5019, 0.2177]),
    "label": np.array([0.3066, 0.4736, 0.2198]),
}
CORNERS = np.array([[0, 0], [1, 0], [0.5, np.sqrt(0.75)]])


@pytest.fixture(autouse=True)
def _agg():
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def triangle(first="prediction"):
    other = "label" if first == "prediction" else "prediction"
    students = {first: NEAR[first], other: NEAR[other]}
    return plots.three_classes(MEMBERS, weak=WEAK, truth=TRUTH, students=students)


def drawn(axes, name):
    return [np.asarray(each.get_xydata()) for each in axes.lines if each.get_color() == name]


@pytest.mark.parametrize("first", ["prediction", "label"])
def test_the_ways_of_a_student_are_straight_in_what_its_divergence_asks(first):
    axes = triangle(first)
    (leg,) = drawn(axes, COLOURS["misfit"])
    side, beside = drawn(axes, COLOURS["student"])
    s = NEAR[first]
    halves = {"probabilities": lambda p, q: (p + q) / 2, "logits": lambda p, q: np.sqrt(p * q)}
    kinds = ["logits", "probabilities"] if first == "prediction" else ["probabilities", "logits"]
    for line, kind, (start, end) in zip((leg, side), kinds, ((WEAK, s), (s, TRUTH)), strict=True):
        np.testing.assert_allclose(line[[0, -1]], np.array([start, end]) @ CORNERS)
        middle = halves[kind](start, end)
        np.testing.assert_allclose(line[len(line) // 2], middle / middle.sum() @ CORNERS)
    (other,) = NEAR.keys() - {first}
    np.testing.assert_allclose(beside, [NEAR[other] @ CORNERS])
    marks = {"prediction": "o", "label": "s"}
    hollow = [line for line in axes.lines if line.get_marker() == marks[other]]
    assert [line.get_markerfacecolor() for line in hollow] == ["none"]


def test_the_shade_ends_where_the_gain_is_the_misfit_and_again_where_it_is_nothing():
    axes = triangle()
    less, harm, border = axes.collections[:3]
    s = NEAR["prediction"]
    slope = np.log(s / WEAK)
    for shade, level in ((less, s @ slope), (harm, 0.0)):
        assert shade.get_alpha() == 0.1
        gain = truths(shade) @ slope
        assert gain.max() == pytest.approx(level, abs=1e-3)
    np.testing.assert_allclose(truths(border) @ slope, s @ slope, atol=1e-3)


def truths(drawn_set):
    """The points of the triangle that a contour passes, as probabilities."""
    place = np.vstack([np.asarray(path.vertices) for path in drawn_set.get_paths()])
    corners = np.vstack([CORNERS.T, np.ones(3)])
    return np.linalg.solve(corners, np.vstack([place.T, np.ones(len(place))])).T


def test_a_right_angle_is_a_box_and_an_acute_one_a_bow():
    box = min(drawn(triangle(), plots.INK), key=lambda line: np.ptp(line[:, 0]))
    assert len(box) == 3
    logits = softmax(
        np.log(ENDS[0]) + np.linspace(0, 1, 49)[:, None] * np.log(ENDS[1] / ENDS[0]), 1
    )
    weak = np.array([0.55, 0.3, 0.15])
    far = (logits * np.log(logits / weak)).sum(1)
    students = {"prediction": logits[np.argmin(far)]}
    axes = plots.three_classes(logits, weak=weak, truth=logits[40], students=students)
    bow = min(drawn(axes, plots.INK), key=lambda line: np.ptp(line[:, 0]))
    assert len(bow) == 25


def test_a_student_needs_a_direction():
    for students in ({}, {"reverse": WEAK}):
        with pytest.raises(ValueError, match="students must be named by what stood first"):
            plots.three_classes(MEMBERS, weak=WEAK, truth=TRUTH, students=students)


def test_a_student_on_its_teacher_still_makes_a_picture():
    axes = plots.three_classes(MEMBERS, weak=TRUTH, truth=TRUTH, students={"label": TRUTH})
    assert "role" in show(axes, alt="All in one place.").svg


def cells():
    rng = np.random.default_rng(0)
    names = [
        (kind, fitted, measured)
        for kind in ("mixtures", "softmax head")
        for fitted in ("prediction first", "label first")
        for measured in ("prediction first", "label first")
    ]
    columns = zip(*[name for name in names for _ in range(21)], strict=True)
    frame = dict(zip(("class", "fitted", "measured"), columns, strict=True))
    return frame | {"ratio": rng.normal(1, 0.3, 21 * len(names))}


def test_each_cell_has_its_quantiles_and_every_problem_its_mark():
    frame = cells()
    figure = plots.gain_ratios(frame)
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == [
        f"{kind}\nfitted: {way}"
        for kind in ("mixtures", "softmax head")
        for way in ("prediction first", "label first")
    ]
    ratios = np.asarray(frame["ratio"]).reshape(4, 2, 21)
    for axes, panel in zip(figure.axes, ratios, strict=True):
        marks = drawn(axes, COLOURS["gain"])
        bars = [c for c in axes.collections if isinstance(c, LineCollection)]
        spans = [np.asarray(bar.get_segments()[0]) for bar in bars]
        for at, own in enumerate(panel):
            np.testing.assert_array_equal(marks[at][:, 0], own)
            assert (np.abs(marks[at][:, 1] - at) < 0.5).all()
            whole, middle, bar = spans[3 * at : 3 * at + 3]
            np.testing.assert_allclose(whole[:, 0], [own.min(), own.max()])
            np.testing.assert_allclose(middle[:, 0], np.quantile(own, [0.1, 0.9]))
            np.testing.assert_allclose(bar[:, 0], np.median(own))
        assert [line.get_xdata() for line in axes.lines if line.get_linestyle() == ":"] == [[1, 1]]
    svg = show(figure, alt="Ratios.").svg
    assert COLOURS["gain"] in svg


def test_what_lies_beyond_the_ends_is_hollow_and_drawn_there():
    frame = {"class": ["a"] * 3, "fitted": ["b"] * 3, "measured": ["c"] * 3, "ratio": [-9, 1, 1.2]}
    (axes,) = plots.gain_ratios(frame, ends=(0, 2)).axes
    lines = [line for line in axes.lines if line.get_color() == COLOURS["gain"]]
    within, beyond = lines
    assert np.asarray(within.get_xdata()).tolist() == [1, 1.2]
    assert np.asarray(beyond.get_xdata()).tolist() == [0]
    assert beyond.get_markerfacecolor() == "none"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fitted": None}, "frame must have the columns .*; no 'fitted'"),
        ({"ratio": [1.0]}, r"columns must be of one length.*\[168, 168, 168, 1\]"),
    ],
)
def test_a_frame_without_its_columns_is_refused(change, words):
    frame = {name: column for name, column in (cells() | change).items() if column is not None}
    with pytest.raises(ValueError, match=words):
        plots.gain_ratios(frame)


def test_gains_that_disagree_lie_in_the_shade():
    kl, accuracy = np.array([0.2, -0.1, 0.1]), np.array([0.05, 0.02, -0.01])
    axes = plots.accuracy_against_kl(kl, accuracy, groups=["ESOL", "reviews", "ESOL"])
    shades = [c.get_datalim(axes.transData) for c in axes.collections[:2]]
    inside = [
        any(box.contains(*point) for box in shades) for point in zip(kl, accuracy, strict=True)
    ]
    assert inside == [False, True, True]
    first, second = axes.collections[2:]
    np.testing.assert_array_equal(first.get_offsets(), [[0.2, 0.05], [0.1, -0.01]])
    painted = np.asarray(second.get_facecolor())
    np.testing.assert_array_equal(painted[:, :3], [to_rgba(COLOURS["gain"])[:3]])
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["ESOL", "reviews"]
    assert axes.get_xlim()[0] == -axes.get_xlim()[1]


def test_gains_that_do_not_pair_are_refused():
    unchecked = inspect.unwrap(plots.accuracy_against_kl)
    with pytest.raises(ValueError, match=r"accuracy \(3\) and groups \(2\) as in KL \(2\)"):
        unchecked(np.zeros(2), np.zeros(3))
