"""Shift: each statement in another distribution than the student's, and wrong ones that fail."""

import numpy as np
import pytest

from w2s_jax import evaluate, sets
from w2s_jax.projections import project

DRAWS = range(60)


class World:
    """Finitely many inputs, two distributions, a linear class, a teacher and a truth."""

    def __init__(self, seed, reach=True, n=9, d=3):
        rng = np.random.default_rng(seed)
        self.rng, self.h = rng, rng.normal(size=(n, d))
        self.p, self.q = rng.dirichlet(np.ones(n), 2)
        self.w = rng.normal(size=n)
        self.f = self.h @ rng.normal(size=d) if reach else rng.normal(size=n)
        self.s, self.again = self.onto(self.w, self.p), self.onto(self.w, self.q)
        self.g = self.onto(self.f, self.q)

    def onto(self, v, mass):
        root = np.sqrt(mass)
        return self.h @ np.linalg.lstsq(root[:, None] * self.h, root * v, rcond=None)[0]

    def dot(self, a, b, mass=None):
        return float(((self.q if mass is None else mass) * a * b).sum())

    def d(self, a, b, mass=None):
        return self.dot(a - b, a - b, mass)

    def gain(self, s, mass=None):
        return self.d(self.w, self.f, mass) - self.d(s, self.f, mass)


@pytest.mark.parametrize("reach", [True, False])
def test_the_theorem_and_four_that_look_like_it(reach):
    wrong = np.zeros(4)
    for seed in DRAWS:
        own = World(seed, reach)
        other = own.h @ own.rng.normal(size=3)  # any member, however it was taught
        for s in (own.s, other):
            gain, misfit = own.gain(s), own.d(own.w, s)
            correction = 2 * own.dot(own.w - own.again, own.f - own.g)
            shift = 2 * own.dot(own.again - s, s - own.g)
            assert gain == pytest.approx(misfit - correction + shift, abs=1e-10)
            assert misfit == pytest.approx(own.d(own.w, own.again) + own.d(own.again, s), abs=1e-10)
            of_p = 2 * own.dot(own.w - own.s, own.f - own.onto(own.f, own.p), own.p)
            looks = (
                misfit - correction - shift,
                misfit + correction + shift,
                misfit - correction + 2 * own.dot(own.again - s, own.again - own.g),
                misfit - of_p,
            )
            wrong += [abs(gain - look) > 1e-3 for look in looks]
    assert wrong[0] > 100
    assert wrong[2] > 100
    assert wrong[3] > 100
    assert wrong[1] > 100 or reach  # in reach there is no correction to mistake
    if reach:
        assert (
            abs(
                World(0).gain(World(0).s, World(0).p)
                - World(0).d(World(0).w, World(0).s, World(0).p)
            )
            < 1e-10
        )  # in P it holds


def test_both_bounds_hold_and_are_attained():
    broken = 0
    for seed in DRAWS:
        own = World(seed)
        apart = np.sqrt(own.d(own.again, own.s))
        slack = own.gain(own.s) - own.d(own.w, own.s)
        assert abs(slack) <= 2 * apart * np.sqrt(own.d(own.s, own.f)) + 1e-10
        left = np.sqrt(own.d(own.w, own.f) - own.d(own.w, own.again))
        assert abs(np.sqrt(own.d(own.s, own.f)) - left) <= apart + 1e-10
        broken += abs(np.sqrt(own.d(own.s, own.f)) - left) > apart / 2  # half is too little
        for reach in (2.0, -3.0):  # truths on the line through both students
            own.f = own.s + reach * (own.again - own.s)
            slack = own.gain(own.s) - own.d(own.w, own.s)
            most = 2 * apart * np.sqrt(own.d(own.s, own.f))
            assert abs(slack) == pytest.approx(most, rel=1e-9)
            left = np.sqrt(own.d(own.w, own.f) - own.d(own.w, own.again))
            assert abs(np.sqrt(own.d(own.s, own.f)) - left) == pytest.approx(apart, rel=1e-6)
    assert broken > 5


def test_no_harm_within_the_margin_and_harm_just_beyond():
    for seed in DRAWS:
        own = World(seed)
        weak, again = own.d(own.w, own.f), own.d(own.w, own.again)
        margin = np.sqrt(weak) - np.sqrt(weak - again)
        assert margin >= again / (2 * np.sqrt(weak)) - 1e-12
        away = own.again - own.f  # the direction in which a step costs most
        away = away / np.sqrt(own.d(away, 0))
        assert own.gain(own.again + margin * away) == pytest.approx(0, abs=1e-10)
        assert own.gain(own.again + 1.01 * margin * away) < 0
        for _ in range(20):
            step = own.h @ own.rng.normal(size=3)
            step = step * margin / np.sqrt(own.d(step, 0))
            assert own.gain(own.again + step) >= -1e-10


def test_only_the_student_of_q_is_safe_for_every_truth():
    for seed in DRAWS:
        own = World(seed)
        far = []
        for times in (1.0, 10.0, 100.0):
            own.f = own.s + times * (own.again - own.s)  # beyond the student of Q
            far.append(own.gain(own.s))
            assert own.gain(own.again) >= -1e-10
        assert far[2] < far[1] < far[0]
        assert far[2] < 0


def test_a_convex_class_keeps_the_triangle_alone():
    equal = 0
    for seed in DRAWS:
        rng = np.random.default_rng(seed)
        corners, weak, mass = rng.normal(size=(5, 4)), 2 * rng.normal(size=4), np.full(4, 0.25)
        again = np.asarray(project(weak, sets.Hull(corners), tol=1e-13).value)
        s, f = rng.dirichlet(np.ones(5), 2) @ corners

        def d(a, b, mass=mass):
            return (mass * (a - b) ** 2).sum()

        left = np.sqrt(d(weak, f) - d(weak, again))
        assert np.sqrt(d(s, f)) <= left + np.sqrt(d(again, s)) + 1e-6
        equal += np.sqrt(d(s, f)) < left - np.sqrt(d(again, s)) - 1e-3  # not from below
    assert equal > 0


def test_weights_give_the_student_of_q_where_p_has_been():
    for seed in DRAWS:
        own = World(seed)
        weights = own.q / own.p
        np.testing.assert_allclose(own.onto(own.w, own.p * weights), own.again, atol=1e-8)
        assert np.abs(own.onto(own.w, own.p / weights) - own.again).max() > 1e-6
        own.p[:4] = 0  # inputs of Q that P never shows: no weights help
        kept = np.where(own.p > 0, own.q, 0)
        assert np.abs(own.onto(own.w, kept) - own.again).max() > 1e-6


def test_weights_converge_like_one_over_the_root_of_n():
    own = World(3)
    rng, off = np.random.default_rng(0), {}
    for n in (500, 8000):
        squares = []
        for _ in range(200):
            rows = rng.choice(len(own.p), n, p=own.p)
            mass = np.bincount(rows, own.q[rows] / own.p[rows], len(own.p)) / n
            squares.append(own.d(own.onto(own.w, mass), own.again))
        off[n] = np.mean(squares)
    ell = np.einsum("ij,jk,ik->i", own.h, np.linalg.inv((own.h.T * own.q) @ own.h), own.h)
    spread = own.q**2 / own.p * (own.w - own.again) ** 2 * ell
    assert 8000 * off[8000] == pytest.approx(spread.sum(), rel=0.25)
    plain = own.q * (own.w - own.again) ** 2 * ell  # without the weight it is another number
    assert 8000 * off[8000] != pytest.approx(plain.sum(), rel=0.5)
    assert off[500] / off[8000] == pytest.approx(16, rel=0.35)


def test_a_teacher_whose_mean_is_a_head_needs_no_second_lesson():
    rng = np.random.default_rng(0)
    h = np.repeat(rng.normal(size=(6, 2)), 2, axis=0)  # two inputs look alike to the features
    noise = np.tile([1.0, -1.0], 6)
    w = h @ [0.5, -2.0] + noise
    p, q = (np.repeat(rng.dirichlet(np.ones(6)), 2) / 2 for _ in range(2))

    def onto(mass, labels):
        root = np.sqrt(mass)
        return h @ np.linalg.lstsq(root[:, None] * h, root * labels, rcond=None)[0]

    np.testing.assert_allclose(onto(p, w), onto(q, w), atol=1e-12)
    uneven = q * np.tile([1.8, 0.2], 6)  # now w given the features is another in Q
    assert np.abs(onto(p, w) - onto(uneven, w)).max() > 0.1
    bent = w + (h[:, 0] ** 2)  # and now its mean is no head
    assert np.abs(onto(p, bent) - onto(q, bent)).max() > 0.05


def test_the_report_of_q_says_the_same():
    own = World(5)
    n = 20_000
    rows = np.random.default_rng(0).choice(len(own.q), n, p=own.q)
    mass = np.bincount(rows, minlength=len(own.q)) / n
    r = evaluate(own.w[rows], own.s[rows], own.f[rows])
    again = own.onto(own.w, mass)
    told = r.misfit + 2 * own.dot(again - own.s, own.s - own.f, mass)
    assert float(r.gain) == pytest.approx(float(told), abs=1e-9)
