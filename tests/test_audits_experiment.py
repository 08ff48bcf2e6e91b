"""How often an audit is right: a small run, the record, and under W2S_FULL the whole."""

import numpy as np
import pytest

from inside import inside
from selection import full
from w2s_jax.experiments.frontiers import AuditsConfig, run_audits
from w2s_jax.records import provenance, recorded_rows

audits = inside("experiments.frontiers._audits")
audited = inside("experiments.frontiers._audited")
classes = inside("experiments.frontiers._audited_classes")


def coverage(rows):
    return [row for row in rows if row["kind"] == "coverage"]


def false(rows, said, wrong, loss=None):
    """Of the audits whose gain has a wrong sign for this verdict, the share that got it."""
    kind = "verdict" if loss is None else "class verdict"
    some = [r for r in rows if r["kind"] == kind and r["sign"] in wrong and r.get("loss") == loss]
    return sum(r[said] for r in some) / sum(r["audits"] for r in some)


COVER = {20: 0.92, 50: 0.93, 200: 0.93}


def check(rows):
    for row in coverage(rows):
        assert COVER[row["labels"]] <= row["cover"] <= 0.97, row
    assert false(rows, "gain shown", (-1, 0)) <= 0.03
    assert false(rows, "harm shown", (0, 1)) <= 0.03
    for row in rows:
        if row["kind"] == "classes":
            # Of counts with few inputs that tell the two apart only the lower end can be met.
            most = 1 if row.get("telling", 99) < 40 else 0.97
            assert COVER[row["labels"]] <= row["cover"] <= most, row
    for loss in classes.LOSSES:
        assert false(rows, "gain shown", (-1, 0), loss) <= 0.03
        assert false(rows, "harm shown", (0, 1), loss) <= 0.03


@pytest.fixture(scope="module")
def book():
    return recorded_rows("audits")


def test_the_gain_of_a_made_problem_is_that_of_many_inputs():
    for setting in audited.SETTINGS.values():
        for lean in (None, 0.2):
            problem = audited.made(setting, 200_000, 200_000, np.random.default_rng(1), lean)
            w, s = problem.weak[problem.rows], problem.student[problem.rows]
            gains = (w - problem.labels) ** 2 - (s - problem.labels) ** 2
            error = gains.std() / 200_000**0.5
            assert abs(gains.mean() - problem.gain) < 4 * error


@pytest.mark.parametrize("loss", classes.LOSSES)
@pytest.mark.parametrize("kind", classes.KINDS)
def test_the_gain_of_made_classes_is_that_of_many_inputs(loss, kind):
    for lean in (None, np.nan, 0.7):
        draw = np.random.default_rng(2)
        p = classes.made_classes(classes.KINDS[kind], loss, 100_000, 100_000, draw, lean)
        weak, student, y = p.weak[p.rows], p.student[p.rows], p.labels
        if loss == "zero-one":
            gains = (weak != y).astype(float) - (student != y)
        elif loss == "kl":
            gains = np.log(student)[np.arange(len(y)), y] - np.log(weak)[np.arange(len(y)), y]
        else:
            gains = (weak * np.log(weak / y) - student * np.log(student / y)).sum(1)
        assert abs(gains.mean() - p.gain) < 4 * gains.std() / 100_000**0.5
        assert lean is None or not np.isnan(lean) or abs(p.gain) < 1e-9


def test_a_small_run_covers_and_judges():
    config = AuditsConfig(draws=40, audits=40, counts=(20, 50), inputs=500)
    rows = run_audits(config, progress=False)
    assert len(coverage(rows)) == 4 * 2 * 2
    pooled = np.mean([row["cover"] for row in coverage(rows)])
    assert abs(pooled - 0.95) < 4 * (0.05 * 0.95 / 320) ** 0.5  # naive and powered share draws
    assert sum(r["audits"] for r in rows if r["kind"] == "verdict") == 40
    some = [row for row in rows if row["kind"] == "classes"]
    assert len(some) == (2 + 2 + 1) * len(classes.KINDS) * 2
    assert np.mean([row["cover"] for row in some]) > 0.9
    assert sum(r["audits"] for r in rows if r["kind"] == "class verdict") == 40 * 3
    shorter = [r["relative"] for r in coverage(rows) if r["method"] == "powered"]
    assert min(shorter) < 0.5  # realizable, no noise, 50 labels


def test_the_record_covers_and_judges(book):
    config = provenance("audits")["config"]
    assert (config["draws"], config["audits"]) == (1000, 2000)
    assert len(coverage(book)) == 2 * len(audited.SETTINGS) * len(config["counts"])
    assert len([row for row in book if row["kind"] == "classes"]) == 45
    check(book)


def test_powered_intervals_are_as_short_as_recorded(book):
    short = {
        (r["setting"], r["labels"]): r["relative"]
        for r in coverage(book)
        if r["method"] == "powered"
    }
    for setting in audited.SETTINGS:
        assert short[setting, 200] < short[setting, 20]  # heads learn
        assert short[setting, 20] < 1.1  # and never cost much
    assert short["realizable", 200] < 0.35
    assert short["small gap", 200] < 0.5
    assert short["teacher knows", 200] < 0.5


@full
@pytest.mark.timeout(3600)
def test_a_thousand_draws_with_another_seed_cover_and_judge():
    check(run_audits(AuditsConfig(seed=1), progress=False))
