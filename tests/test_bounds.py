import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from w2s_jax import evaluate, fit_head, pythagorean, sets

CLASSES = {
    "ball": sets.Ball(radius=0.8),
    "simplex": sets.Simplex(),
    "non-negative": sets.NonNegative(),
    "L1 ball": sets.L1Ball(radius=0.7),
    "monotone": sets.Monotone(),
    "box": sets.Box(-0.2, 0.3),
}


def case(seed, within, realizable=True):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(40, 5))
    weights = rng.normal(size=5)
    if realizable and within is not None:
        weights = np.asarray(within.project(weights))
    truth = features @ weights + 1.0
    weak = truth + rng.normal(size=40)
    student = np.asarray(fit_head(features, weak, within=within)(features))
    return features, weak, student, truth


@pytest.mark.parametrize("name", CLASSES)
@hypothesis.settings(max_examples=15, deadline=None, derandomize=True)
@hypothesis.given(seed=st.integers(0, 10_000))
def test_theorem_1_holds_where_its_assumptions_do(name, seed):
    features, weak, student, truth = case(seed, CLASSES[name])
    bound = pythagorean(weak, student, truth, features=features, within=CLASSES[name])
    report = evaluate(weak, student, truth)
    assert bound.holds
    assert bound.untested == ()
    assert report.gain >= bound.gain - 1e-9
    assert report.weak_error >= bound.weak_error - 1e-9
    assert report.student_error <= bound.student_error + 1e-9
    np.testing.assert_allclose(bound.slack, report.gain - report.misfit, atol=1e-12)
    assert bound.angle >= 90 - 1e-3


def test_in_a_linear_class_the_angle_is_right():
    features, weak, student, truth = case(0, None)
    bound = pythagorean(weak, student, truth, features=features)
    np.testing.assert_allclose(bound.angle, 90, atol=1e-9)
    np.testing.assert_allclose(bound.slack, 0, atol=1e-12)


def test_the_angle_is_that_of_the_triangle():
    weak, student, truth = np.array([[0.0, 1.0], [0.0, 0.0], [-1.0, -1.0]])
    bound = pythagorean(weak, student, truth)
    np.testing.assert_allclose(bound.angle, 135)
    np.testing.assert_allclose(bound.slack, 1.0)
    assert bound.untested == ("projection", "variational", "realizable", "convex")


def test_a_broken_assumption_is_named():
    within = sets.Ball(radius=0.3)
    features, weak, student, truth = case(1, within, realizable=False)
    bound = pythagorean(weak, student, truth, features=features, within=within)
    assert not bound.holds
    assert not bound.assumptions["realizable"].holds
    assert bound.assumptions["projection"].holds
    early = pythagorean(weak, 0.5 * student, features=features, within=within)
    assert not early.assumptions["variational"].holds
    assert early.student_error is None
    assert early.untested == ("realizable",)
