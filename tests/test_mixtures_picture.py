"""The picture of three teachers' mixtures: its places, its numbers, its colors."""

import re

import numpy as np
import pytest

from colours import strangers
from inside import inside
from w2s_jax import plots

frames = inside("widgets._frames")
M = np.diag([0.25, 0.64, 1.21])
C = np.array([[1.0, 0.2, 0.0], [0.2, 0.5, 0.1], [0.0, 0.1, 2.0]])
A = np.array([0.5, 0.3, 0.2])
CORNERS = np.array([[22.0, 196.0], [198.0, 196.0], [110.0, 44.0]])


def drawn(a=A, **more):
    return plots.mixtures(M, C, a, alt="Three teachers.", **more).svg


def test_each_map_says_its_own_value():
    values = [a @ form @ a for a in (A,) for form in (M, C, C + M)]
    said = re.findall(r">(gain|student error|weak error|mean weak error) (\d.\d\d)</text>", drawn())
    assert [float(v) for _, v in said[:3]] == [round(float(v), 2) for v in values]
    assert float(said[3][1]) == round(float(A @ np.diag(C + M)), 2)


@pytest.mark.parametrize("name", ["gain", "student", "weak"])
def test_the_mark_stands_at_the_weights(name):
    for a in (A, *np.eye(3)):
        _, x, y = frames.marker(frames.draw(plots.mixtures(M, C, a, alt="x")), name)
        np.testing.assert_allclose([x, y], a @ CORNERS, atol=0.1)


def test_a_ring_stands_where_a_map_is_lowest_and_a_cross_where_the_gain_is():
    rings = np.array(re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="6"', drawn()), float)
    least = 1 / np.diag(M) / (1 / np.diag(M)).sum()  # of uncorrelated leftovers
    np.testing.assert_allclose(rings[0], least @ CORNERS, atol=1.5)
    best = np.linalg.solve(C, np.ones(3))
    np.testing.assert_allclose(rings[1], best / best.sum() @ CORNERS, atol=1.5)
    (cross,) = re.findall(r'd="M([\d.]+) ([\d.]+)l10 10', drawn())
    np.testing.assert_allclose(np.array(cross, float) + 5, rings[0], atol=0.2)


def test_the_bar_s_parts_are_those_of_the_theorem():
    widths = [float(w) for w in re.findall(r'y="34" width="([\d.]+)"', drawn())]
    mean, gain, left = A @ np.diag(C + M), A @ M @ A, A @ C @ A
    parts = np.array([mean - gain - left, gain, left])
    np.testing.assert_allclose(widths, 212 * parts / np.diag(C + M).max(), atol=0.1)


def test_without_labels_only_the_gain_is_drawn():
    svg = drawn(blind=True)
    assert set(re.findall(r'data-of="(\w+)"', svg)) == {"gain"}
    assert "student error ?" in svg
    assert re.findall(r"error \d", svg) == []


def test_colors_are_those_of_the_objects():
    assert strangers(drawn()) == []
    assert set(re.findall(r'data-of="(\w+)"', drawn())) == {"gain", "student", "weak", "misfit"}


def test_shades_are_nested_levels():
    paths = re.findall(r'<path d="(M[^"]*Z)"/>', drawn())
    tops = [form.diagonal().max() / (C + M).diagonal().max() for form in (M, C, C + M)]
    assert len(paths) == sum(np.ceil(9 * top) for top in tops)  # the lowest the whole triangle
    xs = [float(x) for x in re.findall(r"(\d+),", paths[0])]
    assert (min(xs), max(xs)) == (22, 198)
