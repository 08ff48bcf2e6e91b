"""The map of two shares: level lines, both shades, and what it refuses."""

import inspect

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.contour import QuadContourSet

from w2s_jax import plots

SHARES = np.linspace(0, 1, 21)


@pytest.fixture(autouse=True)
def _agg():
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def drawn(slack, gain, **more):
    axes = plots.shift_map(SHARES, slack, gain, **more)
    return axes, [each for each in axes.collections if isinstance(each, QuadContourSet)]


def test_a_row_is_a_share_in_use_and_the_shade_ends_where_gain_is_misfit():
    taught, used = np.meshgrid(SHARES, SHARES)
    axes, sets = drawn(used - taught, used - 0.2)
    less, harm, levels, border = sets
    assert less.get_alpha() == 0.1
    assert harm.get_alpha() == 0.2
    place = np.vstack([path.vertices for path in less.get_paths()])
    assert (place[:, 1] <= place[:, 0] + 1e-6).all()  # below the diagonal
    assert np.vstack([path.vertices for path in harm.get_paths()])[:, 1].max() < 0.2
    line = np.vstack([path.vertices for path in border.get_paths()])
    np.testing.assert_allclose(line[:, 0], line[:, 1], atol=1e-9)
    assert np.ravel(border.get_linewidth()).tolist() == [2.2]
    assert min(levels.levels) < 0 < max(levels.levels)
    assert axes.get_ylabel() == "minority's share in use"


def test_nothing_is_shaded_where_nothing_is_lost():
    taught, used = np.meshgrid(SHARES, SHARES)
    _, sets = drawn(taught + used, taught + used + 1)
    assert len(sets) == 1  # level lines alone


def test_the_lessons_are_marked():
    taught, used = np.meshgrid(SHARES, SHARES)
    axes, _ = drawn(used - taught, used, taught=0.25)
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert [np.asarray(line.get_xydata()).tolist() for line in marks] == [[[0.25, 0.25]]]
    assert [line.get_gid() for line in marks] == ["of-student"]


def test_a_map_of_equal_numbers_still_draws():
    flat = np.zeros((21, 21))
    axes, sets = drawn(flat, flat)
    assert sets == []
    assert "role" in plots.show(axes, alt="Flat.").svg


def test_tables_of_another_size_are_refused():
    with pytest.raises(ValueError, match="must be 21 × 21"):
        inspect.unwrap(plots.shift_map)(SHARES, np.zeros((21, 20)), np.zeros((21, 21)))
