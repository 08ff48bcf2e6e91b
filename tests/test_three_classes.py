"""The Python side of the figure of three classes: its students, its numbers, what it refuses."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import rel_entr, softmax

from w2s_jax.widgets import ThreeClasses

CELLS = [(kind, first) for kind in ("probabilities", "logits") for first in ("prediction", "label")]
SAFE = [("probabilities", "prediction"), ("logits", "label")]


def draw(rng):
    """Ends, a weak model and a place for the truth."""
    points = rng.dirichlet([0.8, 0.8, 0.8], 3)
    points = np.maximum(points, 0.002)
    points /= points.sum(1, keepdims=True)
    return {"ends": points[:2], "weak": points[2], "truth": float(rng.uniform())}


def member(kind, ends, t):
    if kind == "probabilities":
        return (1 - t) * ends[0] + t * ends[1]
    return softmax((1 - t) * np.log(ends[0]) + t * np.log(ends[1]))


def apart(first, prediction, label):
    p, q = (prediction, label) if first == "prediction" else (label, prediction)
    return rel_entr(p, q).sum()


def search(kind, first, ends, weak):
    """The least divergence on the class, by looking everywhere and then closely."""

    def far(t):
        return apart(first, member(kind, ends, t), weak)

    grid = np.linspace(0, 1, 201)
    found = [far(t) for t in grid]
    at = grid[int(np.argmin(found))]
    bounds = (max(0.0, at - 0.005), min(1.0, at + 0.005))
    close = minimize_scalar(far, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    return min(close.fun, *found)


@pytest.mark.parametrize(("kind", "first"), CELLS)
def test_the_student_is_the_nearest_point_of_the_class(kind, first):
    rng = np.random.default_rng(0)
    for _ in range(12):
        given = draw(rng)
        found = ThreeClasses(kind=kind, first=first, **given).numbers()
        truth = member(kind, given["ends"], given["truth"])
        least = search(kind, first, given["ends"], given["weak"])
        assert found["misfit"] <= least + 1e-12
        np.testing.assert_allclose(found["misfit"], least, rtol=1e-9, atol=1e-12)
        wanted = apart(first, truth, given["weak"])
        np.testing.assert_allclose(found["weak_error"], wanted, atol=1e-12)


@pytest.mark.parametrize(("kind", "first"), CELLS)
def test_two_cells_of_four_are_certain(kind, first):
    rng = np.random.default_rng(1)
    pictures = [ThreeClasses(kind=kind, first=first, **draw(rng)) for _ in range(60)]
    found = [picture.numbers() for picture in pictures]
    worst = min(numbers["gain"] - numbers["misfit"] for numbers in found)
    assert (worst >= -1e-12) == ((kind, first) in SAFE)
    if (kind, first) not in SAFE:
        assert worst < -0.01


@pytest.mark.parametrize(("kind", "first"), SAFE)
def test_a_student_inside_its_class_gains_the_misfit_exactly(kind, first):
    rng, seen = np.random.default_rng(2), 0
    while seen < 20:
        given = draw(rng)
        picture = ThreeClasses(kind=kind, first=first, **given)
        if np.abs(picture.student - given["ends"]).max(1).min() > 1e-6:  # at no end
            numbers, seen = picture.numbers(), seen + 1
            np.testing.assert_allclose(numbers["gain"], numbers["misfit"], atol=1e-12)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "odds"}, "kind must be probabilities or logits; got 'odds'"),
        ({"first": "teacher"}, "first must be prediction or label"),
        ({"weak": [0.5, 0.5]}, "weak must be three probabilities > 0 that sum to 1"),
        ({"weak": [0.5, 0.6, -0.1]}, "weak must be three probabilities > 0"),
        ({"weak": [0.5, 0.5, 0.0]}, "weak must be three probabilities > 0"),
        ({"truth": [0.5, 0.4, 0.2]}, "truth must be three probabilities > 0"),
        ({"truth": 1.5}, "truth must be .* or one number from 0 to 1; got 1.5"),
        ({"ends": [[0.5, 0.25, 0.25]]}, "ends must be two rows of three"),
    ],
)
def test_what_is_none_is_named(given, words):
    with pytest.raises(ValueError, match=words):
        ThreeClasses(**given)


def test_html_form_carries_state_words_and_the_solved_picture():
    data, _ = ThreeClasses(first="label")._repr_mimebundle_()
    text = data["text/html"]
    state = json.loads(text.split('<script type="application/json">')[1].split("</script>")[0])
    assert state["first"] == "label"
    assert state["truth"] == 0.25
    assert "the gain is 0.193 and the misfit 0.260" in text
    assert "gain ≥ misfit is not certain" in text
    assert text.split("<script")[0].count("data-of=") >= 6
    assert "application/vnd.jupyter.widget-view+json" in data
