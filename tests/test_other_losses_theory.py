"""Gain and misfit in divergences: each statement of the proofs, and a wrong one that fails."""

import itertools
import re

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, rel_entr, softmax
from visits import ROOT

PAGE = (ROOT / "book" / "back" / "proofs-beyond.md").read_text("utf8")


def kl(p, q):
    """The mean over inputs of Σ p log(p/q), with its limits at 0."""
    return rel_entr(p, q).sum(-1).mean(-1)


def square(p, q):
    return ((p - q) ** 2).sum(-1).mean(-1)


def itakura(p, q):
    return (p / q - np.log(p / q) - 1).sum(-1).mean(-1)


SLOPES = {kl: np.log, square: lambda p: 2 * p, itakura: lambda p: -1 / p}


def inner(g, k):
    return (g * k).sum(-1).mean(-1)


@pytest.mark.parametrize("divergence", SLOPES, ids=lambda d: d.__name__)
def test_three_points_of_a_divergence(divergence):
    rng, slope = np.random.default_rng(0), SLOPES[divergence]
    for _ in range(100):
        p, q, r = rng.dirichlet(np.ones(4), (3, 5))
        rest = inner(slope(q) - slope(r), p - q)
        sides = divergence(p, r) - divergence(p, q) - divergence(q, r)
        assert sides == pytest.approx(rest, abs=1e-9)
        assert abs(sides - inner(slope(r) - slope(q), p - r)) > 1e-6  # the wrong corner


def mixtures(rng, k=4, n=6, c=3, sharp=1.0):
    """Experts, a truth among their mixtures, and a teacher that is no mixture."""
    experts = softmax(sharp * rng.normal(size=(k, n, c)), -1)
    truth = np.tensordot(rng.dirichlet(np.ones(k)), experts, 1)
    return experts, truth, softmax(np.log(truth) + rng.normal(size=(n, c)), -1)


def fitted_mixture(experts, labels, first):
    """The least KL on the simplex of weights, by a solver of its own, polished by Newton."""

    def value(a):
        mix = np.tensordot(a, experts, 1)
        if first == "prediction":
            slope = np.log(mix / labels) + 1
            return kl(mix, labels), (experts * slope).sum(-1).mean(-1)
        return kl(labels, mix), -(experts * labels / mix).sum(-1).mean(-1)

    k = len(experts)
    found = minimize(
        value,
        np.full(k, 1 / k),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * k,
        constraints={"type": "eq", "fun": lambda a: a.sum() - 1, "jac": lambda a: np.ones(k)},
        options={"ftol": 1e-15, "maxiter": 500},
    )
    a = np.clip(found.x, 0, None) / np.clip(found.x, 0, None).sum()
    slope = value(a)[1]
    return np.tensordot(a, experts, 1), slope @ a - slope.min()


def test_prediction_first_on_mixtures():
    rng, wrong = np.random.default_rng(1), 0
    for _ in range(40):
        experts, truth, weak = mixtures(rng)
        student, gap = fitted_mixture(experts, weak, "prediction")
        assert gap < 1e-5
        for answer in (truth, *experts):
            slack = kl(answer, weak) - kl(answer, student) - kl(student, weak)
            assert slack >= -gap - 1e-12
            other = kl(weak, answer) - kl(student, answer) - kl(weak, student)
            wrong += other < -1e-3
    assert wrong > 20  # the same student, measured with the truth last


def test_the_gap_is_the_price_of_any_member():
    rng, needed = np.random.default_rng(2), 0
    for _ in range(200):
        experts, truth, weak = mixtures(rng)
        member = np.tensordot(rng.dirichlet(np.ones(4)), experts, 1)
        slopes = inner(np.log(member) - np.log(weak), experts - member)
        gap = -slopes.min()
        slack = kl(truth, weak) - kl(truth, member) - kl(member, weak)
        assert slack >= -gap - 1e-12
        needed += slack < -0.2 * gap
        best = fitted_mixture(experts, weak, "prediction")[0]
        assert kl(member, weak) - kl(best, weak) <= gap + 1e-9
    assert needed > 10


def test_a_flat_class_is_an_equality():
    rng = np.random.default_rng(3)
    for _ in range(25):  # a segment of the simplex that ends at its edges: affine, met with it
        center, weak = rng.dirichlet(3 * np.ones(3), 2)
        way = rng.normal(size=3)
        way -= way.mean()
        reach = [max(-center[way * s > 0] / way[way * s > 0] * s) * s for s in (1, -1)]
        low, high = min(reach), max(reach)
        place = minimize(
            lambda t, c=center, v=way, w=weak: kl((c + t[0] * v)[None], w[None]),
            [0.0],
            bounds=[(low + 1e-12, high - 1e-12)],
            options={"ftol": 1e-16, "gtol": 1e-12},
        ).x[0]
        student, truth = center + place * way, center + rng.uniform(low, high) * way
        slack = kl(truth[None], weak[None]) - kl(truth[None], student[None])
        slack -= kl(student[None], weak[None])
        assert slack == pytest.approx(0, abs=1e-6)


def test_the_student_is_positive_where_some_member_is():
    weak = np.array([[0.98, 0.01, 0.01]])
    experts = np.array([[[0.0, 0.9, 0.1]], [[0.0, 0.1, 0.9]], [[0.5, 0.5, 0.0]]])
    student, gap = fitted_mixture(experts, weak, "prediction")
    assert (student > 0).all()
    for answer in experts:
        assert np.isfinite(kl(answer, student))
        assert kl(answer, weak) >= kl(answer, student) + kl(student, weak) - gap - 1e-12


def entropy_and_slope(flat, features, labels, ridge=0.0):
    weights = flat.reshape(labels.shape[1], -1)
    logits = features @ weights.T
    value = -(labels * log_softmax(logits, -1)).sum(-1).mean()
    slope = (softmax(logits, -1) - labels).T @ features / len(labels)
    return value + ridge * (flat @ flat), (slope + 2 * ridge * weights).ravel()


def fitted_softmax(features, labels, ridge=0.0):
    """Newton's method on all weights: the pseudo-inverse minds the constant that is free."""
    n, (c, d) = len(labels), (labels.shape[1], features.shape[1])
    flat = np.zeros(c * d)
    for _ in range(100):
        value, slope = entropy_and_slope(flat, features, labels, ridge)
        p = softmax(features @ flat.reshape(c, d).T, -1)
        middle = p[:, :, None] * np.eye(c) - p[:, :, None] * p[:, None]
        curve = np.einsum("nab,ni,nj->aibj", middle, features, features).reshape(c * d, -1) / n
        way = -np.linalg.pinv(curve + 2 * ridge * np.eye(c * d), rcond=1e-12) @ slope
        step = 1.0
        while entropy_and_slope(flat + step * way, features, labels, ridge)[0] > value + 1e-15:
            step /= 2
            if step < 1e-10:
                return flat.reshape(c, d)
        flat = flat + step * way
        if abs(slope).max() < 1e-13:
            break
    return flat.reshape(c, d)


def classification(rng, n=60, d=3, c=4):
    features = np.column_stack([np.ones(n), rng.normal(size=(n, d - 1))])
    true = rng.normal(size=(c, d))
    truth = softmax(features @ true.T, -1)
    weak = softmax(np.log(truth) + rng.normal(size=(n, c)), -1)
    return features, true, truth, weak


def test_the_identity_of_cross_entropy():
    rng, wrong = np.random.default_rng(4), 0
    for k in range(200):
        features, _, truth, weak = classification(rng)
        if k % 2:  # labels of 0 and 1, drawn: rarely separable with 60 inputs
            weak = np.eye(4)[[rng.choice(4, p=p) for p in weak]]
        student = softmax(features @ fitted_softmax(features, weak).T, -1)
        gain = kl(weak, truth) - kl(student, truth)
        assert gain == pytest.approx(kl(weak, student), abs=1e-8)
        if not k % 2:
            wrong += kl(truth, weak) - kl(truth, student) < kl(student, weak) - 1e-3
    assert wrong > 20  # the other error promises nothing


def test_what_an_early_stop_or_ridge_adds():
    rng = np.random.default_rng(5)
    for _ in range(50):
        features, true, truth, weak = classification(rng)
        weights = rng.normal(size=true.shape)
        student = softmax(features @ weights.T, -1)
        slope = entropy_and_slope(weights.ravel(), features, weak)[1].reshape(true.shape)
        slack = kl(weak, truth) - kl(student, truth) - kl(weak, student)
        assert slack == pytest.approx(((true - weights) * slope).sum(), abs=1e-10)
        ridge = 0.1
        weights = fitted_softmax(features, weak, ridge)
        student = softmax(features @ weights.T, -1)
        slack = kl(weak, truth) - kl(student, truth) - kl(weak, student)
        sizes = (weights**2).sum() - (true**2).sum() + ((weights - true) ** 2).sum()
        assert slack == pytest.approx(ridge * sizes, abs=1e-10)
        assert abs(slack - 2 * ridge * sizes) > 1e-4


def from_hull_of_logits(logits, labels):
    """The least cross-entropy over mixtures of logits, and the gap that certifies it."""
    n = len(logits)

    def value(a):
        mixed = np.tensordot(a, logits, 1)
        slope = inner(softmax(mixed, -1) - labels, logits)
        return -(labels * log_softmax(mixed, -1)).sum(-1).mean(), slope

    found = minimize(
        value,
        np.full(n, 1 / n),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * n,
        constraints={"type": "eq", "fun": lambda a: a.sum() - 1},
        options={"ftol": 1e-15, "maxiter": 500},
    ).x
    slope = value(found)[1]
    return softmax(np.tensordot(found, logits, 1), -1), slope @ found - slope.min()


def test_a_convex_set_of_logits_is_a_bound():
    rng, more = np.random.default_rng(6), 0
    for _ in range(40):
        logits = rng.normal(size=(4, 6, 3))
        truth = softmax(np.tensordot(rng.dirichlet(np.ones(4)), logits, 1), -1)
        weak = softmax(np.log(truth) + 2 * rng.normal(size=truth.shape), -1)
        student, gap = from_hull_of_logits(logits, weak)
        slack = kl(weak, truth) - kl(student, truth) - kl(weak, student)
        assert gap < 1e-5
        assert slack >= -gap - 1e-6
        more += slack > 1e-3
    assert more > 10  # no equality where the class has walls


def test_log_loss_is_that_of_the_ceiling_plus_a_divergence():
    rng = np.random.default_rng(7)
    features, _, truth, weak = classification(rng, n=200)
    hard = np.eye(4)[[rng.choice(4, p=p) for p in truth]]
    ceiling = softmax(features @ fitted_softmax(features, hard).T, -1)
    student = softmax(features @ fitted_softmax(features, weak).T, -1)
    assert kl(hard, student) == pytest.approx(kl(hard, ceiling) + kl(ceiling, student), abs=1e-10)
    assert abs(kl(hard, weak) - kl(hard, ceiling) - kl(ceiling, weak)) > 1e-3  # no softmax head
    gain = kl(weak, ceiling) - kl(student, ceiling)
    assert gain == pytest.approx(kl(weak, student), abs=1e-9)


def test_which_members_a_pair_of_teacher_and_student_spares_is_a_half_space():
    rng, curved = np.random.default_rng(8), 0
    for _ in range(50):
        weak, student, one, two = rng.dirichlet(np.ones(3), (4, 1))
        share = rng.uniform()
        between = share * one + (1 - share) * two
        first = [kl(f, weak) - kl(f, student) for f in (one, two, between)]
        assert first[2] == pytest.approx(share * first[0] + (1 - share) * first[1], abs=1e-12)
        bent = one**share * two ** (1 - share)
        bent /= bent.sum()
        last = [kl(weak, f) - kl(student, f) for f in (one, two, bent)]
        assert last[2] == pytest.approx(share * last[0] + (1 - share) * last[1], abs=1e-12)
        straight = kl(weak, between) - kl(student, between)
        curved += abs(straight - share * last[0] - (1 - share) * last[1]) > 1e-3
    assert curved > 20


def test_no_rule_spares_a_curved_class():
    """One teacher between two members: whichever member is the student, some truth loses."""
    ends = np.log([[0.04, 0.80, 0.16], [0.43, 0.04, 0.53]])
    share = np.linspace(0, 1, 401)[:, None]
    softmaxes = softmax((1 - share) * ends[0] + share * ends[1], -1)
    straight = (1 - share) * softmaxes[0] + share * softmaxes[-1]
    for members, weak, truth_first in (
        (softmaxes, straight[200], True),
        (straight, softmaxes[200], False),
    ):
        pairs = rel_entr(members[:, None], members).sum(-1)  # KL of a row's member from a column's
        if truth_first:
            gains = rel_entr(members, weak).sum(-1) - pairs.T  # a student a row, a truth a column
        else:
            gains = rel_entr(weak, members).sum(-1) - pairs
        assert gains.min(1).max() < -0.01
        own = rel_entr(weak, members).sum(-1) if truth_first else rel_entr(members, weak).sum(-1)
        spared = own - (pairs if truth_first else pairs.T)  # the other error can be kept safe
        assert spared.min(1).max() > -1e-4


def test_cross_entropy_on_mixtures_does_no_harm():
    rng, below = np.random.default_rng(9), 0
    for k in range(60):
        experts, truth, weak = mixtures(rng, sharp=2.0)
        if k % 3 == 0:
            weak = np.eye(3)[weak.argmax(-1)]
        student, gap = fitted_mixture(experts, weak, "label")
        for answer in (truth, *experts):
            ratio = (answer * weak / student).sum(-1).mean()
            assert ratio <= 1 + gap + 1e-12
            gain = kl(answer, weak) - kl(answer, student)
            assert gain >= -np.log1p(gap) - 1e-12
            below += gain < kl(student, weak) - 1e-3
    assert below > 20  # no misfit is promised


def test_gain_equals_misfit_in_expectation_twice():
    rng = np.random.default_rng(10)
    truth = rng.dirichlet(np.ones(3), 4)
    for _ in range(30):
        crowd = rng.dirichlet(np.ones(3), (8, 4))
        mean = crowd.mean(0)
        dual = softmax(np.log(crowd).mean(0), -1)
        last = {
            "mean": np.mean([kl(w, truth) - kl(mean, truth) - kl(w, mean) for w in crowd]),
            "dual": np.mean([kl(w, truth) - kl(dual, truth) - kl(w, dual) for w in crowd]),
        }
        first = {
            "mean": np.mean([kl(truth, w) - kl(truth, mean) - kl(mean, w) for w in crowd]),
            "dual": np.mean([kl(truth, w) - kl(truth, dual) - kl(dual, w) for w in crowd]),
        }
        assert abs(last["mean"]) < 1e-12
        assert abs(first["dual"]) < 1e-12
        assert min(abs(last["dual"]), abs(first["mean"])) > 1e-4  # crossed, nothing


def within(values, cell, p):
    """E[values | cell] for each atom of a finite space with probabilities p."""
    mean = np.zeros((cell.max() + 1, values.shape[1]))
    np.add.at(mean, cell, p[:, None] * values)
    return (mean / np.bincount(cell, p).clip(1e-300)[:, None])[cell]


@pytest.mark.parametrize("divergence", SLOPES, ids=lambda d: d.__name__)
def test_whoever_is_calibrated_wins_by_the_misfit(divergence):
    rng = np.random.default_rng(12)
    for _ in range(50):
        p, fine = rng.dirichlet(np.ones(40)), rng.integers(6, size=40)
        truth, coarse = rng.dirichlet(np.ones(3), 40), (np.arange(6) // 2)[fine]
        knows, other = within(truth, fine, p), rng.dirichlet(np.ones(3), 6)[fine]
        dull = within(truth, coarse, p)

        def mean(one, two, p=p):
            return p @ divergence(one[:, None], two[:, None])

        def gain(weak, student, truth=truth):
            return mean(truth, weak) - mean(truth, student)

        assert gain(knows, other) == pytest.approx(-mean(knows, other), abs=1e-10)
        assert gain(knows, dull) == pytest.approx(-mean(knows, dull), abs=1e-10)
        assert gain(other, knows) == pytest.approx(mean(knows, other), abs=1e-10)
        # a student that sees the truth besides: the teacher is not calibrated toward it
        peeks = (knows + truth) / 2
        assert abs(gain(knows, peeks) + mean(knows, peeks)) > 1e-3


def test_mixtures_of_k_experts():
    rng, needed = np.random.default_rng(11), []
    for sharp in (1.0, 4.0):
        for _ in range(6):
            experts, truth, weak = mixtures(rng, k=5, n=4, c=3, sharp=sharp)
            least = kl(fitted_mixture(experts, weak, "prediction")[0], weak)
            for k in (1, 2, 3, 5):
                teams = [
                    experts[list(team)].mean(0)
                    for team in itertools.combinations_with_replacement(range(5), k)
                ]
                best = min(teams, key=lambda v: kl(v, weak))
                excess = kl(best, weak) - least
                assert excess <= 2 / k + 1e-9
                needed.append(excess * k / 2)
                excess = max(excess, 0) + 1e-9
                chi = np.sqrt(((truth - best) ** 2 / best).sum(-1).mean())
                gain = kl(truth, weak) - kl(truth, best)
                price = 2 * np.sqrt(excess) * max(np.sqrt(excess), chi)
                assert gain >= kl(best, weak) - price - 1e-9
    assert max(needed) > 0.2


def test_an_excess_costs_more_than_itself():
    rng, more = np.random.default_rng(12), 0
    for _ in range(100):
        experts, truth, weak = mixtures(rng)
        student = fitted_mixture(experts, weak, "prediction")[0]
        member = 0.9 * student + 0.1 * experts[rng.integers(4)]
        excess = kl(member, weak) - kl(student, weak)
        slack = kl(truth, weak) - kl(truth, member) - kl(member, weak)
        more += slack < -excess
    assert more > 5


FIELDS = re.compile(r"^\| (probabilities|logits) \| KL\((.+?)\) \| KL\((.+?)\) \| (.+) \|$", re.M)


def test_the_table_of_failures():
    found = FIELDS.findall(PAGE)
    assert len(found) == 6
    for straight, fitted, error, rest in found:
        *points, misfit, gain = rest.replace("−", "-").split(" | ")
        truth, other, weak = (np.array([float(x) for x in p[1:-1].split(",")]) for p in points)
        assert np.allclose([truth.sum(), other.sum(), weak.sum()], 1)
        share = np.linspace(0, 1, 400_001)[:, None]
        if straight == "probabilities":
            members = (1 - share) * truth + share * other
        else:
            members = softmax((1 - share) * np.log(truth) + share * np.log(other), -1)
        far = rel_entr(members, weak) if fitted == "v ‖ w" else rel_entr(weak, members)
        student = members[far.sum(-1).argmin()]
        three = truth[None], weak[None], student[None]
        f, w, s = three
        if error == "f ‖ ·":
            measured = kl(s, w), kl(f, w) - kl(f, s)
        else:
            measured = kl(w, s), kl(w, f) - kl(s, f)
        assert [f"{x:.3f}" for x in measured] == [misfit, gain]
        assert measured[1] < min(measured[0], 0.3)


@pytest.mark.parametrize(
    "label",
    [
        "bregman",
        "dual",
        "softmax",
        "class-decides",
        "no-harm",
        "expectation",
        "calibrated",
        "mixtures",
        "confidence",
    ],
)
def test_every_statement_has_its_label(label):
    assert f":label: thm-{label}\n" in PAGE
