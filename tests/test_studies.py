"""Figures of many experiments: every number in its place, row and panel."""

import inspect

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba

from w2s_jax.plots import COLOURS, courses, gain_by_task, intervals, show, strips

PANELS = ["ESOL", "Lipop", "ESOL", "Lipop"]
VALUES = np.array([0.1, -0.2, 0.3, 0.5])


@pytest.fixture(autouse=True)
def _agg():
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def dots(axes):
    """The offsets of all scattered marks of a panel."""
    scattered = [c for c in axes.collections if isinstance(c, PathCollection)]
    return [np.asarray(c.get_offsets()).tolist() for c in scattered]


def flat(axes):
    return sorted(tuple(dot) for own in dots(axes) for dot in own)


def test_each_task_has_its_points_and_its_line():
    figure = gain_by_task(2 * VALUES, VALUES, PANELS, marks=["a", "a", "b", "b"])
    assert [axes.get_title("left") for axes in figure.axes] == ["ESOL", "Lipop"]
    assert flat(figure.axes[0]) == [(0.2, 0.1), (0.6, 0.3)]
    for axes in figure.axes:
        line = axes.lines[0]
        np.testing.assert_array_equal(line.get_xdata(), line.get_ydata())
        painted = axes.collections[0].get_facecolor()
        np.testing.assert_array_equal(painted, [to_rgba(COLOURS["gain"])])


def test_strips_put_marks_in_rows_side_by_side_and_a_bar_at_the_median():
    figure = strips(
        np.array([0.1, 0.3, 0.2, -3.0]),
        ["near", "near", "near", "far"],
        marks=["x", "y", "x", "y"],
        chosen=np.array([False, True, False, False]),
        ends=(-1, 1),
    )
    (axes,) = figure.axes
    x, y, ring = dots(axes)
    assert [a for a, _ in x] == [0.1, 0.2]
    assert [a for a, _ in y] == [0.3, -1.0]
    assert ring == [y[0]]
    assert x[0][1] < 0 < y[0][1] < 0.5 < y[1][1] < 1.5
    bars = [c for c in axes.collections if isinstance(c, LineCollection)]
    middles = sorted(np.array(bar.get_segments())[0, 0, 0] for bar in bars)
    assert middles == [-3.0, 0.2]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["near", "far"]
    bottom, top = axes.get_ylim()
    assert bottom > top


def test_strips_share_rows_and_leave_a_corner_for_the_legend():
    figure = strips(
        np.ones(3), ["own", "rest", "own"], panels=["a", "b", "c"], marks=["150", "150", "50"]
    )
    assert [axes.get_title("left") for axes in figure.axes] == ["a", "b", "c", ""]
    legend = figure.axes[3].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["150", "50"]


def test_a_full_dot_s_interval_leaves_zero_out():
    values = np.array([0.1, 0.5, -0.6])
    figure = intervals(values, values - 0.3, values + 0.3)
    (axes,) = figure.axes
    hollow, full = dots(axes)
    assert full == [[0.5, 0.0], [-0.6, 2.0]]
    assert hollow == [[0.1, 1.0]]
    (lines,) = (c for c in axes.collections if isinstance(c, LineCollection))
    segments = np.array(lines.get_segments())
    np.testing.assert_allclose(segments[:, :, 0], [[0.2, 0.8], [-0.2, 0.4], [-0.9, -0.3]])


def test_a_name_has_one_marker_in_all_panels():
    figure = intervals(VALUES, VALUES, VALUES, panels=PANELS, marks=["x", "x", "y", "z"])
    shapes = [
        {c.get_label(): np.shape(c.get_paths()[0].vertices) for c in axes.collections[1:]}
        for axes in figure.axes[:2]
    ]
    assert shapes[0] == shapes[1]
    assert list(shapes[0]) == ["x", "y", "z"]


def test_courses_follow_the_positions_in_the_colours_of_the_book():
    figure = courses(
        np.array([3.0, 1.0, 2.0, 5.0]),
        ["few", "many", "few", "many"],
        ["gain", "gain", "drift", "drift"],
        ["ESOL"] * 4,
        xlabel="labels",
        ylabel="share",
    )
    gain, drift = figure.axes[0].lines[:2]
    assert np.asarray(gain.get_xydata()).tolist() == [[0, 3], [1, 1]]
    assert np.asarray(drift.get_xydata()).tolist() == [[0, 2], [1, 5]]
    assert gain.get_color() == COLOURS["gain"]
    assert drift.get_color() not in COLOURS.values()
    assert gain.get_linestyle() != drift.get_linestyle()


def test_what_is_drawn_shows():
    figure = intervals(VALUES, VALUES - 1, VALUES + 1, panels=PANELS, marks=["a", "b", "a", "b"])
    assert "<svg" in show(figure, alt="Four intervals.").svg


@pytest.mark.parametrize(
    "draw",
    [
        lambda: inspect.unwrap(gain_by_task)(VALUES, VALUES[:3], PANELS),
        lambda: inspect.unwrap(strips)(VALUES, PANELS, marks=["a"]),
        lambda: inspect.unwrap(intervals)(VALUES, VALUES[1:], VALUES),
        lambda: inspect.unwrap(intervals)(VALUES, VALUES, VALUES[1:]),
        lambda: inspect.unwrap(strips)(np.zeros(0), []),
    ],
)
def test_columns_that_do_not_pair_are_refused(draw):
    with pytest.raises(ValueError, match="as many values, rows, panels and marks"):
        draw()
