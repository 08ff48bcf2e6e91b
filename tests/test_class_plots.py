"""Pictures of classes, metrics and leftovers say what the formulas say."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Annotation

from w2s_jax import plots, project, sets
from w2s_jax.plots import COLOURS

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
STRETCHED = np.array([[2.0, 1.0], [1.0, 3.0]])


@pytest.fixture(autouse=True)
def _agg():
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def points_of(line):
    return np.column_stack([np.asarray(line.get_xdata()), np.asarray(line.get_ydata())])


def arrows(axes):
    return [a for a in axes.texts if isinstance(a, Annotation) and a.arrow_patch is not None]


def test_the_ellipse_is_as_far_from_the_point_as_its_projection_and_the_arrow_is_normal():
    q = np.array([1.7, 0.4])
    p = np.asarray(project(q, sets.Hull(SQUARE), metric=STRETCHED).value)
    axes = plots.nearest_in_metric(SQUARE, q, p, STRETCHED)
    level = points_of(axes.lines[0]) - q
    far = (p - q) @ STRETCHED @ (p - q)
    np.testing.assert_allclose(((level @ STRETCHED) * level).sum(1), far)
    (arrow,) = arrows(axes)
    direction = np.array(arrow.xy) - arrow.xyann
    np.testing.assert_allclose(direction, [0.6, 0], atol=1e-6)  # it meets the side x = 1


def test_a_point_of_the_set_has_no_arrow():
    axes = plots.nearest_in_metric(SQUARE, SQUARE[2], SQUARE[2], STRETCHED)
    assert arrows(axes) == []


def test_a_class_of_points_is_not_joined_and_a_walk_is_dotted():
    w, s, f = SQUARE[1] + 0.1, SQUARE[1], SQUARE[3]
    axes = plots.in_class(SQUARE, weak=w, student=s, truth=f, walk=SQUARE[:2], joined=False)
    members, walk, misfit, error = axes.lines
    assert (members.get_linestyle(), members.get_marker()) == ("None", "o")
    assert walk.get_linestyle() == ":"
    np.testing.assert_array_equal(points_of(misfit), [w, s])
    np.testing.assert_array_equal(points_of(error), [s, f])
    assert [t.get_text() for t in axes.texts] == ["f", "w", "s"]
    assert [t.get_color() for t in axes.texts] == [
        COLOURS["truth"],
        COLOURS["weak"],
        COLOURS["student"],
    ]
    assert len(plots.in_class(SQUARE, weak=w, student=s, truth=f).lines) == 3


@pytest.mark.parametrize(("steps", "kind"), [(True, "steps-mid"), (False, "default")])
def test_predictions_are_drawn_over_their_inputs(steps, kind):
    x = np.arange(3.0)
    axes = plots.predictions(x, weak=-x, truth=x, student=2 * x, steps=steps)
    drawn = {line.get_label(): np.asarray(line.get_ydata()).tolist() for line in axes.lines}
    assert drawn == {"weak labels": [0, -1, -2], "truth": [0, 1, 2], "student": [0, 2, 4]}
    assert axes.lines[-1].get_drawstyle() == kind


def test_words_and_legends_take_the_page_s_colour_outside_the_style_too():
    x = np.arange(3.0)
    legend = plots.predictions(x, weak=x, truth=x, student=x).get_legend()
    assert legend is not None
    assert {word.get_color() for word in legend.get_texts()} == {plots.INK}
    assert not legend.get_frame_on()
