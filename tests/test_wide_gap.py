"""Two feature spaces, surrogate labels and a student stopped in time, each by simulation."""

import re

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from w2s_jax.bounds import best_surrogate, overlap, overlap_gain, surrogate_risk

DRAWS = 1500
# d_w, d_s, n, N, cosines' pattern, noise variance, length of the truth outside of the teacher
SETTINGS = {
    "dong-1": (40, 20, 120, 300, "few", 1.0, 0.0),
    "dong-10": (40, 20, 120, 300, "half", 1.0, 0.0),
    "dong-20": (40, 20, 120, 300, "nested", 1.0, 0.0),
    "apart": (6, 5, 30, 40, "none", 0.5, 0.0),
    "alike": (5, 5, 20, 30, "nested", 2.0, 0.0),
    "narrow-student": (12, 3, 40, 25, "mixed", 1.0, 0.0),
    "wide-student": (4, 15, 20, 60, "mixed", 1.0, 0.0),
    "no-noise": (5, 8, 25, 50, "mixed", 0.0, 1.0),
    "both": (8, 8, 30, 40, "mixed", 0.7, 1.5),
    "both-few-lessons": (8, 6, 16, 14, "half", 0.3, 0.8),
    "both-apart": (4, 6, 12, 30, "few", 1.0, 1.0),
    "both-nested": (6, 9, 20, 40, "nested", 0.4, 1.0),
}


def spaces(d_w, d_s, pattern):
    """Cosines, and the coordinates of both features: orthonormal, h_w = C h_s' + S z."""
    k = min(d_w, d_s)
    cosines = {
        "none": np.zeros(k),
        "few": np.r_[1.0, np.zeros(k - 1)],
        "half": (np.arange(k) < k / 2).astype(float),
        "nested": np.ones(k),
        "mixed": np.linspace(0.95, 0.1, k),
    }[pattern]
    return cosines, np.sqrt(1 - cosines**2)


def simulated(name):
    """Errors of teacher and student, misfits and gains, one row a draw."""
    d_w, d_s, n, lessons, pattern, noise, length = SETTINGS[name]
    rng = np.random.default_rng(list(SETTINGS).index(name))
    cosines, sines = spaces(d_w, d_s, pattern)
    k = len(cosines)
    beta = rng.normal(size=d_s)  # the truth in the student's coordinates
    if length == 0:  # a truth in both spaces
        beta[:k] *= cosines == 1
        beta[k:] = 0
    mixing = rng.normal(size=(d_w, d_w))  # laws do not depend on the basis

    def draw(rows):
        strong = rng.normal(size=(rows, d_s))
        weak = rng.normal(size=(rows, d_w))
        weak[:, :k] = cosines * strong[:, :k] + sines * weak[:, :k]
        return strong, weak

    # Population: coordinates of P_w f among the weak features, before mixing.
    alpha = np.r_[cosines * beta[:k], np.zeros(d_w - k)]
    A = (beta**2).sum() - (alpha**2).sum()
    B = ((sines * alpha[:k]) ** 2).sum()
    rows = []
    for _ in range(DRAWS):
        strong, weak = draw(n)
        labels = strong @ beta + np.sqrt(noise) * rng.normal(size=n)
        a = mixing @ np.linalg.lstsq(weak @ mixing, labels, rcond=None)[0]
        strong, weak = draw(lessons)
        c = np.linalg.lstsq(strong, weak @ a, rcond=None)[0]
        on_strong, rest = np.r_[cosines * a[:k], np.zeros(d_s - k)], sines * a[:k]
        left = (rest**2).sum() + (a[k:] ** 2).sum()
        weak_error = ((on_strong - beta) ** 2).sum() + left
        student_error = ((c - beta) ** 2).sum()
        misfit = ((on_strong - c) ** 2).sum() + left
        truth = strong @ beta
        own = ((weak @ a - strong @ c) ** 2).mean()
        own_gain = ((weak @ a - truth) ** 2 - (strong @ c - truth) ** 2).mean()
        rows.append([weak_error, student_error, misfit, weak_error - student_error, own, own_gain])
    given = {"taught_on": n, "lessons": lessons, "noise": noise, "weak_gap": A, "dropped": B}
    return np.array(rows), (d_w, d_s, (cosines**2).sum()), given


def off(found, law):
    """Standard errors between a mean and a number."""
    spread = found.std(ddof=1) / np.sqrt(len(found))
    return abs(found.mean() - float(law)) / max(spread, 1e-12)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_law_of_the_overlap_is_within_three_standard_errors(name):
    found, ranks, given = simulated(name)
    law = overlap_gain(*ranks, **given)
    assert off(found[:, 0], law.weak_error) < 3
    assert off(found[:, 1], law.student_error) < 3
    assert off(found[:, 2], law.misfit) < 3
    assert off(found[:, 3], law.gain) < 3
    assert off(found[:, 4], law.own) < 3
    np.testing.assert_allclose(found[:, 4], found[:, 5], atol=1e-9)  # own inputs: gain = misfit
    for wrong in wrong_versions(name, ranks, given):
        assert off(found[:, 1], wrong) > 5


def wrong_versions(name, ranks, given):
    """Student errors of formulas that are nearly right, where they say something else."""
    d_w, d_s, o = ranks
    law = overlap_gain(*ranks, **given)
    if "both" not in name and 0 < o < d_w:
        yield overlap_gain(d_w, d_s, 0.0, **given).student_error  # nothing is repeated
        most = overlap_gain(d_w, d_s, float(min(d_w, d_s)), **given)
        if o < min(d_w, d_s):
            yield most.student_error  # all is repeated
    if name.startswith("both-"):
        # Without what the teacher's features leave in its noise.
        v = given["weak_gap"] / (given["taught_on"] - d_w - 1)
        yield law.student_error - v * (o + law.cost * (d_w - o))
    if given["lessons"] < 3 * d_s:  # the variance of own inputs, on fresh ones
        yield law.student_error - (law.cost - d_s / given["lessons"]) * law.least_misfit


def test_principal_angles_are_those_of_scipy():
    rng = np.random.default_rng(0)
    weak, strong = rng.normal(size=(50, 4)) + 3, rng.normal(size=(50, 6)) - 2
    strong[:, 0] = weak[:, 1] + 0.1 * strong[:, 0]
    for bias in (True, False):
        x, y = (h - h.mean(0) * bias for h in (weak, strong))
        angles = np.sort(subspace_angles(x, y))
        found = overlap(weak, strong, bias=bias)
        np.testing.assert_allclose(np.arccos(found.cosines), angles, atol=1e-7)
        np.testing.assert_allclose(found.overlap, (np.cos(angles) ** 2).sum())
    twice = overlap(np.hstack([weak, weak @ rng.normal(size=(4, 3))]), strong)
    assert twice.weak_rank == 4
    np.testing.assert_allclose(twice.overlap, overlap(weak, strong).overlap)


def test_unrelated_features_overlap_by_chance():
    rng = np.random.default_rng(1)
    found = [overlap(rng.normal(size=(40, 6)), rng.normal(size=(40, 9))) for _ in range(150)]
    met = np.array([float(each.overlap) for each in found])
    assert off(met, found[0].chance) < 3
    assert off(met, 0.0) > 10


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"overlap": 3.5}, "overlap must be at least 0 and at most 3"),
        ({"overlap": [-0.1, 1.0]}, "got -0.1 to 1"),
        ({"taught_on": 5}, "taught_on is 5 for 4 features: the law needs at least 6"),
        ({"lessons": 4}, "lessons is 4 for 3 features"),
        ({"noise": -1.0}, "noise must be at least 0"),
        ({"weak_gap": 0.5, "dropped": 0.6}, "dropped must be at least 0 and at most 0.5"),
        ({"weak_gap": np.nan}, "weak_gap"),
    ],
)
def test_the_law_refuses_what_it_cannot_mean(change, words):
    given = {"weak_rank": 4, "student_rank": 3, "overlap": 1.0, "taught_on": 20, "lessons": 30}
    with pytest.raises(ValueError, match=re.escape(words)):
        overlap_gain(**given | change)


def test_features_that_never_vary_span_nothing():
    with pytest.raises(ValueError, match="student_features never vary"):
        overlap(np.arange(6.0).reshape(3, 2), np.ones((3, 2)))


P, N = 300, 100
PROBLEMS = {
    "squares": (np.arange(1.0, P + 1) ** -2, np.arange(1.0, P + 1) ** 0.25, 0.0),
    "slow": (np.arange(1.0, P + 1) ** -1, np.ones(P), 0.0),
    "noisy": (np.arange(1.0, P + 1) ** -1, np.arange(1.0, P + 1) ** -0.25, 0.5),
    "spiked": (np.r_[np.full(10, 20.0), np.ones(P - 10)], np.r_[np.ones(10), np.full(P - 10, 0.05)],
               0.2),
}  # fmt: skip


def interpolated(lam, beta, b, noise, draws, n=N, seed=0):
    """Errors of least-norm interpolators of n labels of b."""
    rng, errors = np.random.default_rng(seed), []
    for _ in range(draws):
        x = rng.normal(size=(n, lam.size)) * np.sqrt(lam)
        y = x @ b + np.sqrt(noise) * rng.normal(size=n)
        errors.append((lam * (beta - x.T @ np.linalg.solve(x @ x.T, y)) ** 2).sum())
    return np.array(errors)


@pytest.mark.parametrize("kind", ["truth", "best", "masked"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_surrogate_labels_err_as_the_formula_says(name, kind):
    lam, beta, noise = PROBLEMS[name]
    own = surrogate_risk(lam, beta, beta, inputs=N)
    masked = np.where(np.asarray(own.missed) ** 2 > 1 - float(own.crowding), 0.0, beta)
    b = {"truth": beta, "best": np.asarray(best_surrogate(lam, beta, inputs=N)), "masked": masked}
    law = surrogate_risk(lam, beta, b[kind], inputs=N, noise=noise)
    errors = interpolated(lam, beta, b[kind], noise, draws=60)
    assert off(errors, law.student_error) < 3
    # Without what crowds into the seen directions the formula would be far off.
    assert off(errors, (lam * (beta - (1 - np.asarray(law.missed)) * b[kind]) ** 2).sum()) > 10


def test_equal_directions_are_exact_but_for_the_noise():
    rng = np.random.default_rng(3)
    beta, b, lam = *rng.normal(size=(2, 9)) / 3, np.ones(9)
    found = interpolated(lam, beta, b, 1.0, draws=20_000, n=4)
    law = surrogate_risk(lam, beta, b, inputs=4)
    exact = float(law.student_error) + 4 / (9 - 4 - 1)
    assert off(found, exact) < 3
    assert off(found, surrogate_risk(lam, beta, b, inputs=4, noise=1.0).student_error) > 5
    np.testing.assert_allclose(best_surrogate(lam, beta, inputs=4), beta)  # nothing beats the truth


def test_the_best_surrogate_is_best_and_bends_where_it_is_said_to():
    lam, beta, _ = PROBLEMS["squares"]
    best = np.asarray(best_surrogate(lam, beta, inputs=N))

    def risk(b):
        return float(surrogate_risk(lam, beta, b, inputs=N, noise=0.1).student_error)

    least, rng = risk(best), np.random.default_rng(0)
    assert all(risk(best + 0.01 * rng.normal(size=P)) > least for _ in range(50))
    law = surrogate_risk(lam, beta, beta, inputs=N)
    missed, crowding = np.asarray(law.missed), float(law.crowding)
    assert ((best > beta) == (missed < 1 - crowding)).all()
    gains = []  # is a direction better left out? one by one, by the risk itself
    for i in range(0, P, 17):
        gains.append(risk(np.where(np.arange(P) == i, 0.0, beta)) < risk(beta))
    assert gains == list((missed**2 > 1 - crowding)[::17])
    np.testing.assert_allclose((lam / (lam + missed[0] * lam[0] / (1 - missed[0]))).sum(), N)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inputs": 3}, "inputs is 3 for 3 directions"),
        ({"spectrum": [1.0, 0.0, 1.0]}, "spectrum must be above 0, got 0"),
        ({"labels": [1.0, 2.0]}, "labels has 2 directions and spectrum 3"),
        ({"noise": -0.1}, "noise must be at least 0"),
        ({"truth": [[1.0]]}, "truth has shape"),
    ],
)
def test_the_surrogate_refuses_what_it_cannot_mean(change, words):
    given = {"spectrum": np.ones(3), "truth": np.ones(3), "labels": np.ones(3), "inputs": 2}
    with pytest.raises(ValueError, match=re.escape(words)):
        surrogate_risk(**given | change)


def test_a_student_stopped_in_time_squares_its_teacher_s_error():
    rng = np.random.default_rng(0)
    lam = np.r_[1.0, 0.01 * rng.uniform(0.1, 1, size=59)]
    for features in (10, 20, 40):
        rows = rng.normal(size=(60, features))
        rows[0] += 10  # a teacher that knows most of the truth, e₁
        q = np.linalg.qr(rows)[0]
        said = q @ q[0]  # P_w e₁
        loss = 1 - said[0]
        np.testing.assert_allclose(((said - np.eye(60)[0]) ** 2).sum(), loss)
        # Steps of descent on the weak labels, in the population, against the formula.
        at, step, time, best = np.zeros(60), 1e-3, np.log(1 / loss), np.inf
        for _ in range(round(time / step)):
            at = at + step * lam * (said - at)
            best = min(best, ((at - np.eye(60)[0]) ** 2).sum())
        kept = 1 - np.exp(-lam * time)
        error = ((kept * said - np.eye(60)[0]) ** 2).sum()
        np.testing.assert_allclose(at, kept * said, atol=1e-3)
        assert loss**2 <= best
        assert loss**2 <= error <= loss**2 * (4 + (0.01 * np.log(1 / loss)) ** 2 / loss)
        assert error < loss / 2  # and yet no better than its square
        late = ((-np.expm1(-lam * 1e7) * said - np.eye(60)[0]) ** 2).sum()
        np.testing.assert_allclose(late, loss)  # who is not stopped imitates


def test_directions_that_rounding_made_are_no_dimension():
    """A layer norm in float32: one direction less than columns, whatever centering does."""
    h = np.random.default_rng(4).gamma(2.0, size=(500, 12)).astype(np.float32)
    h = h - h.mean(1, keepdims=True)
    h = (h / np.sqrt((h**2).mean(1, keepdims=True))).astype(np.float64)
    other = np.random.default_rng(5).normal(size=(500, 3))
    for bias in (True, False):
        found = overlap(h, np.hstack([h[:, :2], other]), bias=bias)
        assert (found.weak_rank, found.student_rank) == (11, 5)
        assert 2 - 1e-9 < float(found.overlap) < 2.2
