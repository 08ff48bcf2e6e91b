"""The molecule experiment on made molecules: identities, pools, refusals."""

import jax
import numpy as np
import pytest

from inside import inside
from selection import full
from w2s_jax import molecules as molecules_room
from w2s_jax.data import Split, Table, chembench_split
from w2s_jax.encoders import Encoder, Finetuning, Shape
from w2s_jax.experiments import molecules
from w2s_jax.experiments.molecules import WIDTHS, Contest, QsarConfig, Setting, settings
from w2s_jax.heads import fit_heads, fit_probes
from w2s_jax.molecules import features, flatten, tokenize
from w2s_jax.records import recorded_rows
from w2s_jax.teachers import select

BOOK_SETTINGS = inside("experiments.molecules._choices").BOOK_SETTINGS
LOADERS = inside("experiments.molecules._choices").LOADERS
Outcome = inside("experiments.molecules._teaching").Outcome

_path = inside("heads._probes").ridge_path

RNG = np.random.default_rng(0)


def chains(count):
    """Alcohols, amines and halides, each once."""
    found = {}
    while len(found) < count:
        inside = "".join(RNG.choice(["C", "CC", "C(C)", "C(O)", "C(N)"], size=RNG.integers(1, 9)))
        found[inside + RNG.choice(["C", "Cl", "F", "Br"])] = None
    return list(found)


SMILES, CORPUS = chains(120), chains(60)
LABELS = np.array([s.count("O") - 0.3 * len(s) + 0.5 * s.count("Cl") for s in SMILES]) + 0.1 * (
    RNG.normal(size=120)
)
SIZES = {
    "weak-4": Shape(4, 1, vocabulary=molecules_room.SMILES.size),
    "weak-8": Shape(8, 1, vocabulary=molecules_room.SMILES.size),
    "strong": Shape(16, 2, vocabulary=molecules_room.SMILES.size),
}


def encoder_of(name):
    return Encoder(SIZES[name], key=jax.random.key(len(name)))


def table_of(labels):
    return Table("made", tuple(SMILES), labels, "no unit")


@pytest.fixture(autouse=True)
def made(monkeypatch):
    monkeypatch.setitem(LOADERS, "made", lambda: table_of(LABELS))


def config(**changes):
    given = {"datasets": ("made",), "seeds": (122,), "widths": (4, 8), "corpus": 60}
    return QsarConfig(**(given | {"resamples": 50} | changes))


def run(**changes):
    return molecules.run_qsar(
        config(**changes), corpus=CORPUS, encoder_of=encoder_of, cache=None, progress=False
    )


@pytest.fixture(scope="module")
def rows():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LOADERS, "made", lambda: table_of(LABELS))
        words = {"weak": ("probe",), "labels": ("50",), "strong": ("last",)}
        chosen = (*settings(**words), Setting("probe", "half", "own", "all"))
        return run(settings=chosen)


def test_there_is_a_row_for_each_setting_and_width(rows):
    names = {(row["setting"], row["weak_width"]) for row in rows}
    assert len(names) == len(rows) == 2 * 5


def test_identities_hold(rows):
    for row in rows:
        apart = row["gain"] - row["misfit"] + row["beyond"] + row["drift"]
        assert abs(apart) < 1e-10 * row["weak_error"]
        assert row["gain_low"] <= row["gain_high"]
    inside = [row for row in rows if "gain_insample" in row]
    assert len(inside) == 2 * 4
    for row in inside:
        apart = row["gain_insample"] - row["misfit_insample"] + row["correction_insample"]
        assert abs(apart) < 1e-7 * row["weak_error_insample"]  # the digits of the features
    assert {row["pool"] for row in rows if "gain_insample" not in row} == {"corpus"}


def test_pools_are_what_they_are_called(rows):
    split = chembench_split(120, 122)
    sizes = {(row["labels"], row["pool"]): row["inputs"] for row in rows}
    n = len(split.train)
    assert sizes["half", "own"] == n // 2
    assert sizes["50", "own"] == 50
    assert sizes["50", "rest"] == n - 50
    assert sizes["50", "train+valid"] == n + len(split.valid)
    assert sizes["50", "corpus"] == 60


def test_a_row_is_what_one_gets_by_hand(rows):
    split = chembench_split(120, 122)
    measured = np.sort(np.random.RandomState(122).permutation(split.train)[:50])

    def standard(name, extra=()):
        h = features([*flatten(SMILES), *extra], encoder_of(name), codes=tokenize)
        mean, deviation = h[split.train].mean(0), h[split.train].std(0)
        return np.clip((h - mean) / deviation, -10, 10)

    weak_h, strong_h = standard("weak-8", CORPUS), standard("strong", CORPUS)
    teacher, _ = fit_probes(weak_h[measured], LABELS[measured, None], seed=122)
    weak = np.asarray(teacher(weak_h))
    head, ridge = fit_probes(strong_h[120:], weak[120:], seed=122)
    student = np.asarray(head(strong_h))[split.test, 0]
    (row,) = [r for r in rows if r["setting"] == "probe, 50, corpus, last" and r["weak_width"] == 8]
    assert row["ridge"] == ridge[0]
    truth = LABELS[split.test]
    assert row["misfit"] == pytest.approx(((student - weak[split.test, 0]) ** 2).mean(), rel=1e-6)
    assert row["student_error"] == pytest.approx(((student - truth) ** 2).mean(), rel=1e-6)


def test_another_encoder_may_be_the_student(rows):
    found = run(settings=(Setting("probe", "50", "own", "last"),), student="weak-8")
    (same,) = [row for row in found if row["weak_width"] == 8]
    (other,) = [r for r in rows if r["setting"] == "probe, 50, own, last" and r["weak_width"] == 8]
    assert same["misfit"] < 0.1 * other["misfit"]  # it imitates its own features


def test_no_measurement_of_test_or_valid_reaches_a_student(monkeypatch, rows):
    split = chembench_split(120, 122)
    spoiled = LABELS.copy()
    spoiled[np.concatenate([split.test, split.valid])] += 100.0
    monkeypatch.setitem(LOADERS, "made", lambda: table_of(spoiled))
    again = run(settings=(Setting("probe", "50", "train+valid", "last"),))
    before = [r for r in rows if r["setting"] == "probe, 50, train+valid, last"]
    for old, new in zip(before, again, strict=True):
        assert new["misfit"] == pytest.approx(old["misfit"], rel=1e-10)
        assert new["ridge"] == old["ridge"]
        assert new["weak_error"] > old["weak_error"] + 1000


IDENTITIES = (
    ("gain", "weak_error", {"student_error": -1}),
    ("gain_valid", "weak_error_valid", {"student_error_valid": -1}),
    ("gain", "misfit", {"beyond": -1, "drift": -1}),
    ("gain_insample", "weak_error_insample", {"student_error_insample": -1}),
    ("gain_insample", "misfit_insample", {"correction_insample": -1}),
)


def apart(row):
    """The largest failure of an identity, as a share of the weak error it belongs to."""
    found = []
    for gain, first, others in IDENTITIES:
        if gain in row:
            rest = row[first] + sum(sign * row[name] for name, sign in others.items())
            scale = row[gain.replace("gain", "weak_error")]
            found.append(abs(row[gain] - rest) / scale)
    return max(found)


# Weights of directions just above the cut are 1e6 times the labels, and so are their roundings.
ROUNDING = 2e-8
RECORDS = ["qsar", "qsar-narrow", "qsar-tuned", "qsar-1250000", "qsar-5000000"]


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_obeys_its_identities(name):
    rows = recorded_rows(name)
    assert max(map(apart, rows)) < ROUNDING
    inside = [row for row in rows if "gain_insample" in row]
    assert {row["strong"] for row in inside} == {row["strong"] for row in rows} - {"tuned"}
    for number in ("beyond", "student_error_valid", "correction_insample"):
        assert apart(inside[0] | {number: inside[0][number] + 1e-6}) > ROUNDING


def test_the_record_has_every_pair_once():
    """Eight widths and three splits a set, in each setting that is there for a set."""
    rows = recorded_rows("qsar")
    pairs = {}
    for row in rows:
        key = row["dataset"], row["setting"]
        pairs.setdefault(key, []).append((row["seed"], row["weak_width"]))
    every = sorted((seed, width) for seed in (122, 123, 124) for width in WIDTHS)
    assert [key for key, own in pairs.items() if sorted(own) != every] == []
    assert {
        (name, own.name) for name in ("esol", "freesolv", "lipop") for own in BOOK_SETTINGS
    } <= (pairs.keys())
    sizes = {"esol": 1128, "freesolv": 642, "lipop": 4200}
    tests = {
        (name, seed): set(chembench_split(n, seed).test.tolist())
        for name, n in sizes.items()
        for seed in (122, 123, 124)
    }
    for row in rows:
        assert {row["nearer"], row["farther"]} <= tests[row["dataset"], row["seed"]]


def test_rows_name_the_molecules_that_moved_most(rows):
    split = chembench_split(120, 122)
    for row in rows:
        assert {row["nearer"], row["farther"]} <= set(split.test.tolist())
    assert any(row["nearer"] != row["farther"] for row in rows)


def of(setting, gain, *, datasets=("esol", "lipop"), strong=0.5, weak=1.0, pairs=20, strays=0):
    """Make rows of a setting with one gain; in `strays` pairs the weak model beats the ceiling."""
    return [
        {
            "dataset": dataset,
            "setting": setting,
            "gain_valid": gain,
            "weak_error_valid": 0.4 if k < strays else weak,
            "ceiling_valid": strong,
            "gain": -1.0,
        }
        for dataset in datasets
        for k in range(pairs)
    ]


def test_the_main_setting_is_chosen_by_its_rule():
    plain = of("a", 0.1) + of("b", 0.2)
    assert molecules.main_setting(plain) == "b"
    assert molecules.main_setting(plain[::-1]) == "b"
    # Gain counts as a share of the weak error, not in label units.
    assert molecules.main_setting(plain + of("c", 0.3, weak=2.0)) == "b"
    # One stray pair of twenty is allowed, two are not; both would win.
    assert molecules.main_setting(plain + of("c", 0.3, strays=1)) == "c"
    assert molecules.main_setting(plain + of("c", 0.3, strays=2)) == "b"
    # A setting that one data set lacks is out, however large its gain.
    assert molecules.main_setting(plain + of("c", 0.9, datasets=("esol",))) == "b"
    # Data sets weigh the same, whatever their number of pairs.
    uneven = of("c", 0.5, datasets=("esol",), pairs=20) + of("c", -0.2, datasets=("lipop",))
    fewer = of("c", 0.5, datasets=("esol",), pairs=60) + of("c", -0.2, datasets=("lipop",))
    assert molecules.main_setting(plain + uneven) == molecules.main_setting(plain + fewer) == "b"
    with pytest.raises(ValueError, match="no setting has weak models that are weak"):
        molecules.main_setting(of("a", 0.1, strays=20))


@full
def test_tuned_models_are_found_again(tmp_path, monkeypatch):
    chosen = {"settings": (Setting("tuned", "50", "rest", "last"),), "widths": (4,)}
    told = config(**chosen, finetuning=Finetuning(epochs=1))
    given = {"corpus": CORPUS, "encoder_of": encoder_of, "cache": tmp_path, "progress": False}
    first = molecules.run_qsar(told, **given)
    monkeypatch.setattr("w2s_jax.experiments.molecules._teaching.finetune", None)
    assert molecules.run_qsar(told, **given) == first


def test_rules_choose_what_their_scores_say():
    """Teacher 0 has the smaller error, teacher 1 the better student, and misfit decides."""
    truth = np.zeros(4)
    weak = np.stack([np.full(4, 1.0), np.full(4, 2.0)], axis=1)
    student = np.stack([np.full(4, 1.0), np.full(4, 0.1)], axis=1)
    found = molecules.scores(weak, student, truth, np.array([[0, 1]]))
    chosen = {rule: int(values.argmin()) for rule, values in found.items()}
    assert chosen == {
        "weak error": 0,
        "student error": 1,
        "weak error − misfit": 1,
        "known moments": 1,
    }
    assert found["weak error − misfit"][0].tolist() == pytest.approx([1.0, 4 - 1.9**2])


def test_scores_of_samples_are_those_that_select_gives():
    weak, student = RNG.normal(size=(2, 40, 5))
    truth, samples = RNG.normal(size=40), RNG.integers(40, size=(6, 7))
    unlabeled = np.stack([RNG.permutation(40)[:20] for _ in range(6)])
    called = {
        "weak error − misfit": "paper",
        "weak error": "weak error",
        "student error": "direct",
        "known moments": "moments",
    }
    whole = molecules.scores(weak, student, truth, samples)
    halves = molecules.scores(weak, student, truth, samples, unlabeled)
    assert whole.keys() == halves.keys() == called.keys()
    for rule, name in called.items():
        for k, rows in enumerate(samples):
            given = {"students": student, "rule": name, "labels": truth[rows], "labeled": rows}
            np.testing.assert_allclose(whole[rule][k], select(weak, **given).scores, atol=1e-12)
        # What needs no label is taken over half of the inputs, so that it differs between samples.
        known = name in ("paper", "moments")
        assert np.allclose(halves[rule], whole[rule]) is not known
    # With all labels the scores rank as the errors do, whatever the students have in common.
    every = np.arange(40)[None]
    moments = molecules.scores(weak, student, truth, every)["known moments"][0]
    errors = ((student - truth[:, None]) ** 2).mean(0)
    common = ((student.mean(1) - truth) ** 2).mean()
    np.testing.assert_allclose(moments + common, errors, atol=1e-12)


def test_a_contest_has_regrets_that_can_be_had():
    contest = Contest(config(settings=(Setting("probe", "50", "rest", "last"),)), (5,), draws=200)
    given = {"corpus": CORPUS, "encoder_of": encoder_of, "cache": None, "progress": False}
    found = molecules.run_choosing(contest, **given)
    (first, second) = molecules.run_qsar(contest.config, **given)
    errors = np.array([first["student_error"], second["student_error"]])
    largest = errors.max() - errors.min()
    once = [row for row in found if not row["redrawn"]]
    assert [row["measured"] for row in once] == [5] * 4 + [12] * 4 + [0] * 4
    assert [row["measured"] for row in found if row["redrawn"]] == [5] * 4 + [12] * 4 + [0] * 4
    mean, chance = once.pop()["regret"], once.pop()["regret"]
    # Of two students the mean is as far from one as from the other: rounding decides.
    middle = once.pop()["regret"]
    assert middle == pytest.approx(0) or middle == pytest.approx(largest)
    # The mean of two students is no worse than they are on average, and may be better than both.
    assert -errors.min() < mean < chance == pytest.approx(largest / 2)
    assert once.pop()["regret"] == pytest.approx(errors[1] - errors.min())
    for row in once:
        assert -1e-12 <= row["regret"] <= largest + 1e-9
        assert row["regret"] == pytest.approx((1 - row["best"]) * largest, abs=1e-9)
    for redrawn, count in ((False, 5), (False, 12), (True, 5), (True, 12)):
        own = [r for r in found if (r["redrawn"], r["measured"]) == (redrawn, count)]
        assert sum(row.get("wins", 0) for row in own) == pytest.approx(1)
        noise = {row["rule"]: row["noise"] for row in own}
        # The same misfit is taken from every bootstrap sample: it adds no noise and removes none.
        same = noise["weak error − misfit"] == pytest.approx(noise["weak error"])
        assert same is not redrawn
        assert noise["student error"] > 0


def test_a_redrawn_contest_measures_some_and_judges_by_the_others():
    """Teacher 0 is right on half of the molecules, teacher 1 on the other half; students copy."""
    n = 400
    values = np.zeros((n, 2))
    values[::2, 0] = values[1::2, 1] = 1.0
    at = np.arange(n)
    halves = Split(train=at, valid=at[: n // 2], test=at[n // 2 :])
    made = Outcome(
        "x", 0, Setting(), halves, np.zeros(n), values, values, np.zeros(n), at, None, values
    )
    found = list(
        inside("experiments.molecules._choosing")._rows(made, Contest(measured=(3,), draws=400))
    )
    whole = [r for r in found if r["redrawn"] and r["whole"]]
    # Who looks better on one half of all molecules is the worse one on the other half.
    assert len(whole) == 4
    assert all(row["best"] < 0.1 for row in whole)
    few = [r for r in found if r["redrawn"] and r["measured"] == 3]
    assert all(0.35 < row["best"] < 0.65 for row in few)


def test_contests_must_count():
    with pytest.raises(ValueError, match="counts must be at least 1"):
        Contest(draws=0)


def test_tuned_models_take_part():
    few = Finetuning(epochs=2)
    chosen = (Setting("tuned", "50", "rest", "last"), Setting("probe", "50", "rest", "tuned"))
    found = run(settings=chosen, finetuning=few, widths=(4,))
    tuned_weak, tuned_strong = found
    assert {"ridge", "gain_insample"} < tuned_weak.keys()
    assert not {"ridge", "gain_insample"} & tuned_strong.keys()
    for row in found:
        apart = row["gain"] - row["misfit"] + row["beyond"] + row["drift"]
        assert abs(apart) < 1e-8 * row["weak_error"]
    assert tuned_weak["weak_error"] != tuned_strong["weak_error"]


def test_probes_choose_the_ridge_that_predicts_best():
    x = RNG.normal(size=(80, 40))
    y = np.stack([x[:, 0] + 3 * RNG.normal(size=80), x @ RNG.normal(size=40)], axis=1)
    heads, ridge = fit_probes(x, y)
    assert ridge[0] > 0.1
    assert ridge[1] == 1e-5
    alone = fit_heads(x, y[:, :1], ridge=float(ridge[0]))
    np.testing.assert_allclose(heads.weights[:, 0], alone.weights[:, 0], rtol=1e-8, atol=1e-12)
    with pytest.raises(ValueError, match="folds must be from 2"):
        fit_probes(x[:3], y[:3])


@pytest.mark.parametrize("width", [6, 90])
def test_left_out_labels_are_predicted_as_exact_heads_do(width):
    x, new = RNG.normal(size=(60, width)) + 3, RNG.normal(size=(20, width))
    y = RNG.normal(size=(60, 2)) - 5
    for ridge, found in zip((1e-4, 0.1), _path(x, y, new, (1e-4, 0.1)), strict=True):
        exact = np.asarray(fit_heads(x, y, ridge=ridge)(new))
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"datasets": ("qm9",)}, "datasets must be of"),
        ({"seeds": ()}, "must each name something"),
        ({"corpus": 3}, "must be at least 10"),
        ({"resamples": 0}, "must be at least 10"),
    ],
)
def test_bad_configs_are_named(bad, complaint):
    with pytest.raises(ValueError, match=complaint):
        config(**bad)


def test_bad_settings_and_a_short_corpus_are_named():
    with pytest.raises(ValueError, match="labels must be of all, half, 150, 50, got '10'"):
        Setting(labels="10")
    with pytest.raises(ValueError, match="leaves no rest"):
        Setting(labels="all", pool="rest")
    with pytest.raises(ValueError, match="corpus has 60 molecules, but 61 are wanted"):
        run(corpus=61)


def test_direct_heads_stand_beside_students_of_the_same_molecules():
    chosen = Setting("probe", "50", "own", "last")
    told = molecules.Direct(config(settings=(chosen,), corpus=0))
    given = {"encoder_of": encoder_of, "cache": None, "progress": False}
    found = molecules.run_direct(told, **given)
    split = chembench_split(120, 122)
    measured = np.sort(np.random.RandomState(122).permutation(split.train)[:50])
    h = features(flatten(SMILES), encoder_of("strong"), codes=tokenize)
    h = np.clip((h - h[split.train].mean(0)) / h[split.train].std(0), -10, 10)
    head, _ = fit_probes(h[measured], LABELS[measured, None], seed=122)
    missed = (np.asarray(head(h))[:, 0] - LABELS) ** 2
    students = {row["weak_width"]: row for row in run(settings=(chosen,))}
    assert [row["weak_width"] for row in found] == [4, 8]
    for row in found:
        assert row["direct_error"] == pytest.approx(missed[split.test].mean(), rel=1e-6)
        assert row["direct_error_valid"] == pytest.approx(missed[split.valid].mean(), rel=1e-6)
        student = students[row["weak_width"]]["student_error"]
        assert row["student_error"] == pytest.approx(student, rel=1e-6)
        assert row["difference"] == pytest.approx(row["student_error"] - row["direct_error"])
        assert row["difference_low"] < row["difference"] < row["difference_high"]


def test_a_mended_teacher_sees_the_student_on_its_own_molecules_alone():
    truth, weak = np.array([0.0, 4.0, 9.0]), np.array([[1.0], [3.0], [20.0]])
    at = np.arange(3)
    student = np.array([[2.0], [3.0], [-5.0]])  # half as steep on the first two
    given = Setting("probe", "50", "own", "last"), Split(at, at, at), truth, weak, student
    outcome = Outcome("made", 0, *given, truth, at[:2], None, weak)
    found = inside("experiments.molecules._direct")._mended(outcome)
    np.testing.assert_allclose(found["shrunk"], [[2.0], [3.0], [11.5]])
    np.testing.assert_allclose(found["clipped"], [[1.0], [3.0], [4.0]])
