"""Feature spaces of molecules: one row by hand, and the record repeated."""

import numpy as np
import pytest

from inside import inside
from w2s_jax.data import Unavailable
from w2s_jax.experiments.frontiers import OverlapsConfig, run_overlaps
from w2s_jax.records import provenance, recorded_rows

runs = inside("experiments.frontiers._overlaps")


@pytest.fixture(scope="module")
def book():
    return recorded_rows("overlaps")


def test_a_row_is_what_least_squares_by_hand_says():
    rng = np.random.default_rng(0)
    h, strong = rng.normal(size=(60, 3)), rng.normal(size=(60, 4))
    strong[:, 0] += h[:, 0]
    weak, truth = h.sum(1) + 0.3 * h[:, 0] ** 2, strong.sum(1)
    own, fresh = np.arange(0, 40), np.arange(40, 60)
    found = runs.compared(h, strong, weak, truth, own, fresh)
    x = np.column_stack([np.ones(60), strong])
    student = x @ np.linalg.lstsq(x[own], weak[own], rcond=None)[0]
    for rows, ending in ((own, ""), (fresh, "_fresh")):
        error = np.mean((weak - truth)[rows] ** 2)
        assert found[f"weak_error{ending}"] == pytest.approx(error)
        assert found[f"misfit{ending}"] == pytest.approx(np.mean((weak - student)[rows] ** 2))
        gain = error - np.mean((student - truth)[rows] ** 2)
        assert found[f"gain{ending}"] == pytest.approx(gain)
    assert found["misfit"] == pytest.approx(found["gain"])  # the truth is in reach
    assert abs(found["misfit_fresh"] - found["gain_fresh"]) > 1e-3
    q, p = (np.linalg.qr(a[own] - a[own].mean(0))[0] for a in (h, strong))
    assert found["overlap"] == pytest.approx(((q.T @ p) ** 2).sum())
    assert found["weak_rank"] == 3


def test_the_record_holds_every_set_split_and_pair(book):
    config = provenance("overlaps")["config"]
    assert tuple(config["datasets"]) == ("esol", "freesolv", "lipop")
    by = {(row["dataset"], row["seed"], row["width"], row["directions"]) for row in book}
    sizes = (len(config[name]) for name in ("datasets", "seeds", "widths", "directions"))
    assert len(book) == len(by) == np.prod(list(sizes))
    assert all(0 < row["overlap"] <= min(row["weak_rank"], row["directions"]) for row in book)
    assert all(row["overlap"] > 2 * row["chance"] for row in book)


def test_a_file_repeats_the_record(book):
    asked = OverlapsConfig(datasets=("freesolv",), seeds=(122,), widths=(8, 96), directions=(32,))
    try:
        found = run_overlaps(asked, progress=False)
    except Unavailable:
        pytest.skip("FreeSolv cannot be reached: set W2S_DATA_DIR to compare with the record")
    names = ("dataset", "seed", "width", "directions")
    known = {tuple(row[name] for name in names): row for row in book}
    assert len(found) == 2
    for row in found:
        old = known[tuple(row[name] for name in names)]
        for key, value in row.items():
            if isinstance(value, float):
                assert value == pytest.approx(old[key], rel=1e-3, abs=1e-4), key


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"datasets": ("toxicity",)}, "datasets must be of"),
        ({"labels": 80}, "labels must be at least 99 for teachers of 96 features"),
        ({"directions": (0,)}, "directions must be at least 1"),
    ],
)
def test_a_configuration_that_cannot_run_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        OverlapsConfig(**wrong)
