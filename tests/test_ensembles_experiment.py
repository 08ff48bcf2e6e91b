"""The experiment on mixtures of teachers: its identities, its rules, its record."""

import numpy as np
import pytest

from inside import inside
from w2s_jax.data import Unavailable
from w2s_jax.experiments.frontiers import EnsemblesConfig, run_ensembles
from w2s_jax.records import provenance, recorded_rows

made = inside("experiments.frontiers._made_teachers")
mixing = inside("experiments.frontiers._mixing")
real = inside("experiments.frontiers._real_teachers")

SMALL = EnsemblesConfig(draws=1, files=())
PARTS = ("mean_weak_error", "ambiguity", "misfit", "correction")


def of(rows, kind, **about):
    return [r for r in rows if r["kind"] == kind and all(r[k] == v for k, v in about.items())]


@pytest.fixture(scope="module")
def book():
    return recorded_rows("ensembles")


def test_the_small_run_repeats_the_record(book):
    for row in run_ensembles(SMALL, progress=False):
        (old,) = of(book, "made", setting=row["setting"], problem=0)
        for key, value in row.items():
            if isinstance(value, float):
                assert value == pytest.approx(old[key], rel=1e-4, abs=1e-6), (key, row["setting"])


def test_the_record_holds_what_was_asked_for(book):
    config = provenance("ensembles")["config"]
    assert len(of(book, "made")) == len(made.KINDS) * config["draws"]
    assert len(of(book, "file")) == 2 * len(config["files"]) * len(config["seeds"])
    assert {row["file"] for row in of(book, "file")} == set(real.FILES)


def test_the_parts_make_up_the_mean_weak_error(book):
    for row in (*of(book, "made"), *of(book, "file")):
        mean, ambiguity, misfit, correction = (row[name] for name in PARTS)
        left = mean - ambiguity - misfit + correction
        assert left == pytest.approx(row["student_error"], abs=1e-5)
        assert row["student_error"] == pytest.approx(row["uniform"], rel=1e-6)


def test_c_is_e_less_m_where_the_truth_is_in_reach(book):
    for row in of(book, "made"):
        near = row["residual"] < 1e-12 and abs(row["correction"]) < 1e-12
        assert near == (row["setting"] != "out of reach")


def test_no_rule_beats_hindsight_and_the_certificate_holds(book):
    for row in (*of(book, "made"), *of(book, "file")):
        rules = [v for k, v in row.items() if k in ("uniform", "least", "nearest", "best single")]
        assert min(rules) >= row["best mixture"] - 1e-6
        assert row["best single"] <= min(row["nearest"], row["largest misfit"]) + 1e-9
        if "bound" in row:
            assert row["chosen"] <= row["bound"] + 1e-9


def test_weights_of_the_rules_are_those_that_they_are_named_after():
    drawn = made.draw(made.KINDS["unequal"], 300, 4, 5, np.random.default_rng(0))
    w, s = drawn.weak, drawn.students
    found = mixing.blind(w, s)
    M = (w - s).T @ (w - s) / 300
    a = found["least"]
    slope = M @ a  # at the least, equal where weights are used and no smaller elsewhere
    assert slope.min() == pytest.approx(a @ slope, rel=1e-6)
    assert found["largest misfit"].argmax() == M.diagonal().argmax()
    middle = s.mean(1, keepdims=True)
    assert found["nearest"].argmax() == ((s - middle) ** 2).mean(0).argmin()


def test_a_copied_teacher_errs_most_and_drops_least():
    drawn = made.draw(made.KINDS["one copied"], 2000, 6, 8, np.random.default_rng(1))
    misfits = ((drawn.weak - drawn.students) ** 2).mean(0)
    errors = ((drawn.students - drawn.truth[:, None]) ** 2).mean(0)
    assert misfits.argmin() == 0
    assert errors[0] > np.median(errors)


def test_a_file_repeats_the_record(book):
    config = provenance("ensembles")["config"]
    asked = EnsemblesConfig(draws=1, files=("freesolv",), seeds=(122,), samples=config["samples"])
    try:
        found = of(run_ensembles(asked, progress=False), "file")
    except Unavailable:
        pytest.skip("FreeSolv cannot be reached: set W2S_DATA_DIR to compare with the record")
    for row in found:
        (old,) = of(book, "file", file="freesolv", seed=122, where=row["where"])
        for key, value in row.items():
            if isinstance(value, float):
                assert value == pytest.approx(old[key], rel=1e-3, abs=1e-5), (key, row["where"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"draws": 0}, "at least 1"),
        ({"inputs": 50}, "four times the width"),
        ({"files": ("toxicity",)}, "files must be of"),
    ],
)
def test_a_configuration_that_cannot_run_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        EnsemblesConfig(**wrong)
