"""Students used where they were not taught: the theorem on every row, and the record repeated."""

import numpy as np
import pytest

from inside import inside
from w2s_jax.data import Unavailable
from w2s_jax.experiments.frontiers import ShiftConfig, run_shift
from w2s_jax.records import provenance, recorded_rows

transfers = inside("experiments.frontiers._transfers")
runs = inside("experiments.frontiers._shift")


def room(seed=0, n=60, d=3):
    rng = np.random.default_rng(seed)
    h = rng.normal(size=(n, d))
    labels = rng.normal(size=n)
    own, uses = np.arange(n // 2), np.arange(n // 2, n)
    h[uses] = h[uses] * 1.5 + 0.7
    return transfers.Transfer("made", 0, h, labels, own, uses, dict)


@pytest.fixture(scope="module")
def book():
    return recorded_rows("shift")


@pytest.mark.parametrize("seed", range(5))
def test_a_row_is_what_least_squares_by_hand_says(seed):
    one = room(seed)
    rng = np.random.default_rng([seed, 1])
    weak = rng.normal(size=60) + one.features[:, 0] ** 2
    found = runs.shifted(one, weak, one.labels)
    h = np.column_stack([np.ones(60), one.features])

    def by_hand(values, rows):
        return h @ np.linalg.lstsq(h[rows], values[rows], rcond=None)[0]

    q, f = one.uses, one.labels
    s, again, g = by_hand(weak, one.lessons), by_hand(weak, q), by_hand(f, q)
    half, both = by_hand(weak, q[::2]), by_hand(weak, np.r_[one.lessons, q[::2]])

    def mean(square, rows=q):
        return np.mean(square[rows])

    expected = {
        "misfit_own": mean((weak - s) ** 2, one.lessons),
        "gain_own": mean((weak - f) ** 2 - (s - f) ** 2, one.lessons),
        "weak_error": mean((weak - f) ** 2),
        "student_error": mean((s - f) ** 2),
        "misfit": mean((weak - s) ** 2),
        "gain": mean((weak - f) ** 2 - (s - f) ** 2),
        "apart": mean((again - s) ** 2),
        "again_error": mean((again - f) ** 2),
        "again_misfit": mean((weak - again) ** 2),
        "again_gain": mean((weak - f) ** 2 - (again - f) ** 2),
        "correction": 2 * mean((weak - again) * (f - g)),
        "drift": 2 * mean((again - s) * (g - s)),
        "epsilon": mean((g - f) ** 2),
        "gain_fresh": mean((weak - f) ** 2 - (s - f) ** 2, q[1::2]),
        "again_fresh": mean((weak - f) ** 2 - (half - f) ** 2, q[1::2]),
        "both_fresh": mean((weak - f) ** 2 - (both - f) ** 2, q[1::2]),
    }
    assert found == pytest.approx(expected, abs=1e-9)


def test_the_theorem_holds_in_every_row(book):
    for row in book:
        told = row["misfit"] - row["correction"] - row["drift"]
        assert row["gain"] == pytest.approx(told, abs=1e-9 + 1e-9 * row["weak_error"])
        added = row["again_misfit"] + row["apart"]
        assert row["misfit"] == pytest.approx(added, abs=1e-9 + 1e-9 * row["misfit"])


def test_planted_truths_are_in_reach_and_held_by_the_bounds(book):
    own = [row for row in book if row["truth"] == "planted"]
    assert len(own) == len(book) / 2
    for row in own:
        assert row["epsilon"] < 1e-12
        assert row["gain_own"] == pytest.approx(row["misfit_own"], abs=1e-9)
        assert row["again_gain"] == pytest.approx(row["again_misfit"], abs=1e-9)
        most = 2 * np.sqrt(row["apart"] * row["student_error"])
        assert abs(row["gain"] - row["misfit"]) <= most + 1e-9
        left = np.sqrt(row["weak_error"] - row["again_misfit"])
        assert abs(np.sqrt(row["student_error"]) - left) <= np.sqrt(row["apart"]) + 1e-9
    assert max(abs(row["gain"] - row["misfit"]) for row in own) > 0.1  # Q is not P


def test_the_record_holds_every_split_teacher_and_seed(book):
    config = provenance("shift")["config"]
    assert tuple(config["files"]) == tuple(transfers.FILES)
    by = {(row["file"], row["split"], row["teacher"]) for row in book}
    molecules = {(file, split, f"weak-{width}") for file in ("esol", "freesolv", "lipop")
                 for split in ("random", "scaffold") for width in (8, 24, 96)}  # fmt: skip
    reviews = {("reviews", split, teacher) for split in ("random", "titles", "site")
               for teacher in ("lexicon", "characters")}  # fmt: skip
    assert by == molecules | reviews
    assert len(book) == len(by) * len(config["seeds"]) * len(config["truths"])


def test_a_file_repeats_the_record(book):
    try:
        found = run_shift(ShiftConfig(files=("freesolv",), seeds=(122,)), progress=False)
    except Unavailable:
        pytest.skip("FreeSolv cannot be reached: set W2S_DATA_DIR to compare with the record")
    names = ("split", "truth", "teacher")
    known = {tuple(row[name] for name in names): row for row in book
             if (row["file"], row["seed"]) == ("freesolv", 122)}  # fmt: skip
    assert len(found) == len(known)
    for row in found:
        old = known[tuple(row[name] for name in names)]
        for key, value in row.items():
            if isinstance(value, float):
                assert value == pytest.approx(old[key], rel=1e-3, abs=1e-4), (key, row)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"files": ("toxicity",)}, "files must be of"),
        ({"truths": ("rumored",)}, "truths must be of"),
        ({"directions": 0}, "directions must be at least 1"),
    ],
)
def test_a_configuration_that_cannot_run_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        ShiftConfig(**wrong)
