"""`evaluate` of classes: every number against numpy and scipy, and which theorem speaks."""

import json
from collections import Counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas
import polars
import pytest
import scipy.stats
from scipy.special import rel_entr, softmax
from sklearn.metrics import accuracy_score, log_loss

from selection import FULL
from w2s_jax import evaluate
from w2s_jax.data import load_table
from w2s_jax.divergences import KL, Bregman, ItakuraSaito, Logistic, Squared

RNG = np.random.default_rng(0)
N, CLASSES = 120, 3
X = RNG.normal(size=(N, 3))
PROBLEMS = 200 if FULL else 40


def head_of(x, w, ridge=0.0, bias=True):
    """The softmax head of cross-entropy by Newton's method, its last class the reference."""
    x = np.c_[x, np.ones(len(x))] if bias else x
    n, d, c = len(x), x.shape[1], w.shape[1] - 1

    def rows(weights):
        return softmax(np.c_[x @ weights, np.zeros(n)], axis=1)

    def loss(weights):
        return rel_entr(w, rows(weights)).sum(1).mean() + ridge * (weights**2).sum() / 2

    weights = np.zeros((d, c))
    for _ in range(100):
        s = rows(weights)
        slope = x.T @ (s - w)[:, :-1] / n + ridge * weights
        p = s[:, :-1]
        bend = np.einsum("na,ab->nab", p, np.eye(c)) - np.einsum("na,nb->nab", p, p)
        bend = np.einsum("ni,nab,nj->iajb", x, bend, x).reshape(d * c, d * c) / n
        move = np.linalg.solve(bend + ridge * np.eye(d * c), slope.ravel()).reshape(d, c)
        while abs(move).max() > 1e-6 and loss(weights - move) > loss(weights):
            move = move / 2
        weights = weights - move
        if abs(move).max() < 1e-13:
            break
    return rows(weights)


def mixture_of(experts, w, steps=1500):
    """The mixture with the smallest KL(mixture‖w), by exponentiated gradients, then Newton's steps.

    Weights that vanish are left out of Newton's steps.
    """
    a = np.full(len(experts), 1 / len(experts))
    for _ in range(steps):
        s = np.einsum("k,knc->nc", a, experts)
        a = a * np.exp(-3 * (experts * np.log(s / w)).sum(2).mean(1))
        a /= a.sum()
    some = a > 1e-7
    a, kept = np.where(some, a, 0.0) / a[some].sum(), experts[some]
    for _ in range(6):
        s = np.einsum("k,knc->nc", a, experts)
        slope = (kept * np.log(s / w)).sum(2).mean(1)
        bend = np.einsum("inc,jnc->ij", kept / s, kept) / len(w)
        ones = np.ones((len(kept), 1))
        system = np.block([[bend, ones], [ones.T, np.zeros((1, 1))]])
        a[some] += np.linalg.solve(system, np.append(-slope, 0.0))[:-1]
    return np.einsum("k,knc->nc", a, experts)


def noisy(rng, truth, scale=0.7):
    return softmax(np.log(truth) + scale * rng.normal(size=truth.shape), axis=1)


TRUTH = softmax(np.c_[X, np.ones(N)] @ RNG.normal(size=(4, CLASSES)), axis=1)
WEAK = noisy(RNG, TRUTH)
STUDENT = head_of(X, WEAK)
STRONG = noisy(RNG, TRUTH, 0.1)
HARD = np.array([RNG.choice(CLASSES, p=row) for row in TRUTH])
EXPERTS = softmax(2 * RNG.normal(size=(4, N, CLASSES)), axis=2)
MIXED = np.einsum("k,knc->nc", [0.1, 0.2, 0.3, 0.4], EXPERTS)
MIXED_WEAK = noisy(RNG, MIXED, 0.5)
MIXTURE = mixture_of(EXPERTS, MIXED_WEAK)


def kl(p, q):
    return rel_entr(p, q).sum(1).mean()


@pytest.mark.parametrize("loss", ["kl", "cross-entropy"])
def test_every_number_is_its_definition(loss):
    """The truth stands where the student stands: first in "kl", second in "cross-entropy"."""
    r = evaluate(WEAK, STUDENT, TRUTH, loss=loss, ceiling=STRONG)
    d = kl if loss == "kl" else lambda prediction, label: kl(label, prediction)
    weak_error, student_error = d(TRUTH, WEAK), d(TRUTH, STUDENT)
    misfit, ceiling = d(STUDENT, WEAK), d(TRUTH, STRONG)
    hits = [(rows.argmax(1) == TRUTH.argmax(1)).mean() for rows in (WEAK, STUDENT, STRONG)]
    expected = {
        "weak_error": weak_error,
        "student_error": student_error,
        "misfit": misfit,
        "certificate": misfit,
        "gain": weak_error - student_error,
        "slack": weak_error - student_error - misfit,
        "ceiling": ceiling,
        "pgr": (weak_error - student_error) / (weak_error - ceiling),
        "weak_accuracy": hits[0],
        "student_accuracy": hits[1],
        "ceiling_accuracy": hits[2],
        "accuracy_pgr": (hits[1] - hits[0]) / (hits[2] - hits[0]),
        "agreement": (WEAK.argmax(1) == STUDENT.argmax(1)).mean(),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(r, name), value, rtol=1e-11, atol=1e-15, err_msg=name)
    np.testing.assert_allclose(r.gain, r.misfit - r.beyond - r.drift, rtol=1e-12)
    left, s, w, f, g = STUDENT - WEAK, *map(np.log, (STUDENT, WEAK, TRUTH, STRONG))
    if loss == "kl":  # beyond = ⟨∇φ(w) − ∇φ(s), f − f_s⟩
        beyond, drift = ((w - s) * (TRUTH - STRONG)), ((w - s) * (STRONG - STUDENT))
    else:  # beyond = ⟨w − s, ∇φ(f) − ∇φ(f_s)⟩
        beyond, drift = -left * (f - g), -left * (g - s)
    np.testing.assert_allclose(r.beyond, beyond.sum(1).mean(), rtol=1e-10)
    np.testing.assert_allclose(r.drift, drift.sum(1).mean(), rtol=1e-10)


def test_hard_truth_makes_kl_the_log_loss():
    r = evaluate(WEAK, STUDENT, HARD, loss="kl")
    np.testing.assert_allclose(r.weak_error, log_loss(HARD, WEAK), rtol=1e-12)
    np.testing.assert_allclose(r.student_error, log_loss(HARD, STUDENT), rtol=1e-12)
    assert r.student_accuracy == accuracy_score(HARD, STUDENT.argmax(1))
    one_hot = evaluate(WEAK, STUDENT, np.eye(CLASSES)[HARD], loss="kl")
    assert one_hot.to_dict() == r.to_dict()


DIVERGENCES = {
    "squared": Squared(),
    "reverse": KL(first="prediction"),
    "forward": KL(first="label"),
    "itakura-saito": ItakuraSaito(first="prediction"),
    "itakura-saito of labels": ItakuraSaito(first="label"),
    "fourth": Bregman(lambda p: (p**4).sum()),
}


@pytest.mark.parametrize("name", DIVERGENCES)
def test_a_divergence_is_a_loss(name):
    d = DIVERGENCES[name]
    r = evaluate(WEAK, STUDENT, TRUTH, loss=d, ceiling=STRONG)
    expected = [d(TRUTH, WEAK), d(TRUTH, STUDENT), d(STUDENT, WEAK), d(TRUTH, STRONG)]
    found = [r.weak_error, r.student_error, r.misfit, r.ceiling]
    np.testing.assert_allclose(found, [np.mean(one) for one in expected], rtol=1e-12)
    np.testing.assert_allclose(r.gain, r.misfit - r.beyond - r.drift, rtol=1e-9, atol=1e-15)
    same = {"reverse": "kl", "forward": "cross-entropy"}.get(name)
    if same:
        named = evaluate(WEAK, STUDENT, TRUTH, loss=same, ceiling=STRONG)
        assert named.to_dict() == r.to_dict()
    else:
        first = "student, weak" if d.first == "prediction" else "weak, student"
        assert f"misfit {type(d).__name__}({first})" in str(r)


def test_the_squared_divergence_is_the_squared_loss_summed_over_classes():
    r = evaluate(WEAK, STUDENT, TRUTH, loss=Squared(), ceiling=STRONG)
    tasks = evaluate(WEAK, STUDENT, TRUTH, ceiling=STRONG)
    for name in ("weak_error", "student_error", "misfit", "gain", "slack", "beyond", "drift"):
        np.testing.assert_allclose(getattr(r, name), getattr(tasks, name).sum(), rtol=1e-9)


def test_one_probability_a_row_and_rows_that_are_no_probabilities():
    d = Logistic(first="label")
    two = [np.stack([1 - p, p], axis=1) for p in (WEAK[:, 0], STUDENT[:, 0], TRUTH[:, 0])]
    r = evaluate(WEAK[:, 0], STUDENT[:, 0], TRUTH[:, 0], loss=d)
    expected = evaluate(*two, loss="cross-entropy")
    for name in ("weak_error", "student_error", "misfit", "gain"):
        np.testing.assert_allclose(getattr(r, name), getattr(expected, name), rtol=1e-9)
    assert r.agreement is None
    powers = [np.exp(3 * rows) for rows in (WEAK, STUDENT, TRUTH)]
    spectra = evaluate(*powers, loss=ItakuraSaito())
    w, s, f = powers
    np.testing.assert_allclose(spectra.misfit, (s / w - np.log(s / w) - 1).sum(1).mean())
    np.testing.assert_allclose(spectra.weak_error, (f / w - np.log(f / w) - 1).sum(1).mean())


def test_the_default_is_the_squared_loss_in_every_digit():
    labels = [rows[:, 0] for rows in (WEAK, STUDENT, TRUTH)]
    plain, named = evaluate(*labels, features=X), evaluate(*labels, features=X, loss="squared")
    assert str(plain) == str(named)
    assert plain.to_json() == named.to_json()
    assert plain.to_dict()["loss"] == "squared"
    w, s, f = labels
    assert plain.misfit == ((s - w) ** 2).mean()
    assert plain.gain == ((w - s) * ((w - f) + (s - f))).mean()


# Zero-one loss


def labels_of(rng, truth, wrong, classes=CLASSES):
    moved = (truth + rng.integers(1, classes, size=len(truth))) % classes
    return np.where(rng.random(len(truth)) < wrong, moved, truth)


LABELS = [labels_of(RNG, HARD, wrong) for wrong in (0.4, 0.25, 0.1)]


def test_zero_one_counts_mistakes():
    weak, student, strong = LABELS
    r = evaluate(weak, student, HARD, loss="zero-one", ceiling=strong)
    accuracy = [accuracy_score(HARD, one) for one in LABELS]
    assert r.weak_accuracy == accuracy[0]
    assert r.student_accuracy == accuracy[1]
    assert r.ceiling_accuracy == accuracy[2]
    np.testing.assert_allclose(r.weak_error, 1 - accuracy[0], rtol=1e-15)
    np.testing.assert_allclose(r.gain, accuracy[1] - accuracy[0], atol=1e-15)
    recovered = (accuracy[1] - accuracy[0]) / (accuracy[2] - accuracy[0])
    np.testing.assert_allclose(r.pgr, recovered, rtol=1e-12)
    assert r.misfit == (weak != student).mean()
    np.testing.assert_allclose(r.agreement, 1 - r.misfit, atol=1e-15)
    assert r.certificate is None
    assert not {"inequality", "cell", "certificate"} & set(r.checks)
    given = evaluate(weak, student, HARD, loss="zero-one", ceiling=1 - accuracy[2])
    np.testing.assert_allclose(given.pgr, recovered, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_mcnemar_is_scipy_s_binomial_test(seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(CLASSES, size=[5, 40, 400, 40, 40][seed])
    weak, student = (labels_of(rng, truth, wrong) for wrong in ([0.3, 0.3], [0.4, 0.2])[seed % 2])
    r = evaluate(weak, student, truth, loss="zero-one")
    ours = int(((student == truth) & (weak != truth)).sum())
    theirs = int(((weak == truth) & (student != truth)).sum())
    expected = scipy.stats.binomtest(ours, ours + theirs).pvalue if ours + theirs else 1.0
    np.testing.assert_allclose(r.mcnemar, expected, rtol=1e-10)
    assert r.checks["mcnemar"].holds == (expected <= 0.05)
    assert f"student alone right on {ours}, weak model alone on {theirs}" in str(r)


def test_two_models_that_never_differ_are_not_told_apart():
    assert evaluate(HARD, HARD, HARD, loss="zero-one").mcnemar == 1.0
    assert evaluate(LABELS[0], LABELS[0], HARD, loss="zero-one").gain == 0.0


def test_binary_labels_have_the_squared_report_s_numbers_and_intervals():
    """Of 0 and 1 the squared error is the share of mistakes: the room's own intervals apply."""
    truth = HARD > 0
    weak, student, strong = (one > 0 for one in LABELS)
    r = evaluate(weak, student, truth, loss="zero-one", ceiling=strong)
    squared = evaluate(weak, student, truth, ceiling=strong)
    for name in ("weak_error", "student_error", "misfit", "gain", "ceiling", "pgr"):
        np.testing.assert_allclose(getattr(r, name), getattr(squared, name), rtol=1e-12)
        np.testing.assert_allclose(r.interval(name), squared.interval(name), rtol=1e-9)
    low, high = r.interval("weak_accuracy")
    np.testing.assert_allclose([1 - high, 1 - low], r.interval("weak_error"), atol=1e-12)


WORDS = np.array(["good", "mixed", "bad"])


@pytest.mark.parametrize(
    "convert",
    [
        lambda a: WORDS[a],
        lambda a: WORDS[a].tolist(),
        lambda a: pandas.Series(WORDS[a]),
        lambda a: pandas.Series(pandas.Categorical(WORDS[a])),
        lambda a: polars.Series(WORDS[a]),
        lambda a: 10 * a - 7,
        lambda a: np.eye(CLASSES)[a],
        jnp.asarray,
        lambda a: pandas.Series(a, dtype="Int64"),
    ],
)
def test_labels_of_any_kind_give_the_same_report(convert):
    weak, student, strong = LABELS
    expected = evaluate(weak, student, HARD, loss="zero-one", ceiling=strong)
    w, s, f = map(convert, (weak, student, HARD))
    r = evaluate(w, s, f, loss="zero-one", ceiling=convert(strong))
    for name in ("gain", "misfit", "pgr", "mcnemar", "agreement"):
        assert getattr(r, name) == getattr(expected, name)


def test_probabilities_predict_their_largest_class_and_ties_are_told():
    r = evaluate(WEAK, STUDENT, HARD, loss="zero-one")
    expected = evaluate(WEAK.argmax(1), STUDENT.argmax(1), HARD, loss="zero-one")
    assert r.gain == expected.gain
    assert r.checks["ties"].holds
    flat = WEAK.copy()
    flat[:30] = 1 / CLASSES
    tied = evaluate(flat, STUDENT, HARD, loss="zero-one")
    assert not tied.checks["ties"].holds
    assert tied.checks["ties"].value == 30 / N
    first = np.where(np.arange(N) < 30, 0, WEAK.argmax(1))
    assert tied.gain == evaluate(first, STUDENT.argmax(1), HARD, loss="zero-one").gain


@pytest.mark.parametrize(
    ("accuracies", "recovered"),
    [((0.566, 0.607, 0.637), 4.1 / 7.1), ((0.566, 0.642, 0.749), 7.6 / 18.3)],
    ids=["ResNet50", "ViT-B/8"],
)
def test_a_public_run_s_pgr(accuracies, recovered):
    """AlexNet teaches linear probes of DINO on ImageNet: github.com/openai/weak-to-strong, vision.

    The page prints the top-1 accuracies of 10,000 images, to 0.1 %; PGR follows from them by the
    definition of Burns et al. 2023 and is not printed there.
    """
    images = 10_000
    truth = np.arange(images) % 1000
    weak, student, strong = (
        np.where(np.arange(images) < round(share * images), truth, (truth + 1) % 1000)
        for share in accuracies
    )
    r = evaluate(weak, student, truth, loss="zero-one", ceiling=strong)
    np.testing.assert_allclose(r.pgr, recovered, rtol=1e-12)
    number = evaluate(weak, student, truth, loss="zero-one", ceiling=1 - accuracies[2])
    np.testing.assert_allclose(number.pgr, recovered, rtol=1e-12)
    as_squares = evaluate(weak == truth, student == truth, truth >= 0, ceiling=strong == truth)
    np.testing.assert_allclose(as_squares.pgr, recovered, rtol=1e-12)


# Which theorem speaks


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_cross_entropy_s_gain_is_its_misfit(seed):
    """Plain cross-entropy, truth in the class, the inputs that the head was fitted on."""
    rng = np.random.default_rng(seed)
    n, d, c = int(rng.integers(30, 90)), int(rng.integers(1, 5)), int(rng.integers(2, 6))
    bias = bool(rng.integers(2))
    x = rng.normal(size=(n, d))
    z = np.c_[x, np.ones(n)] if bias else x
    truth = softmax(z @ rng.normal(size=(z.shape[1], c)), axis=1)
    weak = noisy(rng, truth, rng.uniform(0.2, 1.5))
    student = head_of(x, weak, bias=bias)
    r = evaluate(weak, student, truth, loss="cross-entropy", features=x, bias=bias)
    assert abs(r.gain - r.misfit) <= 1e-8
    assert abs(r.gain - r.misfit + r.correction) <= 1e-12
    assert all(check.holds and not check.untested for check in r.checks.values())
    assert {"cell", "member", "variational", "realizable", "identity", "inequality"} <= set(
        r.checks
    )


def test_a_truth_outside_of_the_class_leaves_a_correction():
    rng = np.random.default_rng(1)
    wild = noisy(rng, TRUTH, 1.0)
    r = evaluate(WEAK, STUDENT, wild, loss="cross-entropy", features=X)
    assert not r.checks["realizable"].holds
    assert not {"inequality", "certificate"} & set(r.checks)
    z = np.log(wild) - np.log(wild).mean(1, keepdims=True)
    basis = np.linalg.qr(np.c_[X, np.ones(N)])[0]
    correction = ((WEAK - STUDENT) * (z - basis @ (basis.T @ z))).sum(1).mean()
    assert abs(correction) > 0.001
    np.testing.assert_allclose(r.correction, correction, rtol=1e-8)
    np.testing.assert_allclose(r.gain, r.misfit - correction, rtol=1e-8)
    assert r.checks["identity"].holds


ENTROPIES: dict[str, Any] = {"loss": "cross-entropy", "features": X}
MIXTURES: dict[str, Any] = {"loss": "kl", "experts": EXPERTS}


@pytest.mark.parametrize(
    ("student", "fails"),
    [
        (lambda: head_of(X, WEAK, ridge=0.01), "variational"),
        (lambda: head_of(X[:, :2], WEAK), "variational"),
        (lambda: head_of(np.c_[X, X[:, :1] ** 2], WEAK), "member"),
        (lambda: 0.9 * STUDENT + 0.1 / CLASSES, "member"),
        (lambda: np.eye(CLASSES)[STUDENT.argmax(1)], "finite"),
    ],
    ids=["ridge", "fewer features", "more features", "smoothed", "hard"],
)
def test_a_student_that_is_not_cross_entropy_s_head(student, fails):
    found = evaluate(WEAK, student(), TRUTH, **ENTROPIES).checks
    assert not found[fails].holds
    assert not {"identity", "inequality"} & set(found)
    assert "certificate" not in found


def test_reverse_kl_of_mixtures_gains_at_least_the_misfit():
    r = evaluate(MIXED_WEAK, MIXTURE, MIXED, **MIXTURES)
    assert r.gain >= r.misfit - 1e-12
    assert all(check.holds and not check.untested for check in r.checks.values())
    assert {"cell", "member", "variational", "realizable", "inequality"} <= set(r.checks)
    slopes = ((MIXTURE - EXPERTS) * np.log(MIXTURE / MIXED_WEAK)).sum(2).mean(1)
    np.testing.assert_allclose(r.checks["variational"].value, slopes.max(), atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_a_truth_on_the_mixtures_edge_gains_more(seed):
    """The variational inequality is strict toward experts without weight."""
    rng = np.random.default_rng(seed)
    experts = softmax(2 * rng.normal(size=(5, 40, 4)), axis=2)
    truth = experts[0]
    weak = noisy(rng, truth, 0.3)
    student = mixture_of(experts, weak)
    r = evaluate(weak, student, truth, loss="kl", experts=experts)
    assert r.checks["inequality"].holds
    assert r.checks["variational"].holds
    assert r.checks["realizable"].holds


def test_students_and_truths_that_are_no_mixtures_are_noticed():
    off = evaluate(MIXED_WEAK, EXPERTS[0], MIXED, **MIXTURES).checks
    assert off["member"].holds
    assert not off["variational"].holds
    other = evaluate(MIXED_WEAK, noisy(RNG, MIXTURE, 0.1), MIXED, **MIXTURES).checks
    assert not other["member"].holds
    truth = evaluate(MIXED_WEAK, MIXTURE, MIXED_WEAK, **MIXTURES)  # a perfect teacher
    assert not truth.checks["realizable"].holds
    assert truth.gain < 0 < truth.misfit
    for found in (off, other, truth.checks):
        assert not {"inequality", "certificate"} & set(found)


def test_other_divergences_have_the_mixtures_theorem_too():
    experts, weights = EXPERTS.reshape(4, -1), np.array([0.1, 0.2, 0.3, 0.4])
    gram, target = experts @ experts.T, experts @ MIXED_WEAK.ravel()
    system = np.block([[gram, np.ones((4, 1))], [np.ones((1, 4)), np.zeros((1, 1))]])
    weights = np.linalg.solve(system, np.append(target, 1.0))[:4]
    assert (weights > 0).all()  # the plane's nearest is the simplex's
    student = np.einsum("k,knc->nc", weights, EXPERTS)
    r = evaluate(MIXED_WEAK, student, MIXED, loss=Squared(), experts=EXPERTS)
    np.testing.assert_allclose(r.gain, r.misfit, rtol=1e-10)
    assert all(check.holds for check in r.checks.values())
    other = evaluate(MIXED_WEAK, student, MIXED, loss=ItakuraSaito(), experts=EXPERTS).checks
    assert other["member"].holds
    assert not other["variational"].holds


@pytest.mark.parametrize(
    ("given", "holds", "says"),
    [
        (ENTROPIES, True, "The class is straight in logits and the misfit is KL(weak‖student)"),
        (MIXTURES, True, "convex in probabilities and the misfit is KL(student‖weak)"),
        ({"loss": "kl", "features": X}, False, "Of loss='cross-entropy' one does"),
        ({"loss": "cross-entropy", "experts": EXPERTS}, False, "Of loss='kl' one does"),
        ({"loss": ItakuraSaito(first="label"), "experts": EXPERTS}, False, "no theorem speaks"),
    ],
    ids=["logits, forward", "mixtures, reverse", "logits, reverse", "mixtures, forward", "other"],
)
def test_the_checks_name_the_cell_of_the_table(given, holds, says):
    found = evaluate(WEAK, STUDENT, TRUTH, **given).checks
    assert found["cell"].holds is holds
    assert says in found["cell"].sentence
    if not holds:
        assert not {"inequality", "identity", "member", "variational"} & set(found)


@pytest.mark.parametrize("loss", ["kl", "cross-entropy"])
def test_without_a_class_the_theorem_keeps_its_ifs(loss):
    r = evaluate(MIXED_WEAK, MIXTURE, MIXED, loss=loss)
    assert r.checks["cell"].untested == ("class",)
    assert "? cell" in str(r)
    assert r.checks["certificate"].untested == ("member", "variational", "realizable")
    alone = evaluate(WEAK, STUDENT, loss=loss)
    assert set(alone.checks) == {"finite", "sums", "ties", "cell", "certificate"}
    assert alone.gain is None
    assert (alone.to_dict()["certificate"] is None) is False


def almost(rng, rows, size):
    return softmax(np.log(rows) + size * rng.normal(size=rows.shape), axis=1)


def test_what_passes_its_assumptions_passes_its_theorem():
    """Students and truths off by 1e-12 to 1: no report contradicts itself."""
    rng, spoke = np.random.default_rng(3), Counter()
    for _ in range(300 if FULL else 80):
        sizes = 10.0 ** rng.uniform(-12, 0, size=3)
        weights = rng.normal(size=(4, CLASSES)) * sizes[0]
        student = softmax(np.log(STUDENT) + np.c_[X, np.ones(N)] @ weights, axis=1)
        student = almost(rng, student, sizes[1] * rng.integers(2))
        truth = almost(rng, TRUTH, sizes[2] * rng.integers(2))
        mixture = MIXTURE + sizes[0] * (EXPERTS[rng.integers(4)] - MIXTURE)
        mixture = almost(rng, mixture, sizes[1] * rng.integers(2))
        mixed = almost(rng, MIXED, sizes[2] * rng.integers(2))
        for r in (
            evaluate(WEAK, student, truth, **ENTROPIES),
            evaluate(MIXED_WEAK, mixture, mixed, **MIXTURES),
        ):
            good = {name for name, check in r.checks.items() if check.holds}
            spoke.update(f"{name} {check.holds}" for name, check in r.checks.items())
            if {"member", "variational"} <= good and r.correction is not None:
                assert "identity" in good
            if {"member", "variational", "realizable"} <= good:
                assert {"inequality", "certificate"} <= good
    for name in ("member", "variational", "realizable"):
        assert min(spoke[f"{name} True"], spoke[f"{name} False"]) > 15
    assert spoke["inequality True"] > 5


def test_each_label_free_check_needs_no_truth():
    for given in (ENTROPIES, MIXTURES):
        arrays = (WEAK, STUDENT) if "features" in given else (MIXED_WEAK, MIXTURE)
        found = evaluate(*arrays, **given).checks
        assert {"cell", "member", "variational"} <= set(found)
        assert all(check.holds for check in found.values())


def test_other_inputs_are_spoken_of_by_no_theorem():
    student = head_of(X[:60], WEAK[:60])
    fresh = softmax(np.log(head_of(X, WEAK, 0.1)), axis=1)[60:]
    assert student.shape == (60, CLASSES)
    for loss in ("kl", "cross-entropy"):
        r = evaluate(WEAK[60:], fresh, TRUTH[60:], loss=loss, test=True, ceiling=STRONG[60:])
        assert set(r.checks) == {"finite", "sums", "ties", "ceiling"}
        assert "not those that the student was fitted on" in str(r)
    r = evaluate(WEAK[60:], fresh, TRUTH[60:], loss="cross-entropy", features=X[60:], test=True)
    assert set(r.checks) == {"finite", "sums", "ties", "inputs"}
    assert r.correction is None


def test_as_many_directions_as_inputs_silence_the_rest():
    few = slice(4)
    r = evaluate(WEAK[few], WEAK[few], TRUTH[few], loss="cross-entropy", features=X[few])
    assert not r.checks["inputs"].holds
    assert not {"member", "identity", "inequality", "certificate"} & set(r.checks)


# Zeros, digits and sentences


def test_hard_truth_makes_cross_entropy_s_error_infinite():
    r = evaluate(WEAK, STUDENT, HARD, loss="cross-entropy", ceiling=STRONG, features=X)
    assert r.weak_error == r.student_error == np.inf
    assert np.isnan([r.gain, r.slack, r.pgr, r.beyond]).all()
    assert np.isfinite([r.misfit, r.accuracy_pgr, *r.interval("misfit")]).all()
    assert r.checks["finite"].value == 1.0
    assert "loss='kl' measures the log loss" in r.checks["finite"].sentence
    assert not {"identity", "inequality", "certificate", "ceiling"} & set(r.checks)
    assert r.interval("gain") == (-np.inf, np.inf)
    kept = json.loads(r.to_json())
    assert kept["gain"] is None
    assert kept["weak_error"] is None
    assert kept["intervals"]["gain"] == [None, None]
    lines = str(r).splitlines()
    assert any(line.startswith("weak error") and "∞" in line for line in lines)
    assert any(line.startswith("gain") and "undefined" in line for line in lines)


def test_limits_are_exact():
    """0 log 0 = 0; one impossible class makes an error infinite, and of that model alone."""
    weak = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    student = np.array([[0.25, 0.5, 0.25], [0.2, 0.3, 0.5]])
    truth = np.array([[0.0, 0.5, 0.5], [0.2, 0.3, 0.5]])
    r = evaluate(weak, student, truth, loss="kl")
    assert r.weak_error == np.inf
    np.testing.assert_allclose(r.student_error, 0.5 * (0.5 * np.log(2)), rtol=1e-14)
    assert r.gain == np.inf
    assert r.misfit == np.inf
    assert np.isnan(r.slack)
    assert r.checks["finite"].value == 0.5
    fine = evaluate(weak, student, loss="cross-entropy")
    np.testing.assert_allclose(fine.misfit, 0.25 * np.log(2), rtol=1e-14)


def test_hard_weak_labels_are_measured_by_cross_entropy():
    weak = WEAK.argmax(1)
    student = head_of(X, np.eye(CLASSES)[weak], ridge=0.01)
    r = evaluate(weak, student, TRUTH, loss="cross-entropy")
    np.testing.assert_allclose(r.misfit, log_loss(weak, student), rtol=1e-12)
    assert np.isfinite(r.gain)
    assert evaluate(weak, student, TRUTH, loss="kl").misfit == np.inf


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_rows_of_fewer_digits_are_divided_by_their_sums(dtype):
    arrays = [rows.astype(dtype) for rows in (WEAK, STUDENT, TRUTH)]
    r = evaluate(*arrays, loss="cross-entropy", features=X)
    w, _, f = (a.astype(float) / a.astype(float).sum(1, keepdims=True) for a in arrays)
    np.testing.assert_allclose(r.weak_error, kl(w, f), rtol=1e-12)
    assert r.checks["sums"].holds
    assert all(check.holds for check in r.checks.values())


@pytest.mark.parametrize(
    "convert",
    [
        lambda a: a.tolist(),
        pandas.DataFrame,
        polars.DataFrame,
        jnp.asarray,
        lambda a: a.astype(">f8"),
        lambda a: np.asfortranarray(a),
        lambda a: pandas.DataFrame(a, dtype="Float64"),
    ],
)
def test_probabilities_of_any_library_give_the_same_report(convert):
    r = evaluate(convert(WEAK), convert(STUDENT), HARD.tolist(), loss="kl", ceiling=convert(STRONG))
    expected = evaluate(WEAK, STUDENT, HARD, loss="kl", ceiling=STRONG)
    assert all(getattr(r, n) == getattr(expected, n) for n in ("gain", "misfit", "accuracy_pgr"))


def test_rows_in_another_order_are_refused():
    weak, student = (pandas.DataFrame(rows) for rows in (WEAK, STUDENT))
    with pytest.raises(ValueError, match="the indexes of weak and student differ"):
        evaluate(weak, student.sample(frac=1, random_state=1), loss="kl")


def test_few_decimals_are_told():
    arrays = [rows.round(4) for rows in (WEAK, STUDENT, TRUTH)]
    r = evaluate(*arrays, loss="kl")
    assert not r.checks["sums"].holds
    assert 1e-5 < r.checks["sums"].value < 3e-4
    np.testing.assert_allclose(r.gain, evaluate(WEAK, STUDENT, TRUTH, loss="kl").gain, rtol=0.01)


def test_intervals_agree_with_scipy_s_paired_bootstrap():
    r = evaluate(WEAK, STUDENT, TRUTH, loss="kl")

    def gain(rows, axis=-1):
        w, s, f = WEAK[rows], STUDENT[rows], TRUTH[rows]
        return (rel_entr(f, w) - rel_entr(f, s)).sum(-1).mean(axis)

    theirs = scipy.stats.bootstrap(
        (np.arange(N),),
        gain,
        vectorized=True,
        method="percentile",
        n_resamples=4000,
        rng=np.random.default_rng(5),
    ).confidence_interval
    low, high = r.interval("gain", resamples=4000)
    width = theirs.high - theirs.low
    np.testing.assert_allclose([low, high], [theirs.low, theirs.high], atol=0.06 * width)


SOFT = {"loss": "kl"}


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        ((np.log(WEAK), STUDENT), SOFT, r"weak is no probability in row 0, .*softmax\(weak, axis="),
        ((WEAK, 3 + X), SOFT, r"student is no probability in row 0, .*scipy.special.softmax"),
        (
            (WEAK, 2 * STUDENT),
            SOFT,
            "sums to 2: turn logits .*weights, divide each row",
        ),
        (
            (WEAK, STUDENT, 0.99 * TRUTH),
            SOFT,
            r"truth is .* row 0, which sums to 0\.99",
        ),
        (
            (WEAK[:, 0], STUDENT[:, 0]),
            SOFT,
            r"weak has shape \(120,\): .*stack\(\[1 - weak, weak",
        ),
        ((WEAK[:, 0], STUDENT), SOFT, r"weak holds 0.* no class number: .* np.stack\(\[1 - weak"),
        ((HARD, HARD), SOFT, r"weak has shape \(120,\): pass probabilities, \(n, classes\)"),
        ((WEAK, STUDENT, HARD + 1), SOFT, "truth holds the class 3, but there are 3 classes"),
        ((WEAK, STUDENT, HARD - 1), SOFT, "truth holds the class -1, but there are 3 classes"),
        ((WEAK, STUDENT[:, :2] / STUDENT[:, :2].sum(1)[:, None]), SOFT, "student has 2 classes, b"),
        (
            (WEAK, STUDENT, HARD[:, None]),
            SOFT,
            r"truth has shape \(120, 1\), one .*reshape\(-1",
        ),
        ((WEAK, STUDENT[:50]), SOFT, "weak has 120 rows and student has 50"),
        ((WEAK, STUDENT), {"loss": "log"}, "loss must be 'squared', 'kl', 'cross-entropy', 'zero-"),
        ((WEAK, STUDENT), {"loss": KL}, "got the class KL: call it"),
        ((WEAK, STUDENT), {"loss": np.mean}, "loss must be .* got <function mean"),
        ((WEAK, STUDENT), SOFT | {"ceiling": 0.1}, "a ceiling needs truth"),
        ((WEAK, STUDENT, TRUTH), SOFT | {"ceiling": -1.0}, "ceiling must be a mean error, at leas"),
        ((WEAK, STUDENT), SOFT | {"experts": EXPERTS[:, :5]}, r"experts have shape \(4, 5, 3\)"),
        ((WEAK, STUDENT), SOFT | {"experts": EXPERTS, "features": X}, "name two classes"),
        ((WEAK, STUDENT), {"experts": EXPERTS}, "experts are mixed by other losses"),
        ((HARD, HARD), {"loss": "zero-one", "features": X}, "leave them out with loss='zero-one'"),
        ((HARD, HARD), {"loss": "zero-one", "experts": EXPERTS}, "zero-one loss has none"),
        ((WORDS[HARD], HARD), {"loss": "zero-one"}, "weak holds words and student does not"),
        ((WORDS[HARD], WORDS[HARD]), SOFT, "weak holds text, expected numbers"),
        ((WEAK[:, 0], HARD), {"loss": "zero-one"}, "no class number"),
        (
            (X, HARD),
            {"loss": "zero-one"},
            r"weak is no probability in row 0, .*softmax\(weak, axis",
        ),
    ],
)
def test_bad_arguments_each_have_their_sentence(arguments, options, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        evaluate(*arguments, **options)
    assert len(str(error.value)) <= 300


def test_what_a_report_of_classes_cannot_do_is_said():
    r = evaluate(LABELS[0], LABELS[1], HARD, loss="zero-one")
    with pytest.raises(ValueError, match="no interval for 'mcnemar': a p-value has none"):
        r.interval("mcnemar")
    with pytest.raises(ValueError, match="weak is traced by JAX, and this loss"):
        jax.jit(lambda w: evaluate(w, STUDENT, loss="kl").misfit)(WEAK)


# A practitioner's files


def columns(rows, name):
    return {f"{name}{k}": rows[:, k] for k in range(CLASSES)}


TABLE = columns(WEAK, "weak") | columns(STUDENT, "student") | {"truth": HARD}
EXPECTED = evaluate(WEAK, STUDENT, HARD, loss="kl")


def assert_right(r):
    np.testing.assert_allclose(r.gain, log_loss(HARD, WEAK) - log_loss(HARD, STUDENT), rtol=1e-9)
    assert r.to_dict() == EXPECTED.to_dict()


def test_probabilities_in_a_csv_file(tmp_path):
    path = tmp_path / "mine.csv"
    pandas.DataFrame(TABLE).to_csv(path, index=False)
    for library in (pandas, polars):
        table = library.read_csv(path)
        weak = table[["weak0", "weak1", "weak2"]]
        student = table[["student0", "student1", "student2"]]
        assert_right(evaluate(weak, student, table["truth"], loss="kl"))


def test_probabilities_in_a_table_of_molecules(tmp_path):
    pytest.importorskip("rdkit")
    path = tmp_path / "mine.csv"
    smiles = ["C" * (k + 1) for k in range(N)]
    pandas.DataFrame({"smiles": smiles} | TABLE).to_csv(path, index=False)
    names = {name: name for name in TABLE if name != "truth"}
    table = load_table(path, label="truth", predictions=names)
    weak, student = (
        np.stack([table.predictions[f"{model}{k}"] for k in range(CLASSES)], axis=1)
        for model in ("weak", "student")
    )
    assert_right(evaluate(weak, student, table.labels, loss="kl"))


def test_probabilities_in_a_parquet_file(tmp_path):
    """polars reads and writes Parquet itself; pandas needs pyarrow for it."""
    path = tmp_path / "mine.parquet"
    polars.DataFrame(TABLE).write_parquet(path)
    table = polars.read_parquet(path)
    weak = table.select("weak0", "weak1", "weak2")
    student = table.select("student0", "student1", "student2")
    assert_right(evaluate(weak, student, table["truth"], loss="kl"))


def test_probabilities_in_npy_files(tmp_path):
    for name, rows in {"weak": WEAK, "student": STUDENT, "truth": HARD}.items():
        np.save(tmp_path / f"{name}.npy", rows)
    weak, student, truth = (np.load(tmp_path / f"{n}.npy") for n in ("weak", "student", "truth"))
    assert_right(evaluate(weak, student, truth, loss="kl"))


def test_logits_of_torch():
    torch: Any = pytest.importorskip("torch")
    logits = [torch.tensor(np.log(rows), requires_grad=True) for rows in (WEAK, STUDENT)]
    weak, student = (torch.softmax(z, -1) for z in logits)
    r = evaluate(weak, student, torch.tensor(HARD), loss="kl")
    np.testing.assert_allclose(r.gain, EXPECTED.gain, rtol=1e-9)
    with pytest.raises(ValueError, match="softmax"):
        evaluate(logits[0], logits[1], torch.tensor(HARD), loss="kl")
