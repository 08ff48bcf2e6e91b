"""Comparisons of records against independent answers, and what the book's records hold."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, ttest_1samp

from w2s_jax.experiments import molecules as direct
from w2s_jax.experiments.molecules import QsarConfig, Setting, main_setting
from w2s_jax.records import (
    adjusted,
    area,
    column,
    correlations,
    grouped,
    over_splits,
    paired,
    per_split,
    provenance,
    rank,
    recorded_rows,
    slopes,
)

RNG = np.random.default_rng(0)
SETS = ("esol", "freesolv", "lipop")


def test_an_interval_over_splits_is_student_s():
    values = RNG.normal(1.0, 2.0, size=5)
    expected = ttest_1samp(values, 0.0).confidence_interval(0.95)
    found = over_splits(values)
    np.testing.assert_allclose(found, (values.mean(), expected.low, expected.high), rtol=1e-12)
    assert over_splits([3.0]) == (3.0, -np.inf, np.inf)


def test_the_interval_covers_at_its_level():
    draws = RNG.normal(size=(4000, 3))
    ends = [over_splits(own) for own in draws]
    covered = np.mean([own.low < 0 < own.high for own in ends])
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 4000)


def test_pairing_takes_out_what_a_split_does_to_both():
    luck = {122: 5.0, 123: -40.0, 124: 100.0}
    found = paired({k: v + 1.0 for k, v in luck.items()}, luck)
    assert (found.mean, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))
    apart = over_splits([v + 1.0 for v in luck.values()])
    assert apart.low < 0 < apart.high
    with pytest.raises(ValueError, match="splits must be the same"):
        paired(luck, {122: 1.0})


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf]])
def test_what_is_no_number_a_split_is_refused(values):
    with pytest.raises(ValueError, match="values must be finite, one for each split"):
        over_splits(values)


def test_both_slopes_tell_noise_from_stretch():
    truth, noise = RNG.normal(size=(2, 200_000))
    noisy = slopes(truth, truth + 0.5 * noise)
    assert noisy.prediction == pytest.approx(1.0, abs=0.01)
    assert noisy.truth == pytest.approx(0.8, abs=0.01)
    assert noisy.noise_alone == pytest.approx(0.8, abs=0.01)
    stretched = slopes(truth, 1.25 * truth)
    assert stretched.prediction == pytest.approx(1.25)
    assert stretched.truth == pytest.approx(0.8)  # one slope alone cannot tell them apart
    assert stretched.noise_alone > 0.9
    # A least-squares prediction is compressed by construction.
    fitted = slopes(truth, 0.8 * (truth + 0.5 * noise))
    assert (fitted.prediction, fitted.truth) == pytest.approx((0.8, 1.0), abs=0.01)


def test_slopes_are_numpy_s_lines_and_move_with_the_units():
    f = 3 + 2 * RNG.normal(size=50)
    w = f + RNG.normal(size=50)
    found = slopes(f, w)
    assert found.prediction == pytest.approx(np.polyfit(f, w, 1)[0])
    assert found.truth == pytest.approx(np.polyfit(w, f, 1)[0])
    assert slopes(7 * f - 1, 7 * w - 1) == pytest.approx(found)


def test_the_area_is_mann_and_whitney_s():
    score, event = RNG.integers(6, size=80).astype(float), RNG.random(80) < 0.3
    u = mannwhitneyu(score[event], score[~event]).statistic
    assert area(score, event) == pytest.approx(u / (event.sum() * (~event).sum()))
    assert area(-score, event) == pytest.approx(1 - area(score, event))
    with pytest.raises(ValueError, match="true of some rows and false of others"):
        area(score, np.zeros(80, bool))


def test_adjusted_intervals_hold_all_at_once():
    draws = RNG.normal(size=(4000, 72))
    reach = np.full(72, 1.959964)
    wide = adjusted(reach, np.zeros(72), 72)
    assert adjusted(reach, np.zeros(72), 1) == pytest.approx(reach)
    all_hold = np.mean((np.abs(draws) < wide).all(1))
    assert abs(all_hold - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 4000)


def test_ranks_and_groups():
    rows = [{"a": 1, "b": x, "seed": s} for x, s in ((0.0, 2), (1.0, 1), (5.0, 2))]
    assert list(grouped(rows, "a", "seed")) == [(1, 2), (1, 1)]
    assert per_split(rows, lambda own: column(own, "b").sum()) == {1: 1.0, 2: 5.0}
    assert column(rows, "b", "seed").tolist() == [0.0, 1.0, 2.5]
    values = dict(enumerate(RNG.normal(size=9).tolist()))
    assert sorted(rank(values, k) for k in values) == list(range(1, 10))
    assert values[min(values, key=lambda k: rank(values, k))] == max(values.values())


def test_correlations_over_pairs():
    rows = [
        {"setting": s, "dataset": "esol", "misfit": x, "gain": y}
        for s in ("a", "b")
        for x, y in RNG.normal(size=(24, 2))
    ]
    found = correlations(rows)
    for setting in ("a", "b"):
        own = [(r["misfit"], r["gain"]) for r in rows if r["setting"] == setting]
        assert found[setting, "esol"] == pytest.approx(np.corrcoef(np.transpose(own))[0, 1])


# What the records hold, so that no chapter can say more.


@pytest.fixture(scope="module")
def qsar():
    return recorded_rows("qsar")


def test_the_selected_setting_is_not_a_typical_one(qsar):
    found, main = correlations(qsar), main_setting(qsar)
    assert len(found) == 126
    medians, places = [], []
    for name in SETS:
        own = {s: value for (s, d), value in found.items() if d == name}
        medians.append(round(float(np.median(list(own.values()))), 2))
        places.append(rank(own, main))
    assert medians == [0.29, 0.19, 0.35]
    assert places == [2, 1, 9]
    assert sum(value < 0 for value in found.values()) == 38
    closest = [round(found["probe, all, own, last", name], 2) for name in SETS]
    assert closest == [0.50, 0.71, 0.10]


def test_the_first_demand_excludes_no_setting(qsar):
    for own in grouped(qsar, "setting").values():
        assert np.mean(column(own, "weak_error_valid") > column(own, "ceiling_valid")) > 0.95


def test_misfit_on_test_over_misfit_in_the_pool_is_no_alarm(qsar):
    """It finds the corpus, and says little of gain where the corpus is left out or alone."""
    ratio, gain = column(qsar, "misfit") / column(qsar, "misfit_pool"), column(qsar, "gain")
    corpus = np.array([row["pool"] == "corpus" for row in qsar])
    assert round(float(np.mean(gain[ratio > 5] > 0)), 2) == 0.46
    assert round(area(ratio[~corpus], gain[~corpus] < 0), 2) == 0.54
    assert np.mean(corpus[ratio > 5]) > 0.5 > 2 * np.mean(corpus[ratio <= 5])
    assert round(float(np.mean(gain[(ratio > 5) & ~corpus] > 0)), 2) == 0.70
    inside = [area(ratio[corpus & own], gain[corpus & own] < 0) for own in (
        np.array([row["dataset"] == name for row in qsar]) for name in SETS
    )]  # fmt: skip
    assert max(abs(np.array(inside) - 0.5)) < 0.1


def test_subtracting_misfit_helps_for_the_teacher_s_own_pool_alone(qsar):
    """The regret of the paper's rule against that of weak error alone, test errors known."""
    score = {}
    for (_, _, pool), rows in grouped(qsar, "setting", "dataset", "pool").items():
        costs = np.zeros(2)
        for own in grouped(rows, "seed").values():
            student, weak = column(own, "student_error"), column(own, "weak_error")
            picks = [(weak - column(own, "misfit")).argmin(), weak.argmin()]
            costs += student[picks] - student.min()
        score.setdefault(pool, []).append(np.sign(round(costs[1] - costs[0], 12)))
    better = {pool: (signs.count(1.0), signs.count(-1.0)) for pool, signs in score.items()}
    assert better == {"own": (19, 5), "rest": (4, 8), "train+valid": (6, 6), "corpus": (0, 21)}


@pytest.mark.parametrize(
    "settings", [(Setting(pool="rest"),), (Setting(pool="own", strong="tuned"),)]
)
def test_direct_needs_the_molecules_that_were_measured(settings):
    with pytest.raises(ValueError, match="settings must have the pool own and a linear student"):
        direct.Direct(QsarConfig(settings=settings))


def test_the_record_of_direct_heads_fits_that_of_their_students(qsar):
    assert provenance("direct")["config"]["config"]["corpus"] == 0
    old = {(r["dataset"], r["seed"], r["setting"], r["weak_width"]): r for r in qsar}
    rows = recorded_rows("direct")
    assert len(rows) == 6 * 72
    for row in rows:
        student = old[row["dataset"], row["seed"], row["setting"], row["weak_width"]]
        for name in ("weak_error", "student_error", "weak_error_valid", "student_error_valid"):
            assert row[name] == pytest.approx(student[name], rel=2e-3), (name, row)
        difference = row["student_error"] - row["direct_error"]
        assert row["difference"] == pytest.approx(difference, abs=1e-9)
        assert row["difference_low"] <= row["difference"] <= row["difference_high"]
    for own in grouped(rows, "dataset", "seed", "setting").values():
        assert len({row["direct_error"] for row in own}) == 1


def test_students_are_no_better_than_the_same_measurements_but_one_is():
    """In the book's setting one of nine splits has a student ahead, and none is surely ahead."""
    rows = recorded_rows("direct")
    ahead = {}
    for (name, seed), own in grouped(rows, "dataset", "seed").items():
        chosen = [row for row in own if row["setting"] == "probe, 150, own, last"]
        ahead[name, seed] = min(column(chosen, "difference")) < 0
        assert max(column(chosen, "difference_high")) > 0
    assert [key for key, is_ahead in ahead.items() if is_ahead] == [("esol", 123)]
    assert min(column(rows, "difference_high")) > 0


def test_students_gain_more_than_their_teachers_shrunk_or_clipped_and_rarely_surely():
    rows = recorded_rows("direct")
    for name, surely in {"shrunk": 4, "clipped": 5}.items():
        found = []
        for own in grouped(rows, "setting", "dataset").values():
            apart = [
                {**row, "apart": (row[f"{name}_error"] - row["student_error"]) / row["weak_error"]}
                for row in own
            ]
            splits = per_split(apart, lambda each: column(each, "apart").mean())
            found.append(over_splits([*splits.values()]))
        assert len(found) == 18
        assert min(each.mean for each in found) > 0
        assert sum(each.low > 0 for each in found) == surely
