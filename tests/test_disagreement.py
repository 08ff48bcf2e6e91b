"""Which disagreement helps: counts, kappas, neighbors, and the record of molecules and reviews."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from sklearn.neighbors import NearestNeighbors

from inside import inside
from w2s_jax.data import Unavailable
from w2s_jax.experiments.frontiers import DisagreementConfig, run_disagreement
from w2s_jax.records import provenance, recorded_rows

measured = inside("experiments.frontiers._disagreement")
near_by = inside("experiments.frontiers._neighbors")


def draws(seed, n=200):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(size=n) < rng.uniform(0.2, 0.8)
    weak = truth ^ (rng.uniform(size=n) < 0.3)
    return (
        truth,
        weak,
        np.where(rng.uniform(size=n) < 0.3, truth, weak) ^ (rng.uniform(size=n) < 0.1),
    )


@pytest.mark.parametrize("seed", range(10))
def test_gain_is_misfit_less_twice_what_is_spoiled(seed):
    truth, weak, student = draws(seed)
    found = measured.compared(truth, weak, student)
    assert found["gain"] == pytest.approx(found["misfit"] - 2 * found["spoiled"])
    assert found["misfit"] == pytest.approx(found["mended"] + found["spoiled"])
    assert found["kappa"] == pytest.approx(cohen_kappa_score(weak, student))
    right = cohen_kappa_score(weak == truth, student == truth)
    assert found["consistency"] == pytest.approx(right)


def test_kappa_of_halves_is_one_less_twice_the_misfit():
    rng = np.random.default_rng(0)
    one, other = (rng.permutation(100) < 50 for _ in range(2))
    assert measured.kappa(one, other) == pytest.approx(1 - 2 * (one != other).mean())
    assert measured.kappa(np.ones(4, bool), np.ones(4, bool)) == 0


def test_neighbors_are_scikit_learns():
    h = np.random.default_rng(0).normal(size=(80, 5)) + 3
    ours = near_by.neighbors_of(h, 6)
    peers = NearestNeighbors(n_neighbors=6, metric="cosine").fit(h - h.mean(0))
    assert (np.sort(ours) == np.sort(peers.kneighbors()[1])).all()


def test_on_a_ring_the_neighbors_vote_as_the_widget_does():
    wrong = np.arange(120) % 40 < 6
    at = np.arange(120)[:, None]
    near = (at + np.r_[-6:0, 1:7]) % 120
    assert not near_by.voted(wrong, near).any()
    longer = np.arange(120) % 40 < 7
    assert (near_by.voted(longer, near) == longer).all()
    found = near_by.right_near(wrong, near, 20, 0)
    assert found["right_near_wrong"] < found["shuffled_low"]
    with pytest.raises(ValueError, match="wrong must be true for some inputs and not for all"):
        near_by.right_near(np.zeros(120, bool), near, 2, 0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"datasets": ("iris",)}, "datasets must be of"),
        ({"neighbors": 9}, "neighbors must be even"),
        ({"labels": 0}, "must be at least 1"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        DisagreementConfig(**given)


def test_the_record_obeys_the_identities():
    rows = recorded_rows("disagreement")
    config = provenance("disagreement")["config"]
    assert config == {**vars(DisagreementConfig())} | {
        name: list(value)
        for name, value in vars(DisagreementConfig()).items()
        if isinstance(value, tuple)
    }
    assert len(rows) == 2 * 4 * 3 * 8
    for row in rows:
        assert row["gain"] == pytest.approx(row["misfit"] - 2 * row["spoiled"])
        assert row["gain"] == pytest.approx(row["weak_error"] - row["student_error"])
        if row["where"] == "own":
            assert row["vote_gain"] == pytest.approx(row["vote_misfit"] - 2 * row["vote_spoiled"])
            assert row["reached_mended"] <= min(row["reached"], row["mended"]) + 1e-12


def test_a_small_run_is_the_records():
    small = DisagreementConfig(datasets=("freesolv",), seeds=(122,), widths=(8,))
    try:
        rows = run_disagreement(small, progress=False)
    except Unavailable as missing:
        pytest.skip(str(missing))
    wanted = [
        row
        for row in recorded_rows("disagreement")
        if (row["dataset"], row["seed"], row["teacher"]) == ("freesolv", 122, "weak-8")
    ]
    assert len(rows) == len(wanted) == 2
    for row, record in zip(rows, wanted, strict=True):
        assert row.keys() == record.keys()
        for name, value in row.items():
            if isinstance(value, float):
                assert value == pytest.approx(record[name], abs=0.01), name
