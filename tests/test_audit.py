"""The audit: what it says for what it is given, against independent answers."""

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from inside import inside
from selection import few
from w2s_jax import evaluate, fit_heads
from w2s_jax.audit import audit, estimate_gain
from w2s_jax.bounds import fresh_gain, misfit_bracket

many = inside("audit._many")

N, OWN = 600, 6
rng = np.random.default_rng(0)
X = rng.normal(size=(N, OWN + 3))
TRUTH = X @ np.r_[np.ones(OWN), 0.3 * np.ones(3)] / 3
WEAK = X @ np.r_[np.ones(OWN), [0.5, -0.5, 0.4]] / 3 + 0.3 * rng.normal(size=N)
H = X[:, :OWN]
STUDENT = np.asarray(fit_heads(H, WEAK[:, None])(H))[:, 0]
ROWS = np.sort(rng.choice(N, 80, replace=False))


def paired(differences) -> Any:
    return stats.ttest_1samp(differences, 0)


def of(**given):
    return audit(WEAK, STUDENT, labels=TRUTH[ROWS], labelled=ROWS, **given)


def test_predictions_alone_give_misfit_certificate_and_imitation():
    found = audit(WEAK, STUDENT)
    assert set(found.estimates) == {"misfit", "certificate", "imitation"}
    misfit = ((WEAK - STUDENT) ** 2).mean()
    assert found.estimates["misfit"].value == pytest.approx(misfit, rel=1e-12)
    assert found.estimates["certificate"].value == pytest.approx(misfit, rel=1e-12)
    assert found.estimates["imitation"].value == pytest.approx(1 - misfit / WEAK.var(), rel=1e-12)
    assert found.verdict.kind == "no labels"


def test_features_add_the_bracket_and_the_law():
    found = audit(WEAK, features=H).estimates
    bracket, law = misfit_bracket(H, WEAK), fresh_gain(H, WEAK)
    assert found["own_misfit"].value == pytest.approx(float(bracket.own))
    assert found["leave_one_out_misfit"].value == pytest.approx(float(bracket.left_out))
    assert found["predicted_gain"].value == pytest.approx(float(law.gain))
    assert found["rho"].value == pytest.approx(float(law.cost))
    assert found["rank"].value == OWN
    assert found["misfit"].value == pytest.approx(((WEAK - STUDENT) ** 2).mean())


def test_fewer_than_twice_as_many_inputs_as_directions_is_red():
    few_, enough = (audit(WEAK[:n], features=H[:n]) for n in (13, 14))
    assert not few_.checks["twice"].holds
    assert enough.checks["twice"].holds
    assert few_.estimates["predicted_gain"].value < 0
    mute = audit(WEAK[:8], features=H[:8])
    assert mute.estimates["predicted_gain"].value is None


def test_a_student_that_is_no_projection_certifies_nothing():
    found = audit(WEAK, STUDENT + 0.1 * X[:, OWN], features=H)
    assert not found.checks["projection"].holds
    assert found.estimates["certificate"].value is None


def test_the_naive_mean_is_the_paired_t_test():
    found = of().estimates
    one, other = (WEAK[ROWS] - TRUTH[ROWS]) ** 2, (STUDENT[ROWS] - TRUTH[ROWS]) ** 2
    t = stats.ttest_rel(one, other)
    low, high = t.confidence_interval(0.95)
    naive = found["gain_naive"]
    assert (naive.low, naive.high) == pytest.approx((low, high), rel=1e-9)
    assert found["p_value"].value == pytest.approx(t.pvalue, rel=1e-9)
    assert found["weak_error"].value == pytest.approx(one.mean())
    slack = (one - other - (WEAK - STUDENT)[ROWS] ** 2).mean()
    assert found["slack"].value == pytest.approx(slack)


def test_the_powered_mean_is_that_of_the_formula():
    gains = estimate_gain(WEAK, STUDENT, TRUTH[ROWS], labelled=ROWS, features=H)
    others = np.setdiff1d(np.arange(N), ROWS)
    by_hand = (gains.measured - gains.labeled).mean() + (
        gains.every[others].sum() + gains.labeled.sum()
    ) / N
    mean = gains.powered()
    assert mean is not None
    assert mean.value == pytest.approx(by_hand, rel=1e-12)
    share = len(others) / N
    variance = (gains.measured - share * gains.labeled).var(ddof=1) / len(ROWS)
    variance += share**2 * gains.every[others].var(ddof=1) / len(others)
    assert mean.error == pytest.approx(variance**0.5, rel=1e-12)


def test_a_guess_never_uses_the_label_that_it_is_for():
    labels = TRUTH[ROWS].copy()
    before = estimate_gain(WEAK, STUDENT, labels, labelled=ROWS, features=H).labeled
    labels[7] += 5.0
    after = estimate_gain(WEAK, STUDENT, labels, labelled=ROWS, features=H).labeled
    assert after[7] == before[7]
    assert (after != before).sum() > len(ROWS) // 2


def test_with_the_student_as_guess_the_paper_is_the_special_case():
    linear = inside("audit._linear").linear("squared", WEAK, STUDENT, TRUTH[ROWS], ROWS, None)
    misfit, slack = (WEAK - STUDENT) ** 2, (linear.slope[ROWS] * linear.goal).sum(1)
    report = evaluate(WEAK[ROWS], STUDENT[ROWS], TRUTH[ROWS], test=True)
    np.testing.assert_allclose(linear.base, misfit, rtol=1e-12)
    assert slack.mean() == pytest.approx(float(report.slack), rel=1e-10)


def test_fifty_labels_let_the_powered_interval_decide_and_less_do_not():
    for m, method in ((49, "naive"), (50, "powered")):
        found = audit(WEAK, STUDENT, labels=TRUTH[ROWS[:m]], labelled=ROWS[:m], features=H)
        gain, own = found.estimates["gain"], found.estimates[f"gain_{method}"]
        assert gain.method == method
        assert (gain.low, gain.high) == (own.low, own.high)


def test_labels_of_all_inputs_leave_nothing_to_guess():
    found = audit(WEAK, STUDENT, labels=TRUTH, features=H)
    assert found.estimates["gain"].method == "naive"
    assert found.estimates["gain_powered"].value is None
    assert found.checks["identity"].holds  # of the projection, by report.evaluate


def test_verdicts_say_gain_harm_too_few_and_imitation():
    better = audit(WEAK, TRUTH + 0.01 * X[:, 0], labels=TRUTH[:60], labelled=range(60))
    worse = audit(TRUTH + 0.01 * X[:, 0], WEAK, labels=TRUTH[:60], labelled=range(60))
    assert (better.verdict.kind, worse.verdict.kind) == ("gain shown", "harm shown")
    none = audit(WEAK, STUDENT, labels=TRUTH[:4], labelled=range(4))
    assert (none.verdict.kind, none.verdict.labels_needed) == ("not settled", 6)
    same = audit(WEAK, WEAK * (1 + 1e-9), labels=TRUTH[:60], labelled=range(60))
    assert same.verdict.kind == "imitation"


def test_the_labels_needed_would_settle_it_four_times_of_five():
    draw = np.random.default_rng(5)
    weak, student = draw.normal(size=(2, 200_000))
    weak = 1.1 * weak
    labels = 3 * draw.normal(size=40)  # naive: nothing but labels shortens it
    found = audit(weak, student, labels=labels, labelled=range(40))
    gain = found.estimates["gain"]
    half = (gain.high - gain.low) / 2
    wanted = 40 * (half / abs(gain.value) * (1.96 + 0.8416) / 1.96) ** 2
    assert found.verdict.kind == "not settled"
    assert found.verdict.labels_needed == pytest.approx(wanted - 40, rel=0.1)
    assert found.labels_for(half / 3) == 360
    gain = (weak**2 - student**2).mean()  # of the truth 0
    # Were the gain known, so many labels would show it in about 80 % of draws.
    m = int(((1.96 + 0.8416) * (weak**2 - student**2).std() / gain) ** 2)
    draws = draw.choice(weak**2 - student**2, size=(400, m))
    shown = draws.mean(1) - 1.96 * draws.std(1) / m**0.5 > 0
    assert 0.72 < shown.mean() < 0.88


def test_missing_labels_and_masks_name_the_same_inputs():
    blank = np.full(N, np.nan)
    blank[ROWS] = TRUTH[ROWS]
    mask = np.isin(np.arange(N), ROWS)
    first = of(features=H)
    for found in (
        audit(WEAK, STUDENT, labels=blank, features=H),
        audit(WEAK, STUDENT, labels=TRUTH[ROWS], labelled=mask, features=H),
    ):
        assert found.to_dict() == first.to_dict()


def test_pgr_is_fiellers_and_undefined_where_the_ceiling_is_not_below():
    report = evaluate(WEAK[ROWS], STUDENT[ROWS], TRUTH[ROWS], ceiling=0.001, test=True)
    pgr = of(ceiling=0.001).estimates["pgr"]
    assert [pgr.low, pgr.high] == pytest.approx([float(end) for end in report.interval("pgr")])
    assert of(ceiling=TRUTH).estimates["pgr"].value > 0
    assert of(ceiling=10.0).estimates["pgr"].value is None


def test_groups_use_holms_rule():
    groups = np.where(X[:, 0] > 0, "up", "down")
    found = {group.name: group for group in of(groups=groups).groups}
    assert set(found) == {"up", "down"}
    for name, group in found.items():
        own = groups[ROWS] == name
        gains = ((WEAK - TRUTH) ** 2 - (STUDENT - TRUTH) ** 2)[ROWS][own]
        assert group.labels == own.sum()
        if group.gain.method == "naive":
            assert group.p_value == pytest.approx(paired(gains).pvalue, rel=1e-8)
    assert not many.holm([0.03, 0.03], 0.05).any()
    assert many.holm([0.04, 0.02], 0.05).all()


def test_several_teachers_are_ranked_and_pay_for_the_choice():
    other = WEAK + 0.5 * rng.normal(size=N)
    found = audit({"good": WEAK, "bad": other}, features=H, labels=TRUTH[ROWS], labelled=ROWS)
    assert [pair.name for pair in found.students] == ["good", "bad"]
    assert found.pair.name == found.ranking[0].name
    second = found.ranking[1]
    students = {
        name: np.asarray(fit_heads(H, w[:, None])(H))[:, 0]
        for name, w in (("good", WEAK), ("bad", other))
    }
    losses = {name: (s[ROWS] - TRUTH[ROWS]) ** 2 for name, s in students.items()}
    behind = losses[second.name] - losses[found.ranking[0].name]
    assert second.p_value == pytest.approx(paired(behind).pvalue, rel=1e-6)
    alone = audit(WEAK, students["good"], features=H, labels=TRUTH[ROWS], labelled=ROWS)
    one, two = alone.estimates["gain"], found.students[0].estimates["gain"]
    wider = stats.t.ppf(0.9875, 39) / stats.t.ppf(0.975, 39)
    assert (two.high - two.low) / (one.high - one.low) == pytest.approx(wider, rel=1e-6)


def test_the_inputs_that_carry_the_gain_are_those_whose_absence_ends_it():
    small = slice(0, 40)
    found = audit(WEAK[small], features=H[small], labels=TRUTH[small])
    first = found.influence[0]
    assert {each.kind for each in found.influence} == {"lesson"}
    rest = np.arange(40) != first.row
    errors = []
    for kept in (np.ones(40, bool), rest):
        head = fit_heads(H[small][kept], WEAK[small][kept][:, None])
        student = np.asarray(head(H[small]))[:, 0]
        errors.append(((student - TRUTH[small]) ** 2).mean())
    gain = ((WEAK - TRUTH)[small] ** 2).mean() - errors[0]
    assert first.share == pytest.approx((errors[1] - errors[0]) / gain, rel=1e-6)


def test_a_student_fitted_elsewhere_has_the_gains_of_its_labels_for_shares():
    small = slice(0, 40)
    student = WEAK[small] / 2
    found = audit(WEAK[small], student, labels=TRUTH[small])
    gains = (WEAK[small] - TRUTH[small]) ** 2 - (student - TRUTH[small]) ** 2
    for each in found.influence:
        assert each.kind == "label"
        assert each.share == pytest.approx(gains[each.row] / gains.sum(), rel=1e-9)
    assert found.to_dict()["influence"][0]["kind"] == "label"


def test_the_text_shows_groups_and_methods_and_the_gain_once():
    found = of(features=H, groups=np.where(X[:, 0] > 0, "left", "right"))
    text = str(found)
    assert found.estimates["gain"].method == "powered"
    (row,) = [line for line in text.splitlines()[1:] if line.split()[0] == "gain"]
    assert row.endswith("powered, decides")
    assert "gain_powered" not in text
    assert "gain_naive" in text
    (said,) = [line for line in text.splitlines() if line.startswith("methods: ")]
    shown = {each.method for each in found.estimates.values()}
    assert {word for word in shown if f"{word} (" in said} == shown
    for group in found.groups:
        (row,) = [line.split() for line in text.splitlines() if line.startswith(group.name)]
        assert row[1:3] == [f"{group.inputs:,}", f"{group.labels:,}"]
        assert float(row[3]) == pytest.approx(group.gain.value, rel=1e-3)
        assert text.count("(Holm)") == 1
    assert "(Holm)" not in str(of(features=H))
    few = audit(WEAK, STUDENT, labels=TRUTH[:20], labelled=range(20))
    assert "naive, decides" in str(few)
    assert "gain_naive" not in str(few)
    assert "gain_powered" in str(few)


def test_a_settled_gain_asks_for_no_labels_and_a_tiny_p_has_no_digits():
    found = of(features=H)
    assert found.verdict.kind == "gain shown"
    needed, p = found.estimates["labels_needed"], found.estimates["p_value"]
    assert needed.value == 0
    assert needed.sentence.startswith("None")
    assert p.value < 1e-3
    assert "less than 0.1 %" in p.sentence
    assert "< 0.001" in str(found)
    assert audit(WEAK, STUDENT, labels=TRUTH[:1], labelled=[0]).verdict.sentence.startswith(
        "1 label is too few"
    )
    gains = np.linspace(-1, 1, 12)
    gains = 1 + gains / gains.std(ddof=1) * 12**0.5 / 2.5  # shown, though four in five take 2.8
    shown = audit(np.ones(12), np.zeros(12), labels=(1 - gains) / 2)
    assert shown.estimates["gain"].value == pytest.approx(1)
    assert shown.verdict.kind == "gain shown"
    assert shown.estimates["labels_needed"].value == 0


def test_the_audit_is_plain_json():
    found = of(features=H, groups=np.where(X[:, 0] > 0, "a", "b"), ceiling=0.01)
    kept = json.loads(found.json())
    assert kept == found.to_dict()
    assert kept["format"] == 1
    assert kept["estimates"]["gain"]["low"] == found.estimates["gain"].low
    assert kept["checks"]["twice"]["holds"]
    assert "gain" in str(found)


def test_the_json_is_written_whole(tmp_path):
    path = tmp_path / "out.json"
    found = of()
    found.json(path)
    assert json.loads(path.read_text()) == found.to_dict()


@pytest.mark.parametrize("loss", ["zero-one", "kl"])
def test_powered_gains_of_classes_are_linear_in_the_truth(loss):
    draw = np.random.default_rng(1)
    weak, student = draw.dirichlet(np.ones(3), size=(2, 400))
    truth = draw.integers(3, size=400)
    rows = np.arange(100)
    report = evaluate(weak, student, truth, loss=loss)
    gain = report.terms["weak_error"] - report.terms["student_error"]
    linear = inside("audit._linear").linear(loss, weak, student, truth[rows], rows, gain[rows])
    whole = linear.base[rows] + (linear.slope[rows] * linear.goal).sum(1)
    np.testing.assert_allclose(whole, gain[rows], atol=1e-12)
    assert linear.base.mean() == pytest.approx(float(report.misfit))
    found = audit(weak, student, labels=truth[rows], labelled=rows, loss=loss)
    assert found.estimates["gain"].method == "powered"


def test_cross_entropy_has_no_powered_interval_and_says_so():
    draw = np.random.default_rng(1)
    weak, student, truth = draw.dirichlet(np.ones(3), size=(3, 200))
    rows = range(60)
    found = audit(weak, student, labels=truth[:60], labelled=rows, loss="cross-entropy")
    assert found.estimates["gain"].method == "naive"
    assert "not linear" in found.estimates["gain_powered"].sentence


def test_words_are_classes():
    weak, student = np.array(["cat", "dog"] * 40), np.array(["cat", "cat"] * 40)
    labels = np.array(["cat"] * 30 + [None] * 50, object)
    found = audit(weak, student, labels=labels, loss="zero-one")
    assert found.labels == 30
    assert found.estimates["gain"].value == 0.5


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"student": None}, "student is None"),
        ({"labels": [1.0, 2.0]}, "say by labelled"),
        ({"labelled": [0]}, "labels is None"),
        ({"labels": [1.0, 2.0], "labelled": [3, 3]}, "more than once"),
        ({"labels": [1.0, 2.0], "labelled": [3]}, "labelled names 1"),
        ({"labels": [1.0], "labelled": [N]}, f"from 0 to {N - 1}"),
        ({"ceiling": 1.0}, "needs labels"),
        ({"groups": np.arange(N)}, "at most"),
        ({"groups": ["a"]}, "groups has 1"),
        ({"features": H[:10]}, "features hold 10"),
        ({"features": iter([H])}, "only once"),
        ({"features": [H[:10], H[10:, :2]]}, "chunks of width"),
        ({"student": {"b": STUDENT}}, "student names"),
        ({"names": ["a", "b"]}, "names must be 1"),
        ({"confidence": 1.0}, "confidence must lie"),
        ({"loss": "kl"}, "weak has shape"),
        ({"student": STUDENT[:, None]}, r"reshape\(-1\)"),
    ],
)
def test_what_does_not_fit_is_named(given, words):
    with pytest.raises(ValueError, match=words):
        audit(WEAK, **({"student": STUDENT} | given))


@pytest.mark.parametrize("kind", few(["chunks", "float32", "float16"], "chunks", "float32"))
def test_features_on_disk_or_in_chunks_give_the_same(kind, tmp_path):
    x = H if kind == "chunks" else H.astype(kind)
    whole = audit(WEAK, features=np.asarray(x, float), labels=TRUTH[ROWS], labelled=ROWS)
    given = [x[:100], x[100:101], x[101:]]
    if kind != "chunks":
        np.save(tmp_path / "h.npy", x)
        given = np.load(tmp_path / "h.npy", mmap_mode="r")
    found = audit(WEAK, features=given, labels=TRUTH[ROWS], labelled=ROWS)
    for name, one in whole.estimates.items():
        if one.value is not None:
            assert found.estimates[name].value == pytest.approx(one.value, rel=1e-6), name
            assert (found.estimates[name].low is None) == (one.low is None)
    assert found.checks["projection"].holds
    assert not audit(WEAK, STUDENT + X[:, OWN], features=given).checks["projection"].holds


def test_what_is_not_finite_on_disk_is_named(tmp_path):
    x = H.copy()
    x[431, 2] = np.nan
    np.save(tmp_path / "h.npy", x)
    given = np.load(tmp_path / "h.npy", mmap_mode="r")
    with pytest.raises(ValueError, match=r"features holds NaN at index \(431, 2\)"):
        audit(WEAK, STUDENT, features=given)
    classes = np.where(np.c_[WEAK, STUDENT] > 0, 1, 0).T
    labels = (TRUTH[:100] > 0).astype(int)
    with pytest.raises(ValueError, match="NaN"):
        audit(*classes, features=given, loss="zero-one", labels=labels, labelled=range(100))
