"""The figures of the chapters on molecules."""

import inspect

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from w2s_jax import plots
from w2s_jax.plots import COLOURS


@pytest.fixture(autouse=True)
def _agg():
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def height(bar):
    return bar.get_height()


def test_guesses_stand_in_order_with_the_answer_in_bold():
    axes = plots.guesses(np.array([0.1, 0.6, 0.0, 0.3]), ["C", "N", "O", "F"], answer=3)
    labels = axes.get_xticklabels()
    assert [label.get_text() for label in labels] == ["N", "F", "C", "O"]
    assert [label.get_fontweight() == "bold" for label in labels] == [k == 1 for k in range(4)]
    assert [height(bar) for bar in axes.patches] == [0.6, 0.3, 0.1, 0.0]
    with pytest.raises(ValueError, match=r"symbols \(1\) as shares \(2\)"):
        plots.guesses(np.array([0.5, 0.5]), ["C"])


def test_attention_draws_a_larger_dot_for_a_larger_share_and_none_for_a_small_one():
    axes = plots.attention(np.array([[0.9, 0.08, 0.02], [0.0, 0.1, 0.9]]), ["C", "C", "O"], at=1)
    dots = {
        (int(x), int(y)): line.get_markersize()
        for line in axes.lines
        if line.get_marker() == "o"
        for x, y in np.asarray(line.get_xydata())
    }
    assert set(dots) == {(0, 1), (1, 1), (1, 2), (2, 2)}
    assert dots[0, 1] == dots[2, 2] > dots[1, 1] == dots[1, 2]
    with pytest.raises(ValueError, match="at=3"):
        plots.attention(np.ones((1, 3)) / 3, ["C", "C", "O"], at=3)


def test_width_has_a_line_for_each_set_and_columns_for_what_has_no_width():
    weak = {"ESOL": [2.0, 1.5], "Lipop": [1.4, 1.2]}
    strong = (64, {"ESOL": 1.0, "Lipop": 1.1})
    axes = plots.by_width(
        [8, 12], weak, strong=strong, beside={"untr.": {"ESOL": 3.0, "Lipop": 2.0}}
    )
    shown = [label.get_text() for label in axes.get_xticklabels()]
    assert shown == ["8", "64", "untr."]
    students = [line for line in axes.lines if line.get_color() == COLOURS["student"]]
    ends = [np.asarray(line.get_xydata())[-1].tolist() for line in students]
    assert ends == [[64, 1.0], [64, 1.0], [64, 1.1], [64, 1.1]]
    assert max(np.max(line.get_xdata()) for line in axes.lines) > 64  # to the right of all widths
    with pytest.raises(ValueError, match="need 2 numbers"):
        plots.by_width([8, 12], {"ESOL": [1.0]})


def test_panels_stand_side_by_side_in_their_order():
    panels = plots.side_by_side({"a": "A", "b": "B", "c": "C"})
    assert len(plt.gcf().axes) == 3
    places = [axes.get_position().x0 for axes in panels.values()]
    assert places == sorted(places)
    with pytest.raises(ValueError, match="got none"):
        plots.side_by_side({})


def test_predictions_that_are_right_lie_on_the_line():
    truth = np.array([0.0, 2.0, 1.0])
    axes = plots.against_truth(truth, truth, groups=["a", "b", "a"])
    line = np.asarray(axes.lines[0].get_xydata())
    np.testing.assert_array_equal(line, [[0, 0], [2, 2]])
    points = [np.asarray(own.get_offsets()) for own in axes.collections]
    np.testing.assert_array_equal(points[0], [[0, 0], [1, 1]])
    np.testing.assert_array_equal(points[1], [[2, 2]])
    with pytest.raises(ValueError, match=r"predictions \(2\)"):
        inspect.unwrap(plots.against_truth)(truth, truth[:2])


def test_the_bars_of_a_gain_add_up():
    parts = {"misfit": [0.3, 0.1], "beyond": [0.2, -0.1], "drift": [0.05, 0.0]}
    axes = plots.gain_in_parts(["a", "b"], parts)
    heights = np.reshape([height(bar) for bar in axes.patches], (4, 2))
    np.testing.assert_allclose(heights[:3].sum(0), heights[3])
    np.testing.assert_allclose(heights[3], [0.05, 0.2])
    with pytest.raises(ValueError, match="misfit, beyond and drift"):
        plots.gain_in_parts(["a", "b"], {"misfit": [0.3, 0.1]})


def test_marked_deviations_are_diamonds():
    first, marked = np.array([1.0, -2.0, 0.1]), np.array([True, True, False])
    axes = plots.agreement(first, first / 2, marked=marked)
    found = {line.get_marker(): np.size(line.get_xdata()) for line in axes.lines[2:]}
    assert found == {"o": 1, "D": 2}
    with pytest.raises(ValueError, match="lengths differ: 3, 2 and 3"):
        inspect.unwrap(plots.agreement)(first, first[:2], marked=marked)
